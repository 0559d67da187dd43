import DifferentialPrivacy
import Foundation
import SecureAggregation
import Testing

@Suite struct SensitivityTests {
    /// The design's numbers: 11 groups of 9 and f = 5; 20 groups of 5 and f = 5.
    @Test func trimmedGroups() throws {
        #expect(abs(try Sensitivity.trimmedGroups(norm: 1, smallestGroup: 9, groups: 11, trimmed: 5, adjacency: .replaceOne) - 0.2222) < 1e-4)
        #expect(abs(try Sensitivity.trimmedGroups(norm: 1, smallestGroup: 5, groups: 20, trimmed: 5, adjacency: .replaceOne) - 0.04) < 1e-12)
        #expect(abs(try Sensitivity.trimmedGroups(norm: 1, smallestGroup: 5, groups: 20, trimmed: 5, adjacency: .zeroOut) - 0.02) < 1e-12)
        for (groups, trimmed) in [(10, 5), (9, 5), (0, 0), (5, -1), (3, Int.max), (Int.min, 1)] {
            #expect(throws: PrivacyError.self) {
                try Sensitivity.trimmedGroups(norm: 1, smallestGroup: 5, groups: groups, trimmed: trimmed, adjacency: .replaceOne)
            }
        }
    }

    /// No replaced client moves the trimmed mean further than its sensitivity, and some come near it.
    @Test func trimmedMeanIsThatSensitive() throws {
        var random = Seeded(6)
        let (groups, members, trimmed, dimension) = (9, 4, 2, 3)
        let bound = try Sensitivity.trimmedGroups(norm: 1, smallestGroup: members, groups: groups, trimmed: trimmed, adjacency: .replaceOne)
        func trimmedMean(_ means: [[Double]]) -> [Double] {
            (0..<dimension).map { j in means.map { $0[j] }.sorted()[trimmed..<groups - trimmed].reduce(0, +) / Double(groups - 2 * trimmed) }
        }
        func unit() -> [Double] {
            let v = (0..<dimension).map { _ in random.uniform() - 0.5 }
            let norm = v.reduce(0) { $0 + $1 * $1 }.squareRoot()
            return v.map { $0 / norm }
        }
        var furthest = 0.0
        for _ in 0..<3000 {
            let spread = 0.01 + random.uniform()
            var means = (0..<groups).map { _ in unit().map { $0 * spread } }
            let before = trimmedMean(means)
            let (old, new) = (unit(), unit())
            let place = Int(random.next() % UInt64(groups))
            means[place] = (0..<dimension).map { means[place][$0] + (new[$0] - old[$0]) / Double(members) }
            let moved = zip(before, trimmedMean(means)).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
            furthest = max(furthest, moved)
        }
        #expect(furthest <= bound * (1 + 1e-12) && furthest > 0.5 * bound, "\(furthest) of \(bound)")
    }

    /// The same norm that clients draw their roundings for.
    @Test func roundedNormIsTheEncoders() throws {
        for (clip, c, bits, d) in [(1.0, 0.1, 16, 1_000_000), (3, 0.5, 8, 77), (0.01, 1, 4, 1)] {
            let encoding = EncodingParameters(l2Clip: clip, coordinateClip: c, bits: bits, width: 32, weightMax: 0)
            #expect(abs(try Sensitivity.roundedNorm(l2Clip: clip, step: encoding.step, dimension: d) - encoding.roundedNormMax(dimension: d)) < 1e-12 * clip)
        }
        #expect(try Sensitivity.roundedNorm(l2Clip: 2, step: 0, dimension: 100) == 2)
    }
}

@Suite struct CalibrationTests {
    /// The answer keeps the budget, and a little less noise does not.
    @Test(arguments: [Accountant.renyi, .tighter, .lossDistribution])
    func smallestNoise(accountant: Accountant) throws {
        let budget = try PrivacyBudget(epsilon: 1, delta: 1e-5)
        for model in [try poisson(0.1), try poisson(1), try PrivacyModel(.replaceOne, .fixedSize(cohort: 100, population: 1000))] {
            let release = try Calibration.release(.gaussian, model: model, rounds: 100, budget: budget, by: accountant)
            let z = release.mechanism.noiseMultiplier
            #expect(try PrivacyReport.epsilon([(release, 100)], delta: 1e-5, by: accountant) <= 1)
            #expect(try PrivacyReport.epsilon([(gaussian(z * 0.998, model), 100)], delta: 1e-5, by: accountant) > 1)
            #expect(try Calibration.rounds(of: release, within: budget, most: 200, by: accountant) >= 100)
        }
    }

