import RobustAggregation
import Testing

@Suite struct AggregationRefusalTests {
    /// Every rule looks itself, whatever the caller says about magnitudes.
    @Test func whatIsNotFiniteIsNamed() throws {
        for bad in [Float.nan, .infinity, -.infinity, .signalingNaN] { try isNamed(bad) }
        #expect(
            "\(AggregationError.notFinite(update: "the update of c7", coordinate: 12))".hasPrefix("the update of c7 is NaN or infinite at coordinate 12; leave")
        )
    }

    private func isNamed(_ bad: Float) throws {
        var numbers = Numbers(3)
        for n in [1, 2, 5, 16, 17, 40] {
            for rule in rules(n) {
                for tile in [7, 4096] {
                    var updates = awkwardUpdates(n, 50, seed: UInt64(n))
                    let (client, coordinate) = (numbers.next(below: n), numbers.next(below: 50))
                    updates[client][coordinate] = bad
                    let refusal = AggregationError.notFinite(update: "the update of c\(client)", coordinate: coordinate)
                    #expect(throws: refusal) {
                        try aggregate(
                            rule, try MemoryUpdates(updates, names: (0..<n).map { "c\($0)" }), weights: updates.map { _ in 1 },
                            maxAbs: updates.map { _ in 1e31 }, tile: tile)
                    }
                }
            }
        }
    }

    @Test func aValueAboveItsStatedMagnitudeIsNamed() throws {
        let updates: [[Float]] = [[1, 2, 3], [1, -2.5, 3]]
        #expect(throws: AggregationError.aboveMagnitude(update: "update 1", coordinate: 1)) {
            try aggregate(.mean, try MemoryUpdates(updates), weights: [1, 1], maxAbs: [3, 2], tile: 2)
        }
        #expect(throws: AggregationError.magnitude(index: 1)) { try aggregate(.mean, try MemoryUpdates(updates), weights: [1, 1], maxAbs: [3, .nan]) }
        #expect(throws: AggregationError.magnitude(index: 0)) { try aggregate(.mean, try MemoryUpdates(updates), weights: [1, 1], maxAbs: [-1, 3]) }
        // A bound that is larger than need be is no fault.
        #expect(try aggregate(.mean, try MemoryUpdates(updates), weights: [1, 1], maxAbs: [300, 3]) == [1, -0.25, 3])
    }

    @Test func countsWeightsAndTrimsAreBounded() throws {
        let two: [[Float]] = [[1, 2], [3, 4]]
        #expect(throws: AggregationError.noUpdates) { try run(.mean, []) }
        #expect(throws: AggregationError.dimension(index: 1, has: 2, needs: 1)) { try MemoryUpdates([[1], [1, 2]]) }
        #expect(throws: AggregationError.counts(updates: 2, weights: 1, magnitudes: 2)) {
            try aggregate(.mean, try MemoryUpdates(two), weights: [1], maxAbs: [9, 9])
        }
        for rule in [AggregationRule.median, .trimmedMean(trim: 0), .mean] {
            #expect(throws: AggregationError.counts(updates: 2, weights: 2, magnitudes: 0)) {
                try aggregate(rule, try MemoryUpdates(two), weights: [1, 1], maxAbs: [])
            }
        }
        #expect(throws: AggregationError.weight(index: 1, 0)) { try run(.mean, two, [1, 0]) }
        #expect(throws: AggregationError.weight(index: 0, .min)) { try run(.mean, two, [.min, 1]) }
        #expect(throws: AggregationError.totalWeight) { try run(.mean, two, [.max, .max]) }
        #expect(throws: AggregationError.totalWeight) { try run(.mean, two, [1 << 62, 1]) }
        #expect(throws: Never.self) { try run(.mean, two, [(1 << 62) - 1, 1]) }
        for trim in [1, 2, -1, .max, .min] { #expect(throws: AggregationError.trim(trim, updates: 2)) { try run(.trimmedMean(trim: trim), two) } }
        #expect(AggregationError.trim(.max, updates: 2).description.contains("lower byzantine_tolerance"))
    }

    @Test func tooMuchIsRefusedBeforeMemoryIsTaken() {
        #expect(throws: AggregationError.tooManyUpdates(1 << 40)) { try aggregate(.median, Claimed(count: 1 << 40, dimension: 1), weights: [], maxAbs: []) }
        #expect(throws: AggregationError.tooLong(1 << 40)) { try aggregate(.median, Claimed(count: 1, dimension: 1 << 40), weights: [1], maxAbs: [1]) }
    }

    @Test func aSourceThatFailsEndsTheCombination() {
        for rule in rules(3) {
            #expect(throws: AggregationError.source("the disk is gone")) {
                try aggregate(rule, Claimed(count: 3, dimension: 9), weights: [1, 1, 1], maxAbs: [1, 1, 1])
            }
        }
    }

    @Test func everyRefusalSaysWhatToDo() {
        for error in [
            .noUpdates, .tooManyUpdates(9), .tooManyPairs(9), .dimension(index: 1, has: 2, needs: 3), .tooLong(9),
            .counts(updates: 1, weights: 2, magnitudes: 3),
            .weight(index: 0, 0),
            .totalWeight, .magnitude(index: 0), .notFinite(update: "u", coordinate: 0), .aboveMagnitude(update: "u", coordinate: 0), .trim(1, updates: 2),
        ] as [AggregationError] {
            #expect(error.remedy?.isEmpty == false)
            #expect(error.description.hasSuffix(error.remedy ?? "?"))
        }
    }
}
