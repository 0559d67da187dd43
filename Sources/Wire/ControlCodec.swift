internal import FoundationEssentials
internal import SwiftProtobuf

/// Control messages as bytes. The only place that knows the protocol buffers; every field from outside is bounded here.
package enum ControlCodec {
    /// The newest and the oldest version this code speaks.
    package static let version = 1
    package static let oldest = 1

    /// The version two sides speak: the newest that both know. nil: none.
    package static func negotiate(min: Int, max: Int) -> Int? {
        let common = Swift.min(max, version)
        return common >= Swift.max(min, oldest) ? common : nil
    }

    package static func encode(_ message: ServerMessage) -> [UInt8] {
        var envelope = Tutti_V1_Envelope()
        envelope.version = UInt32(version)
        switch message {
        case .welcome(let m):
            envelope.welcome = .with {
                $0.version = UInt32(clamping: m.version)
                $0.sessionID = m.sessionID
                $0.heartbeatSeconds = UInt32(clamping: m.heartbeatSeconds)
                $0.serverTimeMs = m.serverTimeMs
                $0.status = m.status
            }
        case .roundStart(let m):
            envelope.roundStart = .with {
                $0.sessionID = m.sessionID
                $0.round = UInt32(clamping: m.round)
                $0.attempt = UInt32(clamping: m.attempt)
                $0.modelSha256 = .init(m.modelSHA256)
                $0.modelPath = m.modelPath
                $0.updatePath = m.updatePath
                $0.deadlineMs = m.deadlineMs
                $0.training = .with {
                    $0.learningRate = m.training.learningRate
                    $0.momentum = m.training.momentum
                    $0.weightDecay = m.training.weightDecay
                    $0.proximalMu = m.training.proximalMu
                    $0.localEpochs = UInt32(clamping: m.training.localEpochs)
                    $0.batchSize = UInt32(clamping: m.training.batchSize)
                    $0.seed = m.training.seed
                }
                $0.uploadEncoding = m.uploadEncoding == .identity ? .identity : .zstdShuffle4
                $0.phase = .plainUpdate
            }
        case .roundClosed(let m):
            envelope.roundClosed = .with {
                $0.sessionID = m.sessionID
                $0.round = UInt32(clamping: m.round)
                $0.attempt = UInt32(clamping: m.attempt)
                $0.committed = m.committed
                $0.modelSha256 = .init(m.modelSHA256)
                $0.reason = shortened(m.reason)
            }
        case .evaluate(let m):
            envelope.evaluationRequest = .with {
                $0.sessionID = m.sessionID
                $0.round = UInt32(clamping: m.round)
                $0.modelSha256 = .init(m.modelSHA256)
                $0.modelPath = m.modelPath
                $0.deadlineMs = m.deadlineMs
            }
        case .sessionEnded(let m):
            envelope.sessionEnded = .with {
                $0.sessionID = m.sessionID
                $0.status = m.status
                $0.modelSha256 = .init(m.modelSHA256)
                $0.modelPath = m.modelPath
                $0.reason = shortened(m.reason)
            }
        case .refused(let m):
            envelope.refusal = .with {
                $0.code = m.code
                $0.message = shortened(m.message)
                if let after = m.retryAfterMs { $0.retryAfterMs = UInt64(clamping: after) }
            }
        }
        return bytes(envelope)
    }

    package static func encode(_ message: ClientMessage) -> [UInt8] {
        var envelope = Tutti_V1_Envelope()
        envelope.version = UInt32(version)
        switch message {
        case .hello(let m):
            envelope.hello = .with {
                $0.versionMin = UInt32(clamping: m.versionMin)
                $0.versionMax = UInt32(clamping: m.versionMax)
                $0.software = m.software
                $0.sessionID = m.sessionID
                $0.clientID = m.clientID
                $0.lastRound = UInt32(clamping: m.lastRound)
            }
        case .heartbeat(let m):
            envelope.heartbeat = .with {
                $0.sessionID = m.sessionID
                $0.round = UInt32(clamping: m.round)
            }
        case .evaluation(let m):
            envelope.evaluationReport = .with {
                $0.sessionID = m.sessionID
                $0.round = UInt32(clamping: m.round)
                $0.loss = m.loss
                $0.accuracy = m.accuracy
                $0.rows = UInt64(clamping: m.rows)
            }
        case .roundFailed(let m):
            envelope.roundFailed = .with {
                $0.sessionID = m.sessionID
                $0.round = UInt32(clamping: m.round)
                $0.attempt = UInt32(clamping: m.attempt)
                $0.reason = shortened(m.reason)
            }
        }
        return bytes(envelope)
    }

    package static func decodeServer(_ bytes: [UInt8]) throws(WireError) -> ServerMessage {
        switch try envelope(bytes) {
        case .welcome(let m):
            return .welcome(
                Welcome(
                    version: try number(m.version, 1...1000, "welcome.version"), sessionID: try name(m.sessionID, "welcome.session_id"),
                    heartbeatSeconds: try number(m.heartbeatSeconds, 1...86_400, "welcome.heartbeat_seconds"),
                    serverTimeMs: m.serverTimeMs, status: try name(m.status, "welcome.status")))
        case .roundStart(let m): return .roundStart(try roundStart(m))
        case .roundClosed(let m):
            return .roundClosed(
                RoundClosed(
                    sessionID: try name(m.sessionID, "round_closed.session_id"), round: try round(m.round, "round_closed"),
                    attempt: try attempt(m.attempt, "round_closed"), committed: m.committed,
                    modelSHA256: try digest(.init(m.modelSha256), "round_closed.model_sha256", orEmpty: !m.committed),
                    reason: try text(m.reason, Limits.reasonBytes, "round_closed.reason")))
        case .evaluationRequest(let m):
            return .evaluate(
                EvaluationRequest(
                    sessionID: try name(m.sessionID, "evaluation_request.session_id"),
                    round: try number(m.round, 0...Limits.rounds, "evaluation_request.round"),
                    modelSHA256: try digest(.init(m.modelSha256), "evaluation_request.model_sha256"),
                    modelPath: try path(m.modelPath, "evaluation_request.model_path"), deadlineMs: m.deadlineMs))
        case .sessionEnded(let m):
            return .sessionEnded(
                SessionEnded(
                    sessionID: try name(m.sessionID, "session_ended.session_id"), status: try name(m.status, "session_ended.status"),
                    modelSHA256: try digest(.init(m.modelSha256), "session_ended.model_sha256", orEmpty: true),
                    modelPath: try text(m.modelPath, Limits.pathBytes, "session_ended.model_path"),
                    reason: try text(m.reason, Limits.reasonBytes, "session_ended.reason")))
        case .refusal(let m):
            return .refused(
                Refusal(
                    code: try name(m.code, "refusal.code"), message: try text(m.message, Limits.reasonBytes, "refusal.message"),
                    retryAfterMs: m.hasRetryAfterMs ? Int64(clamping: min(m.retryAfterMs, 86_400_000)) : nil))
        case .hello, .heartbeat, .evaluationReport, .roundFailed: throw .unexpected("a client's message from the coordinator")
        }
    }

    package static func decodeClient(_ bytes: [UInt8]) throws(WireError) -> ClientMessage {
        switch try envelope(bytes) {
        case .hello(let m):
            return .hello(
                Hello(
                    versionMin: try number(m.versionMin, 1...1000, "hello.version_min"),
                    versionMax: try number(m.versionMax, 1...1000, "hello.version_max"),
                    software: try text(m.software, Limits.nameBytes, "hello.software"),
                    sessionID: try name(m.sessionID, "hello.session_id"), clientID: try name(m.clientID, "hello.client_id"),
                    lastRound: try number(m.lastRound, 0...Limits.rounds, "hello.last_round")))
        case .heartbeat(let m):
            return .heartbeat(
                Heartbeat(
                    sessionID: try name(m.sessionID, "heartbeat.session_id"),
                    round: try number(m.round, 0...Limits.rounds, "heartbeat.round")))
        case .evaluationReport(let m):
            guard m.loss.isFinite else { throw .field("evaluation_report.loss", "must be finite") }
            guard m.accuracy >= 0, m.accuracy <= 1 else { throw .field("evaluation_report.accuracy", "must be 0 to 1") }
            guard m.rows <= 1_000_000_000_000 else { throw .field("evaluation_report.rows", "must be at most 10^12") }
            return .evaluation(
                EvaluationReport(
                    sessionID: try name(m.sessionID, "evaluation_report.session_id"),
                    round: try number(m.round, 0...Limits.rounds, "evaluation_report.round"), loss: m.loss,
                    accuracy: m.accuracy, rows: Int(m.rows)))
        case .roundFailed(let m):
            return .roundFailed(
                RoundFailed(
                    sessionID: try name(m.sessionID, "round_failed.session_id"), round: try round(m.round, "round_failed"),
                    attempt: try attempt(m.attempt, "round_failed"),
                    reason: try text(m.reason, Limits.reasonBytes, "round_failed.reason")))
        case .welcome, .roundStart, .roundClosed, .evaluationRequest, .sessionEnded, .refusal:
            throw .unexpected("a coordinator's message from a client")
        }
    }
}

