import Federation
import Foundation
import Storage
import Testing

func benchmark(_ id: String, at: Instant, solver: String = "tabu") -> BenchmarkRecord {
    let time = BenchmarkRecord.Time(runs: 100, reached: 0, secondsPerRun: 0.25, seconds: nil)
    return BenchmarkRecord(
        id: id, measuredAt: at, version: "1", solverVersion: 1, machine: .init(processor: "p", cores: 2, threads: 1), seconds: 1.5,
        comparisons: [
            .init(
                family: "torus", spins: 256, density: 0.125, target: -512, isProved: true, solver: solver, solverTime: time, baseline: nil, baselineTime: nil,
                ratio: .init(value: 0.5, low: 0.25, high: nil))
        ])
}

/// What the annealer measured of itself, in every store.
@Suite struct BenchmarkContractTests {
    @Test(arguments: StoreKind.allCases) func theNewestStays(_ kind: StoreKind) async throws {
        try await withEach(kind) { store in
            #expect(try await store.newestBenchmark() == nil)
            for (id, at) in [("a", 5.0), ("c", 9), ("b", 7)] { try await store.addBenchmark(benchmark(id, at: now.adding(seconds: at)), kept: 2) }
            #expect(try await store.newestBenchmark() == benchmark("c", at: now.adding(seconds: 9)))
            await #expect(throws: StorageError.self) { try await store.addBenchmark(benchmark("c", at: now), kept: 2) }
            // The same moment: the later name.
            try await store.addBenchmark(benchmark("d", at: now.adding(seconds: 9)), kept: 1)
            #expect(try await store.newestBenchmark()?.id == "d")
        }
    }

    /// Records of whole milliseconds are read as what they said.
    @Test func olderRecordsAreRead() throws {
        let use = try JSONDecoder().decode(
            SolverUse.self, from: Data(#"{"runs":2,"spinUpdates":16,"milliseconds":14,"spinMilliseconds":42}"#.utf8))
        #expect(use.runs == 2 && use.microseconds == 14_000 && use.spinMicroseconds == 42_000 && use.spinsMax == 0)
        let again = try JSONDecoder().decode(SolverUse.self, from: try JSONEncoder().encode(use))
        #expect(again == use)
        #expect(throws: (any Error).self) { try JSONDecoder().decode(SolverUse.self, from: Data(#"{"runs":2,"spinUpdates":16}"#.utf8)) }
    }
}
