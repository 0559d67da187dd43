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
                try await commits.write { database in
                    try Self.insert(record, digest, isFile ? nil : Data(body), session, tenant, database)
                })
        } catch { outcome = .failure(error) }
        if isFile {
            held.release(digest)
            if case .success(.stored) = outcome {} else { try? await removeFiles([digest]) }
        }
        return try outcome.get()
    }

    private static func insert(
        _ record: ContributionRecord, _ digest: String, _ body: Data?, _ session: String, _ tenant: String, _ database: Database
    ) throws -> StoredContribution {
        if let stored = try Data.fetchOne(
            database, sql: "SELECT record FROM contribution WHERE session = ? AND round = ? AND attempt = ? AND client = ?",
            arguments: [session, record.round, record.attempt, record.client])
        {
            let existing = try decode(ContributionRecord.self, stored)
            return existing.digest == record.digest ? .again(existing) : .conflict(existing: existing)
        }
        let key: StatementArguments = [tenant, session, record.round, record.attempt, record.client]
        try database.execute(sql: "INSERT INTO contribution VALUES (?, ?, ?, ?, ?, ?)", arguments: key + [try encode(record)])
        try database.execute(sql: "INSERT INTO update_body VALUES (?, ?, ?, ?, ?, ?, ?)", arguments: key + [digest, body])
        return .stored(record)
    }

    package func contribution(_ key: ContributionKey) async throws(StorageError) -> KeptContribution? {
        try await commits.read { database in
            guard
                let stored = try Data.fetchOne(
                    database,
                    sql: "SELECT record FROM contribution WHERE session = ? AND tenant = ? AND round = ? AND attempt = ? AND client = ?",
                    arguments: [key.session, key.tenant, key.round, key.attempt, key.client])
            else { return nil }
            let round = try Data.fetchOne(
                database, sql: "SELECT record FROM round WHERE session = ? AND round = ? AND attempt = ?",
                arguments: [key.session, key.round, key.attempt]
            ).map { try decode(RoundRecord.self, $0) }
            return KeptContribution(
                record: try decode(ContributionRecord.self, stored), counts: round?.sealed?.contains(key.client) ?? true)
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
            throw .corrupt(path: "tutti.sqlite", problem: "the update \(digest) does not have the digest it was stored with")
        }
        return body
    }

    package func contributionPart(_ key: ContributionKey, _ range: Range<Int>) throws(StorageError) -> [UInt8]? {
        // SQLite counts bytes from 1.
        guard let (digest, body) = try place(key, "substr(body, \(range.lowerBound + 1), \(range.count))") else { return nil }
        if let body { return body }
        guard let part = try updates.part(digest, range) else { throw .corrupt(path: "updates/\(digest)", problem: "it is missing") }
        return part
    }

    /// Digest of a body, and `column` of its row, which is nil when it is a file.
    private func place(_ key: ContributionKey, _ column: String) throws(StorageError) -> (digest: String, body: [UInt8]?)? {
        try commits.readNow { database in
            try Row.fetchOne(
                database,
                sql: """
                    SELECT sha256, \(column) AS body FROM update_body
                    WHERE session = ? AND tenant = ? AND round = ? AND attempt = ? AND client = ?
                    """, arguments: [key.session, key.tenant, key.round, key.attempt, key.client]
            ).map { row in (row["sha256"], (row["body"] as Data?).map { [UInt8]($0) }) }
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
