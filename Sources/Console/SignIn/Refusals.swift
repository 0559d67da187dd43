/// Which wrong keys are written into the audit. Anybody can send one, and what is written there stays for ever: a bucket of entries that
/// fills again with time. The others are counted, and the next entry says how many they were.
package struct Refusals: Sendable {
    private var untold = 0
    /// Milliseconds at which the bucket is full again.
    private var full = Int64.min

    package init() {}

    /// - Returns: how many were not written down since the last one; nil: nor is this one.
    package mutating func told(now: Int64) -> Int? {
        let room = Int64(Limits.refusalsTold) * Limits.refusalMilliseconds
        // A clock that was set back leaves no more than an empty bucket.
        let (last, overflow) = now.addingReportingOverflow(room)
        let most = overflow ? Int64.max : last
        full = max(min(full, most), now)
        let (next, isBeyond) = full.addingReportingOverflow(Limits.refusalMilliseconds)
        guard !isBeyond, next <= most else {
            untold = min(untold, Int.max - 1) + 1
            return nil
        }
        full = next
        defer { untold = 0 }
        return untold
    }
}
