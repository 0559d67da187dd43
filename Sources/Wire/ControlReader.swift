/// Control messages in the form that `ControlWriter` gives them. nil: something else, or written in another way (fields in another order,
/// unknown ones, longer numbers, values without a name here); the protocol buffers can say which.
enum ControlReader {
    static func server(_ bytes: [UInt8]) -> ServerMessage? {
        read(bytes) { (field, reader) throws(ProtocolReader.Otherwise) -> ServerMessage in
            switch field {
            case 30: return .welcome(try welcome(&reader))
            case 31: return .roundStart(try roundStart(&reader))
            case 32:
                return .roundClosed(
                    RoundClosed(
                        sessionID: try reader.text(1), round: try reader.whole(2), attempt: try reader.whole(3), committed: try reader.flag(4),
                        modelSHA256: try reader.data(5), reason: try words(6, &reader)))
            case 33:
                return .evaluate(
                    EvaluationRequest(
                        sessionID: try reader.text(1), round: try reader.whole(2), modelSHA256: try reader.data(3), modelPath: try reader.text(4),
                        deadlineMs: Int64(bitPattern: try reader.fixed(5))))
            case 34:
                return .sessionEnded(
                    SessionEnded(
                        sessionID: try reader.text(1), status: try reader.text(2), modelSHA256: try reader.data(3), modelPath: try reader.text(4),
                        reason: try words(5, &reader)))
            case 35:
                return .refused(
                    Refusal(
                        code: try reader.text(1), message: try words(2, &reader),
                        retryAfterMs: try reader.numberIfPresent(3).map { min(Int64(clamping: $0), Limits.retryAfterMs) }))
            case 36: return .secure(try frame(&reader))
            default: throw .init()
            }
        }
    }

    static func client(_ bytes: [UInt8]) -> ClientMessage? {
        read(bytes) { (field, reader) throws(ProtocolReader.Otherwise) -> ClientMessage in
            switch field {
            case 10: return .hello(try hello(&reader))
            case 11: return .heartbeat(Heartbeat(sessionID: try reader.text(1), round: try reader.whole(2)))
            case 12:
                return .evaluation(
                    EvaluationReport(
                        sessionID: try reader.text(1), round: try reader.whole(2), loss: try reader.double(3), accuracy: try reader.doubleIfPresent(4),
                        rows: Int(clamping: try reader.number(5))))
            case 13:
                return .roundFailed(
                    RoundFailed(
                        sessionID: try reader.text(1), round: try reader.whole(2), attempt: try reader.whole(3), reason: try words(4, &reader)))
            case 14: return .secure(try frame(&reader))
            default: throw .init()
            }
        }
    }

    /// An envelope of this version around one message.
    private static func read<Message>(
        _ bytes: [UInt8], _ message: (UInt64, inout ProtocolReader) throws(ProtocolReader.Otherwise) -> Message
    ) -> Message? {
        bytes.withUnsafeBufferPointer { bytes in
            do {
                var envelope = ProtocolReader(bytes)
                guard try envelope.whole(1) == ControlCodec.version else { return nil }
                let tag = try envelope.tag()
                guard tag & 7 == 2 else { return nil }
                var reader = ProtocolReader(try envelope.part())
                try envelope.finish()
                let read = try message(tag >> 3, &reader)
                try reader.finish()
                return read
            } catch { return nil }
        }
    }

    // MARK: Messages

    private static func hello(_ reader: inout ProtocolReader) throws(ProtocolReader.Otherwise) -> Hello {
        var hello = Hello(
            versionMin: try reader.whole(1), versionMax: try reader.whole(2), software: try words(3, &reader), sessionID: try reader.text(4),
            clientID: try reader.text(5), lastRound: try reader.whole(6))
        while let name = try reader.textIfPresent(7) { hello.knows.append(name) }
        hello.identityKey = try reader.data(8)
        return hello
    }

