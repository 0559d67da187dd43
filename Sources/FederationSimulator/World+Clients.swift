internal import CryptoSuite
internal import Federation
internal import Learning
internal import Strategies
internal import Wire

/// One client: what its crash leaves (`state`, `bodies`), its rows, and the process while it is up.
struct ClientProcess {
    let index: Int
    let name: String
    let dataset: Dataset
    let schema = SimulatedData.schema
    private let seed: UInt64

    var state: ClientState
    var bodies: [String: [UInt8]] = [:]

    var isUp = false
    /// Crashed, and comes back only when all is healed.
    var staysAway = false
    var life = 0
    var machine: ClientMachine?
    var link: Int?
    var timer: Int64?
    var model: (digest: String, file: ModelFile)?
    /// The server's control, and the one that was asked for.
    var control: (digest: String, file: [UInt8])?
    var controlAsked: String?
    /// Raised to cancel the training under way.
    var serial = 0
    var outcome: ClientOutcome?

    init(index: Int, session: String, seed: UInt64) {
        self.index = index
        self.seed = seed
        name = SimulatedData.name(of: index)
        state = ClientState(session: session)
        dataset = SimulatedData.rows(of: index, seed: seed)
    }

    mutating func makeMachine() {
        machine = ClientMachine(
            client: name, session: state.session, state: state, seed: derivedSeed(seed, "waits", "\(index)", "\(life)"))
    }
}

extension World {
    mutating func startClient(_ index: Int) {
        guard !clients[index].isUp, clients[index].outcome == nil, !(clients[index].staysAway && clients[index].life > 0) else { return }
        note("client starts", index)
        clients[index].isUp = true
        clients[index].life += 1
        plan(.joinArrives(index, life: clients[index].life), in: networkDelay())
    }

    /// Memory is gone, the folder stays.
    mutating func crashClient(_ index: Int) {
        guard clients[index].isUp, clients[index].outcome == nil else { return }
        note("client crashes", index)
        if let link = clients[index].link { breakLink(link) }
        checker.losesTraining(clients[index].name)
        clients[index].isUp = false
        clients[index].machine = nil
        clients[index].link = nil
        clients[index].timer = nil
        clients[index].model = nil
        clients[index].control = nil
        clients[index].controlAsked = nil
        clients[index].serial += 1
        if !clients[index].staysAway { plan(.clientStarts(index), in: faults == .none ? 1 : pick(10...1500)) }
    }

    private func isAlive(_ index: Int, _ life: Int) -> Bool {
        clients[index].isUp && clients[index].life == life && clients[index].outcome == nil
    }

    mutating func joinAnswered(_ index: Int, _ life: Int, _ isIn: Bool) {
        guard isAlive(index, life), clients[index].machine == nil else { return }
        if !isIn && store.session.status.isFinal {
            // Too late to join: the node tells its owner and goes.
            clients[index].outcome = .ended(status: store.session.status.rawValue, reason: "")
            return
        }
        guard isIn else { return plan(.joinArrives(index, life: life), in: 100 + networkDelay()) }
        clients[index].makeMachine()
        tell(index, .started)
    }

    mutating func clientTimer(_ index: Int, _ life: Int, _ at: Int64) {
        guard isAlive(index, life), clients[index].timer == at else { return }
        clients[index].timer = nil
        tell(index, .tick)
    }

    /// An event reaches the machine; its effects are run at once, as the client's shell does.
    mutating func tell(_ index: Int, _ event: ClientEvent) {
        guard clients[index].outcome == nil else { return }
        let instant = instant
        let effects = clients[index].machine?.handle(event, now: instant) ?? []
        for effect in effects {
            record("client \(index) does \(effect)")
            if happens(faults.effectCrash) { return crashClient(index) }
            perform(effect, index)
        }
        guard clients[index].outcome == nil, let next = clients[index].machine?.nextDeadline?.milliseconds, clients[index].timer != next
        else { return }
        clients[index].timer = next
        plan(.clientTimer(index, life: clients[index].life, at: next), in: max(1, next - now))
    }

    private mutating func perform(_ effect: ClientEffect, _ index: Int) {
        let life = clients[index].life
        let name = clients[index].name
        switch effect {
        case .connect: plan(.connectArrives(index, life: life), in: networkDelay())
        case .send(let message):
            guard let link = clients[index].link, !links[link].isBroken else { return }
            // What the codec refuses is not sent, as in production.
            guard let bytes = try? ControlCodec.encode(message) else { return note("unsendable", index) }
            plan(.frameToCoordinator(link: link, bytes), in: frameTime(link, toClient: false))
        case .fetchModel(let digest, let path):
            if clients[index].model?.digest == digest { return plan(.modelAnswered(index, life: life, digest: digest, []), in: 0) }
            plan(.modelAsked(index, life: life, digest: digest, path: path), in: networkDelay())
        case .fetchControl(let digest, let path):
            if clients[index].control?.digest == digest { return plan(.modelAnswered(index, life: life, digest: digest, []), in: 0) }
            clients[index].controlAsked = digest
            plan(.modelAsked(index, life: life, digest: digest, path: path), in: networkDelay())
        case .train(let start, _):
            checker.trains(name, AttemptKey(round: start.round, attempt: start.attempt), now)
            plan(.trained(index, life: life, serial: clients[index].serial, start), in: pick(configuration.training))
        case .cancelTraining: clients[index].serial += 1
        case .persist(let state):
            if configuration.plantedBug == .clientForgets { break }
            clients[index].state = state
        case .upload(let update, let encoding):
            guard let body = clients[index].bodies[update.digest] else {
                return plan(.uploadAnswered(Upload(client: index, life: life, key: update.key, body: []), .failed(.refused("body is gone"))), in: 0)
            }
            checker.delivers(name, update.key)
            let packed = encoding == .identity ? nil : BulkCodec.compressWherePays(body)
            post(Upload(client: index, life: life, key: update.key, body: packed ?? body, isCompressed: packed != nil))
        case .evaluate(let request): plan(.evaluated(index, life: life, request), in: pick(configuration.training))
        case .discard(let digest): clients[index].bodies[digest] = nil
        case .finished(let outcome):
            note("client ends", index)
            clients[index].outcome = outcome
        }
    }

