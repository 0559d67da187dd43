import CryptoSuite
import Federation
import Storage
import Testing
import Trust

/// What a tenant takes, in every store: exactly what was put there.
@Suite struct UseContractTests {
    private func committed(_ number: Int, model: String, state: String?) -> RoundRecord {
        var record = round(number, .committed, sealed: ["a"])
        var outcome = RoundOutcome(selected: 1, contributors: 1, seconds: 1, endedAt: now)
        outcome.model = model
        outcome.state = state
        record.outcome = outcome
        return record
    }

    @Test(arguments: StoreKind.allCases) func everythingIsCountedOnceAndForItsTenant(_ kind: StoreKind) async throws {
        try await withEach(kind, inlineBytes: 100) { store in
            #expect(try await store.storedBytes(tenant: "default") == StoredBytes())
            // Two names for one content, and another tenant with the same.
            for (name, content, tenant) in [("a", 10, "default"), ("b", 10, "default"), ("c", 7, "default"), ("a", 10, "other")] {
                _ = try await keepArtifact(store, name, [UInt8](repeating: 1, count: content), tenant: tenant)
            }
            #expect(try await store.storedBytes(tenant: "default") == StoredBytes(artifacts: 17))
            #expect(try await store.storedBytes(tenant: "other") == StoredBytes(artifacts: 10))

            try await store.create(session("s"))
            try await store.create(session("t", tenant: "other"))
            var blobs: [String] = []
            for count in [1000, 200, 30, 4, 50_000] { blobs.append(try await store.put([UInt8](repeating: 9, count: count))) }
            var record = session("s")
            record.warmStart = blobs[0]
            record.receipt = blobs[1]
            try await store.apply(
                [
                    .session(record), .initialModel(digest: blobs[0]), .round(committed(1, model: blobs[2], state: nil)),
                    .round(committed(2, model: blobs[2], state: blobs[3])),
                ], session: "s", tenant: "default")
            #expect(try await store.storedBytes(tenant: "default").models == 1234)
            try await store.setEvaluationSet(EvaluationSetRecord(file: blobs[4], label: nil), session: "s", tenant: "default")
            #expect(try await store.storedBytes(tenant: "default").models == 51_234)
            #expect(try await store.storedBytes(tenant: "other").models == 0)

            // One in its row, one in a file.
            _ = try await store.storeContribution(contribution("a", round: 3), body: [1, 2, 3], session: "s", tenant: "default")
            _ = try await store.storeContribution(
                contribution("b", round: 3), body: [UInt8](repeating: 5, count: 500), session: "s", tenant: "default")
            let all = try await store.storedBytes(tenant: "default")
            #expect(all == StoredBytes(artifacts: 17, models: 51_234, updates: 503) && all.total == 51_754)
            try await store.discardContributions(session: "s", tenant: "default", throughRound: 3)
            _ = try await store.deleteArtifact("a", tenant: "default", audit: AuditRecord(at: now, action: .artifactDeleted, actor: "a", subject: "a"))
            #expect(try await store.storedBytes(tenant: "default") == StoredBytes(artifacts: 17, models: 51_234))
            _ = try await store.deleteArtifact("b", tenant: "default", audit: AuditRecord(at: now, action: .artifactDeleted, actor: "a", subject: "b"))
            #expect(try await store.storedBytes(tenant: "default").artifacts == 7)
        }
    }
}
