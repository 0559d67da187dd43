import KernelTable
import RobustAggregation
import TensorKernels
import Testing

@Suite struct AggregationTests {
    private func updates(_ n: Int, _ dimension: Int, seed: UInt64) -> [[Float]] {
        var state = seed
        return (0..<n).map { _ in
            (0..<dimension).map { _ in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return Float(Int32(truncatingIfNeeded: state >> 32)) / 1e9
            }
        }
    }

    private func run(
        _ rule: AggregationRule, _ updates: [[Float]], _ weights: [Int64]? = nil, kernels: KernelTable? = nil, tile: Int = 4096
    ) throws -> [Float] {
        try aggregate(
            rule, try MemoryUpdates(updates), weights: weights ?? updates.map { _ in 1 }, maxAbs: updates.map { $0.map(abs).max() ?? 0 }, kernels: kernels,
            tile: tile)
    }

    @Test func theMeanIsExactToARoundingOfFloat() throws {
        for n in [1, 2, 7, 100] {
            let updates = updates(n, 37, seed: UInt64(n))
            let weights = (0..<n).map { Int64($0 * 31 + 1) }
            let total = Double(weights.reduce(0, +))
            let mean = try run(.mean, updates, weights)
            for j in 0..<37 {
                let expected = zip(updates, weights).reduce(0.0) { $0 + Double($1.0[j]) * Double($1.1) } / total
                #expect(abs(Double(mean[j]) - expected) <= abs(expected) * 6e-8 + 1e-9)
            }
        }
    }

    @Test func noOrderTileOrLevelChangesABit() throws {
        let updates = updates(11, 300, seed: 3)
        let weights = (0..<11).map { Int64($0 + 1) }
        let mixed = [7, 2, 9, 0, 10, 4, 1, 8, 3, 6, 5]
        for rule in [AggregationRule.mean, .trimmedMean(trim: 2), .median] {
            let expected = try run(rule, updates, weights)
            #expect(try run(rule, mixed.map { updates[$0] }, mixed.map { weights[$0] }) == expected)
            for tile in [1, 7, 64, 299] { #expect(try run(rule, updates, weights, tile: tile) == expected) }
            for level in Kernels.available { #expect(try run(rule, updates, weights, kernels: Kernels.table(level)) == expected) }
        }
    }

    @Test func lyingClientsDoNotMoveTheRobustRules() throws {
        var updates = [[Float]](repeating: [Float](repeating: 2, count: 9), count: 10)
        updates[0] = [Float](repeating: 1e30, count: 9)
        updates[9] = [Float](repeating: -1e38, count: 9)
        #expect(try run(.trimmedMean(trim: 1), updates) == [Float](repeating: 2, count: 9))
        #expect(try run(.median, updates) == [Float](repeating: 2, count: 9))
    }

    @Test func whatCannotBeAggregatedIsATypedError() {
        #expect(throws: AggregationError.noUpdates) { try run(.mean, []) }
        #expect(throws: AggregationError.trim(1, updates: 2)) { try run(.trimmedMean(trim: 1), updates(2, 3, seed: 1)) }
        #expect(throws: AggregationError.trim(-1, updates: 2)) { try run(.trimmedMean(trim: -1), updates(2, 3, seed: 1)) }
        #expect(throws: AggregationError.weight(index: 1, 0)) { try run(.mean, updates(2, 3, seed: 1), [1, 0]) }
        #expect(throws: AggregationError.totalWeight) { try run(.mean, updates(2, 3, seed: 1), [.max, .max]) }
        #expect(throws: AggregationError.magnitude(index: 0)) {
            try aggregate(.mean, try MemoryUpdates([[1]]), weights: [1], maxAbs: [.infinity])
        }
        #expect(throws: AggregationError.dimension(index: 1, has: 2, needs: 1)) { try MemoryUpdates([[1], [1, 2]]) }
    }
}
