internal import APIKit
internal import ModelServing
internal import Vision

extension VisionQuestion: ChoiceValue {}

/// The fields of the form beside its picture.
struct AnalysePictureForm: DescribedRequest {
    static let name = "AnalysePicture"
    var questions = VisionQuestion.allCases
    var model: String?
    static let fields = [
        FieldOf<AnalysePictureForm>("analysis_type", \.questions, Bounds(count: 1...16), note: "a JSON list, or parts that repeat the name"),
        FieldOf("model", \.model, Bounds(count: 1...128), note: "of the detector; the one that is here where it is left out"),
    ]
}

/// What nobody says of anything on a picture.
enum UnknownWord: String, ChoiceValue { case unknown }

struct PictureInfo: Described {
    static let name = "PictureInfo"
    enum Format: String, ChoiceValue { case png = "PNG" }
    var width: Int
    var height: Int
    let format = Format.png
    var bytes: Int
    static let fields = [
        FieldOf<PictureInfo>("width", \.width, .measured, unit: "px"), FieldOf("height", \.height, .measured, unit: "px"),
        FieldOf("format", \.format, .measured, "of its bytes"), FieldOf("size_bytes", \.bytes, .counted, unit: "B"),
    ]

    init(_ header: PNGHeader, bytes: Int) { (width, height, self.bytes) = (header.width, header.height, bytes) }
}

struct ObjectAttributes: Described {
    static let name = "ObjectAttributes"
    let gender = UnknownWord.unknown
    let age = UnknownWord.unknown
    static let fields = [
        FieldOf<ObjectAttributes>("gender", \.gender, .fixed, "it is not inferred"), FieldOf("age_range", \.age, .fixed, "it is not inferred"),
    ]
}

struct ObjectView: Described {
    static let name = "DetectedObject"
    var label: String
    var confidence: Double
    var box: [Int]
    let attributes = ObjectAttributes()
    static let fields = [
        FieldOf<ObjectView>("class", \.label, .rule("detector")), FieldOf("confidence", \.confidence, .rule("detector")),
        FieldOf("bbox", \.box, .rule("detector"), unit: "px", "left, top, right, bottom"), FieldOf("attributes", \.attributes, .fixed),
    ]

    init(_ object: DetectedObject) { (label, confidence, box) = (object.label, object.confidence, object.box.corners) }
}

struct WordView: Described {
    static let name = "ReadWord"
    var text: String
    var confidence: Double
    var box: [Int]
    static let fields = [
        FieldOf<WordView>("text", \.text, .rule("tesseract")), FieldOf("confidence", \.confidence, .rule("tesseract"), "0 to 1"),
        FieldOf("bbox", \.box, .rule("tesseract"), unit: "px", "left, top, right, bottom"),
    ]

    init(_ word: ReadWord) { (text, confidence, box) = (word.text, word.confidence, word.box.corners) }
}

struct ColourView: Described {
    static let name = "DominantColour"
    var hex: String
    var share: Double
    static let fields = [FieldOf<ColourView>("color", \.hex, .measured, "#rrggbb"), FieldOf("share", \.share, .measured, "of the pixels, 0 to 1")]
}

struct MeasuresView: Described {
    static let name = "PictureMeasures"
    var measures: PictureMeasures
    private var luma: Double { measures.meanLuma }
    private var contrast: Double { measures.contrast }
    private var colours: [ColourView] { measures.dominantColours.map { ColourView(hex: $0.hex, share: $0.share) } }
    private var edges: Double { measures.edgeDensity }
    static let fields = [
        FieldOf<MeasuresView>("mean_luma", \.luma, .measured, "0: black, 1: white; ITU-R BT.601"),
        FieldOf("contrast", \.contrast, .measured, "the standard deviation of the luma, 0 to 0.5"),
        FieldOf("dominant_colors", \.colours, .measured, "means of the fullest of 64 equal cubes of RGB, at most five"),
        FieldOf("edge_density", \.edges, .measured, "the share of pixels whose gradient by Sobel is 255 of 1020 or more"),
    ]
}

struct SceneView: Described {
    static let name = "Scene"
    let setting = UnknownWord.unknown
    let timeOfDay = UnknownWord.unknown
    let weather = UnknownWord.unknown
    var measured: MeasuresView
    static let fields = [
        FieldOf<SceneView>("setting", \.setting, .fixed, "nothing here tells it"), FieldOf("time_of_day", \.timeOfDay, .fixed, "nothing here tells it"),
        FieldOf("weather", \.weather, .fixed, "nothing here tells it"), FieldOf("measured", \.measured, .measured),
    ]
}

struct AnalysisResults: Described {
    static let name = "PictureResults"
    var asked: Set<VisionQuestion>
    var objects: [ObjectView]?
    var text: [WordView]?
    var scene: SceneView?
    static let fields = [
        FieldOf<AnalysisResults>("objects", \.objects, .rule("detector"), "null: see unavailable").only { $0.asked.contains(.objects) },
        FieldOf("text", \.text, .rule("tesseract"), "null: see unavailable").only { $0.asked.contains(.text) },
        FieldOf("scene", \.scene, .measured).only { $0.asked.contains(.scene) },
    ]
}

struct UnavailableView: Described {
    static let name = "UnavailableAnalysis"
    var question: VisionQuestion
    var why: String
    var fix: String
    static let fields = [
        FieldOf<UnavailableView>("analysis_type", \.question, .request), FieldOf("reason", \.why, .rule("unavailable")),
        FieldOf("fix", \.fix, .rule("unavailable")),
    ]
}

struct PictureAnalysisView: Described {
    static let name = "PictureAnalysis"
    var requestID: String
    var info: PictureInfo
    var results: AnalysisResults
    var unavailable: [UnavailableView]
    var detector: String?
    var requestedModel: String?
    var seconds: Double
    static let fields = [
        FieldOf<PictureAnalysisView>("request_id", \.requestID, .generated), FieldOf("image_info", \.info, .measured),
        FieldOf("analysis_results", \.results, .rule("analysis_type"), "what was asked for"),
        FieldOf("unavailable", \.unavailable, .rule("unavailable"), "what was asked for and nothing here answers"),
        FieldOf("model", \.detector, .fixed, "the detector that ran; null: none did"),
        FieldOf("requested_model", \.requestedModel, .request, "where it is not here").only { $0.requestedModel != nil },
        FieldOf("processing_time", \.seconds, .measured, unit: "s"),
    ]

    init(_ analysis: PictureAnalysis, _ asked: Set<VisionQuestion>, bytes: Int, requestID: String, requestedModel: String?) {
        self.requestID = requestID
        info = PictureInfo(analysis.header, bytes: bytes)
        results = AnalysisResults(
            asked: asked, objects: analysis.objects?.map { ObjectView($0) }, text: analysis.text?.map { WordView($0) },
            scene: analysis.scene.map { SceneView(measured: MeasuresView(measures: $0)) })
        unavailable = analysis.unavailable.map { UnavailableView(question: $0.question, why: $0.why, fix: $0.fix) }
        (detector, self.requestedModel, seconds) = (analysis.detector, requestedModel, analysis.seconds)
    }
}
