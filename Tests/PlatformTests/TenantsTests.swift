import CryptoSuite
import Federation
import Platform
import Storage
import Synchronization
import Testing
import Trust

/// Bytes that count up, so that ids repeat from run to run.
private func counting() -> RandomSource {
    let next = Mutex(UInt8(0))
    return RandomSource { count in
        next.withLock { value in
            value &+= 1
            return [UInt8](repeating: value, count: count)
        }
    }
}

private func opened(_ store: MemoryStore = MemoryStore(suite: .system)) async throws -> Tenants {
    try await Tenants.open(store: store, random: counting(), now: at(1))
}

private func error(_ work: () async throws -> Void) async -> TenantError? {
    do {
        try await work()
        return nil
    } catch { return error as? TenantError }
}

@Suite struct TenantsTests {
    @Test func theDefaultTenantIsThereWithTheTopOfEveryFamily() async throws {
        let store = MemoryStore(suite: .system)
        _ = try await opened(store)
        let tenants = try await Tenants.open(store: store, random: counting(), now: at(9))
        let tenant = try await tenants.tenant("default")
        #expect(tenant.createdAt == at(1), "made once")
        #expect(APIFamily.allCases.map { tenant.plan($0).requestsPerHour } == [500_000, 10_000, 100_000, 500_000])
        #expect(await error { _ = try await tenants.erase("default", actor: "a", now: at(2)) } == .defaultCannotBeErased)
        #expect(try await store.audit(tenant: "default", after: 0, limit: 9).map(\.entry.action) == [.tenantCreated])
    }

