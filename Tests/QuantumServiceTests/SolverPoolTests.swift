import Federation
import Platform
import QuantumService
import Storage
import StrictJSON
import Synchronization
import Testing
import WorkSharing

/// A number that tasks and threads share.
private final class Tally: Sendable {
    private let count = Mutex(0)
    var value: Int { count.withLock { $0 } }
    func add() { count.withLock { $0 += 1 } }
}

@Suite struct SolverPoolTests {
    /// A turn that never ends by itself gives way at its checkpoints: without that the second never begins.
    @Test func aLongTurnGivesWay() async throws {
        let pool = SolverPool(threads: 1, slice: 0)
        let isDone = Tally()
        let seen = Tally()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await pool.turn(of: "long", weight: 1) { turn in
                    while isDone.value == 0 {
                        seen.add()
                        turn.rest()
                    }
                }
            }
            while seen.value == 0 { await Task.yield() }
            try await pool.turn(of: "short", weight: 1) { _ in isDone.add() }
            try await group.waitForAll()
        }
    }

    /// Two that always have work share by their weights.
    @Test func slicesGoByWeight() async throws {
        let pool = SolverPool(threads: 1, slice: 0)
        let served = [Tally(), Tally()]
        let both = Tally()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (at, weight) in [4.0, 1.0].enumerated() {
                group.addTask {
                    try await pool.turn(of: "\(at)", weight: weight) { turn in
                        both.add()
                        // Counts from when both have begun until 500.
                        while served[0].value + served[1].value < 500 {
                            if both.value == 2 { served[at].add() }
                            turn.rest()
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        let counts = served.map(\.value)
        #expect(abs(counts[0] - 400) <= 10, "\(counts)")
    }

    /// More than there are places: all have their turns, and one that is cancelled outside or inside takes none.
    @Test func thoseWithoutAPlaceWait() async throws {
        let pool = SolverPool(threads: 2, places: 2, slice: 0)
        let count = Tally()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<20 {
                group.addTask {
                    try await pool.turn(of: "\(number % 3)", weight: 1) { turn in
                        turn.crew.forEach(4) { _, _ in for _ in 0..<10 { turn.rest() } }
                        count.add()
                    }
                }
            }
            group.addTask {
                let never = Task { try await pool.turn(of: "x", weight: 1) { _ in } }
                never.cancel()
                _ = await never.result
            }
            try await group.waitForAll()
        }
        #expect(count.value == 20)
    }

    @Test func pausesAreNoWork() async throws {
        let pool = SolverPool(threads: 1, slice: 0)
        let isPaused = Tally()
        let first = Task {
            try await pool.turn(of: "a", weight: 1) { turn -> Double in
                while isPaused.value == 0 { turn.rest() }
                return turn.paused
            }
        }
        try await pool.turn(of: "b", weight: 1) { _ in
            let began = ContinuousClock.now
            while began.duration(to: .now) < .milliseconds(20) {}
            isPaused.add()
        }
        // b may have been first, and then nobody paused; else a waited for all of b's 20 ms.
        let paused = try await first.value
        #expect(paused == 0 || paused >= 0.019)
    }

    /// A job of minutes does not hold up another tenant's.
    @Test func aShortJobPassesALongOne() async throws {
        let bureau = try await Bureau()
        let other = try await bureau.tenants.create(NewTenant(name: "B"), actor: "a", now: noon).id
        try await bureau.solving { queue, _ in
            let ring: JSON = "5 5\n1 2 1\n2 3 1\n3 4 1\n4 5 1\n5 1 1\n"
            // One read: no lot ends before the short job comes.
            let long: JSON = ["format": "gset", "problem": ring, "solver": "simulated_annealing", "reads": 1, "sweeps": 1_000_000, "max_seconds": 600]
            let many: JSON = ["format": "gset", "problem": ring, "solver": "quantum_annealing", "reads": 10_000, "sweeps": 1_000_000, "max_seconds": 600]
            _ = try await queue.submit(JobRequest(name: "x", type: .annealing, parameters: long), tenant: Tenants.defaultID, actor: "a")
            let id = try await queue.submit(JobRequest(name: "x", type: .annealing, parameters: many), tenant: Tenants.defaultID, actor: "a").job.record.id
            for _ in 0..<60_000 {
                if try await queue.job(id, tenant: Tenants.defaultID).record.progress.completed > 0 { break }
                try await Task.sleep(for: .milliseconds(2))
            }
            let short = try await queue.solve(["format": "gset", "problem": ring, "solver": "exact"], tenant: other)
            #expect(short.state == .completed)
            #expect(try await queue.job(id, tenant: Tenants.defaultID).record.state == .running)
            _ = try await queue.cancel(id, tenant: Tenants.defaultID, actor: "a")
            #expect(try await queue.settled(id).state == .cancelled)
        }
    }
}
