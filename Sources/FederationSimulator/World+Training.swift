internal import Attacks
internal import CryptoSuite
internal import Federation
internal import Learning
internal import Strategies
internal import Wire

// What clients do with a model: train, lie about it, evaluate.
extension World {
    private static let stragglerFactor: Int64 = 8

    mutating func modelAnswered(_ index: Int, _ life: Int, _ digest: String, _ bytes: [UInt8]?) {
        guard isAlive(index, life) else { return }
        guard let bytes else { return tell(index, .modelFetchFailed(digest: digest, reason: "no answer")) }
        // No bytes: the model was here already.
        if !bytes.isEmpty {
            note("model to", index, bytes)
            if clients[index].controlsAsked.contains(digest) {
                guard hexadecimal(CryptoSuite.simulated.sha256(bytes)) == digest else {
                    checker.violated(.agreesOnTheModel, now, "\(clients[index].name) is sent another control than it was promised")
                    return tell(index, .modelFetchFailed(digest: digest, reason: "another control"))
                }
                clients[index].control = (digest, bytes)
                return tell(index, .modelFetched(digest: digest))
            }
            guard let file = model(digest, bytes) else {
                checker.violated(.agreesOnTheModel, now, "\(clients[index].name) is sent another model than it was promised")
                return tell(index, .modelFetchFailed(digest: digest, reason: "another model"))
            }
            clients[index].model = (digest, file)
        }
        tell(index, .modelFetched(digest: digest))
    }

    mutating func train(_ index: Int, _ start: RoundStart) {
        let isStraggler = index >= configuration.faults.liars && index < configuration.faults.liars + faults.stragglers
        for _ in 0..<(configuration.plantedBug == .trainsTwice && happens(0.05) ? 2 : 1) {
            checker.trains(clients[index].name, AttemptKey(round: start.round, attempt: start.attempt), now)
            plan(
                .trained(index, life: clients[index].life, serial: clients[index].serial, start),
                in: pick(configuration.training) * (isStraggler ? Self.stragglerFactor : 1))
        }
    }

    mutating func trained(_ index: Int, _ life: Int, _ serial: Int, _ start: RoundStart) {
        guard isAlive(index, life), clients[index].serial == serial else { return }
        let key = AttemptKey(round: start.round, attempt: start.attempt)
        let base = hexadecimal(start.modelSHA256)
        guard let model = clients[index].model, model.digest == base, !happens(faults.trainingFailure) else {
            checker.losesTraining(clients[index].name)
            return tell(index, .trainingFailed(key, reason: "no luck"))
        }
        let controls = controls(index, start, parameters: model.file.parameters.count)
        if let controls, !checker.sums.strategy.isOwn(controls.own, of: clients[index].name) {
            checker.violated(.stateIsExact, now, "\(clients[index].name) trains for round \(start.round) with another control than was counted")
        }
        guard var update = try? computer.update(model: model.file, start: start, dataset: clients[index].dataset, controls: controls) else {
            checker.losesTraining(clients[index].name)
            return tell(index, .trainingFailed(key, reason: "it does not converge"))
        }
        let control = controls.map { RoundComputer.encode(delta: LocalComputer.control(after: update, own: $0.own)) }
        let isRefused = lie(index, &update)
        if !isRefused && !checker.sums.trained(clients[index].name, base: base, update) {
            checker.violated(.trainingIsReproducible, now, "\(clients[index].name) trains another update for round \(start.round)")
        }
        if case .maskedUpdate = start.phase { return encode(index, update, start) }
        let body = update.encode()
        if isRefused { checker.mustRefuse(CryptoSuite.simulated.sha256(body)) }
        plan(.bodyWritten(index, life: life, key, body, control: control), in: writeTime())
    }

    /// nil unless the round asks for them. A control that is not here is zero.
    private func controls(_ index: Int, _ start: RoundStart, parameters: Int) -> Controls? {
        guard case .controlled(let control) = start.rule else { return nil }
        let held = clients[index].control.flatMap { $0.digest == hexadecimal(control.sha256) ? $0.file : nil }
        let kept = clients[index].machine?.state.controls?.counted.flatMap { clients[index].bodies[$0.digest] }
        return try? LocalComputer.controls(
            start, own: kept.flatMap { RoundComputer.decode(delta: $0, count: parameters) }, server: held, parameters: parameters)
    }

    mutating func bodyWritten(_ index: Int, _ life: Int, _ key: AttemptKey, _ body: [UInt8], _ control: [UInt8]?) {
        guard isAlive(index, life) else { return }
        if now < clients[index].diskIsFullUntil {
            checker.losesTraining(clients[index].name)
            return tell(index, .trainingFailed(key, reason: "the disk is full"))
        }
        let digest = hexadecimal(CryptoSuite.simulated.sha256(body))
        clients[index].bodies[digest] = body
        let kept = control.map { hexadecimal(CryptoSuite.simulated.sha256($0)) }
        if let control, let kept { clients[index].bodies[kept] = control }
        tell(index, .trained(key, digest: digest, control: kept))
    }

    /// What a liar makes of its update. A lie that everybody can see is told in every second round only, and not any more
    /// when all is healed: else no round could come to a full set.
    /// - Returns: whether nobody may accept it.
    private mutating func lie(_ index: Int, _ update: inout UpdateBody) -> Bool {
        guard index < configuration.faults.liars else { return false }
        let lie = configuration.faults.lie
        if lie.isRefused && (faults.liars == 0 || weather.below(2) == 0) { return false }
        switch lie {
        case .flipped: try? Attack.signFlip(scale: 1).forge(&update.values, seed: 0)
        case .scaled: try? Attack.scaling(factor: 10).forge(&update.values, seed: 0)
        case .wrongCounts: update.samples *= 1000
        case .notFinite: update.values[update.values.count - 1] = .nan
        case .wrongBase: for i in update.base.indices { update.base[i] ^= 0xFF }
        }
        return lie.isRefused
    }

    mutating func evaluated(_ index: Int, _ life: Int, _ request: EvaluationRequest) {
        guard isAlive(index, life), let model = clients[index].model, model.digest == hexadecimal(request.modelSHA256) else { return }
        let result = computer.evaluation(model: model.file, dataset: clients[index].dataset)
        tell(index, .evaluated(round: request.round, loss: result.loss, accuracy: result.accuracy, rows: result.rows))
    }
}
