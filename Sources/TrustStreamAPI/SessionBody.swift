internal import APIKit
internal import Federation
internal import Learning
internal import StrictJSON

extension SessionSpec.Algorithm: ChoiceValue {}
extension SessionSpec.Aggregation: ChoiceValue {}
extension SessionSpec.ModelSelection: ChoiceValue {}
extension LocalOptimizer.Name: ChoiceValue {}
extension SessionSpec.ModelType: DocumentedWord {
    package static var notBuilt: [String] { [] }
}

/// The document's request to create a session, with our extensions. What fields say is read straight into the plan; what takes more than
/// one field is `SessionRequest`'s.
struct SessionBody: DescribedRequest {
    static let name = "NewSession"
    var spec = SessionSpec()
    var modelType: DocumentedChoice<SessionSpec.ModelType>?
    var maxClients: Int?
    var aggregation: SessionSpec.Aggregation?
    var isRobust = false
    var proximalMu: Double?
    var seed: Int64?
    var model: ModelForm?
    var schedule: ScheduleForm?
    var optimizer: OptimizerBody?
    var earlyStopping: EarlyStoppingForm?
    var initialModel: InitialModelBody?
    var privacy: PrivacyBody?
    /// What stands beside `differential_privacy`.
    var beside = PrivacySpec()
    var sampling: Sampling?
    var adjacency: AdjacencyWord?
    var secure: FlagOr<SecureAggregationBody>?

    static let fields = documented + training + strategy + models + running + besidePrivacy

    private static let count = Bounds.whole(1...100_000)

    private static let documented: [FieldOf<SessionBody>] = [
        FieldOf("model_type", \.modelType, usual: .string(SessionSpec().modelType.rawValue), note: "where it is left out, a model says it by its kind"),
        FieldOf("algorithm", \.spec.algorithm),
        FieldOf("privacy_budget", \.spec.privacyBudget, .later(0.1...10), unit: "epsilon", note: "the most that a client's data may lose"),
        FieldOf("min_clients", \.spec.minClients, count, unit: "clients", note: "it starts when so many have joined"),
        FieldOf("max_clients", \.maxClients, count, unit: "clients", usual: JSON(SessionSpec().maxClients), note: "at least min_clients"),
        FieldOf("rounds", \.spec.rounds, count, unit: "rounds"),
        FieldOf("client_fraction", \.spec.clientFraction, .later(0...1), note: "above 0; of the registered clients, at least min_clients of them"),
        FieldOf("learning_rate", \.spec.learningRate, .later(0...10), note: "above 0; of a language_model usually 0.001, and at most 1"),
        FieldOf("batch_size", \.spec.batchSize, .whole(1...65_536), unit: "rows", note: "of a language_model windows, usually 16"),
        FieldOf("local_epochs", \.spec.localEpochs, .whole(1...1000)),
        FieldOf("differential_privacy", \.privacy), FieldOf("secure_aggregation", \.secure, usual: false, note: "masked sums; clients need certificates"),
        FieldOf("byzantine_robust", \.isRobust, note: "true: trimmed_mean, where aggregation does not name another robust rule"),
    ]

    private static let training: [FieldOf<SessionBody>] = [
        FieldOf("momentum", \.spec.momentum, .later(0...1), note: "below 1"), FieldOf("weight_decay", \.spec.weightDecay, .later(0...10)),
        FieldOf("learning_rate_schedule", \.schedule, note: "of a language_model usually a cosine to a tenth"),
        FieldOf("optimizer", \.optimizer, note: "of the clients; of a language_model adam"),
        FieldOf(
            "local_steps", \.spec.localSteps, .whole(1...10_000), unit: "steps",
            note: "of a language_model, in the place of epochs; usually \(SessionSpec.usualLocalSteps)"),
        FieldOf("window", \.spec.window, .whole(2...Learning.Limits.context), unit: "bytes", note: "of a language_model; usually its context, at most 256"),
        FieldOf("proximal_mu", \.proximalMu, .later(0...1000), note: "of fedprox; there usually 0.01"),
        FieldOf("over_selection", \.spec.overSelection, .later(1...10), note: "so many times the clients that a round needs are asked"),
        FieldOf("seed", \.seed, Bounds(range: 0...Double(Int64.max)), usual: JSON(Int64(clamping: SessionSpec().seed))),
    ]

