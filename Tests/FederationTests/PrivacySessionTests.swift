import CryptoSuite
import DifferentialPrivacy
import Federation
import FederationSimulator
import Learning
import RobustAggregation
import Testing
import Wire

private let names = ["a", "b", "c", "d"]

private func privateSpec(rounds: Int = 4, _ change: (inout SessionSpec) -> Void = { _ in }) -> SessionSpec {
    var spec = smallSpec(clients: names.count, rounds: rounds)
    spec.privacyBudget = 2
    spec.privacy = PrivacySpec()
    change(&spec)
    return spec
}

/// Everybody trains and delivers until nobody is asked any more.
private func run(_ bench: inout Bench) {
    var done = 0
    while done < bench.sent.count {
        let (message, client) = bench.sent[done]
        done += 1
        if case .roundStart(let start) = message { _ = bench.deliver(client, start) }
    }
}

@Suite struct PrivacySessionTests {
    @Test func noiseIsRaisedUntilTheBudgetPaysForEveryRound() throws {
        var bench = federation(names, privateSpec())
        run(&bench)
        let plan = try #require(bench.durable.session.privacy)
        #expect(plan.budget.epsilon == 2 && plan.roundsThatFit == 4 && plan.epsilon <= 2 && plan.epsilon > 1.99)
        #expect(plan.floors.cohort == 4 && plan.release.model.adjacency == .zeroOut && plan.release.model.sampling == .full)
        #expect(bench.durable.session.status == .completed && bench.drawn == (1...4).map { "s/\($0)/1" })
        let spent = bench.durable.rounds.compactMap(\.outcome?.epsilon)
        #expect(spent.count == 4 && zip(spent, spent.dropFirst()).allSatisfy(<) && spent[3] <= 2)
    }

    @Test func keptNoiseEndsTheSessionWithTheBudget() throws {
        var bench = federation(
            names,
            privateSpec(rounds: 50) {
                $0.privacy?.onBudget = .stopEarly
                $0.privacy?.noiseMultiplier = 4
            })
        run(&bench)
        let plan = try #require(bench.durable.session.privacy)
        #expect(plan.release.mechanism.noiseMultiplier == 4 && (1..<50).contains(plan.roundsThatFit))
        #expect(bench.durable.session.status == .budgetExhausted && bench.durable.rounds.count == plan.roundsThatFit)
        #expect(bench.durable.session.statusReason?.contains("pays for \(plan.roundsThatFit) of 50 rounds") == true)
        // Everybody is told, with the last model.
        let ends = bench.sent.compactMap { if case .sessionEnded(let ended) = $0.message { ended } else { nil } }
        #expect(ends.count == 4 && ends.allSatisfy { $0.status == "budget_exhausted" && !$0.modelSHA256.isEmpty })
    }

    /// What was paid is spent, its noise is not drawn again, and so the budget lasts for a round less.
    @Test func aCrashBetweenChargeAndReleaseCostsTheRound() throws {
        var bench = federation(names, privateSpec())
        bench.diesInRound = 2
        bench.heldOutLoss = [1: 0.5, 2: 0.4, 3: 0.3]
        run(&bench)
        #expect(bench.drawn == ["s/1/1", "s/2/1"] && bench.durable.rounds.last?.state == .sealed)
        let (machine, effects) = CoordinatorMachine.restored(from: bench.durable, now: bench.now)
        bench.machine = machine
        bench.sent = []
        bench.run(effects)
        for name in names { bench.handle(.connected(client: name)) }
        run(&bench)
        #expect(bench.drawn == ["s/1/1", "s/2/1", "s/2/2", "s/3/1"] && Set(bench.drawn).count == bench.drawn.count)
        let second = bench.durable.rounds.filter { $0.round == 2 }
        #expect(second.map(\.state) == [.aborted, .committed] && second[0].outcome?.reason?.contains("not drawn again") == true)
        #expect(bench.durable.session.status == .budgetExhausted && bench.durable.session.statusReason?.contains("one more release") == true)
        // The last attempt was not paid for; the figures shown are those of the model that stands.
        #expect(bench.machine.lastOutcome?.heldOutLoss == nil && bench.machine.lastCommitted?.heldOutLoss == 0.3)
    }

