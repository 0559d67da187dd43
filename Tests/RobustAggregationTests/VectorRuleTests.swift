import Foundation
import KernelTable
import RobustAggregation
import TensorKernels
import Testing

private let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

/// Against ByzFL and NumPy (`Tests/Golden/make_robust_vectors.py`).
@Suite struct VectorRuleGoldenTests {
    struct Vectors: Decodable { var cases: [Case] }
    struct Case: Decodable {
        var byzantine, selected: Int
        var updates: [[Float]]
        var krum, multi_krum, median_twin, median_weights, median_byzfl, clipping, adaptive, adaptive_factors, bounded: [Double]
        var chosen: [Int]
        var reference: [Float]
        var radius, bound: Double
    }

    private static func cases() throws -> [Case] {
        try JSONDecoder().decode(Vectors.self, from: Data(contentsOf: root.appending(path: "Tests/Golden/robust/rules.json"))).cases
    }

    private func difference(_ a: [Float], _ b: [Double]) -> Double {
        a.count != b.count ? .infinity : zip(a, b).reduce(0) { max($0, abs(Double($1.0) - $1.1) / max(1e-3, abs($1.1))) }
    }

    @Test func krumIsThatOfByzFLWithOneMore() throws {
        for vectors in try Self.cases() {
            let source = try MemoryUpdates(vectors.updates)
            let one = try combine(.krum(byzantine: vectors.byzantine), source)
            #expect(one.values.map(Double.init) == vectors.krum.map { Double(Float($0)) })
            #expect(one.counted.count { $0 == 1 } == 1 && vectors.updates[one.counted.firstIndex(of: 1) ?? 0] == one.values)
            let several = try combine(.multiKrum(byzantine: vectors.byzantine, selected: vectors.selected), source)
            #expect(difference(several.values, vectors.multi_krum) < 1e-6)
            #expect(several.counted.indices.filter { several.counted[$0] == 1 } == vectors.chosen)
        }
    }

    @Test func theGeometricMedianIsThatOfTheTwinAndOfByzFL() throws {
        for vectors in try Self.cases() {
            let source = try MemoryUpdates(vectors.updates)
            let stopped = try combine(.geometricMedian(), source)
            #expect(difference(stopped.values, vectors.median_twin) < 1e-5)
            #expect(zip(stopped.counted, vectors.median_weights).allSatisfy { abs($0 - $1) < 1e-5 })
            let converged = try combine(.geometricMedian(GeometricMedian(smoothing: 1e-9, iterations: 1000, tolerance: 0)), source)
            #expect(difference(converged.values, vectors.median_byzfl) < 1e-5)
        }
    }

    @Test func clippingIsThatOfByzFLAndOfTheTwin() throws {
        for vectors in try Self.cases() {
            let source = try MemoryUpdates(vectors.updates)
            let fixed = CenteredClipping(radius: .fixed(vectors.radius), iterations: 3)
            #expect(difference(try combine(.centeredClipping(fixed), source, reference: vectors.reference).values, vectors.clipping) < 1e-5)
            let adaptive = try combine(
                .centeredClipping(CenteredClipping(radius: .medianDistance, iterations: 2)), source, reference: vectors.reference)
            #expect(difference(adaptive.values, vectors.adaptive) < 1e-5)
            #expect(zip(adaptive.counted, vectors.adaptive_factors).allSatisfy { abs($0 - $1) < 1e-9 })
            #expect(difference(try combine(.normBounding(bound: vectors.bound), source).values, vectors.bounded) < 1e-5)
        }
    }
}

@Suite struct VectorRulePropertyTests {
    private func rules(_ n: Int) -> [VectorRule] {
        let f = n < 3 ? -1 : (n - 3) / 2
        let clipping = [CenteredClipping(), CenteredClipping(radius: .fixed(0.5), iterations: 4)]
        return [.geometricMedian(), .geometricMedian(GeometricMedian(iterations: 3)), .normBounding(bound: 0.7)] + clipping.map { .centeredClipping($0) }
            + (f < 0 ? [] : [.krum(byzantine: f), .multiKrum(byzantine: f), .multiKrum(byzantine: 0, selected: max(1, n / 2))])
    }

    /// Ties everywhere: copies of a few updates, which differ late, in the last window, or only in the sign of a zero.
    private func tied(_ n: Int, _ dimension: Int, _ numbers: inout Numbers) -> [[Float]] {
        let base = (0..<dimension).map { _ in numbers.unit() }
        return (0..<n).map { index in
            var update = base
            if index % 3 == 1 { update[dimension - 1] += 1 }
            if index % 5 == 2 { update[dimension / 2] = index % 2 == 0 ? 0 : -0.0 }
            return update
        }
    }

