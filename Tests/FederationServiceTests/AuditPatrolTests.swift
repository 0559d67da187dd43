import Federation
import FederationService
import MerkleLog
import Storage
import Synchronization
import Testing
import Trust

/// The audit is looked through while the coordinator serves.
@Suite struct AuditPatrolTests {
    /// A store in which one entry reads otherwise than it was written, one is gone, or nothing answers.
    private final class Tampered: AuditStore {
        enum Lie: Sendable { case none, changes, hides, isSilent }
        let kept: MemoryStore
        let lie = Mutex(Lie.none)
        init(_ kept: MemoryStore) { self.kept = kept }

        func append(_ entry: AuditRecord, tenant: String) async throws(StorageError) { try await kept.append(entry, tenant: tenant) }
        func audit(tenant: String, after: Int64, limit: Int) async throws(StorageError) -> [AuditLeaf] {
            var leaves = try await kept.audit(tenant: tenant, after: after, limit: limit)
            guard tenant == "two", let place = leaves.firstIndex(where: { $0.index == 700 }) else { return leaves }
            switch lie.withLock({ $0 }) {
            case .none: break
            case .changes: leaves[place].entry.actor = "nobody"
            case .hides: leaves.remove(at: place)
            case .isSilent: throw .io(path: "x", problem: "y")
            }
            return leaves
        }
        func auditLog(_ filter: AuditFilter, tenant: String) async throws(StorageError) -> (leaves: [AuditLeaf], total: Int64) { ([], 0) }
        func auditHead(tenant: String) async throws(StorageError) -> TreeHead { try await kept.auditHead(tenant: tenant) }
        func auditLeafHashes(tenant: String, from: Int64, limit: Int) async throws(StorageError) -> [[UInt8]] { [] }
    }

    private func verdicts(_ patrol: AuditPatrol, steps: Int = 12) async -> [Bool?] {
        var all: [Bool?] = []
        for _ in 0..<steps { all.append(await patrol.step()) }
        return all
    }

    @Test func whatWasChangedIsFoundAndWhatGrowsIsNone() async throws {
        let store = Tampered(MemoryStore(suite: .system))
        func write(_ tenant: String, _ count: Int) async throws {
            for number in 0..<count {
                try await store.append(
                    AuditRecord(at: Instant(milliseconds: Int64(number)), action: .keyCreated, actor: "a", subject: "\(number)"), tenant: tenant)
            }
        }
        try await write("one", 3)
        try await write("two", 1200)
        let patrol = AuditPatrol(store: store) { ["one", "two", "empty"] }
        #expect(await patrol.step() == nil, "nothing is known before a pass has ended")
        try await write("two", 5)
        let sound = await verdicts(patrol)
        #expect(sound.contains(true) && !sound.contains(false), "what was added meanwhile is no damage")
        for lie in [Tampered.Lie.changes, .hides] {
            store.lie.withLock { $0 = lie }
            #expect(await verdicts(patrol).last == false, "\(lie)")
            store.lie.withLock { $0 = .none }
            #expect(await verdicts(patrol).last == true, "a whole pass without damage")
        }
        store.lie.withLock { $0 = .isSilent }
        #expect(await !verdicts(patrol).contains(false), "a store that does not answer says nothing")
    }
}
