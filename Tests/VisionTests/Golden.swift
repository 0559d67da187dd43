import Foundation
import Vision

/// Files and pixels of `Tests/Golden/vision/make.py`.
struct Golden: Decodable {
    struct Case: Decodable {
        var name: String
        var png: Data
        var width: Int
        var height: Int
        var channels: Int
        var samples: Data?
        var crc32: UInt32?
    }
    struct Measured: Decodable {
        var name: String
        var png: Data
        var luma: Data
        var mean: Double
        var contrast: Double
        var edges: Double
    }
    var cases: [Case]
    var measured: [Measured]

    static let shared: Golden = {
        let top = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        do {
            return try JSONDecoder().decode(Golden.self, from: Data(contentsOf: top.appending(path: "Golden/vision/pngs.json")))
        } catch { fatalError("the golden files cannot be read: \(error)") }
    }()
}

/// Writes PNGs, with what is asked for wrong in them.
enum Writer {
    static func crc(_ bytes: [UInt8]) -> UInt32 {
        bytes.reduce(0xFFFF_FFFF as UInt32) { crc, byte in
            (0..<8).reduce(crc ^ UInt32(byte)) { crc, _ in crc & 1 == 1 ? 0xEDB8_8320 ^ (crc >> 1) : crc >> 1 }
        } ^ 0xFFFF_FFFF
    }

    static func number(_ value: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) } }

    static func chunk(_ name: String, _ data: [UInt8]) -> [UInt8] {
        number(data.count) + Array(name.utf8) + data + number(Int(crc(Array(name.utf8) + data)))
    }

    static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 13, 10, 26, 10]

    static func header(_ width: Int, _ height: Int, depth: UInt8 = 8, colour: UInt8 = 0, interlace: UInt8 = 0) -> [UInt8] {
        chunk("IHDR", number(width) + number(height) + [depth, colour, 0, 0, interlace])
    }

    /// A zlib stream of stored blocks.
    static func stored(_ bytes: [UInt8]) -> [UInt8] {
        var out: [UInt8] = [0x78, 0x01]
        var next = 0
        repeat {
            let end = min(bytes.count, next + 65_535)
            let length = end - next
            out += [end == bytes.count ? 1 : 0, UInt8(length & 255), UInt8(length >> 8), UInt8(~length & 255), UInt8(~length >> 8 & 255)] + bytes[next..<end]
            next = end
        } while next < bytes.count
        var (a, b) = (1, 0)
        for byte in bytes {
            a = (a + Int(byte)) % 65_521
            b = (b + a) % 65_521
        }
        return out + number(b << 16 | a)
    }
}
