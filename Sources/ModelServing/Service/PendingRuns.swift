/// Answers that are fetched later: they are kept for an hour, in memory alone. A coordinator that ends forgets them, and the caller asks again.
package actor PendingRuns<Answer: Sendable> {
    package enum State: Sendable {
        case waiting
        case done(Answer)
    }
    private struct Run {
        let tenant: String
        var state: State
        let endsAt: Double
    }

    package static var keptSeconds: Double { 3600 }
    /// Of one tenant, and of all.
    private let limit: Int
    private let total: Int
    private var runs: [String: Run] = [:]

    package init(limit: Int = 64, total: Int = 1024) { (self.limit, self.total) = (limit, total) }

    /// - Parameter at: seconds of a clock that never goes back, as everywhere here.
    /// - Returns: false: there are as many as there may be.
    package func begin(_ id: String, tenant: String, at now: Double, _ work: @escaping @Sendable () async -> Answer) -> Bool {
        runs = runs.filter { $0.value.endsAt > now }
        guard runs.count < total, runs.values.count(where: { $0.tenant == tenant }) < limit else { return false }
        runs[id] = Run(tenant: tenant, state: .waiting, endsAt: now + Self.keptSeconds)
        Task { finish(id, await work()) }
        return true
    }

    /// nil: there is none of this tenant.
    package func state(_ id: String, tenant: String, at now: Double) -> State? {
        guard let run = runs[id], run.tenant == tenant, run.endsAt > now else { return nil }
        return run.state
    }

    private func finish(_ id: String, _ answer: Answer) { runs[id]?.state = .done(answer) }
}
