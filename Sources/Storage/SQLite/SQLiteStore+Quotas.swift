internal import Federation
import Foundation
internal import GRDB

extension SQLiteStore: QuotaStore {
    package func quotaWindows() async throws(StorageError) -> [QuotaWindowRecord] {
        try await commits.read { [rows] database in
            try rows.fetch(.quotaWindow, database, where: "1 ORDER BY tenant, principal, family").map { row in
                QuotaWindowRecord(
                    key: QuotaWindowKey(tenant: try row.text("tenant"), principal: try row.text("principal"), family: try row.text("family")),
                    openedAt: Instant(milliseconds: try row.number("opened_ms")), used: Int(clamping: try row.number("used")))
            }
        }
    }

    package func storeQuotaWindows(_ windows: [QuotaWindowRecord], removing: [QuotaWindowKey]) async throws(StorageError) {
        try await commits.write { [rows] database in
            for key in removing {
                try database.cachedStatement(sql: "DELETE FROM quota_window WHERE tenant = ? AND principal = ? AND family = ?")
                    .execute(arguments: [key.tenant, key.principal, key.family])
            }
            for window in windows {
                try rows.put(
                    [
                        "tenant": window.key.tenant, "principal": window.key.principal, "family": window.key.family,
                        "opened_ms": window.openedAt.milliseconds, "used": Int64(window.used),
                    ], into: .quotaWindow, database)
            }
        }
    }
}
