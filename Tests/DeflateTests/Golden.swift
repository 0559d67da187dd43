import Deflate
import Foundation

/// Streams of `Tests/Golden/deflate/make.py`.
struct Golden: Decodable {
    struct Plain: Decodable {
        var bytes: Int
        var crc32: UInt32
        var adler32: UInt32
    }
    struct Case: Decodable {
        var plain: String
        var name: String
        var bytes: Data
        var zlib: Bool

        func whole(limit: Int) throws(InflateError) -> (bytes: [UInt8], taken: Int) { try whole([UInt8](bytes), limit: limit) }

        func whole(_ bytes: [UInt8], limit: Int) throws(InflateError) -> (bytes: [UInt8], taken: Int) {
            zlib ? try Zlib.whole(bytes[...], limit: limit) : try Inflater.whole(bytes[...], limit: limit)
        }

        func run(limit: Int, _ receive: (ArraySlice<UInt8>) -> Bool) throws(InflateError) -> Int {
            let bytes = [UInt8](bytes)
            return zlib ? try Zlib.run(bytes[...], limit: limit, receive) : try Inflater.run(bytes[...], limit: limit, receive)
        }
    }
    var plains: [String: Plain]
    var cases: [Case]

    static let shared: Golden = {
        let top = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        do {
            return try JSONDecoder().decode(Golden.self, from: Data(contentsOf: top.appending(path: "Golden/deflate/streams.json")))
        } catch { fatalError("the golden files cannot be read: \(error)") }
    }()

    /// The contents, as the script makes them.
    static let plain: [String: [UInt8]] = {
        let text = "It was the best of times, it was the worst of times, it was the age of wisdom, it was the age of foolishness. "
        return [
            "nothing": [], "byte": Array("a".utf8), "run": [UInt8](repeating: 0x61, count: 1000), "text": Array((text + text + text).utf8),
            "letters": numbers(1, 700, 20), "noise": numbers(2, 300, 256),
            "far": numbers(3, 200, 256) + [UInt8](repeating: 0, count: 32_568) + numbers(3, 200, 256), "long": [UInt8](repeating: 7, count: 400_000),
        ]
    }()

    static func numbers(_ seed: UInt64, _ count: Int, _ bound: UInt64) -> [UInt8] {
        var state = seed
        return (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8((state >> 56) % bound)
        }
    }
}
