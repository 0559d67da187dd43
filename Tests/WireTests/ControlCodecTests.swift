import Testing
import Wire

@Suite struct ControlCodecTests {
    @Test func everyMessageSurvivesARoundTrip() throws {
        for message in serverMessages { #expect(try ControlCodec.decodeServer(ControlCodec.encode(message)) == message) }
        for message in clientMessages { #expect(try ControlCodec.decodeClient(ControlCodec.encode(message)) == message) }
    }

    @Test func eachSideRefusesTheOthersMessages() throws {
        for message in serverMessages {
            let bytes = try ControlCodec.encode(message)
            #expect(throws: WireError.unexpected("a coordinator's message from a client")) { try ControlCodec.decodeClient(bytes) }
        }
        for message in clientMessages {
            let bytes = try ControlCodec.encode(message)
            #expect(throws: WireError.unexpected("a client's message from the coordinator")) { try ControlCodec.decodeServer(bytes) }
        }
    }

    @Test func noBytesTrapTheDecoder() throws {
        var numbers = Numbers(state: 9)
        for seed in try serverMessages.map({ try ControlCodec.encode($0) }) + clientMessages.map({ try ControlCodec.encode($0) }) {
            for length in 0..<seed.count {
                _ = try? ControlCodec.decodeServer(Array(seed.prefix(length)))
                _ = try? ControlCodec.decodeClient(Array(seed.prefix(length)))
            }
            for _ in 0..<2000 {
                var bytes = seed
                for _ in 0...numbers.next(below: 3) { bytes[numbers.next(below: bytes.count)] = UInt8(truncatingIfNeeded: numbers.next()) }
                // What was taken can be given out again: the two directions have the same bounds.
                if let message = try? ControlCodec.decodeServer(bytes) { #expect(throws: Never.self) { try ControlCodec.encode(message) } }
                if let message = try? ControlCodec.decodeClient(bytes) { #expect(throws: Never.self) { try ControlCodec.encode(message) } }
            }
        }
    }

    @Test func framesAndLengthsAreBounded() {
        let long = [UInt8](repeating: 0, count: Limits.frameBytes + 1)
        #expect(throws: WireError.tooLong(bytes: long.count, limit: Limits.frameBytes)) { try ControlCodec.decodeClient(long) }
        // A string that claims four gigabytes in a frame of eight bytes.
        let lying = Proto.number(1, 1) + Proto.varint(11 << 3 | 2) + Proto.varint(6) + Proto.varint(1 << 3 | 2) + Proto.varint(0xFFFF_FFFF)
        #expect {
            try ControlCodec.decodeClient(lying)
        } throws: { if case WireError.malformed? = $0 as? WireError { true } else { false } }
        // Groups nested without end.
        let nested = [UInt8](repeating: 0x63, count: 100_000)
        #expect(throws: WireError.self) { try ControlCodec.decodeClient(nested) }
    }

    @Test func emptyAndUnknownMessagesAreRefused() {
        let unknown = WireError.unexpected("an empty envelope, or a message this version does not know")
        #expect(throws: unknown) { try ControlCodec.decodeClient(Proto.number(1, 1)) }
        #expect(throws: unknown) { try ControlCodec.decodeClient(Proto.envelope(15, [])) }
        #expect(throws: WireError.field("version", "must be 1 to 1000, not 0")) { try ControlCodec.decodeClient([]) }
    }

    // MARK: Tolerance

    @Test func unknownFieldsAreIgnored() throws {
        let heartbeat = Proto.text(1, "s") + Proto.number(2, 4)
        let extra = Proto.number(900, 7) + Proto.text(901, "new") + Proto.eight(902, 1)
        let bytes = Proto.envelope(11, heartbeat + extra) + extra
        #expect(try ControlCodec.decodeClient(bytes) == .heartbeat(Heartbeat(sessionID: "s", round: 4)))
    }

    /// What is written here has a reader of its own; with a field nobody knows, the protocol buffers read the same bytes.
    @Test func bothReadersReadTheSame() throws {
        let extra = Proto.number(900, 7)
        for message in serverMessages { #expect(try ControlCodec.decodeServer(ControlCodec.encode(message) + extra) == message) }
        for message in clientMessages { #expect(try ControlCodec.decodeClient(ControlCodec.encode(message) + extra) == message) }
    }

    /// Read either way, changed bytes say the same or are refused in the same words.
    @Test func changedBytesAreReadAlike() throws {
        func same<Message: Equatable>(_ bytes: [UInt8], _ decode: ([UInt8]) throws -> Message) {
            let (plain, other) = (Result { try decode(bytes) }, Result { try decode(bytes + Proto.number(900, 7)) })
            switch (plain, other) {
            case (.success(let one), .success(let two)): #expect(one == two)
            // Of bytes that are no protocol buffer another place may be named.
            case (.failure(WireError.malformed), .failure(WireError.malformed)): break
            case (.failure(let one), .failure(let two)): #expect(one as? WireError == two as? WireError)
            default: Issue.record("\(bytes): \(plain), \(other)")
            }
        }
        var numbers = Numbers(state: 23)
        for (seeds, isServer) in [
            (try serverMessages.map { try ControlCodec.encode($0) }, true), (try clientMessages.map { try ControlCodec.encode($0) }, false),
        ] {
            for seed in seeds {
                for _ in 0..<500 {
                    var bytes = seed
                    for _ in 0...numbers.next(below: 2) { bytes[numbers.next(below: bytes.count)] = UInt8(truncatingIfNeeded: numbers.next()) }
                    // A length that takes in what is appended would make another message of it.
                    guard bytes.prefix(6) == seed.prefix(6) else { continue }
                    if isServer { same(bytes, ControlCodec.decodeServer) } else { same(bytes, ControlCodec.decodeClient) }
                }
            }
        }
    }

    /// Frames of secure aggregation: whatever way the same fields are written, the same is read.
    @Test func secureFramesAreReadAlikeHoweverTheyAreWritten() throws {
        var numbers = Numbers(state: 21)
        for _ in 0..<200 {
            let frame = SecureFrame(
                sessionID: String(repeating: "ü", count: 1 + numbers.next(below: 60)), round: numbers.next(below: 100_001),
                attempt: 1 + numbers.next(below: 1_000_000),
                message: (0..<(1 + numbers.next(below: 400))).map { _ in UInt8(truncatingIfNeeded: numbers.next()) })
            let (round, attempt) = (UInt64(frame.round), UInt64(frame.attempt))
            let (name, message) = (Proto.text(1, frame.sessionID), Proto.bytes(4, frame.message))
            let (roundField, attemptField) = (Proto.number(2, round), Proto.number(3, attempt))
            let plain = name + (round == 0 ? [] : roundField) + attemptField + message
            let forms = [
                plain, name + roundField + attemptField + message, message + attemptField + roundField + name, plain + Proto.number(77, 5),
                name + name + roundField + attemptField + message, name + roundField + Proto.number(3, 9) + attemptField + message,
            ]
            for (field, read) in [
                (UInt64(36), { (bytes: [UInt8]) in try ControlCodec.decodeServer(bytes) == .secure(frame) }),
                (14, { try ControlCodec.decodeClient($0) == .secure(frame) }),
            ] {
                for form in forms { #expect(try read(Proto.envelope(field, form))) }
                #expect(try read(Proto.bytes(field, plain) + Proto.number(1, 1)))
                #expect(try read(Proto.envelope(field, plain) + Proto.text(99, "new")))
                #expect(throws: WireError.self) { try read(Array(Proto.envelope(field, plain).dropLast())) }
                #expect(throws: WireError.self) { try read(Proto.envelope(version: 2, field, plain)) }
                #expect(throws: WireError.self) { try read(Proto.envelope(field, Proto.bytes(1, [0xC3]) + attemptField + message)) }
            }
            #expect(try ControlCodec.encode(ServerMessage.secure(frame)) == Proto.envelope(36, plain))
            #expect(try ControlCodec.encode(ClientMessage.secure(frame)) == Proto.envelope(14, plain))
        }
    }

    private func roundStart(encoding: UInt64?, phase: UInt64?) -> [UInt8] {
        let training = Proto.number(5, 1) + Proto.number(6, 1)
        var message = Proto.text(1, "s") + Proto.number(2, 1) + Proto.number(3, 1) + Proto.bytes(4, digest) + Proto.text(5, "/m") + Proto.text(6, "/u")
        message += Proto.eight(7, 5) + Proto.bytes(8, training)
        if let encoding { message += Proto.number(9, encoding) }
        if let phase { message += Proto.number(10, phase) }
        return Proto.envelope(31, message)
    }

    @Test func anUnknownEncodingMeansNoneAndAnUnknownPhaseIsRefused() throws {
        for (encoding, expected) in [(1, .identity), (2, .zstdShuffle), (3, .identity), (99, .identity), (nil, .identity)] as [(UInt64?, UploadEncoding)] {
            guard case .roundStart(let start) = try ControlCodec.decodeServer(roundStart(encoding: encoding, phase: 1)) else {
                Issue.record("no round start"); return
            }
            #expect(start.uploadEncoding == expected)
        }
        for phase in [nil, 0, 3, 99] as [UInt64?] {
            #expect(fieldName { _ = try ControlCodec.decodeServer(roundStart(encoding: 1, phase: phase)) } == "round_start.phase")
        }
    }

    @Test func wordsForPeopleLoseTheirControlCharactersAndTheirLength() throws {
        let escape = "a\u{1B}[2Jb\nc\u{9B}d\u{7F}é"
        let sent = try ControlCodec.encode(ClientMessage.roundFailed(RoundFailed(sessionID: "s", round: 1, attempt: 1, reason: escape)))
        #expect(try ControlCodec.decodeClient(sent) == .roundFailed(RoundFailed(sessionID: "s", round: 1, attempt: 1, reason: "a [2Jb c d é")))
        let raw = Proto.envelope(13, Proto.text(1, "s") + Proto.number(2, 1) + Proto.number(3, 1) + Proto.text(4, escape))
        #expect(try ControlCodec.decodeClient(raw) == .roundFailed(RoundFailed(sessionID: "s", round: 1, attempt: 1, reason: "a [2Jb c d é")))
        // Cut between characters: 511 of two bytes fit behind one of one.
        let long = try ControlCodec.encode(ServerMessage.refused(Refusal(code: "x", message: "." + String(repeating: "é", count: 5000))))
        #expect(try ControlCodec.decodeServer(long) == .refused(Refusal(code: "x", message: "." + String(repeating: "é", count: 511))))
        let tooLong = Proto.envelope(35, Proto.text(1, "x") + Proto.text(2, String(repeating: "x", count: 1025)))
        #expect(fieldName { _ = try ControlCodec.decodeServer(tooLong) } == "refusal.message")
    }

    @Test func aWaitBeyondADayIsADay() throws {
        let raw = Proto.envelope(35, Proto.text(1, "x") + Proto.number(3, .max))
        #expect(try ControlCodec.decodeServer(raw) == .refused(Refusal(code: "x", message: "", retryAfterMs: 86_400_000)))
    }

    // MARK: Versions

    @Test func versionsAreNegotiated() {
        #expect(ControlCodec.negotiate(min: 1, max: 1) == 1)
        #expect(ControlCodec.negotiate(min: 1, max: 9) == 1)
        #expect(ControlCodec.negotiate(min: 2, max: 9) == nil)
        #expect(ControlCodec.negotiate(min: 0, max: 0) == nil)
    }

    /// Whoever speaks N and N−1 agrees with its neighbours on the older side's version, and with nobody further off; both
    /// sides come to the same result.
    @Test func neighboursAgreeAndStrangersDoNot() {
        for n in 2...9 {
            for other in 2...9 {
                let (mine, theirs) = ((n - 1)...n, (other - 1)...other)
                let agreed = ControlCodec.negotiate(min: theirs.lowerBound, max: theirs.upperBound, own: mine)
                #expect(agreed == ControlCodec.negotiate(min: mine.lowerBound, max: mine.upperBound, own: theirs))
                #expect(agreed == (abs(n - other) <= 1 ? min(n, other) : nil))
            }
        }
    }

    @Test func onlyHelloAndRefusalCrossVersions() throws {
        let newer: UInt64 = UInt64(ControlCodec.version) + 1
        let hello = Proto.number(1, 1) + Proto.number(2, 2) + Proto.text(3, "future") + Proto.text(4, "s") + Proto.text(5, "a")
        #expect(
            try ControlCodec.decodeClient(Proto.envelope(version: newer, 10, hello))
                == .hello(Hello(versionMin: 1, versionMax: 2, software: "future", sessionID: "s", clientID: "a", lastRound: 0)))
        #expect(try ControlCodec.decodeServer(Proto.envelope(version: newer, 35, Proto.text(1, "version"))) == .refused(Refusal(code: "version", message: "")))
        let heartbeat = Proto.text(1, "s")
        #expect(throws: WireError.version(Int(newer))) { try ControlCodec.decodeClient(Proto.envelope(version: newer, 11, heartbeat)) }
        #expect(fieldName { _ = try ControlCodec.decodeClient(Proto.envelope(version: 1001, 11, heartbeat)) } == "version")
    }
}
