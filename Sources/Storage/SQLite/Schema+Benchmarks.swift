extension Schema {
    /// What the annealer measured of itself.
    static let benchmarks = """
        CREATE TABLE solver_benchmark (
            tenant TEXT NOT NULL, id TEXT NOT NULL PRIMARY KEY, measured_ms INTEGER NOT NULL, record BLOB NOT NULL, seal BLOB) STRICT;
        CREATE INDEX solver_benchmark_measured ON solver_benchmark (measured_ms, id);
        """
}
