/// Exact tails of the hypergeometric distribution: what happens when holders are drawn without replacement.
package enum Tails {
    /// The probability that of `drawn` members out of `population`, of whom `marked` are marked, at least `atLeast` are marked.
    /// One where `atLeast` is not above the mean: such a tail never helps a plan. Relative error below 1e-10.
    package static func atLeast(_ atLeast: Int, population: Int, marked: Int, drawn: Int) -> Double {
        guard atLeast <= min(marked, drawn) else { return 0 }
        guard atLeast * population > marked * drawn else { return 1 }
        let unmarked = population - marked
        let first = max(atLeast, drawn - unmarked)
        guard first <= min(marked, drawn) else { return 0 }
        var term = Scaled()
        term.multiply(byChoose: marked, first)
        term.multiply(byChoose: unmarked, drawn - first)
        term.divide(byChoose: population, drawn)
        // Beyond the mean every further term is smaller than the one before it.
        var (sum, ratio) = (1.0, 1.0)
        var i = first
        while i < min(marked, drawn) {
            ratio *= Double(marked - i) * Double(drawn - i) / (Double(i + 1) * Double(unmarked - drawn + i + 1))
            sum += ratio
            i += 1
        }
        return min(1, term.value * sum)
    }
}

/// A positive number whose exponent does not run out.
private struct Scaled {
    private var significand = 1.0
    private var exponent = 0

    /// Zero below 2^-1074.
    var value: Double { exponent < -1100 ? 0 : Double(sign: .plus, exponent: exponent, significand: significand) }

    mutating func multiply(byChoose n: Int, _ k: Int) {
        for i in 0..<k { multiply(Double(n - i) / Double(i + 1)) }
    }

    mutating func divide(byChoose n: Int, _ k: Int) {
        for i in 0..<k { multiply(Double(i + 1) / Double(n - i)) }
    }

    private mutating func multiply(_ factor: Double) {
        significand *= factor
        exponent += Int(significand.exponent)
        significand = significand.significand
    }
}
