package import Federation
package import Storage

/// What a run was solved by, and its size.
package struct Solved: Sendable, Hashable {
    package var solver: String
    package var spins: Int

    package init(solver: String, spins: Int) { (self.solver, self.spins) = (solver, spins) }
}

/// What a tenant leased and used in a time.
package struct LeaseUsage: Sendable, Equatable {
    /// Of all leases that were active at some moment of it.
    package private(set) var qubits = 0
    /// At one moment.
    package private(set) var peak = 0
    /// Qubits times milliseconds within it.
    package private(set) var leasedSpinMilliseconds = 0.0
    /// Spins times milliseconds of solvers at work, for leases and without one.
    package private(set) var usedSpinMilliseconds = 0.0
    /// The same for leases only.
    package private(set) var usedByLeases = 0.0
    package private(set) var spinUpdates: Int64 = 0
    package private(set) var runs = 0
    /// Of each run.
    package private(set) var solved: [Solved] = []
    /// Mean of best energy over reference; nil: no run had a reference below 0.
    package private(set) var efficiency: Double?

    /// - Parameters:
    ///   - leases: that were active at some moment of `from..<to`.
    ///   - runs: that ended in it; what of them was before does not count.
    package init(leases: [LeaseRecord], runs: [SolverRunRecord], from: Instant, to: Instant) {
        var steps: [(at: Int64, change: Int)] = []
        for lease in leases {
            let (begin, end) = (max(lease.allocatedAt, from).milliseconds, min(lease.endedAt ?? lease.expiresAt, to).milliseconds)
            guard begin < end else { continue }
            let sizes = lease.sizes(to: Instant(milliseconds: end)).filter { $0.to.milliseconds > begin }
            qubits += sizes.map(\.qubits).max() ?? 0
            for size in sizes {
                let from = max(size.from.milliseconds, begin)
                leasedSpinMilliseconds += Double(size.qubits) * Double(size.to.milliseconds - from)
                steps += [(from, size.qubits), (size.to.milliseconds, -size.qubits)]
            }
        }
        // An end comes before a beginning at the same time.
        var present = 0
        for step in steps.sorted(by: { ($0.at, $0.change) < ($1.at, $1.change) }) {
            present += step.change
            peak = max(peak, present)
        }
        var ratios: [Double] = []
        for run in runs {
            let within = min(Double(run.microseconds), max(0, run.endedAt.seconds(since: from) * 1e6))
            usedSpinMilliseconds += within * Double(run.spins) / 1000
            if run.lease != nil { usedByLeases += within * Double(run.spins) / 1000 }
            let (sum, isOver) = spinUpdates.addingReportingOverflow(run.spinUpdates)
            spinUpdates = isOver ? .max : sum
            if let energy = run.energy, let reference = run.reference, reference < 0 { ratios.append(energy / reference) }
        }
        self.runs = runs.count
        solved = runs.map { Solved(solver: $0.solver, spins: $0.spins) }
        efficiency = ratios.isEmpty ? nil : ratios.reduce(0, +) / Double(ratios.count)
    }

    /// Percent of what was leased; nil: nothing was.
    package var utilization: Double? { leasedSpinMilliseconds > 0 ? 100 * usedByLeases / leasedSpinMilliseconds : nil }
}

extension LeaseRecord {
    /// Percent of its spin-seconds that solvers were at work for; nil: it had no time.
    /// - Parameter to: until when it is looked at.
    package func utilization(to: Instant) -> Double? {
        let leased = spinMilliseconds(to: to)
        return leased > 0 ? 100 * Double(use.spinMicroseconds) / (1000 * leased) : nil
    }

    /// Qubits times milliseconds until then, or until it ended.
    package func spinMilliseconds(to: Instant) -> Double {
        sizes(to: min(endedAt ?? expiresAt, max(to, allocatedAt))).reduce(0) {
            $0 + Double($1.qubits) * Double($1.to.milliseconds - $1.from.milliseconds)
        }
    }
}

/// What is to be expected of a lease: what was used of earlier ones, the later the more (an exponentially weighted mean).
package struct EfficiencyEstimate: Sendable, Equatable {
    /// 0 to 1; nil: there was no lease before.
    package var value: Double?
    package var leases: Int

    /// - Parameter ended: leases, the newest first.
    package init(ended: [LeaseRecord]) {
        let parts = ended.prefix(QuantumLimits.estimateLeases).compactMap { lease in lease.endedAt.flatMap { lease.utilization(to: $0) } }.map { $0 / 100 }
        leases = parts.count
        for part in parts.reversed() { value = value.map { $0 + QuantumLimits.estimateWeight * (part - $0) } ?? part }
    }
}
