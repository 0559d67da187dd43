import StrictJSON

/// The federated-learning examples of the API document (v4.4), letter by letter.
enum Documented {
    static let createRequest = """
        {"model_type": "neural_network", "algorithm": "federated_averaging", "privacy_budget": 1.0, "min_clients": 10, "max_clients": 1000,
         "rounds": 100, "client_fraction": 0.1, "learning_rate": 0.01, "batch_size": 32, "local_epochs": 5,
         "differential_privacy": {"enabled": true, "noise_multiplier": 1.1, "l2_norm_clip": 1.0}, "secure_aggregation": true, "byzantine_robust": true}
        """
    static let createReply = """
        {"success": true, "session_id": "fl-session-uuid-12345", "status": "initializing", "aggregation_server": "https://fl-agg-1.truststream.ai:8000",
         "coordinator_endpoint": "wss://fl-coord.truststream.ai:8001", "client_registration_token": "reg-token-abc123",
         "encryption_key": "encrypted-key-def456", "created_at": "2025-09-22T02:00:03Z", "estimated_duration": "2-4 hours"}
        """
    static let joinRequest = """
        {"client_id": "client-uuid-67890", "registration_token": "reg-token-abc123", "data_size": 10000, "computation_capability": "high",
         "network_bandwidth": "1gbps", "privacy_preferences": {"max_privacy_budget": 0.5, "data_minimization": true}}
        """
    static let joinReply = """
        {"success": true, "client_registered": true, "client_id": "client-uuid-67890", "assigned_round": 1,
         "model_weights_url": "https://fl-storage.truststream.ai/models/init-weights.bin", "update_endpoint": "https://fl-agg-1.truststream.ai:8000/update",
         "heartbeat_interval": 30, "timeout_seconds": 600}
        """
    static let statusReply = """
        {"success": true, "session_id": "fl-session-uuid-12345", "status": "training", "current_round": 45, "total_rounds": 100, "active_clients": 87,
         "total_clients": 156, "accuracy": 0.892, "loss": 0.234, "privacy_budget_used": 0.45, "estimated_completion": "2025-09-22T04:30:00Z",
         "performance_metrics": {"throughput": "1200 updates/minute", "latency_p99": "450ms", "byzantine_attacks_detected": 2,
          "differential_privacy_noise": "optimal"}}
        """
    static let error = """
        {"success": false, "error": {"code": "VALIDATION_ERROR", "message": "Invalid input parameters", "details": {"field": "privacy_budget",
         "issue": "Value must be between 0.1 and 10.0", "provided_value": 15.0}, "request_id": "req-uuid-12345", "timestamp": "2025-09-22T02:00:03Z",
         "documentation_url": "https://docs.truststream.ai/v44/errors/validation-error"}}
        """
    /// Documented codes and their statuses.
    static let codes = [
        "AUTHENTICATION_ERROR": 401, "AUTHORIZATION_ERROR": 403, "VALIDATION_ERROR": 400, "NOT_FOUND": 404, "RATE_LIMIT_EXCEEDED": 429,
        "INTERNAL_ERROR": 500, "SERVICE_UNAVAILABLE": 503,
    ]
    /// The request with the three protections off, which are not built.
    static let plainRequest =
        createRequest.replacing("\"enabled\": true", with: "\"enabled\": false").replacing(
            "\"secure_aggregation\": true", with: "\"secure_aggregation\": false"
        )
        .replacing("\"byzantine_robust\": true", with: "\"byzantine_robust\": false")

    /// Keys of `documented` that `reply` does not have with the same JSON type; null only where it may be.
    static func differences(_ documented: JSON, _ reply: JSON?, mayBeNull: Set<String> = [], at path: String = "") -> [String] {
        guard let reply else { return ["\(path) is missing"] }
        if reply == .null { return mayBeNull.contains(path) ? [] : ["\(path) is null"] }
        guard reply.kind == documented.kind else { return ["\(path) is \(reply.kind), documented is \(documented.kind)"] }
        return (documented.members ?? []).flatMap {
            differences($0.value, reply[$0.name], mayBeNull: mayBeNull, at: path.isEmpty ? $0.name : "\(path).\($0.name)")
        }
    }
}
