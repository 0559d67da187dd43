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
    private typealias Update = (delta: [Float], samples: Int64, steps: Double)

    private let rule: SessionSpec.Aggregation
    private let byzantineTolerance: Int?
    private let radius: Double?
    /// Who sends something else than what was trained, and cannot be seen to.
    private let liars: Set<String>
    var strategy: StrategyTwin
    private var updates: [Key: Update] = [:]
    private var models: [String: [Float]] = [:]
    private static let error = 1e-5

    init(spec: SessionSpec, rows: [String: Int64], liars: Set<String>) {
        rule = spec.aggregation
        byzantineTolerance = spec.byzantineTolerance
        radius = spec.aggregation == .normBounding ? spec.normBound : spec.clipRadius
        strategy = StrategyTwin(spec.strategy, rows: rows)
        self.liars = liars
    }

    mutating func knows(model digest: String, _ parameters: [Float]) { models[digest] = parameters }

    /// false when the same client trained something else for the same round and model before.
    mutating func trained(_ client: String, base: String, _ update: UpdateBody) -> Bool {
        let key = Key(client: client, round: update.round, base: base)
        let delta = update.values + update.control
        if let before = updates[key] { return before.delta == delta }
        updates[key] = (delta, update.samples, update.steps ?? 0)
        return true
    }

    /// How many lies the rule is to withstand.
    private func cut(_ record: RoundRecord) -> Int { byzantineTolerance ?? SessionSpec.defaultTolerance(record.cohort.count) }

    /// Updates without which the rule has no result.
    func updatesNeeded(_ record: RoundRecord) -> Int {
        switch rule {
        case .mean, .median, .geometricMedian, .centeredClipping, .normBounding: 1
        case .trimmedMean: 2 * cut(record) + 1
        case .krum, .multiKrum: 2 * cut(record) + 3
        }
    }

    /// nil when the model is what the sealed clients' updates, each counted once, make of the base.
    /// - Parameter privacy: of a private session: everybody counts the same, and the result has the noise that was drawn.
    mutating func problem(
        of digest: String, _ record: RoundRecord, _ chain: [String], _ privacy: PrivacyTwin?, _ session: String
    ) -> (Violation.Rule, String)? {
        guard let base = models[record.baseModel], let model = models[digest] else { return (.hashChain, "its model was never computed") }
        var sealed: [Update] = []
        for client in record.sealed ?? [] {
            guard let update = update(of: client, record) else { return (.refusesBadUpdates, "\(client) counts, but never trained for it") }
            sealed.append(
                privacy.map { ($0.clipped(update.delta), 1, update.steps) } ?? (update.delta, strategy.weight(of: client) ?? update.samples, update.steps))
        }
        guard !sealed.isEmpty else { return (.quorumIsMet, "nobody counts") }
        let cut = privacy?.plan?.floors.trimmed ?? cut(record)
        var step = mean(sealed, cut, record.baseModel)
        if let problem = lies(record, sealed.count, step) { return (.withstandsLiars, problem) }
        if let privacy {
            guard let released = privacy.released(step, summands: sealed.count, isMean: rule == .mean, record, session: session) else {
                return (.sumIsExact, "the noise of the round was never drawn")
            }
            step = released
        }
        let before = strategy
        let expected = next(base, record, sealed, step, digest)
        if let i = difference(model, expected) {
            strategy = before
            // With noise no other sum can be told from the right one.
            let cause = privacy == nil ? cause(model, base, record, sealed, cut, chain) : .sumIsExact
            return (cause, "parameter \(i) is \(model[i]); the sealed updates give \(expected[i])")
        }
        if let problem = strategy.problem(ofState: record.outcome?.state, model: digest) { return (.stateIsExact, problem) }
        for client in record.sealed ?? [] {
            if let update = update(of: client, record) { strategy.counts(client, update.delta) }
        }
        return nil
    }

    private func update(of client: String, _ record: RoundRecord) -> Update? {
        updates[Key(client: client, round: record.round, base: record.baseModel)]
    }

    private func mean(_ updates: [Update], _ cut: Int, _ base: String) -> [Double] {
        RuleTwin(rule: rule, byzantine: cut, reference: strategy.reference(with: base), radius: radius)
            .combine(updates.map { ($0.delta.map(Double.init), Double($0.samples)) })
    }

    /// The model that these updates make of `base`.
    private mutating func next(_ base: [Float], _ record: RoundRecord, _ updates: [Update], _ step: [Double], _ digest: String) -> [Double] {
        let weight = updates.reduce(0.0) { $0 + Double($1.samples) }
        return strategy.next(
            base, of: record, step: step, meanSteps: updates.reduce(0.0) { $0 + $1.steps * Double($1.samples) } / weight,
            counted: weight, model: digest)
    }

    /// The first parameter that is not what it has to be.
    private func difference(_ model: [Float], _ expected: [Double]) -> Int? {
        model.indices.first { abs(expected[$0] - Double(model[$0])) > Self.error * max(1, abs(expected[$0])) }
    }

    /// What so few liars say cannot move a coordinate beyond what honest clients say.
    private func lies(_ record: RoundRecord, _ count: Int, _ step: [Double]) -> String? {
        let honest = (record.sealed ?? []).filter { !liars.contains($0) }.compactMap { update(of: $0, record)?.delta }
        let lies = count - honest.count
        guard lies > 0, rule == .trimmedMean ? lies <= cut(record) : rule == .median && 2 * lies < count else { return nil }
        for i in step.indices {
            let range = honest.map { Double($0[i]) }
            if let low = range.min(), let high = range.max(), step[i] < low - Self.error || step[i] > high + Self.error {
                return "parameter \(i) moves by \(step[i]); honest clients say \(low) to \(high)"
            }
        }
        return nil
    }

    /// Which promise it is that a wrong model breaks: what the model would be with another base, or with some updates
    /// counted twice, is tried.
    private func cause(
        _ model: [Float], _ base: [Float], _ record: RoundRecord, _ sealed: [Update], _ cut: Int, _ chain: [String]
    ) -> Violation.Rule {
        func gives(_ base: [Float], _ updates: [Update]) -> Bool {
            var twin = self
            return twin.difference(model, twin.next(base, record, updates, mean(updates, cut, record.baseModel), "")) == nil
        }
        if chain.compactMap({ models[$0] }).contains(where: { $0 != base && gives($0, sealed) }) { return .hashChain }
        let most = min(sealed.count, 10)
        for chosen in 1..<(1 << most) {
            let twice = (0..<most).filter { chosen & (1 << $0) != 0 }.map { sealed[$0] }
            if gives(base, sealed + twice) { return .countedOnce }
        }
        let alike: [Update] = sealed.map { ($0.delta, 1, $0.steps) }
        if gives(base, alike) || (sealed.count > 1 && gives(base, Array(sealed.dropLast()))) { return .sumIsExact }
        return strategy.keepsState(with: record.baseModel) ? .stateIsExact : .sumIsExact
    }
}
