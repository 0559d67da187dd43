import CryptoSuite
import Federation
import Foundation
import MerkleLog
import Storage
import Testing
import Trust

/// Whoever can write the file can compute seals, too. What is done to the audit shows all the same.
@Suite struct AuditTamperTests {
    /// Ten entries of `one` (rows 1 to 19 of the table) between ten of `two`.
    private func filled(_ folder: String) async throws {
        let store = try SQLiteStore(folder: folder, suite: .system)
        for number in 0..<10 {
            for tenant in ["one", "two"] { try await store.append(entry(number), tenant: tenant) }
        }
        await store.close()
    }

    /// What a look at everything says after `statements` were run and every seal was made right.
    private func damages(_ statements: String) async throws -> [String] {
        var found: [String] = []
        try await withFolder { folder in
            try await filled(folder)
            OldFolder.run(folder, statements)
            for table in ["audit", "audit_leaf", "audit_tree"] { Seals.renew(folder, table) }
            let store = try SQLiteStore(folder: folder, suite: .system)
            found = try await store.verify(folder: folder, suite: .system).damages
            await store.close()
        }
        return found
    }

    private static let swap = """
        CREATE TEMP TABLE kept AS SELECT number, record FROM audit WHERE number IN (5, 9);
        UPDATE audit SET record = (SELECT record FROM kept WHERE number = 9) WHERE number = 5;
        UPDATE audit SET record = (SELECT record FROM kept WHERE number = 5) WHERE number = 9;
        """

    private static let cases: [(statements: String, damages: [String])] = [
        ("SELECT 1", []),
        ("UPDATE audit SET record = CAST(replace(CAST(record AS TEXT), 'node-3', 'node-4') AS BLOB) WHERE number = 7", ["audit of one, entry 3: changed"]),
        ("DELETE FROM audit WHERE number = 7", ["audit of one, entry 3: removed"]),
        ("DELETE FROM audit WHERE number = 19; DELETE FROM audit_leaf WHERE number = 19", ["audit of one, entry 9: removed, and the leaf with it"]),
        (
            "DELETE FROM audit WHERE number IN (7, 9); DELETE FROM audit_leaf WHERE number IN (7, 9)",
            ["audit of one, entries 3 to 4: removed, and the leaf with it"]
        ),
        (
            swap,
            ["audit of one, entry 2: moved: what stands here was written as entry 4", "audit of one, entry 4: moved: what stands here was written as entry 2"]
        ),
        ("UPDATE audit SET tenant = 'two' WHERE number = 7", ["audit of one, entry 3: changed: it is another tenant's, or cannot be read"]),
        (
            "INSERT INTO audit (number, tenant, record) SELECT 21, 'one', record FROM audit WHERE number = 1",
            ["row 21 of table audit: it was added, for no leaf is its own"]
        ),
        (
            """
            INSERT INTO audit (number, tenant, record) SELECT 21, 'one', record FROM audit WHERE number = 1;
            INSERT INTO audit_leaf (tenant, leaf, number, hash) SELECT 'one', 10, 21, hash FROM audit_leaf WHERE number = 1
            """, ["audit of one, entry 10: changed", "audit of one, entry 10: added behind the end of the tree"]
        ),
        ("DELETE FROM audit_tree WHERE tenant = 'two'", ["audit of two: its row of table audit_tree was removed"]),
        (
            "UPDATE audit_leaf SET hash = zeroblob(32) WHERE number = 19",
            [
                "audit of one, entry 9: changed", "audit of one, entries 8 to 9: one of them was changed, and its leaf with it",
            ]
        ),
    ]

    @Test(arguments: cases.indices)
    func whatWasDoneIsNamed(_ number: Int) async throws {
        let (statements, expected) = Self.cases[number]
        #expect(try await damages(statements) == expected, "\(statements)")
    }

    /// Entry, leaf and seal were made to go together: the tree still knows.
    @Test func anEntryThatWasChangedWithItsLeaf() async throws {
        var other = entry(3)
        other.actor = "nobody"
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let record = hexadecimal([UInt8](try encoder.encode(other)))
        let hash = hexadecimal(hasher.leaf(AuditLeaf(tenant: "one", index: 3, entry: other).bytes))
        let found = try await damages("UPDATE audit SET record = x'\(record)' WHERE number = 7; UPDATE audit_leaf SET hash = x'\(hash)' WHERE number = 7")
        #expect(found == ["audit of one, entries 0 to 7: one of them was changed, and its leaf with it"])
    }

    /// A tree that does not go with its leaves grows no further, and says so.
    @Test func aTreeThatWasSetBackTakesNothing() async throws {
        try await withFolder { folder in
            try await filled(folder)
            OldFolder.run(folder, "DELETE FROM audit_tree WHERE tenant = 'one'")
            let store = try SQLiteStore(folder: folder, suite: .system)
            await #expect(throws: StorageError.damagedRow(table: "audit_tree", key: "one", problem: "there are leaves beyond its 0")) {
                try await store.append(entry(10), tenant: "one")
            }
            #expect(try await store.auditHead(tenant: "two").size == 10)
            try await store.append(entry(10), tenant: "two")
            await store.close()
        }
    }

    /// The number of a row that was taken away is not given again.
    @Test func aRowThatWasTakenAwayStaysMissing() async throws {
        try await withFolder { folder in
            try await filled(folder)
            OldFolder.run(folder, "DELETE FROM audit WHERE number = 20")
            let store = try SQLiteStore(folder: folder, suite: .system)
            try await store.append(entry(10), tenant: "two")
            #expect(try await store.verify(folder: folder, suite: .system).damages == ["audit of two, entry 9: removed"])
            await #expect(throws: StorageError.self) { _ = try await store.audit(tenant: "two", after: 0, limit: 100) }
            await store.close()
        }
    }

    /// Trees over what an older version wrote are those that grow over the same entries now.
    @Test(arguments: 1...3)
    func theMigrationMakesTheTrees(_ version: Int) async throws {
        try await withFolder { folder in
            try OldFolder.make(folder, version: min(version, 2))
            let encoder = JSONEncoder()
            encoder.outputFormatting = .sortedKeys
            let memory = MemoryStore(suite: .system)
            try await memory.append(AuditRecord(at: now, action: .nodeEnrolled, actor: "a", subject: "a"), tenant: "default")
            for number in 0..<9 {
                let tenant = ["default", "é", "e\u{301}"][number % 3]
                let record = hexadecimal([UInt8](try encoder.encode(entry(number))))
                OldFolder.run(folder, "INSERT INTO audit (tenant, record) VALUES ('\(tenant)', x'\(record)')")
                try await memory.append(entry(number), tenant: tenant)
            }
            if version == 3 { OldFolder.third(folder) }
            let store = try SQLiteStore(folder: folder, suite: .system)
            for tenant in ["default", "é", "e\u{301}", "nobody"] {
                #expect(try await store.auditHead(tenant: tenant) == memory.auditHead(tenant: tenant))
                #expect(try await store.audit(tenant: tenant, after: 0, limit: 10) == memory.audit(tenant: tenant, after: 0, limit: 10))
            }
            let damages = try await store.verify(folder: folder, suite: .system).damages
            #expect(damages == ["blobs/m: it is missing, and session s needs it"])
            await store.close()
        }
    }
}
