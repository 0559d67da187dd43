internal import CryptoSuite
internal import Federation
internal import Learning
internal import RobustAggregation
internal import Strategies
internal import Wire

/// The shell of the coordinator's machine, as production has it: effects strictly in order, what is written first.
struct CoordinatorProcess {
    var machine: CoordinatorMachine
    var effects: [CoordinatorEffect]
    /// How many of `effects` are done.
    private var done = 0
    var isWriting = false
    var timer: Int64?
    var nextTicket: UInt64 = 0
    var waiting: [UInt64: Waiting] = [:]
    /// The current link of each client.
    var links: [String: Int] = [:]
    /// The model that was read last.
    var model: (digest: String, file: ModelFile)?

    mutating func handle(_ event: CoordinatorEvent, _ now: Instant) { effects += machine.handle(event, now: now) }

    /// What is done next: one transaction of changes, or one effect; nil while a write is under way or nothing is left.
    mutating func next() -> (changes: [DurableChange], effect: CoordinatorEffect?)? {
        guard !isWriting, done < effects.count else {
            if done > 0 && done == effects.count {
                effects.removeAll(keepingCapacity: true)
                done = 0
            }
            return nil
        }
        var changes: [DurableChange] = []
        while done < effects.count, case .persist(let change) = effects[done] {
            changes.append(change)
            done += 1
        }
        if !changes.isEmpty { return (changes, nil) }
        done += 1
        return ([], effects[done - 1])
    }

    init(machine: CoordinatorMachine, effects: [CoordinatorEffect]) {
        self.machine = machine
        self.effects = effects
    }

    enum Waiting {
        case join(client: Int, life: Int)
        case admission(upload: Int, body: [UInt8])
        case receipt(upload: Int)
    }
}

extension World {
    mutating func startCoordinator() {
        guard coordinator == nil else { return }
        note("coordinator starts", epoch)
        epoch += 1
        openSince = now
        if epoch == 1 {
            coordinator = CoordinatorProcess(machine: CoordinatorMachine(session: store.session), effects: [])
        } else {
            coordinatorRestarts += 1
            var snapshot = store.snapshot()
            if configuration.plantedBug == .losesContributions { snapshot.contributions = [] }
            let (machine, effects) = CoordinatorMachine.restored(from: snapshot, now: instant)
            coordinator = CoordinatorProcess(machine: machine, effects: effects)
        }
        runEffects()
    }

    mutating func crashCoordinator() {
        guard let process = coordinator else { return }
        note("coordinator crashes", epoch)
        coordinator = nil
        for ticket in process.waiting.keys.sorted() {
            guard case .join(let client, let life)? = process.waiting[ticket] else { continue }
            plan(.joinAnswered(client, life: life, isIn: false), in: networkDelay())
        }
        for link in links.indices { breakLink(link) }
        for id in openUploads.keys.sorted() { answer(id, .failed(.retry(afterSeconds: nil))) }
        plan(.coordinatorStarts, in: faults == .none ? 1 : pick(10...1500))
    }

    mutating func coordinatorTimer(_ timed: Int, _ at: Int64) {
        guard timed == epoch, coordinator?.timer == at else { return }
        coordinator?.timer = nil
        tell(.tick)
    }

    /// An event reaches the machine.
    mutating func tell(_ event: CoordinatorEvent) {
        guard coordinator != nil else { return }
        let instant = instant
        coordinator?.handle(event, instant)
        runEffects()
    }

    mutating func ask(_ waiting: CoordinatorProcess.Waiting, _ event: (Ticket) -> CoordinatorEvent) {
        guard let ticket = coordinator?.nextTicket else { return }
        coordinator?.nextTicket += 1
        coordinator?.waiting[ticket] = waiting
        tell(event(Ticket(ticket)))
    }

    private mutating func runEffects() {
        while let (changes, effect) = coordinator?.next() {
            if happens(faults.effectCrash) {
                // The transaction that was under way is whole or not there at all.
                if !changes.isEmpty && happens(0.5) { makeDurable(changes) }
                return crashCoordinator()
            }
            if let effect {
                perform(effect)
            } else {
                let waits = configuration.plantedBug != .sendsBeforePersisting
                coordinator?.isWriting = waits
                plan(.written(epoch: epoch, changes), in: pick(configuration.disk))
            }
        }
        armCoordinator()
    }

