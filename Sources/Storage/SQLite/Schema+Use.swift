extension Schema {
    /// What belongs to a tenant is found without a look at what belongs to others.
    static let use = """
        CREATE INDEX session_tenant ON session (tenant);
        CREATE INDEX round_tenant ON round (tenant);
        CREATE INDEX update_body_tenant ON update_body (tenant);
        """
}
