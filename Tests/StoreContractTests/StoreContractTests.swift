import CryptoSuite
import Federation
import Foundation
import Storage
import Testing
import Trust

/// What every store does, whatever it is made of.
@Suite struct StoreContractTests {
    @Test(arguments: StoreKind.allCases)
    func theSameBodyIsStoredOnceAndAnotherIsAConflict(_ kind: StoreKind) async throws {
        try await withEach(kind) { store in
            try await store.create(session("s"))
            _ = try await store.storeContribution(contribution("a"), body: [1], session: "s", tenant: "default")
            #expect(try await store.storeContribution(contribution("a"), body: [1], session: "s", tenant: "default") == .again(contribution("a")))
            #expect(
                try await store.storeContribution(contribution("a", digest: 2), body: [2], session: "s", tenant: "default")
                    == .conflict(existing: contribution("a")))
            #expect(try store.contributionBody(key("a")) == [1])
        }
    }

    @Test(arguments: StoreKind.allCases)
    func tenantsDoNotSeeEachOther(_ kind: StoreKind) async throws {
        try await withEach(kind) { store in
            try await store.create(session("s", tenant: "one"))
            #expect(try await store.session("s", tenant: "two") == nil)
            #expect(try await store.sessions(tenant: "two").isEmpty)
            #expect(try await store.snapshot("s", tenant: "two") == nil)
            #expect(try store.contributionBody(key("a", tenant: "two")) == nil)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func manyWritesShareCommitsAndAFailureUndoesOnlyItself(_ kind: StoreKind) async throws {
        try await withEach(kind) { store in
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

    @Test(arguments: StoreKind.allCases)
    func aTokenEnrolsOneNodeHoweverManyTry(_ kind: StoreKind) async throws {
        try await withEach(kind) { store in
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

    @Test(arguments: StoreKind.allCases)
    func aRevokedNodeIsNotBroughtBackByATokenOfBefore(_ kind: StoreKind) async throws {
        try await withEach(kind) { store in
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

    @Test(arguments: StoreKind.allCases)
    func aNodeIsChangedAsItIsAndRememberedWithItsAudit(_ kind: StoreKind) async throws {
        try await withEach(kind) { store in
            let later = Instant(milliseconds: 9000)
            @Sendable func certificate(_ number: UInt8) -> NodeCertificate {
                NodeCertificate(fingerprint: [number], issuedAt: now, expiresAt: later, authority: [9], bundle: [8])
            }
            try await store.addEnrolmentTokens([EnrolmentTokenRecord(hash: [1], tenant: "default", node: "a", expiresAt: later)])
            let enrolled = NodeRecord(tenant: "default", name: "a", certificate: certificate(1), enrolledAt: now)
            #expect(try await store.enrol(tokenHash: [1], node: enrolled, now: now) == .enrolled)
            let entry = AuditRecord(at: now, action: .nodeRenewed, actor: "a", subject: "a", details: ["until": "later"])
            let changed = try await store.changeNode(tenant: "default", name: "a") { ($0.renewed(with: certificate(2), shown: [1]), entry) }
            #expect(changed?.certificates.map(\.fingerprint) == [[1], [2]])
            #expect(try await store.changeNode(tenant: "default", name: "a") { _ in nil } == changed, "nothing was to be changed")
            #expect(try await store.node(tenant: "default", name: "a") == changed)
            #expect(try await store.changeNode(tenant: "default", name: "nobody") { ($0, nil) } == nil)
            #expect(try await store.changeNode(tenant: "other", name: "a") { ($0, nil) } == nil)
            #expect(try await store.nodes(tenant: nil) == [changed])
            #expect(try await store.nodes(tenant: "other") == [])
            let audit = try await store.audit(tenant: "default", after: 0, limit: 10).map(\.entry)
            #expect(audit.map(\.action) == [.nodeEnrolled, .nodeRenewed] && audit.last == entry)
            // Many at once: each sees what the one before it left.
            await withTaskGroup(of: Void.self) { group in
                for number in 0..<50 as Range<UInt8> {
                    group.addTask {
                        _ = try? await store.changeNode(tenant: "default", name: "a") { node in
                            (node.renewed(with: certificate(100 + number), shown: node.certificateFingerprint), nil)
                        }
                    }
                }
            }
            let last = try await store.node(tenant: "default", name: "a")
            #expect(last?.certificates.count == 2)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func tokensAreAddedTogetherOrNotAtAll(_ kind: StoreKind) async throws {
        try await withEach(kind) { store in
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

    @Test(arguments: StoreKind.allCases)
    func whoContributedIsKnownLongAfterTheBodyIsGone(_ kind: StoreKind) async throws {
        try await withEach(kind) { store in
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

    // MARK: Refusals

    @Test(arguments: StoreKind.allCases)
    func whatBelongsToNothingIsRefusedAndChangesNothing(_ kind: StoreKind) async throws {
        try await withEach(kind) { store in
            try await store.create(session("s", tenant: "one"))
            for (id, tenant) in [("nowhere", "one"), ("s", "two")] {
                let changes: [DurableChange] = [
                    .round(round(1, .configured)), .session(session(id, tenant: tenant)), .initialModel(digest: "m"),
                    .member(MemberRecord(client: "a", dataSize: 5, joinedAt: now)),
                ]
                for change in changes { await expect("missing") { try await store.apply([change], session: id, tenant: tenant) } }
                await expect("missing") { _ = try await store.storeContribution(contribution("a"), body: [1], session: id, tenant: tenant) }
                await expect("missing") { try await store.setEvaluationSet(EvaluationSetRecord(file: "f", label: nil), session: id, tenant: tenant) }
            }
            var untouched = SessionSnapshot(session: session("s", tenant: "one"))
            untouched.members = []
            #expect(try await store.snapshot("s", tenant: nil) == untouched)
            await expect("exists") { try await store.create(session("s", tenant: "two")) }
            let key = APIKeyRecord(id: "k", tenant: "one", hash: [1], role: "admin", createdAt: now)
            try await store.addKey(key)
            await expect("exists") { try await store.addKey(key) }
            #expect(try await store.key(id: "k") == key)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func partsOfABodyAreWithinIt(_ kind: StoreKind) async throws {
        for inlineBytes in [0, 1000] {
            try await withEach(kind, inlineBytes: inlineBytes) { store in
                try await store.create(session("s"))
                _ = try await store.storeContribution(contribution("a"), body: [1, 2, 3, 4], session: "s", tenant: "default")
                #expect(try store.contributionPart(key("a"), 1..<3) == [2, 3])
                #expect(try store.contributionPart(key("a"), 4..<4) == [])
                #expect(try store.contributionPart(key("b"), 0..<1) == nil)
                for range in [0..<5, 4..<6, 9..<12] {
                    await expect("damage") { _ = try store.contributionPart(key("a"), range) }
                }
            }
        }
    }

    @Test(arguments: StoreKind.allCases)
    func contentLiesUnderItsDigest(_ kind: StoreKind) async throws {
        try await withEach(kind) { store in
            let digest = try await store.put([1, 2, 3])
            #expect(digest == hexadecimal(CryptoSuite.system.sha256([1, 2, 3])))
            #expect(try await store.put([1, 2, 3]) == digest)
            #expect(try await store.get(digest) == [1, 2, 3])
            #expect(try await store.contains(digest))
            for other in [String(repeating: "0", count: 64), "", "../../etc/passwd"] {
                #expect(try await store.get(other) == nil)
                #expect(try await !store.contains(other))
            }
        }
    }

    private func expect(_ wanted: String, _ work: () async throws -> Void, at place: SourceLocation = #_sourceLocation) async {
        do {
            try await work()
            Issue.record("it should have been refused as \(wanted)", sourceLocation: place)
        } catch { #expect(sort(error) == wanted, "\(error)", sourceLocation: place) }
    }
}
