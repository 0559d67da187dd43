import Annealing
import Testing

@Suite struct ModelTests {
    @Test func energiesAreThoseOfTheTwin() throws {
        var numbers = Numbers(1)
        for round in 0..<200 {
            let model = try randomModel(&numbers, spins: 1 + numbers.below(12), density: 0.5, whole: round % 2 == 0)
            for _ in 0..<8 {
                let spins = (0..<model.spins).map { _ in Int8(numbers.below(2) * 2 - 1) }
                #expect(abs(model.energy(of: spins) - twinEnergy(model, spins)) <= (round % 2 == 0 ? 0 : rounding(model)))
            }
        }
    }

    @Test func conversionsKeepEveryEnergyExactly() throws {
        var numbers = Numbers(2)
        for _ in 0..<60 {
            let model = try randomModel(&numbers, spins: 1 + numbers.below(8), density: 0.7, whole: true)
            let qubo = model.qubo
            let back = qubo.ising
            for number in 0..<1 << model.spins {
                let spins = state(number, spins: model.spins)
                let energy = model.energy(of: spins)
                #expect(qubo.energy(of: spins.map { ($0 + 1) / 2 }) == energy)
                #expect(back.energy(of: spins) == energy)
            }
            #expect(back == model)
        }
    }

    @Test func denseAndSparseAreOneModel() throws {
        var numbers = Numbers(3)
        let sparse = try randomModel(&numbers, spins: 9, density: 0.6, whole: false)
        var matrix = [Double](repeating: 0, count: 81)
        for term in sparse.couplings.terms {
            matrix[term.first * 9 + term.second] = term.weight
            matrix[term.second * 9 + term.first] = term.weight
        }
        #expect(try IsingModel(fields: sparse.fields, matrix: matrix, offset: sparse.offset) == sparse)
        // xᵀQx with both triangles.
        let q: [Double] = [1, 2, 0, 3, -4, 5, 0, 6, 7]
        let qubo = try QUBOModel(matrix: q, variables: 3)
        for number in 0..<8 {
            let x = (0..<3).map { Int8(number >> $0 & 1) }
            var energy = 0.0
            for row in 0..<3 { for column in 0..<3 { energy += q[row * 3 + column] * Double(x[row] * x[column]) } }
            #expect(qubo.energy(of: x) == energy)
        }
    }

    @Test func equalPairsAreAddedUpAndRowsSorted() throws {
        let model = try IsingModel(
            fields: [0, 0, 0, 0], couplings: [Coupling(3, 1, 1), Coupling(0, 2, 5), Coupling(1, 3, 2), Coupling(2, 1, 4), Coupling(2, 0, -5)])
        #expect(model.couplings.terms == [Coupling(1, 2, 4), Coupling(1, 3, 3)])
        #expect(model.couplings.density == 2.0 / 6)
    }

    @Test func whatIsNoModelIsRefused() {
        #expect(throws: AnnealingError.noSpins) { try IsingModel(fields: [], couplings: []) }
        #expect(throws: AnnealingError.tooManySpins(Limits.spinsMax + 1)) {
            try IsingModel(fields: [Double](repeating: 0, count: Limits.spinsMax + 1), couplings: [])
        }
        #expect(throws: AnnealingError.spinOutOfRange(term: 1, spin: 2, spins: 2)) {
            try IsingModel(fields: [0, 0], couplings: [Coupling(0, 1, 1), Coupling(1, 2, 1)])
        }
        #expect(throws: AnnealingError.spinOutOfRange(term: 0, spin: -1, spins: 2)) { try QUBOModel(linear: [0, 0], couplings: [Coupling(-1, 1, 1)]) }
        #expect(throws: AnnealingError.selfCoupling(term: 0, spin: 1)) { try IsingModel(fields: [0, 0], couplings: [Coupling(1, 1, 1)]) }
        #expect(throws: AnnealingError.badWeight(of: "coupling 0")) { try IsingModel(fields: [0, 0], couplings: [Coupling(0, 1, .nan)]) }
        #expect(throws: AnnealingError.badWeight(of: "coupling 0")) { try IsingModel(fields: [0, 0], couplings: [Coupling(0, 1, 1e-120)]) }
        #expect(throws: AnnealingError.badWeight(of: "field 1")) { try IsingModel(fields: [0, .infinity], couplings: []) }
        #expect(throws: AnnealingError.badWeight(of: "the offset")) { try IsingModel(fields: [0], couplings: [], offset: .nan) }
        #expect(throws: AnnealingError.notSymmetric(row: 1, column: 0)) { try IsingModel(fields: [0, 0], matrix: [0, 1, 2, 0]) }
        #expect(throws: AnnealingError.notSquare(count: 3, spins: 2)) { try QUBOModel(matrix: [0, 1, 2], variables: 2) }
    }
}
