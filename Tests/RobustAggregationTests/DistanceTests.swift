import KernelTable
import RobustAggregation
import TensorKernels
import Testing

@Suite struct DistanceTests {
    /// The twin: one pair after the other, one coordinate after the other.
    private func twin(_ a: [Float], _ b: [Float]) -> Double {
        zip(a, b).reduce(0) { $0 + (Double($1.0) - Double($1.1)) * (Double($1.0) - Double($1.1)) }
    }

    @Test(arguments: [1, 2, 3, 4, 5, 8, 17]) func everyPairIsMeasured(n: Int) throws {
        for dimension in [0, 1, 7, 8, 255, 256, 257, 1000] {
            let updates = awkwardUpdates(n, dimension, seed: UInt64(n * 1000 + dimension), huge: 100)
            let distances = try pairwiseSquaredDistances(try MemoryUpdates(updates))
            try #require(distances.count == n * n)
            for i in 0..<n {
                for j in 0..<n {
                    let expected = twin(updates[i], updates[j])
                    #expect(abs(distances[i * n + j] - expected) <= expected * 1e-12, "\(i), \(j) of \(n), dimension \(dimension)")
                    #expect(distances[i * n + j] == distances[j * n + i])
                }
                #expect(distances[i * n + i] == 0)
            }
        }
    }

    @Test func everyLevelGivesTheSameBitsInAnyOrder() throws {
        let (n, dimension) = (11, 3001)
        let updates = awkwardUpdates(n, dimension, seed: 4)
        let expected = try pairwiseSquaredDistances(try MemoryUpdates(updates))
        var numbers = Numbers(8)
        for level in Kernels.available {
            let order = numbers.shuffled(Array(0..<n))
            let distances = try pairwiseSquaredDistances(try MemoryUpdates(order.map { updates[$0] }), kernels: Kernels.table(level))
            for i in 0..<n {
                for j in 0..<n { #expect(distances[i * n + j].bitPattern == expected[order[i] * n + order[j]].bitPattern, "\(level)") }
            }
        }
    }

    /// Updates that agree in all but one bit of one coordinate: the form with scalar products would see nothing or less.
    @Test func smallDistancesBetweenLargeUpdatesAreExact() throws {
        let update = [Float](repeating: 1000, count: 500)
        var other = update
        other[499] = Float(1000).nextUp
        let step = Double(Float(1000).nextUp) - 1000
        #expect(
            try pairwiseSquaredDistances(try MemoryUpdates([update, other, update])) == [0, step * step, 0, step * step, 0, step * step, 0, step * step, 0])
    }

    @Test func whatCannotBeMeasuredIsRefused() throws {
        var updates = awkwardUpdates(3, 600, seed: 1)
        updates[2][555] = .infinity
        #expect(throws: AggregationError.notFinite(update: "update 2", coordinate: 555)) { try pairwiseSquaredDistances(try MemoryUpdates(updates)) }
        #expect(throws: AggregationError.tooManyPairs(5000)) { try pairwiseSquaredDistances(Claimed(count: 5000, dimension: 1)) }
        #expect(throws: AggregationError.tooLong(1 << 40)) { try pairwiseSquaredDistances(Claimed(count: 2, dimension: 1 << 40)) }
        #expect(throws: AggregationError.noUpdates) { try pairwiseSquaredDistances(Claimed(count: 0, dimension: 1)) }
    }
}
