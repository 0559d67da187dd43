import Attacks
import Learning
import RobustAggregation

/// A federation in one thread with the functions of production: local training, the rule, and a step of the server; some of its
/// clients lie. All count the same, for a liar would say that it has many rows.
struct RobustnessExperiment {
    struct Outcome {
        /// On the held-out rows, mean over the last rounds.
        var accuracy: Double
        /// Of the trigger, in the last model: also without the attack, where it is the rate of ordinary mistakes.
        var backdoorSuccess: Double
    }

    let problem: RobustnessProblem
    /// First model, batches, groups and noise depend on it alone, whatever rule and attack.
    let seed: UInt64
    /// The last rounds, whose mean is the accuracy.
    static let last = 5

    /// The first `liars` clients lie. nil where the rule does not bear as many.
    func run(_ rule: RobustnessRule, _ attack: Attack?, liars: Int) throws -> Outcome? {
        let clients = problem.clients.count
        let groups = rule.isOverGroups ? self.groups() : (0..<clients).map { [$0] }
        guard rule.bears(liars: liars, units: groups.count) else { return nil }
        var model = problem.spec.initialParameters(seed: seed)
        var trainer = LocalTrainer(spec: problem.spec)
        var reference: [Float] = []
        let lying = attack == nil ? 0 : liars
        var observer = MimicObserver(clients: clients - lying, dimension: model.count, seed: derivedSeed(seed, "mimic"))
        let rows = try problem.clients.enumerated().map { index, rows in
            if let attack, index < lying { return try attack.poisoned(rows, seed: derivedSeed(seed, "poison", "\(index)")) }
            return rows
        }
        var accuracies: [Double] = []
        for round in 1...problem.rounds {
            let honest = (lying..<clients).map { train(&trainer, model, rows[$0], $0, round) }
            var lies: [[Float]] = []
            if let attack, lying > 0 {
                switch attack.knowledge {
                case .own:
                    for index in 0..<lying {
                        var update = train(&trainer, model, rows[index], index, round)
                        try attack.forge(&update, seed: derivedSeed(seed, "lie", "\(index)", "\(round)"))
                        lies.append(update)
                    }
                case .honestUpdates:
                    let seen = try HonestUpdates(honest)
                    if attack == .mimic { try observer.observe(seen) }
                    let lie = try attack.forged(seen, clients: clients, liars: lying, copied: observer.copied)
                    lies = [[Float]](repeating: lie, count: lying)
                }
            }
            let combined = try combine(lies + honest, groups, rule.rule(liars: liars), reference)
            reference = combined
            for index in model.indices { model[index] += combined[index] }
            // A model that has left the numbers says nothing any more, and no rule brings it back.
            guard model.allSatisfy(\.isFinite) else { return Outcome(accuracy: 0, backdoorSuccess: 0) }
            guard round > problem.rounds - Self.last else { continue }
            accuracies.append(evaluate(spec: problem.spec, parameters: model, dataset: problem.held).accuracy)
        }
        let success = try Backdoor.corner.successRate(spec: problem.spec, parameters: model, rows: problem.held)
        return Outcome(accuracy: accuracies.reduce(0, +) / Double(accuracies.count), backdoorSuccess: success ?? 0)
    }

    private func train(_ trainer: inout LocalTrainer, _ model: [Float], _ rows: Dataset, _ client: Int, _ round: Int) -> [Float] {
        var trained = model
        let options = TrainingOptions(
            epochs: problem.epochs, batchSize: problem.batch, learningRate: problem.learningRate,
            seed: derivedSeed(seed, "training", "\(client)", "\(round)"))
        _ = trainer.train(parameters: &trained, dataset: rows, options: options)
        let update = zip(trained, model).map { $0 - $1 }
        // Whose training runs away on a spoilt model sends nothing that moves it.
        return update.allSatisfy(\.isFinite) ? update : [Float](repeating: 0, count: model.count)
    }

    /// Drawn once, as for secure aggregation.
    private func groups() -> [[Int]] {
        var order = Array(problem.clients.indices)
        var generator = SeededGenerator(seed: derivedSeed(seed, "groups"))
        generator.shuffle(&order)
        let count = max(1, order.count / problem.groupMembers)
        return (0..<count).map { group in order.indices.filter { $0 % count == group }.map { order[$0] } }
    }

    /// Means of the groups, then the rule over them.
    private func combine(_ updates: [[Float]], _ groups: [[Int]], _ rule: AggregationRule, _ reference: [Float]) throws -> [Float] {
        let units = try groups.map { group in
            group.count == 1 ? updates[group[0]] : try aggregate(.mean, group.map { updates[$0] })
        }
        return try aggregate(rule, units, reference)
    }

    private func aggregate(_ rule: AggregationRule, _ updates: [[Float]], _ reference: [Float] = []) throws -> [Float] {
        try RobustAggregation.aggregate(
            rule, try MemoryUpdates(updates), weights: updates.map { _ in 1 }, maxAbs: updates.map { $0.reduce(0) { max($0, abs($1)) } },
            reference: reference)
    }
}
