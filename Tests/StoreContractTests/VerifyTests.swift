import CryptoSuite
import Federation
import Foundation
import Storage
import Testing
import Trust

@Suite struct VerifyTests {
    @Test func whatIsSoundHasNoDamages() async throws {
        try await withStore { store, folder in
            try await fill(store)
            let report = try await store.verify(folder: folder, suite: .system)
            #expect(report.damages.isEmpty, "\(report.damages)")
            #expect(report.counts["session"] == 1 && report.counts["contribution"] == 2 && report.counts["update_body"] == 2)
            #expect(report.counts["blobs"] == 1 && report.counts["updates"] == 1 && report.counts["artifacts"] == 1)
            #expect(report.bytesVerified == 3 + 4 + 2 + (300 << 10))
        }
    }

    /// Each file flipped, then gone, is named.
    @Test(arguments: ["blobs", "updates", "artifacts"])
    func aDamagedFileIsNamed(_ kind: String) async throws {
        try await withStore { store, folder in
            try await fill(store)
            let name = try #require(try FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(kind)").first)
            let path = "\(folder)/\(kind)/\(name)"
            var bytes = try #require(FileManager.default.contents(atPath: path))
            bytes[0] ^= 1
            try bytes.write(to: URL(fileURLWithPath: path))
            let flipped = try await store.verify(folder: folder, suite: .system).damages
            #expect(flipped.count == 1 && flipped.first?.contains(name) == true, "\(flipped)")
            try FileManager.default.removeItem(atPath: path)
            let missing = try await store.verify(folder: folder, suite: .system).damages
            #expect(missing.count == 1 && missing.first?.contains("missing") == true, "\(missing)")
        }
    }

    /// A model as a blob, a small update in its row, a large one as a file.
    private func fill(_ store: SQLiteStore) async throws {
        try await store.create(session("s"))
        let model = try await store.put([1, 2, 3, 4])
        try await store.apply([.initialModel(digest: model)], session: "s", tenant: "default")
        _ = try await store.storeContribution(contribution("a"), body: [1, 2, 3], session: "s", tenant: "default")
        _ = try await store.storeContribution(contribution("b"), body: [UInt8](repeating: 7, count: 300 << 10), session: "s", tenant: "default")
        _ = try await keepArtifact(store, "a", [8, 8])
    }
}
