import CryptoSuite
import Federation
import Foundation
import Learning
import Testing
import Wire

/// Over-selection, the choice of the model, early stopping, schedules and warm starts.
@Suite struct SessionOptionTests {
    private let names = ["a", "b", "c"]

    /// Everybody delivers in every round that is opened, to the last one.
    private func train(_ bench: inout Bench, restartBefore: Int? = nil) {
        for round in 1...bench.machine.session.spec.rounds {
            if round == restartBefore { restart(&bench) }
            for (client, start) in bench.starts(round: round) { _ = bench.deliver(client, start) }
        }
    }

    /// Everybody has joined and is there before the first round.
    private func begun(_ names: [String], _ spec: SessionSpec) -> Bench {
        var spec = spec
        spec.autoStart = false
        var bench = federation(names, spec)
        let ticket = bench.ticket()
        bench.handle(.start(ticket))
        return bench
    }

    private func restart(_ bench: inout Bench) {
        let (machine, effects) = CoordinatorMachine.restored(from: bench.durable, now: bench.now)
        bench.machine = machine
        bench.run(effects)
        for name in names { bench.handle(.connected(client: name)) }
    }

    private func evaluate(_ bench: inout Bench, loss: Double) {
        let asked = bench.sent.compactMap { if case .evaluate(let request) = $0.message { request } else { nil } }
        guard let round = asked.last?.round else { return }
        for name in names { bench.handle(.evaluationReported(client: name, round: round, loss: loss, accuracy: 0.5, rows: 12)) }
    }

    private func told(_ bench: Bench) -> SessionEnded? {
        bench.sent.lazy.compactMap { if case .sessionEnded(let ended) = $0.message { ended } else { nil } }.first
    }

    private func model(_ bench: Bench, _ round: Int) -> String? {
        bench.durable.rounds.first { $0.round == round && $0.state == .committed }?.outcome?.model
    }

    // MARK: Over-selection

    @Test func moreAreAskedThanAreNeeded() throws {
        var spec = smallSpec(clients: 3, rounds: 2)
        (spec.clientFraction, spec.overSelection) = (0.1, 1.5)
        var bench = begun(["a", "b", "c", "d", "e", "f"], spec)
        let starts = bench.starts(round: 1)
        try #require(starts.count == 5, "half as many again as three, rounded up")
        for (client, start) in starts.prefix(3) { _ = bench.deliver(client, start) }
        #expect(bench.machine.committedRounds == 1, "three are enough")
        let outcome = try #require(bench.machine.lastOutcome)
        #expect(outcome.contributors == 3 && outcome.selected == 5 && outcome.dropped == 2)
        let (client, start) = starts[3]
        #expect(bench.deliver(client, start) == .refused(.late(round: 1)))
        bench.handle(.updateTooLate(client: starts[4].client))
        #expect(bench.machine.lateUpdates == 2)
        bench.handle(.updateTooLate(client: "nobody"))
        #expect(bench.machine.lateUpdates == 2)
        for (client, start) in bench.starts(round: 2).prefix(3) { _ = bench.deliver(client, start) }
        #expect(bench.machine.lastOutcome?.late == 2, "they came while the second round was under way")
    }

    /// A cohort cannot be larger than the federation, and what is needed does not grow with what is asked.
    @Test func overSelectionTakesWhoIsThere() {
        var spec = smallSpec(clients: 3, rounds: 1)
        spec.overSelection = 10
        var bench = federation(names, spec)
        #expect(bench.starts(round: 1).count == 3)
        for (client, start) in bench.starts(round: 1) { _ = bench.deliver(client, start) }
        #expect(bench.machine.committedRounds == 1)
    }

    @Test func aRestartKnowsHowManyAreEnough() throws {
        var spec = smallSpec(clients: 3, rounds: 1)
        (spec.clientFraction, spec.overSelection) = (0.1, 2)
        var bench = begun(names + ["d", "e"], spec)
        let starts = bench.starts(round: 1)
        try #require(starts.count == 5)
        for (client, start) in starts.prefix(2) { _ = bench.deliver(client, start) }
        restart(&bench)
        #expect(bench.machine.committedRounds == 0)
        _ = bench.deliver(starts[4].client, starts[4].start)
        #expect(bench.machine.committedRounds == 1)
    }

