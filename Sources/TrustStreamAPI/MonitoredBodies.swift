internal import APIKit
internal import StrictJSON
internal import Telemetry

/// What an aggregation adds to an object: `value`, and which it was.
struct MonitoredExtra<Value: FieldValue>: Sendable {
    let value: Value?
    let aggregation: MonitoredAggregation
}

private let asked = "where an aggregation is asked for"

/// Of a percentage that was sampled.
struct MonitoredGauge: Described {
    static let name = "MonitoredGauge"
    let average: Double?
    let peak: Double?
    let trend: String
    let extra: MonitoredExtra<Double>?

    static let fields = [
        FieldOf<MonitoredGauge>("average", \.average, .measured, unit: "%"), FieldOf("peak", \.peak, .measured, unit: "%"),
        FieldOf("trend", \.trend, .rule("Mann-Kendall test"), "increasing, decreasing, stable or insufficient_data"),
        FieldOf("value", \.extra?.value, .measured, unit: "%", asked).only { $0.extra != nil },
        FieldOf("aggregation", \.extra?.aggregation, .request, asked).only { $0.extra != nil },
    ]
}

struct MonitoredNetwork: Described {
    static let name = "MonitoredNetwork"
    let ingress: Double?
    let egress: Double?
    let loss: Double?
    private var basis: String { "packet_loss: percent of TCP segments that were sent again" }
    let extra: MonitoredExtra<Double>?

    init(ingress: Double?, egress: Double?, loss: Double?, extra: MonitoredExtra<Double>?) {
        (self.ingress, self.egress, self.loss, self.extra) = (ingress, egress, loss, extra)
    }

    static let fields = [
        FieldOf<MonitoredNetwork>("ingress_mbps", \.ingress, .measured, unit: "Mbit/s"), FieldOf("egress_mbps", \.egress, .measured, unit: "Mbit/s"),
        FieldOf("packet_loss", \.loss, .measured, unit: "%", "see basis"), FieldOf("basis", \.basis, .fixed),
        FieldOf("value", \.extra?.value, .measured, unit: "Mbit/s", "of both directions together, " + asked).only { $0.extra != nil },
        FieldOf("aggregation", \.extra?.aggregation, .request, asked).only { $0.extra != nil },
    ]
}

struct MonitoredStorage: Described {
    static let name = "MonitoredStorage"
    let used: Double?
    let read: Double?
    let written: Double?
    let extra: MonitoredExtra<Double>?

    static let fields = [
        FieldOf<MonitoredStorage>("used_percent", \.used, .measured, unit: "%"), FieldOf("read_mbps", \.read, .measured, unit: "Mbit/s"),
        FieldOf("write_mbps", \.written, .measured, unit: "Mbit/s"),
        FieldOf("value", \.extra?.value, .measured, unit: "%", "of used_percent, " + asked).only { $0.extra != nil },
        FieldOf("aggregation", \.extra?.aggregation, .request, asked).only { $0.extra != nil },
    ]
}

/// The machine; each part is there that was asked for.
struct MonitoredSystem: Described {
    static let name = "SystemPerformance"
    let cpu: MonitoredGauge?
    let memory: MonitoredGauge?
    let network: MonitoredNetwork?
    let storage: MonitoredStorage?

    static let fields = [
        FieldOf<MonitoredSystem>("cpu_utilization", \.cpu, .measured).only { $0.cpu != nil },
        FieldOf("memory_utilization", \.memory, .measured).only { $0.memory != nil },
        FieldOf("network_throughput", \.network, .measured).only { $0.network != nil }, FieldOf("storage", \.storage, .measured).only { $0.storage != nil },
    ]
}

struct MonitoredTimes: Described {
    static let name = "ResponseTimes"
    let p50: String?
    let p95: String?
    let p99: String?
    let extra: MonitoredExtra<String>?

    static let fields = [
        FieldOf<MonitoredTimes>("p50", \.p50, .measured, "such as 12.5ms; so are the others"), FieldOf("p95", \.p95, .measured),
        FieldOf("p99", \.p99, .measured),
        FieldOf("value", \.extra?.value, .measured, asked).only { $0.extra != nil },
        FieldOf("aggregation", \.extra?.aggregation, .request, asked).only { $0.extra != nil },
    ]
}

struct MonitoredThroughput: Described {
    static let name = "Throughput"
    let mean: Double?
    let peak: Double?
    let extra: MonitoredExtra<Double>?

    static let fields = [
        FieldOf<MonitoredThroughput>("requests_per_second", \.mean, .counted, unit: "1/s"), FieldOf("peak_rps", \.peak, .counted, unit: "1/s"),
        FieldOf("value", \.extra?.value, .counted, unit: "1/s", asked).only { $0.extra != nil },
        FieldOf("aggregation", \.extra?.aggregation, .request, asked).only { $0.extra != nil },
    ]
}

struct MonitoredStatuses: Described {
    static let name = "RequestsByStatus"
    /// From 1xx to 5xx.
    let counts: [Int64]
    private func of(_ hundred: Int) -> Int64 { counts.indices.contains(hundred - 1) ? counts[hundred - 1] : 0 }
    private var informed: Int64 { of(1) }
    private var succeeded: Int64 { of(2) }
    private var redirected: Int64 { of(3) }
    private var refused: Int64 { of(4) }
    private var failed: Int64 { of(5) }

