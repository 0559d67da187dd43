import CryptoSuite
import Foundation
import Testing

/// A file of `name = hexadecimal` in docs/protocol/vectors.
struct ProtocolVectors {
    private let values: [String: [UInt8]]

    init(_ file: String) throws {
        var top = URL(fileURLWithPath: #filePath)
        for _ in 0..<4 { top.deleteLastPathComponent() }
        var values: [String: [UInt8]] = [:]
        let text = try String(contentsOf: top.appendingPathComponent("docs/protocol/vectors/\(file).txt"), encoding: .utf8)
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            let parts = line.split(separator: " ")
            try #require(parts.count == 3 && parts[1] == "=")
            let value: [UInt8] = try #require(bytes(hexadecimal: String(parts[2])))
            values[String(parts[0])] = value
        }
        self.values = values
    }

    subscript(_ name: String) -> [UInt8] {
        get throws { try #require(values[name], "no vector \(name)") }
    }
}

/// The vectors' bytes where any will do.
func fill(_ i: Int, _ count: Int = 32) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: i * 37 + $0 * 11) } }
