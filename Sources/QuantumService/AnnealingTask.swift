internal import Annealing
internal import Platform
internal import Storage
internal import StrictJSON

/// What the parameters of an `annealing` job say.
struct AnnealingTask: Sendable {
    enum Format: String, CaseIterable { case bqm, gset, qubo, coordinates }
    enum SolverName: String, CaseIterable {
        case auto
        case simulatedAnnealing = "simulated_annealing"
        case simulatedBifurcation = "simulated_bifurcation"
        case ballistic = "simulated_bifurcation_ballistic"
        case quantumAnnealing = "quantum_annealing"
        case parallelTempering = "parallel_tempering"
        case tabu
        case steepestDescent = "steepest_descent"
        case exact
    }

    var format = Format.bqm
    /// nil: it is the job's input.
    var problem: JSON?
    /// nil: by the lease, or by the problem.
    var solver: SolverName?
    var reads = 32
    var sweeps: Int?
    /// nil: by the job.
    var seed: UInt64?
    var lease: String?
    /// Different ones, the best, that the result keeps.
    var samples = 10
    var reference: Double?
    var seconds = 60
    /// Whether spins with few neighbours are minimised over beforehand.
    var reduces = false

    init(_ parameters: JSON) throws(JobFailure) {
        if let name = try Self.word("format", parameters, Format.allCases.map(\.rawValue)) { format = Format(rawValue: name) ?? .bqm }
        solver = try Self.word("solver", parameters, SolverName.allCases.map(\.rawValue)).flatMap(SolverName.init(rawValue:))
        reads = try Self.whole("reads", parameters, QuantumLimits.reads) ?? reads
        sweeps = try Self.whole("sweeps", parameters, QuantumLimits.sweeps)
        samples = try Self.whole("samples", parameters, QuantumLimits.samples) ?? samples
        seconds = try Self.whole("max_seconds", parameters, QuantumLimits.seconds) ?? seconds
        seed = try Self.whole("seed", parameters, 0...Int.max).map(UInt64.init)
        if let value = parameters["allocation_id"], value != .null {
            guard let id = value.text, (1...64).contains(id.utf8.count) else { throw Self.invalid("allocation_id", "must be an allocation's id", value) }
            lease = id
        }
        if let value = parameters["reduce"], value != .null {
            guard case .bool(let flag) = value else { throw Self.invalid("reduce", "must be true or false", value) }
            reduces = flag
        }
        if let value = parameters["reference_energy"], value != .null {
            guard let energy = value.double else { throw Self.invalid("reference_energy", "must be a number", value) }
            reference = energy
        }
        try readProblem(parameters)
    }

    private mutating func readProblem(_ parameters: JSON) throws(JobFailure) {
        let isElsewhere = (parameters["input_source"] ?? .null) != .null
        guard let given = parameters["problem"], given != .null else {
            guard isElsewhere else {
                throw .invalid(
                    field: "parameters.problem",
                    issue: "is missing; give it, or an artifact's name as parameters.input_source (files/NAME for what PUT /v1/files/NAME stored)",
                    provided: nil)
            }
            if let source = parameters["input_source"]?.text, source.contains("://") {
                throw .invalid(field: "parameters.input_source", issue: "must be an artifact's name for type annealing", provided: nil)
            }
            return
        }
        guard !isElsewhere else { throw .invalid(field: "parameters.problem", issue: "must be left out where there is an input_source", provided: nil) }
        problem = given
        _ = try model(given)
    }

    /// - Throws: `invalid` for what is no model of the format.
    private func model(_ given: JSON) throws(JobFailure) -> Problem {
        if format == .bqm {
            do throws(AnnealingError) { return try Problem(bqm: given) } catch {
                throw .invalid(field: "parameters.problem", issue: error.description.clipped(300), provided: nil)
            }
        }
        guard let text = given.text else { throw .invalid(field: "parameters.problem", issue: "must be a text for format \(format.rawValue)", provided: nil) }
        return try model(bytes: Array(text.utf8), field: "parameters.problem")
    }

