extension Schema {
    /// Tenants, and the windows in which their calls are counted. The column `domain` is that of the record, for its index.
    static let tenants = """
        CREATE TABLE tenant (
            tenant TEXT NOT NULL PRIMARY KEY, domain TEXT, record BLOB NOT NULL, seal BLOB) STRICT;
        CREATE UNIQUE INDEX tenant_domain ON tenant (domain);
        CREATE TABLE quota_window (
            tenant TEXT NOT NULL, principal TEXT NOT NULL, family TEXT NOT NULL, opened_ms INTEGER NOT NULL,
            used INTEGER NOT NULL, seal BLOB, PRIMARY KEY (tenant, principal, family)) STRICT;
        """
}