    /// Two sessions of the same clients share one account.
    @Test func whatWasLostBeforeCounts() throws {
        var first = federation(names, privateSpec())
        run(&first)
        var second = federation(names, privateSpec())
        second = Bench(privateSpec())
        second.ledger = first.ledger
        for (index, name) in names.enumerated() { second.shards[name] = shard(UInt64(index + 1)) }
        for name in names { _ = second.join(name, rows: 12) }
        for name in names { second.handle(.connected(client: name)) }
        run(&second)
        #expect(second.durable.session.status == .budgetExhausted && second.durable.rounds.isEmpty && second.drawn.isEmpty)
    }

    @Test func theSmallestCapIsTheBudget() throws {
        var bench = Bench(privateSpec())
        for (index, name) in names.enumerated() {
            bench.shards[name] = shard(UInt64(index + 1))
            var request = JoinRequest(client: name)
            (request.dataSize, request.maxPrivacyBudget) = (12, index == 2 ? 0.5 : nil)
            bench.handle(.join(request, bench.ticket()))
        }
        for name in names { bench.handle(.connected(client: name)) }
        run(&bench)
        #expect(bench.durable.session.privacy?.budget.epsilon == 0.5 && bench.durable.session.status == .completed)
        #expect(bench.durable.rounds.last?.outcome?.epsilon ?? 9 <= 0.5)
    }

    @Test func aSmallerCapThanThePlanComesTooLate() throws {
        var bench = federation(names, privateSpec { $0.maxClients = 9 })
        var request = JoinRequest(client: "late")
        (request.dataSize, request.maxPrivacyBudget) = (12, 1)
        let ticket = bench.ticket()
        bench.handle(.join(request, ticket))
        guard case .refused(.unfit(let field, let issue))? = bench.replies[ticket.value] else { return #expect(Bool(false), "taken") }
        #expect(field == "privacy_preferences.max_privacy_budget" && issue.contains("epsilon 2.0"))
    }

    /// What a client measures on its rows is not paid for, and is not told.
    @Test func figuresOnRowsAreWithheld() throws {
        var bench = federation(names, privateSpec(rounds: 2))
        bench.reportedLoss = [1: 0.5, 2: 0.4]
        run(&bench)
        #expect(bench.durable.rounds.allSatisfy { $0.outcome?.federatedLoss == nil && $0.outcome?.federatedAccuracy == nil })
        #expect(!bench.sent.contains { if case .evaluate = $0.message { true } else { false } })
    }

    @Test(arguments: [SessionSpec.Aggregation.trimmedMean, .median]) func robustRulesReplaceOne(_ rule: SessionSpec.Aggregation) throws {
        var bench = federation(names, privateSpec(rounds: 2) { $0.aggregation = rule })
        run(&bench)
        let plan = try #require(bench.durable.session.privacy)
        #expect(plan.release.model.adjacency == .replaceOne && bench.durable.session.status == .completed)
        // 2C/(g - 2f) and 2C, but for the lattice.
        let exact = rule == .median ? 2.0 : 1
        #expect(plan.sensitivity >= exact && plan.sensitivity < exact * 1.001)
    }

    @Test func whatCannotBePrivateIsRefusedByName() {
        func field(_ change: (inout SessionSpec) -> Void) -> String? {
            do {
                try privateSpec { spec in change(&spec) }.validate()
                return nil
            } catch { return error.field }
        }
        #expect(field { _ in } == nil)
        #expect(field { $0.algorithm = .scaffold } == "algorithm" && field { $0.algorithm = .fedNova } == "algorithm")
        #expect(field { $0.overSelection = 1.5 } == "over_selection")
        #expect(field { $0.privacy?.l2Clip = 0 } == "differential_privacy.l2_norm_clip")
        #expect(field { $0.privacy?.delta = 1 } == "delta")
        #expect(field { $0.privacy?.onBudget = .stopEarly } == "differential_privacy.noise_multiplier")
    }
}

@Suite struct PrivateRoundTests {
    private let model = ModelFile(
        spec: ModelSpec(kind: .softmaxRegression, layers: [4, 2]), schema: DataSchema(inputs: 4, outputs: 2, scale: .none, task: .classification),
        parameters: [Float](repeating: 0, count: 10))

