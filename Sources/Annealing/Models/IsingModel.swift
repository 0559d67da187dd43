/// E(s) = offset + Σ hᵢ sᵢ + Σ_{i<j} Jᵢⱼ sᵢ sⱼ with spins of −1 and 1.
package struct IsingModel: Sendable, Equatable {
    package let fields: [Double]
    package let couplings: Couplings
    package let offset: Double

    package var spins: Int { fields.count }

    /// - Parameter couplings: pairs in any order and direction; equal pairs are added up.
    package init(fields: [Double], couplings: [Coupling], offset: Double = 0) throws(AnnealingError) {
        try checkLinear(fields, offset: offset, named: "field")
        self.fields = fields
        self.couplings = try Couplings(variables: fields.count, couplings)
        self.offset = offset
    }

    /// - Parameter matrix: spins × spins, row by row, symmetric with a diagonal of zeros; Jᵢⱼ stands in both places and counts once.
    package init(fields: [Double], matrix: [Double], offset: Double = 0) throws(AnnealingError) {
        try checkLinear(fields, offset: offset, named: "field")
        try self.init(fields: fields, couplings: try terms(ofSymmetric: matrix, variables: fields.count, named: "coupling"), offset: offset)
    }

    init(fields: [Double], checked couplings: Couplings, offset: Double) {
        self.fields = fields
        self.couplings = couplings
        self.offset = offset
    }

    /// The energy from the model alone, in one order of additions: equal spins have equal bits of energy.
    /// - Parameter spins: −1 and 1, one for each of the model.
    package func energy(of spins: [Int8]) -> Double {
        precondition(spins.count == fields.count)
        return offset + couplings.bilinear(spins, linear: fields)
    }
}

/// E(x) = offset + Σ aᵢ xᵢ + Σ_{i<j} Qᵢⱼ xᵢ xⱼ with variables of 0 and 1.
package struct QUBOModel: Sendable, Equatable {
    package let linear: [Double]
    package let couplings: Couplings
    package let offset: Double

    package var variables: Int { linear.count }

    package init(linear: [Double], couplings: [Coupling], offset: Double = 0) throws(AnnealingError) {
        try checkLinear(linear, offset: offset, named: "linear bias")
        self.linear = linear
        self.couplings = try Couplings(variables: linear.count, couplings)
        self.offset = offset
    }

    /// - Parameter matrix: Q with xᵀQx: what lies above and below the diagonal is added up, the diagonal is linear.
    package init(matrix: [Double], variables: Int, offset: Double = 0) throws(AnnealingError) {
        guard variables > 0 else { throw .noSpins }
        guard variables <= Limits.spinsMax else { throw .tooManySpins(variables) }
        guard matrix.count == variables * variables else { throw .notSquare(count: matrix.count, spins: variables) }
        var terms: [Coupling] = []
        for row in 0..<variables {
            for column in row + 1..<max(variables, row + 1) {
                let weight = matrix[row * variables + column] + matrix[column * variables + row]
                if weight != 0 { terms.append(Coupling(row, column, weight)) }
            }
        }
        try self.init(linear: (0..<variables).map { matrix[$0 * variables + $0] }, couplings: terms, offset: offset)
    }

    init(linear: [Double], checked couplings: Couplings, offset: Double) {
        self.linear = linear
        self.couplings = couplings
        self.offset = offset
    }

    /// The energy from the model alone. - Parameter values: 0 and 1.
    package func energy(of values: [Int8]) -> Double {
        precondition(values.count == linear.count)
        return offset + couplings.bilinear(values, linear: linear)
    }
}

extension Couplings {
    /// Σ aᵢ vᵢ + Σ_{i<j} wᵢⱼ vᵢ vⱼ, added up row by row.
    func bilinear(_ values: [Int8], linear: [Double]) -> Double {
        var total = 0.0
        values.withUnsafeBufferPointer { values in
            columns.withUnsafeBufferPointer { columns in
                weights.withUnsafeBufferPointer { weights in
                    for row in 0..<variables where values[row] != 0 {
                        var sum = linear[row]
                        for at in uppers[row]..<starts[row + 1] { sum += weights[at] * Double(values[Int(columns[at])]) }
                        total += sum * Double(values[row])
                    }
                }
            }
        }
        return total
    }
}

private func checkLinear(_ biases: [Double], offset: Double, named name: String) throws(AnnealingError) {
    guard !biases.isEmpty else { throw .noSpins }
    guard biases.count <= Limits.spinsMax else { throw .tooManySpins(biases.count) }
    if let at = biases.firstIndex(where: { !Limits.isWeight($0) }) { throw .badWeight(of: "\(name) \(at)") }
    guard abs(offset) <= Limits.weightMax else { throw .badWeight(of: "the offset") }
}

private func terms(ofSymmetric matrix: [Double], variables: Int, named name: String) throws(AnnealingError) -> [Coupling] {
    guard matrix.count == variables * variables else { throw .notSquare(count: matrix.count, spins: variables) }
    var terms: [Coupling] = []
    for row in 0..<variables {
        guard matrix[row * variables + row] == 0 else { throw .notSymmetric(row: row, column: row) }
        for column in 0..<row {
            let weight = matrix[row * variables + column]
            guard weight == matrix[column * variables + row] else { throw .notSymmetric(row: row, column: column) }
            if weight != 0 { terms.append(Coupling(column, row, weight)) }
        }
    }
    return terms
}
