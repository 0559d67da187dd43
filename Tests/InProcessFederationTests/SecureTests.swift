import CryptoSuite
import DifferentialPrivacy
import Federation
import FederationSimulator
import InProcessFederation
import KernelTable
import Learning
import SecureAggregation
import TensorKernels
import Testing
import Trust

/// The same numbers for a client and a use, whoever runs the federation.
private let secrets = ClientSecrets(
    rounding: { Secret(CryptoSuite.simulated.sha256(Array("rounding \($0)".utf8))) },
    entropy: { client, use in Secret(CryptoSuite.simulated.sha256(Array("\(client) \(use)".utf8))) },
    identity: { Secret(CryptoSuite.simulated.sha256(Array("identity \($0)".utf8))) })

private func spec(clients: Int, rounds: Int = 2, _ aggregation: SessionSpec.Aggregation = .mean) -> SessionSpec {
    var spec = SessionSpec()
    spec.modelType = .logisticRegression
    spec.model = ModelSpec(kind: .softmaxRegression, layers: [3, 2])
    (spec.minClients, spec.maxClients, spec.rounds) = (clients, clients, rounds)
    (spec.learningRate, spec.batchSize, spec.aggregation) = (0.1, 4, aggregation)
    spec.secureAggregation = SecureAggregationSpec()
    return spec
}

private func rows(of clients: Int) -> (dataset: Dataset, shares: RowShares) {
    var (features, labels, shares): ([Float], [Int32], [[Int]]) = ([], [], [])
    for index in 0..<clients {
        let own = SimulatedData.rows(of: index, seed: 3)
        shares.append(Array(labels.count..<(labels.count + own.rows)))
        features += own.features
        labels += own.labels
    }
    return (Dataset(features: features, labels: labels, inputs: 3, outputs: 2), RowShares(shares))
}

private func federation(_ spec: SessionSpec, clients: Int, suite: CryptoSuite = .simulated) throws -> InProcessFederation {
    try spec.validate()
    let (dataset, shares) = rows(of: clients)
    let record = SessionRecord(id: "fl-session-secure", tenant: "default", spec: spec, createdAt: Instant(milliseconds: 0), registrationTokenHash: [])
    return InProcessFederation(
        session: record, names: (0..<clients).map(SimulatedData.name), dataset: dataset, schema: SimulatedData.schema, shares: shares, suite: suite,
        kernels: Kernels.table(.baseline), secrets: secrets)
}

@Suite struct SecureInProcessTests {
    @Test func aMaskedMeanIsTheMeanOfTheEncodedUpdates() throws {
        var federation = try federation(spec(clients: 10), clients: 10)
        try federation.gather()
        let report = federation.run()
        #expect(report.status == .completed && report.updates == 20)
        for round in report.rounds {
            let secure = try #require(round.outcome.secure)
            #expect(secure.groups == 1 && secure.groupSizes == [10] && secure.survivors == 10 && secure.confirmed == 10 && secure.void == [])
            #expect(secure.saturated == 0 && secure.keyBytesUp > 10_000 && secure.keyBytesDown > 10_000 && !secure.isUnchanged)
        }
        // Plain updates give almost the same model: what differs is the rounding to 16 bits, and that clients weigh alike.
        var plain = spec(clients: 10)
        plain.secureAggregation = nil
        var open = InProcessFederation(
            session: SessionRecord(id: "fl-session-secure", tenant: "default", spec: plain, createdAt: Instant(milliseconds: 0), registrationTokenHash: []),
            names: (0..<10).map(SimulatedData.name), dataset: rows(of: 10).dataset, schema: SimulatedData.schema, shares: rows(of: 10).shares,
            suite: .simulated, kernels: Kernels.table(.baseline))
        try open.gather()
        #expect(open.run().model != report.model)
    }

    @Test func masksKeysAndThreadsOfTheSuiteDoNotShowInTheModel() throws {
        var (simulated, real) = (try federation(spec(clients: 6), clients: 6), try federation(spec(clients: 6), clients: 6, suite: .system))
        try simulated.gather()
        try real.gather()
        let (first, second) = (simulated.run(), real.run())
        #expect(first.status == .completed && second.status == .completed)
        #expect(first.rounds.map(\.outcome.secure?.keyBytesUp) == second.rounds.map(\.outcome.secure?.keyBytesUp))
    }

    @Test(arguments: [SessionSpec.Aggregation.trimmedMean, .median])
    func aRobustRuleWorksOnTheMeansOfGroups(rule: SessionSpec.Aggregation) throws {
        var federation = try federation(spec(clients: 20, rule), clients: 20)
        try federation.gather()
        let report = federation.run()
        #expect(report.status == .completed, "\(report)")
        #expect(report.rounds.allSatisfy { $0.outcome.secure?.groupSizes.reduce(0, +) == 20 && $0.outcome.secure?.groups == 4 })
    }

