extension Schema {
    /// Keys of vaults, and the public keys that secrets were encapsulated to.
    static let vault = """
        CREATE TABLE vault_key (
            tenant TEXT NOT NULL, id TEXT NOT NULL PRIMARY KEY, is_revoked INTEGER NOT NULL, algorithm TEXT NOT NULL,
            expires_ms INTEGER NOT NULL, record BLOB NOT NULL, seal BLOB) STRICT;
        CREATE INDEX vault_key_tenant ON vault_key (tenant, id);
        CREATE TABLE seen_key (
            tenant TEXT NOT NULL, fingerprint BLOB NOT NULL, session TEXT NOT NULL, seen_ms INTEGER NOT NULL, seal BLOB,
            PRIMARY KEY (tenant, fingerprint)) STRICT;
        """
}

extension SealedTable {
    static let vaultKey = SealedTable(name: "vault_key", key: ["id"], columns: ["tenant", "id", "is_revoked", "algorithm", "expires_ms", "record"])
    static let seenKey = SealedTable(name: "seen_key", key: ["tenant", "fingerprint"], columns: ["tenant", "fingerprint", "session", "seen_ms"])
}
