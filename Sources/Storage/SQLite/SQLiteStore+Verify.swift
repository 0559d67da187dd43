package import CryptoSuite
internal import DifferentialPrivacy
internal import Federation
import Foundation
internal import GRDB

/// What a look at every row and every blob found.
package struct StoreReport: Sendable, Equatable {
    /// Rows by table, and the files below `blobs` and `updates`.
    package var counts: [String: Int] = [:]
    package var bytesVerified: Int64 = 0
    /// Each in words, with the row or file it is in.
    package var damages: [String] = []
    package init() {}
}

extension SQLiteStore {
    /// Reads everything there is: SQLite's own structure, every row's seal and record, the digest of every body, every
    /// blob that a record names, and every blob's own digest. Changes nothing. Memory: one body at a time.
    /// - Parameter folder: the coordinator's data folder.
    package func verify(folder: String, suite: CryptoSuite) async throws(StorageError) -> StoreReport {
        var contents = try await commits.read { [rows] in try StoredContents(of: $0, rows) }
        try contents.verifyFiles(in: folder, suite)
        return contents.report
    }
}

/// All that a database says, and which files it needs.
struct StoredContents {
    var report = StoreReport()
    /// Paths below the folder, with the row that needs each.
    private(set) var wanted: [String: String] = [:]

    init(of database: Database, _ rows: SealedRows) throws {
        for problem in try String.fetchAll(database, sql: "PRAGMA integrity_check") where problem != "ok" {
            report.damages.append("tutti.sqlite: \(problem)")
        }
        for row in try Row.fetchAll(database, sql: "PRAGMA foreign_key_check") {
            report.damages.append("tutti.sqlite: a row of \(String.fromDatabaseValue(row[0] as DatabaseValue) ?? "a table") belongs to nothing")
        }
        if let problem = try SQLiteStore.schemaProblem(database, rows) { report.damages.append("tutti.sqlite: \(problem)") }
        for table in SealedTable.all {
            var count = 0
            try rows.visit(table, database) { result in
                count += 1
                do { try examine(try result.get(), database, rows) } catch { report.damages.append("\(error)") }
            }
            report.counts[table.name] = count
        }
        report.damages += try Self.auditDamages(database, rows)
    }

    private mutating func examine(_ row: SealedRow, _ database: Database, _ rows: SealedRows) throws {
        func need(_ path: String, for owner: String) { wanted[path] = owner }
        switch row.table.name {
        case SealedTable.session.name:
            let session = try row.record(SessionRecord.self)
            if let model = row.optionalText("initial_model") { need("blobs/\(model)", for: "session \(session.id)") }
            if let model = session.warmStart { need("blobs/\(model)", for: "session \(session.id)") }
            if let receipt = session.receipt { need("blobs/\(receipt)", for: "the receipt of session \(session.id)") }
            if let set = try row.optionalRecord(EvaluationSetRecord.self, "evaluation_set") {
                need("blobs/\(set.file)", for: "the test set of session \(session.id)")
            }
            _ = try row.optionalRecord(EvaluationRecord.self, "evaluation")
        case SealedTable.round.name:
            let round = try row.record(RoundRecord.self)
            for blob in [round.outcome?.model, round.outcome?.state].compactMap({ $0 }) { need("blobs/\(blob)", for: "round \(row.key)") }
        case SealedTable.updateBody.name: try examineBody(row, database, rows)
        case SealedTable.member.name: _ = try row.record(MemberRecord.self)
        case SealedTable.contribution.name: _ = try row.record(ContributionRecord.self)
        case SealedTable.node.name: _ = try row.record(NodeRecord.self)
        case SealedTable.apiKey.name: _ = try row.record(APIKeyRecord.self)
        case SealedTable.audit.name: _ = try row.record(AuditRecord.self)
        case SealedTable.auditLeaf.name: _ = try row.hash()
        case SealedTable.auditTree.name: _ = try row.frontier()
        case SealedTable.privacyRow.name: _ = try row.record(LedgerRow.self)
        case SealedTable.release.name: _ = try row.record(ReleaseRecord.self)
        case SealedTable.token.name: _ = try row.token()
        case SealedTable.tenant.name: _ = try row.record(TenantRecord.self)
        case SealedTable.job.name: _ = try row.record(JobRecord.self)
        case SealedTable.artifact.name:
            let artifact = try row.record(ArtifactRecord.self)
            need("artifacts/\(artifact.digest)", for: "artifact \(row.key)")
        case SealedTable.tenantKey.name: _ = try row.record(TenantKeyRecord.self)
        case SealedTable.webhook.name: _ = try row.record(WebhookRecord.self)
        case SealedTable.delivery.name: _ = try row.record(DeliveryRecord.self)
        case SealedTable.deliveryAttempt.name: _ = try row.record(AttemptRecord.self)
        case SealedTable.lease.name: _ = try row.record(LeaseRecord.self)
        case SealedTable.solverRun.name: _ = try row.record(SolverRunRecord.self)
        case SealedTable.benchmark.name: _ = try row.record(BenchmarkRecord.self)
        case SealedTable.logEntry.name: _ = try row.record(LogRecord.self)
        default: break
        }
    }

    private mutating func examineBody(_ row: SealedRow, _ database: Database, _ rows: SealedRows) throws {
        let digest = try row.text("sha256")
        let content = try DatabaseValue.fetchOne(
            database, sql: "SELECT body FROM update_body WHERE session = ? AND round = ? AND attempt = ? AND client = ?",
            arguments: StatementArguments(row.table.key.map { row.value($0) }))
        guard let content, !content.isNull else {
            wanted["updates/\(digest)"] = "contribution \(row.key)"
            return
        }
        guard let body = Data.fromDatabaseValue(content), hexadecimal(rows.suite.sha256([UInt8](body))) == digest else {
            throw StorageError.damagedRow(table: row.table.name, key: row.key, problem: "its content does not have the digest it was stored with")
        }
        report.bytesVerified += Int64(body.count)
    }

    /// Every file below `blobs`, `updates` and `artifacts` against its name, and whether all are there that rows name.
    mutating func verifyFiles(in folder: String, _ suite: CryptoSuite) throws(StorageError) {
        var present: Set<String> = []
        for kind in ["blobs", "updates", "artifacts"] {
            var names: [String] = []
            do { names = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(kind)").sorted() } catch {
                guard !FileManager.default.fileExists(atPath: "\(folder)/\(kind)") else { throw .io(path: "\(folder)/\(kind)", problem: "\(error)") }
            }
            report.counts[kind] = names.count
            for name in names {
                present.insert("\(kind)/\(name)")
                do throws(StorageError) { report.bytesVerified += Int64(try FileBlobStore.verified("\(folder)/\(kind)", name, suite).count) } catch {
                    report.damages.append("\(kind)/\(name): \(error)")
                }
            }
        }
        for (path, owner) in wanted.sorted(by: { $0.key < $1.key }) where !present.contains(path) {
            report.damages.append("\(path): it is missing, and \(owner) needs it")
        }
    }
}
