internal import APIKit
internal import Platform

extension Aisemble {
    /// Documented and not built.
    static var notBuilt: [Endpoint] {
        [
            .notBuilt("POST", "/ai/vision/analyze", "vision.analyze", .scope(.aiOperations)),
            .notBuilt("POST", "/ai/vision/classify", "vision.classify", .scope(.aiOperations)),
            .notBuilt("GET", "/models", "models.list", .scope(.models)),
            .notBuilt("POST", "/models/{model_id}/load", "models.load", .scope(.models)),
            .notBuilt("GET", "/models/{model_id}/performance", "models.performance", .scope(.models)),
        ]
    }
}
