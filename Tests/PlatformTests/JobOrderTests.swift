import Federation
import Foundation
import Platform
import Storage
import Testing
import Trust

/// Which job is next.
@Suite struct JobOrderTests {
    /// Runs jobs one at a time that were all there before the first began, and gives their names in the order of their runs.
    private func order(
        _ requests: [(seconds: Double, tenant: String, request: JobRequest)], _ change: (inout JobSettings) -> Void = { _ in }
    ) async throws -> [String] {
        let names = Notes<String>()
        let runner = TestRunner { job, _ in
            names.add(job.name)
            return JobResult(content: [])
        }
        let settings = Shop.settings {
            $0.runningMax = 1
            change(&$0)
        }
        let (store, clock) = (MemoryStore(suite: .system), TestClock())
        // Asked for while nobody works.
        let closed = Shop(store: store, clock: clock, runners: [runner], settings: settings)
        try await closed.queue.open()
        let start = clock.now
        for (seconds, tenant, request) in requests {
            clock.set(start.adding(seconds: seconds))
            _ = try await closed.submit(request, tenant: tenant)
        }
        try await Shop.with([runner], store: store, clock: clock, settings: settings) { shop in
            try await shop.wait(for: "all ends") { shop.ended.all.count == requests.count }
        }
        return names.all
    }

    @Test func classesGoFirst() async throws {
        let found = try await order([
            (0, "one", ask(name: "low", priority: .low)), (1, "one", ask(name: "normal")), (2, "one", ask(name: "high", priority: .high)),
            (3, "one", ask(name: "high 2", priority: .high)),
        ])
        #expect(found == ["high", "high 2", "normal", "low"])
    }

    /// With ten minutes a class, a low job that waits for twenty goes before a high one that has just come.
    @Test func whoWaitsLongGoesBeforeAHigherClass() async throws {
        var requests = [(0.0, "one", ask(name: "low", priority: .low))]
        for minute in 1...40 { requests.append((Double(minute) * 60, "one", ask(name: "high \(minute)", priority: .high))) }
        let found = try await order(requests)
        let place = try #require(found.firstIndex(of: "low"))
        #expect(place == 20 - 1 || place == 20, "\(place)")
        #expect(found.filter { $0 != "low" } == (1...40).map { "high \($0)" })
    }

    @Test func aThousandJobsOfOneTenantDoNotHoldUpAnothers() async throws {
        let (gate, names) = (Gate(), Notes<String>())
        let runner = TestRunner { job, context in
            names.add(job.tenant)
            while !gate.isOpen { try await context.wait(seconds: 1) }
            return JobResult(content: [])
        }
        try await Shop.with(
            [runner],
            settings: Shop.settings {
                $0.runningMax = 3; $0.typeMaxUsual = 3
            }
        ) { shop in
            for _ in 0..<100 { _ = try await shop.submit(ask(priority: .high), tenant: "many") }
            try await shop.wait(step: 0, for: "three runs") { names.all.count == 3 }
            _ = try await shop.submit(ask(priority: .low), tenant: "few")
            gate.open()
            try await shop.wait(for: "the other tenant's") { names.all.contains("few") }
            // It had to wait for one place, and as many may have been given away before it was known.
            #expect((names.all.firstIndex(of: "few") ?? 99) <= 6)
            try await shop.wait(for: "all ends") { shop.ended.all.count == 101 }
        }
    }

    @Test func noTypeAndNoQueueHasMoreThanItsPlaces() async throws {
        final class Places: @unchecked Sendable {
            private let lock = NSLock()
            private var counts: [JobType: Int] = [:]
            func change(_ type: JobType, _ by: Int) -> (Int, Int) {
                lock.withLock {
                    counts[type, default: 0] += by
                    return (counts[type] ?? 0, counts.values.reduce(0, +))
                }
            }
        }
        let (places, most) = (Places(), Notes<(type: JobType, own: Int, all: Int)>())
        let runners = [JobType.report, .annealing, .modelEvaluation].map { type in
            TestRunner(type) { _, context in
                let (own, all) = places.change(type, 1)
                most.add((type, own, all))
                defer { _ = places.change(type, -1) }
                try await context.wait(seconds: 1)
                return JobResult(content: [])
            }
        }
        let settings = Shop.settings {
            $0.runningMax = 5
            $0.typeMaxUsual = 3
            $0.typeMax = [.annealing: 1]
        }
        try await Shop.with(runners, settings: settings) { shop in
            for _ in 0..<8 { for type in [JobType.report, .annealing, .modelEvaluation] { _ = try await shop.submit(ask(type)) } }
            // However two types have shared the places: in the end there are only these, and more than may run at once.
            for _ in 0..<6 { _ = try await shop.submit(ask(.report)) }
            try await shop.wait(for: "all ends") { shop.ended.all.count == 30 }
        }
        #expect(most.all.allSatisfy { $0.all <= 5 && $0.own <= ($0.type == .annealing ? 1 : 3) })
        #expect(most.all.contains { $0.all == 5 } && most.all.contains { $0.own == 3 })
    }
}
