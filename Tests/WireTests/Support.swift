import Wire

let digest = [UInt8](0..<32)

/// One good message of every kind, and of every form that has a rule of its own.
let serverMessages: [ServerMessage] = [
    .welcome(Welcome(version: 1, sessionID: "s", heartbeatSeconds: 30, serverTimeMs: 1_700_000_000_000, status: "training")),
    .welcome(Welcome(version: 1, sessionID: "s", heartbeatSeconds: 30, serverTimeMs: 1_700_000_000_000, status: "training", history: "5f0c")),
    .roundStart(
        RoundStart(
            sessionID: "s", round: 3, attempt: 2, modelSHA256: digest, modelPath: "/m?round=2", updatePath: "/u", deadlineMs: 1_700_000_600_000,
            training: TrainingPlan(learningRate: 0.05, momentum: 0.9, weightDecay: 0, proximalMu: 0, localEpochs: 5, batchSize: 32, seed: .max),
            uploadEncoding: .zstdShuffle)),
    .roundClosed(RoundClosed(sessionID: "s", round: 3, attempt: 2, committed: true, modelSHA256: digest, reason: "")),
    .roundClosed(RoundClosed(sessionID: "s", round: 3, attempt: 2, committed: false, modelSHA256: [], reason: "deadline")),
    .evaluate(EvaluationRequest(sessionID: "s", round: 0, modelSHA256: digest, modelPath: "/m", deadlineMs: 7)),
    .sessionEnded(SessionEnded(sessionID: "s", status: "completed", modelSHA256: digest, modelPath: "/m", reason: "")),
    .sessionEnded(SessionEnded(sessionID: "s", status: "failed", modelSHA256: [], modelPath: "", reason: "no quorum")),
    .secure(SecureFrame(sessionID: "s", round: 0, attempt: 1, message: [1, 18])),
    .roundStart(
        RoundStart(
            sessionID: "s", round: 3, attempt: 2, modelSHA256: digest, modelPath: "/m?round=2", updatePath: "/u", deadlineMs: 1_700_000_600_000,
            training: TrainingPlan(learningRate: 0.05, momentum: 0.9, weightDecay: 0, proximalMu: 0, localEpochs: 5, batchSize: 32, seed: 1),
            uploadEncoding: .identity, phase: .maskedUpdate(parameters: [1, 1]))),
    .roundStart(
        RoundStart(
            sessionID: "s", round: 100_000, attempt: 1_000_000, modelSHA256: digest, modelPath: "/m", updatePath: "/" + String(repeating: "u", count: 900),
            deadlineMs: 0,
            training: TrainingPlan(
                learningRate: 0, momentum: 0, weightDecay: 0.5, proximalMu: 0.125, localEpochs: 1000, batchSize: 65_536, seed: 0,
                adam: AdamPlan(beta1: 0.9, beta2: 0.999, epsilon: 1e-8)),
            uploadEncoding: .identity, phase: .maskedUpdate(parameters: [UInt8](repeating: 9, count: 1024)), rule: .normalised,
            privacy: PrivacyTerms(l2Clip: 1.5, epsilon: 8, delta: 1e-5, noiseMultiplier: 0.7, deviationSteps: 40, replacesOne: true, noiseByClients: true))),
    .roundStart(
        RoundStart(
            sessionID: "s", round: 1, attempt: 1, modelSHA256: digest, modelPath: "/m", updatePath: "/u", deadlineMs: 253_402_300_799_999,
            training: TrainingPlan(learningRate: 10, momentum: 1, weightDecay: 0, proximalMu: 0, localEpochs: 1, batchSize: 1, seed: 1 << 63),
            uploadEncoding: .zstdShuffle, rule: .controlled(ControlStart(sha256: digest, path: "/c", countedRound: 7, countedAttempt: 300)),
            privacy: PrivacyTerms(l2Clip: 1.5, epsilon: 8, delta: 1e-5, noiseMultiplier: 0.7, deviationSteps: 40, replacesOne: false))),
    .roundStart(
        RoundStart(
            sessionID: "s", round: 1, attempt: 1, modelSHA256: digest, modelPath: "/m", updatePath: "/u", deadlineMs: 1,
            training: TrainingPlan(learningRate: 0.1, momentum: 0, weightDecay: 0, proximalMu: 0, localEpochs: 1, batchSize: 1, seed: 1),
            uploadEncoding: .identity, rule: .controlled(ControlStart(sha256: [], path: "", countedRound: 0, countedAttempt: 0)))),
    .refused(Refusal(code: "version", message: "no", retryAfterMs: 5)), .refused(Refusal(code: "x", message: "")),
    .refused(Refusal(code: "x", message: "é", retryAfterMs: 0)),
]

let clientMessages: [ClientMessage] = [
    .hello(Hello(versionMin: 1, versionMax: 2, software: "tutti-client", sessionID: "s", clientID: "a", lastRound: 4)),
    .hello(
        Hello(
            versionMin: 1, versionMax: 1, software: "tutti-client", sessionID: "s", clientID: "a", lastRound: 0,
            identityKey: [UInt8](repeating: 7, count: 32))),
    .hello(
        Hello(
            versionMin: 1, versionMax: 1000, software: "ü", sessionID: "s", clientID: String(repeating: "a", count: 128), lastRound: 100_000,
            knows: ["adam", "x_wing", "normalised"])),
    .heartbeat(Heartbeat(sessionID: "s", round: 0)), .evaluation(EvaluationReport(sessionID: "s", round: 0, loss: 0, accuracy: 0, rows: 0)),
    .evaluation(EvaluationReport(sessionID: "s", round: 100_000, loss: -1.5, accuracy: nil, rows: 1_000_000_000_000)),
    .heartbeat(Heartbeat(sessionID: "s", round: 4)), .evaluation(EvaluationReport(sessionID: "s", round: 4, loss: 0.5, accuracy: 1, rows: 10)),
    .roundFailed(RoundFailed(sessionID: "s", round: 4, attempt: 1, reason: "out of memory")),
    .secure(SecureFrame(sessionID: "s", round: 4, attempt: 1, message: [1, 6])),
]

/// Protocol buffers by hand, for what the encoder does not write.
enum Proto {
    static func varint(_ value: UInt64) -> [UInt8] {
        var (value, out) = (value, [UInt8]())
        while value >= 0x80 {
            out.append(UInt8(truncatingIfNeeded: value) | 0x80)
            value >>= 7
        }
        return out + [UInt8(value)]
    }
    static func number(_ field: UInt64, _ value: UInt64) -> [UInt8] { varint(field << 3) + varint(value) }
    static func bytes(_ field: UInt64, _ value: [UInt8]) -> [UInt8] { varint(field << 3 | 2) + varint(UInt64(value.count)) + value }
    static func text(_ field: UInt64, _ value: String) -> [UInt8] { bytes(field, Array(value.utf8)) }
    static func eight(_ field: UInt64, _ value: UInt64) -> [UInt8] { varint(field << 3 | 1) + withUnsafeBytes(of: value.littleEndian) { Array($0) } }

    static func envelope(version: UInt64 = 1, _ field: UInt64, _ message: [UInt8]) -> [UInt8] { number(1, version) + bytes(field, message) }
}

/// A linear congruential generator: the same numbers on every machine.
struct Numbers {
    var state: UInt64
    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state >> 16
    }
    mutating func next(below bound: Int) -> Int { Int(next() % UInt64(bound)) }
}

func fieldName(_ body: () throws -> Void) -> String? {
    do { try body() } catch WireError.field(let name, _) { return name } catch {}
    return nil
}
