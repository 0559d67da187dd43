internal import APIKit
internal import Federation
internal import Foundation
internal import Platform
internal import QuantumService
internal import Storage

extension LeaseWorkload: ChoiceValue {}

/// `JobPriority` in this document.
enum PriorityWord: String, ChoiceValue {
    case low, normal, high

    init(_ priority: JobPriority) {
        switch priority {
        case .low: self = .low
        case .normal: self = .normal
        case .high: self = .high
        }
    }

    var priority: JobPriority {
        switch self {
        case .low: .low
        case .normal: .normal
        case .high: .high
        }
    }
}

/// A lease's strategy, or the one that is documented and not built.
enum StrategyWord: String, ChoiceValue {
    case auto
    case quantumAnnealing = "quantum_annealing"
    case simulatedBifurcation = "simulated_bifurcation"
    case simulatedAnnealing = "simulated_annealing"
    case gateModel = "gate_model"
}

struct AllocationBody: DescribedRequest {
    static let name = "NewAllocation"
    var qubits = 0
    var seconds = 3600
    var priority = PriorityWord.normal
    var workload = LeaseWorkload.optimization
    var strategy = StrategyWord.auto

    static let fields = [
        FieldOf<AllocationBody>(
            "qubits", \.qubits, isRequired: true, .whole(1...1_000_000), unit: "qubits", note: "spins of one problem; at most what the tenant may lease"),
        FieldOf("duration", \.seconds, .whole(QuantumLimits.leaseSeconds), unit: "s"),
        FieldOf("priority", \.priority, note: "weights 1, 2 and 4 where runs wait for each other"),
        FieldOf("workload_type", \.workload, note: "sampling: auto is parallel tempering"),
        FieldOf("allocation_strategy", \.strategy, note: "the solver of jobs that name none; gate_model is not built"),
    ]
}

enum AllocationWord: String, ChoiceValue { case allocated, expired, released }

struct LeaseUseView: Described {
    static let name = "AllocationUse"
    var use: SolverUse
    var utilization: Double?

    static let fields = [
        FieldOf<LeaseUseView>("runs", \.use.runs, .counted), FieldOf("spin_updates", \.use.spinUpdates, .counted),
        FieldOf("seconds", \.seconds, .measured, unit: "s", "solvers at work"),
        FieldOf("spin_seconds", \.spinSeconds, .measured, unit: "s", "spins of each run times its seconds"),
        FieldOf("utilization_percentage", \.utilization, .rule("spin-seconds of those leased until now"), unit: "%"),
    ]

    var seconds: Double { Double(use.microseconds) / 1e6 }
    var spinSeconds: Double { Double(use.spinMicroseconds) / 1e6 }
}

struct AllocationView: Described {
    static let name = "Allocation"
    var lease: LeaseRecord
    var status: AllocationWord
    /// nil: nobody has measured one.
    var measured: MeasuredSpeedup?
    var estimate: EfficiencyEstimate
    var use: LeaseUseView
    let backend = "simulator"
    let isHardware = false
    let processors = 0

    static let fields = [
        FieldOf<AllocationView>("status", \.status, .stored), FieldOf("allocation_id", \.lease.id, .generated),
        FieldOf("qubits_allocated", \.lease.qubits, .stored, unit: "qubits", "spins"),
        FieldOf(
            "efficiency_estimate", \.estimate.value, .rule("mean of used by leased spin-seconds of earlier allocations, the later the more"),
            "null: there are none"),
        FieldOf("quantum_advantage", \.advantage, .measured, "time of the strongest baseline by the solver's; below 1: the baseline is faster; null: not measured"),
        FieldOf("quantum_speedup_basis", \.basis, .measured, "null: not measured"), FieldOf("allocated_at", \.allocatedAt, .clock),
        FieldOf("expires_at", \.expiresAt, .clock), FieldOf("ended_at", \.endedAt, .clock, "null: it has not ended"),
        FieldOf("priority", \.priority, .request), FieldOf("weight", \.lease.priority.weight, .fixed),
        FieldOf("workload_type", \.lease.workload, .request), FieldOf("allocation_strategy", \.strategy, .request),
        FieldOf("efficiency_basis", \.estimate.leases, .counted, "earlier allocations that the estimate goes by"), FieldOf("usage", \.use, .measured),
        FieldOf("tuning", \.tuning, .stored, "what jobs that name no solver are solved by; null: by the strategy"),
        FieldOf("backend", \.backend, .fixed), FieldOf("quantum_hardware", \.isHardware, .fixed), FieldOf("quantum_processors", \.processors, .fixed),
    ]

