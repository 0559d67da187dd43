import Federation
import Storage
import Testing
import Trust

/// Services that somebody has stopped, in every store.
@Suite struct ServiceContractTests {
    private func state(_ service: String, _ isOpen: Bool, by actor: String = "ada") -> ServiceStateRecord {
        ServiceStateRecord(service: service, isOpen: isOpen, changedAt: now, changedBy: actor)
    }

    private func put(_ store: any WholeStore, _ record: ServiceStateRecord) async throws -> Bool {
        let action = record.isOpen ? AuditRecord.Action.serviceStarted : .serviceStopped
        return try await store.putServiceState(record, audit: AuditRecord(at: now, action: action, by: "ada", of: record.service), tenant: "t")
    }

    @Test(arguments: StoreKind.allCases) func aChangeIsWrittenOnceAndWithItsEntry(_ kind: StoreKind) async throws {
        try await withEach(kind) { store in
            let none = try await store.serviceStates()
            #expect(none.isEmpty)
            // Open is what they are before anybody says anything.
            #expect(try await !put(store, state("b", true)))
            #expect(try await put(store, state("b", false)))
            #expect(try await !put(store, state("b", false, by: "bob")))
            #expect(try await put(store, state("a", false)))
            #expect(try await store.serviceStates() == [state("a", false), state("b", false)])
            #expect(try await put(store, state("b", true, by: "bob")))
            #expect(try await store.serviceStates() == [state("a", false), state("b", true, by: "bob")])
            #expect(try await store.audit(tenant: "t", after: 0, limit: 9).map(\.entry.action) == [.serviceStopped, .serviceStopped, .serviceStarted])
        }
    }

    @Test func aStoppedServiceIsStoppedAfterARestart() async throws {
        try await withStore { store, folder in
            _ = try await store.putServiceState(
                state("llm", false), audit: AuditRecord(at: now, action: .serviceStopped, by: "ada", of: "llm"), tenant: "t")
            await store.close()
            let again = try SQLiteStore(folder: folder, suite: .system)
            #expect(try await again.serviceStates() == [state("llm", false)])
            await again.close()
        }
    }
}
