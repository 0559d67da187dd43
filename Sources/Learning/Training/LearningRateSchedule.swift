#if canImport(Glibc)
    import Glibc
#endif

/// How the learning rate changes from one federated round to the next.
///
/// The factor of a round is what PyTorch's `LinearLR` (warm-up), then `StepLR`, `ExponentialLR` or `CosineAnnealingLR`
/// multiply the base rate with, a round in the place of an epoch.
package struct LearningRateSchedule: Sendable, Equatable, Codable {
    package enum Decay: Sendable, Equatable, Codable {
        case constant
        /// Times `factor` after every `every` rounds.
        case step(every: Int, factor: Double)
        /// Times `factor` after every round.
        case exponential(factor: Double)
        /// Half a cosine from the base rate down to the share `share` of it (Loshchilov and Hutter 2017,
        /// arXiv 1608.03983). It would arrive one round after the last, so that no round trains with a rate of 0.
        case cosine(to: Double)
    }

    package var decay: Decay
    /// Rounds before the decay begins, in which the rate grows in equal steps up to the base rate
    /// (Goyal et al. 2017, arXiv 1706.02677).
    package var warmUpRounds: Int

    package init(_ decay: Decay = .constant, warmUpRounds: Int = 0) {
        self.decay = decay
        self.warmUpRounds = warmUpRounds
    }

    package static let constant = LearningRateSchedule()

    /// What the base rate is multiplied with in `round` (from 1) of `rounds`; 0 to 1, and 0 only by underflow, for a schedule
    /// without `fault`. A round beyond the last has a factor too: the cosine stays where it has arrived.
    package func factor(round: Int, of rounds: Int) -> Double {
        let round = max(1, round)
        if round <= warmUpRounds { return Double(round) / Double(warmUpRounds + 1) }
        let t = round - 1 - max(0, warmUpRounds)
        switch decay {
        case .constant: return 1
        case .step(let every, let factor): return pow(factor, Double(t / max(1, every)))
        case .exponential(let factor): return pow(factor, Double(t))
        case .cosine(let share):
            let whole = max(1, rounds - max(0, warmUpRounds))
            return share + (1 - share) * (1 + cos(.pi * Double(min(t, whole)) / Double(whole))) / 2
        }
    }

    /// Why the schedule cannot be used, and the field that says so; nil when it can.
    package var fault: (field: String, issue: String)? {
        guard (0...Limits.scheduleRounds).contains(warmUpRounds) else {
            return ("warm_up_rounds", "must be 0 to \(Limits.scheduleRounds), not \(warmUpRounds)")
        }
        switch decay {
        case .constant: return nil
        case .step(let every, let factor):
            guard (1...Limits.scheduleRounds).contains(every) else {
                return ("every", "must be 1 to \(Limits.scheduleRounds) rounds, not \(every)")
            }
            return Self.fault(factor)
        case .exponential(let factor): return Self.fault(factor)
        case .cosine(let share):
            return share >= 0 && share <= 1 ? nil : ("to", "must be a share of the learning rate from 0 to 1, not \(share)")
        }
    }

    private static func fault(_ factor: Double) -> (field: String, issue: String)? {
        factor > 0 && factor <= 1 ? nil : ("factor", "must be above 0 and at most 1, not \(factor)")
    }
}
