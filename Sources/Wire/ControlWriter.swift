/// Control messages in the bytes that the protocol buffers of `docs/protocol/tutti.proto` give them: fields in the order of their numbers.
enum ControlWriter {
    static func bytes(_ message: ServerMessage) -> [UInt8] {
        var writer = begin()
        switch message {
        case .welcome(let m): writer.message(30) { write(m, to: &$0) }
        case .roundStart(let m): writer.message(31) { write(m, to: &$0) }
        case .roundClosed(let m):
            writer.message(32) {
                $0.text(1, m.sessionID)
                $0.number(2, clamping: m.round)
                $0.number(3, clamping: m.attempt)
                $0.number(4, m.committed ? 1 : 0)
                $0.data(5, m.modelSHA256)
                $0.text(6, ControlCodec.plain(m.reason))
            }
        case .evaluate(let m):
            writer.message(33) {
                $0.text(1, m.sessionID)
                $0.number(2, clamping: m.round)
                $0.data(3, m.modelSHA256)
                $0.text(4, m.modelPath)
                $0.fixed(5, UInt64(bitPattern: m.deadlineMs))
            }
        case .sessionEnded(let m):
            writer.message(34) {
                $0.text(1, m.sessionID)
                $0.text(2, m.status)
                $0.data(3, m.modelSHA256)
                $0.text(4, m.modelPath)
                $0.text(5, ControlCodec.plain(m.reason))
            }
        case .refused(let m):
            writer.message(35) {
                $0.text(1, m.code)
                $0.text(2, ControlCodec.plain(m.message))
                if let after = m.retryAfterMs { $0.present(3, UInt64(clamping: min(after, Limits.retryAfterMs))) }
            }
        case .secure(let m): return SecureFrameCodec.encode(m, from: .coordinator)
        }
        return writer.bytes
    }

    static func bytes(_ message: ClientMessage) -> [UInt8] {
        var writer = begin()
        switch message {
        case .hello(let m):
            writer.message(10) {
                $0.number(1, clamping: m.versionMin)
                $0.number(2, clamping: m.versionMax)
                $0.text(3, ControlCodec.plain(m.software))
                $0.text(4, m.sessionID)
                $0.text(5, m.clientID)
                $0.number(6, clamping: m.lastRound)
                for name in m.knows { $0.present(7, name) }
                $0.data(8, m.identityKey)
            }
        case .heartbeat(let m):
            writer.message(11) {
                $0.text(1, m.sessionID)
                $0.number(2, clamping: m.round)
            }
        case .evaluation(let m):
            writer.message(12) {
                $0.text(1, m.sessionID)
                $0.number(2, clamping: m.round)
                $0.double(3, m.loss)
                if let accuracy = m.accuracy { $0.present(4, accuracy) }
                $0.number(5, UInt64(clamping: m.rows))
            }
        case .roundFailed(let m):
            writer.message(13) {
                $0.text(1, m.sessionID)
                $0.number(2, clamping: m.round)
                $0.number(3, clamping: m.attempt)
                $0.text(4, ControlCodec.plain(m.reason))
            }
        case .secure(let m): return SecureFrameCodec.encode(m, from: .client)
        }
        return writer.bytes
    }

    private static func begin() -> ProtocolWriter {
        var writer = ProtocolWriter(capacity: 384)
        writer.number(1, clamping: ControlCodec.version)
        return writer
    }

    private static func write(_ m: Welcome, to writer: inout ProtocolWriter) {
        writer.number(1, clamping: m.version)
        writer.text(2, m.sessionID)
        writer.number(3, clamping: m.heartbeatSeconds)
        writer.fixed(4, UInt64(bitPattern: m.serverTimeMs))
        writer.text(5, m.status)
        writer.text(6, m.history ?? "")
    }

    private static func write(_ m: RoundStart, to writer: inout ProtocolWriter) {
        writer.text(1, m.sessionID)
        writer.number(2, clamping: m.round)
        writer.number(3, clamping: m.attempt)
        writer.data(4, m.modelSHA256)
        writer.text(5, m.modelPath)
        writer.text(6, m.updatePath)
        writer.fixed(7, UInt64(bitPattern: m.deadlineMs))
        writer.message(8) { write(m.training, to: &$0) }
        writer.number(9, m.uploadEncoding == .identity ? 1 : 2)
        switch m.phase {
        case .plainUpdate: writer.number(10, 1)
        case .maskedUpdate: writer.number(10, 2)
        }
        switch m.rule {
        case .plain: break
        case .normalised: writer.number(11, 1)
        case .controlled(let control):
            writer.number(11, 2)
            writer.message(12) {
                $0.data(1, control.sha256)
                $0.text(2, control.path)
                $0.number(3, clamping: control.countedRound)
                $0.number(4, clamping: control.countedAttempt)
            }
        }
        if case .maskedUpdate(let parameters) = m.phase { writer.data(13, parameters) }
        if let privacy = m.privacy { writer.message(14) { write(privacy, to: &$0) } }
    }

    private static func write(_ plan: TrainingPlan, to writer: inout ProtocolWriter) {
        writer.float(1, plan.learningRate)
        writer.float(2, plan.momentum)
        writer.float(3, plan.weightDecay)
        writer.float(4, plan.proximalMu)
        writer.number(5, clamping: plan.localEpochs)
        writer.number(6, clamping: plan.batchSize)
        writer.fixed(7, plan.seed)
        if let adam = plan.adam {
            writer.message(8) {
                $0.float(1, adam.beta1)
                $0.float(2, adam.beta2)
                $0.float(3, adam.epsilon)
            }
        }
        if let text = plan.text {
            writer.number(9, clamping: text.steps)
            writer.number(10, clamping: text.window)
        }
    }

    private static func write(_ terms: PrivacyTerms, to writer: inout ProtocolWriter) {
        writer.double(1, terms.l2Clip)
        writer.double(2, terms.epsilon)
        writer.double(3, terms.delta)
        writer.double(4, terms.noiseMultiplier)
        writer.double(5, terms.deviationSteps)
        writer.number(6, terms.replacesOne ? 2 : 1)
        writer.number(7, terms.noiseByClients ? 1 : 0)
    }
}
