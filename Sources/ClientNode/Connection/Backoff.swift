internal import Learning

/// Waits between tries, with full jitter: uniform between nothing and a bound that grows from 0.2 s by 1.6 up to
/// `Limits.backoffSecondsMax`, so that nodes that lost a coordinator together do not come back together (Brooker, AWS
/// Architecture Blog, 2015).
package struct Backoff: Sendable {
    private static let first = 0.2
    private static let least = 0.02
    private var bound = first
    private var generator: SeededGenerator

    package init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    package mutating func reset() { bound = Self.first }

    /// - Parameter asked: what the coordinator wants at least.
    package mutating func nextSeconds(asked: Double? = nil) -> Double {
        let jittered = max(Self.least, bound * generator.uniform())
        bound = min(Limits.backoffSecondsMax, bound * 1.6)
        // The wait that was asked for is spread too.
        let floor = min(max(0, asked ?? 0), Limits.retryAfterSecondsMax)
        return floor + jittered
    }
}
