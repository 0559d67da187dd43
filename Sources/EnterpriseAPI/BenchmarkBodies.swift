internal import APIKit
internal import Federation
internal import QuantumService
internal import Storage

struct BoundsView: Described {
    static let name = "MeasuredInterval"
    var bounds: BenchmarkRecord.Bounds

    static let fields = [
        FieldOf<BoundsView>("value", \.bounds.value, .measured), FieldOf("low", \.bounds.low, .measured, "with 95 %"),
        FieldOf("high", \.bounds.high, .measured, "with 95 %; null: the runs do not bound it"),
    ]

    init(_ bounds: BenchmarkRecord.Bounds) { self.bounds = bounds }
}

struct SolverTimeView: Described {
    static let name = "TimeToTarget"
    var time: BenchmarkRecord.Time

    static let fields = [
        FieldOf<SolverTimeView>("runs", \.time.runs, .counted), FieldOf("reached", \.time.reached, .counted, "runs that reached the target"),
        FieldOf("seconds_per_run", \.time.secondsPerRun, .measured, unit: "s"),
        FieldOf("seconds", \.seconds, .measured, unit: "s", "until the target is reached with 99 %, with a bootstrap interval; null: no run reached it"),
    ]

    init(_ time: BenchmarkRecord.Time) { self.time = time }
    var seconds: BoundsView? { time.seconds.map { BoundsView($0) } }
}

/// What stands beside a speedup.
struct SpeedupBasisView: Described {
    static let name = "SpeedupBasis"
    var measured: MeasuredSpeedup

    static let fields = [
        FieldOf<SpeedupBasisView>("solver", \.measured.solver, .stored), FieldOf("baseline", \.measured.baselines, .stored, "the strongest on each model"),
        FieldOf("measured_at", \.measuredAt, .clock), FieldOf("n", \.measured.models, .counted, "models of about this size"),
        FieldOf("unreached", \.measured.unreached, .counted, "models on which solver or baselines never reached the target: then there is no ratio"),
        FieldOf("ci95", \.interval, .measured, "null: there is no ratio"), FieldOf("live", \.isLive, .fixed),
    ]

    init(_ measured: MeasuredSpeedup) { self.measured = measured }
    var measuredAt: Timestamp { Timestamp(milliseconds: measured.measuredAt.milliseconds) }
    var interval: BoundsView? { measured.ratio.map { BoundsView($0) } }
    var isLive: Bool { false }
}

private struct ComparisonView: Described {
    static let name = "SolverComparison"
    var one: BenchmarkRecord.Comparison

    static let fields = [
        FieldOf<ComparisonView>("family", \.one.family, .fixed), FieldOf("spins", \.one.spins, .fixed),
        FieldOf("target", \.one.target, .rule("the lowest energy, or the best that any of them found")),
        FieldOf("target_proved", \.one.isProved, .stored, "whether no state is lower, by construction or by enumeration"),
        FieldOf("solver", \.one.solver, .fixed), FieldOf("time", \.time, .measured),
        FieldOf("baseline", \.one.baseline, .measured, "the one that reached the target soonest; null: none did"),
        FieldOf("baseline_time", \.baselineTime, .measured), FieldOf("speedup", \.ratio, .measured, "below 1: the baseline is faster; null: no ratio"),
    ]

    var time: SolverTimeView { SolverTimeView(one.solverTime) }
    var baselineTime: SolverTimeView? { one.baselineTime.map { SolverTimeView($0) } }
    var ratio: BoundsView? { one.ratio.map { BoundsView($0) } }
}

enum BenchmarkWord: String, ChoiceValue { case never, running, measured }

struct BenchmarkView: Described {
    static let name = "AnnealerBenchmark"
    var status: BenchmarkWord
    var record: BenchmarkRecord?
    let backend = "simulator"
    let isHardware = false
    let processors = 0

    static let fields = [
        FieldOf<BenchmarkView>("status", \.status, .stored, "running: what is shown is the one before"),
        FieldOf("benchmark_id", \.id, .generated, "null: nothing was measured yet"), FieldOf("measured_at", \.measuredAt, .clock),
        FieldOf("version", \.version, .stored, "of the coordinator"), FieldOf("solver_version", \.solverVersion, .stored),
        FieldOf("machine", \.machine, .stored, "its processor"), FieldOf("cores", \.cores, .stored),
        FieldOf("threads", \.threads, .stored, "that solve one read, of solver and baseline alike"),
        FieldOf("solver_seconds", \.seconds, .measured, unit: "s"), FieldOf("interval_method", \.method, .fixed),
        FieldOf("comparisons", \.comparisons, .measured), FieldOf("backend", \.backend, .fixed), FieldOf("quantum_hardware", \.isHardware, .fixed),
        FieldOf("quantum_processors", \.processors, .fixed),
    ]

    init(_ record: BenchmarkRecord?, isRunning: Bool) {
        self.record = record
        status = isRunning ? .running : record == nil ? .never : .measured
    }

    var id: String? { record?.id }
    var measuredAt: Timestamp? { record.map { Timestamp(milliseconds: $0.measuredAt.milliseconds) } }
    var version: String? { record?.version }
    var solverVersion: Int? { record?.solverVersion }
    var machine: String? { record?.machine.processor }
    var cores: Int? { record?.machine.cores }
    var threads: Int? { record?.machine.threads }
    var seconds: Double? { record?.seconds }
    var method: String { "bootstrap by percentiles" }
    private var comparisons: [ComparisonView] { record?.comparisons.map { ComparisonView(one: $0) } ?? [] }
}