    private static let strategy: [FieldOf<SessionBody>] = [
        FieldOf("aggregation", \.aggregation, usual: .string(SessionSpec().aggregation.rawValue)),
        FieldOf("byzantine_tolerance", \.spec.byzantineTolerance, .whole(0...100_000), unit: "clients", note: "where it is left out 5 % of the cohort"),
        FieldOf("norm_bound", \.spec.normBound, note: "of norm_bounding"),
        FieldOf("clip_radius", \.spec.clipRadius, note: "of centered_clipping; where it is left out the median distance"),
        FieldOf("server_learning_rate", \.spec.serverLearningRate), FieldOf("beta1", \.spec.beta1, note: "of the adaptive algorithms"),
        FieldOf("beta2", \.spec.beta2, note: "of the adaptive algorithms"), FieldOf("tau", \.spec.tau, note: "of the adaptive algorithms"),
    ]

    private static let besidePrivacy: [FieldOf<SessionBody>] = [
        FieldOf("delta", \.beside.delta, note: "at which epsilon is counted"), FieldOf("on_budget", \.beside.onBudget),
        FieldOf("sampling", \.sampling, usual: "full", note: "another is not built: 501 with differential privacy"),
        FieldOf("adjacency", \.adjacency, note: "where it is left out zero_out with the mean, else replace_one"),
    ]

    private static let models: [FieldOf<SessionBody>] = [
        FieldOf("model", \.model, note: "where it is left out, the clients' data decide"),
        FieldOf("initial_model", \.initialModel, note: "where it is left out, it is drawn from the seed"),
        FieldOf("model_selection", \.spec.modelSelection), FieldOf("early_stopping", \.earlyStopping),
    ]

    private static let running: [FieldOf<SessionBody>] = [
        FieldOf("round_deadline", \.spec.roundDeadlineSeconds, .later(0...604_800), unit: "s", note: "above 0"),
        FieldOf("quorum", \.spec.quorum, count, unit: "updates", note: "at most min_clients; where it is left out the clients that are needed"),
        FieldOf("auto_start", \.spec.autoStart, note: "false: POST …/start"),
        FieldOf("require_client_certificate", \.spec.requireClientCertificate),
        FieldOf("heartbeat_interval", \.spec.heartbeatSeconds, .whole(1...3600), unit: "s"),
    ]
}

struct OptimizerBody: DescribedRequest {
    static let name = "Optimizer"
    var kind = LocalOptimizer.Name.sgd
    var beta1: Double?
    var beta2: Double?
    var epsilon: Double?

    static let fields = [
        FieldOf<OptimizerBody>("kind", \.kind), FieldOf("beta1", \.beta1, usual: JSON(Double(Adam().beta1)), note: "of adam"),
        FieldOf("beta2", \.beta2, usual: JSON(Double(Adam().beta2)), note: "of adam"),
        FieldOf("epsilon", \.epsilon, usual: JSON(Double(Adam().epsilon)), note: "of adam"),
    ]

    var optimizer: LocalOptimizer {
        guard kind == .adam else { return .sgd }
        var adam = Adam()
        if let beta1 { adam.beta1 = Float(beta1) }
        if let beta2 { adam.beta2 = Float(beta2) }
        if let epsilon { adam.epsilon = Float(epsilon) }
        return .adam(adam)
    }
}

struct InitialModelBody: DescribedRequest {
    static let name = "InitialModel"
    var session: Name?
    var isUpload = false
    var round: Int?

    static let fields = [
        FieldOf<InitialModelBody>("session_id", \.session, note: "of the same tenant"),
        FieldOf("upload", \.isUpload, note: "true: PUT …/initial-model hands the file in"),
        FieldOf("round", \.round, .whole(0...100_000), note: "of that session; where it is left out the model it gives away"),
    ]
}
