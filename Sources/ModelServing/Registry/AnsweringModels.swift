internal import Synchronization

/// Which model answers for a deployment, as it was last read: that is asked with every call, and changes once in a deployment's life.
package final class AnsweringModels: Sendable {
    private struct Key: Hashable {
        let tenant: String
        let deployment: String
    }

    private struct State {
        var models: [Key: String] = [:]
        var changes = 0
    }

    private let state = Mutex(State())
    private let most: Int

    /// - Parameter most: so many are remembered; then all are forgotten and read again.
    package init(most: Int) { self.most = most }

    package func model(of deployment: String, tenant: String) -> String? {
        state.withLock { $0.models[Key(tenant: tenant, deployment: deployment)] }
    }

    /// What `keep` is told of a record that is read from now on.
    package var changes: Int { state.withLock { $0.changes } }

    /// - Parameter changes: how many there had been before the record was read. What was read before a change is not kept after it.
    package func keep(_ model: String, of deployment: String, tenant: String, asOf changes: Int) {
        state.withLock { state in
            guard state.changes == changes else { return }
            if state.models.count >= most { state.models.removeAll() }
            state.models[Key(tenant: tenant, deployment: deployment)] = model
        }
    }

    /// After a deployment's end was stored.
    package func forget(_ deployment: String, tenant: String) {
        state.withLock { state in
            state.changes += 1
            state.models[Key(tenant: tenant, deployment: deployment)] = nil
        }
    }
}
