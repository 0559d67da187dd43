import KernelTable
import RobustAggregation
import TensorKernels
import Testing

@Suite struct AggregationPropertyTests {
    /// Numbers of updates on both sides of what the kernels hold in registers and of their blocks.
    static let counts = [1, 2, 3, 4, 5, 7, 8, 10, 15, 16, 17, 18, 31, 33, 48, 65, 100]

    @Test(arguments: counts) func noOrderTileOrLevelChangesABit(n: Int) throws {
        let dimension = 75
        let updates = awkwardUpdates(n, dimension, seed: UInt64(n))
        var numbers = Numbers(99)
        let weights = (0..<n).map { _ in Int64(1 + numbers.next(below: 1000)) }
        for rule in rules(n) where n < 20 || rule == .mean || rule == .median || rule == .trimmedMean(trim: n / 3) {
            let expected = bits(try run(rule, updates, weights))
            for _ in 0..<4 {
                let order = numbers.shuffled(Array(0..<n))
                #expect(bits(try run(rule, order.map { updates[$0] }, order.map { weights[$0] })) == expected, "\(rule) of \(n)")
            }
            for tile in [1, 7, 64, 74] { #expect(bits(try run(rule, updates, weights, tile: tile)) == expected, "\(rule) of \(n)") }
            for level in Kernels.available { #expect(bits(try run(rule, updates, weights, kernels: Kernels.table(level))) == expected, "\(rule) of \(n)") }
        }
    }

    /// The sum in Float of k survivors is off by at most k roundings of its partial sums, and the quotient by one more.
    @Test(arguments: counts) func theTrimmedMeanIsTheSortedMean(n: Int) throws {
        let updates = awkwardUpdates(n, 200, seed: UInt64(n) + 1000)
        for trim in 0...(n - 1) / 2 {
            let mean = try run(.trimmedMean(trim: trim), updates)
            for j in 0..<200 {
                let survivors = updates.map { Double($0[j]) }.sorted()[trim..<(n - trim)]
                let k = Double(survivors.count)
                let twin = survivors.reduce(0, +) / k
                let tolerance = survivors.reduce(0) { $0 + abs($1) } * 0x1p-23 + 0x1p-149
                #expect(abs(Double(mean[j]) - twin) <= tolerance, "n \(n), trim \(trim), coordinate \(j)")
            }
        }
    }

    @Test(arguments: counts) func theMedianIsTheMiddle(n: Int) throws {
        let updates = awkwardUpdates(n, 200, seed: UInt64(n) + 2000)
        let median = try run(.median, updates)
        for j in 0..<200 {
            let column = updates.map { $0[j] }.sorted()
            let (low, high) = (Double(column[(n - 1) / 2]), Double(column[n / 2]))
            let twin = low / 2 + high / 2
            #expect(abs(Double(median[j]) - twin) <= max(abs(low), abs(high)) * 0x1p-24 + 0x1p-149)
            if n % 2 == 1 { #expect(median[j] == column[n / 2]) }
        }
    }

    @Test(arguments: counts) func theMeanIsTheMeanInDouble(n: Int) throws {
        let updates = awkwardUpdates(n, 200, seed: UInt64(n) + 3000, huge: 100)
        var numbers = Numbers(7)
        let weights = (0..<n).map { _ in Int64(1 + numbers.next(below: 100_000)) }
        let total = Double(weights.reduce(0, +))
        let mean = try run(.mean, updates, weights)
        for j in 0..<200 {
            let twin = zip(updates, weights).reduce(0.0) { $0 + Double($1.0[j]) * Double($1.1) } / total
            #expect(abs(Double(mean[j]) - twin) <= abs(twin) * 0x1p-23 + 1e-9)
        }
    }

    /// `f` liars among n ≥ 2f + 1, at any value and in any place, leave every coordinate within what the honest sent.
    @Test(arguments: [1, 2, 3, 5, 8, 20]) func liarsCannotLeaveTheHonestRange(f: Int) throws {
        var numbers = Numbers(UInt64(f))
        let lies: [Float] = [1e30, -1e30, .greatestFiniteMagnitude, -.greatestFiniteMagnitude, 0, 1, -1, 1.5, .leastNonzeroMagnitude]
        for n in [2 * f + 1, 2 * f + 2, 3 * f + 2] {
            for _ in 0..<20 {
                let honest = (0..<(n - f)).map { _ in (0..<40).map { _ in numbers.unit() } }
                let liars = (0..<f).map { _ in (0..<40).map { _ in lies[numbers.next(below: lies.count)] } }
                let updates = numbers.shuffled(honest + liars)
                for rule in [AggregationRule.trimmedMean(trim: f), .median] {
                    let result = try run(rule, updates)
                    for j in 0..<40 {
                        let column = honest.map { $0[j] }
                        let (low, high) = (column.min() ?? 0, column.max() ?? 0)
                        #expect(result[j] >= low - 1e-6 && result[j] <= high + 1e-6, "\(rule) of \(n)")
                    }
                }
            }
        }
    }

    /// The other side of the same statement: one liar more than the rule withstands, or any against the mean, and the check
    /// above would fail.
    @Test func oneLiarTooManyMovesTheResult() throws {
        let updates = [[Float]](repeating: [1], count: 5) + [[Float]](repeating: [1e30], count: 2)
        #expect(try run(.trimmedMean(trim: 1), updates)[0] > 1e29)
        #expect(try run(.mean, updates)[0] > 1e29)
        #expect(try run(.trimmedMean(trim: 2), updates) == [1])
        #expect(try run(.median, [[1], [1e30], [1e30]]) == [1e30])
    }

    @Test func sumsBeyondFloatDoNotOverflow() throws {
        let most = Float.greatestFiniteMagnitude
        for n in [1, 3, 9, 16, 17, 40] {
            let updates = [[Float]](repeating: [most, -most], count: n)
            for rule in rules(n) { #expect(try run(rule, updates) == [most, -most], "\(rule) of \(n)") }
            var mixed = updates
            mixed[0] = [-most, most]
            for level in Kernels.available { #expect(try run(.trimmedMean(trim: 0), mixed, kernels: Kernels.table(level)).allSatisfy(\.isFinite)) }
        }
    }

    @Test func oneUpdateIsItsOwnCombination() throws {
        let update = awkwardUpdates(1, 300, seed: 5)
        for rule in [AggregationRule.median, .trimmedMean(trim: 0)] { #expect(try run(rule, update) == update[0]) }
        // The mean counts in steps of 2⁻⁵⁰ of the largest value: all there is of numbers of like size.
        var numbers = Numbers(5)
        let like = [(0..<300).map { _ in numbers.unit() }]
        for weight in [1, 7, 1 << 40] as [Int64] { #expect(try run(.mean, like, [weight]) == like[0]) }
    }

    @Test func nothingIsCombinedToNothing() throws {
        for rule in rules(3) { #expect(try run(rule, [[], [], []]).isEmpty) }
    }
}
