extension QUBOModel {
    /// The same energies with x = (1 + s) / 2. Halves and quarters are exact; sums round as doubles do, and not at all for
    /// whole weights below 2⁵¹.
    package var ising: IsingModel {
        var fields = linear.map { $0 / 2 }
        var sum = 0.0
        for row in 0..<variables {
            for at in couplings.starts[row]..<couplings.starts[row + 1] { fields[row] += couplings.weights[at] / 4 }
            for at in couplings.uppers[row]..<couplings.starts[row + 1] { sum += couplings.weights[at] / 4 }
        }
        return IsingModel(fields: fields, checked: couplings.scaled(by: 0.25), offset: offset + linear.reduce(0) { $0 + $1 / 2 } + sum)
    }
}

extension IsingModel {
    /// The same energies with s = 2x − 1. Doubling is exact.
    package var qubo: QUBOModel {
        var linear = fields.map { $0 * 2 }
        var sum = 0.0
        for row in 0..<spins {
            for at in couplings.starts[row]..<couplings.starts[row + 1] { linear[row] -= couplings.weights[at] * 2 }
            for at in couplings.uppers[row]..<couplings.starts[row + 1] { sum += couplings.weights[at] }
        }
        return QUBOModel(linear: linear, checked: couplings.scaled(by: 4), offset: offset - fields.reduce(0, +) + sum)
    }
}
