import Federation
import FederationSimulator
import Testing

@Suite struct SimulationTests {
    private func run(_ seed: UInt64, _ configuration: SimulationConfiguration) -> SimulationReport {
        var simulation = Simulation(seed: seed, configuration: configuration)
        return simulation.run()
    }

    @Test func calmFederationCommitsEveryRound() {
        let report = run(1, .fullParticipation(clients: 5, rounds: 3))
        #expect(report.violations == [])
        #expect(report.status == .completed)
        #expect(report.committedRounds == 3)
        #expect(report.abortedAttempts == 0)
        #expect(report.coordinatorRestarts == 0 && report.clientRestarts == 0)
    }

    @Test func sameSeedSameTrace() {
        for seed in [UInt64(3), 4, 5] {
            #expect(run(seed, .storm(seed: seed)) == run(seed, .storm(seed: seed)))
        }
        #expect(run(6, .storm(seed: 6)).traceHash != run(7, .storm(seed: 6)).traceHash)
    }

    /// Four hundred small federations in bad weather. A failing seed is named and reproduces the failure; with
    /// `keepsLog` it also tells what happened.
    @Test func promisesHoldInAStorm() {
        var (completed, restarts, aborts) = (0, 0, 0)
        for seed in UInt64(0)..<400 {
            let report = run(seed, .storm(seed: seed))
            #expect(report.violations == [], "seed \(seed)")
            completed += report.status == .completed ? 1 : 0
            restarts += report.coordinatorRestarts + report.clientRestarts
            aborts += report.abortedAttempts
        }
        // The weather is bad enough to mean something, and not so bad that nothing gets done.
        #expect(completed >= 340)
        #expect(restarts >= 1200)
        #expect(aborts >= 120)
    }

    /// The same lie in the same weather: what is taken on trust in one mode opens both secrets of a member, and nothing in the other.
    @Test func twoSetsOfSurvivorsOpenNothingWhereKeysArePinned() {
        var opened: [SecureAggregationSpec.Mode: Int] = [:]
        for seed in UInt64(0)..<40 {
            for mode in SecureAggregationSpec.Mode.allCases {
                var storm = SimulationConfiguration.fullParticipation(clients: 9, rounds: 2)
                (storm.spec.roundDeadlineSeconds, storm.spec.quorum) = (2, 8)
                storm.spec.secureAggregation = SecureAggregationSpec(groupFloor: 3)
                storm.spec.secureAggregation?.mode = mode
                storm.faults.delay = 1...20
                storm.faults.reordering = 0.1
                storm.plantedBug = .tellsTwoSurvivorSets
                let report = run(seed, storm)
                if report.violations.contains(where: { "\($0)".contains("both secrets") }) { opened[mode, default: 0] += 1 }
            }
        }
        #expect(opened[.honestButCurious] ?? 0 >= 30 && opened[.maliciousServer] == nil, "\(opened)")
    }

    @Test func membersWithPinnedKeysLiveThroughStorms() {
        var (strict, completed) = (0, 0)
        for seed in UInt64(0)..<600 {
            let storm = SimulationConfiguration.storm(seed: seed)
            guard storm.spec.secureAggregation?.mode == .maliciousServer else { continue }
            strict += 1
            let report = run(seed, storm)
            #expect(report.violations == [], "seed \(seed)")
            completed += report.status == .completed ? 1 : 0
        }
        #expect(strict >= 30 && completed >= strict / 2, "\(completed) of \(strict)")
    }

    /// Whatever happens on the way, when everybody takes part the final model is that of the undisturbed run.
    @Test func disturbedRunsEndWithTheSameModel() {
        let calm = run(11, .fullParticipation(clients: 4, rounds: 3))
        #expect(calm.status == .completed)
        // The rows come from the seed of the world, the weather from the same seed: so the faults are varied instead.
        for variation in 0..<40 {
            var faults = Faults()
            faults.delay = 1...Int64(5 + 3 * variation)
            faults.straggle = 0.02
            (faults.loss, faults.duplication, faults.reordering) = (0.1, 0.3, 0.1)
            (faults.effectCrash, faults.malformed) = (0.01, 0.2)
            (faults.coordinatorCrashes, faults.clientCrashes, faults.brokenLinks) = (1 + variation % 4, variation % 6, variation % 5)
            let report = run(11, .fullParticipation(clients: 4, rounds: 3, faults: faults))
            #expect(report.violations == [], "variation \(variation)")
            #expect(report.modelDigest == calm.modelDigest, "variation \(variation)")
        }
    }

    @Test func trainingFailuresRepeatTheRoundWithTheSameModel() {
        let calm = run(12, .fullParticipation(clients: 3, rounds: 2))
        var faults = Faults()
        (faults.trainingFailure, faults.until) = (0.4, 1500)
        let report = run(12, .fullParticipation(clients: 3, rounds: 2, faults: faults))
        #expect(report.violations == [])
        #expect(report.abortedAttempts > 0)
        #expect(report.modelDigest == calm.modelDigest)
    }

    @Test func operatorEndsASession() {
        var configuration = SimulationConfiguration.fullParticipation(clients: 3, rounds: 1000)
        configuration.stopAt = 2000
        configuration.faults.delay = 1...21
        let report = run(13, configuration)
        #expect(report.violations == [])
        #expect(report.status == .stopped)
        #expect(report.committedRounds > 0 && report.committedRounds < 1000)
    }

    /// A failure is of use when one can read it: what is not needed for it goes.
    @Test func aFailureShrinks() throws {
        let (seed, configuration) = try #require(
            (UInt64(0)..<60).lazy.map { seed in
                var configuration = SimulationConfiguration.storm(seed: seed, masksSome: false)
                configuration.plantedBug = .forksChain
                return (seed, configuration)
            }.first { self.run($0.0, $0.1).violations.isEmpty == false })
        let before = run(seed, configuration)
        let (smallest, report) = try #require(Simulation(seed: seed, configuration: configuration).shrunk())
        #expect(report.violations.first?.rule == before.violations.first?.rule)
        #expect(smallest.spec.rounds <= 2, "a fork needs a second round")
        #expect(smallest.faults.partitions == 0 && smallest.faults.clockJumps == 0 && smallest.faults.fullDisks == 0)
        #expect(smallest.clients == 3 && smallest.faults.coordinatorCrashes == 0 && smallest.faults.loss == 0)
        #expect(smallest.summary.contains("3 clients"))
        #expect(run(seed, smallest) == report, "it reproduces")
        #expect(Simulation(seed: 1, configuration: .fullParticipation(clients: 3, rounds: 1)).shrunk() == nil)
    }
}
