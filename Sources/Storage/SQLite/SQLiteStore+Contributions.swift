package import Federation
import Foundation
internal import CryptoSuite
internal import GRDB

extension SQLiteStore: ContributionStore {
    package func storeContribution(
        _ record: ContributionRecord, body: [UInt8], session: String, tenant: String
    ) async throws(StorageError) -> StoredContribution {
        let digest = hexadecimal(suite.sha256(body))
        let isFile = body.count > inlineBytes
        if isFile {
            held.hold(digest)
            do throws(StorageError) { try await updates.put(body, digest: digest) } catch {
                held.release(digest)
                throw error
            }
        }
        let outcome: Result<StoredContribution, StorageError>
        do throws(StorageError) {
            outcome = .success(
                try await commits.write { [rows] database in
                    try rows.insert(record, digest, isFile ? nil : Data(body), session, tenant, database)
                })
        } catch { outcome = .failure(error) }
        if isFile {
            held.release(digest)
            if case .success(.stored) = outcome {} else { try? await removeFiles([digest]) }
        }
        return try outcome.get()
    }

    package func contribution(_ key: ContributionKey) async throws(StorageError) -> KeptContribution? {
        try await commits.read { [rows] database in
            guard
                let stored = try rows.fetchOne(
                    .contribution, database, where: "session = ? AND tenant = ? AND round = ? AND attempt = ? AND client = ?",
                    [key.session, key.tenant, key.round, key.attempt, key.client])
            else { return nil }
            let round = try rows.fetchOne(
                .round, database, where: "session = ? AND round = ? AND attempt = ?", [key.session, key.round, key.attempt]
            )?.record(RoundRecord.self)
            return KeptContribution(
                record: try stored.record(ContributionRecord.self), counts: round?.sealed?.contains(key.client) ?? true)
        }
    }

    // MARK: Bodies

    package func contributionBody(_ key: ContributionKey) throws(StorageError) -> [UInt8]? {
        guard let (digest, body) = try place(key, "body") else { return nil }
        guard let body else {
            guard let content = try updates.content(digest) else {
                throw .corrupt(path: "updates/\(digest)", problem: "it is missing")
            }
            return content
        }
        guard hexadecimal(suite.sha256(body)) == digest else {
            throw .damagedRow(table: "update_body", key: key.path, problem: "its content does not have the digest it was stored with")
        }
        return body
    }

    package func contributionPart(_ key: ContributionKey, _ range: Range<Int>) throws(StorageError) -> [UInt8]? {
        guard range.lowerBound >= 0 else { throw .corrupt(path: "update \(key.path)", problem: "byte \(range.lowerBound) is needed") }
        // SQLite counts bytes from 1.
        guard let (digest, body) = try place(key, "substr(body, \(range.lowerBound + 1), \(range.count))") else { return nil }
        if let body {
            guard body.count == range.count else {
                throw .damagedRow(table: "update_body", key: key.path, problem: "its content is shorter than byte \(range.upperBound), which is needed")
            }
            return body
        }
        guard let part = try updates.part(digest, range) else { throw .corrupt(path: "updates/\(digest)", problem: "it is missing") }
        return part
    }

    /// Digest of a body, and `column` of its row, which is nil when it is a file.
    private func place(_ key: ContributionKey, _ column: String) throws(StorageError) -> (digest: String, body: [UInt8]?)? {
        let condition = "session = ? AND tenant = ? AND round = ? AND attempt = ? AND client = ?"
        let arguments: StatementArguments = [key.session, key.tenant, key.round, key.attempt, key.client]
        return try commits.readNow { [rows] database in
            guard let row = try rows.fetchOne(.updateBody, database, where: condition, arguments) else { return nil }
            let content = try DatabaseValue.fetchOne(database, sql: "SELECT \(column) FROM update_body WHERE \(condition)", arguments: arguments)
            guard let content, !content.isNull else { return (try row.text("sha256"), nil) }
            guard let data = Data.fromDatabaseValue(content) else {
                throw StorageError.damagedRow(table: "update_body", key: row.key, problem: "its content is no content")
            }
            return (try row.text("sha256"), [UInt8](data))
        }
    }

    package func discardContributions(session: String, tenant: String, throughRound: Int) async throws(StorageError) {
        let files = try await commits.write { database in
            let arguments: StatementArguments = [session, tenant, throughRound]
            let files = try String.fetchAll(
                database,
                sql: "SELECT DISTINCT sha256 FROM update_body WHERE session = ? AND tenant = ? AND round <= ? AND body IS NULL",
                arguments: arguments)
            try database.execute(sql: "DELETE FROM update_body WHERE session = ? AND tenant = ? AND round <= ?", arguments: arguments)
            return files
        }
        if !files.isEmpty { try await removeFiles(files) }
    }

    /// Removes those files that no row refers to, and that nobody is about to refer to. Rows first and files afterwards:
    /// a crash in between leaves files without rows, which the next start removes, and never a row without its file.
    private func removeFiles(_ digests: [String]) async throws(StorageError) {
        _ = try await commits.write { database in
            try digests.filter { digest in
                try Bool.fetchOne(
                    database, sql: "SELECT NOT EXISTS (SELECT 1 FROM update_body WHERE sha256 = ? AND body IS NULL)", arguments: [digest]) ?? false
            }
        } committed: { [held, updates] unneeded in
            for digest in unneeded { held.unlessHeld(digest) { updates.remove(digest) } }
        }
    }
}

extension ContributionKey {
    fileprivate var path: String { "\(session)/\(round)/\(attempt)/\(client)" }
}

extension SealedRows {
    fileprivate func insert(
        _ record: ContributionRecord, _ digest: String, _ body: Data?, _ session: String, _ tenant: String, _ database: Database
    ) throws -> StoredContribution {
        try need(session, tenant, database)
        let stored = try fetchOne(
            .contribution, database, where: "session = ? AND round = ? AND attempt = ? AND client = ?",
            [session, record.round, record.attempt, record.client])
        if let existing = try stored?.record(ContributionRecord.self) {
            return existing.digest == record.digest ? .again(existing) : .conflict(existing: existing)
        }
        var values: Values = [
            "tenant": tenant, "session": session, "round": record.round, "attempt": record.attempt, "client": record.client,
            "record": try encode(record),
        ]
        try insert(values, into: .contribution, database)
        (values["record"], values["sha256"], values["body"]) = (nil, digest, body)
        try insert(values, into: .updateBody, database)
        return .stored(record)
    }
}
