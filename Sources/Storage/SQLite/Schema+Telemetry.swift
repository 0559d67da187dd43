extension Schema {
    /// What is measured and logged.
    static let telemetry = """
        CREATE TABLE series_block (
            tenant TEXT NOT NULL, tier INTEGER NOT NULL, number INTEGER NOT NULL, series TEXT NOT NULL, points BLOB NOT NULL, seal BLOB,
            PRIMARY KEY (tier, number, tenant, series)) STRICT;
        CREATE TABLE log_entry (
            number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, tenant TEXT NOT NULL, at_ms INTEGER NOT NULL, level INTEGER NOT NULL,
            service TEXT NOT NULL, trace TEXT, subject TEXT, bytes INTEGER NOT NULL, record BLOB NOT NULL, seal BLOB) STRICT;
        CREATE INDEX log_entry_bytes ON log_entry (number, bytes);
        CREATE INDEX log_entry_trace ON log_entry (trace, number) WHERE trace IS NOT NULL;
        CREATE INDEX log_entry_subject ON log_entry (subject, number) WHERE subject IS NOT NULL;
        """
}