// MARK: Fields

extension ControlCodec {
    private static func bytes(_ envelope: Tutti_V1_Envelope) -> [UInt8] {
        // Serialising fails only for required fields or text beyond 2 GB; proto3 has neither here.
        (try? envelope.serializedBytes()) ?? []
    }

    private static func envelope(_ bytes: [UInt8]) throws(WireError) -> Tutti_V1_Envelope.OneOf_Message {
        guard bytes.count <= Limits.frameBytes else { throw .tooLong(bytes: bytes.count, limit: Limits.frameBytes) }
        let envelope: Tutti_V1_Envelope
        do {
            var options = BinaryDecodingOptions()
            options.messageDepthLimit = 8
            options.discardUnknownFields = true
            envelope = try Tutti_V1_Envelope(serializedBytes: bytes, options: options)
        } catch { throw .malformed("\(error)") }
        guard envelope.version >= 1, envelope.version <= 1000 else { throw .field("version", "must be 1 to 1000") }
        guard let message = envelope.message else { throw .unexpected("an empty envelope, or a message this version does not know") }
        return message
    }

    private static func roundStart(_ m: Tutti_V1_RoundStart) throws(WireError) -> RoundStart {
        let encoding: UploadEncoding
        switch m.uploadEncoding {
        case .identity: encoding = .identity
        case .zstdShuffle4: encoding = .zstdShuffle
        case .unspecified, .UNRECOGNIZED: throw .field("round_start.upload_encoding", "is not known here")
        }
        guard m.phase == .plainUpdate else { throw .field("round_start.phase", "is not known here") }
        let t = m.training
        func rate(_ value: Float, _ limit: Float, _ name: String) throws(WireError) -> Float {
            guard value.isFinite, value >= 0, value <= limit else { throw .field("round_start.training.\(name)", "must be 0 to \(limit)") }
            return value
        }
        return RoundStart(
            sessionID: try name(m.sessionID, "round_start.session_id"), round: try round(m.round, "round_start"),
            attempt: try attempt(m.attempt, "round_start"), modelSHA256: try digest(.init(m.modelSha256), "round_start.model_sha256"),
            modelPath: try path(m.modelPath, "round_start.model_path"), updatePath: try path(m.updatePath, "round_start.update_path"),
            deadlineMs: m.deadlineMs,
            training: TrainingPlan(
                learningRate: try rate(t.learningRate, 10, "learning_rate"), momentum: try rate(t.momentum, 1, "momentum"),
                weightDecay: try rate(t.weightDecay, 10, "weight_decay"), proximalMu: try rate(t.proximalMu, 1000, "proximal_mu"),
                localEpochs: try number(t.localEpochs, 1...1000, "round_start.training.local_epochs"),
                batchSize: try number(t.batchSize, 1...65_536, "round_start.training.batch_size"), seed: t.seed),
            uploadEncoding: encoding)
    }

