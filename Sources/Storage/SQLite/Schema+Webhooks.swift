extension Schema {
    /// Keys of secrets, webhooks and their outbox.
    static let webhooks = """
        CREATE TABLE tenant_key (
            tenant TEXT NOT NULL, version INTEGER NOT NULL, record BLOB NOT NULL, seal BLOB, PRIMARY KEY (tenant, version)) STRICT;
        CREATE TABLE webhook (
            tenant TEXT NOT NULL, id TEXT NOT NULL PRIMARY KEY, created_ms INTEGER NOT NULL, status TEXT NOT NULL,
            record BLOB NOT NULL, seal BLOB) STRICT;
        CREATE INDEX webhook_tenant ON webhook (tenant, created_ms, id);
        CREATE TABLE outbox_event (
            tenant TEXT NOT NULL, id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, created_ms INTEGER NOT NULL,
            payload BLOB NOT NULL, seal BLOB) STRICT;
        CREATE TABLE delivery (
            tenant TEXT NOT NULL, id TEXT NOT NULL PRIMARY KEY, webhook TEXT NOT NULL REFERENCES webhook(id),
            event TEXT NOT NULL REFERENCES outbox_event(id), created_ms INTEGER NOT NULL, state TEXT NOT NULL,
            due_ms INTEGER NOT NULL, ended_ms INTEGER, record BLOB NOT NULL, seal BLOB) STRICT;
        CREATE INDEX delivery_due ON delivery (webhook, state, due_ms, id);
        CREATE INDEX delivery_listed ON delivery (webhook, created_ms, id);
        CREATE INDEX delivery_ended ON delivery (state, ended_ms);
        CREATE INDEX delivery_event ON delivery (event);
        CREATE TABLE delivery_attempt (
            tenant TEXT NOT NULL, delivery TEXT NOT NULL REFERENCES delivery(id), number INTEGER NOT NULL,
            record BLOB NOT NULL, seal BLOB, PRIMARY KEY (delivery, number)) STRICT;
        """
}

extension SealedTable {
    static let tenantKey = SealedTable(name: "tenant_key", key: ["tenant", "version"], columns: ["tenant", "version", "record"])
    static let webhook = SealedTable(name: "webhook", key: ["id"], columns: ["tenant", "id", "created_ms", "status", "record"])
    static let outboxEvent = SealedTable(name: "outbox_event", key: ["id"], columns: ["tenant", "id", "name", "created_ms", "payload"])
    static let delivery = SealedTable(
        name: "delivery", key: ["id"],
        columns: ["tenant", "id", "webhook", "event", "created_ms", "state", "due_ms", "ended_ms", "record"])
    static let deliveryAttempt = SealedTable(
        name: "delivery_attempt", key: ["delivery", "number"], columns: ["tenant", "delivery", "number", "record"])
}
