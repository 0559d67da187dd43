internal import Federation
internal import Learning
internal import Strategies

/// What a round's model has to be, by the plainest arithmetic there is, from what the clients really trained.
struct SumTwin {
    private struct Key: Hashable {
        var client: String
        var round: Int
        var base: String
    }

    var rule = SessionSpec.Aggregation.mean
    var byzantineTolerance: Int?
    /// Who sends something else than what was trained.
    var liars: Set<String> = []
    var strategy = StrategyTwin(Strategy(), rows: [:])
    private var updates: [Key: (delta: [Float], samples: Int64, steps: Double)] = [:]
    private var models: [String: [Float]] = [:]
    private static let error = 1e-5

    mutating func knows(model digest: String, _ parameters: [Float]) { models[digest] = parameters }

    /// false when the same client trained something else for the same round and model before.
    mutating func trained(_ client: String, base: String, _ update: UpdateBody) -> Bool {
        let key = Key(client: client, round: update.round, base: base)
        let delta = update.values + update.control
        if let before = updates[key] { return before.delta == delta }
        updates[key] = (delta, update.samples, update.steps ?? 0)
        return true
    }

    /// How many values the trimmed mean cuts off on each side; nil with the other rules.
    func cut(_ record: RoundRecord) -> Int? {
        rule == .trimmedMean ? byzantineTolerance ?? SessionSpec.defaultTolerance(record.cohort.count) : nil
    }

    /// nil when the model is the base plus the sealed clients' updates, each counted once.
    mutating func problem(of digest: String, _ record: RoundRecord) -> String? {
        guard let base = models[record.baseModel], let model = models[digest] else { return "its model was never computed" }
        var sealed: [(delta: [Float], samples: Int64, steps: Double)] = []
        for client in record.sealed ?? [] {
            guard let update = updates[Key(client: client, round: record.round, base: record.baseModel)] else {
                return "\(client) counts, but never trained for it"
            }
            sealed.append((update.delta, strategy.weight(of: client) ?? update.samples, update.steps))
        }
        guard !sealed.isEmpty else { return "nobody counts" }
        let honest = (record.sealed ?? []).filter { !liars.contains($0) }.compactMap {
            updates[Key(client: $0, round: record.round, base: record.baseModel)]?.delta
        }
        let lies = sealed.count - honest.count
        let withstands = lies > 0 && (rule == .trimmedMean ? lies <= (cut(record) ?? 0) : rule == .median && 2 * lies < sealed.count)
        let weight = sealed.reduce(0.0) { $0 + Double($1.samples) }
        let cut = cut(record) ?? 0
        var steps: [Double] = []
        for i in sealed[0].delta.indices {
            let step: Double
            switch rule {
            case .mean: step = sealed.reduce(0.0) { $0 + Double($1.delta[i]) * Double($1.samples) } / weight
            case .median:
                let column = sealed.map { Double($0.delta[i]) }.sorted()
                step = (column[(column.count - 1) / 2] + column[column.count / 2]) / 2
            case .trimmedMean:
                let column = sealed.map { Double($0.delta[i]) }.sorted().dropFirst(cut).dropLast(cut)
                step = column.reduce(0, +) / Double(column.count)
            }
            if withstands {
                // What so few liars say cannot move a coordinate beyond what honest clients say.
                let range = honest.map { Double($0[i]) }
                if let low = range.min(), let high = range.max(), step < low - Self.error || step > high + Self.error {
                    return "parameter \(i) moves by \(step); honest clients say \(low) to \(high)"
                }
            }
            steps.append(step)
        }
        let next = strategy.next(
            base, of: record, step: steps, meanSteps: sealed.reduce(0.0) { $0 + $1.steps * Double($1.samples) } / weight, counted: weight, model: digest)
        if let problem = strategy.problem(ofState: record.outcome?.state, model: digest) { return problem }
        for i in model.indices {
            let expected = next[i]
            if abs(expected - Double(model[i])) > Self.error * max(1, abs(expected)) {
                return "parameter \(i) is \(model[i]); the sealed updates give \(expected)"
            }
        }
        for client in record.sealed ?? [] {
            if let update = updates[Key(client: client, round: record.round, base: record.baseModel)] { strategy.counts(client, update.delta) }
        }
        return nil
    }
}
