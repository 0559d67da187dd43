/// What is left of a model when the spins that few others see are minimised over beforehand.
///
/// A spin takes the better of its two values for any values of its neighbours: what that adds to the energy, −|h + Σ Jᵢ sᵢ|, is a function of
/// the neighbours alone. Turning all of them over changes nothing in it (a field counts as a neighbour that is always 1), so of up to three
/// neighbours it is a constant and couplings between these, exactly: the star-triangle transformation of Ising models, at temperature 0. What is
/// left has the same lowest energy, and spins that lost neighbours may go next. Trees go whole, chains become couplings. Of a sparse random graph
/// of 10,000 vertices and as many edges (G70 of the Gset) 1,461 spins stay.
///
/// For looking for low energies, and not for samples of Boltzmann's distribution: spins that went are at temperature 0.
package struct Reduction: Sendable {
    /// What solvers work on: 1 spin at least.
    package let model: IsingModel
    /// Spins of the whole model.
    package let spins: Int
    /// The number that each spin of `model` has in the whole one, ascending.
    private let kept: [Int]
    /// In the order in which they went.
    private let gone: [Star]

    /// nil: no spin has so few neighbours, the model is too large, or the weights would be out of their range.
    package init?(_ whole: IsingModel) {
        let couplings = whole.couplings
        let isFew = (0..<whole.spins).contains { couplings.starts[$0 + 1] - couplings.starts[$0] + (whole.fields[$0] == 0 ? 0 : 1) <= Star.most }
        guard whole.spins > 1, isFew, couplings.pairs <= Limits.reducedPairsMax else { return nil }
        var rest = Rest(whole)
        let gone = rest.reduce()
        let kept = (0..<whole.spins).filter { rest.isThere[$0] }
        guard !gone.isEmpty, let model = rest.model(of: kept) else { return nil }
        (self.model, spins, self.kept, self.gone) = (model, whole.spins, kept, gone)
    }

    /// The best state of the whole model with these values of the spins that are left. - Parameter reduced: −1 and 1, one for each of `model`.
    package func extended(_ reduced: [Int8]) -> [Int8] {
        precondition(reduced.count == kept.count)
        var values = [Int8](repeating: 1, count: spins)
        for (number, spin) in kept.enumerated() { values[spin] = reduced[number] }
        for one in gone.reversed() {
            let field = one.neighbours.reduce(one.field) { $0 + $1.weight * Double(values[$1.spin]) }
            values[one.spin] = field > 0 ? -1 : 1
        }
        return values
    }
}

/// A spin with its field and neighbours, these by their numbers.
private struct Star: Sendable {
    /// Neighbours, the field among them.
    static let most = 3
    let spin: Int
    let field: Double
    let neighbours: [(spin: Int, weight: Double)]

    /// What it leaves between its neighbours; nil stands for the field.
    var couplings: [(Int?, Int?, Double)] {
        var ends: [(spin: Int?, weight: Double)] = neighbours.map { ($0.spin, $0.weight) }
        if field != 0 { ends.append((nil, field)) }
        switch ends.count {
        case 2:
            let (x, y) = (ends[0].weight, ends[1].weight)
            let least = min(abs(x), abs(y))
            return [(ends[0].spin, ends[1].spin, (x > 0) == (y > 0) ? -least : least)]
        case 3:
            let (x, y, z) = (ends[0].weight, ends[1].weight, ends[2].weight)
            let (none, first, second, third) = (-abs(x + y + z), -abs(-x + y + z), -abs(x - y + z), -abs(x + y - z))
            let least = max(abs(x), abs(y), abs(z)) * roundingPart
            return [
                (ends[0].spin, ends[1].spin, (none + third - first - second) / 4), (ends[0].spin, ends[2].spin, (none + second - first - third) / 4),
                (ends[1].spin, ends[2].spin, (none + first - second - third) / 4),
            ].filter { abs($0.2) > least }
        default: return []
        }
    }
}

/// Sums below this part of what they are of are rounding, and would be neighbours that there are not.
private let roundingPart = 0x1p-44

/// The model while spins go.
private struct Rest {
    private(set) var isThere: [Bool]
    private var fields: [Double]
    private var rows: [[Int: Double]]

    init(_ whole: IsingModel) {
        isThere = [Bool](repeating: true, count: whole.spins)
        fields = whole.fields
        let couplings = whole.couplings
        rows = (0..<whole.spins).map { row in
            let places = couplings.starts[row]..<couplings.starts[row + 1]
            return Dictionary(uniqueKeysWithValues: places.map { (Int(couplings.columns[$0]), couplings.weights[$0]) })
        }
    }

    private func neighbours(_ spin: Int) -> Int { rows[spin].count + (fields[spin] == 0 ? 0 : 1) }

    /// First those that have few neighbours, by their numbers, then those that come to have few. One stays.
    mutating func reduce() -> [Star] {
        var (next, at, gone) = (isThere.indices.filter { neighbours($0) <= Star.most }, 0, [Star]())
        while at < next.count, gone.count < isThere.count - 1 {
            let spin = next[at]
            at += 1
            guard isThere[spin], neighbours(spin) <= Star.most else { continue }
            let star = Star(spin: spin, field: fields[spin], neighbours: rows[spin].sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
            isThere[spin] = false
            rows[spin] = [:]
            for neighbour in star.neighbours { rows[neighbour.spin][spin] = nil }
            for (first, second, weight) in star.couplings { add(weight, first, second) }
            gone.append(star)
            next += star.neighbours.lazy.map(\.spin).filter { neighbours($0) <= Star.most }
        }
        return gone
    }

    private mutating func add(_ weight: Double, _ first: Int?, _ second: Int?) {
        guard let one = first ?? second else { return }
        guard first != nil, let other = second else {
            fields[one] = Self.sum(fields[one], weight) ?? 0
            return
        }
        let sum = Self.sum(rows[one][other] ?? 0, weight)
        (rows[one][other], rows[other][one]) = (sum, sum)
    }

    /// nil: nothing is left.
    private static func sum(_ old: Double, _ more: Double) -> Double? {
        let sum = old + more
        return abs(sum) > roundingPart * max(abs(old), abs(more)) ? sum : nil
    }

    /// nil: a weight is out of its range.
    func model(of kept: [Int]) -> IsingModel? {
        var numbers = [Int](repeating: 0, count: isThere.count)
        for (number, spin) in kept.enumerated() { numbers[spin] = number }
        let terms = kept.flatMap { spin in
            rows[spin].filter { $0.key > spin }.sorted { $0.key < $1.key }.map { Coupling(numbers[spin], numbers[$0.key], $0.value) }
        }
        return try? IsingModel(fields: kept.map { fields[$0] }, couplings: terms)
    }
}