    static let fields = [
        FieldOf<MonitoredStatuses>("1xx", \.informed, .counted), FieldOf("2xx", \.succeeded, .counted), FieldOf("3xx", \.redirected, .counted),
        FieldOf("4xx", \.refused, .counted), FieldOf("5xx", \.failed, .counted),
    ]
}

struct MonitoredRequests: Described {
    static let name = "Requests"
    let total: Int64
    let byStatus: MonitoredStatuses
    static let fields = [FieldOf<MonitoredRequests>("total", \.total, .counted), FieldOf("by_status", \.byStatus, .counted)]
}

/// Calls that were answered.
struct MonitoredCalls: Described {
    static let name = "ApplicationPerformance"
    let times: MonitoredTimes
    let throughput: MonitoredThroughput
    let errorRate: Double?
    let availability: Double?
    let requests: MonitoredRequests?

    static let fields = [
        FieldOf<MonitoredCalls>("response_time", \.times, .measured), FieldOf("throughput", \.throughput, .counted),
        FieldOf("error_rate", \.errorRate, .counted, unit: "%", "answered 5xx, without 501: what is not built is no failure"),
        FieldOf("availability", \.availability, .measured, unit: "%"),
        FieldOf("requests", \.requests, .counted).only { $0.requests != nil },
    ]
}

struct MonitoredLearning: Described {
    static let name = "FederatedLearningPerformance"
    let active: Int
    let participation: Double?
    // Nobody says how long clients computed, and no baseline is kept.
    private var efficiency: Double? { nil }
    private var convergence: String { "unknown" }

    init(active: Int, participation: Double?) { (self.active, self.participation) = (active, participation) }

    static let fields = [
        FieldOf<MonitoredLearning>("active_sessions", \.active, .counted),
        FieldOf("client_participation_rate", \.participation, .counted, "updates that counted by the clients that were asked"),
        FieldOf("training_efficiency", \.efficiency, .measured, "null: nobody says how long clients computed"),
        FieldOf("convergence_rate", \.convergence, .rule("convergence"), "unknown: no baseline is kept"),
    ]
}

/// What other rooms will measure; see `not_built`.
struct MonitoredExplaining: Described {
    static let name = "ExplainabilityPerformance"
    private var unmeasured: Double? { nil }
    static let fields = ["explanations_generated", "average_explanation_time", "compliance_check_success_rate"].map {
        FieldOf<MonitoredExplaining>($0, \.unmeasured, .measured, "null: it is not built")
    }
}

struct MonitoredEncryption: Described {
    static let name = "EncryptionPerformance"
    let operations: Int64?
    let generation: String?
    let weakestBits: Int?

    static let fields = [
        FieldOf<MonitoredEncryption>("encryption_operations", \.operations, .counted, "with keys of the vault: sealed, opened, signed, verified, exchanged"),
        FieldOf("key_generation_time", \.generation, .measured, "the mean, such as 0.12ms; null: no key was made"),
        FieldOf("quantum_security_level", \.weakestBits, .rule("NIST category"), unit: "bit", "of the weakest key that is active; null: there is none"),
    ]
}

struct MonitoredMetrics: Described {
    static let name = "PerformanceMetrics"
    let system: MonitoredSystem
    let calls: MonitoredCalls
    let learning: MonitoredLearning
    private var explaining: MonitoredExplaining { MonitoredExplaining() }
    let encryption: MonitoredEncryption

    init(system: MonitoredSystem, calls: MonitoredCalls, learning: MonitoredLearning, encryption: MonitoredEncryption) {
        (self.system, self.calls, self.learning, self.encryption) = (system, calls, learning, encryption)
    }

    static let fields = [
        FieldOf<MonitoredMetrics>("system_performance", \.system, .measured), FieldOf("application_performance", \.calls, .measured),
        FieldOf("federated_learning", \.learning, .counted), FieldOf("ai_explainability", \.explaining, .measured),
        FieldOf("quantum_encryption", \.encryption, .measured),
    ]
}

struct AlertFacts: Described {
    static let name = "Alert"
    let alert: Alert
    private var level: String { alert.severity.rawValue }

    init(_ alert: Alert) { self.alert = alert }

    static let fields = [
        FieldOf<AlertFacts>("level", \.level, .rule("alert rules")), FieldOf("message", \.alert.text, .rule("alert rules")),
        FieldOf("recommendation", \.alert.action, .rule("alert rules")), FieldOf("rule", \.alert.rule, .rule("alert rules"), "its name"),
    ]
}

struct PerformanceReport: Described {
    static let name = "Performance"
    let range: MonitoredRange
    let metrics: MonitoredMetrics
    let firing: [Alert]
    private var alerts: [AlertFacts] { firing.map(AlertFacts.init) }
    private var suggestions: [String] { firing.map(\.action) }
    private var notBuilt: [String] { ["ai_explainability"] }

    init(range: MonitoredRange, metrics: MonitoredMetrics, firing: [Alert]) { (self.range, self.metrics, self.firing) = (range, metrics, firing) }

    static let fields = [
        FieldOf<PerformanceReport>("time_range", \.range, .request), FieldOf("metrics", \.metrics, .measured),
        FieldOf("alerts", \.alerts, .rule("alert rules")), FieldOf("optimization_suggestions", \.suggestions, .rule("alert rules")),
        FieldOf("not_built", \.notBuilt, .fixed, "parts of metrics that nothing measures yet"),
    ]
}
