internal import APIKit
internal import Platform

extension Enterprise {
    /// Documented and not built.
    static var notBuilt: [Endpoint] {
        [
            .notBuilt("POST", "/ai/connect", "ai.connect", .scope(.aiOperations)),
            .notBuilt("POST", "/ai/execute", "ai.execute", .scope(.aiOperations)),
            .notBuilt("GET", "/ai/capabilities", "ai.capabilities", .scope(.aiOperations)),
            .notBuilt("GET", "/ai/operations/{request_id}", "ai.operation", .scope(.aiOperations)),
            .notBuilt("POST", "/analytics/performance", "analytics.performance", .scope(.analytics)),
            .notBuilt("POST", "/analytics/dashboard", "analytics.dashboard", .scope(.analytics)),
            .notBuilt("POST", "/whitelabel/configure", "whitelabel.configure", .scope(.whiteLabel)),
            .notBuilt("POST", "/whitelabel/api-keys", "whitelabel.keys", .scope(.whiteLabel)),
            .notBuilt("GET", "/whitelabel/analytics/{config_id}", "whitelabel.analytics", .scope(.whiteLabel)),
            .notBuilt("GET", "/security/compliance/{tenant_id}", "security.compliance", .scope(.securityAudit)),
            .notBuilt("POST", "/security/report", "security.report", .scope(.securityAudit)),
        ]
    }
}
