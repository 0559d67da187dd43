package import APIKit
package import Platform

/// The family of `/v1`: its endpoint table and its envelope. It owns whatever is below `/v1` and no other family's.
package enum Phi {
    static let base = "/v1"

    /// - Parameters:
    ///   - models: what registering and deploying stand on.
    ///   - inference: what answers.
    ///   - loginFailed: told of every request for a token that was refused or throttled.
    package static func family(
        _ identity: Identity, models: ModelServices, inference: InferenceDesk, loginFailed: @escaping @Sendable (APIRequest) async -> Void = { _ in }
    ) -> Family {
        Family(
            .phi, bases: [base], endpoints: [token(identity, loginFailed)] + self.models(models) + self.inference(inference), errorShape: ErrorBody.shape,
            envelope: envelope
        )
        .describing(title: "AI execution engine, v1", version: "1.0.0")
    }
}
