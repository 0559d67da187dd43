internal import Annealing
internal import StrictJSON

extension FuzzTarget {
    static let annealing = [binaryModel]

    private static let ising =
        #"{"type":"BinaryQuadraticModel","version":{"bqm_schema":"3.0.0"},"use_bytes":false,"index_type":"int32","bias_type":"float64","num_variables":3,"#
        + #""num_interactions":2,"variable_labels":["a",5,[1,2]],"variable_type":"SPIN","offset":-0.5,"info":{},"linear_biases":[0,1,-2.5],"#
        + #""quadratic_biases":[1,-1],"quadratic_head":[1,2],"quadratic_tail":[0,1]}"#

    /// The first byte says which form the rest has.
    static let binaryModel = FuzzTarget(
        "binary-model", feeds: "models of the annealer: BQM JSON, Gset, QUBO text and coordinates", maximumBytes: 2048,
        words: [
            "p qubo 0 ", "# vartype=BINARY\n", "# vartype=SPIN\n", "\nc ", "262144 0", "33554432", "1e100", "1e-100", "-0", "\"SPIN\"", "\"BINARY\"",
            "\"variable_labels\":", "\"linear_biases\":", "\"quadratic_head\":", "\"offset\":", "\r\n",
        ],
        seeds: {
            [
                Seed("ising", "\u{0}" + ising), Seed("binary", "\u{0}" + ising.replacing("SPIN", with: "BINARY")),
                Seed("gset", "\u{1}5 5\n1 2 1\n2 3 -1\n3 4 2.5\n4 5 1\n5 1 1\n"), Seed("edges", "\u{1}3 0\n"),
                Seed("qubo", "\u{2}c a model\np qubo 0 3 2 1\n0 0 -1\n1 1 -1.5e0\n0 1 3\n"),
                Seed("coordinates", "\u{3}# vartype=BINARY\n0 0 -1\n0 1 2\n2 2 0.25\n"), Seed("spins", "\u{3}# vartype=SPIN\n0 0 1\n0 3 -1\n"),
            ]
        },
        check: { bytes in
            var input = Input(bytes)
            let form = input.byte() % 4
            let problem: Problem
            do throws(AnnealingError) {
                problem =
                    switch form {
                    case 0: try Problem(bqm: input.bytes)
                    case 1: try Problem(gset: input.bytes)
                    case 2: try Problem(qubo: input.bytes)
                    default: try Problem(coordinates: input.bytes)
                    }
            } catch { return try expectShort(error) }
            try expect((1...Limits.spinsMax).contains(problem.variables) && problem.labels.count == problem.variables, "variables beyond their bounds")
            // Every line of a coupling has bytes of its own; variables may be many without.
            try expect(problem.ising.couplings.pairs <= bytes.count, "more couplings than bytes")
            try expectEnergies(problem)
            guard problem.variables <= 1024 else { return }
            let written = problem.bqm.encoded()
            let again: Problem
            do throws(AnnealingError) { again = try Problem(bqm: written) } catch { throw FuzzFailure("what was written is not read: \(error.description)") }
            try expect(again.labels == problem.labels && again.vartype == problem.vartype, "it is read back with other variables")
            try expect(again.bqm.encoded() == written, "it is written in two ways")
        })

    /// An energy is finite, and in spins the same as in the problem's own variables.
    private static func expectEnergies(_ problem: Problem) throws(FuzzFailure) {
        for value in [-1, 1] as [Int8] {
            let spins = (0..<problem.variables).map { $0 % 3 == 0 ? value : -value }
            let (energy, other) = (problem.energy(of: problem.values(of: spins)), problem.ising.energy(of: spins))
            try expect(energy.isFinite && other.isFinite, "an energy that is no number")
            let size = problem.ising.fields.reduce(abs(problem.ising.offset)) { $0 + abs($1) } + problem.ising.couplings.weights.reduce(0) { $0 + abs($1) }
            try expect(abs(energy - other) <= 1e-9 * max(size, .leastNormalMagnitude) + 1e-9 * abs(energy), "spins have another energy: \(energy), \(other)")
        }
    }
}
