/// A persistable wall-clock instant, in whole milliseconds since 1970-01-01T00:00:00Z.
///
/// The machines never read a clock: every event carries the `now` at which it is handled. A machine clamps it so that
/// its own time never goes back, whatever the host's clock does.
package struct Instant: Comparable, Hashable, Sendable, Codable {
    package var milliseconds: Int64

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }

    package static func < (a: Instant, b: Instant) -> Bool { a.milliseconds < b.milliseconds }

    /// Saturates instead of overflowing, so that no deadline from outside can trap.
    package func adding(seconds: Double) -> Instant {
        let delta = (seconds * 1000).rounded()
        guard delta.isFinite, abs(delta) < 9e15 else { return Instant(milliseconds: delta < 0 ? .min : .max) }
        let (sum, overflow) = milliseconds.addingReportingOverflow(Int64(delta))
        return Instant(milliseconds: overflow ? (delta < 0 ? .min : .max) : sum)
    }

    /// Seconds from `earlier` to `self`.
    package func seconds(since earlier: Instant) -> Double {
        Double(milliseconds) / 1000 - Double(earlier.milliseconds) / 1000
    }
}
