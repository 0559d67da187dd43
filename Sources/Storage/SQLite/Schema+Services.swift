extension Schema {
    /// Services that somebody has started or stopped.
    static let services = """
        CREATE TABLE service_state (tenant TEXT NOT NULL, service TEXT NOT NULL PRIMARY KEY, record BLOB NOT NULL, seal BLOB) STRICT;
        """
}
