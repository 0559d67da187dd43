import CryptoSuite
import Federation
import Foundation
import GRDBSQLite
import Storage
import Testing
import Trust

@Suite struct DurabilityTests {
    // MARK: Power cuts

    /// Somebody has renamed the file and not yet synced the folder: whoever finds it there may not rely on that.
    @Test func aFileThatIsThereAlreadyIsMadeDurableToo() async throws {
        try await withFolder { folder in
            let world = CutWorld(folder: folder)
            let store = try SQLiteStore(folder: folder, suite: .system, disk: world.disk)
            let digest = hexadecimal(CryptoSuite.system.sha256([1, 2, 3]))
            let descriptor = open(folder + "/blobs/" + digest, O_WRONLY | O_CREAT, 0o600)
            #expect(([1, 2, 3] as [UInt8]).withUnsafeBytes { world.disk.write(descriptor, $0) } == 3)
            #expect(world.disk.sync(descriptor) == 0)
            close(descriptor)
            _ = try await store.put([1, 2, 3])
            try await withFolder { place in
                var chance: Chance?
                try CutImage(world.events).make(in: place + "/after", &chance)
                #expect(files(place + "/after/blobs") == [digest])
            }
            await store.close()
        }
    }

    // MARK: Syncs that fail

    @Test func aFailedSyncOfAFileEndsTheProcessAndAcknowledgesNothing() async throws {
        let (halted, fails) = (Notes(), Switch())
        let disk = Disk(sync: { fails.isOn ? -Int(EIO) : Disk.systemSync($0) }, halt: { halted.add($0) })
        try await withStore(inlineBytes: 0, disk: disk) { store, folder in
            try await store.create(session("s"))
            fails.isOn = true
            await #expect(throws: StorageError.self) { try await store.put([1]) }
            #expect(halted.all.count == 1 && halted.all[0].contains("could not be synced"))
            await #expect(throws: StorageError.self) { try await store.storeContribution(contribution("a"), body: [1], session: "s", tenant: "default") }
            #expect(halted.all.count == 2)
            fails.isOn = false
            #expect(files(folder + "/blobs").isEmpty && files(folder + "/updates").isEmpty)
            #expect(try await store.contribution(key("a")) == nil)
        }
    }

    @Test func aFailedSyncOfTheDatabaseEndsTheProcessAndAcknowledgesNothing() async throws {
        let (halted, fails) = (Notes(), Switch())
        let disk = Disk(commitProblem: { fails.isOn ? SQLITE_IOERR | (4 << 8) : nil }, halt: { halted.add($0) })
        try await withStore(disk: disk) { store, _ in
            fails.isOn = true
            await #expect(throws: StorageError.self) { try await store.create(session("s")) }
            #expect(halted.all.count == 1 && halted.all[0].contains("tutti.sqlite could not be synced"))
            fails.isOn = false
            let found = try await store.session("s", tenant: "default")
            #expect(found == nil)
        }
    }

    @Test func theProcessEndsWithTheCodeForIntegrity() async {
        await #expect(processExitsWith: .exitCode(9)) { Disk.endProcess("a disk broke.") }
    }

    // MARK: Full disks

    @Test func aFullDiskIsAnErrorOfItsOwnAndThenGoesOn() async throws {
        let (halted, isFull) = (Notes(), Switch())
        let disk = Disk(
            write: { isFull.isOn ? -Int(ENOSPC) : Disk.systemWrite($0, $1) }, commitProblem: { isFull.isOn ? SQLITE_FULL : nil },
            halt: { halted.add($0) })
        try await withStore(inlineBytes: 100, disk: disk) { store, folder in
            try await store.create(session("s"))
            let large = [UInt8](repeating: 5, count: 1000)
            isFull.isOn = true
            for body in [large, [1]] {
                await #expect("must be told as a full disk") {
                    _ = try await store.storeContribution(contribution("a"), body: body, session: "s", tenant: "default")
                } throws: { if case StorageError.full = $0 { true } else { false } }
            }
            #expect(files(folder + "/staging-updates").isEmpty && files(folder + "/updates").isEmpty)
            isFull.isOn = false
            #expect(try await store.storeContribution(contribution("a"), body: large, session: "s", tenant: "default") == .stored(contribution("a")))
            #expect(try store.contributionBody(key("a")) == large)
            #expect(halted.all.isEmpty)
        }
    }

    // MARK: Damage

    @Test func everyDamagedBodyIsDetectedAndNamed() async throws {
        try await withStore(inlineBytes: 100) { store, folder in
            try await store.create(session("s"))
            let content = [UInt8](repeating: 5, count: 1000)
            let model = try await store.put(content)
            _ = try await store.storeContribution(contribution("a"), body: content, session: "s", tenant: "default")
            for place in ["blobs", "updates"] {
                let path = "\(folder)/\(place)/\(model)"
                var flipped = content
                flipped[500] ^= 1
                for damaged in [flipped, Array(content.prefix(700)), []] {
                    try Data(damaged).write(to: URL(fileURLWithPath: path))
                    await #expect("\(place), \(damaged.count) bytes") {
                        if place == "blobs" { _ = try await store.get(model) } else { _ = try store.contributionBody(key("a")) }
                    } throws: { if case StorageError.corrupt(let named, _) = $0 { named.hasSuffix("\(place)/\(model)") } else { false } }
                }
                try FileManager.default.removeItem(atPath: path)
            }
            #expect(try await store.get(model) == nil)
            #expect(throws: StorageError.self) { try store.contributionBody(key("a")) }
            // Written again, a damaged file is healed.
            try Data([1]).write(to: URL(fileURLWithPath: "\(folder)/blobs/\(model)"))
            #expect(try await store.put(content) == model)
            #expect(try await store.get(model) == content)
            #expect(try await store.get("../../etc/passwd") == nil)
        }
    }

    @Test func aDamagedRowIsDetectedToo() async throws {
        try await withFolder { folder in
            let first = try SQLiteStore(folder: folder, suite: .system)
            try await first.create(session("s"))
            _ = try await first.storeContribution(contribution("a"), body: [1, 2, 3], session: "s", tenant: "default")
            await first.close()
            var database: OpaquePointer?
            #expect(sqlite3_open(folder + "/tutti.sqlite", &database) == SQLITE_OK)
            #expect(sqlite3_exec(database, "UPDATE update_body SET body = x'010204'", nil, nil, nil) == SQLITE_OK)
            sqlite3_close(database)
            let store = try SQLiteStore(folder: folder, suite: .system)
            #expect(throws: StorageError.self) { try store.contributionBody(key("a")) }
            await store.close()
        }
    }
}
