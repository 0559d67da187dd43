internal import APIKit
internal import Federation
internal import FederationService
internal import Learning
internal import StrictJSON

extension SessionStatus: ChoiceValue {}

/// What a session or a client of it waits for.
struct BlockerFacts: Described {
    static let name = "Blocker"
    let blocker: Blocker

    static let fields = [
        FieldOf<BlockerFacts>("what", \.blocker.what, .rule("blocked_by")), FieldOf("asked", \.blocker.asked, .stored),
        FieldOf("have", \.blocker.have, .counted),
        FieldOf("fix", \.blocker.fix, .rule("blocked_by")),
    ]
}

/// A session as it is now. Every number is measured, counted or asked for; what is unknown is null.
struct SessionFacts: Described {
    static let name = "Session"
    let view: SessionView
    private var record: SessionRecord { view.record }
    private var spec: SessionSpec { record.spec }

    init(_ view: SessionView) { self.view = view }

    private var effectiveFraction: Double? { view.cohort.flatMap { view.totalClients > 0 ? Double($0) / Double(view.totalClients) : nil } }
    private var model: ModelForm? { record.model.map { ModelForm($0.json) } }
    private var schema: SchemaForm? { record.schema.map { SchemaForm($0.json) } }
    private var selectedBy: String? { record.chosen?.reason.rawValue }
    private var seed: Int64 { Int64(clamping: spec.seed) }
    private var clientsNeeded: Int? { (try? spec.clientsNeeded())?.count }
    private var performance: PerformanceFacts { PerformanceFacts(view: view) }
    private var secureRound: SecureRoundFacts? { view.secure.map(SecureRoundFacts.init) }
    private var offenders: [OffenderFacts] { record.offenderList.map(OffenderFacts.init) }
    private var blockers: [BlockerFacts] { view.blockedBy.map(BlockerFacts.init) }

    static let fields = documented + measured + modelFields + planned

    private static let documented: [FieldOf<SessionFacts>] = [
        FieldOf("session_id", \.record.id, .stored), FieldOf("status", \.record.status, .stored), FieldOf("current_round", \.view.currentRound, .stored),
        FieldOf("total_rounds", \.spec.rounds, .stored, unit: "rounds"),
        FieldOf("active_clients", \.view.activeClients, .counted, "heard of within two heartbeats"), FieldOf("total_clients", \.view.totalClients, .counted),
        FieldOf("accuracy", \.view.accuracy, .measured, "of the last round that was evaluated"),
        FieldOf("loss", \.view.loss, .measured, "of the last round that was evaluated"),
        FieldOf("privacy_budget_used", \.view.epsilon, .rule("accountant"), unit: "epsilon", "null without differential privacy"),
        FieldOf("estimated_completion", \.view.estimatedCompletion, .rule("mean time of a round")),
        FieldOf("performance_metrics", \.performance, .measured),
    ]

    private static let measured: [FieldOf<SessionFacts>] = [
        FieldOf("held_out_accuracy", \.view.heldOutAccuracy, .measured, "on the operator's test set"),
        FieldOf("held_out_loss", \.view.heldOutLoss, .measured, "on the operator's test set"),
        FieldOf("effective_client_fraction", \.effectiveFraction, .rule("cohort / registered clients")),
        FieldOf("cohort", \.view.cohort, .counted, unit: "clients"),
        FieldOf("status_reason", \.record.statusReason, .stored), FieldOf("created_at", \.record.createdAt, .clock),
    ]

    private static let modelFields: [FieldOf<SessionFacts>] = [
        FieldOf("model", \.model, .stored, "null until it is decided"),
        FieldOf("model_source", \.record.modelSource, .stored, "request, schema, initial_model or default"),
        FieldOf("model_sha256", \.view.model, .stored, "of the file that the session gives away"), FieldOf("model_round", \.view.modelRound, .stored),
        FieldOf("model_selection", \.spec.modelSelection, .stored), FieldOf("model_selected_by", \.selectedBy, .rule("model_selection")),
        FieldOf("initial_model_sha256", \.record.warmStart, .stored), FieldOf("data_schema", \.schema, .stored),
    ]

    private static let planned: [FieldOf<SessionFacts>] = [
        FieldOf("aggregation", \.spec.aggregation, .stored), FieldOf("byzantine_tolerance", \.spec.byzantineTolerance, .stored, unit: "clients"),
        FieldOf("norm_bound", \.spec.normBound, .stored), FieldOf("clip_radius", \.spec.clipRadius, .stored), FieldOf("seed", \.seed, .stored),
        FieldOf("min_clients", \.spec.minClients, .stored), FieldOf("clients_needed", \.clientsNeeded, .rule("clients needed")),
        FieldOf("secure_aggregation", \.secure, .stored, "null without it"), FieldOf("secure", \.secureRound, .counted, "of the last closed round"),
        FieldOf("privacy", \.privacy, .stored, "null without differential privacy"), FieldOf("offenders", \.offenders, .counted),
        FieldOf("blocked_by", \.blockers, .rule("blocked_by")),
    ]

    private var secure: SecureFacts? { SecureFacts(spec) }
    private var privacy: PrivacyFacts? { PrivacyFacts(record) }
}

/// The document's figures of a session, and what they are counted in.
struct PerformanceFacts: Described {
    static let name = "SessionPerformance"
    let view: SessionView

    private var throughput: String? { view.updatesPerMinute.map { "\(Int($0.rounded())) updates/minute" } }
    private var latency: String? { view.updateLatencyP99Milliseconds.map { "\(Int($0.rounded()))ms" } }
    private var unit: String { "client" }
    private var noise: String { PrivacyFacts.noise(view.record) }

    static let fields = [
        FieldOf<PerformanceFacts>("throughput", \.throughput, .measured),
        FieldOf("latency_p99", \.latency, .measured, "of updates, from first byte to durable"),
        FieldOf("byzantine_attacks_detected", \.view.rejectedUpdates, .counted, "updates that were rejected"),
        FieldOf("detection_unit", \.unit, .fixed), FieldOf("differential_privacy_noise", \.noise, .rule("privacy plan")),
        FieldOf("late_updates", \.view.lateUpdates, .counted), FieldOf("bytes_up", \.view.bytesUp, .counted, unit: "bytes"),
        FieldOf("bytes_down", \.view.bytesDown, .counted, unit: "bytes"),
    ]
}

struct SessionList: Described {
    static let name = "Sessions"
    var sessions: [Listed<SessionFacts>]
    static let fields = [FieldOf<SessionList>("sessions", \.sessions, .stored)]
}