    private static func welcome(_ reader: inout ProtocolReader) throws(ProtocolReader.Otherwise) -> Welcome {
        let welcome = Welcome(
            version: try reader.whole(1), sessionID: try reader.text(2), heartbeatSeconds: try reader.whole(3),
            serverTimeMs: Int64(bitPattern: try reader.fixed(4)), status: try reader.text(5), history: try reader.textIfPresent(6))
        if welcome.history == "" { throw .init() }
        return welcome
    }

    private static func frame(_ reader: inout ProtocolReader) throws(ProtocolReader.Otherwise) -> SecureFrame {
        SecureFrame(sessionID: try reader.text(1), round: try reader.whole(2), attempt: try reader.whole(3), message: try reader.data(4))
    }

    private static func roundStart(_ reader: inout ProtocolReader) throws(ProtocolReader.Otherwise) -> RoundStart {
        let (session, round, attempt) = (try reader.text(1), try reader.whole(2), try reader.whole(3))
        let (digest, modelPath, updatePath) = (try reader.data(4), try reader.text(5), try reader.text(6))
        let deadline = Int64(bitPattern: try reader.fixed(7))
        guard var part = try reader.messageIfPresent(8) else { throw .init() }
        let training = try training(&part)
        let encoding: UploadEncoding
        switch try reader.number(9) {
        case 1: encoding = .identity
        case 2: encoding = .zstdShuffle
        default: throw .init()
        }
        let (phase, rule) = (try reader.number(10), try reader.number(11))
        var control = ControlStart(sha256: [], path: "", countedRound: 0, countedAttempt: 0)
        if var part = try reader.messageIfPresent(12) {
            control = ControlStart(
                sha256: try part.data(1), path: try part.text(2), countedRound: try part.whole(3), countedAttempt: try part.whole(4))
            try part.finish()
        }
        let parameters = try reader.data(13)
        var privacy: PrivacyTerms?
        if var part = try reader.messageIfPresent(14) { privacy = try terms(&part) }
        // What is not known here is refused, in words that the other reader has.
        guard (1...2).contains(phase), rule <= 2 else { throw .init() }
        return RoundStart(
            sessionID: session, round: round, attempt: attempt, modelSHA256: digest, modelPath: modelPath, updatePath: updatePath, deadlineMs: deadline,
            training: training, uploadEncoding: encoding, phase: phase == 1 ? .plainUpdate : .maskedUpdate(parameters: parameters),
            rule: rule == 0 ? .plain : rule == 1 ? .normalised : .controlled(control), privacy: privacy)
    }

    private static func training(_ reader: inout ProtocolReader) throws(ProtocolReader.Otherwise) -> TrainingPlan {
        var plan = TrainingPlan(
            learningRate: try reader.float(1), momentum: try reader.float(2), weightDecay: try reader.float(3), proximalMu: try reader.float(4),
            localEpochs: try reader.whole(5), batchSize: try reader.whole(6), seed: try reader.fixed(7))
        if var part = try reader.messageIfPresent(8) {
            plan.adam = AdamPlan(beta1: try part.float(1), beta2: try part.float(2), epsilon: try part.float(3))
            try part.finish()
        }
        let text = TextPlan(steps: try reader.whole(9), window: try reader.whole(10))
        if text.steps != 0 || text.window != 0 { plan.text = text }
        try reader.finish()
        return plan
    }

    private static func terms(_ reader: inout ProtocolReader) throws(ProtocolReader.Otherwise) -> PrivacyTerms {
        var terms = PrivacyTerms(
            l2Clip: try reader.double(1), epsilon: try reader.double(2), delta: try reader.double(3), noiseMultiplier: try reader.double(4),
            deviationSteps: try reader.double(5), replacesOne: false)
        switch try reader.number(6) {
        case 1: terms.replacesOne = false
        case 2: terms.replacesOne = true
        default: throw .init()
        }
        terms.noiseByClients = try reader.flag(7)
        try reader.finish()
        return terms
    }

    /// Words for people; what is too long the other reader refuses.
    private static func words(_ field: UInt8, _ reader: inout ProtocolReader) throws(ProtocolReader.Otherwise) -> String {
        let text = try reader.text(field)
        guard text.utf8.count <= Limits.reasonBytes else { throw .init() }
        return ControlCodec.plain(text)
    }
}