    /// The table of docs/explanation/privacy-accounting.md: 100 rounds, ε = 1, δ = 10^-5.
    @Test func tableOfNoise() throws {
        let budget = try PrivacyBudget(epsilon: 1, delta: 1e-5)
        let fixed = try PrivacyModel(.replaceOne, .fixedSize(cohort: 100, population: 1000))
        for (model, renyi, tighter) in [(try poisson(1), 40.46, 37.31), (try poisson(0.1), 4.28, 3.94), (fixed, 8.41, 4.12)] {
            let a = try Calibration.release(.gaussian, model: model, rounds: 100, budget: budget, by: .renyi).mechanism.noiseMultiplier
            let b = try Calibration.release(.gaussian, model: model, rounds: 100, budget: budget, by: .tighter).mechanism.noiseMultiplier
            #expect(abs(a - renyi) < 0.006 && abs(b - tighter) < 0.006, "\(model): \(a), \(b)")
        }
    }

    @Test func whatWasSpentAddsNoise() throws {
        let budget = try PrivacyBudget(epsilon: 2, delta: 1e-5)
        let spent = try gaussian(10, poisson(1)).renyiCurve * 20
        let fresh = try Calibration.release(.gaussian, model: poisson(0.1), rounds: 50, budget: budget, by: .renyi)
        let later = try Calibration.release(.gaussian, model: poisson(0.1), rounds: 50, budget: budget, spent: spent)
        #expect(later.mechanism.noiseMultiplier > fresh.mechanism.noiseMultiplier)
        #expect((spent + later.renyiCurve * 50).epsilon(delta: 1e-5) <= 2)
        let exhausted = try gaussian(1, poisson(1)).renyiCurve * 20
        #expect(throws: PrivacyError.self) { try Calibration.release(.gaussian, model: poisson(0.1), rounds: 50, budget: budget, spent: exhausted) }
    }

    @Test func unreachableBudgetsAreSaid() throws {
        let tiny = try PrivacyBudget(epsilon: 1e-12, delta: 1e-90)
        #expect(throws: PrivacyError.self) { try Calibration.release(.gaussian, model: poisson(1), rounds: 1_000_000, budget: tiny, by: .renyi) }
        #expect(throws: PrivacyError.self) { try Calibration.release(.gaussian, model: poisson(1), rounds: 0, budget: tiny) }
    }
}

@Suite struct PlanTests {
    private func request(_ mechanism: PrivacyRequest.Mechanism, epsilon: Double = 8) throws -> PrivacyRequest {
        var request = PrivacyRequest(
            budget: try PrivacyBudget(epsilon: epsilon, delta: 1e-6), rounds: 50,
            model: try PrivacyModel(.replaceOne, .fixedSize(cohort: 100, population: 1000)),
            mechanism: mechanism, dimension: 10_000, l2Clip: 1, quantisation: .init(coordinateClip: 0.05, bits: 12))
        request.accountant = .renyi
        return request
    }

    @Test func centralPlan() throws {
        let plan = try PrivacyPlan(request(.centralTrimmedGroups(groups: 20, smallestGroup: 5, trimmed: 5)))
        #expect(plan.roundsThatFit == 50 && plan.epsilonByRound.count == 50 && plan.share == nil)
        #expect(plan.epsilonByRound.last ?? 9 <= 8 && zip(plan.epsilonByRound, plan.epsilonByRound.dropFirst()).allSatisfy { $0 < $1 })
        #expect(plan.sensitivity > 0.04 && plan.sensitivity < 0.042)
        #expect(abs(plan.noiseDeviation - plan.release.mechanism.noiseMultiplier * plan.sensitivity) < 1e-12)
        #expect(abs(plan.deviationSteps * plan.latticeStep - plan.noiseDeviation) < 1e-12)
        #expect(plan.deviationSteps >= 0x1p23 && plan.deviationSteps < 0x1p25)
        #expect(abs(plan.noiseToSignal - plan.noiseDeviation * 100) < 1e-9)
        #expect(try DiscreteGaussian(deviation: plan.deviationSteps).deviation >= plan.deviationSteps)
    }