    /// The document's own request.
    @Test func everyFieldOfTheDocumentIsKept() async throws {
        let store = MemoryStore(suite: .system)
        let tenants = try await opened(store)
        let new = NewTenant(
            name: "Enterprise Client Corp", domain: "Client.Meschain.AI", performanceTier: .enterprise, isolationLevel: .enhanced,
            capabilities: ["product_recommendations", "fraud_detection", "nlp_processing"], billingTier: .enterprise, encryptionLevel: .enhanced,
            complianceGoals: [.soc2, .gdpr])
        let made = try await tenants.create(new, actor: "admin", now: at(5))
        #expect(made.id == "tenant_01010101010101010101010101010101")
        let found = try await Tenants.open(store: store, random: counting(), now: at(9)).tenant(made.id)
        #expect(found == made && found.domain == "client.meschain.ai" && found.domainStatus == .pendingValidation && found.qubits == 750)
        #expect(found.complianceGoals == [.gdpr, .soc2])
        #expect(found.allowedCapabilities == [.productRecommendations, .nlpProcessing, .fraudDetection])
        #expect(found.pending([]).map(\.field) == ["security_config.encryption_level", "isolation_level"], "asked for and not in effect")
        #expect(found.pending([.dataKeys]).isEmpty)
        #expect(try await store.audit(tenant: made.id, after: 0, limit: 9).map(\.entry.actor) == ["admin"])
        let plain = try await tenants.create(NewTenant(name: "Plain"), actor: "admin", now: at(6))
        #expect(plain.performanceTier == .basic && plain.pending([]).isEmpty && plain.domainStatus == nil && plain.allowedCapabilities.count == 5)
        #expect(
            await error { _ = try await tenants.create(NewTenant(name: "B", domain: "client.meschain.ai"), actor: "a", now: at(7)) }
                == .domainTaken("client.meschain.ai"))
    }

    /// The document's own request again: what changed is what is different, and nothing else.
    @Test func anUpdateTellsWhatChanged() async throws {
        let store = MemoryStore(suite: .system)
        let tenants = try await opened(store)
        let made = try await tenants.create(
            NewTenant(name: "T", performanceTier: .enterprise, capabilities: ["fraud_detection"]), actor: "a", now: at(5))
        let update = TenantUpdate(performanceTier: .quantum, additionalCapabilities: ["quantum_optimization", "fraud_detection"], quantumAllocation: 1500)
        let change = try await tenants.update(made.id, update, ceiling: .tier, actor: "b", now: at(6))
        #expect(change.performanceTier == .quantum && change.quantumAllocation == 1500 && change.newCapabilities == [.quantumOptimization])
        #expect(change.plans.map(\.family) == [.v1, .phi] && change.isUpgrade && change.after.updatedAt == at(6))
        let again = try await tenants.update(made.id, update, ceiling: .tier, actor: "b", now: at(7))
        #expect(again.isEmpty && again.performanceTier == nil && again.newCapabilities.isEmpty && !again.isUpgrade && again.after.updatedAt == at(6))
        let entries = try await store.audit(tenant: made.id, after: 0, limit: 9).map(\.entry)
        #expect(entries.map(\.action) == [.tenantCreated, .tenantUpdated])
        #expect(
            entries[1].details == [
                "performance_tier": "quantum", "quantum_allocation": "1500", "new_capabilities": "quantum_optimization", "plan_v1": "quantum",
                "plan_phi": "quantum",
            ])
        // Downwards: what the tier does not have is lost, and the cap is the tier's.
        let lowered = try await tenants.update(made.id, TenantUpdate(performanceTier: .basic), ceiling: .tier, actor: "b", now: at(8))
        #expect(lowered.lostCapabilities == [.fraudDetection, .quantumOptimization] && lowered.quantumAllocation == 50 && !lowered.isUpgrade)
        #expect(try await tenants.tenant(made.id) == lowered.after)
    }

    @Test func onlyTheOperatorLiftsTheCapAndNotBeyondWhatThereIs() async throws {
        let tenants = try await opened()
        let id = try await tenants.create(NewTenant(name: "T", performanceTier: .quantum), actor: "a", now: at(5)).id
        func allocate(_ qubits: Int, _ ceiling: AllocationCeiling) async throws -> Int? {
            try await tenants.update(id, TenantUpdate(quantumAllocation: qubits), ceiling: ceiling, actor: "a", now: at(6)).quantumAllocation
        }
        #expect(await error { _ = try await allocate(2000, .tier) } == .allocationTooLarge(asked: 2000, limit: 1500))
        #expect(try await allocate(2000, .capacity(8192)) == 2000)
        #expect(await error { _ = try await allocate(9000, .capacity(8192)) } == .allocationTooLarge(asked: 9000, limit: 8192))
        #expect(await error { _ = try await allocate(-1, .tier) }?.fieldName == "quantum_allocation")
        #expect(try await allocate(1500, .tier) == 1500, "back to the cap, which goes on following the tier")
        let lowered = try await tenants.update(id, TenantUpdate(performanceTier: .premium), ceiling: .tier, actor: "a", now: at(7))
        #expect(lowered.quantumAllocation == 200)
        // Another field alone leaves the allocation as it is.
        _ = try await allocate(10, .tier)
        #expect(try await tenants.update(id, TenantUpdate(planV2: .free), ceiling: .tier, actor: "a", now: at(8)).after.qubits == 10)
        // Another tier without a number brings that tier's cap, also in place of a number that was given before.
        let raised = try await tenants.update(id, TenantUpdate(performanceTier: .enterprise), ceiling: .tier, actor: "a", now: at(9))
        #expect(raised.quantumAllocation == 750)
    }

    @Test(arguments: [
        (NewTenant(name: ""), "name"), (NewTenant(name: "   "), "name"), (NewTenant(name: String(repeating: "n", count: 129)), "name"),
        (NewTenant(name: "a\nb"), "name"), (NewTenant(name: "a<b>"), "name"), (NewTenant(name: String(repeating: "e\u{301}", count: 9000)), "name"),
        (NewTenant(name: "n", domain: ""), "domain"), (NewTenant(name: "n", domain: "localhost"), "domain"),
        (NewTenant(name: "n", domain: "a..b"), "domain"), (NewTenant(name: "n", domain: "-a.example"), "domain"),
        (NewTenant(name: "n", domain: "10.0.0.1"), "domain"), (NewTenant(name: "n", domain: "*.example.org"), "domain"),
        (NewTenant(name: "n", domain: "a.example:80"), "domain"), (NewTenant(name: "n", domain: "bücher.example"), "domain"),
        (NewTenant(name: "n", domain: String(repeating: "a", count: 64) + ".example"), "domain"),
        (NewTenant(name: "n", capabilities: ["flying"]), "ai_capabilities"),
        (NewTenant(name: "n", capabilities: ["fraud_detection"]), "ai_capabilities"),
        (NewTenant(name: "n", capabilities: Array(repeating: "nlp_processing", count: 65)), "ai_capabilities"),
    ])
    func whatCannotBeIsRefusedByItsField(_ new: NewTenant, _ field: String) async throws {
        let store = MemoryStore(suite: .system)
        let tenants = try await opened(store)
        let found = await error { _ = try await tenants.create(new, actor: "a", now: at(2)) }
        #expect(found?.fieldName == field && found?.description.hasPrefix(field) == true)
        #expect(try await tenants.list().tenants.map(\.id) == ["default"])
    }

    @Test(arguments: ["Zoë's".replacing("'", with: ":"), "Ünï çode 9", "株式会社", "a/b-c_d.e:f", "Zoe\u{308}", String(repeating: "é", count: 128)])
    func namesOfAllScriptsAreTaken(_ name: String) async throws {
        let made = try await opened().create(NewTenant(name: name), actor: "a", now: at(2))
        #expect(made.name == name && made.name.unicodeScalars.count <= 128)
    }

    @Test func anErasedTenantIsGoneForEverybodyAndItsSessionsKeepItAlive() async throws {
        let store = MemoryStore(suite: .system)
        let tenants = try await opened(store)
        let made = try await tenants.create(NewTenant(name: "T", domain: "t.example"), actor: "a", now: at(5))
        var session = SessionRecord(id: "s", tenant: made.id, spec: SessionSpec(), createdAt: at(6), registrationTokenHash: [1])
        try await store.create(session)
        #expect(await error { _ = try await tenants.erase(made.id, actor: "a", now: at(7)) } == .sessionsRunning(count: 1))
        session.status = .stopped
        try await store.apply([.session(session)], session: "s", tenant: made.id)
        let stone = try await tenants.erase(made.id, actor: "a", now: at(8))
        #expect(stone.erasedAt == at(8) && stone.name.isEmpty && stone.domain == nil)
        for work in [
            { _ = try await tenants.tenant(made.id) }, { _ = try await tenants.erase(made.id, actor: "a", now: at(9)) },
            { _ = try await tenants.update(made.id, TenantUpdate(performanceTier: .quantum), ceiling: .tier, actor: "a", now: at(9)) },
            { _ = try await tenants.tenant("tenant_none") },
        ] as [() async throws -> Void] {
            guard case .notFound? = await error(work) else {
                Issue.record("it must not be found")
                continue
            }
        }
        #expect(try await tenants.stored(made.id)?.isErased == true)
        #expect(try await tenants.list().tenants.map(\.id) == ["default"])
        #expect(try await tenants.list(erased: true).tenants.map(\.id) == ["default", made.id])
        #expect(try await store.audit(tenant: made.id, after: 0, limit: 9).map(\.entry.action) == [.tenantCreated, .tenantErased])
        #expect(try await tenants.create(NewTenant(name: "U", domain: "t.example"), actor: "a", now: at(9)).domain == "t.example")
        await #expect(throws: StorageError.missing("tenant \(made.id)")) {
            try await store.create(SessionRecord(id: "u", tenant: made.id, spec: SessionSpec(), createdAt: at(9), registrationTokenHash: [1]))
        }
    }

    @Test func pagesMeetEveryTenantOnce() async throws {
        let tenants = try await opened()
        for i in 0..<7 { _ = try await tenants.create(NewTenant(name: "T\(i)"), actor: "a", now: at(5)) }
        var (found, after): ([String], String?) = ([], "")
        while let from = after {
            let page = try await tenants.list(after: from, limit: 3)
            found += page.tenants.map(\.id)
            after = page.next
        }
        #expect(found.count == 8 && found == found.sorted() && Set(found).count == 8)
    }

    /// What is kept in memory is what is stored, however changes and questions meet.
    @Test func nothingOldIsAnswered() async throws {
        let store = MemoryStore(suite: .system)
        let tenants = try await opened(store)
        let id = try await tenants.create(NewTenant(name: "T", performanceTier: .quantum), actor: "a", now: at(5)).id
        for round in 1...50 {
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<4 { group.addTask { _ = try? await tenants.tenant(id) } }
                for i in 0..<3 {
                    group.addTask {
                        _ = try? await tenants.update(id, TenantUpdate(quantumAllocation: round * 3 + i), ceiling: .tier, actor: "a", now: at(6))
                    }
                }
            }
            #expect(try await tenants.tenant(id) == store.tenant(id))
        }
    }
}
