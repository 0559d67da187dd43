import CryptoSuite
import DifferentialPrivacy
import Foundation
import Testing

/// Fixed seeds. The limits hold with probability 1 - 10^-6 for a true sampler: χ² below k + 5.2√(2k) + 13, moments within five
/// standard errors.
@Suite struct SamplerTests {
    private static let draws = 100_000

    private func check(_ values: [Int64], _ logProbability: (Int64) -> Double, variance: Double, kurtosisExcess: Double, _ comment: Comment) {
        let n = Double(values.count)
        let mean = values.reduce(0.0) { $0 + Double($1) } / n
        let second = values.reduce(0.0) { $0 + Double($1) * Double($1) } / n
        #expect(abs(mean) < 5 * (variance / n).squareRoot(), comment)
        #expect(abs(second / variance - 1) < 5 * ((2 + kurtosisExcess) / n).squareRoot(), comment)
        // Classes of whole numbers with at least 20 expected hits; the rest is one class.
        let deviation = variance.squareRoot()
        let width = max(1, Int64(deviation / 4))
        let reach = Int64(6 * deviation) / width + 2
        var (hits, rest) = ([Int64: Double](), 0.0)
        for value in values {
            let place = Int64((Double(value) / Double(width)).rounded(.down))
            if abs(place) <= reach { hits[place, default: 0] += 1 } else { rest += 1 }
        }
        var (chi, classes, others) = (0.0, 0.0, 1.0)
        for place in -reach...reach {
            let probability =
                width <= 64
                ? (place * width..<(place + 1) * width).reduce(0.0) { $0 + exp(logProbability($1)) }
                : Double(width) * exp(logProbability(place * width + width / 2))
            guard probability * n >= 20 else { rest += hits[place] ?? 0; continue }
            others -= probability
            let difference = (hits[place] ?? 0) - probability * n
            (chi, classes) = (chi + difference * difference / (probability * n), classes + 1)
        }
        let expected = max(others * n, 1)
        chi += (rest - expected) * (rest - expected) / expected
        #expect(classes >= 3 || variance < 0.2, comment)
        #expect(chi < classes + 5.2 * (2 * classes).squareRoot() + 13, "χ² \(chi) of \(classes) classes: \(comment)")
    }

    @Test(arguments: [0.3, 0.7, 1, 2.5, 30, 5000, 8_388_608.25, 0x1p26])
    func discreteGaussian(deviation: Double) throws {
        let sampler = try DiscreteGaussian(deviation: deviation)
        #expect(sampler.deviation >= deviation && sampler.deviation <= deviation * (1 + 0x1p-22))
        var random = words(UInt64(deviation * 64) + 7)
        let values = (0..<Self.draws).map { _ in sampler.draw(&random) }
        let reach = deviation < 100 ? Int64(12 * deviation) + 12 : 0
        let total =
            deviation < 100
            ? (-reach...reach).reduce(0.0) { $0 + exp(-Double($1 * $1) / (2 * deviation * deviation)) } : deviation * (2 * Double.pi).squareRoot()
        let variance =
            deviation < 100
            ? (-reach...reach).reduce(0.0) { $0 + Double($1 * $1) * exp(-Double($1 * $1) / (2 * deviation * deviation)) } / total : deviation * deviation
        check(
            values, { -Double($0) * Double($0) / (2 * deviation * deviation) - log(total) }, variance: variance, kurtosisExcess: deviation < 1 ? 30 : 0.5,
            "σ \(deviation)")
    }

    @Test(arguments: [0.25, 1, 10, 300, 1e6, 1e14])
    func skellam(variance: Double) throws {
        let sampler = try Skellam(variance: variance)
        #expect(sampler.variance >= variance && sampler.variance <= variance + 0.125)
        let mean = sampler.variance / 2
        var random = words(UInt64(variance) + 11)
        let values = (0..<Self.draws).map { _ in sampler.draw(&random) }
        // The definition while it can be summed up; beyond, the normal density, whose relative error is about 1/variance.
        func logProbability(_ x: Int64) -> Double {
            guard variance < 1000 else { return -Double(x) * Double(x) / (2 * variance) - 0.5 * log(2 * Double.pi * variance) }
            let first = max(0, x)
            let terms = (first...first + Int64(mean + 20 * mean.squareRoot() + 40)).map { k in
                Double(2 * k - x) * log(mean) - 2 * mean - lgamma(Double(k) + 1) - lgamma(Double(k - x) + 1)
            }
            let largest = terms.max() ?? 0
            return largest + log(terms.reduce(0) { $0 + exp($1 - largest) })
        }
        var table: [Int64: Double] = [:]
        check(
            values,
            { x in
                if let known = table[abs(x)] { return known }
                table[abs(x)] = logProbability(abs(x))
                return table[abs(x)] ?? 0
            }, variance: sampler.variance, kurtosisExcess: 1 / variance, "variance \(variance)")
    }

    /// The comparison goes on bit by bit where the first 64 bits say nothing: 1/3 is 0x5555..., so every such word is undecided.
    @Test func undecidedBitsAreSettled() throws {
        final class Count: @unchecked Sendable { var words = 0 }
        let count = Count()
        var random = RandomWords { _ in
            count.words += 1
            return [count.words < 4 ? 0x5555_5555_5555_5555 : 0]
        }
        // 0 < 1/3 with the fourth word: three were not enough.
        let hit = random.chance(1, of: 3)
        #expect(hit)
        #expect(count.words == 4)
    }

    @Test func noiseBoundsHold() throws {
        var random = words(5)
        for variance in [0.5, 40, 1e6] {
            let sampler = try Skellam(variance: variance)
            let bound = Skellam.bound(variance: sampler.variance, count: 50_000, logFailure: log(1e-6))
            let largest = (0..<50_000).map { _ in Double(abs(sampler.draw(&random))) }.max() ?? 0
            #expect(largest <= bound && largest > bound / 4, "variance \(variance): \(largest) of \(bound)")
        }
        let sampler = try DiscreteGaussian(deviation: 1000)
        let largest = (0..<50_000).map { _ in Double(abs(sampler.draw(&random))) }.max() ?? 0
        #expect(largest <= DiscreteGaussian.bound(deviation: 1000, count: 50_000, logFailure: log(1e-6)))
    }

    @Test func meaninglessNoiseIsRefused() {
        for deviation in [0, -1, .nan, .infinity, 0x1p27] { #expect(throws: PrivacyError.self) { try DiscreteGaussian(deviation: deviation) } }
        for variance in [0, -1, .nan, .infinity, 0x1p60] { #expect(throws: PrivacyError.self) { try Skellam(variance: variance) } }
    }
}
