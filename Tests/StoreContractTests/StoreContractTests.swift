import CryptoSuite
import Federation
import Foundation
import Storage
import Testing
import Trust

@Suite struct StoreContractTests {
    private let now = Instant(milliseconds: 1000)

    private func withStore(_ body: (SQLiteStore, String) async throws -> Void) async throws {
        let folder = NSTemporaryDirectory() + "tutti-store-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await body(try SQLiteStore(folder: folder, suite: .system), folder)
    }

    private func session(_ id: String, tenant: String = "default") -> SessionRecord {
        SessionRecord(id: id, tenant: tenant, spec: SessionSpec(), createdAt: now, registrationTokenHash: [1, 2])
    }

    private func contribution(_ client: String, round: Int = 1, digest: UInt8 = 1) -> ContributionRecord {
        ContributionRecord(
            client: client, round: round, attempt: 1, digest: [digest], samples: 3, maxAbs: 0.5, wireBytes: 9, loss: 0.25, accuracy: nil, receivedAt: now)
    }

    @Test func aSessionIsThereAfterReopening() async throws {
        let folder = NSTemporaryDirectory() + "tutti-store-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var record = session("s")
        do {
            let store = try SQLiteStore(folder: folder, suite: .system)
            try await store.create(record)
            record.status = .training
            let round = RoundRecord(round: 1, attempt: 1, state: .configured, cohort: ["a"], baseModel: "m", configuredAt: now, deadline: now)
            try await store.apply(
                [.session(record), .member(MemberRecord(client: "a", dataSize: 5, joinedAt: now)), .initialModel(digest: "m"), .round(round)], session: "s", tenant: "default")
            #expect(try await store.storeContribution(contribution("a"), body: [1, 2, 3], session: "s", tenant: "default") == .stored(contribution("a")))
        }
        let store = try await reopened(folder)
        let snapshot = try #require(try await store.openSessions().first)
        #expect(snapshot.session == record && snapshot.members.count == 1 && snapshot.initialModel == "m")
        #expect(snapshot.rounds.first?.state == .configured && snapshot.contributions == [contribution("a")])
        #expect(try await store.contributionBody(session: "s", tenant: "default", round: 1, attempt: 1, client: "a") == [1, 2, 3])
    }

    /// The store's thread lets go of the folder when it has ended.
    private func reopened(_ folder: String) async throws -> SQLiteStore {
        for _ in 0..<500 {
            do { return try SQLiteStore(folder: folder, suite: .system) } catch StorageError.inUse { try await Task.sleep(for: .milliseconds(10)) }
        }
        throw StorageError.inUse(path: folder)
    }

    @Test func oneFolderHasOneUser() async throws {
        try await withStore { _, folder in #expect(throws: StorageError.inUse(path: folder)) { try SQLiteStore(folder: folder, suite: .system) } }
    }

    @Test func theSameBodyIsStoredOnceAndAnotherIsAConflict() async throws {
        try await withStore { store, _ in
            try await store.create(session("s"))
            _ = try await store.storeContribution(contribution("a"), body: [1], session: "s", tenant: "default")
            #expect(try await store.storeContribution(contribution("a"), body: [1], session: "s", tenant: "default") == .again(contribution("a")))
            #expect(
                try await store.storeContribution(contribution("a", digest: 2), body: [2], session: "s", tenant: "default") == .conflict(existing: contribution("a")))
            #expect(try await store.contributionBody(session: "s", tenant: "default", round: 1, attempt: 1, client: "a") == [1])
        }
    }

    @Test func tenantsDoNotSeeEachOther() async throws {
        try await withStore { store, _ in
            try await store.create(session("s", tenant: "one"))
            #expect(try await store.session("s", tenant: "two") == nil)
            #expect(try await store.sessions(tenant: "two").isEmpty)
            #expect(try await store.snapshot("s", tenant: "two") == nil)
            #expect(try await store.contributionBody(session: "s", tenant: "two", round: 1, attempt: 1, client: "a") == nil)
        }
    }

    @Test func manyWritesShareCommitsAndAFailureUndoesOnlyItself() async throws {
        try await withStore { store, _ in
            try await store.create(session("s"))
            await withTaskGroup(of: Bool.self) { group in
                for i in 0..<500 {
                    group.addTask {
                        // Every tenth names a session that is not there: a foreign key refuses it.
                        let target = i % 10 == 0 ? "nowhere" : "s"
                        return (try? await store.storeContribution(contribution("c\(i)"), body: [UInt8(truncatingIfNeeded: i)], session: target, tenant: "default")) != nil
                    }
                }
                var stored = 0
                for await done in group where done { stored += 1 }
                #expect(stored == 450)
            }
            #expect(try await store.openSessions().first?.contributions.count == 450)
        }
    }

    @Test func aTokenEnrolsOneNodeHoweverManyTry() async throws {
        try await withStore { store, _ in
            try await store.addEnrolmentToken(EnrolmentTokenRecord(hash: [7], tenant: "default", node: "a", expiresAt: Instant(milliseconds: 5000)))
            let outcomes = await withTaskGroup(of: EnrolmentOutcome?.self) { group in
                for i in 0..<1000 {
                    group.addTask {
                        let node = NodeRecord(
                            tenant: "default", name: "a", certificateFingerprint: [UInt8(truncatingIfNeeded: i)], enrolledAt: now, certificateExpiresAt: now)
                        return try? await store.enrol(tokenHash: [7], node: node, now: now)
                    }
                }
                var all: [EnrolmentOutcome?] = []
                for await outcome in group { all.append(outcome) }
                return all
            }
            #expect(outcomes.count { $0 == .enrolled } == 1)
            #expect(outcomes.count { $0 == .alreadyUsed } == 999)
            let node = NodeRecord(tenant: "default", name: "b", certificateFingerprint: [], enrolledAt: now, certificateExpiresAt: now)
            #expect(try await store.enrol(tokenHash: [8], node: node, now: now) == .unknownToken)
            try await store.addEnrolmentToken(EnrolmentTokenRecord(hash: [9], tenant: "default", node: "b", expiresAt: now))
            #expect(try await store.enrol(tokenHash: [9], node: node, now: now) == .expired)
        }
    }

    @Test func blobsAreVerifiedWhenTheyAreRead() async throws {
        try await withStore { store, folder in
            let digest = try await store.put([1, 2, 3])
            #expect(digest == hexadecimal(CryptoSuite.system.sha256([1, 2, 3])))
            #expect(try await store.get(digest) == [1, 2, 3])
            try Data([1, 2, 4]).write(to: URL(fileURLWithPath: "\(folder)/blobs/\(digest)"))
            await #expect(throws: StorageError.self) { try await store.get(digest) }
            #expect(try await store.get("../../etc/passwd") == nil)
            let large = [UInt8](repeating: 5, count: 300 << 10)
            try await store.create(session("s"))
            _ = try await store.storeContribution(contribution("big"), body: large, session: "s", tenant: "default")
            #expect(try await store.contributionBody(session: "s", tenant: "default", round: 1, attempt: 1, client: "big") == large)
        }
    }
}
