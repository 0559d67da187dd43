package import Storage

/// What a plan allows. The same name may mean something else in another family: `enterprise` is 50,000 requests an hour in
/// v1, 10,000 in v2 and 100,000 in v4.
package struct Plan: Sendable, Equatable {
    package var family: APIFamily
    package var name: String
    package var requestsPerHour: Int

    package init(family: APIFamily, name: String, requestsPerHour: Int) {
        self.family = family
        self.name = name
        self.requestsPerHour = requestsPerHour
    }

    /// Every plan there is.
    package static let table: [Plan] =
        PerformanceTier.allCases.map { Plan(family: .v1, name: $0.rawValue, requestsPerHour: $0.requestsPerHour) }
        + PlanV2.allCases.map { Plan(family: .v2, name: $0.rawValue, requestsPerHour: $0.requestsPerHour) }
        + PlanV4.allCases.map { Plan(family: .v4, name: $0.rawValue, requestsPerHour: $0.requestsPerHour) }
        // Its document has no plans: the tier's own.
        + PerformanceTier.allCases.map { Plan(family: .phi, name: $0.rawValue, requestsPerHour: $0.requestsPerHour) }
}

extension PerformanceTier {
    package var requestsPerHour: Int {
        switch self {
        case .basic: 1000
        case .premium: 10_000
        case .enterprise: 50_000
        case .quantum: 500_000
        }
    }

    /// The most qubits a tenant of the tier leases at a time, unless the operator lifts it.
    package var qubits: Int {
        switch self {
        case .basic: 50
        case .premium: 200
        case .enterprise: 750
        case .quantum: 1500
        }
    }

    /// Of a tenant, in all families together.
    package var concurrentOperations: Int {
        switch self {
        case .basic: 10
        case .premium: 50
        case .enterprise: 200
        case .quantum: 1000
        }
    }

    package var capabilities: [Capability] { Capability.allCases.filter { $0.tier <= self } }

    /// The plan of family v2 that a tenant of the tier gets. `free` is given only where somebody asks for it.
    package var planV2: PlanV2 {
        switch self {
        case .basic: .pro
        case .premium: .pro
        case .enterprise, .quantum: .enterprise
        }
    }

    package var planV4: PlanV4 {
        switch self {
        case .basic: .standard
        case .premium: .professional
        case .enterprise, .quantum: .enterprise
        }
    }
}

extension PlanV2 {
    package var requestsPerHour: Int {
        switch self {
        case .free: 100
        case .pro: 1000
        case .enterprise: 10_000
        }
    }
}

extension PlanV4 {
    package var requestsPerHour: Int {
        switch self {
        case .standard: 1000
        case .professional: 10_000
        case .enterprise: 100_000
        }
    }
}
