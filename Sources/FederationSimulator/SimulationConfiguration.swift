package import Federation
internal import Learning

package struct SimulationConfiguration: Sendable, Equatable {
    package var clients: Int
    package var spec: SessionSpec
    package var faults: Faults
    package var plantedBug: PlantedBug?
    /// Keeps what happened in words, to look into a seed.
    package var keepsLog = false
    /// The operator ends the session at this time.
    package var stopAt: Int64?
    /// How long one local training takes.
    package var training: ClosedRange<Int64> = 20...300
    /// What the owner of the last client lets its rows lose in all (ε), by its own ledger; nil: any sum.
    package var ownCap: Double?
    /// One write that is durable when it is done.
    package var disk: ClosedRange<Int64> = 1...8

    package init(clients: Int, spec: SessionSpec, faults: Faults = .none) {
        self.clients = clients
        self.spec = spec
        self.faults = faults
    }

    /// Everybody takes part in every round, whatever happens: the final model depends on the seed alone.
    package static func fullParticipation(clients: Int, rounds: Int, faults: Faults = .none) -> SimulationConfiguration {
        var spec = SessionSpec()
        spec.modelType = .logisticRegression
        (spec.minClients, spec.maxClients, spec.rounds) = (clients, clients, rounds)
        (spec.learningRate, spec.batchSize, spec.localEpochs) = (0.1, 4, 2)
        (spec.roundDeadlineSeconds, spec.heartbeatSeconds) = (3600, 1)
        return SimulationConfiguration(clients: clients, spec: spec, faults: faults)
    }

    /// Small federations in bad weather: everything that can differ is drawn from the seed.
    /// - Parameters:
    ///   - masksSome: whether some of them have secure aggregation.
    ///   - privacy: how many have differential privacy.
    package static func storm(seed: UInt64, masksSome: Bool = true, privacy: PrivateShare = .some) -> SimulationConfiguration {
        var draw = SeededGenerator(seed: derivedSeed(seed, "configuration"))
        let clients = 3 + draw.below(5)
        var spec = SessionSpec()
        spec.modelType = .logisticRegression
        spec.rounds = 2 + draw.below(3)
        spec.maxClients = clients
        spec.minClients = max(3, clients - draw.below(3))
        if draw.below(2) == 0 { spec.quorum = max(2, spec.minClients - 1) }
        if draw.below(3) == 0 { spec.clientFraction = 0.6 }
        spec.aggregation = [.mean, .mean, .median, .trimmedMean][draw.below(4)]
        if spec.aggregation == .trimmedMean { spec.quorum = nil }
        if draw.below(4) == 0 { (spec.algorithm, spec.proximalMu) = (.fedProx, 0.1) }
        (spec.learningRate, spec.batchSize, spec.localEpochs) = (0.1, 4, 1 + draw.below(2))
        (spec.roundDeadlineSeconds, spec.heartbeatSeconds, spec.seed) = (2, 1, seed)
        var configuration = SimulationConfiguration(clients: clients, spec: spec, faults: .storm(&draw))
        configuration.varyAlgorithm(seed: seed)
        configuration.varyRule(seed: seed)
        if masksSome { configuration.varySecurity(seed: seed) }
        // Who is refused in every round cannot be missed by a quorum of all.
        if spec.quorum == nil && configuration.faults.lie.isRefused { configuration.faults.lie = .wrongCounts }
        configuration.varyPrivacy(seed: seed, privacy)
        if draw.below(12) == 0 { configuration.stopAt = Int64(500 + draw.below(3000)) }
        return configuration
    }

    /// The storm in which a bug is looked for.
    package static func storm(seed: UInt64, with bug: PlantedBug) -> SimulationConfiguration {
        var storm = storm(seed: seed, masksSome: bug.isAboutMasks || bug.isAboutPrivacy, privacy: bug.isAboutPrivacy ? .all : .none)
        storm.plantedBug = bug
        return storm
    }

    /// Storms over twenty clients and three rounds, as the benchmark measures them.
    package static func largeStorm(seed: UInt64) -> SimulationConfiguration {
        var storm = storm(seed: seed)
        storm.clients = 20
        (storm.spec.minClients, storm.spec.maxClients, storm.spec.rounds) = (15, 20, 3)
        storm.spec.quorum = [.trimmedMean, .krum, .multiKrum].contains(storm.spec.aggregation) ? nil : 12
        storm.stopAt = nil
        return storm
    }
}

/// Of the storms that can have differential privacy.
package enum PrivateShare: Sendable { case none, some, all }

extension Faults {
    fileprivate static func storm(_ draw: inout SeededGenerator) -> Faults {
        var faults = Faults()
        func chance(_ most: Double) -> Double { draw.below(3) == 0 ? 0 : draw.uniform() * most }
        faults.delay = 1...Int64(5 + draw.below(60))
        faults.straggle = chance(0.05)
        faults.loss = chance(0.15)
        faults.duplication = chance(0.3)
        faults.reordering = chance(0.2)
        faults.effectCrash = chance(0.01)
        faults.trainingFailure = chance(0.1)
        faults.malformed = chance(0.2)
        faults.coordinatorCrashes = draw.below(4)
        faults.clientCrashes = draw.below(6)
        faults.brokenLinks = draw.below(6)
        faults.dropouts = draw.below(2)
        faults.liars = draw.below(3) == 0 ? 1 : 0
        faults.lie = Lie.allCases[draw.below(Lie.allCases.count)]
        faults.partitions = draw.below(3)
        faults.replays = draw.below(6)
        faults.clockJumps = draw.below(2) * draw.below(4)
        faults.slowWrite = chance(0.05)
        faults.fullDisks = draw.below(2) * draw.below(3)
        faults.stragglers = draw.below(3) == 0 ? 1 : 0
        faults.churn = draw.below(3) == 0 ? 0.3 : 0
        faults.lateJoiners = draw.below(3) == 0 ? 1 : 0
        return faults
    }
}
