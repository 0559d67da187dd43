/// What becomes of the documents' examples where that is not simply the documented reply.
enum DocumentExpectations {
    struct Refusal: Sendable {
        let status: Int
        let code: String
        /// What the refusal names, where the list of refusals says it.
        var field: String?
        let why: String
    }

    /// The closed list of examples that are refused in the profile local, once their endpoints are built. Literally sent, they name a user, a
    /// client, a model or a key that nobody made.
    static let refused: [String: Refusal] = [
        "aisemble POST /auth/login": Refusal(status: 401, code: "AUTHENTICATION_REQUIRED", why: "nobody is called your_username"),
        "phi POST /auth/token": Refusal(status: 401, code: "invalid_client", why: "no client is called your-client-id"),
        "aisemble POST /ai/llm/generate": Refusal(status: 422, code: "MODEL_NOT_LOADED", why: "gpt-3.5-turbo is not here"),
        "aisemble POST /ai/llm/chat": Refusal(status: 422, code: "MODEL_NOT_LOADED", why: "gpt-3.5-turbo is not here"),
        "aisemble POST /ai/vision/analyze": Refusal(status: 422, code: "MODEL_NOT_LOADED", why: "yolo-v8 is not here"),
        "aisemble POST /ai/vision/classify": Refusal(status: 422, code: "MODEL_NOT_LOADED", why: "resnet-50 is not here"),
        "aisemble POST /ai/nlp/summarize": Refusal(status: 422, code: "MODEL_NOT_LOADED", why: "bart-large-cnn is not here"),
        "aisemble POST /ops/services/{service_name}/start": Refusal(
            status: 403, code: "INSUFFICIENT_PERMISSIONS", why: "services are everybody's, and only the platform's administrator starts them"),
        "truststream POST /quantum-encryption/key-exchange": Refusal(
            status: 400, code: "VALIDATION_ERROR", field: "public_key", why: "its PEM ends in three dots"),
    ]

    /// Endpoints that are built while what they act on is not. A row goes when that comes: then the call succeeds and its test says so.
    static let waiting: [String: Refusal] = [
        "aisemble POST /models/{model_id}/load": Refusal(status: 404, code: "RESOURCE_NOT_FOUND", why: "there is no model of the name"),
        "aisemble GET /models/{model_id}/performance": Refusal(status: 404, code: "RESOURCE_NOT_FOUND", why: "there is no model of the name"),
    ]

    /// Lists in which there is nothing when the example is sent as it is written, and why. `fuller` asks so that there is something.
    static let empty: [String: Set<String>] = [
        // No job has begun, so none has logged and none is running.
        "aisemble GET /jobs/{job_id}": ["logs"],
        "aisemble GET /jobs": ["jobs"],
        // Nothing is wrong with the coordinator.
        "aisemble GET /ops/status": ["alerts"],
        "truststream GET /monitoring/performance": ["alerts", "optimization_suggestions"],
        // None is registered.
        "aisemble GET /models": ["models"],
        // No operator has attested anything.
        "phi POST /security/validate": ["compliance"],
        // There is no service of this name.
        "aisemble GET /ops/logs": ["logs"],
    ]

    /// The same calls with another query, to which the lists must not be empty.
    static let fuller: [String: [(name: String, value: String)]] = [
        "aisemble GET /jobs": [(name: "status", value: "queued"), (name: "limit", value: "10")],
        "aisemble GET /ops/logs": [(name: "limit", value: "100")],
    ]

    /// Objects with names of things for keys: tenants, and what an action tells of itself.
    static let named: [String: Set<String>] = [
        "enterprise GET /analytics/realtime": ["tenant_metrics"], "enterprise GET /security/audit-log": ["audit_logs[].details"],
    ]

    /// Where a reply is not described: what of it may be null before anything was measured, or without what is not built.
    static let nullable: [String: Set<String>] = [
        "truststream POST /federated-learning/sessions": ["encryption_key"],
        "truststream GET /federated-learning/sessions/{session_id}": [
            "accuracy", "loss", "privacy_budget_used", "estimated_completion", "performance_metrics.throughput", "performance_metrics.latency_p99",
        ],
        "truststream GET /monitoring/performance": Set(
            [
                "system_performance.cpu_utilization": ["average", "peak"], "system_performance.memory_utilization": ["average", "peak"],
                "system_performance.network_throughput": ["ingress_mbps", "egress_mbps", "packet_loss"],
                "application_performance.response_time": ["p50", "p95", "p99"],
                "application_performance.throughput": ["requests_per_second", "peak_rps"], "application_performance": ["error_rate", "availability"],
                "federated_learning": ["client_participation_rate", "training_efficiency"],
                "ai_explainability": ["explanations_generated", "average_explanation_time", "compliance_check_success_rate"],
                "quantum_encryption": ["encryption_operations", "key_generation_time", "quantum_security_level"],
            ].flatMap { place, names in names.map { "metrics.\(place).\($0)" } }),
    ]

    /// Calls that show nobody's credentials, in families whose other calls do without showing them each.
    static let anonymous: Set<String> = ["phi POST /auth/token"]

    /// Refusals that the documents show, by what provokes them.
    static let provoked: [(family: String, code: String, method: String, path: String, body: String)] = [
        ("enterprise", "error_code", "POST", "/tenants", "{}"), ("aisemble", "INVALID_REQUEST", "POST", "/jobs", #"{"name": "x", "type": "x"}"#),
        ("truststream", "VALIDATION_ERROR", "POST", "/federated-learning/sessions", #"{"privacy_budget": 15.0}"#),
    ]
}
