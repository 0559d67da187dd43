internal import APIKit
internal import Learning
internal import StrictJSON

// Objects that `Learning` reads and writes: here stands what they look like.

/// A model's architecture.
struct ModelForm: ForeignObject {
    let json: JSON
    init(_ json: JSON) { self.json = json }

    static let shape = Shape(
        "Model",
        [
            .foreign("kind", .choice(ModelSpec.Kind.allCases.map(\.rawValue)), .stored, isRequired: true),
            .foreign(
                "layers", .list(.integer(1...Int64(Learning.Limits.width)), atMost: nil), .stored,
                "widths, from the inputs to the outputs; needed but of a byte_transformer"),
            .foreign("image", .list(.integer(1...Int64(Learning.Limits.width)), atMost: 3), .stored, "of a cnn: [channels, height, width]"),
            .foreign("convolutions", .list(.object(convolution), atMost: nil), .stored, "of a cnn"),
            .foreign("transformer", .object(transformer), .stored, "of a byte_transformer"),
        ])
    private static let transformer: Shape = {
        let usual = TransformerShape()
        return Shape(
            "Transformer",
            [
                .foreign("layers", .integer(1...Int64(Learning.Limits.blocks)), .stored, usual: JSON(usual.layers)),
                .foreign("width", .integer(1...Int64(Learning.Limits.blockWidth)), .stored, usual: JSON(usual.width), "a multiple of heads"),
                .foreign("heads", .integer(1...Int64(Learning.Limits.heads)), .stored, usual: JSON(usual.heads)),
                .foreign("hidden", .integer(1...Int64(Learning.Limits.blockHidden)), .stored, "usually four times the width"),
                .foreign("context", .integer(2...Int64(Learning.Limits.context)), .stored, unit: "bytes", usual: JSON(usual.context)),
                .foreign("positions", .choice(TransformerShape.Positions.allCases.map(\.rawValue)), .stored, usual: .string(usual.positions.rawValue)),
                .foreign(
                    "longest_gram", .integer(1...Int64(Learning.Limits.longestGram)), .stored, unit: "bytes", usual: JSON(usual.longestGram),
                    "sequences up to it have an embedding of their own"),
                .foreign("gram_rows", .integer(0...Int64(Learning.Limits.gramRows)), .stored, usual: JSON(usual.gramRows), "a power of two; with longest_gram"),
            ])
    }()
    /// nil: none of them.
    var kind: ModelSpec.Kind? { json["kind"]?.text.flatMap(ModelSpec.Kind.init) }
    private static let convolution = Shape(
        "Convolution",
        [
            .foreign("channels", .integer(nil), .stored, isRequired: true), .foreign("kernel", .integer(nil), .stored, unit: "pixels", usual: 3),
            .foreign("pool", .integer(nil), .stored, unit: "pixels", usual: 1),
        ])
}

/// The form of a client's data.
struct SchemaForm: ForeignObject {
    let json: JSON
    init(_ json: JSON) { self.json = json }

    static let shape = Shape("DataSchema", fields)
    fileprivate static let fields: [Field] = [
        .foreign("inputs", .integer(1...Int64(Learning.Limits.width)), .stored, isRequired: true, "features of a row"),
        .foreign("outputs", .integer(1...Int64(Learning.Limits.width)), .stored, isRequired: true, "classes; of a regression 1"),
        .foreign("task", .choice(DataSchema.LearningTask.allCases.map(\.rawValue)), .stored, usual: "classification"),
        .foreign("scale", .object(scale), .stored), .foreign("labels", .list(.string(bytes: nil), atMost: nil), .stored, "names of the classes"),
    ]
    private static let scale = Shape(
        "Scale",
        [
            .foreign("kind", .choice(["none", "constant", "min_max", "standardize"]), .stored, isRequired: true), .foreign("constant", .number(nil), .stored),
            .foreign("mins", numbers, .stored), .foreign("maxs", numbers, .stored), .foreign("means", numbers, .stored),
            .foreign("deviations", numbers, .stored),
        ])
    private static let numbers = Schema.list(.number(nil), atMost: nil)
}

/// The form of a client's data, as a client declares it.
struct DeclaredSchemaForm: ForeignObject {
    let json: JSON
    init(_ json: JSON) { self.json = json }

