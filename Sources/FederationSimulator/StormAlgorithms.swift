internal import Federation
internal import Learning
internal import Strategies

extension SimulationConfiguration {
    /// Varies what a session computes and how it chooses. Drawn from numbers of its own, so that the weather of a seed stays
    /// what it was.
    mutating func varyAlgorithm(seed: UInt64) {
        var draw = SeededGenerator(seed: derivedSeed(seed, "algorithm"))
        let algorithms: [SessionSpec.Algorithm] = [.fedAdam, .fedYogi, .fedAdagrad, .fedNova, .scaffold, .scaffold]
        if draw.below(2) == 0 {
            spec.algorithm = algorithms[draw.below(algorithms.count)]
            spec.proximalMu = 0
            if spec.strategy.client != .plain {
                // These take the mean alone, and a mean of lies need not converge.
                (spec.aggregation, faults.liars) = (.mean, 0)
            }
            if draw.below(2) == 0 { spec.momentum = 0.5 }
        }
        if draw.below(3) == 0 { spec.overSelection = 1.5 }
        if draw.below(3) == 0 { spec.modelSelection = .best }
        if draw.below(6) == 0 { spec.earlyStopping = EarlyStopping(patience: 1) }
        if draw.below(4) == 0 { spec.schedule = LearningRateSchedule(.step(every: 1, factor: 0.5)) }
    }
}
