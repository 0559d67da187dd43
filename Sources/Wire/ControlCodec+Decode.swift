internal import FoundationEssentials
internal import SwiftProtobuf

// Reading: the frame's length, then the protocol buffer, then the version, then the fields. Unknown fields are dropped,
// so that a newer side may add some.

extension ControlCodec {
    package static func decodeServer(_ bytes: [UInt8]) throws(WireError) -> ServerMessage {
        if bytes.count <= Limits.frameBytes, let message = ControlReader.server(bytes) {
            try message.check()
            return message
        }
        let message: ServerMessage
        switch try envelope(bytes) {
        case .welcome(let m):
            message = .welcome(
                Welcome(
                    version: Int(m.version), sessionID: m.sessionID, heartbeatSeconds: Int(m.heartbeatSeconds), serverTimeMs: m.serverTimeMs,
                    status: m.status, history: m.history.isEmpty ? nil : m.history))
        case .roundStart(let m): message = .roundStart(try roundStart(m))
        case .roundClosed(let m):
            message = .roundClosed(
                RoundClosed(
                    sessionID: m.sessionID, round: Int(m.round), attempt: Int(m.attempt), committed: m.committed, modelSHA256: .init(m.modelSha256),
                    reason: try words(m.reason, "round_closed.reason")))
        case .evaluationRequest(let m):
            message = .evaluate(
                EvaluationRequest(
                    sessionID: m.sessionID, round: Int(m.round), modelSHA256: .init(m.modelSha256), modelPath: m.modelPath, deadlineMs: m.deadlineMs))
        case .sessionEnded(let m):
            message = .sessionEnded(
                SessionEnded(
                    sessionID: m.sessionID, status: m.status, modelSHA256: .init(m.modelSha256), modelPath: m.modelPath,
                    reason: try words(m.reason, "session_ended.reason")))
        case .refusal(let m):
            message = .refused(
                Refusal(
                    code: m.code, message: try words(m.message, "refusal.message"),
                    retryAfterMs: m.hasRetryAfterMs ? min(Int64(clamping: m.retryAfterMs), Limits.retryAfterMs) : nil))
        case .secure(let m): message = .secure(frame(m))
        case .hello, .heartbeat, .evaluationReport, .roundFailed, .secureReply: throw .unexpected("a client's message from the coordinator")
        }
        try message.check()
        return message
    }

    package static func decodeClient(_ bytes: [UInt8]) throws(WireError) -> ClientMessage {
        if bytes.count <= Limits.frameBytes, let message = ControlReader.client(bytes) {
            try message.check()
            return message
        }
        let message: ClientMessage
        switch try envelope(bytes) {
        case .hello(let m):
            message = .hello(
                Hello(
                    versionMin: Int(m.versionMin), versionMax: Int(m.versionMax), software: try words(m.software, "hello.software"),
                    sessionID: m.sessionID, clientID: m.clientID, lastRound: Int(m.lastRound), knows: m.knows, identityKey: Array(m.identityKey)))
        case .heartbeat(let m): message = .heartbeat(Heartbeat(sessionID: m.sessionID, round: Int(m.round)))
        case .evaluationReport(let m):
            message = .evaluation(
                EvaluationReport(
                    sessionID: m.sessionID, round: Int(m.round), loss: m.loss, accuracy: m.hasAccuracy ? m.accuracy : nil, rows: Int(clamping: m.rows)))
        case .roundFailed(let m):
            message = .roundFailed(
                RoundFailed(
                    sessionID: m.sessionID, round: Int(m.round), attempt: Int(m.attempt), reason: try words(m.reason, "round_failed.reason")))
        case .secureReply(let m): message = .secure(frame(m))
        case .welcome, .roundStart, .roundClosed, .evaluationRequest, .sessionEnded, .refusal, .secure:
            throw .unexpected("a coordinator's message from a client")
        }
        try message.check()
        return message
    }

