internal import APIKit
internal import Platform

extension TrustStream {
    /// Documented, and what the documented replies point at (pages, webhooks, load balancers): not built. They say so by
    /// name, and need credentials like everything else.
    static var notBuilt: [Endpoint] {
        ([
            ("POST", "/multi-cloud/workloads", "multi_cloud.deploy", .multiCloud),
            ("GET", "/multi-cloud/workloads/{workload_id}/metrics", "multi_cloud.metrics", .multiCloud),
            ("GET", "/multi-cloud/workloads/{workload_id}/endpoint", "multi_cloud.load_balancer", .multiCloud),
            ("POST", "/ai-explainability/explain", "ai_explainability.explain", .explain),
            ("POST", "/ai-explainability/dashboards", "ai_explainability.dashboards", .explain),
            ("GET", "/ai-explainability/dashboards/{dashboard_id}", "ai_explainability.dashboard_page", .explain),
            ("GET", "/ai-explainability/dashboards/{dashboard_id}/data", "ai_explainability.dashboard_data", .explain),
            ("GET", "/ai-explainability/dashboards/{dashboard_id}/export", "ai_explainability.dashboard_export", .explain),
            ("POST", "/enterprise-integration/workflows", "enterprise_integration.workflows", .workflows),
            ("GET", "/enterprise-integration/workflows/{workflow_id}/status", "enterprise_integration.workflow_status", .workflows),
            ("GET", "/enterprise-integration/workflows/{workflow_id}/metrics", "enterprise_integration.workflow_metrics", .workflows),
            ("GET", "/enterprise-integration/workflows/{workflow_id}/logs", "enterprise_integration.workflow_logs", .workflows),
            ("POST", "/webhooks/{workflow_id}", "enterprise_integration.webhook", .workflows),
            ("POST", "/enterprise-integration/events", "enterprise_integration.events", .workflows),
        ] as [(String, String, String, Scope)]).map { Endpoint.notBuilt($0, $1, $2, .tenant($3)) }
    }
}
