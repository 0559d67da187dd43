internal import GRDB

extension SQLiteStore {
    private static let schemaVersion = 2

    /// Every table has a tenant from the first day.
    static func migrate(_ database: Database, _ path: String) throws {
        let version = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
        guard version <= schemaVersion else { throw StorageError.newer(path: path, version: version, known: schemaVersion) }
        if version < 1 { try database.execute(sql: first) }
        if version < 2 { try database.execute(sql: second) }
    }

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
        PRAGMA user_version = 1;
        """

    /// The ledger of privacy.
    private static let second = """
        CREATE TABLE privacy_row (
            tenant TEXT NOT NULL, client TEXT NOT NULL, dataset TEXT NOT NULL, record BLOB NOT NULL,
            PRIMARY KEY (tenant, client, dataset)) STRICT;
        CREATE TABLE privacy_release (
            tenant TEXT NOT NULL, id TEXT NOT NULL, record BLOB NOT NULL, PRIMARY KEY (tenant, id)) STRICT;
        PRAGMA user_version = 2;
        """
}
