import Annealing
import Testing

#if canImport(Glibc)
    import Glibc
#endif

@Suite struct TimeToTargetTests {
    private func runs(_ hits: Int, of count: Int, seconds: Double = 2) -> [MeasuredRun] {
        (0..<count).map { MeasuredRun(seconds: seconds, energy: $0 < hits ? -10 : -9) }
    }

    @Test func theFormulaOfThePaper() throws {
        let half = try TimeToTarget(runs(50, of: 100), target: -10, seed: 1)
        #expect(half.reached == 50 && half.runs == 100 && half.secondsPerRun == 2)
        let expected = 2 * log(0.01) / log(0.5)
        let time = try #require(half.seconds)
        #expect(abs(time.value - expected) < 1e-12)
        #expect(time.low < expected && expected < time.high)
        // Two standard deviations of p, 0.1, through the formula.
        #expect(time.low > 2 * log(0.01) / log(0.35) && time.high < 2 * log(0.01) / log(0.65))
        // Always reached: one run, and no less than one.
        #expect(try TimeToTarget(runs(100, of: 100), target: -10, seed: 1).seconds == Interval(value: 2, low: 2, high: 2))
        #expect(try TimeToTarget(runs(999, of: 1000), target: -10, seed: 1).seconds?.value == 2)
        #expect(try TimeToTarget(runs(0, of: 100), target: -9.5, tolerance: 0.5, seed: 1).reached == 100)
    }

    @Test func whatWasNotReachedIsUnknown() throws {
        let never = try TimeToTarget(runs(0, of: 100), target: -10, seed: 1)
        #expect(never.seconds == nil && never.reached == 0)
        let once = try #require(try TimeToTarget(runs(1, of: 100), target: -10, seed: 1).seconds)
        #expect(once.value.isFinite && once.high == .infinity)
        let speedup = try Speedup(solver: ("a", runs(50, of: 100)), baseline: ("b", runs(0, of: 100)), target: -10, seed: 1)
        #expect(speedup.ratio == nil)
    }

    @Test func speedupsGoBothWays() throws {
        let slow = try Speedup(
            solver: ("path_integral", runs(50, of: 200, seconds: 4)), baseline: ("simulated_annealing", runs(50, of: 200, seconds: 1)),
            target: -10, seed: 2)
        let ratio = try #require(slow.ratio)
        #expect(ratio.value == 0.25 && ratio.low < 0.25 && ratio.high > 0.25 && ratio.high < 1)
        let fast = try Speedup(solver: ("a", runs(150, of: 200)), baseline: ("b", runs(20, of: 200)), target: -10, seed: 2)
        #expect((fast.ratio?.low ?? 0) > 1)
        #expect(try fast == Speedup(solver: ("a", runs(150, of: 200)), baseline: ("b", runs(20, of: 200)), target: -10, seed: 2))
        #expect(Speedup.strongest([("weak", slow.solverTime), ("strong", slow.baselineTime)]) == "strong")
    }

    /// Of 200 series of runs whose chance is known, about 95 in 100 intervals hold the true time.
    @Test func intervalsHoldTheTruth() throws {
        var numbers = Numbers(41)
        let truth = log(0.01) / log(1 - 0.3)
        var held = 0
        for series in 0..<200 {
            let runs = (0..<200).map { _ in MeasuredRun(seconds: 1, energy: (numbers.signed() + 1) / 2 < 0.3 ? 0 : 1) }
            let time = try #require(try TimeToTarget(runs, target: 0, resamples: 400, seed: UInt64(series)).seconds)
            if time.low <= truth && truth <= time.high { held += 1 }
        }
        #expect((176...199).contains(held))
    }

    @Test func whatIsNoMeasurementIsRefused() {
        #expect(throws: AnnealingError.self) { try TimeToTarget([], target: 0, seed: 0) }
        #expect(throws: AnnealingError.self) { try TimeToTarget([MeasuredRun(seconds: 0, energy: 1)], target: 0, seed: 0) }
        #expect(throws: AnnealingError.self) { try TimeToTarget([MeasuredRun(seconds: .nan, energy: 1)], target: 0, seed: 0) }
        #expect(throws: AnnealingError.self) { try TimeToTarget(runs(1, of: 2), target: .nan, seed: 0) }
        #expect(throws: AnnealingError.self) { try TimeToTarget(runs(1, of: 2), target: 0, probability: 1, seed: 0) }
        #expect(throws: AnnealingError.self) { try TimeToTarget(runs(1, of: 2), target: 0, resamples: 0, seed: 0) }
    }
}
