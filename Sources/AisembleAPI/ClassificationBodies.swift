internal import APIKit
internal import ModelServing

/// The fields of the form beside its picture.
struct ClassifyPictureForm: DescribedRequest {
    static let name = "ClassifyPicture"
    var model: String?
    var most = 5
    static let fields = [
        FieldOf<ClassifyPictureForm>("model", \.model, Bounds(count: 1...128), note: "the best that is here where it is left out"),
        FieldOf("top_k", \.most, .whole(1...1_000_000), note: "as many as there are classes where it is more"),
    ]
}

struct PredictionView: Described {
    static let name = "PicturePrediction"
    var label: String
    var confidence: Double
    var index: Int
    static let fields = [
        FieldOf<PredictionView>("class", \.label, .stored, "of the model's labels"),
        FieldOf("confidence", \.confidence, .rule("softmax"), "0 to 1; see calibration"), FieldOf("class_id", \.index, .stored, "the label's place, from 0"),
    ]
}

struct CalibrationView: Described {
    static let name = "Calibration"
    var temperature: Double?
    var error: Double?
    var isCalibrated: Bool { temperature != nil }
    static let fields = [
        FieldOf<CalibrationView>("is_calibrated", \.isCalibrated, .stored, "whether the model's card has a temperature; false: confidences are not calibrated"),
        FieldOf("temperature", \.temperature, .stored, "of the model's card; null: none was fitted, and confidences are its softmax"),
        FieldOf("expected_calibration_error", \.error, .measured, "of the model's card, on held-out rows; null: nobody measured it"),
    ]
}

struct ClassificationView: Described {
    static let name = "PictureClassification"
    enum Polarity: String, ChoiceValue {
        case darkOnLight = "dark_on_light"
        case lightOnDark = "light_on_dark"
    }
    var requestID: String
    var predictions: [PredictionView]
    var model: String
    var sha256: String?
    var backend: String
    var requestedModel: String?
    var calibration: CalibrationView
    var info: PictureInfo
    var polarity: Polarity?
    var seconds: Double
    static let fields = [
        FieldOf<ClassificationView>("request_id", \.requestID, .generated), FieldOf("predictions", \.predictions, .rule("softmax"), "the most likely first"),
        FieldOf("model", \.model, .stored, "what ran"),
        FieldOf("model_sha256", \.sha256, .stored, "of its file, compared when it was loaded; null: it is on another server"),
        FieldOf("backend", \.backend, .stored, "embedded, or the other server"),
        FieldOf("requested_model", \.requestedModel, .request, "where another one ran").only { $0.requestedModel != nil },
        FieldOf("calibration", \.calibration, .stored), FieldOf("image_info", \.info, .measured),
        FieldOf(
            "polarity", \.polarity, .rule("border"),
            "what the picture was taken for; ink on light paper where its border is lighter than half; null: the model does not care"),
        FieldOf("processing_time", \.seconds, .measured, unit: "s"),
    ]

    init(_ found: PictureClasses, most: Int, bytes: Int, requestID: String, requestedModel: String?) {
        self.requestID = requestID
        predictions = found.predictions.prefix(most).map { PredictionView(label: $0.label, confidence: $0.confidence, index: $0.index) }
        (model, sha256, backend, self.requestedModel) = (found.model.id, found.model.sha256, found.model.backend, requestedModel)
        calibration = CalibrationView(temperature: found.model.calibration?.temperature, error: found.model.calibration?.expectedError)
        info = PictureInfo(found.header, bytes: bytes)
        polarity = found.isDarkOnLight.map { $0 ? .darkOnLight : .lightOnDark }
        seconds = found.seconds
    }
}