    static let shape = Shape(
        "DeclaredDataSchema", SchemaForm.fields + [.foreign("rows", .any, nil, "without effect: the number of rows is taken from data_size")])
}

struct ScheduleForm: ForeignObject {
    let json: JSON
    init(_ json: JSON) { self.json = json }

    static let shape = Shape(
        "LearningRateSchedule",
        [
            .foreign("kind", .choice(["constant", "step", "exponential", "cosine"]), isRequired: true),
            .foreign("every", .integer(nil), unit: "rounds", "of step"), .foreign("factor", .number(nil), nil, "of step (usually 0.1) and exponential"),
            .foreign("to", .number(nil), nil, "of cosine: the share of the rate at the end; usually 0"),
            .foreign("warm_up_rounds", .integer(nil), unit: "rounds", usual: 0),
        ])
}

struct EarlyStoppingForm: ForeignObject {
    let json: JSON
    init(_ json: JSON) { self.json = json }

    static let shape = Shape(
        "EarlyStopping",
        [
            .foreign("metric", .nullable(.choice(EarlyStopping.Metric.allCases.map(\.rawValue))), usual: "loss"),
            .foreign("patience", .integer(nil), isRequired: true, unit: "rounds"), .foreign("minimum_improvement", .nullable(.number(nil)), usual: 0),
        ])
}

/// What is known of a model. What is null was not measured, or is the owner's to say.
struct CardForm: ForeignObject {
    let json: JSON
    init(_ json: JSON) { self.json = json }

    static let shape = Shape(
        "ModelCard",
        [
            .foreign("format", .integer(nil), .fixed, isRequired: true),
            .foreign("model_details", .object(details), .stored, isRequired: true), .foreign("intended_use", .any, .fixed, "the owner's to say"),
            .foreign("factors", .any, .fixed, "the owner's to say"),
            .foreign("training", .map(.any), .stored, isRequired: true, "how it was trained: names and values of the session's request"),
            .foreign("training_data", .object(data), .stored, isRequired: true), .foreign("metrics", .object(metrics), .measured, isRequired: true),
            .foreign("protection", .map(.string(bytes: nil)), .rule("what protects the clients' rows, and what does not"), isRequired: true),
            .foreign("ethical_considerations", .any, .fixed, "the owner's to say"), .foreign("caveats", .any, .fixed, "the owner's to say"),
        ])
    private static let details = Shape(
        "ModelDetails",
        [
            .foreign("session_id", .string(bytes: nil), .stored), .foreign("round", .integer(nil), .stored, "0: untrained, or what a warm start began from"),
            .foreign("sha256", .string(bytes: nil), .stored), .foreign("bytes", .integer(nil), .counted), .foreign("file_format", .string(bytes: nil), .fixed),
            .foreign("made_at", .nullable(.timestamp), .clock), .foreign("model", .object(ModelForm.shape), .stored),
            .foreign("parameters", .integer(nil), .counted),
        ])
    private static let data = Shape(
        "TrainingData",
        [
            .foreign("clients", .integer(nil), .counted), .foreign("rows_declared", .integer(nil), .stored, "by the clients' own word"),
            .foreign("contributors_of_round", .nullable(.integer(nil)), .counted), .foreign("schema", .object(SchemaForm.shape), .stored),
        ])
    private static let metrics = Shape(
        "ModelMetrics",
        [
            .foreign("held_out", .nullable(.map(.any)), .measured, "on the operator's test set"),
            .foreign("federated", .nullable(.object(federated)), .measured, "as the clients say of their own rows"),
            .foreign("temperature_scaling", .nullable(.object(temperature)), .measured, "a classifier's; null: its confidences are not calibrated"),
        ])
    private static let temperature = Shape(
        "TemperatureScaling",
        [
            .foreign("temperature", .number(nil), .measured, "fitted on the operator's test set; 1: none makes its softmax better"),
            .foreign("rows", .integer(nil), .counted), .foreign("expected_calibration_error_before", .nullable(.number(nil)), .measured),
            .foreign("expected_calibration_error", .number(nil), .measured, "on the same rows, with the temperature"),
        ])
    private static let federated = Shape(
        "FederatedMetrics",
        [
            .foreign("loss", .nullable(.number(nil)), .measured), .foreign("accuracy", .nullable(.number(nil)), .measured),
            .foreign("rows", .integer(nil), .counted), .foreign("clients", .integer(nil), .counted),
        ])
}
