package import Storage

// What a tenant has, as its record and its tier say.
extension TenantRecord {
    package var isErased: Bool { erasedAt != nil }

    package func plan(_ family: APIFamily) -> Plan {
        switch family {
        case .v1, .phi: Plan(family: family, name: performanceTier.rawValue, requestsPerHour: performanceTier.requestsPerHour)
        case .v2:
            { Plan(family: .v2, name: $0.rawValue, requestsPerHour: $0.requestsPerHour) }(planV2 ?? performanceTier.planV2)
        case .v4:
            { Plan(family: .v4, name: $0.rawValue, requestsPerHour: $0.requestsPerHour) }(planV4 ?? performanceTier.planV4)
        }
    }

    /// The most qubits leased at a time.
    package var qubits: Int { quantumAllocation ?? performanceTier.qubits }

    /// In the order of the catalogue. What was listed beyond the tier, before it was lowered, is not among them.
    package var allowedCapabilities: [Capability] {
        guard let capabilities else { return performanceTier.capabilities }
        return performanceTier.capabilities.filter { capabilities.contains($0.rawValue) }
    }

    /// The row of the price table.
    package var priceTier: PerformanceTier { billingTier ?? performanceTier }

    package enum DomainStatus: String, Sendable { case pendingValidation = "pending_validation" }

    /// nil without a domain. Nobody has proven yet that it is the tenant's, so nothing is served under it.
    package var domainStatus: DomainStatus? { domain == nil ? nil : .pendingValidation }

    /// What this coordinator has beyond rows that know their tenant.
    package enum Provision: String, Sendable, Hashable { case dataKeys, dedicatedWorkers }

    /// What was asked for and is not in effect: by field, with what it takes.
    package struct Pending: Sendable, Equatable {
        package var field: String
        package var asked: String
        package var have: String
        package var fix: String
    }

    package func pending(_ have: Set<Provision>) -> [Pending] {
        var pending: [Pending] = []
        let keyFix = "needs a data key for each tenant, which this coordinator does not keep"
        if encryptionLevel == .enhanced && !have.contains(.dataKeys) {
            pending.append(Pending(field: "security_config.encryption_level", asked: encryptionLevel.rawValue, have: "standard", fix: keyFix))
        }
        switch isolationLevel {
        case .standard: break
        case .enhanced:
            if !have.contains(.dataKeys) {
                pending.append(Pending(field: "isolation_level", asked: isolationLevel.rawValue, have: "standard", fix: keyFix))
            }
        case .dedicated:
            if !have.contains(.dedicatedWorkers) {
                pending.append(
                    Pending(
                        field: "isolation_level", asked: isolationLevel.rawValue, have: have.contains(.dataKeys) ? "enhanced" : "standard",
                        fix: "needs workers of the tenant's own, which this coordinator does not start"))
            }
        }
        return pending
    }
}
