import Deflate
import Testing

func refusal(_ body: () throws(InflateError) -> Void) -> InflateError? {
    do { try body() } catch { return error }
    return nil
}

@Suite struct InflaterTests {
    private func refused(_ bytes: [UInt8], limit: Int = 1 << 20) -> InflateError? {
        refusal { () throws(InflateError) in _ = try Inflater.whole(bytes[...], limit: limit) }
    }

    @Test func whatZlibWroteIsRead() throws {
        #expect(Golden.shared.cases.count > 60)
        for one in Golden.shared.cases {
            let plain = try #require(Golden.plain[one.plain])
            let read = try one.whole(limit: plain.count)
            #expect(read.bytes == plain && read.taken == one.bytes.count, "\(one.name)")
            // What is behind it is left there.
            let followed = try one.whole([UInt8](one.bytes) + [UInt8](repeating: 0xFF, count: 20), limit: .max)
            #expect(followed.bytes == plain && followed.taken == one.bytes.count, "\(one.name)")
            // A slice begins anywhere.
            let shifted = [1, 2, 3] + [UInt8](one.bytes)
            let slice = one.zlib ? try Zlib.whole(shifted[3...], limit: .max) : try Inflater.whole(shifted[3...], limit: .max)
            #expect(slice.bytes == plain && slice.taken == one.bytes.count, "\(one.name)")
        }
    }

    @Test func theThreeKindsOfBlocks() throws {
        // RFC 1951 §3.2.4 to §3.2.7: stored, fixed, and codes of its own, one behind the other.
        #expect(try Inflater.whole([1, 3, 0, 0xFC, 0xFF, 1, 2, 3], limit: 3).bytes == [1, 2, 3])
        #expect(try Inflater.whole([0xCB, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00], limit: 5).bytes == Array("hello".utf8))
        #expect(try Inflater.whole([3, 0], limit: 0).bytes == [])
        var writer = BitWriter.dynamic(literals: [97: 1, 256: 2, 258: 2], distances: [1], literalCount: 259)
        writer.code(0, 1)
        // A length of 4 from one byte back.
        writer.code(3, 2)
        writer.code(0, 1)
        writer.code(2, 2)
        #expect(try Inflater.whole(writer.bytes[...], limit: 5).bytes == Array("aaaaa".utf8))
    }

    /// RFC 1951 §3.2.2: the lengths (3, 3, 3, 3, 3, 2, 4, 4) of A to H make the codes 010, 011, 100, 101, 110, 00, 1110, 1111.
    /// Here with the end in place of G.
    @Test func theCodeOfTheRFCsExample() throws {
        var writer = BitWriter.dynamic(literals: [65: 3, 66: 3, 67: 3, 68: 3, 69: 3, 70: 2, 72: 4, 256: 4], distances: [0])
        for (code, bits) in [(2, 3), (3, 3), (4, 3), (5, 3), (6, 3), (0, 2), (14, 4), (15, 4)] { writer.code(code, bits) }
        #expect(try Inflater.whole(writer.bytes[...], limit: 7).bytes == Array("ABCDEFH".utf8))
    }

    @Test func codesOfFifteenBits() throws {
        // 1, 2, …, 14, 15, 15 bits: all lengths there are.
        var lengths: [Int: Int] = [256: 15]
        for symbol in 0..<15 { lengths[symbol] = symbol + 1 }
        var writer = BitWriter.dynamic(literals: lengths, distances: [0])
        for symbol in 0..<15 { writer.code((1 << (symbol + 1)) - 2, symbol + 1) }
        writer.code((1 << 15) - 1, 15)
        #expect(try Inflater.whole(writer.bytes[...], limit: 15).bytes == Array(0..<15))
    }

    @Test func codesThatAreNotCompleteAreRefused() {
        func kind(_ literals: [Int: Int], _ distances: [Int]) -> InflateError? {
            refused(BitWriter.dynamic(literals: literals, distances: distances).bytes + [0, 0, 0, 0])
        }
        #expect(kind([0: 1, 1: 1, 256: 1], [0]) == .malformed(.oversubscribed))
        #expect(kind([0: 2, 256: 1], [0]) == .malformed(.incomplete))
        #expect(kind([256: 2], [0]) == .malformed(.incomplete))
        #expect(kind([0: 1, 1: 1], [0]) == .malformed(.noEnd))
        #expect(kind([0: 1, 256: 1], [1, 1, 1]) == .malformed(.oversubscribed))
        #expect(kind([0: 1, 256: 1], [2, 2]) == .malformed(.incomplete))
        #expect(kind([0: 1, 256: 1], [2]) == .malformed(.incomplete))
        // As many as there are distances, and not complete.
        #expect(kind([0: 1, 256: 1], [Int](repeating: 5, count: 30)) == .malformed(.incomplete))
        // One of one bit: the end alone. Its other bit means nothing.
        #expect(kind([256: 1], [0]) == nil)
        var writer = BitWriter.dynamic(literals: [256: 1], distances: [0])
        writer.code(1, 1)
        #expect(refused(writer.bytes + [0]) == .malformed(.code))
        // No distances, and one is meant.
        writer = BitWriter.dynamic(literals: [97: 1, 256: 2, 258: 2], distances: [0], literalCount: 259)
        writer.code(0, 1)
        writer.code(3, 2)
        #expect(refused(writer.bytes + [0, 0]) == .malformed(.code))
    }