    private mutating func armCoordinator() {
        guard let next = coordinator?.machine.nextDeadline?.milliseconds else { return }
        if coordinator?.timer == next || configuration.plantedBug == .ignoresDeadline { return }
        coordinator?.timer = next
        plan(.coordinatorTimer(epoch: epoch, at: next), in: max(1, next - now))
    }

    mutating func written(_ written: Int, _ changes: [DurableChange]) {
        guard written == epoch, coordinator != nil else { return }
        makeDurable(changes)
        coordinator?.isWriting = false
        runEffects()
    }

    private mutating func makeDurable(_ changes: [DurableChange]) {
        note("written", changes.count)
        for change in changes {
            record("durable: \(change)")
            store.apply(change)
            checker.became(durable: change, now, openSince: openSince, slack: slack)
        }
    }

    private mutating func perform(_ effect: CoordinatorEffect) {
        switch effect {
        case .persist: break
        case .initialiseModel(let spec, let schema, let seed):
            plan(.modelMade(epoch: epoch, spec, schema, seed: seed), in: pick(configuration.disk))
        case .send(let message, let client): send(message, to: client)
        case .reply(let ticket, let reply): answer(ticket, reply)
        case .aggregate(let job): plan(.aggregationDue(epoch: epoch, job), in: pick(configuration.disk))
        case .discardContributions(let round): store.discard(throughRound: round)
        case .finished: note("finished", epoch)
        }
    }

    private mutating func send(_ message: ServerMessage, to client: String) {
        guard let link = coordinator?.links[client] else { return }
        checker.said(message, to: client, now)
        guard let bytes = try? ControlCodec.encode(message) else { return note("unsendable", link) }
        plan(.frameToClient(link: link, bytes), in: frameTime(link, toClient: true))
        if happens(faults.reordering) { plan(.frameToClient(link: link, bytes), in: frameTime(link, toClient: true)) }
    }

    private mutating func answer(_ ticket: Ticket, _ reply: CoordinatorReply) {
        guard let waiting = coordinator?.waiting.removeValue(forKey: ticket.value) else { return }
        switch waiting {
        case .join(let client, let life):
            if case .joined(let member, _, _) = reply, store.members[member.client] == nil {
                checker.violated(.durableBeforeVisible, now, "\(member.client) has joined, but that is not durable")
            }
            let isIn = if case .joined = reply { true } else { false }
            if happens(faults.loss) { return plan(.joinAnswered(client, life: life, isIn: false), in: 300) }
            plan(.joinAnswered(client, life: life, isIn: isIn), in: networkDelay())
        case .admission(let upload, let body): admitted(upload, body, reply)
        case .receipt(let upload): receipt(upload, reply)
        }
    }

    // MARK: Models

    mutating func modelMade(_ made: Int, _ spec: ModelSpec, _ schema: DataSchema, _ seed: UInt64) {
        guard made == epoch, coordinator != nil else { return }
        let file = ModelFile(spec: spec, schema: schema, parameters: spec.initialParameters(seed: seed))
        let digest = keep(file)
        tell(.modelInitialised(digest: digest))
    }

    private mutating func keep(_ file: ModelFile) -> String {
        let bytes = file.encode()
        let digest = store.put(model: bytes)
        note("model", file.parameters.count, bytes)
        checker.sums.knows(model: digest, file.parameters)
        return digest
    }

    /// Read from the store, and kept until another one is asked for.
    mutating func baseModel(_ digest: String) -> ModelFile? {
        if let model = coordinator?.model, model.digest == digest { return model.file }
        guard let bytes = store.model(digest), let file = model(digest, bytes) else { return nil }
        coordinator?.model = (digest, file)
        return file
    }

    mutating func aggregate(_ begun: Int, _ job: AggregationJob) {
        guard begun == epoch, coordinator != nil else { return }
        var job = job
        if configuration.plantedBug == .countsDuplicates {
            for (index, record) in job.contributions.enumerated()
            where repeated.contains(DurableStore.Key(attempt: record.attemptKey, client: record.client)) {
                job.contributions.append(record)
                job.weights.append(job.weights[index])
            }
        }
        do {
            let from = configuration.plantedBug == .forksChain ? store.initialModel ?? job.baseModel : job.baseModel
            guard let base = baseModel(from) else { throw AggregationError.source("its model is not in the store") }
            let length = job.strategy.updateLength(parameters: base.parameters.count)
            var deltas: [[Float]] = []
            for record in job.contributions {
                guard let stored = store.contribution(record.attemptKey, record.client)?.delta,
                    let delta = RoundComputer.decode(delta: stored, count: length)
                else { throw AggregationError.source("the update of \(record.client) is not in the store") }
                deltas.append(delta)
            }
            let state = configuration.plantedBug == .forgetsServerState ? nil : job.state.flatMap { store.model($0) }
            let step = try RoundComputer.step(from: base, state: state, job: job, source: try MemoryUpdates(deltas))
            var result = AggregationResult(model: keep(step.model), heldOutLoss: nil, heldOutAccuracy: nil, milliseconds: 0)
            if let file = step.state {
                let digest = store.put(model: file)
                result.state = digest
                checker.sums.strategy.knows(state: digest, try ServerState(decoding: file, strategy: job.strategy, parameters: base.parameters.count))
            }
            tell(.aggregated(round: job.round, attempt: job.attempt, result))
        } catch {
            tell(.aggregationFailed(round: job.round, attempt: job.attempt, reason: "\(error)"))
        }
    }