    // MARK: The choice of the model

    private func bestSpec(rounds: Int = 4) -> SessionSpec {
        var spec = smallSpec(clients: 3, rounds: rounds)
        spec.modelSelection = .best
        return spec
    }

    @Test(arguments: [nil, 1, 2, 3, 4]) func theBestModelOnTheTestSetIsChosen(restartBefore: Int?) throws {
        var bench = federation(names, bestSpec())
        bench.heldOutLoss = [1: 0.5, 2: 0.25, 3: 0.25, 4: 0.75]
        bench.reportedLoss = [1: 9, 2: 9, 3: 0.1, 4: 9]
        train(&bench, restartBefore: restartBefore)
        let best = try #require(bench.durable.rounds.first { $0.round == 2 }?.outcome?.model)
        let asked = bench.sent.compactMap { if case .evaluate(let request) = $0.message { request } else { nil } }
        #expect(asked.allSatisfy { $0.round == 2 && hexadecimal($0.modelSHA256) == best }, "clients evaluate the model that is kept")
        evaluate(&bench, loss: 0.5)
        let chosen = try #require(bench.durable.session.chosen)
        #expect(chosen.round == 2 && chosen.model == best && chosen.reason == .heldOutLoss && chosen.loss == 0.25 && chosen.accuracy == 0.75)
        #expect(told(bench).map { hexadecimal($0.modelSHA256) } == best)
        #expect(told(bench)?.modelPath.hasSuffix("?round=2") == true)
        restart(&bench)
        #expect(bench.machine.given?.digest == best && bench.machine.given?.round == 2, "also after a restart")
    }

    /// Without a test set what clients say decides: in a round of the model before it, at the end of the last one.
    @Test(arguments: [(0.5, 2), (0.05, 4)]) func elseTheClientsDecide(last: Double, best: Int) {
        var bench = federation(names, bestSpec())
        bench.reportedLoss = [1: 0.01, 2: 0.7, 3: 0.2, 4: 0.3]
        train(&bench)
        evaluate(&bench, loss: last)
        #expect(bench.durable.session.chosen?.round == best, "version 0 is no round's model")
        #expect(bench.durable.session.chosen?.reason == .federatedLoss)
        #expect(bench.durable.session.chosen?.model == model(bench, best))
    }

    @Test func besideARobustRuleClientsAreNotBelieved() {
        var spec = bestSpec()
        spec.aggregation = .median
        var bench = federation(names, spec)
        bench.reportedLoss = [1: 0.5, 2: 0.1, 3: 0.5, 4: 0.5]
        train(&bench)
        evaluate(&bench, loss: 0.5)
        #expect(bench.durable.session.chosen?.round == 4 && bench.durable.session.chosen?.reason == .last)
    }

    @Test func aStoppedSessionChoosesToo() {
        var bench = federation(names, bestSpec())
        bench.heldOutLoss = [1: 0.1, 2: 0.5]
        for round in 1...2 { for (client, start) in bench.starts(round: round) { _ = bench.deliver(client, start) } }
        bench.handle(.stop(reason: "enough", nil))
        #expect(bench.durable.session.chosen?.round == 1)
        #expect(told(bench)?.status == "stopped" && told(bench).map { hexadecimal($0.modelSHA256) } == model(bench, 1))
    }

    @Test func theLastModelStandsUnlessAsked() {
        var bench = federation(names, smallSpec(clients: 3, rounds: 2))
        bench.heldOutLoss = [1: 0.1, 2: 0.5]
        train(&bench)
        evaluate(&bench, loss: 0.5)
        #expect(bench.durable.session.chosen == nil && bench.machine.given?.round == 2)
        #expect(bench.durable.rounds.allSatisfy { $0.outcome?.best == nil })
    }