    @Test func whatBreaksARuleIsRefusedByName() {
        #expect(refused([7]) == .malformed(.blockKind))
        #expect(refused([1, 3, 0, 0xFC, 0xFE, 1, 2, 3]) == .malformed(.storedLength))
        #expect(refused([]) == .cutShort && refused([1]) == .cutShort && refused([1, 3, 0, 0xFC, 0xFF, 1, 2]) == .cutShort)
        func fixed(_ make: (inout BitWriter) -> Void) -> InflateError? {
            var writer = BitWriter()
            writer.put(1, 1)
            writer.put(1, 2)
            make(&writer)
            return refused(writer.bytes + [0, 0, 0, 0, 0, 0])
        }
        // 'a', a length of 3, and a distance of 2; then what has no meaning: lengths 286 and 287, distances 30 and 31.
        let letter: (inout BitWriter) -> Void = { $0.code(0x30 + 97, 8) }
        #expect(
            fixed {
                letter(&$0); $0.code(1, 7); $0.code(1, 5)
            } == .malformed(.beforeBeginning))
        #expect(
            fixed {
                $0.code(1, 7); $0.code(0, 5)
            } == .malformed(.beforeBeginning))
        #expect(
            fixed {
                letter(&$0); $0.code(1, 7); $0.code(0, 5)
            } == nil)
        for symbol in 286...287 {
            #expect(
                fixed {
                    letter(&$0); $0.code(0xC0 + symbol - 280, 8)
                } == .malformed(.length))
        }
        for symbol in 30...31 {
            #expect(
                fixed {
                    letter(&$0); $0.code(1, 7); $0.code(symbol, 5)
                } == .malformed(.distance))
        }
        func head(_ literals: Int, _ distances: Int, _ lengths: [Int], _ more: (inout BitWriter) -> Void = { _ in }) -> InflateError? {
            var writer = BitWriter()
            writer.put(5, 3)
            writer.put(literals - 257, 5)
            writer.put(distances - 1, 5)
            writer.put(15, 4)
            for i in 0..<19 { writer.put(i < lengths.count ? lengths[i] : 0, 3) }
            more(&writer)
            return refused(writer.bytes + [UInt8](repeating: 0, count: 40))
        }
        #expect(head(287, 1, []) == .malformed(.tooManyCodes) && head(288, 1, []) == .malformed(.tooManyCodes))
        #expect(head(257, 31, []) == .malformed(.tooManyCodes) && head(257, 32, []) == .malformed(.tooManyCodes))
        // Codes of lengths: none, one, and those of 16 and 18 with one bit each.
        #expect(head(257, 1, []) == .malformed(.incomplete) && head(257, 1, [1]) == .malformed(.incomplete))
        #expect(head(257, 1, [1, 1, 1]) == .malformed(.oversubscribed))
        #expect(head(257, 1, [1, 0, 1]) { $0.put(0, 1) } == .malformed(.repeatedNothing))
        #expect(head(257, 1, [1, 0, 1]) { for _ in 0..<2 { $0.put(1, 1); $0.put(127, 7) } } == .malformed(.repeatedTooOften))
        #expect(
            head(257, 1, [1, 0, 1]) {
                $0.put(1, 1); $0.put(127, 7); $0.put(1, 1); $0.put(109, 7)
            } == .malformed(.noEnd))
    }

    @Test func aStreamThatIsCutAnywhereIsCutShort() {
        for one in Golden.shared.cases {
            let bytes = [UInt8](one.bytes)
            for end in bytes.indices {
                let error = refusal { () throws(InflateError) in _ = try one.whole(Array(bytes[..<end]), limit: .max) }
                #expect(error == .cutShort, "\(one.name), \(end)")
            }
        }
    }

    /// Whatever bits are changed, nothing traps, and no more comes than may; under a checksum nothing else comes.
    @Test func changedStreamsNeverTrap() throws {
        for (seed, one) in Golden.shared.cases.enumerated() {
            let (bytes, plain) = ([UInt8](one.bytes), try #require(Golden.plain[one.plain]))
            let draws = Golden.numbers(UInt64(seed), 8 * bytes.count, 256)
            for i in bytes.indices {
                var changed = bytes
                changed[i] ^= 1 << (draws[8 * i] % 8)
                if i % 3 == 0 { changed[Int(draws[8 * i + 1]) % bytes.count] = draws[8 * i + 2] }
                let limit = Int(draws[8 * i + 3]) * Int(draws[8 * i + 4]) * 8
                guard let read = try? one.whole(changed, limit: limit) else { continue }
                #expect(read.bytes.count <= limit && read.taken <= bytes.count)
                if one.zlib { #expect(read.bytes == plain, "\(one.name), byte \(i)") }
            }
        }
        for seed in 0..<3000 {
            let noise = Golden.numbers(UInt64(seed) << 20, 1 + seed % 97, 256)
            for limit in [0, 100, 100_000] { if let read = try? Inflater.whole(noise[...], limit: limit) { #expect(read.bytes.count <= limit) } }
        }
    }

    @Test func neverMoreThanWasAskedFor() throws {
        for one in Golden.shared.cases where one.plain != "nothing" {
            let plain = try #require(Golden.plain[one.plain])
            for limit in [-1, 0, 1, 2, 300, 32_768, 131_071, 131_072, 131_073, 131_330, 262_144, plain.count - 1] where limit < plain.count {
                var out: [UInt8] = []
                let error = refusal { () throws(InflateError) in
                    _ = try one.run(limit: limit) {
                        out += $0
                        return !$0.isEmpty
                    }
                }
                #expect(error == .beyondLimit, "\(one.name), \(limit)")
                #expect(out.count <= max(0, limit) && plain.starts(with: out), "\(one.name), \(limit)")
            }
            var parts: [Int] = []
            _ = try one.run(limit: plain.count) {
                parts.append($0.count)
                return true
            }
            #expect(parts.reduce(0, +) == plain.count && parts.allSatisfy { (1...131_072).contains($0) })
        }
    }

    /// Literals, matches and stored bytes, each of which crosses the limit and the end of what is held.
    @Test func limitsAreKeptFarBehindTheBeginning() throws {
        let bytes = Golden.numbers(9, 70_000, 256)
        var stored: [UInt8] = []
        for part in 0..<7 {
            stored += [part == 6 ? 1 : 0, 0x10, 0x27, 0xEF, 0xD8]
            stored += bytes[(part * 10_000)..<((part + 1) * 10_000)]
        }
        var literals = BitWriter()
        literals.put(1, 1)
        literals.put(1, 2)
        for _ in 0..<200_000 { literals.code(0x30 + 97, 8) }
        literals.code(0, 7)
        #expect(try Inflater.whole(literals.bytes[...], limit: 200_000).bytes == [UInt8](repeating: 97, count: 200_000))
        #expect(try Inflater.whole(stored[...], limit: 70_000).bytes == bytes)
        for (stream, count) in [(literals.bytes, 200_000), (stored, 70_000)] {
            for limit in [count - 1, 131_073, 140_000, 65_000] where limit < count {
                var given = 0
                let error = refusal { () throws(InflateError) in
                    _ = try Inflater.run(stream[...], limit: limit) {
                        given += $0.count
                        return true
                    }
                }
                #expect(error == .beyondLimit && given <= limit)
            }
        }
        // Stored bytes that are more than what is held.
        var (long, plain): ([UInt8], [UInt8]) = ([], [])
        for _ in 0..<5 {
            long += [0, 0xFF, 0xFF, 0, 0] + bytes[..<65_535]
            plain += bytes[..<65_535]
        }
        long += [1, 0, 0, 0xFF, 0xFF]
        let read = try Inflater.whole(long[...], limit: .max)
        #expect(read.bytes == plain && read.taken == long.count)
    }

    @Test func whoReceivesMayStop() throws {
        let long = try #require(Golden.shared.cases.first { $0.plain == "long" && !$0.zlib })
        for stop in 1...3 {
            var parts = 0
            let error = refusal { () throws(InflateError) in
                _ = try long.run(limit: .max) { _ in
                    parts += 1
                    return parts < stop
                }
            }
            #expect(error == .stopped && parts == stop)
        }
    }
}