    @Test(arguments: [1, 2, 3, 5, 8, 17, 40]) func noOrderOrLevelChangesABit(n: Int) throws {
        var numbers = Numbers(UInt64(n))
        for dimension in [1, 63, 5000] {
            let sets = [
                awkwardUpdates(n, dimension, seed: UInt64(n + dimension)), tied(n, dimension, &numbers), awkwardUpdates(n, dimension, seed: 3, huge: 10),
            ]
            let reference = (0..<dimension).map { _ in numbers.unit() }
            for updates in sets {
                for rule in rules(n) {
                    let expected = try combine(rule, try MemoryUpdates(updates), reference: reference)
                    for level in Kernels.available {
                        let order = numbers.shuffled(Array(0..<n))
                        let result = try combine(
                            rule, try MemoryUpdates(order.map { updates[$0] }), reference: reference, kernels: Kernels.table(level))
                        #expect(bits(result.values) == bits(expected.values), "\(rule) of \(n), dimension \(dimension), \(level)")
                        #expect(result.values.allSatisfy { $0.isFinite })
                    }
                    #expect(bits(try run(.vector(rule), updates)).count == dimension)
                }
            }
        }
    }

    /// What counted is told in the order of arrival.
    @Test func whatCountedBelongsToItsUpdate() throws {
        var numbers = Numbers(4)
        for _ in 0..<20 {
            let n = 9
            let liar = numbers.next(below: n)
            let updates = (0..<n).map { index in (0..<50).map { _ in index == liar ? 100 + numbers.unit() : numbers.unit() } }
            for rule in [VectorRule.multiKrum(byzantine: 1), .geometricMedian(), .centeredClipping(), .normBounding(bound: 8)] {
                let counted = try combine(rule, try MemoryUpdates(updates)).counted
                #expect(counted.indices.min { counted[$0] < counted[$1] } == liar, "\(rule)")
                #expect(counted[liar] < 0.1 && counted.max() == 1)
            }
        }
    }

    /// Liars far away, near the ends of Float, or all alike, of the largest number that the papers bear.
    @Test(arguments: [1, 2, 4, 9]) func liarsMoveTheResultLittle(f: Int) throws {
        var numbers = Numbers(UInt64(f))
        for far in [1e3, 1e30, Float.greatestFiniteMagnitude] {
            let n = 2 * f + 3
            let honest = (0..<(n - f)).map { _ in (0..<30).map { _ in 1 + 0.1 * numbers.unit() } }
            let liars = (0..<f).map { _ in [Float](repeating: -far, count: 30) }
            let updates = numbers.shuffled(honest + liars)
            for rule in [VectorRule.krum(byzantine: f), .multiKrum(byzantine: f), .geometricMedian()] {
                let result = try combine(rule, try MemoryUpdates(updates)).values
                #expect(result.allSatisfy { abs($0 - 1) < 0.5 }, "\(rule) of \(n) at \(far): \(result[0])")
            }
            let clipped = try combine(.centeredClipping(), try MemoryUpdates(updates), reference: honest[0]).values
            #expect(clipped.allSatisfy { abs($0 - 1) < 0.5 })
            #expect(try combine(.normBounding(bound: 1), try MemoryUpdates(updates)).values.allSatisfy { abs($0) < 1 })
        }
    }

    /// The check above would fail: one liar more, and each rule goes with the liars.
    @Test func aMajorityOfLiarsWins() throws {
        let updates = [[Float]](repeating: [1, 1], count: 4) + [[Float]](repeating: [50, 50], count: 5)
        for rule in [VectorRule.krum(byzantine: 3), .geometricMedian()] {
            #expect(try combine(rule, try MemoryUpdates(updates)).values.allSatisfy { $0 > 49 }, "\(rule)")
        }
    }

    @Test func equalUpdatesAreTheirOwnResult() throws {
        let update = awkwardUpdates(1, 300, seed: 5, huge: 100)[0]
        for n in [1, 2, 7] {
            let updates = [[Float]](repeating: update, count: n)
            for rule in rules(n) {
                if case .normBounding = rule { continue }
                if case .centeredClipping = rule { continue }
                #expect(try combine(rule, try MemoryUpdates(updates)).values == update, "\(rule) of \(n)")
            }
            #expect(try combine(.centeredClipping(), try MemoryUpdates(updates), reference: update).values == update)
        }
        #expect(try combine(.geometricMedian(), try MemoryUpdates([[], [], []])).values.isEmpty)
        #expect(try combine(.krum(byzantine: 0), try MemoryUpdates([[], [], []])).values.isEmpty)
    }
}

