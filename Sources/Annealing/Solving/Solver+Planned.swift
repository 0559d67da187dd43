extension Solver {
    /// Spin updates that a run will take, to tell how far it is and to bound it beforehand; nil for descents, which end when they end. Final
    /// descents, and the clusters of path integrals, come on top.
    package func plannedUpdates(spins: Int, reads: Int) -> UInt64? {
        func product(_ factors: Int...) -> UInt64 {
            factors.reduce(1) { total, factor in
                let (product, overflows) = total.multipliedReportingOverflow(by: UInt64(max(0, factor)))
                return overflows ? .max : product
            }
        }
        return switch self {
        case .simulatedAnnealing(let settings): product(settings.sweeps, spins, reads)
        case .simulatedBifurcation(let settings): product(settings.steps, spins, reads)
        case .pathIntegral(let settings): product(settings.sweeps, settings.slices, spins, reads)
        case .parallelTempering(let settings): product(settings.sweeps, settings.temperatures, spins, reads)
        case .tabu(let settings): product(settings.turns ?? max(1000, 20 * spins), spins, reads)
        case .steepestDescent: nil
        case .exact: spins < 64 ? 1 << UInt64(spins) : .max
        }
    }
}
