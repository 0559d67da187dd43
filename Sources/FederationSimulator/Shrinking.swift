internal import Federation
internal import Learning
internal import StrictJSON

extension Simulation {
    /// A smaller federation with less bad weather in which the same promise is still broken: fewer rounds and clients, and
    /// only those faults that are needed. Each step is kept when the first violation stays the same rule.
    ///
    /// - Returns: nil when nothing is violated in the first place.
    package func shrunk() -> (configuration: SimulationConfiguration, report: SimulationReport)? {
        func violates(_ configuration: SimulationConfiguration, _ rule: Violation.Rule?) -> SimulationReport? {
            var simulation = Simulation(seed: seed, configuration: configuration)
            let report = simulation.run()
            guard let first = report.violations.first, rule == nil || first.rule == rule else { return nil }
            return report
        }
        guard var report = violates(configuration, nil), let rule = report.violations.first?.rule else { return nil }
        var smallest = configuration
        var isSmaller = true
        while isSmaller {
            isSmaller = false
            for step in Self.steps {
                var candidate = smallest
                step(&candidate)
                guard candidate != smallest, let found = violates(candidate, rule) else { continue }
                (smallest, report, isSmaller) = (candidate, found, true)
            }
        }
        return (smallest, report)
    }

    /// From the coarse to the fine. A step that changes nothing is skipped.
    private static let steps: [@Sendable (inout SimulationConfiguration) -> Void] = [
        { $0.spec.rounds = 1 }, { $0.spec.rounds = max(1, $0.spec.rounds - 1) },
        { $0.removeClient() },
        { $0.faults.loss = 0 }, { $0.faults.duplication = 0 }, { $0.faults.reordering = 0 }, { $0.faults.straggle = 0 },
        { $0.faults.trainingFailure = 0 }, { $0.faults.malformed = 0 }, { $0.faults.effectCrash = 0 },
        { $0.faults.coordinatorCrashes = 0 }, { $0.faults.coordinatorCrashes = max(0, $0.faults.coordinatorCrashes - 1) },
        { $0.faults.clientCrashes = 0 }, { $0.faults.clientCrashes = max(0, $0.faults.clientCrashes - 1) },
        { $0.faults.brokenLinks = 0 }, { $0.faults.brokenLinks = max(0, $0.faults.brokenLinks - 1) },
        { $0.faults.partitions = 0 }, { $0.faults.partitions = max(0, $0.faults.partitions - 1) },
        { $0.faults.replays = 0 }, { $0.faults.replays = max(0, $0.faults.replays - 1) },
        { $0.faults.clockJumps = 0 }, { $0.faults.clockJumps = max(0, $0.faults.clockJumps - 1) },
        { $0.faults.fullDisks = 0 }, { $0.faults.fullDisks = max(0, $0.faults.fullDisks - 1) },
        { $0.faults.slowWrite = 0 }, { $0.faults.stragglers = 0 }, { $0.faults.churn = 0 }, { $0.faults.lateJoiners = 0 },
        { $0.faults.liars = 0 }, { $0.faults.dropouts = 0 }, { $0.faults.shareForgers = 0 }, { $0.faults.delay = 1...20 }, { $0.stopAt = nil },
        { $0.spec.clientFraction = 1 }, { $0.spec.quorum = nil }, { $0.spec.localEpochs = 1 },
        { $0.spec.schedule = .constant }, { $0.spec.overSelection = 1 }, { $0.spec.modelSelection = .last }, { $0.spec.earlyStopping = nil },
        { $0.faults.neighbours = 0 }, { $0.ownCap = nil }, { ($0.spec.privacy, $0.spec.privacyBudget) = (nil, nil) },
        { $0.spec.secureAggregation = nil }, { $0.spec.momentum = 0 }, { ($0.spec.algorithm, $0.spec.proximalMu) = (.federatedAveraging, 0) },
        { $0.spec.aggregation = .mean },
    ]
}

extension SimulationConfiguration {
    /// One client less, and as many less that a round needs; not below what the aggregation works with.
    fileprivate mutating func removeClient() {
        // Whose owner says enough does not come back, and without it there still have to be enough.
        let spare = ownCap == nil ? 0 : 1
        guard clients > 3 + spare else { return }
        clients -= 1
        spec.maxClients = min(spec.maxClients, clients)
        spec.minClients = min(spec.minClients, clients - spare)
        if let quorum = spec.quorum { spec.quorum = min(quorum, spec.minClients) }
    }

    /// What makes this federation differ from a calm one, for people.
    package var summary: String {
        var parts = ["\(clients) clients", "\(spec.rounds) rounds", spec.aggregation.rawValue]
        func add(_ name: String, _ value: some Comparable & ExpressibleByIntegerLiteral) { if value != 0 { parts.append("\(name) \(value)") } }
        if spec.minClients != clients { parts.append("at least \(spec.minClients)") }
        if let quorum = spec.quorum { parts.append("quorum \(quorum)") }
        if spec.clientFraction != 1 { parts.append("fraction \(spec.clientFraction)") }
        parts.append("delay \(faults.delay.lowerBound) to \(faults.delay.upperBound) ms")
        add("straggle", faults.straggle)
        add("loss", faults.loss)
        add("duplication", faults.duplication)
        add("reordering", faults.reordering)
        add("effect crash", faults.effectCrash)
        add("training failure", faults.trainingFailure)
        add("malformed", faults.malformed)
        add("coordinator crashes", faults.coordinatorCrashes)
        add("client crashes", faults.clientCrashes)
        add("broken links", faults.brokenLinks)
        add("partitions", faults.partitions)
        add("replays", faults.replays)
        add("clock jumps", faults.clockJumps)
        add("slow writes", faults.slowWrite)
        add("full disks", faults.fullDisks)
        add("stragglers", faults.stragglers)
        add("churn", faults.churn)
        add("late joiners", faults.lateJoiners)
        add("dropouts", faults.dropouts)
        add("neighbours", faults.neighbours)
        if let budget = spec.privacyBudget, let privacy = spec.privacy { parts.append("epsilon \(budget) with noise \(privacy.noiseMultiplier ?? 0)") }
        if let ownCap { parts.append("own cap \(ownCap)") }
        if faults.liars > 0 { parts.append("liars \(faults.liars) (\(faults.lie.rawValue))") }
        if spec.algorithm != .federatedAveraging { parts.append(spec.algorithm.rawValue) }
        if spec.schedule != .constant { parts.append("schedule \(spec.schedule.json.encodedText)") }
        if let plantedBug { parts.append("planted: \(plantedBug.rawValue)") }
        if let stopAt { parts.append("stopped at \(stopAt) ms") }
        return parts.joined(separator: ", ")
    }
}
