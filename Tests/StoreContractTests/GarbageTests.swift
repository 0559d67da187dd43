import CryptoSuite
import Federation
import Foundation
import Storage
import Testing
import Trust

@Suite struct GarbageTests {
    private let large = [UInt8](repeating: 5, count: 1000)

    @Test func updatesOfClosedRoundsLeaveTheDisk() async throws {
        try await withStore(inlineBytes: 100) { store, folder in
            try await store.create(session("s"))
            for round in 1...3 {
                for client in ["a", "b"] {
                    let body = [UInt8](repeating: UInt8(round), count: client == "a" ? 1000 : 10)
                    _ = try await store.storeContribution(contribution(client, round: round), body: body, session: "s", tenant: "default")
                }
            }
            #expect(files(folder + "/updates").count == 3)
            try await store.discardContributions(session: "s", tenant: "default", throughRound: 2)
            #expect(files(folder + "/updates").count == 1)
            #expect(try store.contributionBody(key("a", round: 2)) == nil)
            #expect(try store.contributionBody(key("a", round: 3))?.count == 1000)
            #expect(try store.contributionBody(key("b", round: 3))?.count == 10)
        }
    }

    @Test func aFileThatAnotherUpdateStillNeedsStays() async throws {
        try await withStore(inlineBytes: 100) { store, folder in
            for id in ["s", "t"] {
                try await store.create(session(id))
                _ = try await store.storeContribution(contribution("a"), body: large, session: id, tenant: "default")
            }
            try await store.discardContributions(session: "s", tenant: "default", throughRound: 1)
            #expect(try store.contributionBody(key("a", session: "t")) == large)
            try await store.discardContributions(session: "t", tenant: "default", throughRound: 1)
            #expect(files(folder + "/updates").isEmpty)
        }
    }

    /// The same content comes again and again while it is thrown away again and again: what is in a row is on the disk.
    @Test func nothingIsThrownAwayThatIsJustBeingStored() async throws {
        try await withStore(inlineBytes: 100) { store, _ in
            for id in ["s", "t"] { try await store.create(session(id)) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for i in 1...40 {
                    group.addTask {
                        _ = try await store.storeContribution(contribution("a", round: i), body: large, session: "s", tenant: "default")
                        try await store.discardContributions(session: "s", tenant: "default", throughRound: i)
                    }
                    group.addTask { _ = try await store.storeContribution(contribution("a", round: i), body: large, session: "t", tenant: "default") }
                }
                try await group.waitForAll()
            }
            for i in 1...40 { #expect(try store.contributionBody(key("a", round: i, session: "t")) == large) }
        }
    }

    /// The same, at the one moment that matters: the file is found, its row is not yet written, and its last other user goes.
    @Test func aFileThatIsAboutToBeReferredToStays() async throws {
        let (waits, isReleased) = (Switch(), DispatchSemaphore(value: 0))
        let (arrivals, arrived) = AsyncStream.makeStream(of: Void.self)
        let disk = Disk(sync: { descriptor in
            if waits.isOn {
                arrived.yield()
                isReleased.wait()
            }
            return Disk.systemSync(descriptor)
        })
        try await withStore(inlineBytes: 100, disk: disk) { store, folder in
            for id in ["s", "t"] { try await store.create(session(id)) }
            _ = try await store.storeContribution(contribution("a"), body: large, session: "s", tenant: "default")
            waits.isOn = true
            async let stored = store.storeContribution(contribution("a"), body: large, session: "t", tenant: "default")
            for await _ in arrivals { break }
            try await store.discardContributions(session: "s", tenant: "default", throughRound: 1)
            waits.isOn = false
            isReleased.signal()
            #expect(try await stored == .stored(contribution("a")))
            #expect(try store.contributionBody(key("a", session: "t")) == large)
        }
    }

    @Test func aBodyThatIsRefusedLeavesNothing() async throws {
        try await withStore(inlineBytes: 100) { store, folder in
            try await store.create(session("s"))
            _ = try await store.storeContribution(contribution("a"), body: [1], session: "s", tenant: "default")
            _ = try await store.storeContribution(contribution("a", digest: 2), body: large, session: "s", tenant: "default")
            #expect(files(folder + "/updates").isEmpty)
        }
    }

    /// What a crash leaves at any moment of all this is gone after the next start; what is needed is not.
    @Test func aStartClearsUpAfterACrash() async throws {
        try await withFolder { folder in
            let first = try SQLiteStore(folder: folder, suite: .system, inlineBytes: 100)
            for id in ["s", "ended"] { try await first.create(session(id)) }
            for round in 1...2 {
                let body = [UInt8](repeating: UInt8(round), count: 1000)
                _ = try await first.storeContribution(contribution("a", round: round), body: body, session: "s", tenant: "default")
            }
            _ = try await first.storeContribution(contribution("a"), body: large, session: "ended", tenant: "default")
            var ended = session("ended")
            ended.status = .stopped
            // Round 1 is committed and the session ended, but nobody has cleared up yet.
            try await first.apply([.round(round(1, .committed))], session: "s", tenant: "default")
            try await first.apply([.session(ended)], session: "ended", tenant: "default")
            let model = try await first.put([7])
            await first.close()
            for name in ["staging-blobs/half", "staging-updates/half", "updates/" + String(repeating: "0", count: 64)] {
                try Data([1]).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
            }
            let store = try SQLiteStore(folder: folder, suite: .system)
            #expect(files(folder + "/staging-blobs").isEmpty && files(folder + "/staging-updates").isEmpty)
            #expect(files(folder + "/updates").count == 1)
            #expect(try store.contributionBody(key("a", round: 1)) == nil)
            #expect(try store.contributionBody(key("a", round: 2))?.count == 1000)
            #expect(try store.contributionBody(key("a", session: "ended")) == nil)
            #expect(try await store.get(model) == [7])
            await store.close()
        }
    }
}
