internal import APIKit

extension Enterprise {
    /// Documented and not built.
    static var notBuilt: [Endpoint] {
        [
            .notBuilt("POST", "/auth/generate-key", "auth.generate_key"),
            .notBuilt("POST", "/ai/connect", "ai.connect"),
            .notBuilt("POST", "/ai/execute", "ai.execute"),
            .notBuilt("GET", "/ai/capabilities", "ai.capabilities"),
            .notBuilt("GET", "/ai/operations/{request_id}", "ai.operation"),
            .notBuilt("POST", "/quantum/allocate", "quantum.allocate"),
            .notBuilt("GET", "/quantum/usage", "quantum.usage"),
            .notBuilt("POST", "/quantum/optimize", "quantum.optimize"),
            .notBuilt("POST", "/tenants", "tenants.create"),
            .notBuilt("PUT", "/tenants/{tenant_id}", "tenants.update"),
            .notBuilt("GET", "/tenants/{tenant_id}/status", "tenants.status"),
            .notBuilt("POST", "/tenants/{tenant_id}/scale", "tenants.scale"),
            .notBuilt("POST", "/analytics/performance", "analytics.performance"),
            .notBuilt("GET", "/analytics/realtime", "analytics.realtime"),
            .notBuilt("POST", "/analytics/dashboard", "analytics.dashboard"),
            .notBuilt("POST", "/whitelabel/configure", "whitelabel.configure"),
            .notBuilt("POST", "/whitelabel/api-keys", "whitelabel.keys"),
            .notBuilt("GET", "/whitelabel/analytics/{config_id}", "whitelabel.analytics"),
            .notBuilt("GET", "/security/audit-log", "security.audit_log"),
            .notBuilt("GET", "/security/compliance/{tenant_id}", "security.compliance"),
            .notBuilt("POST", "/security/report", "security.report"),
            .notBuilt("POST", "/webhooks/configure", "webhooks.configure"),
        ]
    }
}
