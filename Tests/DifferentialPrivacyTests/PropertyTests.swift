import DifferentialPrivacy
import Foundation
import Testing

/// What must hold whatever the numbers are; drawn from fixed seeds.
@Suite struct PropertyTests {
    private static func model(_ random: inout Seeded) throws -> PrivacyModel {
        switch random.next() % 3 {
        case 0: return try PrivacyModel(random.next() % 2 == 0 ? .zeroOut : .replaceOne, .full)
        case 1: return try PrivacyModel(.zeroOut, .poisson(rate: pow(10, -3 * random.uniform())))
        default:
            let population = 10 + Int(random.next() % 2000)
            return try PrivacyModel(.replaceOne, .fixedSize(cohort: 1 + Int(random.next() % UInt64(population)), population: population))
        }
    }

    private static func mechanism(_ z: Double, _ kind: UInt64) -> NoiseMechanism {
        switch kind % 3 {
        case 0: .gaussian(noiseMultiplier: z)
        case 1: .discreteGaussian(noiseMultiplier: z, deviationSteps: 0x1p20)
        default: .skellam(variance: z * z * 1e6, l2Sensitivity: 1e3, l1Sensitivity: 3e4)
        }
    }

    /// More noise loses less; more rounds, a smaller δ and a larger cohort lose more; curves grow with the order.
    @Test func lossIsMonotone() throws {
        var random = Seeded(2)
        for _ in 0..<30 {
            let (model, kind, z) = (try Self.model(&random), random.next(), 0.5 + 8 * random.uniform())
            let curve = try PrivateRelease(Self.mechanism(z, kind), model).renyiCurve
            let quieter = try PrivateRelease(Self.mechanism(z * 1.1, kind), model).renyiCurve
            for (a, b) in zip(curve.divergences, quieter.divergences) { #expect(b <= a * (1 + 1e-9)) }
            for (a, b) in zip(curve.divergences, curve.divergences.dropFirst()) { #expect(a <= b * (1 + 1e-9), "\(model) \(kind % 3) \(z)") }
            let rounds = 1 + Int(random.next() % 300)
            #expect((curve * rounds).epsilon(delta: 1e-6) <= (curve * (rounds + 1)).epsilon(delta: 1e-6))
            #expect((curve * rounds).epsilon(delta: 1e-5) <= (curve * rounds).epsilon(delta: 1e-6))
            let epsilon = (curve * rounds).epsilon(delta: 1e-6)
            if epsilon > 0, epsilon < 1e6 { #expect((curve * rounds).delta(epsilon: epsilon * 1.000001) <= 1e-6 * (1 + 1e-3)) }
        }
    }

    @Test func lossDistributionIsMonotone() throws {
        func epsilon(_ z: Double, _ q: Double, _ rounds: Int, _ delta: Double) throws -> Double {
            try PrivacyReport.epsilon([(gaussian(z, poisson(q)), rounds)], delta: delta, by: .lossDistribution)
        }
        let base = try epsilon(2, 0.05, 50, 1e-6)
        #expect(try epsilon(2.1, 0.05, 50, 1e-6) < base)
        #expect(try epsilon(2, 0.06, 50, 1e-6) > base)
        #expect(try epsilon(2, 0.05, 51, 1e-6) > base)
        #expect(try epsilon(2, 0.05, 50, 1e-5) < base)
        #expect(try epsilon(2, 1, 50, 1e-6) > base)
        let replaced = try PrivateRelease(.gaussian(noiseMultiplier: 2), PrivacyModel(.replaceOne, .fixedSize(cohort: 50, population: 1000)))
        #expect(try PrivacyReport.epsilon([(replaced, 50)], delta: 1e-6, by: .lossDistribution) >= base * (1 - 1e-6))
    }

    /// Sampling never costs, and a discrete Gaussian on a fine lattice costs what the Gaussian does.
    @Test func samplingAndLatticesCost() throws {
        let fixed = try PrivacyModel(.replaceOne, .fixedSize(cohort: 10, population: 100))
        let all = try gaussian(3, PrivacyModel(.replaceOne, .full)).renyiCurve.epsilon(delta: 1e-6)
        #expect(try gaussian(3, fixed).renyiCurve.epsilon(delta: 1e-6) < all)
        #expect(try gaussian(3, poisson(0.1)).renyiCurve.epsilon(delta: 1e-6) < all)
        let (smooth, lattice) = (try gaussian(3, poisson(0.1)), try PrivateRelease(.discreteGaussian(noiseMultiplier: 3, deviationSteps: 0x1p20), poisson(0.1)))
        let (a, b) = (try PrivacyReport([(smooth, 40)], delta: 1e-6), try PrivacyReport([(lattice, 40)], delta: 1e-6))
        #expect(b.renyiEpsilon >= a.renyiEpsilon && b.renyiEpsilon < a.renyiEpsilon * 1.01)
        let (smoothLoss, latticeLoss) = (try #require(a.lossEpsilon), try #require(b.lossEpsilon))
        #expect(abs(smoothLoss - latticeLoss) < 1e-6)
        #expect(
            try PrivacyReport([(PrivateRelease(.discreteGaussian(noiseMultiplier: 3, deviationSteps: 3), poisson(0.1)), 1)], delta: 1e-6).lossEpsilon == nil)
    }

    /// Numbers from anywhere get an answer or an error.
    @Test func garbageNeverTraps() throws {
        var random = Seeded(4)
        func any() -> Double {
            let strange = [0, -0.0, 1, -1, .nan, .infinity, -.infinity, Double.leastNonzeroMagnitude, 1e308, -1e308, 0.5, 1e-9, 3, 1e9]
            return random.next() % 3 == 0 ? Double(bitPattern: random.next()) : strange[Int(random.next() % UInt64(strange.count))]
        }
        func whole() -> Int { [Int.min, -1, 0, 1, 2, 7, 100, 1_000_000, Int.max, Int(truncatingIfNeeded: random.next())][Int(random.next() % 10)] }
        var accepted = 0
        for _ in 0..<3000 {
            let model =
                try (try? PrivacyModel(.zeroOut, .poisson(rate: any()))) ?? (try? PrivacyModel(.replaceOne, .fixedSize(cohort: whole(), population: whole())))
                ?? PrivacyModel(.replaceOne, .full)
            let budget = try (try? PrivacyBudget(epsilon: any(), delta: any())) ?? PrivacyBudget(epsilon: 1, delta: 1e-6)
            for mechanism in [
                NoiseMechanism.gaussian(noiseMultiplier: any()), .discreteGaussian(noiseMultiplier: any(), deviationSteps: any()),
                .skellam(variance: any(), l2Sensitivity: any(), l1Sensitivity: any()),
            ] {
                guard let release = try? PrivateRelease(mechanism, model), random.next() % 8 == 0 else { continue }
                accepted += 1
                let epsilon = release.renyiCurve.epsilon(delta: any())
                #expect(epsilon >= 0)
                if accepted % 8 == 0 { _ = try? PrivacyReport([(release, whole())], delta: any()) }
            }
            _ = try? Sensitivity.roundedNorm(l2Clip: any(), step: any(), dimension: whole())
            _ = try? Sensitivity.trimmedGroups(norm: any(), smallestGroup: whole(), groups: whole(), trimmed: whole(), adjacency: .replaceOne)
            _ = try? Sensitivity.fixedMean(norm: any(), divisor: any(), adjacency: .zeroOut)
            _ = try? Sensitivity.onLattice(any(), step: any(), dimension: whole())
            _ = try? Sensitivity.l1Steps(l2Steps: any(), dimension: whole())
            _ = try? DiscreteGaussian(deviation: any())
            _ = try? Skellam(variance: any())
            _ = Skellam.bound(variance: any(), count: whole(), logFailure: any())
            _ = DiscreteGaussian.bound(deviation: any(), count: whole(), logFailure: any())
            guard random.next() % 64 == 0 else { continue }
            var request = PrivacyRequest(
                budget: budget, rounds: whole(), model: model,
                mechanism: random.next() % 2 == 0
                    ? .centralTrimmedGroups(groups: whole(), smallestGroup: whole(), trimmed: whole())
                    : .distributedSkellam(cohortMax: whole(), honestSurvivors: whole(), divisor: any()),
                dimension: whole(), l2Clip: any(), quantisation: .init(coordinateClip: any(), bits: whole()))
            request.onBudget = .stopEarly(noiseMultiplier: any())
            request.accountant = .renyi
            _ = try? PrivacyPlan(request)
        }
        #expect(accepted > 20)
    }

    @Test func curvesAreStored() throws {
        let curve = try gaussian(2, poisson(0.1)).renyiCurve
        let stored = try JSONEncoder().encode(curve)
        #expect(try JSONDecoder().decode(RenyiCurve.self, from: stored) == curve)
        for text in ["[1,2]", "[]", "3", "[" + [String](repeating: "-1", count: RenyiCurve.orders.count).joined(separator: ",") + "]"] {
            #expect(throws: DecodingError.self) { try JSONDecoder().decode(RenyiCurve.self, from: Data(text.utf8)) }
        }
        let release = try PrivateRelease(
            .skellam(variance: 9, l2Sensitivity: 2, l1Sensitivity: 4), PrivacyModel(.replaceOne, .fixedSize(cohort: 3, population: 9)))
        #expect(try JSONDecoder().decode(PrivateRelease.self, from: JSONEncoder().encode(release)) == release)
        #expect(throws: (any Error).self) {
            try JSONDecoder().decode(PrivacyModel.self, from: Data(#"{"adjacency":"replace_one","sampling":{"poisson":{"rate":0.5}}}"#.utf8))
        }
    }
}
