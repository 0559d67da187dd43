package import APIKit
package import Platform
package import QuantumService
package import Storage
package import Telemetry

/// The family of `/api/v1`: its endpoint table and its envelope.
package enum Enterprise {
    /// What replies print.
    static let base = "/api/v1"

    /// The document's own examples call `/v1/…`, which another document has as its base. No path collides.
    static let alias = Alias(
        "/v1",
        [
            "/ai", "/quantum", "/tenants", "/analytics", "/whitelabel", "/webhooks", "/security/audit-log", "/security/compliance", "/security/report",
            "/auth/generate-key",
        ])

    /// - Parameter annealing: nil: nothing measures the annealer, so that its ratios stay null.
    package static func family(
        _ identity: Identity, _ tenants: Tenants, _ audit: any AuditStore, _ recorder: Recorder, webhooks: Webhooks, leases: Leases,
        terms: TenantTerms = TenantTerms(),
        use: (any UseStore)? = nil, annealing: AnnealerTools? = nil
    ) -> Family {
        Family(
            .v1, bases: [base], aliases: [alias],
            endpoints: keys(identity, tenants) + self.tenants(tenants, terms) + scaling(tenants, terms) + status(tenants, recorder, StorageCounts(use), leases)
                + realtime(tenants, recorder, leases)
                + self.audit(audit, tenants) + self.webhooks(webhooks) + quantum(leases, tenants, terms, annealing) + optimization(annealing) + notBuilt,
            errorShape: ErrorBody.shape, envelope: envelope
        ).describing(title: "Enterprise AI, v1", version: "1.0.0")
    }
}

/// What the operator of this coordinator gives its tenants.
package struct TenantTerms: Sendable {
    package var prices: PriceTable
    /// The most qubits that the platform's administrator can give one tenant.
    package var qubits: Int

    package init(prices: PriceTable = .unpriced, qubits: Int = 8192) {
        self.prices = prices
        self.qubits = qubits
    }
}
