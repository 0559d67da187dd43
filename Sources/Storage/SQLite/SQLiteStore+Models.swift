package import Federation
import Foundation
internal import GRDB

extension SQLiteStore: ModelStore {
    package func addModel(_ model: ModelRecord, audit: AuditRecord, most: Int) async throws(StorageError) -> ModelAddition {
        try await commits.write { [rows] database in
            try rows.refuseErased(model.tenant, database)
            let failed = try rows.fetchOne(
                .model, database, where: "tenant = ? AND name = ? AND version = ?", [model.tenant, model.name, model.version]
            )?.record(ModelRecord.self)
            if let answer = failed?.answer(to: model) { return answer }
            if failed?.id != model.id, let other = try rows.model(model.id, model.tenant, database) {
                return .conflict(existing: try other.record(ModelRecord.self))
            }
            let count = try Int.fetchOne(database, sql: "SELECT count(*) FROM model WHERE tenant = ?", arguments: [model.tenant]) ?? 0
            guard count - (failed == nil ? 0 : 1) < most else { return .tooMany(count) }
            if let failed { try database.execute(sql: "DELETE FROM model WHERE tenant = ? AND id = ?", arguments: [model.tenant, failed.id]) }
            try rows.insert(try SealedRows.values(model), into: .model, database)
            try rows.append(audit, model.tenant, database)
            return .added
        }
    }

    package func model(_ id: String, tenant: String) async throws(StorageError) -> ModelRecord? {
        try await commits.read { [rows] in try rows.model(id, tenant, $0)?.record(ModelRecord.self) }
    }

    package func models(tenant: String, after: String, limit: Int) async throws(StorageError) -> [ModelRecord] {
        try await commits.read { [rows] database in
            try rows.fetch(.model, database, where: "tenant = ? AND id > ? ORDER BY id LIMIT ?", [tenant, after, max(0, limit)])
                .map { try $0.record(ModelRecord.self) }
        }
    }

    package func pendingModels(limit: Int) async throws(StorageError) -> [ModelRecord] {
        try await commits.read { [rows] database in
            try rows.fetch(.model, database, where: "status = 'pending' ORDER BY created_ms, tenant, id LIMIT ?", [max(0, limit)])
                .map { try $0.record(ModelRecord.self) }
        }
    }

    package func waitingModels(after: (tenant: String, id: String), limit: Int) async throws(StorageError) -> [ModelRecord] {
        let (tenant, id) = after
        return try await commits.read { [rows] database in
            try rows.fetch(
                .model, database, where: "status = 'waits' AND (tenant, id) > (?, ?) ORDER BY tenant, id LIMIT ?", [tenant, id, max(0, limit)]
            ).map { try $0.record(ModelRecord.self) }
        }
    }

    package func changeModel(
        _ id: String, tenant: String, _ change: @escaping @Sendable (ModelRecord) -> (record: ModelRecord, audit: AuditRecord?)?
    ) async throws(StorageError) -> ModelRecord? {
        try await commits.write { [rows] database in
            guard let row = try rows.model(id, tenant, database) else { return nil }
            let record = try row.record(ModelRecord.self)
            guard let next = change(record) else { return record }
            try rows.change(row, try SealedRows.values(next.record), database)
            if let audit = next.audit { try rows.append(audit, tenant, database) }
            return next.record
        }
    }

    package func removeModel(_ id: String, tenant: String, audit: AuditRecord) async throws(StorageError) -> ModelRemoval {
        try await commits.write { [rows] database in
            guard let row = try rows.model(id, tenant, database) else { return .missing }
            var record = try row.record(ModelRecord.self)
            let open =
                try Int.fetchOne(
                    database, sql: "SELECT count(*) FROM deployment WHERE tenant = ? AND model = ? AND state <> 'stopped'", arguments: [tenant, id]) ?? 0
            guard record.isNeeded(open) else {
                try database.execute(sql: "DELETE FROM model WHERE tenant = ? AND id = ?", arguments: [tenant, id])
                try rows.append(audit, tenant, database)
                return .removed(record)
            }
            guard record.status != .archived else { return .archived(record) }
            record.status = .archived
            try rows.change(row, try SealedRows.values(record), database)
            try rows.append(audit, tenant, database)
            return .archived(record)
        }
    }

