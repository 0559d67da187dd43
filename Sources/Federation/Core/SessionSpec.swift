package import Learning

/// What a federated session was asked to do: the document's request fields in their own units, plus our extensions.
/// A value that passed `validate()` is sound; nothing else is ever stored.
package struct SessionSpec: Sendable, Equatable, Codable {
    package enum Algorithm: String, Sendable, Codable, CaseIterable {
        case federatedAveraging = "federated_averaging"  // McMahan et al. 2017, arXiv 1602.05629
        case fedProx = "fedprox"  // Li et al. 2020, arXiv 1812.06127
        case fedAdagrad = "fedadagrad"  // Reddi et al. 2021, arXiv 2003.00295; so are the next two
        case fedAdam = "fedadam"
        case fedYogi = "fedyogi"
        case fedNova = "fednova"  // Wang et al. 2020, arXiv 2007.07481
        case scaffold  // Karimireddy et al. 2020, arXiv 1910.06378
    }
    package enum ModelType: String, Sendable, Codable, CaseIterable {
        case neuralNetwork = "neural_network"
        case logisticRegression = "logistic_regression"
        /// A regression: it predicts a number instead of a class.
        case linear
        case cnn
        /// A byte-level transformer, trained on text.
        case languageModel = "language_model"

        package var task: DataSchema.LearningTask {
            switch self {
            case .linear: .regression
            case .neuralNetwork, .logisticRegression, .cnn: .classification
            case .languageModel: .language
            }
        }
    }
    package enum Aggregation: String, Sendable, Codable, CaseIterable {
        case mean, median
        case trimmedMean = "trimmed_mean"
        // These judge updates as wholes.
        case krum
        case multiKrum = "multi_krum"
        case geometricMedian = "geometric_median"
        case centeredClipping = "centered_clipping"
        case normBounding = "norm_bounding"

        /// Whether the rule withstands lying clients, up to a number of them.
        package var withstandsLiars: Bool { self != .mean && self != .normBounding }
    }

    /// Which of its models a session gives away when it has ended.
    package enum ModelSelection: String, Sendable, Codable, CaseIterable {
        /// That of the last committed round.
        case last
        /// That of the committed round with the smallest loss; see `BestModels`.
        case best
    }
    /// Where model version 0 comes from, when not from the seed.
    package struct InitialModel: Sendable, Equatable, Codable {
        /// A session of the same tenant; nil: the operator hands in a model file before training begins.
        package var session: String?
        /// Of that session; nil: the model it gives away now.
        package var round: Int?
        package init(session: String? = nil, round: Int? = nil) {
            self.session = session
            self.round = round
        }
    }

    package var modelType: ModelType = .neuralNetwork
    package var algorithm: Algorithm = .federatedAveraging
    package var minClients = 2
    package var maxClients = 1000
    package var rounds = 10
    /// Share of the registered clients in a cohort, in (0, 1].
    package var clientFraction = 1.0
    /// So many times the clients a round needs are asked; it is sealed as soon as as many as it needs have answered
    /// (Bonawitz et al. 2019, arXiv 1902.01046, §9). At least 1.
    package var overSelection = 1.0
    package var learningRate = 0.01
    package var schedule = LearningRateSchedule.constant
    package var batchSize = 32
    package var localEpochs = 1
    /// Of a language model, in the place of epochs: steps of a client in a round. nil: `usualLocalSteps`.
    package var localSteps: Int?
    /// Of a language model: bytes of a window, of which `batchSize` are a step. nil: see `window(of:)`.
    package var window: Int?
    package var momentum = 0.0
    /// Of the clients' local training.
    package var optimizer = LocalOptimizer.sgd
    package var weightDecay = 0.0
    /// FedProx's μ; 0 with federated averaging.
    package var proximalMu = 0.0
    /// The server's rate and, with an adaptive algorithm, its moments' decays and degree of adaptivity; nil: see
    /// `strategy`.
    package var serverLearningRate: Double?
    package var beta1: Double?
    package var beta2: Double?
    package var tau: Double?
    package var aggregation: Aggregation = .mean
    /// Number of clients assumed to lie: what the trimmed mean cuts off on each side, and what Krum leaves out. nil: ⌈5 % of the cohort⌉.
    package var byzantineTolerance: Int?
    /// Of norm bounding: the Euclidean norm that updates are shortened to.
    package var normBound: Double?
    /// Of centered clipping: how far an update counts. nil: the median distance.
    package var clipRadius: Double?
    /// Everything random in the session is drawn from this seed.
    package var seed: UInt64 = 42
    /// nil: the first declared data schema decides.
    package var model: ModelSpec?
    /// nil: from the seed.
    package var initialModel: InitialModel?
    package var modelSelection: ModelSelection = .last
    /// nil: every round is run.
    package var earlyStopping: EarlyStopping?
    package var roundDeadlineSeconds = 600.0
    /// Fewest updates a round may commit with. nil: the clients that are needed.
    package var quorum: Int?
    package var autoStart = true
    package var requireClientCertificate = false
    package var heartbeatSeconds = 30
    /// With differential privacy the most that a client's data may lose (ε); without, it is kept, shown and has no effect.
    package var privacyBudget: Double?
    /// nil: nothing bounds what the models tell of a client.
    package var privacy: PrivacySpec?
    /// nil: the coordinator sees every update.
    package var secureAggregation: SecureAggregationSpec?

    package init() {}

    /// What the session's model is for, and its clients' rows.
    package var task: DataSchema.LearningTask { modelType.task }
}
// Records live longer than versions: what an older one did not know has its default here.
extension SessionSpec {
    package init(from decoder: any Decoder) throws {
        self.init()
        let record = try decoder.container(keyedBy: CodingKeys.self)
        func read<Value: Decodable>(_ key: CodingKeys, _ value: inout Value) throws {
            if let stored = try record.decodeIfPresent(Value.self, forKey: key) { value = stored }
        }
        try read(.modelType, &modelType)
        try read(.algorithm, &algorithm)
        try read(.minClients, &minClients)
        try read(.maxClients, &maxClients)
        try read(.rounds, &rounds)
        try read(.clientFraction, &clientFraction)
        try read(.overSelection, &overSelection)
        try read(.learningRate, &learningRate)
        try read(.schedule, &schedule)
        try read(.batchSize, &batchSize)
        try read(.localEpochs, &localEpochs)
        try read(.localSteps, &localSteps)
        try read(.window, &window)
        try read(.momentum, &momentum)
        try read(.optimizer, &optimizer)
        try read(.weightDecay, &weightDecay)
        try read(.proximalMu, &proximalMu)
        try read(.serverLearningRate, &serverLearningRate)
        try read(.beta1, &beta1)
        try read(.beta2, &beta2)
        try read(.tau, &tau)
        try read(.aggregation, &aggregation)
        try read(.byzantineTolerance, &byzantineTolerance)
        try read(.normBound, &normBound)
        try read(.clipRadius, &clipRadius)
        try read(.seed, &seed)
        try read(.model, &model)
        try read(.initialModel, &initialModel)
        try read(.modelSelection, &modelSelection)
        try read(.earlyStopping, &earlyStopping)
        try read(.roundDeadlineSeconds, &roundDeadlineSeconds)
        try read(.quorum, &quorum)
        try read(.autoStart, &autoStart)
        try read(.requireClientCertificate, &requireClientCertificate)
        try read(.heartbeatSeconds, &heartbeatSeconds)
        try read(.privacyBudget, &privacyBudget)
        try read(.privacy, &privacy)
        try read(.secureAggregation, &secureAggregation)
    }
}
