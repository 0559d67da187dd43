/// How a run and whoever wants it see each other. Both closures are called from the threads that work, at the end of a sweep and
/// about every million spin updates; what they do has to be short.
package struct Watch: Sendable {
    /// Why to stop now; nil to go on.
    package var stop: @Sendable () -> Stop?
    /// Spin updates that were done since the last call of this thread.
    package var progress: @Sendable (UInt64) -> Void

    package init(stop: @escaping @Sendable () -> Stop? = { nil }, progress: @escaping @Sendable (UInt64) -> Void = { _ in }) {
        self.stop = stop
        self.progress = progress
    }

    package static let nobody = Watch()
}

/// Why a run ended.
package enum Stop: String, Sendable, Equatable {
    case completed
    case cancelled
    case deadline
}

/// Counts one thread's spin updates, and asks from time to time whether to go on.
struct Meter {
    private(set) var updates: UInt64 = 0
    private(set) var stop: Stop?
    private var unreported: UInt64 = 0
    private let watch: Watch
    /// Updates between two questions: some milliseconds.
    private static let patience: UInt64 = 1 << 20

    init(_ watch: Watch) { self.watch = watch }

    /// Whether to go on.
    mutating func count(_ more: Int) -> Bool {
        updates += UInt64(more)
        unreported += UInt64(more)
        guard unreported >= Self.patience else { return true }
        return ask()
    }

    mutating func ask() -> Bool {
        watch.progress(unreported)
        unreported = 0
        if stop == nil, let reason = watch.stop() { stop = reason }
        return stop == nil
    }

    /// What is left is reported, so that the sum of the reports is the count.
    mutating func finish() {
        if unreported > 0 { watch.progress(unreported) }
        unreported = 0
    }
}