    // MARK: Work

    mutating func modelAnswered(_ index: Int, _ life: Int, _ digest: String, _ bytes: [UInt8]?) {
        guard isAlive(index, life) else { return }
        guard let bytes else { return tell(index, .modelFetchFailed(digest: digest, reason: "no answer")) }
        // No bytes: the model was here already.
        if !bytes.isEmpty {
            note("model to", index, bytes)
            if digest == clients[index].controlAsked {
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

    mutating func trained(_ index: Int, _ life: Int, _ serial: Int, _ start: RoundStart) {
        guard isAlive(index, life), clients[index].serial == serial else { return }
        let key = AttemptKey(round: start.round, attempt: start.attempt)
        let base = hexadecimal(start.modelSHA256)
        guard let model = clients[index].model, model.digest == base, !happens(faults.trainingFailure) else {
            checker.losesTraining(clients[index].name)
            return tell(index, .trainingFailed(key, reason: "no luck"))
        }
        let dataset = clients[index].dataset
        let controls = controls(index, start, parameters: model.file.parameters.count)
        if let controls, !checker.sums.strategy.isOwn(controls.own, of: clients[index].name) {
            checker.violated(.countedOnce, now, "\(clients[index].name) trains for round \(start.round) with another control than was counted")
        }
        guard var update = try? computer.update(model: model.file, start: start, dataset: dataset, controls: controls) else {
            checker.losesTraining(clients[index].name)
            return tell(index, .trainingFailed(key, reason: "it does not converge"))
        }
        var control: String?
        if let controls {
            let file = RoundComputer.encode(delta: LocalComputer.control(after: update, own: controls.own))
            let digest = hexadecimal(CryptoSuite.simulated.sha256(file))
            clients[index].bodies[digest] = file
            control = digest
        }
        if index < configuration.faults.liars {
            for i in update.values.indices { update.values[i] *= -3 }
            update.samples *= 1000
        }
        if !checker.sums.trained(clients[index].name, base: base, update) {
            checker.violated(.trainingIsReproducible, now, "\(clients[index].name) trains another update for round \(start.round)")
        }
        let body = update.encode()
        let digest = hexadecimal(CryptoSuite.simulated.sha256(body))
        clients[index].bodies[digest] = body
        tell(index, .trained(key, digest: digest, control: control))
    }

    /// nil unless the round asks for them. A control that is not here is zero.
    private func controls(_ index: Int, _ start: RoundStart, parameters: Int) -> Controls? {
        guard case .controlled(let control) = start.rule else { return nil }
        let zeros = [Float](repeating: 0, count: parameters)
        var (server, own): ([Float]?, [Float]?)
        if let held = clients[index].control, held.digest == hexadecimal(control.sha256) {
            server = try? LocalComputer.serverControl(held.file, parameters: parameters)
        }
        if let digest = clients[index].machine?.state.controls?.counted?.digest, let file = clients[index].bodies[digest] {
            own = RoundComputer.decode(delta: file, count: parameters)
        }
        return Controls(server: server ?? zeros, own: own ?? zeros)
    }

    mutating func evaluated(_ index: Int, _ life: Int, _ request: EvaluationRequest) {
        guard isAlive(index, life), let model = clients[index].model, model.digest == hexadecimal(request.modelSHA256) else { return }
        let result = evaluate(spec: model.file.spec, parameters: model.file.parameters, dataset: clients[index].dataset, kernels: kernels)
        tell(index, .evaluated(round: request.round, loss: result.loss, accuracy: result.accuracy, rows: result.rows))
    }

    mutating func uploadAnswered(_ upload: Upload, _ answer: UploadAnswer) {
        guard isAlive(upload.client, upload.life) else { return }
        switch answer {
        case .accepted: tell(upload.client, .uploaded(upload.key))
        case .failed(let failure): tell(upload.client, .uploadFailed(upload.key, failure))
        }
    }

    // MARK: Link

    mutating func connectAnswered(_ index: Int, _ life: Int, _ link: Int?) {
        guard isAlive(index, life) else {
            if let link { breakLink(link) }
            return
        }
        guard let link, !links[link].isBroken else { return tell(index, .connectFailed(reason: "no answer", fatal: false)) }
        clients[index].link = link
        tell(index, .connected)
    }

    mutating func frameToClient(_ link: Int, _ bytes: [UInt8]) {
        let (index, life) = (links[link].client, links[link].life)
        guard isAlive(index, life), clients[index].link == link, !links[link].isBroken else { return }
        note("to client", index, bytes)
        guard let message = try? ControlCodec.decodeServer(bytes) else { return breakLink(link) }
        record("client \(index) hears \(message)")
        tell(index, .message(message))
    }

    mutating func linkClosedAtClient(_ link: Int) {
        let index = links[link].client
        guard clients[index].link == link, isAlive(index, links[link].life) else { return }
        clients[index].link = nil
        tell(index, .disconnected(reason: "closed"))
    }
}
