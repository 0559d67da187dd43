internal import Annealing
package import Storage

/// What an optimisation is to look for, and within what.
package struct OptimizationRequest: Sendable, Equatable {
    package enum Objective: String, Sendable, CaseIterable {
        /// Leases no larger than what is done with them, solved by what reaches the target soonest.
        case efficiency
        /// Leases no larger than what is done with them.
        case cost
        /// Solved by what reaches the target soonest.
        case performance
    }

    package var objective: Objective
    /// 0.15: 15 %.
    package var target: Double
    package var seconds: Int
    /// No lease in use is shrunk.
    package var maintainsSLA: Bool
    /// Measures and changes nothing.
    package var isTrial: Bool

    package init(objective: Objective, target: Double, seconds: Int, maintainsSLA: Bool, isTrial: Bool) {
        self.objective = objective
        self.target = target
        self.seconds = seconds
        self.maintainsSLA = maintainsSLA
        self.isTrial = isTrial
    }
}

package enum OptimizationFailure: Error, Sendable, Equatable {
    case isRunning
    case lease(LeaseFailure)
}

/// One lease, as it was and as it is.
package struct Reallocation: Sendable, Equatable {
    package var lease: String
    package var before: Int
    package var after: Int
    /// What its jobs are solved by from now on; nil: as before.
    package var tuning: SolverTuning?
}

/// Pilot runs on one model: time to target with the present solver and with the chosen one.
package struct Pilot: Sendable, Equatable {
    package enum Model: String, Sendable, CaseIterable { case job, benchmark }

    package var strategy: LeaseStrategy
    /// Whose it was.
    package var model: Model
    /// The job; nil: a model of the benchmark.
    package var job: String?
    package var spins: Int
    package var presentSolver: String
    package var present: BenchmarkRecord.Time
    /// nil: none was sooner.
    package var chosen: SolverTuning?
    package var chosenTime: BenchmarkRecord.Time?
    /// Of the chosen over the present one; nil: not both reached the target.
    package var ratio: BenchmarkRecord.Bounds?
    package var isBetter: Bool
}

/// What was measured, and what was changed.
package struct OptimizationReport: Sendable, Equatable {
    package var id: String
    package var request: OptimizationRequest
    /// Use by what is leased: (after − before) / before, of what was done up to now; nil: nothing was done, or it was not asked for.
    package var efficiency: Double?
    /// Percent of the qubit-hours that are still to come; nil: there is no lease, or it was not asked for.
    package var cost: Double?
    /// Percent by which the target is reached sooner, geometric mean over pilots; nil: nothing was measured.
    package var performance: Double?
    package var reallocations: [Reallocation]
    package var pilots: [Pilot]
    package var leases: Int
    package var seconds: Double

    package var isTargetMet: Bool {
        let reached =
            switch request.objective {
            case .efficiency: efficiency
            case .cost: cost.map { $0 / 100 }
            case .performance: performance.map { $0 / 100 }
            }
        return reached.map { $0 >= request.target } ?? false
    }
}

extension SolverTuning {
    /// What may be chosen instead of the present solver: of a strategy that names one, other sweeps of the same.
    static func candidates(_ strategy: LeaseStrategy, spins: Int) -> [(name: AnnealingTask.SolverName, sweeps: Int?)] {
        let annealing: [(AnnealingTask.SolverName, Int?)] = [100, 300, 1000, 3000].map { (.simulatedAnnealing, $0) }
        let bifurcation: [(AnnealingTask.SolverName, Int?)] = [300, 1000, 2000].map { (.simulatedBifurcation, $0) }
        return switch strategy {
        case .simulatedAnnealing: annealing
        case .simulatedBifurcation: bifurcation
        case .quantumAnnealing: [30, 100, 300].map { (.quantumAnnealing, $0) }
        case .auto: annealing + bifurcation + (spins <= QuantumLimits.tabuSpins ? [(.tabu, nil)] : [])
        }
    }
}
