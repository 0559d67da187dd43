package import Federation
package import Storage
internal import Synchronization

/// Services that can be started and stopped, each a part of this process.
package enum GatedService: String, Sendable, CaseIterable {
    case llm = "llm_service"
    case vision = "vision_service"
    case nlp = "nlp_service"
    case annealer = "annealer_service"
}

/// What a service does when it is stopped, and how it is asked whether it answers.
package struct ServiceHooks: Sendable {
    /// Gives its memory back.
    package var release: @Sendable () async -> Void
    package var answers: @Sendable () async -> Bool

    package init(
        release: @escaping @Sendable () async -> Void = {}, answers: @escaping @Sendable () async -> Bool = { true }
    ) { (self.release, self.answers) = (release, answers) }
}

/// Who may come into which service. A stopped one is stopped for everybody, and still is after a restart.
package final class ServiceGates: Sendable {
    /// How long a stop waits for calls under way, and a start for an answer.
    package static let patienceSeconds = 30.0
    private static let lookSeconds = 0.02

    private struct State {
        var closed: Set<GatedService> = []
        var inside: [GatedService: Int] = [:]
        var hooks: [GatedService: ServiceHooks] = [:]
    }
    private let state: Mutex<State>
    private let store: any ServiceStore
    private let now: @Sendable () -> Instant

    /// As they were left. A service of another version is passed over.
    package static func open(_ store: any ServiceStore, now: @escaping @Sendable () -> Instant) async throws(StorageError) -> ServiceGates {
        let closed = try await store.serviceStates().filter { !$0.isOpen }.compactMap { GatedService(rawValue: $0.service) }
        return ServiceGates(store, closed: Set(closed), now)
    }

    private init(_ store: any ServiceStore, closed: Set<GatedService>, _ now: @escaping @Sendable () -> Instant) {
        (self.store, self.now) = (store, now)
        state = Mutex(State(closed: closed))
    }

    package func hook(_ service: GatedService, _ hooks: ServiceHooks) { state.withLock { $0.hooks[service] = hooks } }
    package func isOpen(_ service: GatedService) -> Bool { state.withLock { !$0.closed.contains(service) } }

    /// false: it is stopped. Whoever came in leaves with `leave`.
    package func enter(_ service: GatedService) -> Bool {
        state.withLock { state in
            guard !state.closed.contains(service) else { return false }
            state.inside[service, default: 0] += 1
            return true
        }
    }

    package func leave(_ service: GatedService) { state.withLock { $0.inside[service, default: 1] -= 1 } }

    // MARK: Starting and stopping

    /// Durable first, then nobody comes in any more, those inside finish, and what the service had in memory is given back.
    /// - Parameters:
    ///   - force: those inside are not waited for; they finish all the same.
    ///   - tenant: in whose audit log it stands.
    /// - Returns: whether anything changed.
    package func stop(_ service: GatedService, force: Bool, tenant: String, actor: AuditActor) async throws(StorageError) -> Bool {
        guard try await put(service, isOpen: false, tenant, actor) else { return false }
        state.withLock { _ = $0.closed.insert(service) }
        if !force { await wait { self.state.withLock { $0.inside[service, default: 0] } == 0 } }
        await state.withLock { $0.hooks[service] }?.release()
        return true
    }

    /// - Parameter force: one that runs gives back what it has in memory, and begins anew.
    /// - Returns: whether anything changed.
    package func start(_ service: GatedService, force: Bool, tenant: String, actor: AuditActor) async throws(StorageError) -> Bool {
        let changed = try await put(service, isOpen: true, tenant, actor)
        if !changed, force { await state.withLock { $0.hooks[service] }?.release() }
        state.withLock { _ = $0.closed.remove(service) }
        return changed || force
    }

    /// Whether the service answers, asked until it does or patience is over.
    package func answers(_ service: GatedService) async -> Bool {
        guard let hooks = state.withLock({ $0.hooks[service] }) else { return isOpen(service) }
        return await wait { await hooks.answers() }
    }

    private func put(_ service: GatedService, isOpen: Bool, _ tenant: String, _ actor: AuditActor) async throws(StorageError) -> Bool {
        let record = ServiceStateRecord(service: service.rawValue, isOpen: isOpen, changedAt: now(), changedBy: actor.id)
        let entry = AuditRecord(at: record.changedAt, action: isOpen ? .serviceStarted : .serviceStopped, by: actor, of: service.rawValue)
        return try await store.putServiceState(record, audit: entry, tenant: tenant)
    }

    @discardableResult private func wait(until isSo: () async -> Bool) async -> Bool {
        let end = ContinuousClock.now + .seconds(Self.patienceSeconds)
        while true {
            if await isSo() { return true }
            guard ContinuousClock.now < end, !Task.isCancelled else { return false }
            try? await Task.sleep(for: .seconds(Self.lookSeconds))
        }
    }
}
