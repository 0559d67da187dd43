import CryptoSuite
import Federation
import Foundation
import Storage
import Testing
import Trust

/// What the embedded store does besides.
@Suite struct SQLiteStoreTests {
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
}
