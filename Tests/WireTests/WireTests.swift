import Testing
import Wire

@Suite struct ControlCodecTests {
    private let digest = [UInt8](0..<32)

    private var server: [ServerMessage] {
        [
            .welcome(Welcome(version: 1, sessionID: "s", heartbeatSeconds: 30, serverTimeMs: 1_700_000_000_000, status: "training")),
            .roundStart(
                RoundStart(
                    sessionID: "s", round: 3, attempt: 2, modelSHA256: digest, modelPath: "/m?round=2", updatePath: "/u", deadlineMs: -5,
                    training: TrainingPlan(learningRate: 0.05, momentum: 0.9, weightDecay: 0, proximalMu: 0, localEpochs: 5, batchSize: 32, seed: .max),
                    uploadEncoding: .zstdShuffle)),
            .roundClosed(RoundClosed(sessionID: "s", round: 3, attempt: 2, committed: true, modelSHA256: digest, reason: "")),
            .roundClosed(RoundClosed(sessionID: "s", round: 3, attempt: 2, committed: false, modelSHA256: [], reason: "deadline")),
            .evaluate(EvaluationRequest(sessionID: "s", round: 0, modelSHA256: digest, modelPath: "/m", deadlineMs: 7)),
            .sessionEnded(SessionEnded(sessionID: "s", status: "completed", modelSHA256: digest, modelPath: "/m", reason: "")),
            .refused(Refusal(code: "version", message: "no", retryAfterMs: 5)), .refused(Refusal(code: "x", message: "")),
        ]
    }

    private var client: [ClientMessage] {
        [
            .hello(Hello(versionMin: 1, versionMax: 2, software: "tutti-client", sessionID: "s", clientID: "a", lastRound: 4)),
            .heartbeat(Heartbeat(sessionID: "s", round: 4)), .evaluation(EvaluationReport(sessionID: "s", round: 4, loss: 0.5, accuracy: 1, rows: 10)),
            .roundFailed(RoundFailed(sessionID: "s", round: 4, attempt: 1, reason: "out of memory")),
        ]
    }

    @Test func everyMessageSurvivesARoundTrip() throws {
        for message in server { #expect(try ControlCodec.decodeServer(ControlCodec.encode(message)) == message) }
        for message in client { #expect(try ControlCodec.decodeClient(ControlCodec.encode(message)) == message) }
    }

    /// The heartbeat of the protocol document, byte by byte.
    @Test func theWireFormIsFixed() {
        let bytes = ControlCodec.encode(.heartbeat(Heartbeat(sessionID: "s", round: 4)))
        #expect(bytes == [0x08, 0x01, 0x5A, 0x05, 0x0A, 0x01, 0x73, 0x10, 0x04])
    }

    @Test func eachSideRefusesTheOthersMessages() {
        for message in server { #expect(throws: WireError.self) { try ControlCodec.decodeClient(ControlCodec.encode(message)) } }
        for message in client { #expect(throws: WireError.self) { try ControlCodec.decodeServer(ControlCodec.encode(message)) } }
    }

    @Test func boundsAreChecked() {
        let bad: [ClientMessage] = [
            .hello(Hello(versionMin: 0, versionMax: 1, software: "", sessionID: "s", clientID: "a", lastRound: 0)),
            .hello(Hello(versionMin: 1, versionMax: 1, software: "", sessionID: String(repeating: "s", count: 129), clientID: "a", lastRound: 0)),
            .evaluation(EvaluationReport(sessionID: "s", round: 1, loss: .nan, accuracy: 0.5, rows: 1)),
            .evaluation(EvaluationReport(sessionID: "s", round: 1, loss: 1, accuracy: 1.5, rows: 1)),
            .roundFailed(RoundFailed(sessionID: "s", round: 0, attempt: 1, reason: "")),
        ]
        for message in bad { #expect(throws: WireError.self) { try ControlCodec.decodeClient(ControlCodec.encode(message)) } }
        #expect(throws: WireError.self) { try ControlCodec.decodeClient([UInt8](repeating: 0, count: Limits.frameBytes + 1)) }
    }

    @Test func noBytesTrapTheDecoder() {
        var state: UInt64 = 9
        for seed in server.map(ControlCodec.encode) + client.map(ControlCodec.encode) {
            for length in 0..<seed.count {
                _ = try? ControlCodec.decodeServer(Array(seed.prefix(length)))
                _ = try? ControlCodec.decodeClient(Array(seed.prefix(length)))
            }
            for _ in 0..<2000 {
                var bytes = seed
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                bytes[Int((state >> 33) % UInt64(bytes.count))] ^= UInt8(truncatingIfNeeded: state >> 50)
                _ = try? ControlCodec.decodeServer(bytes)
                _ = try? ControlCodec.decodeClient(bytes)
            }
        }
    }

    @Test func versionsAreNegotiated() {
        #expect(ControlCodec.negotiate(min: 1, max: 1) == 1)
        #expect(ControlCodec.negotiate(min: 1, max: 9) == 1)
        #expect(ControlCodec.negotiate(min: 2, max: 9) == nil)
    }
}

@Suite struct BulkCodecTests {
    private func floats(_ count: Int) -> [UInt8] {
        (0..<count).flatMap { i in withUnsafeBytes(of: Float(i % 97) * 1e-3) { Array($0) } }
    }

    @Test func bytesSurviveARoundTrip() throws {
        for body in [[], [1], [1, 2, 3, 4, 5], floats(1000), floats(33_000)] {
            for size in [1, 4, 8] {
                let packed = BulkCodec.compress(body, shuffle: size, level: 1)
                #expect(try BulkCodec.decompress(packed, limit: body.count) == body)
            }
        }
        #expect(BulkCodec.compress(floats(33_000), shuffle: 4, level: 1).count < 33_000 * 4)
    }

    @Test func aBombIsRefusedBeforeMemoryIsTaken() {
        let bomb = BulkCodec.compress([UInt8](repeating: 0, count: 64 << 20), shuffle: 4, level: 1)
        #expect(bomb.count < 64 << 10)
        #expect(throws: WireError.self) { try BulkCodec.decompress(bomb, limit: 1 << 20) }
    }

    @Test func aLargeWindowIsRefused() {
        // Header, magic, descriptor (8-byte content size, no single segment), window byte of 2^27, content size 4, one raw last block.
        let frame: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0xC0, 17 << 3, 4, 0, 0, 0, 0, 0, 0, 0, 0x21, 0, 0, 1, 2, 3, 4]
        let small: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0xC0, 10 << 3, 4, 0, 0, 0, 0, 0, 0, 0, 0x21, 0, 0, 1, 2, 3, 4]
        let header: [UInt8] = Array("TZS1".utf8) + [4, 0, 0, 0]
        #expect(throws: WireError.self) { try BulkCodec.decompress(header + frame, limit: 1 << 20) }
        #expect(throws: Never.self) { try BulkCodec.decompress(header + small, limit: 1 << 20) }
    }

    @Test func damageIsAnErrorAndNeverATrap() {
        let packed = BulkCodec.compress(floats(500), shuffle: 4, level: 1)
        for length in 0..<packed.count { #expect(throws: WireError.self) { try BulkCodec.decompress(Array(packed.prefix(length)), limit: 1 << 20) } }
        for at in packed.indices {
            var bytes = packed
            bytes[at] ^= 0x55
            _ = try? BulkCodec.decompress(bytes, limit: 1 << 20)
        }
        #expect(throws: WireError.self) { try BulkCodec.decompress(packed + [0], limit: 1 << 20) }
    }
}
