internal import GRDB

/// The tables, version by version. Every table has a tenant from the first day. A version that was released is never
/// changed: what is to be different becomes the next one.
struct Schema {
    static let version = steps.count
    /// "TUTT": what makes a SQLite file a coordinator's, from version 3 on.
    static let applicationID: Int64 = 0x5455_5454

    private static let steps: [@Sendable (Database, SealedRows) throws -> Void] = [
        { database, _ in try database.execute(sql: first) },
        { database, _ in try database.execute(sql: second) },
        { database, rows in try seal(database, rows) },
        { database, rows in try growAuditTrees(database, rows) },
        { database, _ in try database.execute(sql: accounts) },
        { database, _ in try database.execute(sql: tenants) },
        { database, _ in try database.execute(sql: jobs) },
        { database, _ in try database.execute(sql: webhooks) },
        { database, _ in try database.execute(sql: telemetry) },
        { database, _ in try database.execute(sql: use) },
        { database, _ in try database.execute(sql: vault) },
        { database, _ in try database.execute(sql: leases) },
        { database, _ in try database.execute(sql: benchmarks) },
        { database, _ in try database.execute(sql: models) },
        { database, _ in try database.execute(sql: exchanges) },
        { database, _ in try database.execute(sql: services) },
    ]

    /// Brings a database from `version` to the present one: each step in one transaction with its number, so that whatever
    /// happens in between leaves a whole version.
    static func migrate(_ database: Database, from version: Int, _ rows: SealedRows) throws {
        for step in steps.indices.dropFirst(version) {
            try database.inTransaction(.immediate) {
                try steps[step](database, rows)
                try database.execute(sql: "PRAGMA user_version = \(step + 1)")
                return .commit
            }
        }
    }

    /// Names and statements of everything that the present version consists of.
    static func statements(_ database: Database) throws -> [String: String] {
        let rows = try Row.fetchAll(database, sql: "SELECT type || ' ' || name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        return Dictionary(
            rows.map { (String.fromDatabaseValue($0[0] as DatabaseValue) ?? "", String.fromDatabaseValue($0[1] as DatabaseValue) ?? "") },
            uniquingKeysWith: { first, _ in first })
    }

    /// The same of a database that is made now.
    static func expected(_ rows: SealedRows) throws -> [String: String] {
        let fresh = try DatabaseQueue()
        return try fresh.inDatabase { database in
            try migrate(database, from: 0, rows)
            return try statements(database)
        }
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
        """

    /// The ledger of privacy.
    private static let second = """
        CREATE TABLE privacy_row (
            tenant TEXT NOT NULL, client TEXT NOT NULL, dataset TEXT NOT NULL, record BLOB NOT NULL,
            PRIMARY KEY (tenant, client, dataset)) STRICT;
        CREATE TABLE privacy_release (
            tenant TEXT NOT NULL, id TEXT NOT NULL, record BLOB NOT NULL, PRIMARY KEY (tenant, id)) STRICT;
        """

    /// Every row gets a seal over what it has.
    private static func seal(_ database: Database, _ rows: SealedRows) throws {
        try database.execute(sql: third)
        for table in sealedByThird {
            try database.execute(sql: "ALTER TABLE \(table.name) ADD COLUMN seal BLOB")
            try rows.sealAll(table, database)
        }
        try database.execute(sql: "PRAGMA application_id = \(applicationID)")
    }

    /// The tables that there were then.
    private static let sealedByThird: [SealedTable] = [
        .session, .member, .round, .contribution, .updateBody, .token, .node, .apiKey, .audit, .privacyRow, .release,
    ]

    private static let third = """
        CREATE TABLE fact (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL, seal BLOB) STRICT;
        """
}
