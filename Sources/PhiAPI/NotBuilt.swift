internal import APIKit
internal import Platform

extension Phi {
    /// Documented and not built.
    static var notBuilt: [Endpoint] {
        [
            .notBuilt("POST", "/models/register", "models.register", .scope(.models)),
            .notBuilt("POST", "/models/deploy", "models.deploy", .scope(.models)),
            .notBuilt("GET", "/logs", "logs", .scope(.monitoring)),
            .notBuilt("POST", "/security/validate", "security.validate", .scope(.securityAudit)),
            .notBuilt("POST", "/models/auto-scale", "models.auto_scale", .scope(.models)),
        ]
    }
}
