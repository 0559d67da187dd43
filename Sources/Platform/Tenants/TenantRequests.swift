package import Storage

/// What a new tenant is asked to be: every field of the document, nil where it has its default.
package struct NewTenant: Sendable, Equatable {
    package var name: String
    package var domain: String?
    package var performanceTier: PerformanceTier?
    package var isolationLevel: IsolationLevel?
    /// Names of capabilities, an allow list; nil: the tier's.
    package var capabilities: [String]?
    /// nil: as the performance tier.
    package var billingTier: PerformanceTier?
    package var encryptionLevel: EncryptionLevel?
    package var complianceGoals: [ComplianceGoal]
    /// nil: by the tier.
    package var planV2: PlanV2?
    package var planV4: PlanV4?
    /// The tenant whose partners may act for it.
    package var parent: String?

    package init(
        name: String, domain: String? = nil, performanceTier: PerformanceTier? = nil, isolationLevel: IsolationLevel? = nil, capabilities: [String]? = nil,
        billingTier: PerformanceTier? = nil, encryptionLevel: EncryptionLevel? = nil, complianceGoals: [ComplianceGoal] = [], planV2: PlanV2? = nil,
        planV4: PlanV4? = nil, parent: String? = nil
    ) {
        self.parent = parent
        self.name = name
        self.domain = domain
        self.performanceTier = performanceTier
        self.isolationLevel = isolationLevel
        self.capabilities = capabilities
        self.billingTier = billingTier
        self.encryptionLevel = encryptionLevel
        self.complianceGoals = complianceGoals
        self.planV2 = planV2
        self.planV4 = planV4
    }
}

/// What is to be different; nil stays as it is.
package struct TenantUpdate: Sendable, Equatable {
    /// With another tier and no `quantumAllocation` the tenant gets the new tier's cap.
    package var performanceTier: PerformanceTier?
    package var additionalCapabilities: [String]
    package var quantumAllocation: Int?
    package var planV2: PlanV2?
    package var planV4: PlanV4?

    package init(
        performanceTier: PerformanceTier? = nil, additionalCapabilities: [String] = [], quantumAllocation: Int? = nil, planV2: PlanV2? = nil,
        planV4: PlanV4? = nil
    ) {
        self.performanceTier = performanceTier
        self.additionalCapabilities = additionalCapabilities
        self.quantumAllocation = quantumAllocation
        self.planV2 = planV2
        self.planV4 = planV4
    }
}

/// How many qubits a call may give a tenant: a tenant's own stops at its tier's cap, the operator's at what there is.
package enum AllocationCeiling: Sendable, Equatable {
    case tier
    case capacity(Int)
}

/// What an update really changed.
package struct TenantChange: Sendable, Equatable {
    package var before: TenantRecord
    package var after: TenantRecord

    /// nil: it is what it was.
    package var performanceTier: PerformanceTier? { after.performanceTier == before.performanceTier ? nil : after.performanceTier }
    package var quantumAllocation: Int? { after.qubits == before.qubits ? nil : after.qubits }
    package var newCapabilities: [Capability] { after.allowedCapabilities.filter { !before.allowedCapabilities.contains($0) } }
    package var lostCapabilities: [Capability] { before.allowedCapabilities.filter { !after.allowedCapabilities.contains($0) } }
    /// Families in which the plan is another one.
    package var plans: [Plan] { APIFamily.allCases.map(after.plan).filter { before.plan($0.family) != $0 } }
    /// Whether it is worth the event `tenant.tier.upgraded`.
    package var isUpgrade: Bool { after.performanceTier > before.performanceTier }
    package var isEmpty: Bool { after == before }
}
