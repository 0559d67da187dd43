internal import CryptoSuite
import Foundation
internal import GRDB

/// A table of which every row ends in a seal: the SHA-256 of the table's name and of every column's type and value. SQLite
/// has no checksums of its own, and a bit that flips inside a row can leave another number that reads as well as the first.
struct SealedTable: Sendable {
    let name: String
    let key: [String]
    /// The key among them, in the order of the seal.
    let columns: [String]
    /// A column that is not sealed, because a digest of it is.
    var content: String?

    static let session = SealedTable(
        name: "session", key: ["id"],
        columns: ["tenant", "id", "created_ms", "is_final", "record", "initial_model", "evaluation", "evaluation_set"])
    static let member = SealedTable(name: "member", key: ["session", "client"], columns: ["tenant", "session", "client", "record"])
    static let round = SealedTable(
        name: "round", key: ["session", "round", "attempt"], columns: ["tenant", "session", "round", "attempt", "state", "record"])
    static let contribution = SealedTable(
        name: "contribution", key: ["session", "round", "attempt", "client"],
        columns: ["tenant", "session", "round", "attempt", "client", "record"])
    static let updateBody = SealedTable(
        name: "update_body", key: ["session", "round", "attempt", "client"],
        columns: ["tenant", "session", "round", "attempt", "client", "sha256"], content: "body")
    static let token = SealedTable(
        name: "enrolment_token", key: ["hash"], columns: ["hash", "tenant", "node", "expires_ms", "used_ms", "withdrawn_ms"])
    static let node = SealedTable(name: "node", key: ["tenant", "name"], columns: ["tenant", "name", "record"])
    static let apiKey = SealedTable(name: "api_key", key: ["id"], columns: ["id", "tenant", "record"])
    static let audit = SealedTable(name: "audit", key: ["number"], columns: ["number", "tenant", "record"])
    static let auditLeaf = SealedTable(name: "audit_leaf", key: ["tenant", "leaf"], columns: ["tenant", "leaf", "number", "hash"])
    static let auditTree = SealedTable(name: "audit_tree", key: ["tenant"], columns: ["tenant", "size", "frontier"])
    static let privacyRow = SealedTable(
        name: "privacy_row", key: ["tenant", "client", "dataset"], columns: ["tenant", "client", "dataset", "record"])
    static let release = SealedTable(name: "privacy_release", key: ["tenant", "id"], columns: ["tenant", "id", "record"])
    static let user = SealedTable(name: "user_account", key: ["id"], columns: ["id", "tenant", "name", "record"])
    static let oauthClient = SealedTable(name: "oauth_client", key: ["id"], columns: ["id", "tenant", "record"])
    static let login = SealedTable(name: "login", key: ["id"], columns: ["id", "tenant", "expires_ms", "record"])
    static let refreshToken = SealedTable(name: "refresh_token", key: ["hash"], columns: ["hash", "tenant", "login", "record"])
    /// What is known of the store itself.
    static let fact = SealedTable(name: "fact", key: ["name"], columns: ["name", "value"])

    static let tenant = SealedTable(name: "tenant", key: ["tenant"], columns: ["tenant", "domain", "record"])
    static let quotaWindow = SealedTable(
        name: "quota_window", key: ["tenant", "principal", "family"], columns: ["tenant", "principal", "family", "opened_ms", "used"])

    static let job = SealedTable(
        name: "job", key: ["id"], columns: ["tenant", "id", "type", "state", "created_ms", "finished_ms", "submission", "record"])
    static let jobCheckpoint = SealedTable(name: "job_checkpoint", key: ["job"], columns: ["tenant", "job", "content"])
    static let artifact = SealedTable(
        name: "artifact", key: ["tenant", "name"], columns: ["tenant", "name", "digest", "bytes", "expires_ms", "record"])

    static let seriesBlock = SealedTable(
        name: "series_block", key: ["tier", "number", "tenant", "series"], columns: ["tenant", "tier", "number", "series", "points"])
    static let logEntry = SealedTable(
        name: "log_entry", key: ["number"], columns: ["number", "tenant", "at_ms", "level", "service", "trace", "subject", "bytes", "record"])

    static let lease = SealedTable(
        name: "lease", key: ["id"], columns: ["tenant", "id", "allocated_ms", "expires_ms", "ended_ms", "record"])
    static let solverRun = SealedTable(name: "solver_run", key: ["id"], columns: ["tenant", "id", "ended_ms", "record"])
    static let benchmark = SealedTable(name: "solver_benchmark", key: ["id"], columns: ["tenant", "id", "measured_ms", "record"])