    private static func number(_ value: UInt32, _ range: ClosedRange<Int>, _ field: String) throws(WireError) -> Int {
        guard range.contains(Int(value)) else {
            throw .field(field, "must be \(range.lowerBound) to \(range.upperBound), not \(value)")
        }
        return Int(value)
    }

    private static func round(_ value: UInt32, _ message: String) throws(WireError) -> Int {
        try number(value, 1...Limits.rounds, "\(message).round")
    }

    private static func attempt(_ value: UInt32, _ message: String) throws(WireError) -> Int {
        try number(value, 1...Limits.attempts, "\(message).attempt")
    }

    private static func text(_ value: String, _ limit: Int, _ field: String) throws(WireError) -> String {
        guard value.utf8.count <= limit else { throw .field(field, "must be at most \(limit) bytes") }
        return value
    }

    private static func name(_ value: String, _ field: String) throws(WireError) -> String {
        guard !value.isEmpty else { throw .field(field, "must not be empty") }
        return try text(value, Limits.nameBytes, field)
    }

    /// A path of the coordinator that sent it: absolute, without a host, so that it cannot lead anywhere else.
    private static func path(_ value: String, _ field: String) throws(WireError) -> String {
        guard value.hasPrefix("/"), !value.hasPrefix("//"), value.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw .field(field, "must be an absolute path")
        }
        return try text(value, Limits.pathBytes, field)
    }

    private static func digest(_ value: [UInt8], _ field: String, orEmpty: Bool = false) throws(WireError) -> [UInt8] {
        guard value.count == 32 || (orEmpty && value.isEmpty) else { throw .field(field, "must be 32 bytes") }
        return value
    }

    private static func shortened(_ text: String) -> String {
        guard text.utf8.count > Limits.reasonBytes else { return text }
        var slice = text.prefix(Limits.reasonBytes)
        while slice.utf8.count > Limits.reasonBytes { slice.removeLast() }
        return String(slice)
    }
}
