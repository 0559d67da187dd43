import Compute
import RobustAggregation
import Synchronization
import Testing
import WorkSharing

@Suite struct CrewThreadsTests {
    /// How often each part was done, by whom, and whether a worker was ever at two at a time.
    private final class Ledger: Sendable {
        private let state: Mutex<(times: [Int], busy: Set<Int>, overlaps: Int, workers: Set<Int>)>
        init(_ count: Int) { state = Mutex(([Int](repeating: 0, count: count), [], 0, [])) }
        func begin(_ number: Int, _ worker: Int) {
            state.withLock {
                $0.times[number] += 1
                $0.workers.insert(worker)
                if !$0.busy.insert(worker).inserted { $0.overlaps += 1 }
            }
        }
        func end(_ worker: Int) { state.withLock { _ = $0.busy.remove(worker) } }
        var isFair: Bool { state.withLock { $0.times.allSatisfy { $0 == 1 } && $0.overlaps == 0 && $0.busy.isEmpty } }
        var workers: Set<Int> { state.withLock { $0.workers } }
    }

    @Test(arguments: [1, 2, 3, 5]) func everyPartIsDoneOnceByItsOwnWorker(_ workers: Int) {
        let crew = CrewThreads(workers: workers, name: "test").crew
        #expect(crew.workers == workers)
        for count in [0, 1, 2, 7, 100] {
            for _ in 0..<50 {
                let ledger = Ledger(count)
                crew.forEach(count) { number, worker in
                    ledger.begin(number, worker)
                    ledger.end(worker)
                }
                #expect(ledger.isFair)
                #expect(ledger.workers.allSatisfy { (0..<workers).contains($0) })
            }
        }
    }

    /// The inner call finds the threads taken: its caller does it alone, and nobody waits for ever.
    @Test func workInsideWorkIsDoneByItsCaller() {
        let crew = CrewThreads(workers: 2, name: "test").crew
        let inner = Ledger(40)
        crew.forEach(4) { number, _ in
            crew.forEach(10) { part, worker in
                #expect(worker == 0)
                inner.begin(number * 10 + part, number * 10 + part)
                inner.end(number * 10 + part)
            }
        }
        #expect(inner.isFair)
    }

    @Test func robustRulesGiveTheSameBitsWithAnyCrew() throws {
        var state: UInt64 = 7
        func next() -> Float {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Float(Int64(bitPattern: state) >> 40) * 1e-6
        }
        for (updates, dimension) in [(5, 20_011), (40, 9000), (100, 5003)] {
            let source = try MemoryUpdates((0..<updates).map { _ in (0..<dimension).map { _ in next() } })
            let (weights, magnitudes) = ([Int64](repeating: 1, count: updates), [Float](repeating: 100, count: updates))
            for rule in [AggregationRule.trimmedMean(trim: updates / 10), .median] {
                let alone = try aggregate(rule, source, weights: weights, maxAbs: magnitudes)
                for workers in [2, 3, 4] {
                    let crew = CrewThreads(workers: workers, name: "test").crew
                    let shared = try aggregate(rule, source, weights: weights, maxAbs: magnitudes, crew: crew)
                    #expect(shared.map(\.bitPattern) == alone.map(\.bitPattern))
                }
            }
        }
    }

    @Test func aValueThatIsNotFiniteIsFoundByWhoeverMeetsIt() throws {
        var rows = [[Float]](repeating: [Float](repeating: 1, count: 8000), count: 20)
        rows[13][7001] = .nan
        let crew = CrewThreads(workers: 3, name: "test").crew
        #expect(throws: AggregationError.notFinite(update: "update 13", coordinate: 7001)) {
            try aggregate(.median, MemoryUpdates(rows), weights: [Int64](repeating: 1, count: 20), maxAbs: [Float](repeating: 1, count: 20), crew: crew)
        }
    }
}
