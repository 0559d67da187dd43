import CryptoSuite
import FederationSimulator
import Testing
import Trust

/// Every suite there is. A suite that is only as good as its uses need (a fast one for simulations) has to keep the
/// contract; the real one also has to give the published answers.
let suites: [NamedSuite] = [NamedSuite(name: "system", suite: .system), NamedSuite(name: "simulated", suite: .simulated)]

struct NamedSuite: Sendable, CustomTestStringConvertible {
    var name: String
    var suite: CryptoSuite
    var testDescription: String { name }
}

func hex(_ text: String) -> [UInt8] { bytes(hexadecimal: text.filter { $0 != " " && $0 != "\n" }) ?? [] }

/// A linear congruential generator: the same numbers on every machine.
struct Numbers {
    var state: UInt64
    mutating func next(below bound: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int((state >> 16) % UInt64(bound))
    }
    mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(next(below: 256)) } }
}
