internal import APIKit

extension TrustStream {
    /// Documented, and what the documented replies point at (pages, webhooks, load balancers): not built. They say so by
    /// name, and need credentials like everything else.
    static var notBuilt: [Endpoint] {
        [
            ("POST", "/multi-cloud/workloads", "multi_cloud.deploy"),
            ("GET", "/multi-cloud/workloads/{workload_id}/metrics", "multi_cloud.metrics"),
            ("GET", "/multi-cloud/workloads/{workload_id}/endpoint", "multi_cloud.load_balancer"),
            ("POST", "/ai-explainability/explain", "ai_explainability.explain"),
            ("POST", "/ai-explainability/dashboards", "ai_explainability.dashboards"),
            ("GET", "/ai-explainability/dashboards/{dashboard_id}", "ai_explainability.dashboard_page"),
            ("GET", "/ai-explainability/dashboards/{dashboard_id}/data", "ai_explainability.dashboard_data"),
            ("GET", "/ai-explainability/dashboards/{dashboard_id}/export", "ai_explainability.dashboard_export"),
            ("POST", "/quantum-encryption/keys/generate", "quantum_encryption.generate"),
            ("POST", "/quantum-encryption/encrypt", "quantum_encryption.encrypt"),
            ("POST", "/quantum-encryption/key-exchange", "quantum_encryption.key_exchange"),
            ("POST", "/enterprise-integration/workflows", "enterprise_integration.workflows"),
            ("GET", "/enterprise-integration/workflows/{workflow_id}/status", "enterprise_integration.workflow_status"),
            ("GET", "/enterprise-integration/workflows/{workflow_id}/metrics", "enterprise_integration.workflow_metrics"),
            ("GET", "/enterprise-integration/workflows/{workflow_id}/logs", "enterprise_integration.workflow_logs"),
            ("POST", "/webhooks/{workflow_id}", "enterprise_integration.webhook"),
            ("POST", "/enterprise-integration/events", "enterprise_integration.events"),
        ].map { Endpoint.notBuilt($0, $1, $2) }
    }
}
