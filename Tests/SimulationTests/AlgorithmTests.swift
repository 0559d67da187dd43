import Federation
import FederationSimulator
import Testing

/// Algorithms that keep something besides the model, on both sides: kills and repeats change no bit of it.
@Suite struct AlgorithmTests {
    private func run(_ algorithm: SessionSpec.Algorithm, _ faults: Faults) -> SimulationReport {
        var configuration = SimulationConfiguration.fullParticipation(clients: 4, rounds: 4, faults: faults)
        configuration.spec.algorithm = algorithm
        var simulation = Simulation(seed: 21, configuration: configuration)
        return simulation.run()
    }

    @Test(arguments: [SessionSpec.Algorithm.fedAdam, .fedYogi, .fedAdagrad, .fedNova, .scaffold])
    func disturbedRunsEndWithTheSameModel(algorithm: SessionSpec.Algorithm) {
        let calm = run(algorithm, .none)
        #expect(calm.status == .completed && calm.violations == [])
        // Everybody takes a power of two of steps here, and as many as the others: then FedNova is averaging, bit for bit.
        #expect((calm.modelDigest == run(.federatedAveraging, .none).modelDigest) == (algorithm == .fedNova))
        var restarts = 0
        for variation in 0..<12 {
            var faults = Faults()
            faults.delay = 1...Int64(5 + 7 * variation)
            faults.straggle = 0.02
            (faults.loss, faults.duplication, faults.reordering, faults.trainingFailure) = (0.1, 0.3, 0.1, 0.05)
            (faults.effectCrash, faults.malformed) = (0.01, 0.2)
            (faults.coordinatorCrashes, faults.clientCrashes, faults.brokenLinks) = (1 + variation % 4, variation % 6, variation % 5)
            let report = run(algorithm, faults)
            #expect(report.violations == [], "variation \(variation)")
            #expect(report.modelDigest == calm.modelDigest, "variation \(variation)")
            restarts += report.coordinatorRestarts + report.clientRestarts
        }
        #expect(restarts >= 40)
    }

    @Test func theStormHasThemAll() {
        let specs = (UInt64(0)..<200).map { SimulationConfiguration.storm(seed: $0).spec }
        for algorithm in SessionSpec.Algorithm.allCases { #expect(specs.contains { $0.algorithm == algorithm }, "\(algorithm)") }
        #expect(specs.contains { $0.overSelection > 1 } && specs.contains { $0.modelSelection == .best } && specs.contains { $0.earlyStopping != nil })
        #expect(specs.allSatisfy { (try? $0.validate()) != nil })
    }
}
