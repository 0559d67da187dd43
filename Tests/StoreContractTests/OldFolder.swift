import CryptoSuite
import Federation
import Foundation
import GRDBSQLite
import Storage
import Trust

/// Folders as older versions wrote them, by their own statements.
enum OldFolder {
    /// - Parameter version: 1: without the ledger of privacy; 2: without seals; 3: without trees over the audit.
    static func make(_ folder: String, version: Int) throws {
        run(folder, "PRAGMA journal_mode = WAL; BEGIN; " + first + "PRAGMA user_version = 1; COMMIT")
        if version >= 2 { run(folder, "BEGIN; " + second + "PRAGMA user_version = 2; COMMIT") }
        func record(_ value: some Encodable) throws -> String {
            let encoder = JSONEncoder()
            encoder.outputFormatting = .sortedKeys
            return "x'\(hexadecimal([UInt8](try encoder.encode(value))))'"
        }
        let node = NodeRecord(tenant: "default", name: "a", certificateFingerprint: [7], enrolledAt: now, certificateExpiresAt: now)
        let apiKey = APIKeyRecord(id: "k", tenant: "default", hash: [1], role: "administrator", createdAt: now)
        let entry = AuditRecord(at: now, action: .nodeEnrolled, actor: "a", subject: "a")
        let body = hexadecimal(CryptoSuite.system.sha256([1, 2, 3]))
        run(
            folder,
            """
            INSERT INTO session (tenant, id, created_ms, is_final, record, initial_model)
                VALUES ('default', 's', 1000, 0, \(try record(session("s"))), 'm');
            INSERT INTO member VALUES ('default', 's', 'a', \(try record(MemberRecord(client: "a", dataSize: 5, joinedAt: now))));
            INSERT INTO round VALUES ('default', 's', 1, 1, 'configured', \(try record(round(1, .configured))));
            INSERT INTO contribution VALUES ('default', 's', 1, 1, 'a', \(try record(contribution("a"))));
            INSERT INTO update_body VALUES ('default', 's', 1, 1, 'a', '\(body)', x'010203');
            INSERT INTO enrolment_token VALUES (x'09', 'default', 'late', 5000, NULL, NULL);
            INSERT INTO node VALUES ('default', 'a', \(try record(node)));
            INSERT INTO api_key VALUES ('k', 'default', \(try record(apiKey)));
            INSERT INTO audit (tenant, record) VALUES ('default', \(try record(entry)));
            """)
        if version >= 3 { third(folder) }
    }

    /// Seals every row.
    static func third(_ folder: String) {
        run(folder, "CREATE TABLE fact (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL, seal BLOB) STRICT;\n")
        for table in tables(folder).subtracting(["fact"]).sorted() {
            run(folder, "ALTER TABLE \(table) ADD COLUMN seal BLOB")
            Seals.renew(folder, table)
        }
        run(folder, "PRAGMA application_id = 0x54555454; PRAGMA user_version = 3")
    }

    // MARK: Statements past the store

    static func run(_ folder: String, _ statements: String) {
        var database: OpaquePointer?
        var problem: UnsafeMutablePointer<CChar>?
        precondition(sqlite3_open(folder + "/tutti.sqlite", &database) == SQLITE_OK)
        let result = sqlite3_exec(database, statements, nil, nil, &problem)
        precondition(result == SQLITE_OK, problem.map { String(cString: $0) } ?? "")
        sqlite3_close(database)
    }

    static func number(_ folder: String, _ query: String) -> Int64 { texts(folder + "/tutti.sqlite", query).first.flatMap { Int64($0) } ?? -1 }

    static func tables(_ folder: String) -> Set<String> {
        Set(texts(folder + "/tutti.sqlite", "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"))
    }

    /// Everything that is said in the database: statements of the schema and rows.
    static func rows(_ folder: String) -> [String] { all(folder + "/tutti.sqlite") }

    static func rows(in content: Data?) -> [String] {
        let path = NSTemporaryDirectory() + "tutti-rows-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: path) }
        try? content?.write(to: URL(fileURLWithPath: path))
        return all(path)
    }