    /// Who is gone before its update leaves takes nobody along; the round waits for it until the phase's time is over.
    @Test func whoDropsOutIsLeftOutOfTheSum() throws {
        var dropping = spec(clients: 10, rounds: 3)
        dropping.quorum = 8
        var federation = try federation(dropping, clients: 10)
        federation.drop([SimulatedData.name(of: 3)], inRound: 2)
        federation.drop([SimulatedData.name(of: 3), SimulatedData.name(of: 7)], inRound: 3)
        try federation.gather()
        let report = federation.run()
        #expect(report.status == .completed)
        #expect(report.rounds.map { $0.outcome.secure?.groupSizes } == [[10], [9], [8]])
        #expect(report.rounds.map { $0.outcome.secure?.confirmed } == [10, 10, 10])
        #expect(report.rounds.map(\.outcome.dropped) == [0, 1, 2])
    }

    /// Signed adverts, a round of signatures over the survivors: other messages, and the same model.
    @Test func againstALyingCoordinatorTheModelIsTheSame() throws {
        var strict = spec(clients: 20, rounds: 3)
        strict.quorum = 18
        var trusting = strict
        strict.secureAggregation?.mode = .maliciousServer
        trusting.secureAggregation?.mode = .honestButCurious
        var models: [String?] = []
        for (spec, suite) in [(strict, CryptoSuite.simulated), (trusting, .simulated), (strict, .system)] {
            var federation = try federation(spec, clients: 20, suite: suite)
            federation.drop([SimulatedData.name(of: 3)], inRound: 2)
            try federation.gather()
            let report = federation.run()
            #expect(report.status == .completed && report.rounds.map { $0.outcome.secure?.groupSizes } == [[20], [19], [20]], "\(report)")
            models.append(report.model)
        }
        #expect(models[0] == models[1])
    }

    /// Other keys and other seals: other messages, and the same model.
    @Test func withXWingTheModelIsTheSame() throws {
        var classical = spec(clients: 20, rounds: 2)
        classical.quorum = 18
        var hybrid = classical
        hybrid.secureAggregation?.keyAgreement = .xWing
        var models: [String?] = []
        var bytes: [Int64] = []
        for (spec, suite) in [(classical, CryptoSuite.simulated), (hybrid, .simulated), (hybrid, .system)] {
            var federation = try federation(spec, clients: 20, suite: suite)
            federation.drop([SimulatedData.name(of: 3)], inRound: 2)
            try federation.gather()
            let report = federation.run()
            #expect(report.status == .completed && report.rounds.map { $0.outcome.secure?.groupSizes } == [[20], [19]], "\(report)")
            models.append(report.model)
            bytes.append(report.rounds.last?.outcome.secure?.keyBytesDown ?? 0)
        }
        #expect(models[0] == models[1] && bytes[1] == bytes[2] && bytes[1] > 5 * bytes[0])
    }

