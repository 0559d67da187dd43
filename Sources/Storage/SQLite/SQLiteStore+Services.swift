import Federation
import Foundation
internal import GRDB

extension SQLiteStore: ServiceStore {
    package func serviceStates() async throws(StorageError) -> [ServiceStateRecord] {
        try await commits.read { [rows] database in
            try rows.fetch(.serviceState, database, where: "1 ORDER BY service", []).map { try $0.record(ServiceStateRecord.self) }
        }
    }

    package func putServiceState(_ record: ServiceStateRecord, audit: AuditRecord, tenant: String) async throws(StorageError) -> Bool {
        try await commits.write { [rows] database in
            let before = try rows.fetchOne(.serviceState, database, where: "service = ?", [record.service])?.record(ServiceStateRecord.self)
            guard (before?.isOpen ?? true) != record.isOpen else { return false }
            try rows.put(["tenant": record.tenant, "service": record.service, "record": try Storage.encode(record)], into: .serviceState, database)
            try rows.append(audit, tenant, database)
            return true
        }
    }
}
