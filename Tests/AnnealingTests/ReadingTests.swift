import Annealing
import StrictJSON
import Testing

@Suite struct ReadingTests {
    @Test func modelsOfDimodHaveItsEnergies() throws {
        for golden in goldenModels {
            let problem = try Problem(bqm: Array(golden.document.utf8))
            for (values, energy) in golden.energies { #expect(abs(problem.energy(of: values) - energy) < 1e-12) }
            let lowest = try Solver.exact.solve(problem, reads: 1, seed: 0).best
            #expect(abs((lowest?.energy ?? 0) - golden.lowest) < 1e-12)
            let (linear, offset) =
                switch problem.model {
                case .ising(let model): (model.qubo.linear, model.qubo.offset)
                case .qubo(let model): (model.ising.fields, model.ising.offset)
                }
            #expect(abs(offset - golden.otherOffset) < 1e-12)
            for (own, other) in zip(linear, golden.otherLinear) { #expect(abs(own - other) < 1e-12) }
            // What we write, we read.
            #expect(try Problem(bqm: problem.bqm.encoded()) == problem)
        }
    }

    private func text(_ make: () throws -> Problem) -> String {
        do {
            _ = try make()
            return "nothing"
        } catch {
            return "\(error)"
        }
    }

    @Test func otherModelsInJSONAreRefused() throws {
        let document = goldenModels[1].document
        let changes: [(of: String, to: String, says: String)] = [
            ("\"type\": \"BinaryQuadraticModel\"", "\"type\": \"SampleSet\"", "type has to be BinaryQuadraticModel"),
            ("3.0.0", "2.0.0", "version.bqm_schema has to be 3.0.0"),
            ("\"use_bytes\": false", "\"use_bytes\": true", "use_bytes has to be false"),
            ("BINARY", "binary", "variable_type has to be SPIN or BINARY"),
            ("\"offset\": -0.08", "\"offset\": null", "offset has to be a number"),
            ("\"offset\": -0.08", "\"offset\": 1e200", "the offset is neither 0 nor"),
            ("-0.866", "\"x\"", "linear_biases[0] is a string"),
            ("-0.866, ", "", "linear_biases has 5 numbers for 6 variable_labels"),
            ("\"v3\"", "\"v2\"", "variable_labels[3] occurs before"),
            ("\"v3\"", "null", "variable_labels[3] is null"),
            ("\"num_variables\": 6", "\"num_variables\": 7", "num_variables has to be 6"),
            ("\"num_interactions\": 14", "\"num_interactions\": 1e3", "num_interactions has to be 14"),
            ("[0, 0, 0, 0, 1", "[0, 0, 0, 6, 1", "quadratic_head[3] and quadratic_tail[3]"),
            ("[0, 0, 0, 0, 1", "[0, 0, 0, -1, 1", "quadratic_head[3] and quadratic_tail[3]"),
            ("[0, 0, 0, 0, 1", "[0, 0, 0, 0.5, 1", "quadratic_head[3] and quadratic_tail[3]"),
            ("[0, 0, 0, 0, 1", "[0, 0, 0, 1", "14, 13 and 14 elements"),
            ("[0, 0, 0, 0, 1", "[1, 0, 0, 0, 1", "couples variable 1 with itself"),
            ("\"info\"", "\"infos\"", "infos is no field"),
            ("\"info\": {}", "\"info\": {", "line 2: column"),
        ]
        for change in changes {
            #expect(document.contains(change.of))
            let message = text { try Problem(bqm: Array(document.replacing(change.of, with: change.to, maxReplacements: 1).utf8)) }
            #expect(message.contains(change.says), "\(message) for \(change)")
        }
        #expect(text { try Problem(bqm: .array([])) }.contains("is an array"))
        #expect(text { try Problem(bqm: Array("{\"linear_biases\": [NaN]}".utf8)) }.contains("line 1"))
    }

    @Test func gsetIsMaximumCut() throws {
        // A ring of five: four of its edges can be cut.
        let problem = try Problem(gset: Array("5 5\n1 2 1\n2 3 1\r\n3 4 1\n\n4\t5 1\n5 1 1".utf8))
        #expect(problem.labels == [1, 2, 3, 4, 5])
        #expect(try Solver.exact.solve(problem, reads: 1, seed: 0).best?.energy == -4)
        #expect(problem.energy(of: [1, -1, 1, -1, 1]) == -4 && problem.energy(of: [1, 1, 1, 1, 1]) == 0)
        let weighted = try Problem(gset: Array("2 1\n1 2 -3\n".utf8))
        #expect(weighted.energy(of: [1, -1]) == 3)
    }

    /// Graphs like those of the Gset (tori of the generator rudy: weights of 1, or of −1 and 1), written as text and read back: the same model.
    @Test func gsetTextsOfToriAreTheTori() throws {
        for (width, height, weights) in [(50, 60, ToroidalGrid.Weights.unit), (25, 120, .unit), (20, 40, .signs(seed: 11)), (2, 3, .unit)] {
            let torus = try ToroidalGrid.maximumCut(width: width, height: height, weights: weights)
            let read = try Problem(gset: Array(gsetText(torus).utf8))
            #expect(read.ising == torus.ising && read.variables == width * height)
        }
    }

    @Test func quboTextsAreRead() throws {
        let problem = try Problem(qubo: Array("c hello\np qubo 0 4 2 2\n0 0 1.5\n3 3 -2\nc half\n0 3 0.25\n0 1 -1e-1\n".utf8))
        #expect(problem.vartype == .binary && problem.variables == 4)
        #expect(abs(problem.energy(of: [1, 1, 0, 1]) - (1.5 - 2 + 0.25 - 0.1)) < 1e-15)
        // As dimod.serialization.coo writes it.
        let coordinates = "# vartype=BINARY\n0 0 1.500000\n0 4 0.250000\n4 4 -2.000000\n4 7 -0.001000"
        let sparse = try Problem(coordinates: Array(coordinates.utf8))
        #expect(sparse.labels == [0, 4, 7] && sparse.vartype == .binary)
        #expect(abs(sparse.energy(of: [1, 1, 1]) - (1.5 + 0.25 - 2 - 0.001)) < 1e-15)
        #expect(try Problem(coordinates: Array("#vartype = SPIN\n1 2 3".utf8)).vartype == .spin)
    }

    @Test func hostileTextsAreRefusedWithTheirLine() {
        let gset: [(text: String, says: String)] = [
            ("", "the text is empty"), ("3", "line 1: has 1 words"), ("0 0", "no variables"), ("999999999 0", "at most \(Limits.spinsMax)"),
            ("2 999999999", "at most \(Limits.couplingsMax)"), ("2 99999999999999999999", "line 1: the number of edges"),
            ("-2 1", "line 1: the number of vertices"),
            ("2 1\n\n1 3 1", "line 3: vertex 3 is not one of 1 to 2"), ("2 1\n0 1 1", "line 2: vertex 0"),
            ("2 1\n1 1 1", "line 2: the edge joins vertex 1 with itself"),
            ("2 1\n1 2", "line 2: has 2 words"), ("2 1\n1 2 nan", "line 2: the weight is “nan”"), ("2 1\n1 2 inf", "line 2"),
            ("2 1\n1 2 0x10", "line 2"),
            ("2 1\n1 2 1e999", "line 2"), ("2 1\n1 2 1e101", "line 2"), ("2 1\n1 2 1e-101", "line 2"), ("2 1\n1 2 ١", "line 2"),
            ("2 1\n1 2 1\u{1B}[2J", "line 2: the weight is “1[2J”"),
            ("2 1\n1 2 1\n1 2 1", "line 3: there are more edges than the 1"), ("2 2\n1 2 1", "has 1 edges, and its first line says 2"),
            ("2 1\n1 2 +-1", "line 2"),
        ]
        for (bytes, says) in gset { #expect(text { try Problem(gset: Array(bytes.utf8)) }.contains(says), "\(bytes)") }
        let qubo: [(text: String, says: String)] = [
            ("", "has no line"), ("0 0 1", "line 1: comes before"), ("p qubo 1 2 1 1", "line 1: the target"), ("p cnf 0 2 1 1", "line 1: is not"),
            ("p qubo 0 2 0 0\np qubo 0 2 0 0", "line 2: is a second"), ("p qubo 0 2 1 0\n1 0 1", "line 2: has 1 before 0"),
            ("p qubo 0 2 1 0\n2 2 1", "line 2: variable 2"),
            ("p qubo 0 2 1 0\n0 1 1", "line 2: there are more elements"), ("p qubo 0 2 1 1\n0 1 1", "0 diagonals and 1 elements"),
            ("p qubo 0 0 0 0", "no variables"),
        ]
        for (bytes, says) in qubo { #expect(text { try Problem(qubo: Array(bytes.utf8)) }.contains(says), "\(bytes)") }
        let coordinates: [(text: String, says: String)] = [
            ("0 1 1", "does not say"), ("# vartype=SPIN\n", "no variables"), ("# vartype=SPIN\n# vartype=BINARY\n0 1 1", "line 2: names another"),
            ("# vartype=SPIN\n0 1", "line 2: has 2 words"), ("# vartype=SPIN\na b 1", "line 2: the first variable is “a”"),
        ]
        for (bytes, says) in coordinates { #expect(text { try Problem(coordinates: Array(bytes.utf8)) }.contains(says), "\(bytes)") }
    }

    /// Bytes that are drawn, cut and changed: everything is read or refused, nothing traps.
    @Test func changedTextsNeverTrap() {
        var numbers = Numbers(31)
        let good = [goldenModels[0].document, "3 3\n1 2 1\n2 3 -1\n1 3 2\n", "p qubo 0 3 1 1\n0 0 1\n0 1 -2\n", "# vartype=SPIN\n0 1 2\n1 1 3\n"]
        for round in 0..<4000 {
            var bytes = Array(good[round % good.count].utf8)
            for _ in 0..<1 + numbers.below(4) {
                let at = numbers.below(bytes.count)
                switch numbers.below(4) {
                case 0: bytes[at] = UInt8(truncatingIfNeeded: numbers.next())
                case 1: bytes.remove(at: at)
                case 2: bytes.insert(bytes[numbers.below(bytes.count)], at: at)
                default: bytes.removeLast(min(bytes.count - 1, numbers.below(8)))
                }
            }
            for problem in [try? Problem(bqm: bytes), try? Problem(gset: bytes), try? Problem(qubo: bytes), try? Problem(coordinates: bytes)] {
                guard let problem, problem.variables < 100 else { continue }
                #expect((try? Solver.steepestDescent.solve(problem, reads: 1, seed: 0))?.reads == 1)
            }
        }
    }
}
