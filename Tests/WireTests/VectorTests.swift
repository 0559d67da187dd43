import CryptoSuite
import Federation
import Foundation
import Learning
import Testing
import Wire

/// The vectors of docs/protocol: what is written there is read, means what is said here, and is written the same again.
@Suite struct VectorTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("docs/protocol/vectors")

    /// The bytes of a vector: hexadecimal lines; what begins with '#' is for people.
    private static func vector(_ name: String) throws -> [UInt8] {
        let text = try String(contentsOf: folder.appendingPathComponent(name + ".txt"), encoding: .utf8)
        let digits = text.split(separator: "\n").filter { !$0.hasPrefix("#") }.joined()
        return try #require(bytes(hexadecimal: digits.filter { $0 != " " }), "\(name) is not hexadecimal")
    }

    private static let plan = TrainingPlan(
        learningRate: 0.05, momentum: 0.9, weightDecay: 0.0001, proximalMu: 0.01, localEpochs: 5, batchSize: 32, seed: 0x0123_4567_89AB_CDEF)

    static let client: [(String, ClientMessage)] = [
        ("hello", .hello(Hello(versionMin: 1, versionMax: 1, software: "example 1.0", sessionID: "fl_1", clientID: "hospital-a", lastRound: 4))),
        (
            "hello_knows",
            .hello(
                Hello(
                    versionMin: 1, versionMax: 1, software: "example 1.0", sessionID: "fl_1", clientID: "hospital-a", lastRound: 4,
                    knows: ["normalised", "controlled"]))
        ),
        (
            "hello_identity",
            .hello(
                Hello(
                    versionMin: 1, versionMax: 1, software: "example 1.0", sessionID: "fl_1", clientID: "hospital-a", lastRound: 0,
                    knows: ["secure_aggregation"], identityKey: [UInt8](1...32)))
        ),
        ("heartbeat", .heartbeat(Heartbeat(sessionID: "s", round: 4))),
        ("evaluation_report", .evaluation(EvaluationReport(sessionID: "fl_1", round: 5, loss: 0.25, accuracy: 0.9375, rows: 144))),
        ("evaluation_report_regression", .evaluation(EvaluationReport(sessionID: "fl_1", round: 5, loss: 2859.5, accuracy: nil, rows: 144))),
        ("round_failed", .roundFailed(RoundFailed(sessionID: "fl_1", round: 5, attempt: 2, reason: "out of memory"))),
        ("secure_reply", .secure(SecureFrame(sessionID: "fl_1", round: 0, attempt: 1, message: [1, 3, 2]))),
    ]

    static let server: [(String, ServerMessage)] = [
        ("welcome", .welcome(Welcome(version: 1, sessionID: "fl_1", heartbeatSeconds: 30, serverTimeMs: 1_750_000_000_000, status: "training"))),
        (
            "round_start",
            .roundStart(
                RoundStart(
                    sessionID: "fl_1", round: 5, attempt: 2, modelSHA256: digest, modelPath: "/api/v4/federated-learning/sessions/fl_1/weights?round=4",
                    updatePath: "/api/v4/federated-learning/sessions/fl_1/update", deadlineMs: 1_750_000_600_000, training: plan, uploadEncoding: .zstdShuffle))
        ),
        (
            "round_start_identity",
            .roundStart(
                RoundStart(
                    sessionID: "fl_1", round: 1, attempt: 1, modelSHA256: digest, modelPath: "/m", updatePath: "/u", deadlineMs: 1_750_000_600_000,
                    training: TrainingPlan(learningRate: 1, momentum: 0, weightDecay: 0, proximalMu: 0, localEpochs: 1, batchSize: 1, seed: 0),
                    uploadEncoding: .identity))
        ),
        (
            "round_start_normalised",
            .roundStart(
                RoundStart(
                    sessionID: "fl_1", round: 1, attempt: 1, modelSHA256: digest, modelPath: "/m", updatePath: "/u", deadlineMs: 1_750_000_600_000,
                    training: TrainingPlan(
                        learningRate: 0.5, momentum: 0, weightDecay: 0, proximalMu: 0, localEpochs: 1, batchSize: 1, seed: 0,
                        adam: AdamPlan(beta1: 0.9, beta2: 0.999, epsilon: 1e-8)),
                    uploadEncoding: .identity, rule: .normalised))
        ),
        (
            "round_start_text",
            .roundStart(
                RoundStart(
                    sessionID: "fl_1", round: 1, attempt: 1, modelSHA256: digest, modelPath: "/m", updatePath: "/u", deadlineMs: 1_750_000_600_000,
                    training: TrainingPlan(
                        learningRate: 0.001, momentum: 0, weightDecay: 0, proximalMu: 0, localEpochs: 1, batchSize: 16, seed: 7,
                        adam: AdamPlan(beta1: 0.9, beta2: 0.99, epsilon: 1e-8), text: TextPlan(steps: 25, window: 128)),
                    uploadEncoding: .identity))
        ),
        (
            "round_start_controlled",
            .roundStart(
                RoundStart(
                    sessionID: "fl_1", round: 5, attempt: 2, modelSHA256: digest, modelPath: "/m", updatePath: "/u", deadlineMs: 1_750_000_600_000,
                    training: TrainingPlan(learningRate: 0.5, momentum: 0, weightDecay: 0, proximalMu: 0, localEpochs: 1, batchSize: 1, seed: 0),
                    uploadEncoding: .identity,
                    rule: .controlled(
                        ControlStart(
                            sha256: digest, path: "/api/v4/federated-learning/sessions/fl_1/control?round=4", countedRound: 3, countedAttempt: 1))))
        ),
        (
            "round_start_masked",
            .roundStart(
                RoundStart(
                    sessionID: "fl_1", round: 5, attempt: 2, modelSHA256: digest, modelPath: "/m", updatePath: "/u", deadlineMs: 1_750_000_600_000,
                    training: TrainingPlan(learningRate: 0.5, momentum: 0, weightDecay: 0, proximalMu: 0, localEpochs: 1, batchSize: 1, seed: 0),
                    uploadEncoding: .identity, phase: .maskedUpdate(parameters: [1, 1, 1])))
        ),
        ("secure", .secure(SecureFrame(sessionID: "fl_1", round: 5, attempt: 2, message: [1, 7, 0, 0, 0, 0]))),
        ("round_closed", .roundClosed(RoundClosed(sessionID: "fl_1", round: 5, attempt: 2, committed: true, modelSHA256: digest, reason: ""))),
        (
            "round_closed_aborted",
            .roundClosed(RoundClosed(sessionID: "fl_1", round: 5, attempt: 2, committed: false, modelSHA256: [], reason: "2 of 3 updates by the deadline"))
        ),
        (
            "evaluation_request",
            .evaluate(
                EvaluationRequest(
                    sessionID: "fl_1", round: 5, modelSHA256: digest, modelPath: "/api/v4/federated-learning/sessions/fl_1/weights?round=5",
                    deadlineMs: 1_750_000_600_000))
        ),
        (
            "session_ended",
            .sessionEnded(
                SessionEnded(
                    sessionID: "fl_1", status: "completed", modelSHA256: digest, modelPath: "/api/v4/federated-learning/sessions/fl_1/weights?round=30",
                    reason: ""))
        ),
        ("refusal", .refused(Refusal(code: "version", message: "this coordinator speaks version 1", retryAfterMs: 5000))),
        ("refusal_without_wait", .refused(Refusal(code: "version", message: "this coordinator speaks version 1"))),
    ]

    @Test func everyMessageHasItsVector() throws {
        for (name, message) in Self.client {
            let bytes = try Self.vector(name)
            #expect(try ControlCodec.decodeClient(bytes) == message, "\(name)")
            #expect(hexadecimal(try ControlCodec.encode(message)) == hexadecimal(bytes), "\(name)")
        }
        for (name, message) in Self.server {
            let bytes = try Self.vector(name)
            #expect(try ControlCodec.decodeServer(bytes) == message, "\(name)")
            #expect(hexadecimal(try ControlCodec.encode(message)) == hexadecimal(bytes), "\(name)")
        }
    }

    /// A model of eight parameters: all that a body can say, and small enough to be read.
    private static let spec = ModelSpec(kind: .softmaxRegression, layers: [3, 2])
    private static let values: [Float] = [1, -1, 0.5, -0.25, 3.140625, 1e-3, 0, 65504]

    @Test func theUpdateHasItsVector() throws {
        let update = UpdateBody(
            spec: Self.spec, kind: .delta, values: Self.values, round: 5, attempt: 2, samples: 144, base: digest, loss: 0.25, accuracy: 0.9375,
            trainingLoss: 0.125)
        let bytes = try Self.vector("update")
        #expect(hexadecimal(update.encode()) == hexadecimal(bytes))
        let valid = try ValidUpdate(
            body: bytes, claim: UpdateClaim(round: 5, attempt: 2), spec: Self.spec, base: hexadecimal(digest), parameters: [Float](repeating: 9, count: 8))
        #expect(valid.delta == Self.values && valid.samples == 144 && valid.loss == 0.25 && valid.accuracy == 0.9375 && valid.maxAbs == 65504)
        #expect(valid.key == AttemptKey(round: 5, attempt: 2))
    }

    /// zstd's output may differ from release to release, so this one is only read.
    @Test func theCompressedUpdateHasItsVector() throws {
        let plain = try Self.vector("update")
        #expect(try BulkCodec.decompress(try Self.vector("update_compressed"), limit: plain.count) == plain)
        #expect(try BulkCodec.decompress(try Self.vector("update_compressed_raw"), limit: plain.count) == plain)
        #expect(throws: WireError.compressed(.contentTooLong(bytes: UInt64(plain.count), limit: plain.count - 1))) {
            try BulkCodec.decompress(try Self.vector("update_compressed"), limit: plain.count - 1)
        }
    }

    @Test func theModelHasItsVector() throws {
        let model = ModelFile(
            spec: Self.spec, schema: DataSchema(inputs: 3, outputs: 2, scale: .constant(16), labels: ["no", "yes"]), parameters: Self.values)
        let bytes = try Self.vector("model")
        #expect(hexadecimal(model.encode()) == hexadecimal(bytes))
        #expect(try ModelFile(decoding: bytes) == model)
    }

    /// A message each that is refused, and the field that the refusal names.
    @Test func whatIsRefusedHasItsVectors() throws {
        let text = try String(contentsOf: Self.folder.appendingPathComponent("refused.txt"), encoding: .utf8)
        var count = 0
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            let words = line.split(separator: " ", maxSplits: 2)
            let frame = try #require(bytes(hexadecimal: String(words[2])))
            let field = fieldName { if words[0] == "client" { _ = try ControlCodec.decodeClient(frame) } else { _ = try ControlCodec.decodeServer(frame) } }
            #expect(field == String(words[1]))
            count += 1
        }
        #expect(count >= 8)
    }
}
