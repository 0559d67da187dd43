import Federation
import FederationSimulator
import Testing

/// Storms in which every round costs something that must never be forgotten.
@Suite struct PrivacyTests {
    private func run(_ seed: UInt64, _ configuration: SimulationConfiguration) -> SimulationReport {
        var simulation = Simulation(seed: seed, configuration: configuration)
        return simulation.run()
    }

    private func calm(epsilon: Double, noise: Double, rounds: Int = 3) -> SimulationConfiguration {
        var configuration = SimulationConfiguration.fullParticipation(clients: 5, rounds: rounds)
        var privacy = PrivacySpec()
        (privacy.noiseMultiplier, privacy.onBudget) = (noise, .stopEarly)
        (configuration.spec.privacy, configuration.spec.privacyBudget) = (privacy, epsilon)
        configuration.spec.roundDeadlineSeconds = 2
        return configuration
    }

    @Test func privateStormsKeepTheirPromises() {
        var (storms, masked, completed, spent, restarts) = (0, 0, 0, 0, 0)
        for seed in UInt64(0)..<400 {
            let storm = SimulationConfiguration.storm(seed: seed, privacy: .all)
            guard storm.spec.privacy != nil else { continue }
            let report = run(seed, storm)
            #expect(report.violations == [], "seed \(seed)")
            storms += 1
            masked += storm.spec.secureAggregation == nil ? 0 : 1
            completed += report.status == .completed ? 1 : 0
            spent += report.status == .budgetExhausted ? 1 : 0
            restarts += report.coordinatorRestarts
        }
        #expect(storms >= 100 && masked >= 5 && completed >= 40 && spent >= 10 && restarts >= 100, "\(storms) \(masked) \(completed) \(spent) \(restarts)")
    }

    @Test func aBudgetEndsTheSession() {
        let whole = run(1, calm(epsilon: 10, noise: 4))
        #expect(whole.violations == [] && whole.status == .completed && whole.committedRounds == 3)
        // One round with noise multiplier 2 costs about 2.3, and two do not fit.
        let spent = run(1, calm(epsilon: 2.5, noise: 2))
        #expect(spent.violations == [] && spent.status == .budgetExhausted && spent.committedRounds == 1)
        let nothing = run(1, calm(epsilon: 1, noise: 1))
        #expect(nothing.violations == [] && nothing.status == .budgetExhausted && nothing.committedRounds == 0)
    }

    /// The same federation with other noise has other models, and the checker knows both.
    @Test func noiseIsInTheModel() {
        let (plain, noised) = (run(2, .fullParticipation(clients: 5, rounds: 1)), run(2, calm(epsilon: 10, noise: 4, rounds: 1)))
        #expect(noised.violations == [] && plain.modelDigest != noised.modelDigest)
        #expect(run(2, calm(epsilon: 10, noise: 4, rounds: 1)) == noised)
    }

    /// Nobody draws anything after the sum is opened: the model is that of what clients sent, and still another than without noise.
    @Test func clientsNoiseIsInTheSumThatIsOpened() {
        var masked = calm(epsilon: 10, noise: 4)
        masked.spec.secureAggregation = SecureAggregationSpec(groupFloor: 3)
        var central = masked
        central.spec.privacy?.noiseBy = .coordinator
        #expect(masked.spec.noiseBy == .clients && central.spec.noiseBy == .coordinator)
        let (own, added) = (run(4, masked), run(4, central))
        for report in [own, added] { #expect(report.violations == [] && report.status == .completed && report.committedRounds == 3) }
        #expect(own.modelDigest != added.modelDigest && own.modelDigest == run(4, masked).modelDigest)
    }

    @Test func aClientLeavesWhenItsOwnerSaysEnough() {
        var configuration = calm(epsilon: 10, noise: 3)
        (configuration.spec.minClients, configuration.ownCap) = (4, 2)
        let report = run(3, configuration)
        #expect(report.violations == [] && report.status == .completed && report.committedRounds == 3)
    }

    /// Three rounds fit into the budget, and five do not.
    @Test func whatNeighboursSpendIsGone() {
        var spent = 0
        for seed in UInt64(0)..<12 {
            var configuration = calm(epsilon: 3.5, noise: 2.5)
            configuration.faults.until = 2000
            #expect(run(seed, configuration).status == .completed, "seed \(seed), alone")
            configuration.faults.neighbours = 2
            let report = run(seed, configuration)
            #expect(report.violations == [], "seed \(seed)")
            spent += report.status == .budgetExhausted ? 1 : 0
        }
        #expect(spent >= 5, "\(spent)")
    }
}
