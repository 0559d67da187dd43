package import Federation
import Synchronization

extension MemoryStore: ModelStore {
    package func addModel(_ model: ModelRecord, audit: AuditRecord, most: Int) async throws(StorageError) -> ModelAddition {
        try change { (tables) throws(StorageError) in
            try tables.refuseErased(model.tenant)
            let own = tables.models.values.filter { same($0.tenant, model.tenant) }
            let failed = own.first { same($0.name, model.name) && same($0.version, model.version) }
            if let answer = failed?.answer(to: model) { return answer }
            if failed?.id != model.id, let other = tables.models[MemoryKey(model.tenant, model.id)] { return .conflict(existing: other) }
            guard own.count - (failed == nil ? 0 : 1) < most else { return .tooMany(own.count) }
            if let failed { tables.models[MemoryKey(failed.tenant, failed.id)] = nil }
            tables.models[MemoryKey(model.tenant, model.id)] = model
            tables.audit.append(.init(tenant: model.tenant, value: audit))
            return .added
        }
    }

    package func model(_ id: String, tenant: String) async throws(StorageError) -> ModelRecord? { tables.withLock { $0.models[MemoryKey(tenant, id)] } }

    package func models(tenant: String, after: String, limit: Int) async throws(StorageError) -> [ModelRecord] {
        let found = tables.withLock { tables in
            tables.models.values.filter { same($0.tenant, tenant) && after.utf8.lexicographicallyPrecedes($0.id.utf8) }
        }
        return Array(found.sorted { MemoryKey($0.id) < MemoryKey($1.id) }.prefix(max(0, limit)))
    }

    package func pendingModels(limit: Int) async throws(StorageError) -> [ModelRecord] {
        let found = tables.withLock { tables in tables.models.values.filter { $0.status == .pending && !$0.waits } }
        return Array(
            found.sorted { ($0.createdAt, MemoryKey($0.tenant, $0.id)) < ($1.createdAt, MemoryKey($1.tenant, $1.id)) }.prefix(max(0, limit)))
    }

    package func waitingModels(after: (tenant: String, id: String), limit: Int) async throws(StorageError) -> [ModelRecord] {
        let last = MemoryKey(after.tenant, after.id)
        let found = tables.withLock { tables in
            tables.models.values.filter { $0.status == .pending && $0.waits && last < MemoryKey($0.tenant, $0.id) }
        }
        return Array(found.sorted { MemoryKey($0.tenant, $0.id) < MemoryKey($1.tenant, $1.id) }.prefix(max(0, limit)))
    }

    package func changeModel(
        _ id: String, tenant: String, _ change: @escaping @Sendable (ModelRecord) -> (record: ModelRecord, audit: AuditRecord?)?
    ) async throws(StorageError) -> ModelRecord? {
        tables.withLock { tables in
            guard let record = tables.models[MemoryKey(tenant, id)] else { return nil }
            guard let next = change(record) else { return record }
            tables.models[MemoryKey(tenant, id)] = next.record
            if let audit = next.audit { tables.audit.append(.init(tenant: tenant, value: audit)) }
            return next.record
        }
    }

    package func removeModel(_ id: String, tenant: String, audit: AuditRecord) async throws(StorageError) -> ModelRemoval {
        tables.withLock { tables in
            guard var record = tables.models[MemoryKey(tenant, id)] else { return .missing }
            let open = tables.deployments.values.count { same($0.tenant, tenant) && same($0.model, id) && $0.state != .stopped }
            guard record.isNeeded(open) else {
                tables.models[MemoryKey(tenant, id)] = nil
                tables.audit.append(.init(tenant: tenant, value: audit))
                return .removed(record)
            }
            guard record.status != .archived else { return .archived(record) }
            record.status = .archived
            tables.models[MemoryKey(tenant, id)] = record
            tables.audit.append(.init(tenant: tenant, value: audit))
            return .archived(record)
        }
    }

    package func modelCount(sha256: String, tenant: String) async throws(StorageError) -> Int {
        tables.withLock { tables in tables.models.values.count { same($0.tenant, tenant) && $0.sha256 == sha256 } }
    }

    package func sessionsWithoutModel(after: String, limit: Int) async throws(StorageError) -> [SessionRecord] {
        let found = tables.withLock { tables in
            tables.sessions.values.map(\.record).filter { session in
                session.status.isFinal && after.utf8.lexicographicallyPrecedes(session.id.utf8)
                    && !tables.models.values.contains { $0.session.map { same($0, session.id) } ?? false && same($0.tenant, session.tenant) }
            }
        }
        return Array(found.sorted { MemoryKey($0.id) < MemoryKey($1.id) }.prefix(max(0, limit)))
    }

    // MARK: Deployments

    package func addDeployment(_ deployment: DeploymentRecord, audit: AuditRecord, most: Int) async throws(StorageError) -> Bool {
        try change { (tables) throws(StorageError) in
            try tables.refuseErased(deployment.tenant)
            guard tables.deployments.values.count(where: { same($0.tenant, deployment.tenant) }) < most else { return false }
            guard tables.deployments[MemoryKey(deployment.id)] == nil else { throw .exists("deployment \(deployment.id)") }
            tables.deployments[MemoryKey(deployment.id)] = deployment
            tables.audit.append(.init(tenant: deployment.tenant, value: audit))
            return true
        }
    }

    package func deployment(_ id: String, tenant: String) async throws(StorageError) -> DeploymentRecord? {
        tables.withLock { $0.deployments[MemoryKey(id)].flatMap { same($0.tenant, tenant) ? $0 : nil } }
    }

    package func deployments(tenant: String, limit: Int) async throws(StorageError) -> [DeploymentRecord] {
        let found = tables.withLock { tables in tables.deployments.values.filter { same($0.tenant, tenant) } }
        return Array(found.sorted { ($1.createdAt, MemoryKey($0.id)) < ($0.createdAt, MemoryKey($1.id)) }.prefix(max(0, limit)))
    }

    package func openDeployments(limit: Int) async throws(StorageError) -> [DeploymentRecord] {
        let found = tables.withLock { tables in tables.deployments.values.filter { $0.state != .stopped } }
        return Array(found.sorted { ($0.createdAt, MemoryKey($0.id)) < ($1.createdAt, MemoryKey($1.id)) }.prefix(max(0, limit)))
    }

    package func changeDeployment(
        _ id: String, tenant: String, _ change: @escaping @Sendable (DeploymentRecord) -> (record: DeploymentRecord, audit: AuditRecord?)?
    ) async throws(StorageError) -> DeploymentRecord? {
        tables.withLock { tables in
            guard let record = tables.deployments[MemoryKey(id)], same(record.tenant, tenant) else { return nil }
            guard let next = change(record) else { return record }
            tables.deployments[MemoryKey(id)] = next.record
            if let audit = next.audit { tables.audit.append(.init(tenant: tenant, value: audit)) }
            return next.record
        }
    }
}