    package func modelCount(sha256: String, tenant: String) async throws(StorageError) -> Int {
        try await commits.read { database in
            try Int.fetchOne(database, sql: "SELECT count(*) FROM model WHERE tenant = ? AND sha256 = ?", arguments: [tenant, sha256]) ?? 0
        }
    }

    package func sessionsWithoutModel(after: String, limit: Int) async throws(StorageError) -> [SessionRecord] {
        try await commits.read { [rows] database in
            try rows.fetch(
                .session, database,
                where: """
                    is_final = 1 AND id > ? AND NOT EXISTS (SELECT 1 FROM model m WHERE m.session = session.id AND m.tenant = session.tenant)
                    ORDER BY id LIMIT ?
                    """, [after, max(0, limit)]
            ).map { try $0.record(SessionRecord.self) }
        }
    }

    // MARK: Deployments

    package func addDeployment(_ deployment: DeploymentRecord, audit: AuditRecord, most: Int) async throws(StorageError) -> Bool {
        try await commits.write { [rows] database in
            try rows.refuseErased(deployment.tenant, database)
            let count = try Int.fetchOne(database, sql: "SELECT count(*) FROM deployment WHERE tenant = ?", arguments: [deployment.tenant]) ?? 0
            guard count < most else { return false }
            try rows.insert(try SealedRows.values(deployment), into: .deployment, database)
            try rows.append(audit, deployment.tenant, database)
            return true
        }
    }

    package func deployment(_ id: String, tenant: String) async throws(StorageError) -> DeploymentRecord? {
        try await commits.read { [rows] database in
            try rows.fetchOne(.deployment, database, where: "id = ? AND tenant = ?", [id, tenant])?.record(DeploymentRecord.self)
        }
    }

    package func deployments(tenant: String, limit: Int) async throws(StorageError) -> [DeploymentRecord] {
        try await commits.read { [rows] database in
            try rows.fetch(.deployment, database, where: "tenant = ? ORDER BY created_ms DESC, id LIMIT ?", [tenant, max(0, limit)])
                .map { try $0.record(DeploymentRecord.self) }
        }
    }

    package func openDeployments(limit: Int) async throws(StorageError) -> [DeploymentRecord] {
        try await commits.read { [rows] database in
            try rows.fetch(.deployment, database, where: "state <> 'stopped' ORDER BY created_ms, id LIMIT ?", [max(0, limit)])
                .map { try $0.record(DeploymentRecord.self) }
        }
    }

    package func changeDeployment(
        _ id: String, tenant: String, _ change: @escaping @Sendable (DeploymentRecord) -> (record: DeploymentRecord, audit: AuditRecord?)?
    ) async throws(StorageError) -> DeploymentRecord? {
        try await commits.write { [rows] database in
            guard let row = try rows.fetchOne(.deployment, database, where: "id = ? AND tenant = ?", [id, tenant]) else { return nil }
            let record = try row.record(DeploymentRecord.self)
            guard let next = change(record) else { return record }
            try rows.change(row, try SealedRows.values(next.record), database)
            if let audit = next.audit { try rows.append(audit, tenant, database) }
            return next.record
        }
    }
}

extension SealedRows {
    fileprivate func model(_ id: String, _ tenant: String, _ database: Database) throws -> SealedRow? {
        try fetchOne(.model, database, where: "id = ? AND tenant = ?", [id, tenant])
    }

    fileprivate static func values(_ model: ModelRecord) throws -> Values {
        [
            "tenant": model.tenant, "id": model.id, "name": model.name, "version": model.version, "status": model.waits ? "waits" : model.status.rawValue,
            "created_ms": model.createdAt.milliseconds, "sha256": model.sha256, "session": model.session, "record": try encode(model),
        ]
    }

    fileprivate static func values(_ deployment: DeploymentRecord) throws -> Values {
        [
            "tenant": deployment.tenant, "id": deployment.id, "model": deployment.model, "state": deployment.state.rawValue,
            "created_ms": deployment.createdAt.milliseconds, "record": try encode(deployment),
        ]
    }
}
