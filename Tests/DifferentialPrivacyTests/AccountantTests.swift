import DifferentialPrivacy
import Foundation
import Testing

/// Against `Tests/Golden/make_privacy_vectors.py`: Google's dp-accounting, and mpmath and SciPy from the definitions.
@Suite struct AccountantTests {
    struct PoissonRow: Decodable {
        let q, z, delta, rdp, pld: Double
        let rounds: Int
    }

    /// Between whole orders Google sums up a series of absolute values, and leaves orders out where it does not converge; ours is the
    /// integral, never larger. It shows where much is lost and the best orders are small: up to 3 % for ε above 20.
    @Test func renyiIsGoogles() throws {
        let rows = try golden([PoissonRow].self, "poisson")
        #expect(rows.count > 60)
        for row in rows {
            let epsilon = try PrivacyReport.epsilon([(gaussian(row.z, poisson(row.q)), row.rounds)], delta: row.delta, by: .renyi)
            #expect(
                epsilon <= row.rdp * (1 + 1e-9) + 1e-12 && epsilon >= row.rdp * (row.rdp < 20 ? 0.99 : 0.97),
                "q \(row.q) z \(row.z) x \(row.rounds) δ \(row.delta): \(epsilon), \(row.rdp)")
        }
    }

    @Test func lossDistributionIsNotBelowGoogles() throws {
        // Half of the grid, for the time it takes.
        for row in try golden([PoissonRow].self, "poisson") where row.rounds != 30 && (row.rounds == 1) == (row.delta < 1e-6) {
            let epsilon = try PrivacyReport.epsilon([(gaussian(row.z, poisson(row.q)), row.rounds)], delta: row.delta, by: .lossDistribution)
            // Where Google's accountant answers 0, ours may be within the grid of it.
            #expect(
                epsilon >= row.pld * (1 - 1e-6) && epsilon <= row.pld * 1.02 + 1e-4,
                "q \(row.q) z \(row.z) x \(row.rounds) δ \(row.delta): \(epsilon), \(row.pld)")
        }
    }

    struct FixedSizeRow: Decodable {
        let population, cohort, rounds: Int
        let z, delta, rdp, pld: Double
    }

    @Test func fixedSizeIsItsPapers() throws {
        for row in try golden([FixedSizeRow].self, "fixed_size") {
            let release = try gaussian(row.z, PrivacyModel(.replaceOne, .fixedSize(cohort: row.cohort, population: row.population)))
            let report = try PrivacyReport([(release, row.rounds)], delta: row.delta)
            let loss = try #require(report.lossEpsilon)
            let (above, below) = (report.renyiEpsilon <= row.rdp * 1.001, row.rdp < 0.2 || report.renyiEpsilon > 0.99 * row.rdp)
            // Where little is lost, Google's differences have lost their digits: `fixedSizeDivergenceIsTheTheorems` has them.
            #expect(above && below, "\(row): \(report)")
            // The vectors' grid is ten times as wide as ours, and every grid rounds up.
            #expect(loss <= row.pld * (1 + 1e-6) + 1e-9 && loss > row.pld * 0.98 - 3e-3, "\(row): \(report)")
        }
    }

    struct FixedSizeDivergenceRow: Decodable {
        let population, cohort: Int
        let z, order, divergence: Double
    }

    @Test func fixedSizeDivergenceIsTheTheorems() throws {
        for row in try golden([FixedSizeDivergenceRow].self, "fixed_size_divergence") {
            let release = try gaussian(row.z, PrivacyModel(.replaceOne, .fixedSize(cohort: row.cohort, population: row.population)))
            let place = try #require(RenyiCurve.orders.firstIndex(of: row.order))
            let divergence = release.renyiCurve.divergences[place]
            // A larger order's bound may be smaller, and takes its place then.
            #expect(divergence <= row.divergence * (1 + 1e-10) && divergence > row.divergence * 0.999, "\(row): \(divergence)")
        }
    }

    struct MomentRow: Decodable {
        let z: Double
        let order: Int
        let log: Double
    }

    @Test func momentsAreThoseOfTheDefinition() throws {
        for row in try golden([MomentRow].self, "moments") {
            let log = RatioMoments(noiseMultiplier: row.z).log(row.order)
            #expect(abs(log - row.log) < 1e-11 * max(1, abs(row.log)), "\(row): \(log)")
        }
    }

    struct DivergenceRow: Decodable { let q, z, order, divergence: Double }

    @Test func sampledDivergenceIsTheIntegral() throws {
        let rows = try golden([DivergenceRow].self, "sampled")
        #expect(rows.count > 30)
        for row in rows {
            let place = try #require(RenyiCurve.orders.firstIndex { abs($0 - row.order) < 1e-9 })
            let divergence = try gaussian(row.z, poisson(row.q)).renyiCurve.divergences[place]
            #expect(abs(divergence - row.divergence) < 1e-9 * row.divergence, "\(row): \(divergence)")
        }
    }

    struct SkellamRow: Decodable {
        let variance: Double
        let shift, order: Int
        let divergence: Double
    }

    /// The theorem's numbers by hand: its correction is for the proof, the true divergence being below the Gaussian's in every row here.
    @Test(arguments: [(100.0, 3.0, 7.0, 4.0, 0.182625), (1, 1, 1, 2, 2.5)])
    func skellamIsItsTheorem(variance: Double, l2: Double, l1: Double, order: Double, divergence: Double) throws {
        let release = try PrivateRelease(.skellam(variance: variance, l2Sensitivity: l2, l1Sensitivity: l1), PrivacyModel(.zeroOut, .full))
        let place = try #require(RenyiCurve.orders.firstIndex(of: order))
        let found = release.renyiCurve.divergences[place]
        #expect(abs(found - divergence) < 1e-12)
    }

    /// The bound is above the true divergence, and near it where the lattice is fine.
    @Test func skellamIsNotBelowTheTruth() throws {
        let rows = try golden([SkellamRow].self, "skellam")
        #expect(rows.count > 20)
        for row in rows {
            let shift = Double(row.shift)
            let release = try PrivateRelease(.skellam(variance: row.variance, l2Sensitivity: shift, l1Sensitivity: shift), PrivacyModel(.zeroOut, .full))
            let place = try #require(RenyiCurve.orders.firstIndex(of: Double(row.order)))
            let divergence = release.renyiCurve.divergences[place]
            #expect(divergence >= row.divergence * (1 - 1e-9), "\(row): \(divergence)")
            if row.variance >= 2500 { #expect(divergence < row.divergence * 1.02, "\(row): \(divergence)") }
        }
    }

    /// The design's vectors.
    @Test func designVectors() throws {
        func report(_ z: Double, _ rounds: Int) throws -> PrivacyReport { try PrivacyReport([(gaussian(z, poisson(0.1)), rounds)], delta: 1e-5) }
        let (hundred, one, quiet) = (try report(1.1, 100), try report(1.1, 1), try report(4.28, 100))
        let (hundredLoss, oneLoss) = (try #require(hundred.lossEpsilon), try #require(one.lossEpsilon))
        #expect(abs(hundred.renyiEpsilon - 6.62) < 0.01 && abs(hundredLoss - 5.91) < 0.005)
        #expect(abs(one.renyiEpsilon - 1.77) < 0.005 && abs(oneLoss - 1.36) < 0.005)
        #expect(abs(quiet.renyiEpsilon - 0.999) < 0.001)
    }

    /// Without sampling δ(ε) is known in closed form (Balle and Wang 2018): the distribution is above it, by its grid.
    @Test func gaussianIsNotBelowItsClosedForm() throws {
        func delta(_ epsilon: Double, _ z: Double) -> Double {
            0.5 * erfc((epsilon * z - 0.5 / z) / 2.0.squareRoot()) - exp(epsilon) * 0.5 * erfc((epsilon * z + 0.5 / z) / 2.0.squareRoot())
        }
        for z in [0.3, 1, 5, 40] {
            for target in [1e-3, 1e-6, 1e-12, 1e-20] {
                let epsilon = try PrivacyReport.epsilon([(gaussian(z, poisson(1)), 1)], delta: target, by: .lossDistribution)
                #expect(delta(epsilon, z) <= target * (1 + 1e-9), "z \(z) δ \(target)")
                #expect(epsilon < 1e-9 || delta(epsilon * 0.995, z) > target, "z \(z) δ \(target) ε \(epsilon)")
            }
        }
    }

    /// A mixture of kinds: as tight as its parts, and Gaussian rounds of all clients are one with their precision.
    @Test func mixturesCompose() throws {
        let (a, b) = (try gaussian(1.5, poisson(0.05)), try gaussian(3, poisson(0.2)))
        let both = try PrivacyReport([(a, 20), (b, 30)], delta: 1e-6)
        let (alone, other) = (try PrivacyReport([(a, 20)], delta: 1e-6), try PrivacyReport([(b, 30)], delta: 1e-6))
        let turned = try PrivacyReport([(b, 30), (a, 20)], delta: 1e-6)
        let loss = try #require(both.lossEpsilon)
        let (first, second, reversed) = (try #require(alone.lossEpsilon), try #require(other.lossEpsilon), try #require(turned.lossEpsilon))
        #expect(loss < both.renyiEpsilon && loss > max(first, second))
        #expect(abs(loss - reversed) < 1e-8 && abs(both.renyiEpsilon - turned.renyiEpsilon) < 1e-12)
        let split = try PrivacyReport([(a, 8), (a, 12), (b, 30)], delta: 1e-6)
        let inParts = try #require(split.lossEpsilon)
        #expect(abs(loss - inParts) < 1e-6)
    }
}
