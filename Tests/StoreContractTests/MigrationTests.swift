import CryptoSuite
import Federation
import Foundation
import GRDBSQLite
import Storage
import Testing
import Trust

/// Folders of every older version are opened and go on; newer ones, and steps that cannot be made, change nothing.
@Suite struct MigrationTests {
    /// What older folders there are: `OldFolder` writes them. The steps behind came all at once.
    static let older = 1...3
    static let present = 16

    @Test(arguments: older)
    func anOlderFolderIsOpenedAndGoesOn(_ version: Int) async throws {
        try await withFolder { folder in
            try OldFolder.make(folder, version: version)
            for round in 1...2 {
                let store = try SQLiteStore(folder: folder, suite: .system)
                let snapshot = try #require(try await store.openSessions().first)
                #expect(snapshot.session == session("s") && snapshot.members.map(\.client) == ["a"] && snapshot.initialModel == "m")
                #expect(snapshot.contributions.map(\.client) == (round == 1 ? ["a"] : ["a", "b"]))
                #expect(try store.contributionBody(key("a")) == [1, 2, 3])
                #expect(try await store.node(tenant: "default", name: "a")?.certificateFingerprint == [7])
                #expect(try await store.key(id: "k")?.role == "administrator")
                #expect(try await store.enrolmentToken(hash: [9])?.node == "late")
                #expect(try await store.audit(tenant: "default", after: 0, limit: 10).map(\.index) == (round == 1 ? [0] : [0, 1, 2]))
                #expect(try await store.history() == nil)
                if round == 1 {
                    _ = try await store.storeContribution(contribution("b"), body: [4], session: "s", tenant: "default")
                    #expect(try await store.enrol(tokenHash: [9], node: lateNode, now: now) == .enrolled)
                    #expect(try await store.revokeNode(tenant: "default", name: "late", now: now))
                } else {
                    #expect(try await store.node(tenant: "default", name: "late")?.revokedAt == now)
                }
                let damages = try await store.verify(folder: folder, suite: .system).damages
                #expect(damages == ["blobs/m: it is missing, and session s needs it"])
                await store.close()
            }
            #expect(OldFolder.number(folder, "PRAGMA user_version") == Int64(Self.present))
        }
    }

    private var lateNode: NodeRecord {
        NodeRecord(tenant: "default", name: "late", certificateFingerprint: [8], enrolledAt: now, certificateExpiresAt: now)
    }

    @Test func aNewerFolderIsRefusedWithoutAChange() async throws {
        try await withFolder { folder in
            let store = try SQLiteStore(folder: folder, suite: .system)
            try await store.create(session("s"))
            await store.close()
            OldFolder.run(folder, "PRAGMA user_version = \(Self.present + 1); PRAGMA journal_mode = DELETE")
            let before = FileManager.default.contents(atPath: folder + "/tutti.sqlite")
            let path = folder + "/tutti.sqlite"
            #expect(throws: StorageError.newer(path: path, version: Self.present + 1, known: Self.present)) {
                _ = try SQLiteStore(folder: folder, suite: .system)
            }
            // The journal's mode is a matter of two bytes in front and the counters that go with it.
            OldFolder.run(folder, "PRAGMA journal_mode = DELETE")
            #expect(OldFolder.rows(folder) == OldFolder.rows(in: before))
        }
    }

    /// The third version's column is there already, so its step fails in the middle: version 2 stays whole.
    @Test func aStepThatFailsLeavesTheOldVersion() async throws {
        try await withFolder { folder in
            try OldFolder.make(folder, version: 2)
            OldFolder.run(folder, "ALTER TABLE api_key ADD COLUMN seal BLOB")
            let before = OldFolder.rows(folder)
            #expect("it must say that the file is damaged") {
                _ = try SQLiteStore(folder: folder, suite: .system)
            } throws: { if case StorageError.corrupt(let path, _) = $0 { path.hasSuffix("tutti.sqlite") } else { false } }
            #expect(OldFolder.number(folder, "PRAGMA user_version") == 2)
            #expect(OldFolder.number(folder, "SELECT count(*) FROM sqlite_master WHERE name = 'fact'") == 0)
            #expect(OldFolder.rows(folder) == before)
            OldFolder.run(folder, "ALTER TABLE api_key DROP COLUMN seal")
            let store = try SQLiteStore(folder: folder, suite: .system)
            #expect(try await store.openSessions().count == 1)
            await store.close()
        }
    }
}
