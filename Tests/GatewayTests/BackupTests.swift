import CoordinatorNode
import CryptoSuite
import Federation
import Foundation
import NIOHTTP1
import Storage
import StrictJSON
import Testing
import Trust

@Suite struct BackupTests {
    /// Taken while the coordinator serves; restored, the session is there and the coordinator serves it.
    @Test func aBackupOfARunningCoordinatorIsRestoredAndGoesOn() async throws {
        try await withTemporaryFolder { place in
            let (backup, restored) = (place + "/backup", place + "/restored")
            let session = try await LiveCoordinator.with { live in
                let session = try await live.session()
                let token = try await live.join(session, as: "a")
                _ = try await live.openWeights(session.id, token: token)
                let manifest = try live.folder.backup(to: backup)
                #expect(manifest.counts["session"] == 1 && manifest.counts["member"] == 1 && manifest.counts["blobs"] == 1)
                #expect(manifest.files.contains { $0.path == "ca.key" } && !manifest.files.contains { $0.path == "run.json" || $0.path == "lock" })
                return (session, token, live.key)
            }
            #expect(Self.mode(backup) == 0o700 && Self.mode(backup + "/ca.key") == 0o600)
            #expect(try BackupFolder(backup).check().damages == [])
            let report = try await BackupFolder(backup).restore(to: restored)
            #expect(report.damages.isEmpty && Self.mode(restored) == 0o700 && Self.mode(restored + "/ca.key") == 0o600)
            try await LiveCoordinator.serving(CoordinatorFolder(restored)) { live in
                #expect(live.key == session.2)
                let reply = try await live.admin(.GET, "\(LiveCoordinator.sessions)/\(session.0.id)")
                #expect(reply.status == 200, "\(reply.json.encodedText)")
                let weights = try await live.openWeights(session.0.id, token: session.1)
                #expect(weights.round == 1)
            }
            // Each restore begins a history of its own.
            _ = try await BackupFolder(backup).restore(to: place + "/again")
            var histories: Set<String?> = []
            for folder in [restored, place + "/again"] {
                let store = try SQLiteStore(folder: folder, suite: .system, creates: false)
                histories.insert(try await store.history())
                await store.close()
            }
            #expect(histories.count == 2 && !histories.contains(nil))
        }
    }

    /// What was sealed before opens after: the table and the master key are in it, and one without the other opens nothing.
    @Test func aRestoredVaultOpensWhatItSealed() async throws {
        try await withTemporaryFolder { place in
            let vault = "/api/v4/quantum-encryption"
            let sealed = try await LiveCoordinator.with { live in
                let made = try await live.admin(.POST, vault + "/keys/generate", ["algorithm": "kyber_1024", "backup_enabled": true])
                let key = try #require(made.json["key_id"], "\(made.json.encodedText)")
                let reply = try await live.admin(.POST, vault + "/encrypt", ["data": "a drill", "key_id": key, "compression": true])
                let text = try #require(reply.json["encrypted_data"], "\(reply.json.encodedText)")
                let manifest = try live.folder.backup(to: place + "/backup")
                #expect(manifest.counts["vault_key"] == 1 && manifest.files.contains { $0.path == "master.key" })
                return (key, text)
            }
            _ = try await BackupFolder(place + "/backup").restore(to: place + "/restored")
            try await LiveCoordinator.serving(CoordinatorFolder(place + "/restored")) { live in
                let reply = try await live.admin(.POST, vault + "/decrypt", ["encrypted_data": sealed.1, "key_id": sealed.0])
                #expect(reply.status == 200 && reply.json["data"] == "a drill", "\(reply.json.encodedText)")
            }
        }
    }

