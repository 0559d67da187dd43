import Federation
import FederationService
import Foundation
import Storage
import Testing

@Suite struct FullDiskTests {
    /// While the disk is full requests hear so, and what was decided waits; then the session goes on to its end.
    @Test func aSessionWaitsForRoomAndGoesOn() async throws {
        try await withFolder { folder in
            let (halted, isFull) = (Notes(), Switch())
            let (attempts, attempted) = AsyncStream.makeStream(of: Void.self)
            let disk = Disk(
                write: { isFull.isOn ? -Int(ENOSPC) : Disk.systemWrite($0, $1) },
                commitProblem: {
                    guard isFull.isOn else { return nil }
                    attempted.yield()
                    return sqliteFull
                }, halt: { halted.add($0) })
            let service = try await Service(folder, disk: disk, halted: { halted.add($0) })
            let (session, _) = try await sessionWithMembers(service.engine, ["a", "b"], smallSpec(clients: 2, rounds: 2, autoStart: false))
            let clients = ["a", "b"].map { (client: TestClient(service.engine, session, $0), channel: TestChannel()) }
            isFull.isOn = true
            async let started = service.engine.start(session, tenant: tenant)
            // The second attempt to write: the host knows of the first one's failure.
            var attempt = attempts.makeAsyncIterator()
            for _ in 1...2 { await attempt.next() }
            await #expect(throws: FederationFailure.insufficientStorage) {
                try await service.engine.admitUpdate(session, member: clients[0].client.member, UpdateHeader(round: 1))
            }
            await #expect(throws: FederationFailure.insufficientStorage) { try await service.engine.createSession(SessionSpec(), tenant: tenant) }
            isFull.isOn = false
            _ = try await started
            #expect(try await takePart(clients))
            #expect(try await service.engine.status(session, tenant: tenant).record.status == .completed)
            #expect(halted.all.isEmpty)
            await service.stop()
        }
    }

    @Test func aDecisionThatCannotBeStoredEndsTheProcess() async throws {
        try await withFolder { folder in
            let (halted, life) = (Notes(), Life(steps: 1))
            let service = try await Service(folder, life: life, halted: { halted.add($0) })
            let (session, _) = try await sessionWithMembers(service.engine, ["a"], smallSpec(clients: 1, rounds: 1, autoStart: false))
            life.arm()
            await #expect { _ = try await service.engine.start(session, tenant: tenant) } throws: {
                if case FederationFailure.unavailable = $0 { true } else { false }
            }
            #expect(halted.all.count == 1)
            await service.stop()
        }
    }
}

/// SQLite's number for a full disk.
private let sqliteFull: Int32 = 13
