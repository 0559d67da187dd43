internal import APIKit
internal import ModelServing
internal import StrictJSON
internal import Telemetry

enum ModelWord: String, ChoiceValue {
    case loaded, loading, unloading, available, failed, unsupported
    case unloaded

    init(_ state: ModelRuntime.Status.State) {
        self =
            switch state {
            case .available: .available
            case .loading: .loading
            case .ready: .loaded
            case .unloading: .unloading
            case .failed: .failed
            case .unsupported: .unsupported
            }
    }
}

struct ModelParameters: Described {
    static let name = "ModelParameters"
    var tokens: Int64?
    var context: Int64?
    static let fields = [
        FieldOf<ModelParameters>("max_tokens", \.tokens, .stored, "of its card; null: it makes no text"),
        FieldOf("context_length", \.context, .stored, "of its card; null: it reads no text"),
    ]
}

struct ModelSpeed: Described {
    static let name = "ModelSpeed"
    var seconds: Double?
    var requests: Int64?
    static let fields = [
        FieldOf<ModelSpeed>("avg_response_time", \.seconds, .measured, unit: "s", "null before the first answer"),
        FieldOf("requests_per_hour", \.requests, .counted, "in the last hour; null while it is not loaded"),
    ]
}

struct ModelLine: Described {
    static let name = "Model"
    var id: String
    var title: String
    var kind: String
    var version: String
    var status: ModelWord
    var capabilities: [String]
    var parameters: ModelParameters
    var speed: ModelSpeed
    var sha256: String?
    var format: String
    var bytes: Int?
    var upstream: String?
    var reason: String?
    static let fields = [
        FieldOf<ModelLine>("id", \.id, .stored), FieldOf("name", \.title, .stored), FieldOf("type", \.kind, .stored, "of its card, else its format"),
        FieldOf("version", \.version, .stored), FieldOf("status", \.status, .rule("models")),
        FieldOf("capabilities", \.capabilities, .stored, "of its card"), FieldOf("parameters", \.parameters, .stored),
        FieldOf("performance", \.speed, .measured), FieldOf("sha256", \.sha256, .stored, "of its file; null: it is on another server"),
        FieldOf("format", \.format, .stored), FieldOf("size_bytes", \.bytes, .stored, "of its file; null: it is on another server"),
        FieldOf("upstream", \.upstream, .stored, "the other server").only { $0.upstream != nil },
        FieldOf("reason", \.reason, .stored, "why it failed").only { $0.reason != nil },
    ]

    init(_ status: ModelRuntime.Status) {
        let (record, card) = (status.record, status.record.card)
        (id, title, version, sha256, upstream) = (record.id, record.name, record.version, record.verifiedSHA256, record.upstream)
        (format, bytes) = (record.format.rawValue, record.format == .upstream ? nil : record.bytes)
        kind = card["type"]?.text ?? record.format.rawValue
        capabilities = card["capabilities"]?.elements?.compactMap(\.text) ?? []
        parameters = ModelParameters(tokens: card["max_tokens"]?.whole, context: card["context_length"]?.whole)
        self.status = ModelWord(status.state)
        speed = ModelSpeed(seconds: status.use?.answers.mean, requests: status.use?.lastHour(at: ModelRuntime.now))
        if case .failed(let why) = status.state { reason = why }
    }
}

struct ModelList: Described {
    static let name = "ModelList"
    var models: [ModelLine]
    static let fields = [FieldOf<ModelList>("models", \.models, .stored, "the tenant's, by id")]
}

struct LoadBody: DescribedRequest {
    static let name = "LoadModel"
    var again = false
    var device = 0
    static let fields = [
        FieldOf<LoadBody>("force_reload", \.again, note: "true: load it anew; the one that is there answers until the new one does"),
        FieldOf("gpu_device", \.device, .whole(0...1023), note: "nothing here computes on a GPU"),
    ]
}

struct LoadView: Described {
    static let name = "ModelLoad"
    enum Device: String, ChoiceValue { case cpu }
    var id: String
    var status: ModelWord
    var seconds: Double?
    var message: String
    var changed: Bool
    let device = Device.cpu
    var blockers: [BlockerBody]?
    static let fields = [
        FieldOf<LoadView>("model_id", \.id, .request), FieldOf("status", \.status, .rule("models")),
        FieldOf("estimated_time", \.seconds, .rule("bytes by the rate of the last load"), unit: "s", "null before the first load"),
        FieldOf("message", \.message, .rule("models")), FieldOf("changed", \.changed, .rule("models"), "false: it was so already"),
        FieldOf("device", \.device, .fixed), FieldOf("blocked_by", \.blockers, .rule("pending")).only { $0.blockers != nil },
    ]
}

struct UnloadView: Described {
    static let name = "ModelUnload"
    var id: String
    var status: ModelWord
    var message: String
    var changed: Bool
    static let fields = [
        FieldOf<UnloadView>("model_id", \.id, .request), FieldOf("status", \.status, .rule("models")), FieldOf("message", \.message, .rule("models")),
        FieldOf("changed", \.changed, .rule("models"), "false: it was not in memory"),
    ]
}

struct ModelMetrics: Described {
    static let name = "ModelMetrics"
    var use: ModelUse?
    private var total: Int64? { use?.total }
    private var mean: Double? { use?.answers.mean }
    private var p95: Double? { use?.answers.quantile(0.95) }
    private var success: Double? { use?.successPercent }
    private var error: Double? { use?.errorPercent }
    private var hourly: Int64? { use?.lastHour(at: ModelRuntime.now) }
    static let fields = [
        FieldOf<ModelMetrics>("requests_total", \.total, .counted, "since it was loaded; null while it is not"),
        FieldOf("avg_response_time", \.mean, .measured, unit: "s"), FieldOf("p95_response_time", \.p95, .measured, unit: "s"),
        FieldOf("success_rate", \.success, .counted, unit: "%", "null before the first"), FieldOf("error_rate", \.error, .counted, unit: "%"),
        FieldOf("throughput_per_hour", \.hourly, .counted, "requests of the last hour"),
    ]
}

struct ModelResources: Described {
    static let name = "ModelResources"
    var bytes: Int?
    var use: ModelUse?
    private var megabytes: Double? { bytes.map { Double($0) / 1e6 } }
    private let gpu = 0
    private var processor: Double? { use?.processorPercent(at: ModelRuntime.now) }
    static let fields = [
        FieldOf<ModelResources>("memory_mb", \.megabytes, .counted, "of its weights in memory; null while it is not there"),
        FieldOf("gpu_memory_mb", \.gpu, .fixed, "nothing here computes on a GPU"),
        FieldOf("cpu_percent", \.processor, .measured, unit: "%", "time of its threads by the clock since it was loaded; 100 is one processor"),
    ]

    init(bytes: Int?, use: ModelUse?) { (self.bytes, self.use) = (bytes, use) }
}

struct ModelPerformance: Described {
    static let name = "ModelPerformance"
    var id: String
    var sha256: String?
    var metrics: ModelMetrics
    var resources: ModelResources
    static let fields = [
        FieldOf<ModelPerformance>("model_id", \.id, .request), FieldOf("sha256", \.sha256, .stored, "of its file; null: it is on another server"),
        FieldOf("performance_metrics", \.metrics, .measured), FieldOf("resource_usage", \.resources, .measured),
    ]
}