    private func job(_ rule: AggregationRule, count: Int, divisor: Int?, clip: Double = 1) throws -> AggregationJob {
        let contributions = (0..<count).map {
            ContributionRecord(
                client: "c\($0)", round: 1, attempt: 1, digest: [], samples: 1, maxAbs: 1e6, wireBytes: 1, loss: nil, accuracy: nil,
                receivedAt: Instant(milliseconds: 0))
        }
        var job = AggregationJob(
            round: 1, attempt: 1, baseModel: "", rule: rule, contributions: contributions, weights: [Int64](repeating: 1, count: count))
        let release = try PrivateRelease(.discreteGaussian(noiseMultiplier: 1, deviationSteps: 1000), try PrivacyModel(.zeroOut, .full))
        job.privacy = PrivacyJob(
            charge: PrivacyCharge(id: "r", members: [], release: release, budget: try PrivacyBudget(epsilon: 1, delta: 1e-5)), l2Clip: clip,
            divisor: divisor, noise: .coordinator(latticeStep: 0x1p-20, deviationSteps: 1000))
        return job
    }

    private func noise(_ seed: UInt8) -> RandomWords {
        RandomWords(entropy: Secret([UInt8](repeating: seed, count: 32)), release: "r", suite: .simulated)
    }

    private func updates(_ count: Int, seed: UInt64, scale: Float) -> [[Float]] {
        var draw = SeededGenerator(seed: seed)
        return (0..<count).map { _ in (0..<10).map { _ in Float(draw.normal()) * scale } }
    }

    /// The same noise on both sides of a change: what is left is what one client moved.
    @Test func oneClientMovesAResultByNoMoreThanTheSensitivity() throws {
        var draw = SeededGenerator(seed: 8)
        for trial in 0..<200 {
            let count = 5 + trial % 4
            let (rule, divisor): (AggregationRule, Int?) = trial % 3 == 0 ? (.mean, count) : trial % 3 == 1 ? (.trimmedMean(trim: 1), nil) : (.median, nil)
            let bound = trial % 3 == 0 ? 2 / Double(count) : trial % 3 == 1 ? 2 / Double(count - 2) : 2
            var lists = updates(count, seed: UInt64(trial), scale: trial % 5 == 0 ? 50 : 0.2)
            let job = try job(rule, count: count, divisor: divisor)
            let before = try RoundComputer.step(from: model, state: nil, job: job, source: try MemoryUpdates(lists), noise: noise(1)).model.parameters
            lists[trial % count] = (0..<10).map { _ in Float(draw.normal()) * 1000 }
            let after = try RoundComputer.step(from: model, state: nil, job: job, source: try MemoryUpdates(lists), noise: noise(1)).model.parameters
            let moved = zip(before, after).reduce(0.0) { $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1) }.squareRoot()
            #expect(moved <= bound + 0x1p-20 * 10.0.squareRoot() + 1e-6, "trial \(trial): \(moved) of \(bound)")
        }
    }

    /// Who is missing counts as zero: the sum is over a fixed number of clients.
    @Test func aMeanIsOverAFixedNumber() throws {
        let lists = updates(4, seed: 3, scale: 0.05)
        let eight = try RoundComputer.step(
            from: model, state: nil, job: try job(.mean, count: 4, divisor: 8), source: try MemoryUpdates(lists), noise: noise(1))
        let four = try RoundComputer.step(from: model, state: nil, job: try job(.mean, count: 4, divisor: 4), source: try MemoryUpdates(lists), noise: noise(1))
        let sums = (0..<10).map { place in lists.reduce(Float(0)) { $0 + $1[place] } }
        for place in 0..<10 {
            // With equal noise the difference is sum/4 - sum/8, but for two roundings to the lattice.
            #expect(abs(four.model.parameters[place] - eight.model.parameters[place] - sums[place] / 8) <= 0x1p-20 + 1e-7)
        }
    }

