package import Federation
internal import Learning

/// What goes wrong, how often, and until when. Probabilities are in 0...1, times in virtual milliseconds.
package struct Faults: Sendable, Equatable {
    /// One way through the network.
    package var delay: ClosedRange<Int64> = 1...20
    /// A message now and then takes twenty times as long.
    package var straggle = 0.0
    /// A request, or the answer to it, is lost.
    package var loss = 0.0
    /// An upload arrives once more, some time later.
    package var duplication = 0.0
    /// A control frame overtakes the one before it, or comes twice.
    package var reordering = 0.0
    /// A process dies before one of its effects is run.
    package var effectCrash = 0.0
    /// A client says that it cannot train.
    package var trainingFailure = 0.0
    /// Somebody uploads something that is not an update, with the client's credential.
    package var malformed = 0.0
    package var coordinatorCrashes = 0
    package var clientCrashes = 0
    package var brokenLinks = 0
    /// Clients that send something else than what they trained, and claim many rows.
    package var liars = 0
    /// Clients that go away and come back only when all is healed.
    package var dropouts = 0
    /// From then on nothing goes wrong any more, and the session has to come to its end.
    package var until: Int64 = 4000

    package init() {}
    package static let none = Faults()
}

/// A fault in the simulated shell that a checker must find: the proof that the checkers can fail.
package enum PlantedBug: String, Sendable, CaseIterable {
    /// An upload is acknowledged while it is still being written.
    case acknowledgesBeforeWriting
    /// Messages leave before the change they tell of is durable.
    case sendsBeforePersisting
    /// An update that was delivered twice is added twice.
    case countsDuplicates
    /// A client does not keep its state.
    case clientForgets
    /// Updates are not read back after a restart.
    case losesContributions
    /// The coordinator's timer never fires.
    case ignoresDeadline
    /// A round is computed from the first model instead of the last one.
    case forksChain
    /// A round is computed from its model and the state before the first round.
    case forgetsServerState
}

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
    package static func storm(seed: UInt64) -> SimulationConfiguration {
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
        var configuration = SimulationConfiguration(clients: clients, spec: spec, faults: faults)
        configuration.varyAlgorithm(seed: seed)
        if draw.below(12) == 0 { configuration.stopAt = Int64(500 + draw.below(3000)) }
        return configuration
    }
}

/// A promise of the federation that did not hold.
package struct Violation: Sendable, Equatable, CustomStringConvertible {
    package enum Rule: String, Sendable {
        case oneModelPerRound, hashChain, acknowledgedIsDurable, countedOnce, endsByDeadline, trainsOnce, durableBeforeVisible
        case sealedIsFrozen, trainingIsReproducible, comesToItsEnd, agreesOnTheModel
    }
    package var rule: Rule
    package var milliseconds: Int64
    package var detail: String

    package var description: String { "\(milliseconds) ms: \(rule.rawValue): \(detail)" }
}

package struct SimulationReport: Sendable, Equatable {
    /// Of every event in order, with the bytes of every message: the same seed has the same.
    package var traceHash: UInt64
    package var events: Int
    package var status: SessionStatus
    package var committedRounds: Int
    package var abortedAttempts: Int
    /// Of the last committed model.
    package var modelDigest: String?
    package var coordinatorRestarts: Int
    package var clientRestarts: Int
    package var virtualMilliseconds: Int64
    package var violations: [Violation]
    /// Empty unless the configuration asks for it.
    package var log: [String]
}
