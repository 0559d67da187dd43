package import DifferentialPrivacy
package import Federation
import Foundation
internal import GRDB

extension SQLiteStore: PrivacyStore {
    package func pay(_ charge: PrivacyCharge, tenant: String) async throws(StorageError) -> Result<Double, PrivacyError> {
        let paid: Result<PrivacyLedger, PrivacyError> = try await commits.write { database in
            do {
                var ledger = try Self.ledger(charge.members, release: charge.id, tenant, database)
                guard let change = try ledger.pay(charge, tenant: tenant) else { return .success(ledger) }
                for row in change.rows {
                    try database.execute(
                        sql: "INSERT INTO privacy_row VALUES (?, ?, ?, ?) ON CONFLICT (tenant, client, dataset) DO UPDATE SET record = excluded.record",
                        arguments: [tenant, row.key.client, row.key.dataset, try encode(row)])
                }
                try database.execute(
                    sql: "INSERT INTO privacy_release VALUES (?, ?, ?)", arguments: [tenant, change.record.id, try encode(change.record)])
                return .success(ledger)
            } catch let error as PrivacyError { return .failure(error) }
        }
        return paid.map { $0.spent(charge.members, tenant: tenant, delta: charge.budget.delta) ?? 0 }
    }

    package func past(_ members: [LedgerEntry], tenant: String) async throws(StorageError) -> RenyiCurve {
        try await commits.read { database in try Self.ledger(members, release: nil, tenant, database).past(members, tenant: tenant) }
    }

    package func ledger(tenant: String) async throws(StorageError) -> [LedgerRow] {
        try await commits.read { database in
            try Data.fetchAll(database, sql: "SELECT record FROM privacy_row WHERE tenant = ? ORDER BY client, dataset", arguments: [tenant])
                .map { try decode(LedgerRow.self, $0) }
        }
    }

    /// The part of the ledger that a decision needs.
    private static func ledger(_ members: [LedgerEntry], release: String?, _ tenant: String, _ database: Database) throws -> PrivacyLedger {
        var rows: [LedgerRow] = []
        for member in Set(members).sorted() {
            let stored = try Data.fetchOne(
                database, sql: "SELECT record FROM privacy_row WHERE tenant = ? AND client = ? AND dataset = ?",
                arguments: [tenant, member.client, member.dataset])
            if let stored { rows.append(try decode(LedgerRow.self, stored)) }
        }
        var records: [ReleaseRecord] = []
        if let release,
            let stored = try Data.fetchOne(
                database, sql: "SELECT record FROM privacy_release WHERE tenant = ? AND id = ?", arguments: [tenant, release])
        {
            records.append(try decode(ReleaseRecord.self, stored))
        }
        return try PrivacyLedger(rows: rows, records: records)
    }
}
