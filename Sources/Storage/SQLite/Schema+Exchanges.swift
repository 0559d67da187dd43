extension Schema {
    /// Exchanges of keys while they last, and the parties that sign them.
    static let exchanges = """
        CREATE TABLE key_exchange (
            tenant TEXT NOT NULL, id TEXT NOT NULL PRIMARY KEY, expires_ms INTEGER NOT NULL, transcript BLOB, record BLOB NOT NULL, seal BLOB) STRICT;
        CREATE INDEX key_exchange_tenant ON key_exchange (tenant, expires_ms);
        CREATE UNIQUE INDEX key_exchange_transcript ON key_exchange (tenant, transcript) WHERE transcript IS NOT NULL;
        CREATE TABLE exchange_party (
            tenant TEXT NOT NULL, id TEXT NOT NULL, record BLOB NOT NULL, seal BLOB, PRIMARY KEY (tenant, id)) STRICT;
        """
}

extension SealedTable {
    static let keyExchange = SealedTable(name: "key_exchange", key: ["id"], columns: ["tenant", "id", "expires_ms", "transcript", "record"])
    static let exchangeParty = SealedTable(name: "exchange_party", key: ["tenant", "id"], columns: ["tenant", "id", "record"])
}
