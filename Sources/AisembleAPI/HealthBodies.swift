internal import APIKit
internal import Storage
internal import Telemetry

enum HealthWord: String, ChoiceValue {
    case healthy, degraded, unhealthy

    init(_ grade: HealthGrade) {
        self =
            switch grade {
            case .excellent, .good: .healthy
            case .degraded: .degraded
            case .critical: .unhealthy
            }
    }
}

enum ServiceWord: String, ChoiceValue {
    case healthy, degraded, unhealthy
    case notBuilt = "not_built"
    /// By an administrator: it counts for nothing.
    case stopped

    init(_ word: HealthWord) {
        self =
            switch word {
            case .healthy: .healthy
            case .degraded: .degraded
            case .unhealthy: .unhealthy
            }
    }
}

enum DatabaseWord: String, ChoiceValue {
    case connected
    /// It answers and takes nothing.
    case notWritable = "not_writable"
    case disconnected
}

struct HealthView: Described {
    static let name = "Health"
    var status: HealthWord
    var at: Timestamp
    var version: String
    var services: HealthServices
    static let fields = [
        FieldOf<HealthView>("status", \.status, .rule("health"), "unhealthy: the reply's status is 503"), FieldOf("timestamp", \.at, .clock),
        FieldOf("version", \.version, .fixed, "of the program"), FieldOf("services", \.services, .measured),
    ]
}

struct HealthServices: Described {
    static let name = "HealthServices"
    var orchestrator: OrchestratorHealth
    var llm: LanguageHealth
    var vision: VisionHealth
    var nlp: TextHealth
    static let fields = [
        FieldOf<HealthServices>("orchestrator", \.orchestrator, .measured), FieldOf("llm_service", \.llm, .measured),
        FieldOf("vision_service", \.vision, .measured), FieldOf("nlp_service", \.nlp, .measured),
    ]
}

struct OrchestratorHealth: Described {
    static let name = "OrchestratorHealth"
    var status: ServiceWord
    var seconds: Double?
    var uptimeSeconds: Int64
    static let fields = [
        FieldOf<OrchestratorHealth>("status", \.status, .rule("health")),
        FieldOf("response_time", \.seconds, .measured, unit: "s", "of the last probe; null before the first"),
        FieldOf("uptime", \.uptimeSeconds, .clock, unit: "s"),
    ]
}

// What is not built has been measured by nobody.

struct LanguageHealth: Described {
    static let name = "LanguageServiceHealth"
    /// It is part of this process, and healthy unless somebody stopped it.
    var status: ServiceWord
    var seconds: Double?
    var models: Int?
    var waiting: Int?
    static let fields = [
        FieldOf<LanguageHealth>("status", \.status, .stored),
        FieldOf("response_time", \.seconds, .measured, unit: "s", "of the last text; null before the first"),
        FieldOf("models_loaded", \.models, .counted), FieldOf("queue_size", \.waiting, .counted),
    ]
}

struct VisionHealth: Described {
    static let name = "VisionServiceHealth"
    /// It is part of this process, and healthy unless somebody stopped it.
    var status: ServiceWord
    var seconds: Double?
    var processor: Double?
    let formats = [PictureInfo.Format.png]
    static let fields = [
        FieldOf<VisionHealth>("status", \.status, .stored),
        FieldOf("response_time", \.seconds, .measured, unit: "s", "of the last call; null before the first"),
        FieldOf("gpu_utilization", \.processor, .measured, unit: "%", "null: it uses none"),
        FieldOf("image_formats", \.formats, .fixed, "that are read"),
    ]
}

struct TextHealth: Described {
    static let name = "TextServiceHealth"
    /// It is part of this process, and healthy unless somebody stopped it.
    var status: ServiceWord
    var seconds: Double?
    var memory: String?
    static let fields = [
        FieldOf<TextHealth>("status", \.status, .stored), FieldOf("response_time", \.seconds, .measured, unit: "s", "of the last call; null before the first"),
        FieldOf("memory_usage", \.memory, .measured, "null: it shares the coordinator's"),
    ]
}

struct ComprehensiveHealth: Described {
    static let name = "ComprehensiveHealth"
    var status: HealthWord
    var at: Timestamp
    var system: SystemView
    var database: DatabaseView
    let external = ExternalServices()
    static let fields = [
        FieldOf<ComprehensiveHealth>("status", \.status, .rule("health")), FieldOf("timestamp", \.at, .clock),
        FieldOf("system_metrics", \.system, .measured, "the machine's, at the last tick of ten seconds"), FieldOf("database", \.database, .measured),
        FieldOf("external_services", \.external, .fixed),
    ]
}

struct SystemView: Described {
    static let name = "SystemMetrics"
    var processor: Double?
    var memory: Double?
    var disk: Double?
    var network: NetworkView
    static let fields = [
        FieldOf<SystemView>("cpu_usage", \.processor, .measured, unit: "%"), FieldOf("memory_usage", \.memory, .measured, unit: "%"),
        FieldOf("disk_usage", \.disk, .measured, unit: "%", "of the data folder's disk"), FieldOf("network_io", \.network, .measured),
    ]

    init(_ machine: SystemReading) {
        processor = machine.processorPercent
        memory = machine.memoryPercent
        disk = machine.diskPercent
        network = NetworkView(
            sent: machine.networkSentBytesTotal.flatMap { Int64(exactly: $0) }, received: machine.networkReceivedBytesTotal.flatMap { Int64(exactly: $0) })
    }
}

struct NetworkView: Described {
    static let name = "NetworkBytes"
    var sent: Int64?
    var received: Int64?
    static let fields = [
        FieldOf<NetworkView>("bytes_sent", \.sent, .counted, unit: "B", "since the machine began, without the loopback"),
        FieldOf("bytes_received", \.received, .counted, unit: "B"),
    ]
}

struct DatabaseView: Described {
    static let name = "DatabaseHealth"
    var status: DatabaseWord
    var pool: PoolView
    static let fields = [
        FieldOf<DatabaseView>("status", \.status, .measured, "of a transaction now, and of the last tick"), FieldOf("connection_pool", \.pool, .counted),
    ]
}

struct PoolView: Described {
    static let name = "ConnectionPool"
    var active: Int?
    var idle: Int?
    var most: Int?
    static let fields = [
        FieldOf<PoolView>("active", \.active, .counted), FieldOf("idle", \.idle, .counted),
        FieldOf("max", \.most, .fixed, "there is one connection, and writes share its commits"),
    ]

    init(_ use: ConnectionUse?) { (active, idle, most) = (use?.active, use?.idle, use?.max) }
}

struct ExternalServices: Described {
    static let name = "ExternalServices"
    enum Word: String, ChoiceValue { case notConfigured = "not_configured" }
    let models = Word.notConfigured
    let monitoring = Word.notConfigured
    let storage = Word.notConfigured
    static let fields = [
        FieldOf<ExternalServices>("model_registry", \.models, .fixed, "the coordinator keeps its models itself"), FieldOf("monitoring", \.monitoring, .fixed),
        FieldOf("storage", \.storage, .fixed),
    ]
}