    private static func all(_ path: String) -> [String] {
        let schema = texts(path, "SELECT name || ' ' || coalesce(sql, '') FROM sqlite_master ORDER BY name")
        let tables = texts(path, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name")
        return schema
            + tables.flatMap { table in
                let columns = texts(path, "SELECT group_concat('quote(' || name || ')', '||') FROM pragma_table_info('\(table)')").first ?? "''"
                return texts(path, "SELECT '\(table) ' || \(columns) FROM \(table) ORDER BY rowid")
            }
    }

    private static func texts(_ path: String, _ query: String) -> [String] {
        var (database, statement): (OpaquePointer?, OpaquePointer?) = (nil, nil)
        defer {
            sqlite3_finalize(statement)
            sqlite3_close(database)
        }
        precondition(sqlite3_open(path, &database) == SQLITE_OK)
        guard sqlite3_prepare_v2(database, query, -1, &statement, nil) == SQLITE_OK else { return ["\(String(cString: sqlite3_errmsg(database)))"] }
        var found: [String] = []
        while sqlite3_step(statement) == SQLITE_ROW { found.append(sqlite3_column_text(statement, 0).map { String(cString: $0) } ?? "NULL") }
        return found
    }

    // MARK: Schemas

    private static let first = """
        CREATE TABLE session (
            tenant TEXT NOT NULL, id TEXT NOT NULL PRIMARY KEY, created_ms INTEGER NOT NULL, is_final INTEGER NOT NULL,
            record BLOB NOT NULL, initial_model TEXT, evaluation BLOB, evaluation_set BLOB) STRICT;
        CREATE TABLE member (
            tenant TEXT NOT NULL, session TEXT NOT NULL REFERENCES session(id), client TEXT NOT NULL,
            record BLOB NOT NULL, PRIMARY KEY (session, client)) STRICT;
        CREATE TABLE round (
            tenant TEXT NOT NULL, session TEXT NOT NULL REFERENCES session(id), round INTEGER NOT NULL,
            attempt INTEGER NOT NULL, state TEXT NOT NULL, record BLOB NOT NULL,
            PRIMARY KEY (session, round, attempt)) STRICT;
        CREATE TABLE contribution (
            tenant TEXT NOT NULL, session TEXT NOT NULL REFERENCES session(id), round INTEGER NOT NULL,
            attempt INTEGER NOT NULL, client TEXT NOT NULL, record BLOB NOT NULL,
            PRIMARY KEY (session, round, attempt, client)) STRICT;
        -- What is thrown away when a round is over. `body` is NULL when it is the file updates/<sha256>.
        CREATE TABLE update_body (
            tenant TEXT NOT NULL, session TEXT NOT NULL, round INTEGER NOT NULL, attempt INTEGER NOT NULL,
            client TEXT NOT NULL, sha256 TEXT NOT NULL, body BLOB, PRIMARY KEY (session, round, attempt, client),
            FOREIGN KEY (session, round, attempt, client) REFERENCES contribution (session, round, attempt, client)) STRICT;
        CREATE INDEX update_body_sha256 ON update_body (sha256);
        CREATE TABLE enrolment_token (
            hash BLOB NOT NULL PRIMARY KEY, tenant TEXT NOT NULL, node TEXT NOT NULL, expires_ms INTEGER NOT NULL,
            used_ms INTEGER, withdrawn_ms INTEGER) STRICT;
        CREATE INDEX enrolment_token_node ON enrolment_token (tenant, node);
        CREATE TABLE node (
            tenant TEXT NOT NULL, name TEXT NOT NULL, record BLOB NOT NULL, PRIMARY KEY (tenant, name)) STRICT;
        CREATE TABLE api_key (
            id TEXT NOT NULL PRIMARY KEY, tenant TEXT NOT NULL, record BLOB NOT NULL) STRICT;
        CREATE TABLE audit (
            number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, tenant TEXT NOT NULL, record BLOB NOT NULL) STRICT;
        CREATE INDEX audit_tenant ON audit (tenant, number);

        """

    private static let second = """
        CREATE TABLE privacy_row (
            tenant TEXT NOT NULL, client TEXT NOT NULL, dataset TEXT NOT NULL, record BLOB NOT NULL,
            PRIMARY KEY (tenant, client, dataset)) STRICT;
        CREATE TABLE privacy_release (
            tenant TEXT NOT NULL, id TEXT NOT NULL, record BLOB NOT NULL, PRIMARY KEY (tenant, id)) STRICT;

        """
}
