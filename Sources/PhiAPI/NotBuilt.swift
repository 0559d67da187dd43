internal import APIKit

extension Phi {
    /// Documented and not built.
    static var notBuilt: [Endpoint] {
        [
            .notBuilt("POST", "/auth/token", "auth.token"),
            .notBuilt("POST", "/models/register", "models.register"),
            .notBuilt("POST", "/models/deploy", "models.deploy"),
            .notBuilt("POST", "/inference/run", "inference.run"),
            .notBuilt("GET", "/logs", "logs"),
            .notBuilt("POST", "/security/validate", "security.validate"),
            .notBuilt("POST", "/models/auto-scale", "models.auto_scale"),
            .notBuilt("POST", "/models/profile", "models.profile"),
        ]
    }
}
