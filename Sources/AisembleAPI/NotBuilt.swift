internal import APIKit

extension Aisemble {
    /// Documented and not built.
    static var notBuilt: [Endpoint] {
        [
            .notBuilt("POST", "/auth/login", "auth.login"),
            .notBuilt("POST", "/ai/llm/generate", "llm.generate"),
            .notBuilt("GET", "/ai/llm/models", "llm.models"),
            .notBuilt("POST", "/ai/llm/chat", "llm.chat"),
            .notBuilt("POST", "/ai/vision/analyze", "vision.analyze"),
            .notBuilt("POST", "/ai/vision/classify", "vision.classify"),
            .notBuilt("POST", "/ai/nlp/analyze", "nlp.analyze"),
            .notBuilt("POST", "/ai/nlp/summarize", "nlp.summarize"),
            .notBuilt("POST", "/jobs", "jobs.create"),
            .notBuilt("GET", "/jobs/{job_id}", "jobs.show"),
            .notBuilt("GET", "/jobs", "jobs.list"),
            .notBuilt("DELETE", "/jobs/{job_id}", "jobs.cancel"),
            .notBuilt("GET", "/jobs/{job_id}/results", "jobs.results"),
            .notBuilt("GET", "/health", "health"),
            .notBuilt("GET", "/health/comprehensive", "health.comprehensive"),
            .notBuilt("GET", "/metrics", "metrics"),
            .notBuilt("GET", "/ops/status", "ops.status"),
            .notBuilt("POST", "/ops/services/{service_name}/start", "ops.start"),
            .notBuilt("POST", "/ops/services/{service_name}/stop", "ops.stop"),
            .notBuilt("GET", "/ops/logs", "ops.logs"),
            .notBuilt("GET", "/models", "models.list"),
            .notBuilt("POST", "/models/{model_id}/load", "models.load"),
            .notBuilt("GET", "/models/{model_id}/performance", "models.performance"),
            .notBuilt("POST", "/webhooks", "webhooks.create"),
        ]
    }
}
