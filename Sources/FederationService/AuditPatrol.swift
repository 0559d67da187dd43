internal import MerkleLog
package import Storage
internal import Trust

/// Goes through the audit of one tenant after the other while the coordinator serves, some entries at a time: hashes every entry again
/// and holds all of them against the head of the tree. What is changed together with its tree shows only against a head that lies
/// elsewhere (`audit verify`).
package actor AuditPatrol {
    private let store: any AuditStore
    private let tenants: @Sendable () async -> [String]?
    private let hasher = MerkleHasher(.system)
    /// Tenants of this pass that are still to come; nil: no pass has begun.
    private var left: [String]?
    private var walk: (tenant: String, head: TreeHead, frontier: MerkleFrontier)?
    private var foundDamage = false
    /// Of the last whole pass.
    private var verdict: Bool?
    /// Entries looked at in one step.
    package static let entriesAtOnce = 500

    /// - Parameter tenants: asked when a pass begins; nil: they cannot be had now.
    package init(store: any AuditStore, tenants: @escaping @Sendable () async -> [String]?) {
        self.store = store
        self.tenants = tenants
    }

    /// false from the first damage on until a whole pass has found none; nil: no pass has ended yet.
    package var isIntact: Bool? { foundDamage ? false : verdict }

    /// - Returns: `isIntact`.
    package func step() async -> Bool? {
        var budget = Self.entriesAtOnce
        if left == nil { left = await tenants() }
        while budget > 0, left != nil {
            if walk == nil {
                guard let tenant = left?.popLast() else {
                    (verdict, foundDamage, left) = (!foundDamage, false, nil)
                    break
                }
                guard await begin(tenant) else { break }
            }
            budget -= await advance(budget)
        }
        return isIntact
    }

    /// - Returns: false: the store does not answer, which says nothing of the audit.
    private func begin(_ tenant: String) async -> Bool {
        do throws(StorageError) {
            walk = (tenant, try await store.auditHead(tenant: tenant), MerkleFrontier())
            return true
        } catch {
            let isDamage = note(error)
            if !isDamage { left?.append(tenant) }
            return isDamage
        }
    }

    /// - Returns: what it took of the budget.
    private func advance(_ budget: Int) async -> Int {
        guard let walk else { return 1 }
        let (tenant, head) = (walk.tenant, walk.head)
        var frontier = walk.frontier
        var isOver = frontier.size == head.size
        var count = 0
        do throws(StorageError) {
            if !isOver {
                let limit = min(Int64(budget), head.size - frontier.size)
                let leaves = try await store.audit(tenant: tenant, after: frontier.size, limit: Int(limit))
                count = leaves.count
                // One that is gone is found below: the tree that is left is another one.
                let areInOrder = leaves.allSatisfy { leaf in
                    leaf.index == frontier.size && frontier.append(leafHash: hasher.leaf(leaf.bytes), hasher)
                }
                isOver = leaves.isEmpty || !areInOrder || frontier.size >= head.size
            }
            if isOver, frontier.head(hasher) != head { foundDamage = true }
            self.walk = isOver ? nil : (tenant, head, frontier)
        } catch {
            // It is looked at again in the next step, or was found to be damaged.
            if note(error) { self.walk = nil } else { return budget }
        }
        return max(1, count)
    }

    /// - Returns: whether it is damage.
    private func note(_ error: StorageError) -> Bool {
        switch error {
        case .corrupt, .damagedRow, .missing:
            foundDamage = true
            return true
        case .full, .io, .inUse, .exists, .newer: return false
        }
    }
}
