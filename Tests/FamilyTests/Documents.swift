/// The routes of the documents, letter by letter: what a client reads there must be found here.
enum Documents {
    static let enterprise = """
        POST /api/v1/auth/generate-key
        POST /api/v1/ai/connect
        POST /api/v1/ai/execute
        GET /api/v1/ai/capabilities
        GET /api/v1/ai/operations/{request_id}
        POST /api/v1/quantum/allocate
        GET /api/v1/quantum/usage
        POST /api/v1/quantum/optimize
        POST /api/v1/tenants
        PUT /api/v1/tenants/{tenant_id}
        GET /api/v1/tenants/{tenant_id}/status
        POST /api/v1/tenants/{tenant_id}/scale
        POST /api/v1/analytics/performance
        GET /api/v1/analytics/realtime
        POST /api/v1/analytics/dashboard
        POST /api/v1/whitelabel/configure
        POST /api/v1/whitelabel/api-keys
        GET /api/v1/whitelabel/analytics/{config_id}
        GET /api/v1/security/audit-log
        GET /api/v1/security/compliance/{tenant_id}
        POST /api/v1/security/report
        POST /api/v1/webhooks/configure
        """
    static let aisemble = """
        POST /auth/login
        POST /ai/llm/generate
        GET /ai/llm/models
        POST /ai/llm/chat
        POST /ai/vision/analyze
        POST /ai/vision/classify
        POST /ai/nlp/analyze
        POST /ai/nlp/summarize
        POST /jobs
        GET /jobs/{job_id}
        GET /jobs
        DELETE /jobs/{job_id}
        GET /health
        GET /health/comprehensive
        GET /metrics
        GET /ops/status
        POST /ops/services/{service_name}/start
        GET /ops/logs
        GET /models
        POST /models/{model_id}/load
        GET /models/{model_id}/performance
        POST /webhooks
        """
    static let phi = """
        POST /auth/token
        POST /models/register
        POST /models/deploy
        POST /inference/run
        GET /logs
        POST /security/validate
        POST /models/auto-scale
        POST /models/profile
        """

    /// Method and path below the family's base.
    static func routes(_ text: String, under base: String) -> [(method: String, path: String)] {
        text.split(separator: "\n").map { line in
            let parts = line.split(separator: " ")
            let path = String(parts[1])
            return (String(parts[0]), path.hasPrefix(base + "/") ? String(path.dropFirst(base.count)) : path)
        }
    }
}