    static let model = SealedTable(
        name: "model", key: ["tenant", "id"], columns: ["tenant", "id", "name", "version", "status", "created_ms", "sha256", "session", "record"])
    static let deployment = SealedTable(name: "deployment", key: ["id"], columns: ["tenant", "id", "model", "state", "created_ms", "record"])

    static let serviceState = SealedTable(name: "service_state", key: ["service"], columns: ["tenant", "service", "record"])

    static let all = [
        session, member, round, contribution, updateBody, token, node, apiKey, audit, privacyRow, release, fact,
        auditLeaf, auditTree,
        user, oauthClient, login, refreshToken,
        tenant, quotaWindow,
        job, jobCheckpoint, artifact,
        tenantKey, webhook, outboxEvent, delivery, deliveryAttempt,
        seriesBlock, logEntry,
        vaultKey, seenKey,
        lease, solverRun,
        benchmark,
        model, deployment,
        keyExchange, exchangeParty,
        serviceState,
    ]
}

/// Reads and writes sealed rows.
struct SealedRows: Sendable {
    typealias Values = [String: (any DatabaseValueConvertible)?]
    let suite: CryptoSuite

    // MARK: Writing

    /// - Throws: a constraint's error when the key is taken.
    func insert(_ values: Values, into table: SealedTable, _ database: Database) throws {
        try write(values, table, "", database)
    }

    /// In the place of a row with the same key.
    func put(_ values: Values, into table: SealedTable, _ database: Database) throws {
        let changed = (table.columns + ["seal"]).filter { !table.key.contains($0) }.map { "\($0) = excluded.\($0)" }
        try write(values, table, " ON CONFLICT (\(table.key.joined(separator: ", "))) DO UPDATE SET \(changed.joined(separator: ", "))", database)
    }

    private func write(_ values: Values, _ table: SealedTable, _ conflict: String, _ database: Database) throws {
        let sealed = table.columns.map { Self.value(values, $0) }
        var (columns, arguments) = (table.columns + ["seal"], sealed + [Data(seal(table, sealed)).databaseValue])
        if let content = table.content {
            columns.append(content)
            arguments.append(Self.value(values, content))
        }
        let places = Array(repeating: "?", count: columns.count).joined(separator: ", ")
        try database.cachedStatement(sql: "INSERT INTO \(table.name) (\(columns.joined(separator: ", "))) VALUES (\(places))\(conflict)")
            .execute(arguments: StatementArguments(arguments))
    }

    private static func value(_ values: Values, _ column: String) -> DatabaseValue { (values[column] ?? nil)?.databaseValue ?? .null }

    /// Changes columns of one row; what it had before is verified first, so that no damage is sealed over.
    func change(_ row: SealedRow, _ changes: Values, _ database: Database) throws {
        var values: Values = [:]
        for column in row.table.columns { values[column] = changes[column] ?? row.value(column) }
        try put(values, into: row.table, database)
    }

    // MARK: Reading

    /// - Parameter condition: what follows WHERE, with an order and a limit where they matter.
    func fetch(_ table: SealedTable, _ database: Database, where condition: String, _ arguments: StatementArguments = []) throws -> [SealedRow] {
        let statement = try database.cachedStatement(
            sql: "SELECT \((table.columns + ["seal"]).joined(separator: ", ")) FROM \(table.name) WHERE \(condition)")
        let rows = try Row.fetchCursor(statement, arguments: arguments)
        var found: [SealedRow] = []
        while let row = try rows.next() { found.append(try verified(row, table)) }
        return found
    }

    func fetchOne(_ table: SealedTable, _ database: Database, where condition: String, _ arguments: StatementArguments) throws -> SealedRow? {
        try fetch(table, database, where: condition, arguments).first
    }

    /// Every row of a table, one at a time; `visit` gets a row or what is wrong with it.
    func visit(_ table: SealedTable, _ database: Database, _ visit: (Result<SealedRow, StorageError>) throws -> Void) throws {
        let rows = try Row.fetchCursor(database, sql: "SELECT \((table.columns + ["seal"]).joined(separator: ", ")) FROM \(table.name)")
        while let row = try rows.next() {
            let result: Result<SealedRow, StorageError>
            do throws(StorageError) { result = .success(try verified(row, table)) } catch { result = .failure(error) }
            try visit(result)
        }
    }

