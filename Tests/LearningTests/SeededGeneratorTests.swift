import Learning
import Testing

@Suite struct SeededGeneratorTests {
    struct Stream: Decodable { var seed: String, first: [String] }

    @Test func streamIsXoshiro() throws {
        for stream in try golden([Stream].self, "xoshiro.json") {
            var generator = SeededGenerator(seed: try #require(UInt64(stream.seed)))
            for value in stream.first { #expect("\(generator.next())" == value, "seed \(stream.seed)") }
        }
    }

    @Test func derivedSeedsDependOnEveryLabelAndTheirBorders() {
        var seeds: [UInt64] = []
        for seed in [UInt64(0), 1, 2, 3, 42, .max] {
            seeds += [
                derivedSeed(seed), derivedSeed(seed, "a"), derivedSeed(seed, "b"), derivedSeed(seed, "ab"),
                derivedSeed(seed, "a", "b"), derivedSeed(seed, "b", "a"), derivedSeed(seed, "", "ab"),
            ]
        }
        // Labels that differ in a few bits of one byte must not meet seeds that differ in the same bits.
        for seed in UInt64(4)..<36 { for label in 0..<8 { seeds.append(derivedSeed(seed, "\(label)")) } }
        #expect(Set(seeds).count == seeds.count)
        #expect(derivedSeed(42, "training", "client-1", "3") == derivedSeed(42, "training", "client-1", "3"))
    }

    @Test func momentsAreThoseOfTheDistributions() {
        var generator = SeededGenerator(seed: 1)
        let n = 40_000
        func moments(_ draw: (inout SeededGenerator) -> Double) -> (mean: Double, variance: Double) {
            let values = (0..<n).map { _ in draw(&generator) }
            let mean = values.reduce(0, +) / Double(n)
            return (mean, values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(n))
        }
        // Tolerances: more than five standard errors of each.
        let uniform = moments { $0.uniform() }
        #expect(abs(uniform.mean - 0.5) < 0.008 && abs(uniform.variance - 1 / 12) < 0.003)
        let normal = moments { $0.normal() }
        #expect(abs(normal.mean) < 0.026 && abs(normal.variance - 1) < 0.04)
        for shape in [0.1, 0.5, 1, 3.7] {
            let gamma = moments { $0.gamma(shape) }
            #expect(abs(gamma.mean - shape) < 6 * (shape / Double(n)).squareRoot(), "shape \(shape)")
            #expect(abs(gamma.variance / shape - 1) < 0.25, "shape \(shape)")
        }
    }

    @Test func belowIsUniformAndInRange() {
        var generator = SeededGenerator(seed: 2)
        var counts = [Int](repeating: 0, count: 7)
        for _ in 0..<70_000 { counts[generator.below(7)] += 1 }
        // χ² with six degrees of freedom: 22.5 is passed once in a thousand.
        let chiSquare = counts.reduce(0.0) { $0 + (Double($1) - 10_000) * (Double($1) - 10_000) / 10_000 }
        #expect(chiSquare < 22.5)
        #expect(generator.below(1) == 0)
        #expect((0..<100).allSatisfy { _ in generator.below(.max) >= 0 })
    }

    @Test func shuffleGivesEveryOrder() {
        var generator = SeededGenerator(seed: 3)
        var counts: [[Int]: Int] = [:]
        for _ in 0..<24_000 {
            var values = [0, 1, 2, 3]
            generator.shuffle(&values)
            counts[values, default: 0] += 1
        }
        #expect(counts.count == 24)
        #expect(counts.values.allSatisfy { abs($0 - 1000) < 160 })
        var empty: [Int] = []
        generator.shuffle(&empty)
    }
}