@Suite struct VectorRuleRefusalTests {
    @Test func needsAreCounted() throws {
        let updates = awkwardUpdates(6, 9, seed: 1, huge: 2)
        let source = try MemoryUpdates(updates)
        #expect(throws: AggregationError.tooFewUpdates(rule: "krum", byzantine: 2, updates: 6, needs: 7)) { try combine(.krum(byzantine: 2), source) }
        #expect(throws: Never.self) { try combine(.krum(byzantine: 1), source) }
        #expect(throws: AggregationError.self) { try combine(.krum(byzantine: .max), source) }
        #expect(throws: AggregationError.self) { try combine(.multiKrum(byzantine: .min), source) }
        #expect(throws: AggregationError.parameter(field: "selected", value: "6", allowed: "1 to 5 for 1 liars of 6")) {
            try combine(.multiKrum(byzantine: 1, selected: 6), source)
        }
        #expect(VectorRule.krum(byzantine: 2).updatesMin == 7 && VectorRule.geometricMedian().updatesMin(byzantine: 2) == 5)
        #expect(
            AggregationError.tooFewUpdates(rule: "krum", byzantine: 2, updates: 6, needs: 7).description
                == "krum withstands 2 liars among 7 updates or more, and there are 6; lower byzantine_tolerance or raise the quorum")
        #expect(throws: AggregationError.tooManyPairs(5000)) { try combine(.krum(byzantine: 1), Claimed(count: 5000, dimension: 1)) }
        #expect(throws: AggregationError.noUpdates) { try combine(.geometricMedian(), Claimed(count: 0, dimension: 1)) }
        #expect(throws: AggregationError.tooLong(1 << 40)) { try combine(.geometricMedian(), Claimed(count: 2, dimension: 1 << 40)) }
        #expect(throws: AggregationError.source("the disk is gone")) { try combine(.geometricMedian(), Claimed(count: 2, dimension: 10)) }
    }

    @Test func parametersAreBounded() throws {
        let source = try MemoryUpdates(awkwardUpdates(6, 9, seed: 1, huge: 2))
        for bad in [0, -1, .nan, .infinity] as [Double] {
            let rules: [VectorRule] = [
                .normBounding(bound: bad), .centeredClipping(CenteredClipping(radius: .fixed(bad))), .geometricMedian(GeometricMedian(smoothing: bad)),
            ]
            for rule in rules { #expect(throws: AggregationError.self, "\(rule)") { try combine(rule, source) } }
        }
        for bad in [0, -1, 1001, .max] {
            #expect(throws: AggregationError.parameter(field: "iterations", value: "\(bad)", allowed: "1 to 1000")) {
                try combine(.centeredClipping(CenteredClipping(iterations: bad)), source)
            }
            #expect(throws: AggregationError.self) { try combine(.geometricMedian(GeometricMedian(iterations: bad)), source) }
        }
        #expect(throws: AggregationError.self) { try combine(.geometricMedian(GeometricMedian(tolerance: .nan)), source) }
        #expect(throws: AggregationError.referenceLength(has: 2, needs: 9)) { try combine(.centeredClipping(), source, reference: [1, 2]) }
        #expect(throws: AggregationError.referenceNotFinite(coordinate: 8)) {
            try combine(.centeredClipping(), source, reference: [Float](repeating: 0, count: 8) + [.nan])
        }
    }

    @Test func whatIsNotFiniteIsNamed() throws {
        for coordinate in [0, 3000, 4999] {
            var updates = awkwardUpdates(7, 5000, seed: 2, huge: 3)
            updates[4][coordinate] = .nan
            for rule in [VectorRule.krum(byzantine: 2), .multiKrum(byzantine: 1), .geometricMedian(), .centeredClipping(), .normBounding(bound: 1)] {
                #expect(throws: AggregationError.notFinite(update: "the update of c4", coordinate: coordinate)) {
                    try combine(rule, try MemoryUpdates(updates, names: (0..<7).map { "c\($0)" }))
                }
            }
        }
    }

    @Test func everyRefusalSaysWhatToDo() {
        for error in [
            .tooFewUpdates(rule: "krum", byzantine: 1, updates: 2, needs: 5), .parameter(field: "x", value: "1", allowed: "2"),
            .referenceLength(has: 1, needs: 2), .referenceNotFinite(coordinate: 0),
        ] as [AggregationError] { #expect(error.description.hasSuffix(error.remedy ?? "?")) }
    }
}
