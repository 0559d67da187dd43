import Foundation
internal import Storage

/// What the store says of nodes, kept in memory, because every request asks. This process alone writes the store (it
/// holds the folder's lock), so forgetting after each change of its own is enough.
final class NodeDirectory: @unchecked Sendable {
    private struct Name: Hashable {
        var tenant: String
        var name: String
    }

    private let store: any IdentityStore
    private let lock = NSLock()
    // Guarded by `lock`. A value of nil: there is no such node.
    private var known: [Name: NodeRecord?] = [:]
    private var changes = 0

    init(store: any IdentityStore) { self.store = store }

    func node(tenant: String, name: String) async throws(StorageError) -> NodeRecord? {
        let key = Name(tenant: tenant, name: name)
        let (found, seen) = lock.withLock { (known[key], changes) }
        if let found { return found }
        let record = try await store.node(tenant: tenant, name: name)
        lock.withLock {
            // What was read before a change must not stay.
            guard changes == seen else { return }
            if known.count >= Limits.nodesKept { known = [:] }
            known[key] = .some(record)
        }
        return record
    }

    /// To be called when a change is durable.
    func forget(tenant: String, name: String) {
        lock.withLock {
            known[Name(tenant: tenant, name: name)] = nil
            changes += 1
        }
    }
}
