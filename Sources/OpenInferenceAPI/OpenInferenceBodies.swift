internal import APIKit
internal import Inference
internal import ModelServing
internal import StrictJSON

struct ErrorBody: Described {
    static let name = "InferenceError"
    var error: String
    static let fields = [FieldOf<ErrorBody>("error", \.error, .rule("error"))]
}

struct ServerView: Described {
    static let name = "Server"
    var title: String
    var version: String
    let extensions = ["binary_tensor_data"]
    static let fields = [
        FieldOf<ServerView>("name", \.title, .fixed), FieldOf("version", \.version, .fixed), FieldOf("extensions", \.extensions, .fixed),
    ]
}

struct LiveView: Described {
    static let name = "Live"
    let live = true
    static let fields = [FieldOf<LiveView>("live", \.live, .rule("it answers"))]
}

/// The protocol's text names the field `live`; its readers look for `ready`.
struct ReadyView: Described {
    static let name = "Ready"
    let live = true
    let ready = true
    static let fields = [FieldOf<ReadyView>("live", \.live, .rule("it answers")), FieldOf("ready", \.ready, .rule("no model is still loading"))]
}

struct ModelReadyView: Described {
    static let name = "ModelReady"
    var title: String
    let ready = true
    static let fields = [FieldOf<ModelReadyView>("name", \.title, .stored), FieldOf("ready", \.ready, .rule("models"))]
}

struct TensorView: Described {
    static let name = "TensorMetadata"
    var spec: TensorSpec
    private var datatype: String { spec.element.rawValue }
    static let fields = [
        FieldOf<TensorView>("name", \.spec.name, .stored), FieldOf("datatype", \.datatype, .stored), FieldOf("shape", \.spec.shape, .stored, "-1: any number"),
    ]
}

struct ModelView: Described {
    static let name = "ModelMetadata"
    var title: String
    var versions: [String]
    var platform: String
    var inputs: [TensorView]
    var outputs: [TensorView]
    var parameters: [String: String?]
    static let fields = [
        FieldOf<ModelView>("name", \.title, .stored), FieldOf("versions", \.versions, .stored),
        FieldOf("platform", \.platform, .stored, "tutti_ and its format, or the other server that computes it"),
        FieldOf("inputs", \.inputs, .stored), FieldOf("outputs", \.outputs, .stored),
        FieldOf("parameters", \.parameters, .stored, "sha256 of its file; null: it is on another server"),
    ]

    init(_ status: ModelRuntime.Status) {
        (title, versions) = (status.record.id, [status.record.version])
        platform = status.record.upstream ?? "tutti_\(status.record.format.rawValue)"
        (inputs, outputs) = (status.inputs.map { TensorView(spec: $0) }, status.outputs.map { TensorView(spec: $0) })
        parameters = ["sha256": status.record.verifiedSHA256]
    }
}

struct InputBody: DescribedRequest {
    static let name = "RequestInput"
    var title = ""
    var shape: [Int] = []
    var datatype = ""
    var parameters: [String: JSON] = [:]
    var data = JSON.null
    static let fields = [
        FieldOf<InputBody>("name", \.title, isRequired: true, Bounds(count: 1...256)),
        FieldOf("shape", \.shape, isRequired: true, Bounds(range: 0...Double(RuntimeLimits.elements), count: 0...RuntimeLimits.dimensions)),
        FieldOf("datatype", \.datatype, isRequired: true, Bounds(count: 1...16), note: "BOOL, UINT8, INT32, INT64, FP32, FP64 or BYTES"),
        FieldOf("parameters", \.parameters, note: "binary_data_size: how many bytes behind the JSON are its data"),
        FieldOf("data", \.data, note: "a list, or lists in lists, row by row; none where the data are bytes"),
    ]
}

struct OutputBody: DescribedRequest {
    static let name = "RequestOutput"
    var title = ""
    var parameters: [String: JSON] = [:]
    static let fields = [
        FieldOf<OutputBody>("name", \.title, isRequired: true, Bounds(count: 1...256)),
        FieldOf("parameters", \.parameters, note: "binary_data: as bytes or not"),
    ]
}

struct InferBody: DescribedRequest {
    static let name = "InferenceRequest"
    var id: String?
    var parameters: [String: JSON] = [:]
    var inputs: [InputBody] = []
    var outputs: [OutputBody]?
    static let fields = [
        FieldOf<InferBody>("id", \.id, Bounds(count: 0...256), note: "is in the reply"),
        FieldOf("parameters", \.parameters, note: "binary_data_output: all outputs as bytes"),
        FieldOf("inputs", \.inputs, isRequired: true, Bounds(count: 1...RuntimeLimits.tensors)),
        FieldOf("outputs", \.outputs, Bounds(count: 0...RuntimeLimits.tensors), note: "all where they are left out"),
    ]
}

struct AnswerParameters: Described {
    static let name = "AnswerParameters"
    var sha256: String?
    var upstream: String?
    var rows: Int
    static let fields = [
        FieldOf<AnswerParameters>(
            "model_sha256", \.sha256, .stored, "of the file, compared with the bytes when they were loaded; null: another server computed it"),
        FieldOf("upstream", \.upstream, .stored, "the other server").only { $0.upstream != nil },
        FieldOf("batch_rows", \.rows, .counted, "of the run, others' included"),
    ]
}

struct OutputView: Described {
    static let name = "ResponseOutput"
    var title: String
    var shape: [Int]
    var datatype: String
    var data: JSON
    static let fields = [
        FieldOf<OutputView>("name", \.title, .stored), FieldOf("shape", \.shape, .counted), FieldOf("datatype", \.datatype, .stored),
        FieldOf("data", \.data, .measured, "row by row; null: no finite number"),
    ]

    init(_ output: NamedTensor) {
        (title, shape, datatype, data) = (output.name, output.tensor.shape, output.tensor.element.rawValue, output.tensor.flatJSON)
    }
}

struct InferView: Described {
    static let name = "InferenceResponse"
    var model: String
    var version: String
    var id: String
    var parameters: AnswerParameters
    var outputs: [OutputView]
    static let fields = [
        FieldOf<InferView>("model_name", \.model, .stored), FieldOf("model_version", \.version, .stored),
        FieldOf("id", \.id, .request, "the request's own, else a new one"), FieldOf("parameters", \.parameters, .stored),
        FieldOf("outputs", \.outputs, .measured),
    ]
}