    /// Every client adds its part before its update is masked: what is opened has the noise that was planned, and not less of it. Nobody
    /// has to be asked for noise afterwards.
    @Test func theClientsNoiseIsInWhatIsOpened() throws {
        var (squares, count, deviation) = (0.0, 0, 0.0)
        for number in 0..<8 {
            func model(_ isPrivate: Bool) throws -> (report: InProcessReport, parameters: [Float], plan: SessionPlan) {
                var spec = spec(clients: 10, rounds: 1)
                spec.secureAggregation?.clip = 1
                if isPrivate { (spec.privacy, spec.privacyBudget) = (PrivacySpec(), 8) }
                try spec.validate()
                let (dataset, shares) = rows(of: 10)
                let record = SessionRecord(
                    id: "fl-session-\(number)", tenant: "default", spec: spec, createdAt: Instant(milliseconds: 0), registrationTokenHash: [])
                var federation = InProcessFederation(
                    session: record, names: (0..<10).map(SimulatedData.name), dataset: dataset, schema: SimulatedData.schema, shares: shares,
                    holdout: dataset, suite: .simulated, kernels: Kernels.table(.baseline), secrets: secrets)
                try federation.gather()
                let report = federation.run()
                return (report, federation.newest?.model.parameters ?? [], SessionPlan(spec, clients: 10, dimension: 8))
            }
            let (noised, silent) = (try model(true), try model(false))
            #expect(noised.report.status == .completed && silent.report.status == .completed, "\(noised.report)")
            #expect(noised.report.rounds.last?.outcome.epsilon ?? 9 <= 8 && noised.report.rounds.last?.outcome.epsilon ?? 0 > 7.9)
            let share = try #require(noised.plan.privacy?.share)
            // All ten are there, so there is a little more of it than the honest ones' parts.
            deviation = (share.variance * 10).squareRoot() * (noised.plan.privacy?.latticeStep ?? 0) / 10
            squares += zip(noised.parameters, silent.parameters).reduce(0) { $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1) }
            count += noised.parameters.count
        }
        // 64 draws: their mean square is right within 18 %, one deviation, at three of them.
        #expect(count == 64 && abs(squares / 64 / (deviation * deviation) - 1) < 0.54, "\((squares / 64).squareRoot()) and \(deviation)")
    }

    /// Bytes of keys, shares and answers of a client in a round of a hundred, in groups; docs/protocol/secure-aggregation.md has them.
    @Test(arguments: [(SecureAggregationSpec.KeyAgreement.x25519, 10_000, 30_000), (.xWing, 40_000, 330_000)])
    func bytesBesideTheVector(keys: SecureAggregationSpec.KeyAgreement, mostUp: Int64, mostDown: Int64) throws {
        var hundred = spec(clients: 100, rounds: 1, .trimmedMean)
        hundred.secureAggregation?.keyAgreement = keys
        var federation = try federation(hundred, clients: 100)
        try federation.gather()
        let outcome = try #require(federation.run().rounds.first?.outcome.secure)
        let (up, down) = (outcome.keyBytesUp / 100, outcome.keyBytesDown / 100)
        print("\(keys.rawValue): \(up) bytes up, \(down) down")
        #expect(up <= mostUp && down <= mostDown, "\(up), \(down)")
    }

    /// Fewer than the quorum: nobody was asked to open anything, so the round is tried again with fresh keys, and then given up.
    @Test func tooFewEndTheAttemptAndNotTheSession() throws {
        var federation = try federation(spec(clients: 10, rounds: 2), clients: 10)
        federation.drop([SimulatedData.name(of: 3), SimulatedData.name(of: 7)], inRound: 2)
        try federation.gather()
        let report = federation.run()
        #expect(report.status == .failed && report.reason?.contains("8 of 10 members sent their vector") == true, "\(report.reason ?? "")")
        #expect(report.rounds.first?.isCommitted == true && report.rounds.dropFirst().allSatisfy { !$0.isCommitted })
    }

    @Test(arguments: [SessionSpec.Algorithm.fedProx, .fedAdam, .fedYogi, .fedAdagrad])
    func serversThatNeedTheMeanAloneWork(algorithm: SessionSpec.Algorithm) throws {
        var adaptive = spec(clients: 6, rounds: 3)
        adaptive.algorithm = algorithm
        var federation = try federation(adaptive, clients: 6)
        try federation.gather()
        #expect(federation.run().status == .completed)
    }

    @Test func rowsWeighWhereTheyMay() throws {
        var weighted = spec(clients: 6)
        weighted.secureAggregation?.largestWeight = 100
        var (first, second) = (try federation(weighted, clients: 6), try federation(spec(clients: 6), clients: 6))
        try first.gather()
        try second.gather()
        let (rows, alike) = (first.run(), second.run())
        #expect(rows.status == .completed && rows.model != alike.model)
    }

    /// The simulator lets the same machines live through time and a network.
    @Test(arguments: [(SessionSpec.Aggregation.mean, 7), (.trimmedMean, 15)])
    func theSimulatorEndsWithTheSameModel(aggregation: SessionSpec.Aggregation, clients: Int) throws {
        var configuration = SimulationConfiguration.fullParticipation(clients: clients, rounds: 3)
        configuration.spec.secureAggregation = SecureAggregationSpec(groupFloor: 3)
        configuration.spec.aggregation = aggregation
        try configuration.spec.validate()
        var simulation = Simulation(seed: 3, configuration: configuration)
        let simulated = simulation.run()
        #expect(simulated.violations == [] && simulated.status == .completed)
        guard aggregation == .mean else { return }
        // One group, whoever draws it; with several the nonces of the draw would have to be the same.
        let (dataset, shares) = rows(of: clients)
        let record = SessionRecord(
            id: "fl-session-simulated", tenant: "default", spec: configuration.spec, createdAt: Instant(milliseconds: 0), registrationTokenHash: [])
        let same = ClientSecrets(
            rounding: { name in SimulatedData.rounding(of: (0..<clients).first { SimulatedData.name(of: $0) == name } ?? 0) }, entropy: secrets.entropy,
            identity: secrets.identity)
        var federation = InProcessFederation(
            session: record, names: (0..<clients).map(SimulatedData.name), dataset: dataset, schema: SimulatedData.schema, shares: shares, suite: .simulated,
            kernels: Kernels.table(.baseline), secrets: same)
        try federation.gather()
        #expect(federation.run().model == simulated.modelDigest)
    }
}
