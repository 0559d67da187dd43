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
    /// Names the history of the coordinator's records: another one after each restore from a backup. nil: there was none.
    package var history: String?
    package init(version: Int, sessionID: String, heartbeatSeconds: Int, serverTimeMs: Int64, status: String, history: String? = nil) {
        self.version = version
        self.sessionID = sessionID
        self.heartbeatSeconds = heartbeatSeconds
        self.serverTimeMs = serverTimeMs
        self.status = status
        self.history = history
    }
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
    /// A byte-level transformer, trained on text.
    case byteTransformer = "byte_transformer"
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
