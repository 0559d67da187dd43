extension Schema {
    /// Users, OAuth clients, logins and their refresh tokens; keys by tenant.
    static let accounts = """
        CREATE TABLE user_account (
            id TEXT NOT NULL PRIMARY KEY, tenant TEXT NOT NULL, name TEXT NOT NULL UNIQUE, record BLOB NOT NULL, seal BLOB) STRICT;
        CREATE INDEX user_account_tenant ON user_account (tenant, name);
        CREATE TABLE oauth_client (
            id TEXT NOT NULL PRIMARY KEY, tenant TEXT NOT NULL, record BLOB NOT NULL, seal BLOB) STRICT;
        CREATE INDEX oauth_client_tenant ON oauth_client (tenant, id);
        CREATE TABLE login (
            id TEXT NOT NULL PRIMARY KEY, tenant TEXT NOT NULL, expires_ms INTEGER NOT NULL, record BLOB NOT NULL, seal BLOB) STRICT;
        CREATE INDEX login_expires ON login (expires_ms);
        CREATE TABLE refresh_token (
            hash BLOB NOT NULL PRIMARY KEY, tenant TEXT NOT NULL, login TEXT NOT NULL REFERENCES login(id),
            record BLOB NOT NULL, seal BLOB) STRICT;
        CREATE INDEX refresh_token_login ON refresh_token (login);
        CREATE INDEX api_key_tenant ON api_key (tenant, id);
        """
}
