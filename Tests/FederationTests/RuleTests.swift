import CryptoSuite
import Federation
import Learning
import RobustAggregation
import Testing
import Wire

/// Which rule a session combines its updates by, and what it keeps for it.
@Suite struct RuleTests {
    private let names = ["a", "b", "c", "d", "e"]

    private func spec(_ rule: SessionSpec.Aggregation, rounds: Int = 3) -> SessionSpec {
        var spec = smallSpec(clients: 5, rounds: rounds)
        spec.aggregation = rule
        if rule == .normBounding { spec.normBound = 0.05 }
        return spec
    }

    /// To the last round; the coordinator dies before the given update, if any.
    private func train(_ spec: SessionSpec, restartBefore stop: Int? = nil) -> Bench {
        var bench = federation(names, spec)
        var delivered = 0
        for round in 1...spec.rounds {
            for client in names {
                if delivered == stop {
                    let (machine, effects) = CoordinatorMachine.restored(from: bench.durable, now: bench.now)
                    bench.machine = machine
                    bench.run(effects)
                    for name in names { bench.handle(.connected(client: name)) }
                }
                if let start = bench.starts(round: round).first(where: { $0.client == client })?.start { _ = bench.deliver(client, start) }
                delivered += 1
            }
        }
        return bench
    }

    private func outcomes(_ bench: Bench) -> [RoundOutcome] {
        bench.durable.rounds.filter { $0.state == .committed }.sorted { $0.round < $1.round }.compactMap(\.outcome)
    }

    /// Centered clipping goes on from what it gave before: a restart must not make it begin at zero.
    @Test(arguments: SessionSpec.Aggregation.allCases) func aRestartGoesOnWithTheSameBits(rule: SessionSpec.Aggregation) throws {
        let spec = spec(rule)
        try spec.validate()
        let undisturbed = train(spec)
        #expect(undisturbed.machine.committedRounds == 3)
        #expect(outcomes(undisturbed).allSatisfy { ($0.state != nil) == (rule == .centeredClipping) })
        for stop in [1, 5, 7, 12] {
            let bench = train(spec, restartBefore: stop)
            #expect(outcomes(bench).map(\.model) == outcomes(undisturbed).map(\.model), "restart before update \(stop)")
            #expect(outcomes(bench).map(\.state) == outcomes(undisturbed).map(\.state), "restart before update \(stop)")
        }
    }

    @Test func everyRuleEndsElsewhere() {
        let ends = SessionSpec.Aggregation.allCases.compactMap { train(spec($0)).machine.model?.digest }
        #expect(Set(ends).count == SessionSpec.Aggregation.allCases.count)
        var near = spec(.centeredClipping)
        near.clipRadius = 1e-3
        #expect(train(near).machine.model?.digest != train(spec(.centeredClipping)).machine.model?.digest)
    }

    @Test func everySettingHasItsRule() {
        let breaks: [(String, SessionSpec.Aggregation, (inout SessionSpec) -> Void)] = [
            ("norm_bound", .normBounding, { $0.normBound = nil }), ("norm_bound", .normBounding, { $0.normBound = 0 }),
            ("norm_bound", .normBounding, { $0.normBound = .nan }), ("norm_bound", .median, { $0.normBound = 1 }),
            ("clip_radius", .centeredClipping, { $0.clipRadius = -1 }), ("clip_radius", .krum, { $0.clipRadius = 1 }),
            ("byzantine_tolerance", .mean, { $0.byzantineTolerance = 1 }), ("byzantine_tolerance", .normBounding, { $0.byzantineTolerance = 1 }),
            ("byzantine_tolerance", .krum, { $0.byzantineTolerance = -1 }), ("byzantine_tolerance", .krum, { $0.quorum = 4 }),

            (
                "max_clients", .multiKrum,
                {
                    $0.byzantineTolerance = 2
                    $0.maxClients = $0.minClients
                }
            ), ("aggregation", .krum, { $0.algorithm = .fedNova }),
        ]
        for (field, rule, change) in breaks {
            var spec = spec(rule)
            change(&spec)
            let error = #expect(throws: SpecError.self) { try spec.validate() }
            #expect(error?.field == field, "\(rule.rawValue): \(error.map { "\($0)" } ?? "")")
        }
    }

    /// Krum takes 2f + 3 updates, the others 2f + 1; over groups as many groups.
    @Test func rulesSayHowManyClientsTheyTake() throws {
        for (rule, f, secureFloor, clients) in [
            (.krum, nil, nil, 5), (.multiKrum, 2, nil, 7), (.trimmedMean, 2, nil, 5), (.geometricMedian, 2, nil, 5), (.centeredClipping, nil, nil, 2),
            (.krum, 1, 3, 15), (.multiKrum, 1, 4, 25), (.geometricMedian, 2, 3, 15), (.centeredClipping, 1, 3, 9), (.normBounding, nil, 4, 5),
        ] as [(SessionSpec.Aggregation, Int?, Int?, Int)] {
            var spec = spec(rule)
            (spec.minClients, spec.maxClients, spec.byzantineTolerance) = (2, 100, f)
            spec.secureAggregation = secureFloor.map { SecureAggregationSpec(groupFloor: $0) }
            try spec.validate()
            #expect(try spec.clientsNeeded().count == clients, "\(rule.rawValue), f \(f ?? -1), floor \(secureFloor ?? 0)")
        }
    }
}
