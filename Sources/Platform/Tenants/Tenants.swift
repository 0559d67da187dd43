internal import CryptoSuite
package import Federation
package import Storage
internal import Synchronization
package import Trust

/// Tenants with their plans. Every change is durable, with its audit entry, when a method returns. Records are kept in memory,
/// since every request asks for one: all changes to the store's tenants go through this one actor.
package actor Tenants {
    /// The coordinator's own tenant: the administrator's, where nobody names another.
    package static let defaultID = "default"
    private static let prefix = "tenant_"

    private let store: any TenantStore
    private let random: RandomSource
    /// Read without the actor, written by it.
    private nonisolated let known = Mutex<[String: TenantRecord]>([:])
    /// Counts changes, so that nothing is kept that was read before one.
    private var changes = 0

    private init(store: any TenantStore, random: RandomSource) {
        self.store = store
        self.random = random
    }

    /// Makes the default tenant, with the top tier, where there is none yet.
    package static func open(store: any TenantStore, random: RandomSource, now: Instant) async throws(TenantError) -> Tenants {
        let tenants = Tenants(store: store, random: random)
        if try await tenants.stored(defaultID) == nil {
            let record = TenantRecord(id: defaultID, name: defaultID, performanceTier: .quantum, createdAt: now)
            try await tenants.add(record, actor: "coordinator")
        }
        return tenants
    }

    // MARK: Reading

    /// - Throws: `notFound` for one that was erased, too.
    package nonisolated func tenant(_ id: String) async throws(TenantError) -> TenantRecord {
        if let record = known.withLock({ $0[id] }), !record.isErased { return record }
        guard let record = try await stored(id), !record.isErased else { throw .notFound(id: id) }
        return record
    }

    /// Also a tombstone; nil: there never was one.
    package func stored(_ id: String) async throws(TenantError) -> TenantRecord? {
        if let record = known.withLock({ $0[id] }) { return record }
        let before = changes
        guard let record = try await asking({ () throws(StorageError) in try await store.tenant(id) }) else { return nil }
        if before == changes { keep(record) }
        return record
    }

    /// By id, those with `id > after`; at most 1000 at a time. Tombstones are among them only where they are asked for, so a page may
    /// be shorter than there are more: `next` says where to go on, nil at the end.
    package func list(after: String = "", limit: Int = TenantLimits.page, erased: Bool = false) async throws(TenantError) -> (
        tenants: [TenantRecord], next: String?
    ) {
        let limit = min(max(1, limit), TenantLimits.page)
        let page = try await asking { () throws(StorageError) in try await store.tenants(after: after, limit: limit) }
        return (page.filter { erased || !$0.isErased }, page.count == limit ? page.last?.id : nil)
    }

    // MARK: Changing

    /// - Parameter actor: who asked for it, for the audit.
    package func create(_ new: NewTenant, actor: AuditActor, now: Instant) async throws(TenantError) -> TenantRecord {
        if let parent = new.parent {
            // Partners are found by one look at a tenant: there are no grandchildren.
            guard let above = try await stored(parent), !above.isErased, above.parent == nil else {
                throw .field(name: "parent_id", problem: "must be a tenant that has no parent itself")
            }
        }
        let record = try TenantRules.record(new, id: Self.prefix + hexadecimal(random.bytes(16)), now: now)
        try await add(record, actor: actor)
        return record
    }

    private func add(_ record: TenantRecord, actor: AuditActor) async throws(TenantError) {
        let entry = AuditRecord(
            at: record.createdAt, action: .tenantCreated, by: actor, of: record.id,
            details: [
                "performance_tier": record.performanceTier.rawValue, "isolation_level": record.isolationLevel.rawValue,
                "billing_tier": record.priceTier.rawValue,
            ].merging(record.parent.map { ["parent_id": $0] } ?? [:]) { $1 })
        changes += 1
        let added = try await asking { () throws(StorageError) in try await store.addTenant(record, audit: entry, most: TenantLimits.tenants) }
        switch added {
        case .added: keep(record)
        // 128 random bits that were drawn before, or the default tenant twice: neither happens to a caller.
        case .idTaken: throw .storage(.exists("tenant \(record.id)"))
        case .domainTaken: throw .domainTaken(record.domain ?? "")
        case .tooMany: throw .tooMany(limit: TenantLimits.tenants)
        }
    }

    /// An update that changes nothing is none: no audit entry, and `updatedAt` stays.
    package func update(_ id: String, _ update: TenantUpdate, ceiling: AllocationCeiling, actor: AuditActor, now: Instant) async throws(TenantError)
        -> TenantChange
    {
        try await change(id, events: { TenantEvents.events(from: $0, to: $1, actor: actor.id) }) { record, _ throws(TenantError) in
            let changed = try TenantRules.apply(update, to: record, ceiling: ceiling, now: now)
            let change = TenantChange(before: record, after: changed)
            guard !change.isEmpty else { return nil }
            var details: [String: String] = [:]
            details["performance_tier"] = change.performanceTier?.rawValue
            details["quantum_allocation"] = change.quantumAllocation.map(String.init)
            if !change.newCapabilities.isEmpty { details["new_capabilities"] = change.newCapabilities.map(\.rawValue).joined(separator: " ") }
            if !change.lostCapabilities.isEmpty { details["lost_capabilities"] = change.lostCapabilities.map(\.rawValue).joined(separator: " ") }
            for plan in change.plans { details["plan_\(plan.family.rawValue)"] = plan.name }
            return (changed, AuditRecord(at: now, action: .tenantUpdated, by: actor, of: id, details: details))
        }
    }

    /// Gives what there is at once. What is not there (workers of the tenant's own) is kept as asked for, and stays away.
    /// - Parameter executes: false: it is planned and nothing changes.
    package func scale(
        _ id: String, _ asked: TenantScaling, ceiling: AllocationCeiling, executes: Bool, actor: AuditActor, now: Instant
    ) async throws(TenantError) -> (id: String, plan: TenantScalingPlan) {
        let number = "scale_" + hexadecimal(random.bytes(16))
        guard executes else { return (number, try TenantRules.plan(asked, for: try await tenant(id), ceiling: ceiling)) }
        let change = try await change(id) { record, _ throws(TenantError) in
            let plan = try TenantRules.plan(asked, for: record, ceiling: ceiling)
            let changed = TenantRules.apply(plan, to: record, now: now)
            guard changed != record else { return nil }
            var details = ["scaling_id": number, "scaling_type": asked.part.rawValue, "quantum_qubits": "\(plan.there.qubits)"]
            if plan.isComputeMeant { details["compute_instances_asked"] = "\(plan.target.instances)" }
            return (changed, AuditRecord(at: now, action: .tenantScaled, by: actor, of: id, details: details))
        }
        return (number, try TenantRules.plan(asked, for: change.before, ceiling: ceiling))
    }

    /// Leaves a tombstone. Nobody can use the tenant any more and no session of it can be made; the rows and files of sessions that
    /// are over, and its audit, stay.
    /// - Throws: `sessionsRunning` while one of its sessions is not over.
    package func erase(_ id: String, actor: AuditActor, now: Instant) async throws(TenantError) -> TenantRecord {
        guard id != Self.defaultID else { throw .defaultCannotBeErased }
        return try await change(id) { record, running throws(TenantError) in
            guard running == 0 else { throw .sessionsRunning(count: running) }
            return (TenantRules.tombstone(of: record, now: now), AuditRecord(at: now, action: .tenantErased, by: actor, of: id))
        }.after
    }

    private func change(
        _ id: String, events: @escaping @Sendable (_ before: TenantRecord, _ after: TenantRecord) -> [OutboxEvent] = { _, _ in [] },
        _ work: @escaping @Sendable (TenantRecord, Int) throws(TenantError) -> (record: TenantRecord, audit: AuditRecord)?
    ) async throws(TenantError) -> TenantChange {
        changes += 1
        let result = try await asking { () throws(StorageError) in
            try await store.changeTenant(id, events: events) { record, running in
                Result { () throws(TenantError) in
                    if record.isErased { throw .notFound(id: id) }
                    return try work(record, running)
                }
            }
        }
        guard let result else { throw .notFound(id: id) }
        let (before, after) = try result.get()
        // Two changes of one tenant may come back in another order than they were made in.
        changes += 1
        known.withLock { $0[id] = nil }
        return TenantChange(before: before, after: after)
    }

    private func keep(_ record: TenantRecord) {
        known.withLock { if $0.count < TenantLimits.cached { $0[record.id] = record } }
    }

    private func asking<Value: Sendable>(_ work: () async throws(StorageError) -> Value) async throws(TenantError) -> Value {
        do { return try await work() } catch { throw .storage(error) }
    }
}
