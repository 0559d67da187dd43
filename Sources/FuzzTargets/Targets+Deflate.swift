internal import Deflate

extension FuzzTarget {
    static let compressed = [deflate]

    static let deflate = FuzzTarget(
        "deflate", feeds: "compressed data (DEFLATE), alone and as zlib wraps them", maximumBytes: 2048, share: 0.5,
        seeds: {
            let hello: [UInt8] = [0xCB, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00]
            return [
                Seed("stored", [0, 9, 1, 3, 0, 0xFC, 0xFF, 1, 2, 3]), Seed("fixed", [0, 9] + hello),
                Seed("zlib", [1, 9, 0x78, 0x9C] + hello + [0x06, 0x2C, 0x02, 0x15]),
                // A thousand letters a.
                Seed("run", [0, 200, 0x4B, 0x4C, 0x1C, 0x05, 0xA3, 0x60, 0x14, 0x0C, 0x77, 0x00, 0x00]), Seed("limit", [0, 0] + hello),
                // Sixty of five letters: codes of its own.
                Seed(
                    "dynamic",
                    [
                        0, 9, 0x15, 0xCA, 0xB1, 0x11, 0x00, 0x30, 0x0C, 0xC2, 0xC0, 0x59, 0x11, 0x68, 0xFF, 0x15, 0xE2, 0x14, 0xA8, 0xF8, 0x03, 0xA5, 0xCE,
                        0x98, 0x55, 0x98, 0x6E, 0x80, 0x4B, 0x30, 0x4D, 0x77, 0x70, 0xA3, 0x07, 0xD7, 0x7D, 0xB0, 0x77, 0xF3, 0x01,
                    ]),
            ]
        },
        check: { bytes in
            var input = Input(bytes)
            let (isZlib, limit) = (input.byte() % 2 == 1, Int(input.byte()) * 1000)
            let rest = input.bytes
            func read(_ limit: Int, _ receive: (ArraySlice<UInt8>) -> Bool) throws(InflateError) -> Int {
                isZlib ? try Zlib.run(rest[...], limit: limit, receive) : try Inflater.run(rest[...], limit: limit, receive)
            }
            var (out, parts): ([UInt8], Int) = ([], 0)
            let keep: (ArraySlice<UInt8>) -> Bool = {
                out += $0
                parts += $0.isEmpty ? 2000 : 1
                return true
            }
            do {
                let taken = try read(limit, keep)
                try expect(taken <= rest.count && taken > 0, "more was taken than there is")
                try expect(out.count <= 1032 * taken, "more came than can")
                // The same with no more room than it needs, without what is behind it, and stopped.
                let exact = rest[..<taken]
                let again = isZlib ? try Zlib.whole(exact, limit: out.count) : try Inflater.whole(exact, limit: out.count)
                try expect(again.bytes == out && again.taken == taken, "the same is read as another")
                if !out.isEmpty {
                    do {
                        _ = try read(limit) { _ in false }
                        throw FuzzFailure("nobody stopped")
                    } catch let error as InflateError { try expect(error == .stopped, "it was stopped, and says \(error)") }
                }
            } catch let error as InflateError { try expectShort(error, atMost: 100) }
            try expect(out.count <= limit && parts <= 1000, "more came than was asked for, or nothing")
        })
}
