/// Who does work that falls into parts: one worker, or several threads from outside. What comes out must be the same.
package struct Crew: Sendable {
    package typealias Work = @Sendable (_ number: Int, _ worker: Int) -> Void

    package let workers: Int
    private let share: @Sendable (_ count: Int, _ work: @escaping Work) -> Void

    /// - Parameters:
    ///   - workers: at least 1.
    ///   - share: calls `work` once with every number of 0..<count and a worker of 0..<workers, and returns when all are
    ///     done. In one call no worker does two parts at a time.
    package init(workers: Int, share: @escaping @Sendable (_ count: Int, _ work: @escaping Work) -> Void) {
        precondition(workers >= 1)
        self.workers = workers
        self.share = share
    }

    package func forEach(_ count: Int, _ work: @escaping Work) { share(count, work) }

    /// The caller itself, one after the other.
    package static let alone = Crew(workers: 1) { count, work in
        for number in 0..<count { work(number, 0) }
    }
}
