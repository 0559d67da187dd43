import Federation
import Platform
import Storage
import Testing

/// The numbers of the documents, written here a second time.
@Suite struct PlanTests {
    @Test func everyPlanHasTheDocumentedNumber() {
        let documented = [
            "v1 basic 1000", "v1 premium 10000", "v1 enterprise 50000", "v1 quantum 500000", "v2 free 100", "v2 pro 1000", "v2 enterprise 10000",
            "v4 standard 1000", "v4 professional 10000", "v4 enterprise 100000", "phi basic 1000", "phi premium 10000", "phi enterprise 50000",
            "phi quantum 500000",
        ]
        #expect(Plan.table.map { "\($0.family.rawValue) \($0.name) \($0.requestsPerHour)" } == documented)
    }

    @Test(arguments: [
        (PerformanceTier.basic, 50, 10, 5, "basic pro standard basic"), (.premium, 200, 50, 10, "premium pro professional premium"),
        (.enterprise, 750, 200, 15, "enterprise enterprise enterprise enterprise"), (.quantum, 1500, 1000, 20, "quantum enterprise enterprise quantum"),
    ])
    func everyTierHasTheDocumentedNumbers(_ tier: PerformanceTier, _ qubits: Int, _ operations: Int, _ capabilities: Int, _ plans: String) {
        let tenant = TenantRecord(id: "t", name: "T", performanceTier: tier, createdAt: at(0))
        #expect(tier.qubits == qubits && tenant.qubits == qubits && tier.concurrentOperations == operations)
        #expect(tier.capabilities.count == capabilities && tenant.allowedCapabilities.count == capabilities)
        #expect(APIFamily.allCases.map { tenant.plan($0).name }.joined(separator: " ") == plans)
        for family in APIFamily.allCases { #expect(Plan.table.contains(tenant.plan(family)), "\(family)") }
        #expect(tenant.priceTier == tier)
    }

    @Test func tiersRiseInEverything() {
        for (low, high) in zip(PerformanceTier.allCases, PerformanceTier.allCases.dropFirst()) {
            #expect(low < high && low.qubits < high.qubits && low.concurrentOperations < high.concurrentOperations)
            #expect(high.capabilities.starts(with: low.capabilities))
        }
    }

    @Test func theFreePlanIsGivenOnlyWhereItIsAskedFor() {
        for tier in PerformanceTier.allCases { #expect(tier.planV2 != .free) }
        var tenant = TenantRecord(id: "t", name: "T", performanceTier: .quantum, createdAt: at(0))
        tenant.planV2 = .free
        #expect(tenant.plan(.v2) == Plan(family: .v2, name: "free", requestsPerHour: 100))
    }
}
