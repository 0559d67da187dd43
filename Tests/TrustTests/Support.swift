import CryptoSuite
import Foundation
import Synchronization
import Trust

/// A clock that stands still, for everything that needs no live TLS.
let noon = Date(timeIntervalSince1970: 1_750_000_000)
let day = 86_400.0

/// splitmix64: repeatable, and nothing like secret.
func seededRandom(_ seed: UInt64) -> RandomSource {
    let state = Counter(seed)
    return RandomSource { count in (0..<count).map { _ in UInt8(truncatingIfNeeded: state.next()) } }
}

final class Counter: Sendable {
    private let state: Mutex<UInt64>
    init(_ seed: UInt64) { state = Mutex(seed) }
    func next() -> UInt64 {
        state.withLock { state in
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }
    func next(below bound: Int) -> Int { Int(next() % UInt64(bound)) }
}

func authority(_ name: String = "Test CA", now: Date = noon, lifetime: Double = 365 * day) throws -> CertificateAuthority {
    try CertificateAuthority(commonName: name, now: now, lifetime: lifetime)
}

/// The DER inside a PEM text.
func der(_ pem: String) throws -> [UInt8] {
    let body = pem.split(separator: "\n").filter { !$0.hasPrefix("-----") }.joined()
    guard let data = Data(base64Encoded: body) else { throw BadPEM() }
    return [UInt8](data)
}

func pem(_ type: String, _ der: [UInt8]) -> String {
    "-----BEGIN \(type)-----\n\(Data(der).base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed]))\n-----END \(type)-----\n"
}

struct BadPEM: Error {}

/// A folder that is gone when the test is.
func withFolder<R>(_ body: (String) async throws -> R) async throws -> R {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("tutti-trust-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try await body(path)
}

func hex(_ text: String) -> [UInt8] { bytes(hexadecimal: text.filter { $0 != " " && $0 != "\n" })! }
