import Testing
import Wire

@Suite struct BulkCodecTests {
    private func floats(_ count: Int) -> [UInt8] {
        (0..<count).flatMap { i in withUnsafeBytes(of: Float(i % 97) * 1e-3) { Array($0) } }
    }

    private func problem(_ bytes: [UInt8], limit: Int = 1 << 20) -> CompressionProblem? {
        do { _ = try BulkCodec.decompress(bytes, limit: limit) } catch {
            if case .compressed(let problem) = error { return problem }
            Issue.record("\(error)")
        }
        return nil
    }

    /// Our header and a frame made by hand: magic, descriptor, what follows it, one raw last block of `content`.
    private func frame(_ descriptor: UInt8, _ fields: [UInt8], _ content: [UInt8] = [1, 2, 3, 4]) -> [UInt8] {
        let size = UInt32(content.count) << 3 | 1
        let block = [UInt8(truncatingIfNeeded: size), UInt8(truncatingIfNeeded: size >> 8), UInt8(truncatingIfNeeded: size >> 16)]
        return header + [0x28, 0xB5, 0x2F, 0xFD, descriptor] + fields + block + content
    }
    private let header: [UInt8] = Array("TZS1".utf8) + [4, 0, 0, 0]

    @Test func bytesSurviveARoundTrip() throws {
        for body in [[], [1], [1, 2, 3, 4, 5], floats(1000), floats(33_000) + [1, 2, 3]] {
            for size in [1, 2, 3, 4, 8, 16] {
                for level in [1, 3, 19] {
                    let packed = BulkCodec.compress(body, shuffle: size, level: level)
                    #expect(try BulkCodec.decompress(packed, limit: body.count) == body)
                }
            }
        }
        #expect(BulkCodec.compress(floats(33_000), shuffle: 4, level: 1).count < 33_000 * 4)
    }

    /// Byte k of every element together: what the protocol document says, so that others can write it.
    @Test func theRegroupingIsTheDocumentedOne() throws {
        let raw = frame(0x20, [9], [1, 5, 2, 6, 3, 7, 4, 8, 9])
        #expect(try BulkCodec.decompress(raw, limit: 9) == [1, 2, 3, 4, 5, 6, 7, 8, 9])
    }

