import Federation
import Platform
import Storage
import Synchronization
import Testing
import Trust

/// Services that are started and stopped: nobody comes into a stopped one, and those inside finish first.
@Suite struct ServiceGatesTests {
    private func gates(_ store: MemoryStore) async throws -> ServiceGates {
        try await ServiceGates.open(store) { Instant(milliseconds: 1_758_506_403_000) }
    }

    @Test func thoseInsideFinishBeforeTheMemoryIsGivenBack() async throws {
        let gates = try await gates(MemoryStore(suite: .system))
        let order = Mutex<[String]>([])
        gates.hook(.vision, ServiceHooks(release: { order.withLock { $0.append("released") } }))
        #expect(gates.enter(.vision))
        let stopping = Task { try await gates.stop(.vision, force: false, tenant: "t", actor: "ada") }
        for _ in 0..<30_000 where gates.isOpen(.vision) { try await Task.sleep(for: .milliseconds(1)) }
        #expect(!gates.enter(.vision) && gates.enter(.llm))
        order.withLock { $0.append("left") }
        gates.leave(.vision)
        #expect(try await stopping.value)
        #expect(order.withLock { $0 } == ["left", "released"])
    }

    @Test func whoIsInAHurryWaitsForNobody() async throws {
        let gates = try await gates(MemoryStore(suite: .system))
        let released = Mutex(0)
        gates.hook(.llm, ServiceHooks(release: { released.withLock { $0 += 1 } }, answers: { false }))
        #expect(gates.enter(.llm))
        #expect(try await gates.stop(.llm, force: true, tenant: "t", actor: "ada"))
        #expect(released.withLock { $0 } == 1)
        #expect(try await gates.start(.llm, force: false, tenant: "t", actor: "ada"))
        // Anew: what it had in memory is given back once more.
        #expect(try await gates.start(.llm, force: true, tenant: "t", actor: "ada"))
        #expect(released.withLock { $0 } == 2)
        #expect(try await !gates.start(.llm, force: false, tenant: "t", actor: "ada"))
        gates.leave(.llm)
    }

    @Test func whatWasDecidedStands() async throws {
        let store = MemoryStore(suite: .system)
        let first = try await gates(store)
        #expect(try await first.stop(.annealer, force: false, tenant: "t", actor: "ada"))
        #expect(try await !first.stop(.annealer, force: false, tenant: "t", actor: "ada"))
        let second = try await gates(store)
        #expect(GatedService.allCases.filter { !second.isOpen($0) } == [.annealer])
        #expect(await second.answers(.nlp))
    }

    @Test func jobsOfAStoppedServiceWait() async throws {
        let gates = try await gates(MemoryStore(suite: .system))
        _ = try await gates.stop(.nlp, force: true, tenant: "t", actor: "ada")
        try await Shop.with([GatedRunner(TestRunner { _, _ in JobResult(content: [1]) }, gates, .nlp)]) { shop in
            let id = try await shop.queue.submit(JobRequest(name: "j", type: .report), tenant: "t", actor: "ada").job.record.id
            var blockers: [JobBlocker] = []
            for _ in 0..<30_000 where blockers.isEmpty {
                blockers = try await shop.store.job(id, tenant: "t")?.blockedBy ?? []
                try await Task.sleep(for: .milliseconds(1))
            }
            #expect(blockers.map(\.what) == ["service"] && blockers.first?.asked == "nlp_service")
            _ = try await gates.start(.nlp, force: false, tenant: "t", actor: "ada")
            await shop.queue.look()
            for _ in 0..<30_000 where try await shop.store.job(id, tenant: "t")?.state != .completed { try await Task.sleep(for: .milliseconds(1)) }
            #expect(try await shop.store.job(id, tenant: "t")?.state == .completed)
        }
    }
}
