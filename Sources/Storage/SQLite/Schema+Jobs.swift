extension Schema {
    /// The queue, its checkpoints, and what jobs leave.
    static let jobs = """
        CREATE TABLE job (
            tenant TEXT NOT NULL, id TEXT NOT NULL PRIMARY KEY, type TEXT NOT NULL, state TEXT NOT NULL, created_ms INTEGER NOT NULL,
            finished_ms INTEGER, submission TEXT, record BLOB NOT NULL, seal BLOB) STRICT;
        CREATE INDEX job_tenant ON job (tenant, created_ms, id);
        CREATE INDEX job_open ON job (id) WHERE finished_ms IS NULL;
        CREATE INDEX job_tenant_open ON job (tenant) WHERE finished_ms IS NULL;
        CREATE INDEX job_finished ON job (finished_ms) WHERE finished_ms IS NOT NULL;
        CREATE INDEX job_submission ON job (tenant, submission) WHERE submission IS NOT NULL;
        CREATE TABLE job_checkpoint (
            tenant TEXT NOT NULL, job TEXT NOT NULL PRIMARY KEY REFERENCES job(id), content BLOB NOT NULL, seal BLOB) STRICT;
        -- The content is the file artifacts/<digest>.
        CREATE TABLE artifact (
            tenant TEXT NOT NULL, name TEXT NOT NULL, digest TEXT NOT NULL, bytes INTEGER NOT NULL, expires_ms INTEGER,
            record BLOB NOT NULL, seal BLOB, PRIMARY KEY (tenant, name)) STRICT;
        CREATE INDEX artifact_digest ON artifact (digest);
        CREATE INDEX artifact_expiry ON artifact (expires_ms) WHERE expires_ms IS NOT NULL;
        """
}
