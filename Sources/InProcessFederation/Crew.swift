/// Who does the work of the clients: one worker, or several threads from outside. What comes out is the same.
package struct Crew: Sendable {
    package typealias Work = @Sendable (_ number: Int, _ worker: Int) -> Void

    package let workers: Int
    let forEach: @Sendable (_ count: Int, _ work: Work) -> Void

    /// - Parameters:
    ///   - workers: at least 1.
    ///   - forEach: calls `work` once with every number of 0..<count and a worker of 0..<workers, and returns when all
    ///     are done. Two calls with the same worker never overlap.
    package init(workers: Int, forEach: @escaping @Sendable (_ count: Int, _ work: Work) -> Void) {
        precondition(workers >= 1)
        self.workers = workers
        self.forEach = forEach
    }

    /// The caller itself, one after the other.
    package static let alone = Crew(workers: 1) { count, work in
        for number in 0..<count { work(number, 0) }
    }
}