    private func verified(_ row: Row, _ table: SealedTable) throws(StorageError) -> SealedRow {
        let values = table.columns.indices.map { row[$0] as DatabaseValue }
        let found = SealedRow(table: table, values: values)
        guard Data.fromDatabaseValue(row[table.columns.count] as DatabaseValue).map({ [UInt8]($0) }) == seal(table, values) else {
            throw .damagedRow(table: table.name, key: found.key, problem: "it does not have the checksum it was stored with")
        }
        return found
    }

    // MARK: Seals

    /// For a migration: seals every row of a table as it stands.
    func sealAll(_ table: SealedTable, _ database: Database) throws {
        let rows = try Row.fetchAll(database, sql: "SELECT rowid, \(table.columns.joined(separator: ", ")) FROM \(table.name)")
        for row in rows {
            let values = table.columns.indices.map { row[$0 + 1] as DatabaseValue }
            try database.cachedStatement(sql: "UPDATE \(table.name) SET seal = ? WHERE rowid = ?")
                .execute(arguments: [Data(seal(table, values)), row[0] as DatabaseValue])
        }
    }

    func seal(_ table: SealedTable, _ values: [DatabaseValue]) -> [UInt8] {
        var bytes = Array(table.name.utf8)
        func add(_ tag: UInt8, _ content: some Collection<UInt8>) {
            bytes.append(tag)
            bytes += number(UInt64(content.count))
            bytes += content
        }
        func number(_ value: UInt64) -> [UInt8] { stride(from: 0, to: 64, by: 8).map { UInt8(truncatingIfNeeded: value >> $0) } }
        for value in values {
            switch value.storage {
            case .null: add(0, [])
            case .int64(let whole): add(1, number(UInt64(bitPattern: whole)))
            case .double(let real): add(2, number(real.bitPattern))
            case .string(let text): add(3, Array(text.utf8))
            case .blob(let data): add(4, data)
            }
        }
        return suite.sha256(bytes)
    }
}

/// A row whose seal was right.
struct SealedRow {
    let table: SealedTable
    let values: [DatabaseValue]

    /// As a reader finds it: the parts of the primary key, separated by slashes.
    var key: String {
        table.key.map { column in
            switch value(column).storage {
            case .null: "NULL"
            case .int64(let whole): "\(whole)"
            case .double(let real): "\(real)"
            case .string(let text): text
            case .blob(let data): hexadecimal(Array(data.prefix(8)))
            }
        }.joined(separator: "/")
    }

    func value(_ column: String) -> DatabaseValue { table.columns.firstIndex(of: column).map { values[$0] } ?? .null }

    func text(_ column: String) throws(StorageError) -> String { try needed(optionalText(column), column) }
    func number(_ column: String) throws(StorageError) -> Int64 { try needed(Int64.fromDatabaseValue(value(column)), column) }
    func optionalText(_ column: String) -> String? { String.fromDatabaseValue(value(column)) }
    func optionalNumber(_ column: String) -> Int64? { Int64.fromDatabaseValue(value(column)) }

    func record<Record: Decodable>(_ type: Record.Type, _ column: String = "record") throws(StorageError) -> Record {
        try needed(try optionalRecord(type, column), column)
    }

    /// Of a column of text.
    func textRecord<Record: Decodable>(_ type: Record.Type, _ column: String) throws(StorageError) -> Record {
        try needed(try decoded(type, column, optionalText(column).map { Data($0.utf8) }), column)
    }

    func optionalRecord<Record: Decodable>(_ type: Record.Type, _ column: String) throws(StorageError) -> Record? {
        try decoded(type, column, Data.fromDatabaseValue(value(column)))
    }

    private func decoded<Record: Decodable>(_ type: Record.Type, _ column: String, _ data: Data?) throws(StorageError) -> Record? {
        guard let data else { return nil }
        do { return try JSONDecoder().decode(type, from: data) } catch {
            throw .damagedRow(table: table.name, key: key, problem: "its \(column) cannot be read: \(error)")
        }
    }

    private func needed<Value>(_ value: Value?, _ column: String) throws(StorageError) -> Value {
        guard let value else { throw .damagedRow(table: table.name, key: key, problem: "it has no \(column)") }
        return value
    }
}

/// Records as they lie in their columns.
func encode(_ record: some Encodable) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return try encoder.encode(record)
}