    @Test func tighterAccountsTakeLessNoise() throws {
        var asked = try request(.centralTrimmedGroups(groups: 20, smallestGroup: 5, trimmed: 5))
        let renyi = try PrivacyPlan(asked)
        asked.accountant = .tighter
        let plan = try PrivacyPlan(asked)
        #expect(plan.noiseDeviation < renyi.noiseDeviation && plan.roundsThatFit == 50)
        #expect(plan.report.epsilon <= 8 && plan.report.renyiEpsilon > 8)
    }

    @Test func stopEarlyCountsTheRounds() throws {
        var asked = try request(.centralMean(divisor: 100), epsilon: 2)
        asked.onBudget = .stopEarly(noiseMultiplier: 3)
        let plan = try PrivacyPlan(asked)
        #expect(plan.roundsThatFit > 0 && plan.roundsThatFit < 50)
        #expect(plan.report.epsilon <= 2)
        #expect(try PrivacyReport.epsilon([(plan.release, plan.roundsThatFit + 1)], delta: 1e-6, by: .renyi) > 2)
        asked.onBudget = .stopEarly(noiseMultiplier: 0.02)
        #expect(throws: PrivacyError.self) { try PrivacyPlan(asked) }
    }

    /// The honest survivors alone reach the target, and nothing of what is added leaves the ring.
    @Test func skellamPlan() throws {
        let plan = try PrivacyPlan(request(.distributedSkellam(cohortMax: 100, honestSurvivors: 80, divisor: 100)))
        let share = try #require(plan.share)
        guard case .skellam(let variance, let l2, _) = plan.release.mechanism else { Issue.record("no Skellam noise"); return }
        #expect(share.variance * 80 >= variance && (share.variance - 0.125) * 80 < variance)
        #expect(abs(l2 * plan.latticeStep / 100 / plan.sensitivity - 1) < 1e-9)
        #expect(share.noiseBound > 7 * (share.variance * 100).squareRoot())
        #expect(pow(2, Double(share.width)) > 100 * 4095 + 2 * share.noiseBound && pow(2, Double(share.width - 1)) <= 100 * 4095 + 2 * share.noiseBound)
        var wide = try request(.distributedSkellam(cohortMax: 100_000, honestSurvivors: 80, divisor: 100))
        wide.quantisation = .init(coordinateClip: 0.05, bits: 24)
        #expect(throws: PrivacyError.self) { try PrivacyPlan(wide) }
    }

    /// Whatever the sensitivity is: the search begins at the largest noise there may be.
    @Test(arguments: [1.0, 3, 32_767.77, 65_535.123, 1e9 / 7]) func skellamNoiseIsFoundForAnySensitivity(l2: Double) throws {
        let budget = try PrivacyBudget(epsilon: 1, delta: 1e-5)
        let kind = Calibration.Kind.skellam(l2Sensitivity: l2, l1Sensitivity: 3 * l2)
        let release = try Calibration.release(kind, model: try PrivacyModel(.zeroOut, .full), rounds: 100, budget: budget)
        let epsilon = try PrivacyReport.epsilon([(release, 100)], delta: 1e-5, by: .renyi)
        #expect(epsilon <= 1 && epsilon > 0.99 && release.mechanism.noiseMultiplier > 40 && release.mechanism.noiseMultiplier < 45)
    }

    /// Where rosters are public, sampling gains nothing.
    @Test func publicCohortsCostMore() throws {
        var open = try request(.centralMean(divisor: 100))
        let hidden = try PrivacyPlan(open)
        open.cohortsArePublic = true
        let plan = try PrivacyPlan(open)
        #expect(plan.noiseDeviation > 1.5 * hidden.noiseDeviation)
        #expect(plan.release.model.sampling == .full)
    }
}