    mutating func modelAsked(_ client: Int, _ life: Int, _ digest: String, _ path: String) {
        guard coordinator != nil, !happens(faults.loss) else {
            return plan(.modelAnswered(client, life: life, digest: digest, nil), in: 300)
        }
        let round = path.lastIndex(of: "=").flatMap { Int(path[path.index(after: $0)...]) }
        let paths = SessionPaths(session: session)
        let found = round.flatMap { round -> [UInt8]? in
            if path == paths.model(round) { return store.model(ofRound: round) }
            return path == paths.control(round) ? store.state(ofRound: round) : nil
        }
        guard let bytes = found else {
            return plan(.modelAnswered(client, life: life, digest: digest, nil), in: networkDelay())
        }
        plan(.modelAnswered(client, life: life, digest: digest, bytes), in: networkDelay())
        tell(.bytesServed(Int64(bytes.count)))
    }

    // MARK: Members and their links

    mutating func joinArrives(_ client: Int, _ life: Int) {
        guard coordinator != nil, !happens(faults.loss) else { return plan(.joinAnswered(client, life: life, isIn: false), in: 300) }
        var request = JoinRequest(client: clients[client].name)
        request.dataSize = Int64(clients[client].dataset.rows)
        request.schema = clients[client].schema
        ask(.join(client: client, life: life)) { .join(request, $0) }
    }

    mutating func connectArrives(_ client: Int, _ life: Int) {
        guard coordinator != nil, !happens(faults.loss) else { return plan(.connectAnswered(client, life: life, link: nil), in: 300) }
        if coordinator?.machine.member(clients[client].name) == nil {
            checker.violated(.durableBeforeVisible, now, "\(clients[client].name) had joined and is not known any more")
        }
        links.append(Link(client: client, life: life))
        plan(.connectAnswered(client, life: life, link: links.count - 1), in: networkDelay())
    }

    mutating func frameToCoordinator(_ link: Int, _ bytes: [UInt8]) {
        guard coordinator != nil, !links[link].isBroken else { return }
        note("to coordinator", link, bytes)
        let name = clients[links[link].client].name
        guard let message = try? ControlCodec.decodeClient(bytes) else { return breakLink(link) }
        record("\(name) says \(message)")
        if case .hello(let hello) = message {
            guard ControlCodec.negotiate(min: hello.versionMin, max: hello.versionMax) != nil, hello.sessionID == session else {
                return breakLink(link)
            }
            links[link].isGreeted = true
            if let before = coordinator?.links[name], before != link { breakLink(before) }
            coordinator?.links[name] = link
            let status = coordinator?.machine.session.status.rawValue ?? ""
            send(
                .welcome(
                    Welcome(
                        version: ControlCodec.version, sessionID: session, heartbeatSeconds: configuration.spec.heartbeatSeconds,
                        serverTimeMs: now, status: status)), to: name)
            return tell(.connected(client: name))
        }
        // The first message of a channel is the hello; anything that overtook it is refused.
        guard links[link].isGreeted else { return breakLink(link) }
        switch message {
        case .hello: break
        case .heartbeat: tell(.heartbeat(client: name))
        case .evaluation(let m):
            tell(.evaluationReported(client: name, round: m.round, loss: m.loss, accuracy: m.accuracy, rows: Int64(m.rows)))
        case .roundFailed(let m): tell(.roundFailed(client: name, round: m.round, attempt: m.attempt, reason: m.reason))
        }
    }

    mutating func linkClosedAtCoordinator(_ link: Int) {
        let name = clients[links[link].client].name
        guard coordinator?.links[name] == link else { return }
        coordinator?.links[name] = nil
        tell(.disconnected(client: name))
    }
}
