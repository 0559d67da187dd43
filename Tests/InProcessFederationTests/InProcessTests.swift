import Compute
import CryptoSuite
import Federation
import FederationSimulator
import InProcessFederation
import KernelTable
import Learning
import TensorKernels
import Testing
import Trust

private func record(_ spec: SessionSpec) -> SessionRecord {
    SessionRecord(id: "fl-session-1", tenant: "default", spec: spec, createdAt: Instant(milliseconds: 0), registrationTokenHash: [])
}

/// Two classes that can be told apart.
private func rows(_ count: Int, seed: UInt64) -> Dataset {
    var draw = SeededGenerator(seed: seed)
    var (features, labels): ([Float], [Int32]) = ([], [])
    for row in 0..<count {
        labels.append(Int32(row % 2))
        for column in 0..<3 { features.append(Float(draw.normal()) + (column == row % 2 ? 2 : 0)) }
    }
    return Dataset(features: features, labels: labels, inputs: 3, outputs: 2)
}

private func spec(clients: Int, rounds: Int, fraction: Double = 1) -> SessionSpec {
    var spec = SessionSpec()
    spec.modelType = .logisticRegression
    spec.clientFraction = fraction
    (spec.minClients, spec.maxClients, spec.rounds) = (fraction == 1 ? clients : 2, clients, rounds)
    (spec.learningRate, spec.batchSize) = (0.1, 4)
    return spec
}

private func federation(_ spec: SessionSpec, clients: Int) -> InProcessFederation {
    let dataset = rows(200, seed: 5)
    return InProcessFederation(
        session: record(spec), names: (0..<clients).map { "client-\(10_000 + $0)" }, dataset: dataset, schema: SimulatedData.schema,
        shares: .drawn(clients: clients, rowsEach: 8, alpha: 0.5, labels: dataset.labels, outputs: 2, seed: 1), holdout: rows(100, seed: 6),
        suite: .system)
}

@Suite struct InProcessTests {
    /// The simulator lets the same machines live through time and a network; without faults nothing of it may show.
    @Test(arguments: [
        (SessionSpec.Aggregation.mean, SessionSpec.Algorithm.federatedAveraging, UInt64(1)), (.median, .federatedAveraging, 2),
        (.trimmedMean, .federatedAveraging, 3), (.mean, .fedProx, 4),
    ])
    func theSimulatorEndsWithTheSameModel(aggregation: SessionSpec.Aggregation, algorithm: SessionSpec.Algorithm, seed: UInt64) throws {
        var configuration = SimulationConfiguration.fullParticipation(clients: 7, rounds: 4)
        configuration.spec.aggregation = aggregation
        configuration.spec.algorithm = algorithm
        configuration.spec.proximalMu = algorithm == .fedProx ? 0.1 : 0
        var simulation = Simulation(seed: seed, configuration: configuration)
        let simulated = simulation.run()
        #expect(simulated.violations == [] && simulated.status == .completed)

        var (features, labels, shares): ([Float], [Int32], [[Int]]) = ([], [], [])
        for index in 0..<7 {
            let own = SimulatedData.rows(of: index, seed: seed)
            shares.append(Array(labels.count..<(labels.count + own.rows)))
            features += own.features
            labels += own.labels
        }
        var federation = InProcessFederation(
            session: record(configuration.spec), names: (0..<7).map(SimulatedData.name),
            dataset: Dataset(features: features, labels: labels, inputs: 3, outputs: 2),
            schema: SimulatedData.schema, shares: RowShares(shares), suite: .simulated, kernels: Kernels.table(.baseline))
        try federation.gather()
        let report = federation.run()
        #expect(report.status == .completed && report.rounds.count == 4 && report.updates == 28)
        #expect(report.model == simulated.modelDigest)
        #expect(federation.endedWith == [report.model ?? "": 7], "every client has the last model")
    }

    @Test func threadsDoNotChangeTheModel() throws {
        var (one, many) = (federation(spec(clients: 60, rounds: 3), clients: 60), federation(spec(clients: 60, rounds: 3), clients: 60))
        try one.gather()
        try many.gather(crew: CrewThreads(workers: 3, name: "clients").crew)
        let alone = one.run()
        #expect(alone.status == .completed && alone.updates == 180)
        let threaded = many.run(crew: CrewThreads(workers: 3, name: "clients").crew)
        #expect(threaded == alone)
    }

    @Test func onlyTheCohortWorksAndNothingIsKept() throws {
        var federation = federation(spec(clients: 500, rounds: 5, fraction: 0.02), clients: 500)
        try federation.gather()
        while federation.runRound() { #expect(federation.heldBodies == 0) }
        let report = federation.report
        #expect(report.rounds.map(\.outcome.selected) == [10, 10, 10, 10, 10] && report.updates == 50)
        #expect(report.rounds.allSatisfy { $0.isCommitted && $0.outcome.heldOutAccuracy != nil && $0.outcome.bytesUp > 0 && $0.outcome.bytesDown > 0 })
        #expect(report.evaluation?.clients == 500 && federation.heldBodies == 0)
        #expect(federation.endedWith == [report.model ?? "": 500])
        #expect(InProcessFederation.bytesOfIdleClient <= 1100)
    }

    @Test func whoDoesNotFitIsNamed() throws {
        var small = spec(clients: 4, rounds: 1)
        small.model = ModelSpec(kind: .softmaxRegression, layers: [9, 2])
        var federation = federation(small, clients: 4)
        do {
            try federation.gather()
            Issue.record("it was taken")
        } catch { #expect("\(error)".contains("client-10000") && "\(error)".contains("data_schema.inputs"), "\(error)") }
    }
}

@Suite struct RowSharesTests {
    @Test func sharesAreWhatWasDealt() {
        let shares = RowShares([[3, 1], [], [0, 2, 4]])
        #expect(shares.count == 3 && (0..<3).map(shares.rowCount) == [2, 0, 3])
        #expect((0..<3).map(shares.rows) == [[3, 1], [], [0, 2, 4]])
    }

    @Test func drawnSharesDependOnTheSeedAndOnAlpha() {
        let labels = (0..<1000).map { Int32($0 % 10) }
        func draw(_ alpha: Double?, _ seed: UInt64) -> RowShares {
            .drawn(clients: 300, rowsEach: 40, alpha: alpha, labels: labels, outputs: 10, seed: seed)
        }
        /// Share of the most frequent class, averaged over the clients: 1 when each has one class.
        func concentration(_ shares: RowShares) -> Double {
            (0..<shares.count).reduce(0) { sum, client in
                var counts = [Int](repeating: 0, count: 10)
                for row in shares.rows(of: client) { counts[Int(labels[row])] += 1 }
                return sum + Double(counts.max() ?? 0) / 40 / Double(shares.count)
            }
        }
        #expect(draw(0.5, 1) == draw(0.5, 1) && draw(0.5, 1) != draw(0.5, 2))
        #expect((0..<300).allSatisfy { draw(nil, 1).rowCount(of: $0) == 40 })
        // With all rows alike the most frequent of ten classes has about 7.4 of 40 rows; with alpha 0.1 most of them.
        #expect(concentration(draw(nil, 1)) < 0.25)
        #expect((0.35...0.6).contains(concentration(draw(0.5, 1))))
        #expect(concentration(draw(0.1, 1)) > 0.65)
    }
}