    private static func envelope(_ bytes: [UInt8]) throws(WireError) -> Tutti_V1_Envelope.OneOf_Message {
        guard bytes.count <= Limits.frameBytes else { throw .tooLong(bytes: bytes.count, limit: Limits.frameBytes) }
        let envelope: Tutti_V1_Envelope
        do {
            var options = BinaryDecodingOptions()
            options.messageDepthLimit = Limits.messageDepth
            options.discardUnknownFields = true
            envelope = try Tutti_V1_Envelope(serializedBytes: bytes, options: options)
        } catch { throw .malformed("\(error)") }
        guard Limits.versions.contains(Int(envelope.version)) else {
            throw .field("version", "must be \(Limits.versions.lowerBound) to \(Limits.versions.upperBound), not \(envelope.version)")
        }
        guard let message = envelope.message else { throw .unexpected("an empty envelope, or a message this version does not know") }
        switch message {
        case .hello, .refusal:
            // Said where no version is agreed on yet, or none can be: these two keep their form in every version.
            break
        case .heartbeat, .evaluationReport, .roundFailed, .secureReply, .welcome, .roundStart, .roundClosed, .evaluationRequest, .sessionEnded, .secure:
            guard (oldest...version).contains(Int(envelope.version)) else { throw .version(Int(envelope.version)) }
        }
        return message
    }

    private static func roundStart(_ m: Tutti_V1_RoundStart) throws(WireError) -> RoundStart {
        let encoding: UploadEncoding
        switch m.uploadEncoding {
        case .zstdShuffle4: encoding = .zstdShuffle
        // The field allows an encoding; what this side does not know it does not use, and plain bodies are always taken.
        case .identity, .unspecified, .UNRECOGNIZED: encoding = .identity
        }
        // A phase says what is to be done: not to know it and to train all the same could give away an unmasked update.
        let phase: Phase
        switch m.phase {
        case .plainUpdate: phase = .plainUpdate
        case .maskedUpdate: phase = .maskedUpdate(parameters: .init(m.secureParameters))
        case .unspecified, .UNRECOGNIZED: throw .field("round_start.phase", "is not known here; upgrade this client")
        }
        let rule: UpdateRule
        switch m.rule {
        case .unspecified: rule = .plain
        case .normalised: rule = .normalised
        case .controlled:
            let c = m.control
            rule = .controlled(
                ControlStart(
                    sha256: .init(c.sha256), path: c.path, countedRound: Int(c.countedRound), countedAttempt: Int(c.countedAttempt)))
        // What cannot be computed must not be replaced by something else.
        case .UNRECOGNIZED: throw .field("round_start.rule", "is not known here; upgrade this client")
        }
        let t = m.training
        return RoundStart(
            sessionID: m.sessionID, round: Int(m.round), attempt: Int(m.attempt), modelSHA256: .init(m.modelSha256), modelPath: m.modelPath,
            updatePath: m.updatePath, deadlineMs: m.deadlineMs,
            training: TrainingPlan(
                learningRate: t.learningRate, momentum: t.momentum, weightDecay: t.weightDecay, proximalMu: t.proximalMu,
                localEpochs: Int(t.localEpochs), batchSize: Int(t.batchSize), seed: t.seed,
                adam: t.hasAdam ? AdamPlan(beta1: t.adam.beta1, beta2: t.adam.beta2, epsilon: t.adam.epsilon) : nil,
                text: t.localSteps == 0 && t.window == 0 ? nil : TextPlan(steps: Int(t.localSteps), window: Int(t.window))),
            uploadEncoding: encoding, phase: phase, rule: rule, privacy: m.hasPrivacy ? try terms(m.privacy) : nil)
    }

    /// What is not known here cannot be added up.
    private static func terms(_ m: Tutti_V1_Privacy) throws(WireError) -> PrivacyTerms {
        let replacesOne: Bool
        switch m.adjacency {
        case .zeroOut: replacesOne = false
        case .replaceOne: replacesOne = true
        case .unspecified, .UNRECOGNIZED: throw .field("round_start.privacy.adjacency", "is not known here; upgrade this client")
        }
        return PrivacyTerms(
            l2Clip: m.l2Clip, epsilon: m.epsilon, delta: m.delta, noiseMultiplier: m.noiseMultiplier, deviationSteps: m.deviationSteps,
            replacesOne: replacesOne, noiseByClients: m.noiseByClients)
    }

    private static func frame(_ m: Tutti_V1_SecureFrame) -> SecureFrame {
        SecureFrame(sessionID: m.sessionID, round: Int(m.round), attempt: Int(m.attempt), message: .init(m.message))
    }

    /// Too long is refused, as everywhere; what a terminal could stumble over is replaced.
    private static func words(_ text: String, _ field: String) throws(WireError) -> String {
        guard text.utf8.count <= Limits.reasonBytes else { throw .field(field, "must be at most \(Limits.reasonBytes) bytes") }
        return plain(text)
    }
}
