/// Asks a client for one round's update: which model it trains from, how, and until when.
package struct RoundStart: Equatable, Sendable {
    package var sessionID: String
    package var round: Int
    package var attempt: Int
    /// 32 bytes.
    package var modelSHA256: [UInt8]
    package var modelPath: String
    package var updatePath: String
    package var deadlineMs: Int64
    package var training: TrainingPlan
    package var uploadEncoding: UploadEncoding
    package var phase: Phase
    package var rule: UpdateRule
    private var boxed: BoxedTerms
    /// nil: no differential privacy.
    package var privacy: PrivacyTerms? {
        get { boxed.terms }
        set { boxed = BoxedTerms(newValue) }
    }
    package init(
        sessionID: String, round: Int, attempt: Int, modelSHA256: [UInt8], modelPath: String, updatePath: String,
        deadlineMs: Int64, training: TrainingPlan, uploadEncoding: UploadEncoding, phase: Phase = .plainUpdate,
        rule: UpdateRule = .plain, privacy: PrivacyTerms? = nil
    ) {
        self.rule = rule
        boxed = BoxedTerms(privacy)
        self.sessionID = sessionID
        self.round = round
        self.attempt = attempt
        self.modelSHA256 = modelSHA256
        self.modelPath = modelPath
        self.updatePath = updatePath
        self.deadlineMs = deadlineMs
        self.training = training
        self.uploadEncoding = uploadEncoding
        self.phase = phase
    }
}

package enum UploadEncoding: Sendable, Equatable { case identity, zstdShuffle }

/// What a round asks of a client.
package enum Phase: Sendable, Equatable {
    case plainUpdate
    /// With the round's parameters of secure aggregation, in their canonical encoding.
    case maskedUpdate(parameters: [UInt8])
}

/// What a round costs everybody whose update counts in it, and what is done for it.
package struct PrivacyTerms: Equatable, Sendable {
    /// Updates are scaled down to this norm.
    package var l2Clip: Double
    /// What the session may cost a client at most, at δ.
    package var epsilon: Double
    package var delta: Double
    /// Deviation of the noise over what one client can change, and in steps of its lattice.
    package var noiseMultiplier: Double
    package var deviationSteps: Double
    /// Neighbours differ in one client's update, which is any other; else it is zero.
    package var replacesOne: Bool
    /// Every client adds a part of the noise before its update is masked; the round's parameters of secure aggregation say how much.
    package var noiseByClients: Bool

    package init(
        l2Clip: Double, epsilon: Double, delta: Double, noiseMultiplier: Double, deviationSteps: Double, replacesOne: Bool, noiseByClients: Bool = false
    ) {
        (self.l2Clip, self.epsilon, self.delta) = (l2Clip, epsilon, delta)
        (self.noiseMultiplier, self.deviationSteps, self.replacesOne) = (noiseMultiplier, deviationSteps, replacesOne)
        self.noiseByClients = noiseByClients
    }
}

/// Kept apart: of thousands of clients most wait, and have none.
private indirect enum BoxedTerms: Equatable, Sendable {
    case none
    case some(PrivacyTerms)

    init(_ terms: PrivacyTerms?) { self = terms.map { .some($0) } ?? .none }

    var terms: PrivacyTerms? { if case .some(let terms) = self { terms } else { nil } }
}

/// What an update's values are.
package enum UpdateRule: Equatable, Sendable {
    case plain
    /// Divided by the number of steps, which goes with them (FedNova).
    case normalised
    /// Followed by the change of the client's control (SCAFFOLD).
    case controlled(ControlStart)
}

/// SCAFFOLD's part of the start of a round.
package struct ControlStart: Equatable, Sendable {
    /// Of the file with the server's control, 32 bytes; empty: it is zero.
    package var sha256: [UInt8]
    /// Empty when `sha256` is.
    package var path: String
    /// The committed attempt in which this client's control was counted last; 0: none was.
    package var countedRound: Int
    package var countedAttempt: Int
    package init(sha256: [UInt8], path: String, countedRound: Int, countedAttempt: Int) {
        self.sha256 = sha256
        self.path = path
        self.countedRound = countedRound
        self.countedAttempt = countedAttempt
    }
}

/// Adam's settings for the local training.
package struct AdamPlan: Equatable, Sendable {
    package var beta1: Float
    package var beta2: Float
    package var epsilon: Float
    package init(beta1: Float, beta2: Float, epsilon: Float) {
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
    }
}

/// How a model of text is trained: steps in the place of epochs, on windows that are drawn from the text.
package struct TextPlan: Equatable, Sendable {
    package var steps: Int
    /// Bytes of a window.
    package var window: Int
    package init(steps: Int, window: Int) { (self.steps, self.window) = (steps, window) }
}

package struct TrainingPlan: Equatable, Sendable {
    package var learningRate: Float
    package var momentum: Float
    package var weightDecay: Float
    package var proximalMu: Float
    package var localEpochs: Int
    package var batchSize: Int
    /// Of this client in this round.
    package var seed: UInt64
    /// nil: SGD.
    package var adam: AdamPlan?
    /// nil: the data are rows.
    package var text: TextPlan?
    package init(
        learningRate: Float, momentum: Float, weightDecay: Float, proximalMu: Float, localEpochs: Int, batchSize: Int,
        seed: UInt64, adam: AdamPlan? = nil, text: TextPlan? = nil
    ) {
        self.adam = adam
        self.text = text
        self.learningRate = learningRate
        self.momentum = momentum
        self.weightDecay = weightDecay
        self.proximalMu = proximalMu
        self.localEpochs = localEpochs
        self.batchSize = batchSize
        self.seed = seed
    }
}
