extension Schema {
    /// Models, and what of them is to answer.
    static let models = """
        CREATE TABLE model (
            tenant TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, version TEXT NOT NULL, status TEXT NOT NULL, created_ms INTEGER NOT NULL,
            sha256 TEXT, session TEXT, record BLOB NOT NULL, seal BLOB, PRIMARY KEY (tenant, id)) STRICT;
        CREATE UNIQUE INDEX model_version ON model (tenant, name, version);
        CREATE INDEX model_pending ON model (created_ms, tenant, id) WHERE status = 'pending';
        CREATE INDEX model_sha256 ON model (tenant, sha256);
        CREATE INDEX model_session ON model (session) WHERE session IS NOT NULL;
        CREATE TABLE deployment (
            tenant TEXT NOT NULL, id TEXT NOT NULL PRIMARY KEY, model TEXT NOT NULL, state TEXT NOT NULL, created_ms INTEGER NOT NULL,
            record BLOB NOT NULL, seal BLOB) STRICT;
        CREATE INDEX deployment_tenant ON deployment (tenant, created_ms, id);
        CREATE INDEX deployment_model ON deployment (tenant, model);
        CREATE INDEX deployment_open ON deployment (created_ms, id) WHERE state <> 'stopped';
        """
}
