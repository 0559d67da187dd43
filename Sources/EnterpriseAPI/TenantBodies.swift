internal import APIKit
internal import Platform
internal import Storage

extension PerformanceTier: ChoiceValue {}
extension IsolationLevel: ChoiceValue {}
extension EncryptionLevel: ChoiceValue {}
extension ComplianceGoal: ChoiceValue {}
extension PlanV2: ChoiceValue {}
extension PlanV4: ChoiceValue {}

struct PlansBody: DescribedRequest {
    static let name = "Plans"
    var v2: PlanV2?
    var v4: PlanV4?
    static let fields = [FieldOf<PlansBody>("v2", \.v2), FieldOf("v4", \.v4)]
}

struct SecurityBody: DescribedRequest {
    static let name = "TenantSecurity"
    var encryption = EncryptionLevel.standard
    var compliance: [ComplianceGoal] = []

    static let fields = [
        FieldOf<SecurityBody>("encryption_level", \.encryption, note: "enhanced: a data key of the tenant's own"),
        FieldOf("compliance", \.compliance, Bounds(count: 0...ComplianceGoal.allCases.count), note: "goals, and no claim"),
    ]
}

struct NewTenantBody: DescribedRequest {
    static let name = "NewTenant"
    var title = ""
    var domain: String?
    var tier = PerformanceTier.basic
    var isolation = IsolationLevel.standard
    var capabilities: [String]?
    var billing: PerformanceTier?
    var security = SecurityBody()
    var plans = PlansBody()
    var parent: String?

    static let fields = [
        FieldOf<NewTenantBody>("name", \.title, isRequired: true, Bounds(count: 1...128)),
        FieldOf("domain", \.domain, note: "a host name that no other tenant has"), FieldOf("performance_tier", \.tier), FieldOf("isolation_level", \.isolation),
        FieldOf("ai_capabilities", \.capabilities, Bounds(count: 0...64, elementBytes: 1...64), note: "the tier's where it is left out"),
        FieldOf("billing_tier", \.billing, note: "as performance_tier where it is left out"), FieldOf("security_config", \.security), FieldOf("plans", \.plans),
        FieldOf("parent_id", \.parent, note: "a tenant whose partners may act for this one"),
    ]

    var tenant: NewTenant {
        NewTenant(
            name: title, domain: domain, performanceTier: tier, isolationLevel: isolation, capabilities: capabilities, billingTier: billing,
            encryptionLevel: security.encryption, complianceGoals: security.compliance, planV2: plans.v2, planV4: plans.v4, parent: parent)
    }
}

struct TenantUpdateBody: DescribedRequest {
    static let name = "TenantUpdate"
    var tier: PerformanceTier?
    var capabilities: [String] = []
    var allocation: Int?
    var plans = PlansBody()

    static let fields = [
        FieldOf<TenantUpdateBody>("performance_tier", \.tier), FieldOf("additional_capabilities", \.capabilities, Bounds(count: 0...64, elementBytes: 1...64)),
        FieldOf("quantum_allocation", \.allocation, Bounds(range: 0...1_000_000), unit: "qubits"), FieldOf("plans", \.plans),
    ]

    var update: TenantUpdate {
        TenantUpdate(performanceTier: tier, additionalCapabilities: capabilities, quantumAllocation: allocation, planV2: plans.v2, planV4: plans.v4)
    }
}

struct TenantPlaces: Described {
    static let name = "TenantPlaces"
    var main: String
    var api: String
    static let fields = [FieldOf<TenantPlaces>("main", \.main, .fixed), FieldOf("api", \.api, .fixed)]
}

struct TenantView: Described {
    static let name = "Tenant"
    var title: String
    var tier: PerformanceTier
    var allocation: Int
    var places: TenantPlaces
    var domain: String?
    var domainStatus: String?
    var isolation: IsolationLevel
    var encryption: EncryptionLevel
    var capabilities: [String]
    var billing: PerformanceTier
    var goals: [ComplianceGoal]
    var plans: [String: String]
    var parent: String?

    static let fields = [
        FieldOf<TenantView>("name", \.title, .stored), FieldOf("performance_tier", \.tier, .stored),
        FieldOf("quantum_allocation", \.allocation, .stored, unit: "qubits"), FieldOf("endpoints", \.places, .fixed), FieldOf("domain", \.domain, .stored),
        FieldOf("domain_status", \.domainStatus, .rule("nothing is served under a domain until it is proven")),
        FieldOf("isolation_level", \.isolation, .stored, "as asked; blocked_by says what of it is not in effect"),
        FieldOf("encryption_level", \.encryption, .stored), FieldOf("ai_capabilities", \.capabilities, .stored), FieldOf("billing_tier", \.billing, .stored),
        FieldOf("compliance_goals", \.goals, .stored), FieldOf("plans", \.plans, .stored),
        FieldOf("parent_id", \.parent, .stored, "null: none"),
    ]

    init(_ record: TenantRecord, base: String) {
        title = record.name
        tier = record.performanceTier
        allocation = record.qubits
        // A tenant has no host name of its own here: its calls name it in X-Tenant-ID.
        places = TenantPlaces(main: base, api: "\(base)\(Enterprise.base)")
        domain = record.domain
        domainStatus = record.domainStatus?.rawValue
        isolation = record.isolationLevel
        encryption = record.encryptionLevel
        capabilities = record.allowedCapabilities.map(\.rawValue)
        billing = record.priceTier
        goals = record.complianceGoals
        parent = record.parent
        plans = Dictionary(uniqueKeysWithValues: APIFamily.allCases.map { ($0.rawValue, record.plan($0).name) })
    }
}