    var advantage: Double? { measured?.ratio?.value }
    var basis: SpeedupBasisView? { measured.map { SpeedupBasisView($0) } }
    var tuning: TuningView? { lease.tuning.map { TuningView($0) } }
    var priority: PriorityWord { PriorityWord(lease.priority) }
    var allocatedAt: Timestamp { Timestamp(milliseconds: lease.allocatedAt.milliseconds) }
    var expiresAt: Timestamp { Timestamp(milliseconds: lease.expiresAt.milliseconds) }
    var endedAt: Timestamp? { end.map { Timestamp(milliseconds: $0.milliseconds) } }
    var strategy: StrategyWord { StrategyWord(rawValue: lease.strategy.rawValue) ?? .auto }
    /// One whose time is over has ended, whether that is stored already or not.
    private let end: Instant?

    init(_ lease: LeaseRecord, _ estimate: EfficiencyEstimate, _ benchmark: BenchmarkRecord?, now: Instant) {
        self.lease = lease
        self.estimate = estimate
        measured = benchmark?.speedup(strategy: lease.strategy, workload: lease.workload, spins: lease.qubits)
        end = lease.endedAt ?? (lease.isActive(at: now) ? nil : lease.expiresAt)
        status = end == nil ? .allocated : lease.end == .released ? .released : .expired
        use = LeaseUseView(use: lease.use, utilization: lease.utilization(to: now))
    }
}

enum UsagePeriod: String, ChoiceValue {
    case hour = "1h"
    case sixHours = "6h"
    case day = "1d"
    case week = "7d"
    case month = "30d"

    var seconds: Double {
        switch self {
        case .hour: 3600
        case .sixHours: 6 * 3600
        case .day: 86_400
        case .week: 7 * 86_400
        case .month: 30 * 86_400
        }
    }
}

enum UsageMetric: String, ChoiceValue { case utilization, efficiency, performance }

struct QuantumCost: Described {
    static let name = "QuantumCost"
    var total: Double?
    var perHour: Double?
    var currency: String?

    static let fields = [
        FieldOf<QuantumCost>("total_cost", \.total, .priced, "null: not priced"),
        FieldOf("cost_per_qubit_hour", \.perHour, .priced, "total_cost by leased qubit-hours; null: not priced, or nothing was leased"),
        FieldOf("currency", \.currency, .priced),
    ]

    init(_ usage: LeaseUsage, _ prices: PriceTable, _ tier: PerformanceTier) {
        var leased = Usage()
        leased.add(.rate(.qubitHour), Decimal(usage.leasedSpinMilliseconds), milliseconds: 1)
        let cost = prices.cost(of: leased, tier: tier)
        func shown(_ amount: Decimal, _ digits: Int) -> Double { NSDecimalNumber(decimal: PriceTable.rounded(amount, digits: digits)).doubleValue }
        total = cost.map { shown($0, 2) }
        let hours = Decimal(usage.leasedSpinMilliseconds) / 3_600_000
        perHour = hours > 0 ? cost.map { shown($0 / hours, 6) } : nil
        currency = prices.currency
    }
}

struct QuantumUsageView: Described {
    static let name = "QuantumUsage"
    var period: UsagePeriod
    var shown: Set<UsageMetric>
    var usage: LeaseUsage
    var cost: QuantumCost
    var measured: BenchmarkRecord?
    let backend = "simulator"
    let isHardware = false
    let processors = 0

    static let fields = [
        FieldOf<QuantumUsageView>("period", \.period, .request),
        FieldOf("total_qubits_allocated", \.usage.qubits, .counted, unit: "qubits", "of all allocations that were active in the period"),
        FieldOf("peak_concurrent_qubits", \.usage.peak, .counted, unit: "qubits"),
        FieldOf(
            "utilization_percentage", \.usage.utilization, .rule("spin-seconds of solvers by those leased"), unit: "%", "null: nothing was leased"
        ).only { $0.shown.contains(.utilization) },
        FieldOf("efficiency_score", \.usage.efficiency, .rule("mean of best by reference energy"), "null: no run had a reference")
            .only { $0.shown.contains(.efficiency) },
        FieldOf("quantum_operations", \.usage.runs, .counted, "runs of solvers"), FieldOf("spin_updates", \.usage.spinUpdates, .counted),
        FieldOf("spin_seconds", \.spinSeconds, .measured, unit: "s", "with runs that had no allocation"),
        FieldOf("average_speedup", \.speedup, .measured, "geometric mean over the runs, each by the benchmark of its solver and size; null: not measured").only { $0.shown.contains(.performance) },
        FieldOf("cost_metrics", \.cost, .priced), FieldOf("backend", \.backend, .fixed), FieldOf("quantum_hardware", \.isHardware, .fixed),
        FieldOf("quantum_processors", \.processors, .fixed),
    ]

    var spinSeconds: Double { usage.usedSpinMilliseconds / 1000 }
    var speedup: Double? { measured?.averageSpeedup(of: usage.solved) }
}
