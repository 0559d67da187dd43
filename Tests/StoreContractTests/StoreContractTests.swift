import CryptoSuite
import Federation
import Foundation
import Storage
import Testing
import Trust

@Suite struct StoreContractTests {
    @Test func aSessionIsThereAfterReopening() async throws {
        try await withFolder { folder in
            var record = session("s")
            let first = try SQLiteStore(folder: folder, suite: .system)
            try await first.create(record)
            record.status = .training
            try await first.apply(
                [
                    .session(record), .member(MemberRecord(client: "a", dataSize: 5, joinedAt: now)), .initialModel(digest: "m"),
                    .round(round(1, .configured)),
                ], session: "s", tenant: "default")
            #expect(try await first.storeContribution(contribution("a"), body: [1, 2, 3], session: "s", tenant: "default") == .stored(contribution("a")))
            try await first.setEvaluationSet(EvaluationSetRecord(file: "f", label: "class"), session: "s", tenant: "default")
            await first.close()
            let store = try SQLiteStore(folder: folder, suite: .system)
            let snapshot = try #require(try await store.openSessions().first)
            #expect(snapshot.session == record && snapshot.members.count == 1 && snapshot.initialModel == "m")
            #expect(snapshot.rounds.first?.state == .configured && snapshot.contributions == [contribution("a")])
            #expect(try store.contributionBody(key("a")) == [1, 2, 3])
            #expect(try store.contributionPart(key("a"), 1..<3) == [2, 3])
            #expect(try await store.evaluationSet(session: "s", tenant: "default") == EvaluationSetRecord(file: "f", label: "class"))
            await store.close()
        }
    }

    @Test func aClosedStoreSaysSo() async throws {
        try await withFolder { folder in
            let store = try SQLiteStore(folder: folder, suite: .system)
            await store.close()
            await #expect(throws: StorageError.self) { try await store.create(session("s")) }
            #expect(throws: StorageError.self) { try store.contributionBody(key("a")) }
        }
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
                try await store.storeContribution(contribution("a", digest: 2), body: [2], session: "s", tenant: "default")
                    == .conflict(existing: contribution("a")))
            #expect(try store.contributionBody(key("a")) == [1])
        }
    }

    @Test func tenantsDoNotSeeEachOther() async throws {
        try await withStore { store, _ in
            try await store.create(session("s", tenant: "one"))
            #expect(try await store.session("s", tenant: "two") == nil)
            #expect(try await store.sessions(tenant: "two").isEmpty)
            #expect(try await store.snapshot("s", tenant: "two") == nil)
            #expect(try store.contributionBody(key("a", tenant: "two")) == nil)
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
                        return
                            (try? await store.storeContribution(contribution("c\(i)"), body: [UInt8(truncatingIfNeeded: i)], session: target, tenant: "default"))
                            != nil
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
            try await store.addEnrolmentTokens([EnrolmentTokenRecord(hash: [7], tenant: "default", node: "a", expiresAt: Instant(milliseconds: 5000))])
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
            try await store.addEnrolmentTokens([EnrolmentTokenRecord(hash: [9], tenant: "default", node: "b", expiresAt: now)])
            #expect(try await store.enrol(tokenHash: [9], node: node, now: now) == .expired)
        }
    }

    @Test func aRevokedNodeIsNotBroughtBackByATokenOfBefore() async throws {
        try await withStore { store, _ in
            let later = Instant(milliseconds: 9000)
            func token(_ hash: UInt8) -> EnrolmentTokenRecord { EnrolmentTokenRecord(hash: [hash], tenant: "default", node: "a", expiresAt: later) }
            func node(_ fingerprint: UInt8) -> NodeRecord {
                NodeRecord(tenant: "default", name: "a", certificateFingerprint: [fingerprint], enrolledAt: now, certificateExpiresAt: later)
            }
            try await store.addEnrolmentTokens([token(1), token(2)])
            #expect(try await store.enrol(tokenHash: [1], node: node(1), now: now) == .enrolled)
            #expect(try await store.revokeNode(tenant: "default", name: "a", now: now))
            #expect(try await store.enrol(tokenHash: [2], node: node(2), now: now) == .withdrawn)
            #expect(try await store.node(tenant: "default", name: "a")?.revokedAt == now)
            // A token that the operator makes after the revocation is the operator's word that the node may come back.
            try await store.addEnrolmentTokens([token(3)])
            #expect(try await store.enrol(tokenHash: [3], node: node(3), now: now) == .enrolled)
            #expect(try await store.node(tenant: "default", name: "a")?.revokedAt == nil)
            #expect(try await store.revokeNode(tenant: "default", name: "nobody", now: now) == false)
            let actions = try await store.audit(tenant: "default", after: 0, limit: 10).map(\.entry.action)
            #expect(actions == [.nodeEnrolled, .nodeRevoked, .nodeEnrolled])
        }
    }

    @Test func tokensAreAddedTogetherOrNotAtAll() async throws {
        try await withStore { store, _ in
            func token(_ hash: UInt8) -> EnrolmentTokenRecord {
                EnrolmentTokenRecord(hash: [hash], tenant: "default", node: "a", expiresAt: Instant(milliseconds: 9000))
            }
            await #expect(throws: StorageError.self) { try await store.addEnrolmentTokens([token(1), token(2), token(1)]) }
            for hash: UInt8 in [1, 2] {
                let found = try await store.enrolmentToken(hash: [hash])
                #expect(found == nil)
            }
        }
    }

    @Test func whoContributedIsKnownLongAfterTheBodyIsGone() async throws {
        try await withStore { store, _ in
            try await store.create(session("s"))
            for client in ["a", "late"] { _ = try await store.storeContribution(contribution(client), body: [1], session: "s", tenant: "default") }
            #expect(try await store.contribution(key("late"))?.counts == true, "not sealed yet")
            try await store.apply([.round(round(1, .committed, sealed: ["a"]))], session: "s", tenant: "default")
            try await store.discardContributions(session: "s", tenant: "default", throughRound: 1)
            #expect(try store.contributionBody(key("a")) == nil)
            #expect(try await store.contribution(key("a")) == KeptContribution(record: contribution("a"), counts: true))
            #expect(try await store.contribution(key("late"))?.counts == false)
            #expect(try await store.contribution(key("b")) == nil)
            #expect(try await store.contribution(key("a", tenant: "two")) == nil)
        }
    }
}