    @Test func theNoiseIsOfTheAnnouncedDeviationAndNeverTwice() throws {
        let lists = [[Float](repeating: 0, count: 10), [Float](repeating: 0, count: 10)]
        let job = try job(.mean, count: 2, divisor: 2)
        var squares = 0.0
        for seed in 0..<200 {
            let step = try RoundComputer.step(from: model, state: nil, job: job, source: try MemoryUpdates(lists), noise: noise(UInt8(seed)))
            squares += step.model.parameters.reduce(0) { $0 + Double($1) * Double($1) }
        }
        // 2,000 draws: the deviation of their mean square is 3 %.
        let deviation = (squares / 2000).squareRoot()
        #expect(abs(deviation / (1000 * 0x1p-20) - 1) < 0.1)
        #expect(throws: AggregationError.self) { try RoundComputer.step(from: model, state: nil, job: job, source: try MemoryUpdates(lists)) }
    }

    @Test func aClientSendsNothingButABoundedUpdate() throws {
        let terms = PrivacyTerms(l2Clip: 0.01, epsilon: 1, delta: 1e-5, noiseMultiplier: 1, deviationSteps: 1000, replacesOne: false)
        var start = RoundStart(
            sessionID: "s", round: 1, attempt: 1, modelSHA256: [UInt8](repeating: 0, count: 32), modelPath: "/m", updatePath: "/u", deadlineMs: 0,
            training: TrainingPlan(learningRate: 0.5, momentum: 0, weightDecay: 0, proximalMu: 0, localEpochs: 2, batchSize: 4, seed: 1),
            uploadEncoding: .identity)
        start.privacy = terms
        var computer = LocalComputer()
        let update = try #require(try computer.update(model: model, start: start, dataset: shard(1)))
        let norm = update.values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
        #expect(norm <= 0.01 && norm > 0.0099 && update.samples == 1)
        #expect(update.loss == nil && update.accuracy == nil && update.trainingLoss == nil)
    }
}

@Suite struct PrivateClientTests {
    private let terms = PrivacyTerms(l2Clip: 1, epsilon: 2, delta: 1e-5, noiseMultiplier: 3, deviationSteps: 1e6, replacesOne: true)

    private func started(_ round: Int, attempt: Int = 1) -> ClientEvent {
        .message(
            .roundStart(
                RoundStart(
                    sessionID: "s", round: round, attempt: attempt, modelSHA256: [UInt8](repeating: 7, count: 32), modelPath: "/m", updatePath: "/u",
                    deadlineMs: 9_000_000,
                    training: TrainingPlan(learningRate: 0.5, momentum: 0, weightDecay: 0, proximalMu: 0, localEpochs: 1, batchSize: 4, seed: 1),
                    uploadEncoding: .identity, privacy: terms)))
    }

    @Test func nothingIsFetchedBeforeTheLedgerHasTheRound() {
        var machine = ClientMachine(client: "a", session: "s", state: ClientState(session: "s"), seed: 1)
        let now = Instant(milliseconds: 0)
        _ = machine.handle(.started, now: now)
        _ = machine.handle(.connected, now: now)
        let claim = PrivacyClaim(key: AttemptKey(round: 1, attempt: 1), id: "s/1", terms: terms)
        #expect(machine.handle(started(1), now: now) == [.pay(claim)])
        // The frame comes again: asked once.
        #expect(machine.handle(started(1), now: now) == [])
        #expect(machine.handle(.paid(claim.key), now: now) == [.fetchModel(digest: String(repeating: "07", count: 32), path: "/m")])
        #expect(machine.handle(.paid(claim.key), now: now) == [])
    }

