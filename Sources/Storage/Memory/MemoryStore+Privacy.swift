package import DifferentialPrivacy
package import Federation
import Synchronization

extension MemoryStore: PrivacyStore {
    package func pay(_ charge: PrivacyCharge, tenant: String) async throws(StorageError) -> Result<Double, PrivacyError> {
        tables.withLock { tables in
            do throws(PrivacyError) {
                var ledger = try tables.ledger(charge.members, release: charge.id, tenant)
                if let change = try ledger.pay(charge, tenant: tenant) {
                    for row in change.rows {
                        tables.privacyRows[MemoryKey(tenant, row.key.client, row.key.dataset)] = .init(tenant: tenant, value: row)
                    }
                    tables.releases[MemoryKey(tenant, change.record.id)] = change.record
                }
                return .success(ledger.spent(charge.members, tenant: tenant, delta: charge.budget.delta) ?? 0)
            } catch { return .failure(error) }
        }
    }

    package func past(_ members: [LedgerEntry], tenant: String) async throws(StorageError) -> RenyiCurve {
        // A ledger without releases has nothing to contradict.
        tables.withLock { tables in (try? tables.ledger(members, release: nil, tenant))?.past(members, tenant: tenant) ?? .zero }
    }

    package func ledger(tenant: String) async throws(StorageError) -> [LedgerRow] {
        tables.withLock { tables in tables.privacyRows.inOrder.filter { same($0.tenant, tenant) }.map(\.value) }
    }
}

extension MemoryStore.Tables {
    /// The part of the ledger that a decision needs.
    fileprivate func ledger(_ members: [LedgerEntry], release: String?, _ tenant: String) throws(PrivacyError) -> PrivacyLedger {
        let rows = Set(members).sorted().compactMap { privacyRows[MemoryKey(tenant, $0.client, $0.dataset)]?.value }
        let record = release.flatMap { releases[MemoryKey(tenant, $0)] }
        return try PrivacyLedger(rows: rows, records: record.map { [$0] } ?? [])
    }
}
