internal import APIKit
internal import Federation
internal import QuantumService
internal import Storage

extension OptimizationRequest.Objective: ChoiceValue {}
extension Pilot.Model: ChoiceValue {}

struct OptimizationConstraints: DescribedRequest {
    static let name = "OptimizationConstraints"
    var seconds = 300
    var maintainsSLA = true

    static let fields = [
        FieldOf<OptimizationConstraints>("max_reallocation_time", \.seconds, .whole(1...3600), unit: "s", note: "pilot runs end after 25 s at the latest"),
        FieldOf("maintain_sla", \.maintainsSLA, note: "true: no allocation in use is shrunk"),
    ]
}

struct OptimizationBody: DescribedRequest {
    static let name = "QuantumOptimization"
    var objective = OptimizationRequest.Objective.efficiency
    var target = 0.1
    var constraints = OptimizationConstraints()
    var isTrial = false

    static let fields = [
        FieldOf<OptimizationBody>("optimization_type", \.objective, note: "cost: sizes; performance: solvers; efficiency: both"),
        FieldOf("target_improvement", \.target, Bounds(range: 0...10), note: "0.15: 15 %; no more pilots once it is reached"),
        FieldOf("constraints", \.constraints), FieldOf("dry_run", \.isTrial, note: "true: it is measured, and nothing changes"),
    ]

    var request: OptimizationRequest {
        OptimizationRequest(
            objective: objective, target: target, seconds: constraints.seconds, maintainsSLA: constraints.maintainsSLA, isTrial: isTrial)
    }
}

private struct ImprovementsView: Described {
    static let name = "QuantumImprovements"
    var report: OptimizationReport

    static let fields = [
        FieldOf<ImprovementsView>(
            "efficiency_gain", \.report.efficiency, .measured, "by how much of itself the used part of what is leased grows; null: nothing was used"),
        FieldOf("cost_reduction", \.report.cost, .counted, unit: "%", "of the qubit-hours that are still to come; null: nothing is leased"),
        FieldOf(
            "performance_boost", \.report.performance, .measured, unit: "%",
            "by how much sooner the target is reached, in runs of present and chosen solver in turn; null: not measured"),
    ]
}

struct TuningView: Described {
    static let name = "SolverTuning"
    var tuning: SolverTuning

    static let fields = [
        FieldOf<TuningView>("solver", \.tuning.solver, .measured), FieldOf("sweeps", \.tuning.sweeps, .measured, "null: the solver's"),
        FieldOf("measured_at", \.measuredAt, .clock),
    ]

    init(_ tuning: SolverTuning) { self.tuning = tuning }
    var measuredAt: Timestamp { Timestamp(milliseconds: tuning.measuredAt.milliseconds) }
}

private struct ReallocationView: Described {
    static let name = "Reallocation"
    var change: Reallocation

    static let fields = [
        FieldOf<ReallocationView>("allocation_id", \.change.lease, .stored), FieldOf("qubits_before", \.change.before, .stored, unit: "qubits"),
        FieldOf("qubits_after", \.change.after, .stored, unit: "qubits"), FieldOf("tuning", \.tuning, .measured, "null: solved as before"),
    ]

    var tuning: TuningView? { change.tuning.map { TuningView($0) } }
}

private struct PilotView: Described {
    static let name = "PilotRuns"
    var pilot: Pilot

    static let fields = [
        FieldOf<PilotView>("allocation_strategy", \.strategy, .stored), FieldOf("model", \.pilot.model, .stored, "a job's, or one of the benchmark"),
        FieldOf("job_id", \.pilot.job, .stored), FieldOf("spins", \.pilot.spins, .counted), FieldOf("solver_before", \.pilot.presentSolver, .stored),
        FieldOf("before", \.before, .measured), FieldOf("chosen", \.chosen, .measured, "null: nothing was sooner"), FieldOf("after", \.after, .measured),
        FieldOf("speedup", \.ratio, .measured, "null: not both reached the target"),
        FieldOf("applied", \.pilot.isBetter, .rule("the interval lies above 1"), "whether it is good enough to be used"),
    ]

    var strategy: StrategyWord { StrategyWord(rawValue: pilot.strategy.rawValue) ?? .auto }
    var before: SolverTimeView { SolverTimeView(pilot.present) }
    var chosen: TuningView? { pilot.chosen.map { TuningView($0) } }
    var after: SolverTimeView? { pilot.chosenTime.map { SolverTimeView($0) } }
    var ratio: BoundsView? { pilot.ratio.map { BoundsView($0) } }
}

private enum OptimizationWord: String, ChoiceValue { case completed, planned }

struct OptimizationView: Described {
    static let name = "QuantumOptimizationReport"
    var report: OptimizationReport
    let backend = "simulator"

    static let fields = [
        FieldOf<OptimizationView>("optimization_id", \.report.id, .generated), FieldOf("status", \.status, .stored, "planned: dry_run"),
        FieldOf("improvements", \.improvements, .measured), FieldOf("reallocations", \.count, .counted, "allocations that were changed, or would be"),
        FieldOf("optimization_time", \.report.seconds, .measured, unit: "s"),
        FieldOf("target_met", \.report.isTargetMet, .rule("the objective's improvement is at least target_improvement")),
        FieldOf("optimization_type", \.report.request.objective, .request), FieldOf("allocations", \.report.leases, .counted, "active ones"),
        FieldOf("changes", \.changes, .stored), FieldOf("pilots", \.pilots, .measured), FieldOf("backend", \.backend, .fixed),
    ]

    private var status: OptimizationWord { report.request.isTrial ? .planned : .completed }
    private var improvements: ImprovementsView { ImprovementsView(report: report) }
    var count: Int { report.reallocations.count }
    private var changes: [ReallocationView] { report.reallocations.map { ReallocationView(change: $0) } }
    private var pilots: [PilotView] { report.pilots.map { PilotView(pilot: $0) } }
}
