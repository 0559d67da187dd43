import Foundation
internal import GRDB

// What is looked at before a store is used.
extension SQLiteStore {
    private static let smallestPage = 4096

    /// The files as they lie there, before SQLite takes an empty database for a new one or a damaged log for a short one.
    static func examineFiles(_ path: String, creates: Bool) throws(StorageError) {
        if !creates {
            var status = stat()
            guard stat(path, &status) == 0 else { throw .corrupt(path: path, problem: "it is missing") }
            guard status.st_size > 0 else { throw .corrupt(path: path, problem: "it is empty") }
            // Below one page SQLite takes it for an empty database, and throws its log away.
            guard status.st_size >= smallestPage else { throw .corrupt(path: path, problem: "it is cut to \(status.st_size) bytes") }
        }
        try WriteAheadLog.examine(database: path)
    }

    /// Brings the tables to the present version, and verifies their structure and every row.
    static func prepare(_ database: Database, _ path: String, _ rows: SealedRows) throws {
        let version = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
        let application = try Int64.fetchOne(database, sql: "PRAGMA application_id") ?? 0
        guard version <= Schema.version else { throw StorageError.newer(path: path, version: version, known: Schema.version) }
        guard version >= 0, application == (version < 3 ? 0 : Schema.applicationID) else {
            throw StorageError.corrupt(path: path, problem: "it does not say that it is a coordinator's of version \(version)")
        }
        guard try version > 0 || Schema.statements(database).isEmpty else {
            throw StorageError.corrupt(path: path, problem: "it has tables and no version")
        }
        if let problem = try structure(database) { throw StorageError.corrupt(path: path, problem: problem) }
        try Schema.migrate(database, from: version, rows)
        if let problem = try schemaProblem(database, rows) { throw StorageError.corrupt(path: path, problem: problem) }
        for table in SealedTable.all {
            try rows.visit(table, database) { _ = try $0.get() }
        }
    }

    /// The first thing that SQLite itself finds wrong with pages, indexes and references; nil: nothing.
    private static func structure(_ database: Database) throws -> String? {
        if let problem = try String.fetchAll(database, sql: "PRAGMA integrity_check(1)").first(where: { $0 != "ok" }) { return problem }
        return try Row.fetchOne(database, sql: "PRAGMA foreign_key_check").map { _ in "a row belongs to nothing" }
    }

    /// A statement of the schema that is not what this version wrote.
    static func schemaProblem(_ database: Database, _ rows: SealedRows) throws -> String? {
        let present = try Schema.statements(database)
        let differing = try Schema.expected(rows).sorted { $0.key < $1.key }.first { present[$0.key] != $0.value }
        return differing.map { "the \($0.key) is not that of version \(Schema.version)" }
    }
}

/// What is wrong with a store that was about to be opened. Nothing was asked of it yet but what it must be able to do, so
/// what SQLite cannot make sense of is damage.
func openingError(_ error: any Error, _ path: String) -> StorageError {
    guard let database = error as? DatabaseError else { return storageError(error, path) }
    switch database.resultCode {
    case .SQLITE_ERROR, .SQLITE_SCHEMA, .SQLITE_MISMATCH, .SQLITE_CONSTRAINT, .SQLITE_FORMAT, .SQLITE_RANGE, .SQLITE_TOOBIG:
        return .corrupt(path: path, problem: database.message ?? "it cannot be read")
    default: return storageError(error, path)
    }
}