    private func model(bytes: [UInt8], field: String) throws(JobFailure) -> Problem {
        do throws(AnnealingError) {
            return switch format {
            case .bqm: try Problem(bqm: bytes)
            case .gset: try Problem(gset: bytes)
            case .qubo: try Problem(qubo: bytes)
            case .coordinates: try Problem(coordinates: bytes)
            }
        } catch { throw .invalid(field: field, issue: error.description.clipped(300), provided: nil) }
    }

    /// - Parameter input: the job's; used where the parameters have no problem.
    func model(input: [UInt8]) throws(JobFailure) -> Problem {
        if let problem { return try model(problem) }
        return try model(bytes: input, field: "parameters.input_source")
    }

    /// - Parameter lease: whose strategy counts where the task names no solver.
    func solver(for problem: Problem, lease: LeaseRecord?) -> Solver {
        if solver == nil, sweeps == nil, let tuning = lease?.tuning, let name = SolverName(rawValue: tuning.solver) {
            return Self.solver(name, tuning.sweeps, for: problem)
        }
        return Self.solver(solver ?? SolverName(lease), sweeps, for: problem)
    }

    static func solver(_ name: SolverName, _ sweeps: Int?, for problem: Problem) -> Solver {
        switch name {
        case .auto: Solver.automatic(for: problem).with(sweeps)
        case .simulatedAnnealing: Solver.simulatedAnnealing(SimulatedAnnealing()).with(sweeps)
        case .simulatedBifurcation: Solver.simulatedBifurcation(SimulatedBifurcation()).with(sweeps)
        case .ballistic: Solver.simulatedBifurcation(SimulatedBifurcation(form: .ballistic)).with(sweeps)
        case .quantumAnnealing: Solver.pathIntegral(PathIntegralAnnealing()).with(sweeps)
        case .parallelTempering: Solver.parallelTempering(ParallelTempering()).with(sweeps)
        case .tabu: .tabu(TabuSearch())
        case .steepestDescent: .steepestDescent
        case .exact: .exact
        }
    }

    // MARK: Parameters

    private static func invalid(_ name: String, _ issue: String, _ value: JSON) -> JobFailure {
        .invalid(field: "parameters.\(name)", issue: issue, provided: value.text.map { .string($0.clipped(80)) })
    }

    private static func word(_ name: String, _ parameters: JSON, _ words: [String]) throws(JobFailure) -> String? {
        guard let value = parameters[name], value != .null else { return nil }
        guard let text = value.text, words.contains(text) else { throw invalid(name, "must be \(words.joined(separator: ", "))", value) }
        return text
    }

    private static func whole(_ name: String, _ parameters: JSON, _ range: ClosedRange<Int>) throws(JobFailure) -> Int? {
        guard let value = parameters[name], value != .null else { return nil }
        guard let number = value.whole.flatMap({ Int(exactly: $0) }), range.contains(number) else {
            throw invalid(name, "must be a whole number from \(range.lowerBound) to \(range.upperBound)", value)
        }
        return number
    }
}

extension AnnealingTask.SolverName {
    /// By a lease's strategy, and where it has none by what it is for.
    init(_ lease: LeaseRecord?) {
        switch lease?.strategy {
        case .quantumAnnealing: self = .quantumAnnealing
        case .simulatedBifurcation: self = .simulatedBifurcation
        case .simulatedAnnealing: self = .simulatedAnnealing
        case .auto: self = lease?.workload == .sampling ? .parallelTempering : .auto
        case nil: self = .auto
        }
    }
}

extension Solver {
    /// With so many sweeps or steps, where it has such.
    fileprivate func with(_ sweeps: Int?) -> Solver {
        guard let sweeps else { return self }
        switch self {
        case .simulatedAnnealing(var settings):
            settings.sweeps = sweeps
            return .simulatedAnnealing(settings)
        case .simulatedBifurcation(var settings):
            settings.steps = sweeps
            return .simulatedBifurcation(settings)
        case .pathIntegral(var settings):
            settings.sweeps = sweeps
            return .pathIntegral(settings)
        case .parallelTempering(var settings):
            settings.sweeps = sweeps
            return .parallelTempering(settings)
        case .tabu, .steepestDescent, .exact: return self
        }
    }
}