    /// Updates come, are counted and thrown away all the while; no backup fails, and each is whole.
    @Test func updatesThatAreThrownAwayMeanwhileDoNotHurt() async throws {
        try await withTemporaryFolder { place in
            let folder = CoordinatorFolder(place + "/data")
            _ = try await folder.create(listen: "127.0.0.1:0", names: [])
            let store = try SQLiteStore(folder: folder.path, suite: .system, creates: false, inlineBytes: 100)
            let now = Instant(milliseconds: 1000)
            try await store.create(SessionRecord(id: "s", tenant: "default", spec: SessionSpec(), createdAt: now, registrationTokenHash: [1]))
            let rounds = Task {
                var round = 0
                while !Task.isCancelled {
                    round += 1
                    for client in ["a", "b", "c"] {
                        let record = ContributionRecord(
                            client: client, round: round, attempt: 1, digest: [1], samples: 3, maxAbs: 0.5, wireBytes: 9, loss: nil, accuracy: nil,
                            receivedAt: now)
                        let body = [UInt8](repeating: UInt8(truncatingIfNeeded: round), count: 1000 + client.utf8.reduce(0) { $0 + Int($1) })
                        _ = try await store.storeContribution(record, body: body, session: "s", tenant: "default")
                    }
                    try await store.discardContributions(session: "s", tenant: "default", throughRound: round - 1)
                    try await Task.sleep(for: .milliseconds(20))
                }
                return round
            }
            for number in 1...6 {
                let manifest = try folder.backup(to: "\(place)/backup-\(number)")
                #expect(try BackupFolder("\(place)/backup-\(number)").check().damages == [])
                #expect(manifest.counts["updates"] == manifest.files.count { $0.path.hasPrefix("updates/") })
                let report = try await BackupFolder("\(place)/backup-\(number)").restore(to: "\(place)/restored-\(number)")
                #expect(report.damages.isEmpty, "\(report.damages)")
            }
            rounds.cancel()
            _ = try? await rounds.value
            await store.close()
        }
    }

    /// Of a folder that nobody serves; a cut or flipped file, one too many or too few, is named and nothing is restored.
    @Test func aDamagedBackupIsNotRestored() async throws {
        try await withTemporaryFolder { place in
            let folder = CoordinatorFolder(place + "/data")
            _ = try await folder.create(listen: "127.0.0.1:0", names: [])
            let backup = place + "/backup"
            let manifest = try folder.backup(to: backup)
            #expect(
                manifest.files.map(\.path) == [
                    "admin.key", "ca.key", "ca.pem", "config.toml", "master.key", "prices.toml", "server.key", "server.pem", "tutti.sqlite",
                ])
            for file in manifest.files.map(\.path) + ["manifest.json", "manifest.sha256"] {
                let sound = try #require(FileManager.default.contents(atPath: "\(backup)/\(file)"))
                var flipped = sound
                flipped[sound.count / 2] ^= 1
                for damaged in [flipped, sound.prefix(sound.count / 2), Data(), nil] {
                    try? FileManager.default.removeItem(atPath: "\(backup)/\(file)")
                    try damaged?.write(to: URL(fileURLWithPath: "\(backup)/\(file)"))
                    let error = await #expect(throws: CoordinatorError.self) { _ = try await BackupFolder(backup).restore(to: place + "/restored") }
                    #expect(error?.description.contains(file) == true, "\(file): \(String(describing: error))")
                    #expect(!FileManager.default.fileExists(atPath: place + "/restored"))
                }
                try sound.write(to: URL(fileURLWithPath: "\(backup)/\(file)"))
            }
            try Data([1]).write(to: URL(fileURLWithPath: backup + "/strange"))
            #expect(try BackupFolder(backup).check().damages == ["strange: it is not in manifest.json"])
            try FileManager.default.removeItem(atPath: backup + "/strange")
            _ = try await BackupFolder(backup).restore(to: place + "/restored")
            let names = try FileManager.default.contentsOfDirectory(atPath: place)
            #expect(!names.contains { $0.contains("restoring") }, "\(names)")
        }
    }

    @Test func nothingIsWrittenOverAndNothingHalfIsLeft() async throws {
        try await withTemporaryFolder { place in
            let folder = CoordinatorFolder(place + "/data")
            _ = try await folder.create(listen: "127.0.0.1:0", names: [])
            let full = place + "/full"
            try FileManager.default.createDirectory(atPath: full, withIntermediateDirectories: true)
            try Data([1]).write(to: URL(fileURLWithPath: full + "/mine"))
            #expect(throws: CoordinatorError.self) { try folder.backup(to: full) }
            _ = try folder.backup(to: place + "/backup")
            await #expect(throws: CoordinatorError.self) { _ = try await BackupFolder(place + "/backup").restore(to: full) }
            #expect(try FileManager.default.contentsOfDirectory(atPath: full) == ["mine"])
            // A folder that is damaged is not backed up as if it were sound.
            let handle = try #require(FileHandle(forUpdatingAtPath: folder.path + "/tutti.sqlite"))
            try handle.seek(toOffset: 4096)
            try handle.write(contentsOf: [UInt8](repeating: 0xFF, count: 4096))
            try handle.close()
            let error = #expect(throws: CoordinatorError.self) { try folder.backup(to: place + "/second") }
            #expect(error?.kind == .integrity && !FileManager.default.fileExists(atPath: place + "/second"), "\(String(describing: error))")
        }
    }

    private static func mode(_ path: String) -> Int {
        ((try? FileManager.default.attributesOfItem(atPath: path))?[.posixPermissions] as? Int ?? 0) & 0o777
    }
}
