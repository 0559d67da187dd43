/// What somebody of another tenant can name at a route, with every scope there is.
enum Foreign: String, Sendable {
    /// Nothing secret is there, or the body is the credential: the closed list of routes without credentials.
    case open
    /// Nothing: whoever calls sees its own tenant's.
    case own
    /// For the platform alone: nobody of a tenant learns more, whatever it names.
    case platform
    /// An id in the path.
    case id
    /// A tenant in the query or in the body.
    case query = "query:tenant_id"
    case body = "body:tenant_id"
}

/// Every route of the four families and of what stands beside them. One that is not here fails the matrix: whoever adds it says what there is to protect.
enum AuthorisationRows {
    static let text = """
        enterprise POST /auth/generate-key body:tenant_id
        enterprise POST /tenants platform
        enterprise GET /tenants platform
        enterprise GET /tenants/{tenant_id} id
        enterprise PUT /tenants/{tenant_id} platform
        enterprise DELETE /tenants/{tenant_id} platform
        enterprise GET /tenants/{tenant_id}/status id
        enterprise GET /analytics/realtime query:tenant_id
        enterprise GET /security/audit-log query:tenant_id
        enterprise POST /webhooks/configure own
        enterprise GET /webhooks own
        enterprise DELETE /webhooks/{webhook_id} id
        enterprise GET /webhooks/{webhook_id} id
        enterprise POST /webhooks/{webhook_id}/enable id
        enterprise POST /webhooks/{webhook_id}/disable id
        enterprise POST /webhooks/{webhook_id}/rotate-secret id
        enterprise GET /webhooks/{webhook_id}/deliveries id
        enterprise GET /webhooks/{webhook_id}/deliveries/{delivery_id} id
        enterprise POST /webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver id
        enterprise POST /ai/connect own
        enterprise POST /ai/execute own
        enterprise GET /ai/capabilities own
        enterprise GET /ai/operations/{request_id} id
        enterprise POST /quantum/allocate own
        enterprise GET /quantum/usage own
        enterprise POST /quantum/optimize own
        enterprise GET /quantum/benchmark own
        enterprise POST /quantum/benchmark platform
        enterprise GET /quantum/allocations/{allocation_id} id
        enterprise DELETE /quantum/allocations/{allocation_id} id
        enterprise POST /tenants/{tenant_id}/scale id
        enterprise POST /analytics/performance own
        enterprise POST /analytics/dashboard own
        enterprise POST /whitelabel/configure own
        enterprise POST /whitelabel/api-keys own
        enterprise GET /whitelabel/analytics/{config_id} id
        enterprise GET /security/compliance/{tenant_id} id
        enterprise POST /security/report own
        enterprise GET /openapi.json open
        aisemble POST /auth/login open
        aisemble POST /auth/refresh open
        aisemble POST /auth/logout open
        aisemble POST /jobs own
        aisemble GET /jobs own
        aisemble GET /jobs/{job_id} id
        aisemble DELETE /jobs/{job_id} id
        aisemble GET /jobs/{job_id}/results id
        aisemble GET /health open
        aisemble GET /health/comprehensive own
        aisemble GET /metrics own
        aisemble GET /ops/status own
        aisemble POST /ops/services/{service_name}/start platform
        aisemble POST /ops/services/{service_name}/stop platform
        aisemble GET /ops/logs own
        aisemble POST /webhooks own
        aisemble GET /webhooks own
        aisemble DELETE /webhooks/{webhook_id} id
        aisemble POST /ai/llm/generate own
        aisemble GET /ai/llm/models own
        aisemble POST /ai/llm/chat own
        aisemble POST /ai/vision/analyze own
        aisemble POST /ai/vision/classify own
        aisemble POST /ai/nlp/analyze own
        aisemble POST /ai/nlp/summarize own
        aisemble GET /models own
        aisemble POST /models/{model_id}/load id
        aisemble POST /models/{model_id}/unload id
        aisemble GET /models/{model_id}/performance id
        aisemble GET /openapi.json open
        openai GET /models own
        openai GET /models/{model} own
        openai POST /completions own
        openai POST /chat/completions own
        openai GET /openapi.json open
        inference GET / own
        inference GET /health/live own
        inference GET /health/ready own
        inference GET /models/{model_name} id
        inference GET /models/{model_name}/ready id
        inference POST /models/{model_name}/infer id
        inference GET /models/{model_name}/versions/{model_version} id
        inference GET /models/{model_name}/versions/{model_version}/ready id
        inference POST /models/{model_name}/versions/{model_version}/infer id
        inference GET /openapi.json open
        truststream POST /federated-learning/sessions own
        truststream GET /federated-learning/sessions own
        truststream GET /federated-learning/sessions/{session_id} id
        truststream GET /federated-learning/sessions/{session_id}/rounds id
        truststream POST /federated-learning/sessions/{session_id}/start id
        truststream POST /federated-learning/sessions/{session_id}/stop id
        truststream PUT /federated-learning/sessions/{session_id}/evaluation id
        truststream PUT /federated-learning/sessions/{session_id}/initial-model id
        truststream GET /federated-learning/sessions/{session_id}/receipt id
        truststream GET /federated-learning/sessions/{session_id}/model-card id
        truststream POST /federated-learning/sessions/{session_id}/join open
        truststream GET /federated-learning/sessions/{session_id}/weights id
        truststream GET /federated-learning/sessions/{session_id}/control id
        truststream POST /federated-learning/sessions/{session_id}/update id
        truststream POST /federated-learning/sessions/{session_id}/heartbeat id
        truststream GET /federated-learning/sessions/{session_id}/socket id
        truststream POST /nodes/enrol open
        truststream POST /nodes/renew own
        truststream POST /nodes/tokens own
        truststream GET /nodes own
        truststream POST /nodes/{client_id}/revoke id
        truststream GET /authorities own
        truststream POST /authorities/{step} own
        truststream GET /audit/head own
        truststream GET /audit/entries own
        truststream GET /audit/consistency own
        truststream POST /identity/users own
        truststream GET /identity/users own
        truststream POST /identity/users/{user_id}/password id
        truststream POST /identity/users/{user_id}/disable id
        truststream POST /identity/users/{user_id}/enable id
        truststream POST /identity/oauth-clients own
        truststream GET /identity/oauth-clients own
        truststream POST /identity/oauth-clients/{oauth_client_id}/revoke id
        truststream POST /identity/keys own
        truststream GET /identity/keys own
        truststream POST /identity/keys/{key_id}/revoke id
        truststream GET /monitoring/performance own
        truststream GET /docs/errors/{code} open
        truststream POST /multi-cloud/workloads own
        truststream GET /multi-cloud/workloads/{workload_id}/metrics id
        truststream GET /multi-cloud/workloads/{workload_id}/endpoint id
        truststream POST /ai-explainability/explain own
        truststream POST /ai-explainability/dashboards own
        truststream GET /ai-explainability/dashboards/{dashboard_id} id
        truststream GET /ai-explainability/dashboards/{dashboard_id}/data id
        truststream GET /ai-explainability/dashboards/{dashboard_id}/export id
        truststream POST /quantum-encryption/keys/generate own
        truststream POST /quantum-encryption/encrypt own
        truststream POST /quantum-encryption/key-exchange own
        truststream GET /quantum-encryption/key-exchange/{exchange_id} id
        truststream POST /quantum-encryption/key-exchange/{exchange_id}/confirm id
        truststream POST /quantum-encryption/parties own
        truststream GET /quantum-encryption/parties own
        truststream DELETE /quantum-encryption/parties/{party_id} id
        truststream POST /quantum-encryption/decrypt own
        truststream GET /quantum-encryption/keys own
        truststream GET /quantum-encryption/keys/{vault_key_id} id
        truststream POST /quantum-encryption/keys/{vault_key_id}/rotate id
        truststream POST /quantum-encryption/keys/{vault_key_id}/revoke id
        truststream GET /quantum-encryption/keys/{vault_key_id}/export-public id
        truststream POST /quantum-encryption/keys/{vault_key_id}/sign id
        truststream POST /quantum-encryption/keys/{vault_key_id}/verify id
        truststream POST /quantum-encryption/keys/{vault_key_id}/export id
        truststream POST /quantum-encryption/keys/restore own
        truststream POST /enterprise-integration/workflows own
        truststream GET /enterprise-integration/workflows/{workflow_id}/status id
        truststream GET /enterprise-integration/workflows/{workflow_id}/metrics id
        truststream GET /enterprise-integration/workflows/{workflow_id}/logs id
        truststream POST /webhooks/{workflow_id} id
        truststream POST /enterprise-integration/events own
        truststream GET /openapi.json open
        phi POST /auth/token open
        phi POST /models/register own
        phi GET /models/{model_id} id
        phi DELETE /models/{model_id} id
        phi POST /models/deploy own
        phi DELETE /models/deployments/{deployment_id} id
        phi POST /inference/run own
        phi GET /inference/{request_id} id
        phi PUT /files/{name} own
        phi GET /files/{name} own
        phi DELETE /files/{name} own
        phi GET /logs own
        phi POST /security/validate own
        phi POST /models/auto-scale own
        phi POST /models/profile own
        phi GET /openapi.json open
        """

    /// By `enterprise GET /tenants`.
    static var all: [String: Foreign] {
        var rows: [String: Foreign] = [:]
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            rows[words.dropLast().joined(separator: " ")] = words.last.flatMap { Foreign(rawValue: String($0)) }
        }
        return rows
    }

    /// What a path wants in its query before it looks for anything.
    static let queries = ["/federated-learning/sessions/{session_id}/control": "round=1"]

    /// Parameters of paths that are words of a closed list and nobody's ids.
    static let words = ["service_name": "llm_service", "step": "begin", "code": "not-found", "model_version": "1"]
}
