import DifferentialPrivacy
import Foundation

private let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

/// Of `Tests/Golden/make_privacy_vectors.py`.
func golden<T: Decodable>(_ type: T.Type, _ name: String) throws -> T {
    try JSONDecoder().decode(type, from: Data(contentsOf: root.appending(path: "Tests/Golden/privacy/\(name).json")))
}

/// splitmix64: the same numbers everywhere.
struct Seeded: Sendable {
    var state: UInt64
    init(_ seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
    mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }
}

/// The same for the samplers.
func words(_ seed: UInt64) -> RandomWords {
    RandomWords { number in
        var seeded = Seeded(seed &* 0x9E37_79B9 &+ number &* 0xD1B5_4A32_D192_ED03)
        return (0..<1024).map { _ in seeded.next() }
    }
}

func poisson(_ rate: Double) throws -> PrivacyModel { try PrivacyModel(.zeroOut, rate < 1 ? .poisson(rate: rate) : .full) }

func gaussian(_ z: Double, _ model: PrivacyModel) throws -> PrivateRelease { try PrivateRelease(.gaussian(noiseMultiplier: z), model) }
