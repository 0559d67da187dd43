package import APIKit
package import FederationService
package import KeyVault
package import Platform
internal import StrictJSON
package import Telemetry

/// The family of `/api/v4`: its endpoint table, its envelope, its version negotiation.
package enum TrustStream {
    /// What replies print; the aliases answer too.
    static let base = "/api/v4"

    /// - Parameter tenants: ids of all there are.
    package static func family(
        _ service: any FederatedLearning, identity: Identity, vault: KeyVault, recorder: Recorder,
        tenants: @escaping @Sendable () async throws(ServiceError) -> [String]
    ) -> Family {
        Family(
            .v4, bases: [base, "/v4"],
            endpoints: sessions(service) + rounds(service) + nodes(service) + authorities(service) + audit(service)
                + identities(identity) + self.vault(vault) + monitoring(service, vault, recorder, tenants) + errorPages + notBuilt,
            errorShape: ErrorBody.shape, envelope: envelope, negotiate: negotiate
        ).describing(title: "Federated learning, v4", version: "4.4.0")
    }

    /// `API-Version: 4.3` or `4.4`; absent means 4.4. The reply says which one it speaks.
    @Sendable static func negotiate(_ request: APIRequest) throws(ServiceError) -> [(name: String, value: String)] {
        let asked = request.header("api-version") ?? "4.4"
        guard asked == "4.4" || asked == "4.3" else {
            throw .invalid(field: "API-Version", issue: "must be 4.3 or 4.4", provided: .string(asked))
        }
        return [(name: "api-version", value: asked)]
    }
}