    @Test func aCapThatIsReachedEndsTheClientsPart() {
        var machine = ClientMachine(client: "a", session: "s", state: ClientState(session: "s"), seed: 1)
        let now = Instant(milliseconds: 0)
        _ = machine.handle(.started, now: now)
        _ = machine.handle(.connected, now: now)
        _ = machine.handle(started(2), now: now)
        let effects = machine.handle(.unpayable(AttemptKey(round: 2, attempt: 1), reason: "the cap"), now: now)
        #expect(
            effects == [
                .send(.roundFailed(RoundFailed(sessionID: "s", round: 2, attempt: 1, reason: "the cap"))), .finished(.budgetExhausted(reason: "the cap")),
            ])
    }

    /// What a coordinator said of the session when it was joined is not what its rounds are held against.
    @Test(arguments: [
        (OwnerTerms(needsMasks: true), "without masks"), (OwnerTerms(needsPrivacy: true), "has no differential privacy"),
        (OwnerTerms(needsClientNoise: true), "has no differential privacy"),
    ]) func aRoundThatTheOwnerDoesNotWantIsNotWorkedFor(owner: OwnerTerms, why: String) {
        var machine = ClientMachine(client: "a", session: "s", state: ClientState(session: "s"), seed: 1, owner: owner)
        let now = Instant(milliseconds: 0)
        _ = machine.handle(.started, now: now)
        _ = machine.handle(.connected, now: now)
        func round(_ privacy: PrivacyTerms?) -> [ClientEffect] {
            guard case .message(.roundStart(var start)) = started(1) else { return [] }
            start.privacy = privacy
            return machine.handle(.message(.roundStart(start)), now: now)
        }
        let effects = round(nil)
        #expect(effects.contains { if case .send(.roundFailed(let failed)) = $0 { failed.reason.contains(why) } else { false } })
        #expect(effects.allSatisfy { if case .fetchModel = $0 { false } else { true } })
        // Asked again, it says so again, in case that it was not heard, and its owner is told once.
        let again = round(nil)
        #expect(again.count == 1 && again.contains { if case .send(.roundFailed) = $0 { true } else { false } })
        if owner.needsPrivacy {
            let model = [UInt8](repeating: 7, count: 32)
            let asked = machine.handle(.message(.evaluate(EvaluationRequest(sessionID: "s", round: 1, modelSHA256: model, modelPath: "/m", deadlineMs: 0))), now: now)
            #expect(asked.contains(.send(.evaluation(EvaluationReport(sessionID: "s", round: 1, loss: 0, accuracy: nil, rows: 0)))))
            #expect(asked.allSatisfy { if case .fetchModel = $0 { false } else { true } })
        }
    }

    @Test func noiseOfTheCoordinatorIsRefusedWhereClientsAreToAddIt() {
        var machine = ClientMachine(client: "a", session: "s", state: ClientState(session: "s"), seed: 1, owner: OwnerTerms(needsClientNoise: true))
        let now = Instant(milliseconds: 0)
        _ = machine.handle(.started, now: now)
        _ = machine.handle(.connected, now: now)
        let effects = machine.handle(started(1), now: now)
        #expect(effects.contains { if case .send(.roundFailed(let failed)) = $0 { failed.reason.contains("the coordinator would add") } else { false } })
    }

    /// The two sides add up the same.
    @Test func whatIsAnnouncedIsWhatIsCharged() throws {
        var bench = federation(names, privateSpec(rounds: 1))
        run(&bench)
        let plan = try #require(bench.durable.session.privacy)
        let told = try #require(bench.starts(round: 1).first?.start.privacy)
        let claim = PrivacyClaim(key: AttemptKey(round: 1, attempt: 1), id: "s/1", terms: told)
        #expect(try claim.release() == plan.release && told.epsilon == plan.budget.epsilon && told.l2Clip == plan.l2Clip)
    }
}
