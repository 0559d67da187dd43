package import APIKit

/// The family of `/v1`: its endpoint table and its envelope. It owns whatever is below `/v1` and no other family's.
package enum Phi {
    static let base = "/v1"

    package static func family() -> Family {
        Family(bases: [base], endpoints: notBuilt, errorShape: ErrorBody.shape, envelope: envelope)
            .describing(title: "AI execution engine, v1", version: "1.0.0")
    }
}
