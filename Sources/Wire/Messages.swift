/// What the coordinator says on the control channel. Bounds are checked by the codec on both sides.
package enum ServerMessage: Equatable, Sendable {
    case welcome(Welcome)
    case roundStart(RoundStart)
    case roundClosed(RoundClosed)
    case evaluate(EvaluationRequest)
    case sessionEnded(SessionEnded)
    case refused(Refusal)
    case secure(SecureFrame)
}

/// What a client says on the control channel.
package enum ClientMessage: Equatable, Sendable {
    case hello(Hello)
    case heartbeat(Heartbeat)
    case evaluation(EvaluationReport)
    case roundFailed(RoundFailed)
    case secure(SecureFrame)
}

package struct Hello: Equatable, Sendable {
    package var versionMin: Int
    package var versionMax: Int
    package var software: String
    package var sessionID: String
    package var clientID: String
    /// The last round this client has a receipt for; 0: none.
    package var lastRound: Int
    /// What the client can do that not every client of its version can; see `Capability`.
    package var knows: [String]
    /// Ed25519, 32 bytes; empty: none.
    package var identityKey: [UInt8]

    package init(
        versionMin: Int, versionMax: Int, software: String, sessionID: String, clientID: String, lastRound: Int, knows: [String] = [],
        identityKey: [UInt8] = []
    ) {
        self.knows = knows
        self.identityKey = identityKey
        self.versionMin = versionMin
        self.versionMax = versionMax
        self.software = software
        self.sessionID = sessionID
        self.clientID = clientID
        self.lastRound = lastRound
    }
}

package struct Heartbeat: Equatable, Sendable {
    package var sessionID: String
    package var round: Int
    package init(sessionID: String, round: Int) {
        self.sessionID = sessionID
        self.round = round
    }
}

package struct EvaluationReport: Equatable, Sendable {
    package var sessionID: String
    package var round: Int
    package var loss: Double
    /// nil in a regression.
    package var accuracy: Double?
    package var rows: Int
    package init(sessionID: String, round: Int, loss: Double, accuracy: Double?, rows: Int) {
        self.sessionID = sessionID
        self.round = round
        self.loss = loss
        self.accuracy = accuracy
        self.rows = rows
    }
}

package struct RoundFailed: Equatable, Sendable {
    package var sessionID: String
    package var round: Int
    package var attempt: Int
    package var reason: String
    package init(sessionID: String, round: Int, attempt: Int, reason: String) {
        self.sessionID = sessionID
        self.round = round
        self.attempt = attempt
        self.reason = reason
    }
}

package struct Welcome: Equatable, Sendable {
    package var version: Int
    package var sessionID: String
    package var heartbeatSeconds: Int
    package var serverTimeMs: Int64
    package var status: String
    package init(version: Int, sessionID: String, heartbeatSeconds: Int, serverTimeMs: Int64, status: String) {
        self.version = version
        self.sessionID = sessionID
        self.heartbeatSeconds = heartbeatSeconds
        self.serverTimeMs = serverTimeMs
        self.status = status
    }
}

package enum UploadEncoding: Sendable, Equatable { case identity, zstdShuffle }

/// What a round asks of a client.
package enum Phase: Sendable, Equatable {
    case plainUpdate
    /// With the round's parameters of secure aggregation, in their canonical encoding.
    case maskedUpdate(parameters: [UInt8])
}

/// One message of secure aggregation in its canonical encoding, which names its kind. Both sides send it.
package struct SecureFrame: Equatable, Sendable {
    package var sessionID: String
    /// 0: the draw of groups.
    package var round: Int
    /// Of the round, or the number of the draw.
    package var attempt: Int
    package var message: [UInt8]
    package init(sessionID: String, round: Int, attempt: Int, message: [UInt8]) {
        self.sessionID = sessionID
        self.round = round
        self.attempt = attempt
        self.message = message
    }
}

/// What a session may need of its clients beyond plain updates. A client that does not name it is told so when it
/// connects, instead of training something else.
package enum Capability: String, Sendable, CaseIterable {
    /// Updates divided by their number of steps (FedNova).
    case normalised
    /// Updates with the change of the client's control (SCAFFOLD).
    case controlled
    /// Local training by Adam.
    case adam
    /// Updates that the coordinator sees as sums of groups alone.
    case secureAggregation = "secure_aggregation"
    /// Updates of bounded norm, and an account of what they cost.
    case differentialPrivacy = "differential_privacy"
    /// Secure aggregation with X-Wing.
    case xWing = "x_wing"
    /// Noise that each client adds before its update is masked.
    case clientNoise = "client_noise"
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
    package init(
        learningRate: Float, momentum: Float, weightDecay: Float, proximalMu: Float, localEpochs: Int, batchSize: Int,
        seed: UInt64, adam: AdamPlan? = nil
    ) {
        self.adam = adam
        self.learningRate = learningRate
        self.momentum = momentum
        self.weightDecay = weightDecay
        self.proximalMu = proximalMu
        self.localEpochs = localEpochs
        self.batchSize = batchSize
        self.seed = seed
    }
}

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

package struct RoundClosed: Equatable, Sendable {
    package var sessionID: String
    package var round: Int
    package var attempt: Int
    package var committed: Bool
    /// Of the new model; empty when the attempt was aborted.
    package var modelSHA256: [UInt8]
    package var reason: String
    package init(sessionID: String, round: Int, attempt: Int, committed: Bool, modelSHA256: [UInt8], reason: String) {
        self.sessionID = sessionID
        self.round = round
        self.attempt = attempt
        self.committed = committed
        self.modelSHA256 = modelSHA256
        self.reason = reason
    }
}

package struct EvaluationRequest: Equatable, Sendable {
    package var sessionID: String
    package var round: Int
    package var modelSHA256: [UInt8]
    package var modelPath: String
    package var deadlineMs: Int64
    package init(sessionID: String, round: Int, modelSHA256: [UInt8], modelPath: String, deadlineMs: Int64) {
        self.sessionID = sessionID
        self.round = round
        self.modelSHA256 = modelSHA256
        self.modelPath = modelPath
        self.deadlineMs = deadlineMs
    }
}

package struct SessionEnded: Equatable, Sendable {
    package var sessionID: String
    package var status: String
    /// Of the last model; empty when there is none.
    package var modelSHA256: [UInt8]
    package var modelPath: String
    package var reason: String
    package init(sessionID: String, status: String, modelSHA256: [UInt8], modelPath: String, reason: String) {
        self.sessionID = sessionID
        self.status = status
        self.modelSHA256 = modelSHA256
        self.modelPath = modelPath
        self.reason = reason
    }
}

package struct Refusal: Equatable, Sendable {
    package var code: String
    package var message: String
    package var retryAfterMs: Int64?
    package init(code: String, message: String, retryAfterMs: Int64? = nil) {
        self.code = code
        self.message = message
        self.retryAfterMs = retryAfterMs
    }
}
