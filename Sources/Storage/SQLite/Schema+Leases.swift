extension Schema {
    /// Leases of the annealer, and the runs of its solvers.
    static let leases = """
        CREATE TABLE lease (
            tenant TEXT NOT NULL, id TEXT NOT NULL PRIMARY KEY, allocated_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL, ended_ms INTEGER,
            record BLOB NOT NULL, seal BLOB) STRICT;
        CREATE INDEX lease_tenant ON lease (tenant, allocated_ms, id);
        CREATE INDEX lease_open ON lease (expires_ms, id) WHERE ended_ms IS NULL;
        CREATE INDEX lease_ended ON lease (ended_ms) WHERE ended_ms IS NOT NULL;
        CREATE TABLE solver_run (
            tenant TEXT NOT NULL, id TEXT NOT NULL PRIMARY KEY, ended_ms INTEGER NOT NULL, record BLOB NOT NULL, seal BLOB) STRICT;
        CREATE INDEX solver_run_tenant ON solver_run (tenant, ended_ms, id);
        CREATE INDEX solver_run_ended ON solver_run (ended_ms);
        """
}
