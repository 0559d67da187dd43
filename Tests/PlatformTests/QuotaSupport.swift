import Federation
import Synchronization

func at(_ seconds: Double) -> Instant { Instant(milliseconds: Int64(seconds * 1000)) }

/// Repeats: SplitMix64 (Steele, Lea, Flood 2014).
struct Draw {
    private var state: UInt64
    init(_ seed: Int) { state = UInt64(seed) }
    mutating func below(_ limit: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((z ^ (z >> 31)) % UInt64(limit))
    }
}

/// A value that tasks share.
final class Guarded<Value: Sendable>: Sendable {
    private let mutex: Mutex<Value>
    init(_ value: Value) { mutex = Mutex(value) }
    func withLock<Result: Sendable>(_ work: (inout sending Value) -> sending Result) -> Result { mutex.withLock(work) }
}
