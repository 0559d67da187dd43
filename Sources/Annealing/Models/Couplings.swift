/// One coupling of two variables.
package struct Coupling: Sendable, Equatable {
    package var first: Int
    package var second: Int
    package var weight: Double
    package init(_ first: Int, _ second: Int, _ weight: Double) {
        self.first = first
        self.second = second
        self.weight = weight
    }
}

/// Pairs of variables with a weight, as compressed sparse rows in both directions: row i has every j that i is coupled with,
/// ascending. Pairs that are given twice are added up, pairs of weight 0 are left out.
package struct Couplings: Sendable, Equatable {
    /// Row i is `columns[starts[i]..<starts[i + 1]]`.
    package let starts: [Int]
    package let columns: [UInt32]
    package let weights: [Double]
    /// Where in row i the columns above i begin: from there on every pair occurs once.
    package let uppers: [Int]

    package var variables: Int { starts.count - 1 }
    package var pairs: Int { columns.count / 2 }

    /// Pairs that are coupled, of all that could be; 0 for a single variable.
    package var density: Double {
        guard variables > 1 else { return 0 }
        return Double(pairs) / (Double(variables) * Double(variables - 1) / 2)
    }

    /// - Parameter variables: 1...`Limits.spinsMax`, checked by the caller.
    package init(variables: Int, _ terms: [Coupling]) throws(AnnealingError) {
        guard terms.count <= Limits.couplingsMax else { throw .tooManyCouplings(terms.count) }
        var starts = [Int](repeating: 0, count: variables + 1)
        for (number, term) in terms.enumerated() {
            for spin in [term.first, term.second] where !(0..<variables).contains(spin) {
                throw .spinOutOfRange(term: number, spin: spin, spins: variables)
            }
            guard term.first != term.second else { throw .selfCoupling(term: number, spin: term.first) }
            guard Limits.isWeight(term.weight) else { throw .badWeight(of: "coupling \(number)") }
            starts[term.first + 1] += 1
            starts[term.second + 1] += 1
        }
        for row in 0..<variables { starts[row + 1] += starts[row] }
        (self.starts, columns, weights, uppers) = try Couplings.sorted(starts: starts, terms: terms)
    }

    /// Rows in order of their columns. Passing once through the terms by column, and once by row, sorts both (a counting sort);
    /// equal pairs then lie beside each other in the order in which they were given, so that both directions add up to the same bits.
    private static func sorted(
        starts: [Int], terms: [Coupling]
    ) throws(AnnealingError) -> (starts: [Int], columns: [UInt32], weights: [Double], uppers: [Int]) {
        let (variables, count) = (starts.count - 1, 2 * terms.count)
        var (rows, firstWeights) = ([UInt32](repeating: 0, count: count), [Double](repeating: 0, count: count))
        var places = starts
        for term in terms {
            for (column, row) in [(term.first, term.second), (term.second, term.first)] {
                rows[places[column]] = UInt32(row)
                firstWeights[places[column]] = term.weight
                places[column] += 1
            }
        }
        var (columns, weights) = ([UInt32](repeating: 0, count: count), [Double](repeating: 0, count: count))
        places = starts
        for column in 0..<variables {
            for at in starts[column]..<starts[column + 1] {
                let row = Int(rows[at])
                columns[places[row]] = UInt32(column)
                weights[places[row]] = firstWeights[at]
                places[row] += 1
            }
        }
        return try merged(starts: starts, columns: columns, weights: weights)
    }

    private static func merged(
        starts: [Int], columns: [UInt32], weights: [Double]
    ) throws(AnnealingError) -> (starts: [Int], columns: [UInt32], weights: [Double], uppers: [Int]) {
        let variables = starts.count - 1
        var (columns, weights, kept) = (columns, weights, [0])
        kept.reserveCapacity(variables + 1)
        var (uppers, end) = ([Int](repeating: 0, count: variables), 0)
        for row in 0..<variables {
            var at = starts[row]
            uppers[row] = -1
            while at < starts[row + 1] {
                let column = columns[at]
                var sum = weights[at]
                at += 1
                while at < starts[row + 1] && columns[at] == column {
                    sum += weights[at]
                    at += 1
                }
                guard abs(sum) <= Limits.weightMax else { throw .badWeight(of: "the sum of the couplings of \(row) and \(column)") }
                guard sum != 0 else { continue }
                if uppers[row] < 0 && Int(column) > row { uppers[row] = end }
                (columns[end], weights[end]) = (column, sum)
                end += 1
            }
            if uppers[row] < 0 { uppers[row] = end }
            kept.append(end)
        }
        columns.removeLast(columns.count - end)
        weights.removeLast(weights.count - end)
        return (kept, columns, weights, uppers)
    }

    /// Every pair once, first < second, in order.
    package var terms: [Coupling] {
        var terms: [Coupling] = []
        terms.reserveCapacity(pairs)
        for row in 0..<variables {
            for at in uppers[row]..<starts[row + 1] { terms.append(Coupling(row, Int(columns[at]), weights[at])) }
        }
        return terms
    }

    /// The same pairs with weights times a power of two: exact.
    func scaled(by factor: Double) -> Couplings {
        Couplings(starts: starts, columns: columns, weights: weights.map { $0 * factor }, uppers: uppers)
    }

    private init(starts: [Int], columns: [UInt32], weights: [Double], uppers: [Int]) {
        self.starts = starts
        self.columns = columns
        self.weights = weights
        self.uppers = uppers
    }
}
