import Federation
import Foundation
import Storage
import Testing
import Trust

/// A disk that is really full: a file system of two megabytes, where this machine lets one be mounted.
@Suite struct SmallDiskTests {
    private static func mounted(_ work: (String) async throws -> Void) async throws {
        try await withFolder { place in
            guard run("/bin/mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", place]) else {
                print("skipped: no file system can be mounted here, so no disk can be filled (it needs root)")
                return
            }
            defer { _ = run("/bin/umount", ["-l", place]) }
            try await work(place)
        }
    }

    private static func run(_ program: String, _ arguments: [String]) -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }

    /// With updates in their rows, and with updates as files.
    @Test(arguments: [1 << 20, 0]) func nothingAcknowledgedIsLostAndItGoesOnWhenThereIsRoom(_ inlineBytes: Int) async throws {
        try await Self.mounted { place in
            let ballast = place + "/ballast"
            try Data(count: 400 << 10).write(to: URL(fileURLWithPath: ballast))
            var store = try SQLiteStore(folder: place, suite: .system, inlineBytes: inlineBytes)
            try await store.create(session("s"))
            func body(_ number: Int) -> [UInt8] { [UInt8](repeating: UInt8(number % 251), count: 50_000) }
            var stored: [Int] = []
            var refusals = 0
            for number in 1...80 {
                do {
                    _ = try await store.storeContribution(contribution("c\(number)"), body: body(number), session: "s", tenant: "default")
                    stored.append(number)
                } catch {
                    guard case StorageError.full = error else { throw error }
                    refusals += 1
                }
            }
            #expect(refusals > 0 && !stored.isEmpty, "\(stored.count) stored, \(refusals) refused")
            for number in stored { #expect(try store.contributionBody(key("c\(number)")) == body(number)) }
            try FileManager.default.removeItem(atPath: ballast)
            _ = try await store.storeContribution(contribution("late"), body: body(7), session: "s", tenant: "default")
            await store.close()
            store = try SQLiteStore(folder: place, suite: .system, inlineBytes: inlineBytes)
            for number in stored { #expect(try store.contributionBody(key("c\(number)")) == body(number)) }
            #expect(try store.contributionBody(key("late")) == body(7))
            #expect(try await store.verify(folder: place, suite: .system).damages == [])
            await store.close()
        }
    }
}