    // MARK: Early stopping and schedules

    @Test(arguments: [nil, 2, 3, 4]) func aSessionThatGetsNoBetterEndsEarly(restartBefore: Int?) {
        var spec = smallSpec(clients: 3, rounds: 9)
        spec.earlyStopping = EarlyStopping(patience: 2)
        var bench = federation(names, spec)
        bench.heldOutLoss = [1: 0.5, 2: 0.25, 3: 0.25, 4: 0.5, 5: 0.1]
        train(&bench, restartBefore: restartBefore)
        #expect(bench.machine.committedRounds == 4)
        restart(&bench)
        #expect(bench.machine.committedRounds == 4 && bench.machine.session.status == .training, "it waits for the evaluation")
        evaluate(&bench, loss: 0.5)
        #expect(bench.durable.session.status == .completed)
        #expect(
            bench.durable.session.statusReason
                == "early stopping after round 4 of 9: the loss has not improved for 2 rounds; the best was round 2")
    }

    /// Figures of other rows say nothing beside those of a test set that comes later.
    @Test func aTestSetBeginsTheCountAnew() {
        var spec = smallSpec(clients: 3, rounds: 9)
        spec.earlyStopping = EarlyStopping(metric: .accuracy, patience: 2)
        var bench = federation(names, spec)
        bench.reportedLoss = [1: 0, 2: 0.1, 3: 0.1, 4: 0.1, 5: 0.1, 6: 0.1]
        bench.heldOutLoss = [3: 0.9, 4: 0.9, 5: 0.9, 6: 0.1]
        train(&bench)
        #expect(bench.machine.committedRounds == 5)
    }

    @Test func theRateFollowsTheSchedule() {
        var spec = smallSpec(clients: 3, rounds: 4)
        spec.schedule = LearningRateSchedule(.step(every: 2, factor: 0.5))
        var bench = federation(names, spec)
        train(&bench)
        let rates = (1...4).map { bench.starts(round: $0).first?.start.training.learningRate }
        #expect(rates == [0.1, 0.1, 0.05, 0.05])
    }

    // MARK: Warm start

    private let schema = DataSchema(inputs: 4, outputs: 2, scale: .none)
    private let digest = String(repeating: "ab", count: 32)

    private func give(_ bench: inout Bench, _ model: ModelSpec, _ schema: DataSchema) -> CoordinatorReply? {
        let ticket = bench.ticket()
        bench.handle(.initialModelGiven(digest: digest, model, schema, ticket))
        return bench.replies[ticket.value]
    }

    @Test func theChainBeginsWithTheModelThatWasGiven() {
        var spec = smallSpec(clients: 3, rounds: 1)
        spec.initialModel = SessionSpec.InitialModel()
        var bench = federation(names, spec)
        #expect(bench.machine.session.status == .waiting)
        #expect(bench.machine.blockers(bench.now).map(\.what) == ["initial_model"])
        for other in [ModelSpec(kind: .softmaxRegression, layers: [4, 3]), ModelSpec(kind: .mlp, layers: [4, 3, 2])] {
            guard case .refused(.unfit("initial_model", _))? = give(&bench, other, schema) else {
                Issue.record("\(other) was taken")
                return
            }
        }
        bench.models[digest] = ModelFile(spec: spec.model!, schema: schema, parameters: [Float](repeating: 0.5, count: 10))
        #expect(give(&bench, spec.model!, schema) == .done)
        #expect(bench.durable.initialModel == digest)
        #expect(bench.starts(round: 1).count == 3)
        #expect(bench.starts(round: 1).allSatisfy { hexadecimal($0.start.modelSHA256) == digest })
        guard case .refused(.invalidState)? = give(&bench, spec.model!, schema) else {
            Issue.record("a second first model was taken")
            return
        }
        let records = bench.durable.rounds
        #expect(records.first?.baseModel == digest)
        restart(&bench)
        #expect(bench.machine.model?.digest == digest)
    }

    /// Two writes: one begins the session, the next names its first model.
    @Test func aModelThatWasGivenOutlivesADeathBetweenTheTwo() {
        var spec = smallSpec(clients: 3, rounds: 1)
        spec.initialModel = SessionSpec.InitialModel()
        var bench = federation(names, spec)
        bench.models[digest] = ModelFile(spec: spec.model!, schema: schema, parameters: [Float](repeating: 0.5, count: 10))
        #expect(give(&bench, spec.model!, schema) == .done)
        (bench.durable.initialModel, bench.durable.rounds) = (nil, [])
        restart(&bench)
        #expect(bench.machine.model?.digest == digest && bench.durable.initialModel == digest)
        train(&bench)
        #expect(bench.machine.committedRounds == 1)
        #expect(bench.durable.rounds.allSatisfy { $0.baseModel == digest } && !bench.durable.rounds.isEmpty)
    }

    @Test func aModelOfOtherDataIsRefused() {
        var spec = smallSpec(clients: 3, rounds: 1)
        (spec.model, spec.initialModel) = (nil, SessionSpec.InitialModel())
        var bench = Bench(spec)
        _ = bench.join("a", schema: schema)
        let reply = give(&bench, ModelSpec(kind: .mlp, layers: [4, 128, 2]), DataSchema(inputs: 4, outputs: 2, scale: .constant(16)))
        guard case .refused(.unfit("initial_model", let issue))? = reply else {
            Issue.record("taken: \(String(describing: reply))")
            return
        }
        #expect(issue.contains("scale"))
    }

    // MARK: Records

    @Test func aRecordOfAnOlderVersionHasTheDefaults() throws {
        var spec = smallSpec(clients: 3)
        spec.momentum = 0.5
        let old = ["overSelection", "schedule", "modelSelection"]
        let text = try #require(String(data: JSONEncoder().encode(spec), encoding: .utf8))
        var fields = try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        for name in old { #expect(fields.removeValue(forKey: name) != nil) }
        let read = try JSONDecoder().decode(SessionSpec.self, from: JSONSerialization.data(withJSONObject: fields))
        #expect(read == spec)
    }

    @Test func everyFieldOfARecordIsReadBack() throws {
        var spec = smallSpec(clients: 4, rounds: 7)
        (spec.modelType, spec.algorithm, spec.maxClients, spec.clientFraction, spec.overSelection) = (.cnn, .fedProx, 9, 0.5, 1.5)
        (spec.schedule, spec.localEpochs, spec.momentum, spec.weightDecay, spec.proximalMu) = (.init(.cosine(to: 0.5)), 3, 0.5, 0.25, 0.75)
        (spec.aggregation, spec.byzantineTolerance, spec.seed, spec.quorum) = (.trimmedMean, 1, 7, 3)
        (spec.initialModel, spec.modelSelection, spec.earlyStopping) = (.init(session: "s", round: 3), .best, .init(metric: .accuracy, patience: 4))
        (spec.roundDeadlineSeconds, spec.autoStart, spec.requireClientCertificate, spec.heartbeatSeconds) = (1.5, false, true, 4)
        (spec.privacyBudget, spec.normBound, spec.clipRadius) = (2, 0.5, 0.25)
        (spec.optimizer, spec.serverLearningRate, spec.beta1, spec.beta2, spec.tau) = (.adam(Adam(beta1: 0.5)), 0.5, 0.25, 0.125, 0.75)
        let read = try JSONDecoder().decode(SessionSpec.self, from: JSONEncoder().encode(spec))
        #expect(read == spec)
        let fields = try #require(JSONSerialization.jsonObject(with: JSONEncoder().encode(spec)) as? [String: Any])
        let fresh = try #require(JSONSerialization.jsonObject(with: JSONEncoder().encode(SessionSpec())) as? [String: Any])
        // A field that nobody changed here could be forgotten there.
        for (name, value) in fresh { #expect(fields[name] as? NSObject != value as? NSObject, "\(name) is not tested") }
    }
}
