internal import APIKit
internal import Platform

extension Aisemble {
    /// Documented and not built.
    static var notBuilt: [Endpoint] {
        [
            .notBuilt("POST", "/ai/llm/generate", "llm.generate", .scope(.aiOperations)),
            .notBuilt("GET", "/ai/llm/models", "llm.models", .scope(.aiOperations)),
            .notBuilt("POST", "/ai/llm/chat", "llm.chat", .scope(.aiOperations)),
            .notBuilt("POST", "/ai/vision/analyze", "vision.analyze", .scope(.aiOperations)),
            .notBuilt("POST", "/ai/vision/classify", "vision.classify", .scope(.aiOperations)),
            .notBuilt("POST", "/ai/nlp/analyze", "nlp.analyze", .scope(.aiOperations)),
            .notBuilt("POST", "/ai/nlp/summarize", "nlp.summarize", .scope(.aiOperations)),
            .notBuilt("GET", "/health", "health", .open),
            .notBuilt("GET", "/health/comprehensive", "health.comprehensive", .scope(.monitoring)),
            .notBuilt("GET", "/metrics", "metrics", .scope(.monitoring)),
            .notBuilt("GET", "/ops/status", "ops.status", .scope(.ops)),
            .notBuilt("POST", "/ops/services/{service_name}/start", "ops.start", .scope(.ops)),
            .notBuilt("POST", "/ops/services/{service_name}/stop", "ops.stop", .scope(.ops)),
            .notBuilt("GET", "/ops/logs", "ops.logs", .scope(.ops)),
            .notBuilt("GET", "/models", "models.list", .scope(.models)),
            .notBuilt("POST", "/models/{model_id}/load", "models.load", .scope(.models)),
            .notBuilt("GET", "/models/{model_id}/performance", "models.performance", .scope(.models)),
        ]
    }
}
