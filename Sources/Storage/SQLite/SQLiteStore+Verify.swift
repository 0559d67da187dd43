package import CryptoSuite
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
    /// Reads everything there is: SQLite's own structure, every record, the digest of every body, every blob that a
    /// record names, and every blob's own digest. Changes nothing. Memory: one body at a time.
    /// - Parameter folder: the coordinator's data folder.
    package func verify(folder: String, suite: CryptoSuite) async throws(StorageError) -> StoreReport {
        let (rows, wanted) = try await commits.read { try Self.verifyRows($0, suite) }
        var report = rows
        var present: Set<String> = []
        for (kind, files) in [("blobs", blobs), ("updates", updates)] {
            let names: [String]
            do { names = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(kind)").sorted() } catch {
                throw .io(path: "\(folder)/\(kind)", problem: "\(error)")
            }
            report.counts[kind] = names.count
            for name in names {
                present.insert("\(kind)/\(name)")
                do throws(StorageError) {
                    guard let content = try await files.get(name) else {
                        report.damages.append("\(kind)/\(name): it is not named by a SHA-256")
                        continue
                    }
                    report.bytesVerified += Int64(content.count)
                } catch { report.damages.append("\(kind)/\(name): \(error)") }
            }
        }
        for (path, owner) in wanted.sorted(by: { $0.key < $1.key }) where !present.contains(path) {
            report.damages.append("\(path): it is missing, and \(owner) needs it")
        }
        return report
    }

    private static func verifyRows(_ database: Database, _ suite: CryptoSuite) throws -> (StoreReport, wanted: [String: String]) {
        var report = StoreReport()
        var wanted: [String: String] = [:]
        for problem in try String.fetchAll(database, sql: "PRAGMA integrity_check") where problem != "ok" {
            report.damages.append("tutti.sqlite: \(problem)")
        }
        for row in try Row.fetchAll(database, sql: "PRAGMA foreign_key_check") {
            report.damages.append("tutti.sqlite: a row of \(row["table"] as String? ?? "a table") belongs to nothing")
        }
        for table in ["session", "member", "round", "contribution", "update_body", "node", "api_key"] {
            let rows = try Row.fetchCursor(database, sql: "SELECT * FROM \(table)")
            var count = 0
            while let row = try rows.next() {
                count += 1
                do { try verify(row, of: table, suite, &report, &wanted) } catch {
                    report.damages.append("tutti.sqlite: \(table) \(name(row)): \(error)")
                }
            }
            report.counts[table] = count
        }
        return (report, wanted)
    }

    private static func verify(
        _ row: Row, of table: String, _ suite: CryptoSuite, _ report: inout StoreReport, _ wanted: inout [String: String]
    ) throws {
        func differs(_ what: String) { report.damages.append("tutti.sqlite: \(table) \(name(row)): its \(what) is not that of its record") }
        if table == "update_body" {
            let digest: String = row["sha256"]
            if let body = row["body"] as Data? {
                report.bytesVerified += Int64(body.count)
                if hexadecimal(suite.sha256([UInt8](body))) != digest { differs("content") }
            } else {
                wanted["updates/\(digest)"] = "contribution \(name(row))"
            }
            return
        }
        let record: Data = row["record"]
        switch table {
        case "session":
            let session = try decode(SessionRecord.self, record)
            if session.id != row["id"] || session.tenant != row["tenant"] { differs("key") }
            if let model = row["initial_model"] as String? { wanted["blobs/\(model)"] = "session \(session.id)" }
            if let model = session.warmStart { wanted["blobs/\(model)"] = "session \(session.id)" }
            if let set = row["evaluation_set"] as Data? {
                let file = try decode(EvaluationSetRecord.self, set).file
                wanted["blobs/\(file)"] = "the test set of session \(session.id)"
            }
        case "member": _ = try decode(MemberRecord.self, record)
        case "round":
            let round = try decode(RoundRecord.self, record)
            if round.round != row["round"] || round.attempt != row["attempt"] || round.state.rawValue != row["state"] { differs("key or state") }
            for blob in [round.outcome?.model, round.outcome?.state].compactMap({ $0 }) { wanted["blobs/\(blob)"] = "round \(name(row))" }
        case "contribution":
            let contribution = try decode(ContributionRecord.self, record)
            if contribution.client != row["client"] { differs("key") }
        case "node": _ = try decode(NodeRecord.self, record)
        default: _ = try decode(APIKeyRecord.self, record)
        }
    }

    /// The columns that tell one row from another.
    private static func name(_ row: Row) -> String {
        ["id", "session", "round", "attempt", "client", "name"].compactMap { column in
            row.hasColumn(column) ? (row[column] as DatabaseValue?).map { "\($0)" } : nil
        }.joined(separator: "/")
    }
}
