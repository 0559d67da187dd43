internal import Federation
internal import Storage

/// How many of the newest like sessions and of their rounds an estimate looks at.
private let (sessionsLookedAt, roundsLookedAt) = (5, 200)

extension FederationEngine {
    /// Seconds a session will take: the median of the committed rounds of like sessions, times its rounds. Like is: the
    /// same kind of model (the same model, when one is asked for), the same algorithm and as many local epochs. nil
    /// while no such round was measured; an estimate that cannot be made is no reason to refuse a session.
    func estimatedSeconds(_ spec: SessionSpec, tenant: String) async -> Double? {
        guard let records = try? await around.sessions.sessions(tenant: tenant) else { return nil }
        let like = records.filter { record in
            record.startedAt != nil && record.spec.modelType == spec.modelType && record.spec.algorithm == spec.algorithm
                && record.spec.localEpochs == spec.localEpochs && (spec.model == nil || record.model == spec.model)
        }
        var seconds: [Double] = []
        for record in like.prefix(sessionsLookedAt) {
            let rounds = try? await around.sessions.rounds(record.id, tenant: tenant, after: 0, limit: roundsLookedAt)
            seconds += (rounds ?? []).filter { $0.state == .committed }.compactMap(\.outcome?.seconds)
        }
        guard !seconds.isEmpty else { return nil }
        seconds.sort()
        let median = (seconds[(seconds.count - 1) / 2] + seconds[seconds.count / 2]) / 2
        return median * Double(spec.rounds)
    }
}
