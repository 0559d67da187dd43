internal import Federation
internal import Synchronization

/// Bearers that were believed, by the hash of their text, so that a request does not read the store. This process alone writes the
/// store, so forgetting after each change of its own is enough.
final class PrincipalCache: Sendable {
    struct Entry: Sendable {
        var principal: Principal
        /// nil: it does not expire.
        var goodUntil: Instant?
        /// Ids of all that its goodness rests on: key, user, login, client.
        var grounds: [String]
    }
    private struct State {
        var entries: [[UInt8]: Entry] = [:]
        var changes = 0
    }

    private let state = Mutex(State())
    private let limit: Int

    init(limit: Int = IdentityLimits.cachedPrincipals) { self.limit = limit }

    /// - Returns: also what `keep` wants to hear again.
    func look(_ hash: [UInt8]) -> (entry: Entry?, changes: Int) { state.withLock { ($0.entries[hash], $0.changes) } }

    /// - Parameter changes: as `look` said before the store was read; what was read before a change must not stay.
    func keep(_ entry: Entry, _ hash: [UInt8], changes: Int) {
        state.withLock { state in
            guard state.changes == changes else { return }
            if state.entries.count >= limit { state.entries = [:] }
            state.entries[hash] = entry
        }
    }

    /// To be called when the change is durable.
    func forget(_ ground: String) {
        state.withLock { state in
            state.changes += 1
            state.entries = state.entries.filter { !$0.value.grounds.contains(ground) }
        }
    }

    func forget(tenant: String) {
        state.withLock { state in
            state.changes += 1
            state.entries = state.entries.filter { $0.value.principal.tenant != tenant }
        }
    }
}