    @Test func aBombIsRefusedBeforeMemoryIsTaken() {
        let bomb = BulkCodec.compress([UInt8](repeating: 0, count: 64 << 20), shuffle: 4, level: 1)
        #expect(bomb.count < 64 << 10)
        #expect(problem(bomb) == .contentTooLong(bytes: 64 << 20, limit: 1 << 20))
        #expect(problem(bomb, limit: -1) == .contentTooLong(bytes: 64 << 20, limit: -1))
        let declared = [UInt8](repeating: 0xFF, count: 8)
        #expect(problem(frame(0xE0, declared)) == .contentTooLong(bytes: .max, limit: 1 << 20))
        #expect(
            problem(frame(0xE0, Array(repeating: 0xFF, count: 7) + [0x7F]), limit: .max) == .contentTooLong(bytes: UInt64(Int.max), limit: Limits.bulkBytes))
    }

    @Test func everyFormOfContentSizeIsRead() throws {
        for fields in [(0x20, [4]), (0xA0, [4, 0, 0, 0]), (0xE0, [4, 0, 0, 0, 0, 0, 0, 0]), (0xC0, [10 << 3, 4, 0, 0, 0, 0, 0, 0, 0])] as [(UInt8, [UInt8])] {
            #expect(try BulkCodec.decompress(frame(fields.0, fields.1), limit: 4) == [1, 2, 3, 4])
        }
        let long = [UInt8](repeating: 7, count: 300)
        #expect(try BulkCodec.decompress(frame(0x60, [44, 0], long), limit: 300) == long)
    }

    @Test func framesThatAreNotOursHaveNames() {
        let good = frame(0x20, [4])
        #expect(problem(good) == nil)
        #expect(problem(frame(0x00, [0])) == .contentSizeMissing)
        #expect(problem(frame(0xC0, [17 << 3, 4, 0, 0, 0, 0, 0, 0, 0])) == .window(bytes: 1 << 27, limit: 1 << 23))
        #expect(problem(frame(0xC0, [13 << 3 | 1, 4, 0, 0, 0, 0, 0, 0, 0])) == .window(bytes: 9 << 20, limit: 1 << 23))
        #expect(problem(frame(0xC0, [13 << 3, 4, 0, 0, 0, 0, 0, 0, 0])) == nil)
        #expect(problem(frame(0x28, [4])) == .reservedBit)
        #expect(problem(frame(0x21, [9, 4])) == .dictionary)
        #expect(problem(header + [0x50, 0x2A, 0x4D, 0x18, 4, 0, 0, 0, 1, 2, 3, 4] + good.dropFirst(8)) == .skippableFrame)
        #expect(problem(header + [0x5F, 0x2A, 0x4D, 0x18, 0, 0, 0, 0]) == .skippableFrame)
        #expect(problem(good + [0x50, 0x2A, 0x4D, 0x18, 0, 0, 0, 0]) == .trailing(bytes: 8))
        #expect(problem(good + good.dropFirst(8)) == .trailing(bytes: good.count - 8))
        #expect(problem(good + [0]) == .trailing(bytes: 1))
        #expect(problem(header + Array("not zstd".utf8)) == .noFrame)
        // Version 0.7 of the format, which the library could still be built to read.
        #expect(problem(header + [0x27, 0xB5, 0x2F, 0xFD] + good.dropFirst(12)) == .noFrame)
        // Longer and shorter than declared.
        #expect(problem(frame(0x20, [3])) == .damaged)
        #expect(problem(frame(0x20, [5])) == .damaged)
        // A checksum that is not the content's.
        #expect(problem(frame(0x24, [4]) + [0, 0, 0, 0]) == .damaged)
    }

    @Test func theHeaderIsChecked() {
        let good = frame(0x20, [4])
        for at in 0..<8 where at != 4 {
            var bytes = good
            bytes[at] ^= 1
            #expect(problem(bytes) == .header)
        }
        for size in [0, 17, 255] as [UInt8] { #expect(problem(Array("TZS1".utf8) + [size, 0, 0, 0] + good.dropFirst(8)) == .header) }
        #expect(problem([]) == .header)
    }

    @Test func damageIsAnErrorAndNeverATrap() throws {
        let body = floats(500)
        let packed = BulkCodec.compress(body, shuffle: 4, level: 1)
        for length in 8..<packed.count { #expect(problem(Array(packed.prefix(length))) == .truncated, "\(length)") }
        var numbers = Numbers(state: 3)
        for _ in 0..<20_000 {
            var bytes = packed
            for _ in 0...numbers.next(below: 4) { bytes[numbers.next(below: bytes.count)] = UInt8(truncatingIfNeeded: numbers.next()) }
            if let plain = try? BulkCodec.decompress(bytes, limit: 1 << 20) { #expect(plain.count <= 1 << 20) }
        }
    }

    @Test func onlyWhatShrinksByAFifthIsCompressed() throws {
        var numbers = Numbers(state: 5)
        func body(_ count: Int, zerosIn10: Int) -> [UInt8] {
            (0..<count).flatMap { _ -> [UInt8] in
                let value = numbers.next(below: 10) < zerosIn10 ? 0 : Float(Int32(truncatingIfNeeded: numbers.next())) * 0x1p-31
                return withUnsafeBytes(of: value) { Array($0) }
            }
        }
        for count in [2000, 50_000] {
            #expect(BulkCodec.compressWherePays(body(count, zerosIn10: 0)) == nil)
            let sparse = body(count, zerosIn10: 6)
            let packed = try #require(BulkCodec.compressWherePays(sparse))
            #expect(packed.count * 10 <= sparse.count * 8)
            #expect(try BulkCodec.decompress(packed, limit: sparse.count) == sparse)
        }
        #expect(BulkCodec.compressWherePays([UInt8](repeating: 0, count: 4000)) == nil)
        #expect(BulkCodec.compressWherePays([]) == nil)
    }

    @Test func everyProblemSaysWhatToDo() {
        for problem in [
            .header, .noFrame, .skippableFrame, .reservedBit, .dictionary, .contentSizeMissing, .contentTooLong(bytes: 9, limit: 8),
            .window(bytes: 9, limit: 8),
            .truncated, .trailing(bytes: 3), .damaged, .noMemory,
        ] as [CompressionProblem] { #expect(WireError.compressed(problem).description.count > 40) }
    }
}
