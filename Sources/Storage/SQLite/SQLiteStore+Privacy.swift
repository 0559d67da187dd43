package import DifferentialPrivacy
package import Federation
import Foundation
internal import GRDB

extension SQLiteStore: PrivacyStore {
    package func pay(_ charge: PrivacyCharge, tenant: String) async throws(StorageError) -> Result<Double, PrivacyError> {
        let paid: Result<PrivacyLedger, PrivacyError> = try await commits.write { [rows] database in
            do {
                var ledger = try rows.ledger(charge.members, release: charge.id, tenant, database)
                guard let change = try ledger.pay(charge, tenant: tenant) else { return .success(ledger) }
                for row in change.rows {
                    try rows.put(
                        ["tenant": tenant, "client": row.key.client, "dataset": row.key.dataset, "record": try encode(row)],
                        into: .privacyRow, database)
                }
                try rows.insert(["tenant": tenant, "id": change.record.id, "record": try encode(change.record)], into: .release, database)
                return .success(ledger)
            } catch let error as PrivacyError { return .failure(error) }
        }
        return paid.map { $0.spent(charge.members, tenant: tenant, delta: charge.budget.delta) ?? 0 }
    }

    package func past(_ members: [LedgerEntry], tenant: String) async throws(StorageError) -> RenyiCurve {
        try await commits.read { [rows] database in try rows.ledger(members, release: nil, tenant, database).past(members, tenant: tenant) }
    }

    package func ledger(tenant: String) async throws(StorageError) -> [LedgerRow] {
        try await commits.read { [rows] database in
            try rows.fetch(.privacyRow, database, where: "tenant = ? ORDER BY client, dataset", [tenant]).map { try $0.record(LedgerRow.self) }
        }
    }
}

extension SealedRows {
    /// The part of the ledger that a decision needs.
    fileprivate func ledger(_ members: [LedgerEntry], release: String?, _ tenant: String, _ database: Database) throws -> PrivacyLedger {
        var rows: [LedgerRow] = []
        for member in Set(members).sorted() {
            let stored = try fetchOne(
                .privacyRow, database, where: "tenant = ? AND client = ? AND dataset = ?", [tenant, member.client, member.dataset])
            if let stored { rows.append(try stored.record(LedgerRow.self)) }
        }
        let record = try release.flatMap { id in
            try fetchOne(.release, database, where: "tenant = ? AND id = ?", [tenant, id])?.record(ReleaseRecord.self)
        }
        return try PrivacyLedger(rows: rows, records: record.map { [$0] } ?? [])
    }
}
