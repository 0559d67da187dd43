package import Compute
package import WorkSharing

/// The threads that solve. One run has them at a time, and gives way after its turn.
package actor SolverPool {
    private let pool: ComputePool
    private let crew: Crew
    private var order = FairOrder()
    private var waiting: [Int: CheckedContinuation<Void, any Error>] = [:]
    private var isBusy = false
    private var tickets = 0

    /// - Parameters:
    ///   - pool: whose one thread a turn holds.
    ///   - crew: that shares its work.
    package init(pool: ComputePool, crew: Crew) {
        self.pool = pool
        self.crew = crew
    }

    /// Runs `work` when it is its turn.
    /// - Parameter cost: spin updates that it is expected to take.
    /// - Throws: `CancellationError` when the task is cancelled before.
    package func turn<Value: Sendable>(
        of flow: String, weight: Double, cost: Double, _ work: @escaping @Sendable (Crew) -> Value
    ) async throws -> Value {
        try await enter(flow, weight, cost)
        let value = await pool.run { [crew] in work(crew) }
        isBusy = false
        advance()
        return value
    }

    private func enter(_ flow: String, _ weight: Double, _ cost: Double) async throws {
        let ticket = tickets
        tickets += 1
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                guard !Task.isCancelled else { return continuation.resume(throwing: CancellationError()) }
                order.add(ticket, flow: flow, weight: weight, cost: cost)
                waiting[ticket] = continuation
                advance()
            }
        } onCancel: {
            Task { await self.leave(ticket) }
        }
    }

    private func leave(_ ticket: Int) {
        guard let continuation = waiting.removeValue(forKey: ticket) else { return }
        order.remove(ticket)
        continuation.resume(throwing: CancellationError())
    }

    private func advance() {
        guard !isBusy, let ticket = order.next(), let continuation = waiting.removeValue(forKey: ticket) else { return }
        isBusy = true
        continuation.resume()
    }
}
