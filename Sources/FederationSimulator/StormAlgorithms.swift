internal import Federation
internal import Learning
internal import SecureAggregation
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

    /// Judges updates as wholes in some storms that have a robust rule. As above, the weather of a seed stays what it was.
    mutating func varyRule(seed: UInt64) {
        var draw = SeededGenerator(seed: derivedSeed(seed, "rule"))
        guard spec.aggregation != .mean, spec.strategy.client == .plain, draw.below(3) == 0 else { return }
        // The geometric median ends after as many steps as rounding says, and a twin that rounds another way ends elsewhere.
        let rules: [SessionSpec.Aggregation] = [.centeredClipping] + (spec.minClients >= 5 ? [.krum, .multiKrum] : [])
        spec.aggregation = rules[draw.below(rules.count)]
        if spec.aggregation == .krum || spec.aggregation == .multiKrum { spec.quorum = nil }
    }

    /// Counts what some storms cost their clients. As above, the weather of the others stays what it was.
    mutating func varyPrivacy(seed: UInt64, _ share: PrivateShare) {
        var draw = SeededGenerator(seed: derivedSeed(seed, "privacy"))
        let isDrawn = draw.below(4) == 0
        guard share == .all || (share == .some && isDrawn) else { return }
        var counted = self
        var privacy = PrivacySpec.storm
        // From noise that three rounds of the smallest budget bear to noise that the largest bears for one.
        privacy.noiseMultiplier = [1.5, 2, 3, 4][draw.below(4)]
        privacy.l2Clip = [0.1, 0.5, 1][draw.below(3)]
        (counted.spec.privacy, counted.spec.privacyBudget) = (privacy, 3 + 7 * draw.uniform())
        counted.spec.overSelection = 1
        if draw.below(2) == 0 { counted.faults.neighbours = 1 + draw.below(2) }
        // Who is spent does not come back, and the others have to be enough.
        let least = (try? counted.spec.clientsNeeded())?.count ?? counted.clients
        if counted.spec.secureAggregation == nil, least < counted.clients, draw.below(3) == 0 { counted.ownCap = 2 + 4 * draw.uniform() }
        guard (try? counted.spec.validate()) != nil else { return }
        if counted.spec.secureAggregation != nil, (try? counted.spec.clientsNeeded())?.count != counted.spec.minClients { return }
        self = counted
    }

    /// Masks the updates of some storms. As above, the weather of a seed stays what it was.
    mutating func varySecurity(seed: UInt64) {
        var draw = SeededGenerator(seed: derivedSeed(seed, "security"))
        guard draw.below(3) == 0, spec.strategy.client == .plain else { return }
        var secured = self
        (secured.spec.clientFraction, secured.spec.overSelection) = (1, 1)
        // A robust rule needs three groups of three.
        secured.clients = max(clients, spec.aggregation == .mean ? 4 : 9 + draw.below(3))
        secured.spec.maxClients = secured.clients
        secured.spec.minClients = max(spec.minClients, spec.aggregation == .mean ? 4 : 9)
        secured.spec.quorum = spec.aggregation == .mean ? secured.spec.minClients - draw.below(2) : secured.spec.minClients
        secured.spec.secureAggregation = SecureAggregationSpec(groupFloor: 3)
        // What everybody can see of a plain update, nobody sees of a masked one.
        if faults.lie.isRefused { secured.faults.liars = 0 }
        // One that is left out must not be missing from a quorum.
        let plans = (secured.spec.minClients...secured.clients).map { (members: $0, plan: try? secured.spec.securePlan(members: $0, dimension: 1)) }
        if draw.below(2) == 0, plans.allSatisfy({ $0.plan?.quorum ?? .max < $0.members }) { secured.faults.shareForgers = 1 }
        if draw.below(3) == 0 { secured.spec.secureAggregation?.keyAgreement = .xWing }
        // A session that waits for more clients than there are would never begin.
        guard (try? secured.spec.validate()) != nil, (try? secured.spec.clientsNeeded())?.count == secured.spec.minClients else { return }
        self = secured
        // Keys pinned outside the coordinator, where so few members can bear that one of them works for it.
        guard draw.below(2) == 0 else { return }
        secured.spec.secureAggregation?.mode = .maliciousServer
        if (try? secured.spec.validate()) != nil, (try? secured.spec.clientsNeeded())?.count == secured.spec.minClients { self = secured }
    }
}

extension PrivacySpec {
    /// Noise that is given needs no search.
    static var storm: PrivacySpec {
        var privacy = PrivacySpec()
        (privacy.noiseMultiplier, privacy.onBudget) = (2, .stopEarly)
        return privacy
    }
}
