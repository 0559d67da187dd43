internal import APIKit
internal import Platform

extension Aisemble {
    /// Documented and not built.
    static var notBuilt: [Endpoint] {
        [
            .notBuilt("POST", "/ai/llm/generate", "llm.generate", .scope(.aiOperations)),
            .notBuilt("GET", "/ai/llm/models", "llm.models", .scope(.aiOperations)),
            .notBuilt("POST", "/ai/llm/chat", "llm.chat", .scope(.aiOperations)),
        ]
    }
}
