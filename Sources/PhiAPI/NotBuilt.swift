internal import APIKit
internal import Platform

extension Phi {
    /// Documented and not built.
    static var notBuilt: [Endpoint] {
        [
            .notBuilt("POST", "/inference/run", "inference.run", .scope(.aiOperations)),
            .notBuilt("POST", "/models/profile", "models.profile", .scope(.models)),
        ]
    }
}
