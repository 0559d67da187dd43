import CryptoSuite
import Federation
import FederationSimulator
import Learning
import RobustAggregation
import SecureAggregation
import Wire

/// A coordinator and its clients in one thread, with every message of a secure session through its codec. The coordinator can be
/// killed, and goes on from what was durable; frames can be kept from a client.
struct SecureBench {
    var machine: CoordinatorMachine
    var clients: [String: ClientMachine] = [:]
    var durable: SessionSnapshot
    var now = Instant(milliseconds: 1_000_000)
    var models: [String: ModelFile] = [:]
    var bodies: [String: [UInt8]] = [:]
    var packed: [String: [UInt8]] = [:]
    private var encoded: [String: (AttemptKey, EncodedUpdate)] = [:]
    var notices: [String] = []
    /// Unmask requests that were said: round, attempt, survivors.
    var asked: [(key: AttemptKey, survivors: [Int])] = []
    /// false: the frame is lost.
    var letsThrough: (ServerMessage, String) -> Bool = { _, _ in true }
    /// What a client that lies says instead.
    var forges: (SecureFrame, String) -> SecureFrame = { frame, _ in frame }
    /// What a client hears instead.
    var tells: (ServerMessage, String) -> ServerMessage = { message, _ in message }
    /// Of each attempt and dealer: the kinds of shares that members gave away.
    var revealed: [AttemptKey: [Int: Set<ShareKind>]] = [:]
    /// What each client is given by its owner.
    var protect: (String) -> ClientProtection
    /// Clients that train and mask, but do not upload.
    var keepsBack: Set<String> = []
    private var toClients: [(ServerMessage, String)] = []
    private var tickets: UInt64 = 0
    private var reply: CoordinatorReply?
    private var isDelivering = false
    /// Entropy comes behind every frame that is on its way, as where it is an event in a queue.
    var drawsLate = false
    private var drawn: [(String, ClientEvent)] = []
    /// Restarts: each life draws other keys.
    private var lives: [String: Int] = [:]

    /// - Parameter protect: nil: floors alone.
    init(
        _ spec: SessionSpec, clients names: [String], floors: ClientFloors = ClientFloors(members: 3, groupFloor: 3),
        protect: ((String) -> ClientProtection)? = nil
    ) {
        self.protect = protect ?? { _ in ClientProtection(suite: .simulated, floors: floors) }
        let record = SessionRecord(id: "s", tenant: "default", spec: spec, createdAt: now, registrationTokenHash: [])
        machine = CoordinatorMachine(session: record, suite: .simulated)
        durable = SessionSnapshot(session: record)
        add(names)
    }

    /// Join and connect.
    mutating func add(_ names: [String]) {
        for (index, name) in names.enumerated() {
            clients[name] = ClientMachine(client: name, session: "s", state: ClientState(session: "s"), seed: UInt64(index), protection: protect(name))
        }
        for name in names {
            var request = JoinRequest(client: name)
            request.dataSize = 12
            tickets += 1
            handle(.join(request, Ticket(tickets)))
        }
        for name in names { connect(name) }
    }

    var names: [String] { clients.keys.sorted() }

    mutating func connect(_ name: String) {
        tell(name, .connected)
        deliver()
    }

    mutating func restart(_ name: String) {
        guard let state = clients[name]?.state else { return }
        clients[name] = ClientMachine(client: name, session: "s", state: state, seed: 9, protection: protect(name))
        lives[name, default: 0] += 1
        drawn.removeAll { $0.0 == name }
        handle(.disconnected(client: name))
        connect(name)
    }

    /// Memory is gone; clients notice that the channel is closed and come back.
    mutating func killCoordinator(without gone: Set<String> = []) {
        toClients = []
        let (restored, effects) = CoordinatorMachine.restored(from: durable, now: now, suite: .simulated)
        machine = restored
        run(effects)
        for name in names where !gone.contains(name) { connect(name) }
    }

    mutating func handle(_ event: CoordinatorEvent) { run(machine.handle(event, now: now)) }

    mutating func pass(seconds: Double) {
        now = now.adding(seconds: seconds)
        handle(.tick)
        deliver()
    }

    private mutating func run(_ effects: [CoordinatorEffect]) {
        for effect in effects {
            switch effect {
            case .persist(let change): durable.apply(change)
            case .initialiseModel(let spec, let schema, let seed):
                let file = ModelFile(spec: spec, schema: schema, parameters: spec.initialParameters(seed: seed))
                handle(.modelInitialised(digest: keep(file)))
            case .send(let message, let client):
                if case .secure(let frame) = message, let request = try? UnmaskRequest(encoded: frame.message) {
                    asked.append((AttemptKey(round: frame.round, attempt: frame.attempt), request.survivors))
                }
                toClients.append((message, client))
            case .reply(_, let answer): reply = answer
            case .planPrivacy: break
            case .aggregate(let job): aggregate(job)
            case .discardContributions, .finished: break
            }
        }
    }

    private mutating func keep(_ file: ModelFile) -> String {
        let digest = hexadecimal(CryptoSuite.simulated.sha256(file.encode()))
        models[digest] = file
        return digest
    }

    private mutating func aggregate(_ job: AggregationJob) {
        do {
            guard let masked = job.masked, let base = models[job.baseModel] else { throw AggregationError.noUpdates }
            let (step, sums) = try RoundComputer.step(from: base, state: nil, job: job, masked: masked, suite: .simulated) {
                [packed] name throws(AggregationError) in packed["\(name)/\(job.round)/\(job.attempt)"] ?? []
            }
            var result = AggregationResult(model: keep(step.model), heldOutLoss: nil, heldOutAccuracy: nil, milliseconds: 0)
            result.sums = sums
            handle(.aggregated(round: job.round, attempt: job.attempt, result))
        } catch {
            handle(.aggregationFailed(round: job.round, attempt: job.attempt, reason: "\(error)"))
        }
    }

    // MARK: Clients

    mutating func deliver() {
        guard !isDelivering else { return }
        isDelivering = true
        while !toClients.isEmpty || !drawn.isEmpty {
            guard !toClients.isEmpty else {
                let (name, entropy) = drawn.removeFirst()
                tell(name, entropy)
                continue
            }
            let (message, name) = toClients.removeFirst()
            guard letsThrough(message, name), let bytes = try? ControlCodec.encode(tells(message, name)), let heard = try? ControlCodec.decodeServer(bytes)
            else { continue }
            tell(name, .message(heard))
        }
        isDelivering = false
    }

    mutating func tell(_ name: String, _ event: ClientEvent) {
        for effect in clients[name]?.handle(event, now: now) ?? [] { perform(effect, name) }
    }

    private mutating func perform(_ effect: ClientEffect, _ name: String) {
        switch effect {
        case .send(let message):
            guard let bytes = try? ControlCodec.encode(message), let heard = try? ControlCodec.decodeClient(bytes) else { return }
            switch heard {
            case .secure(let frame):
                for item in (try? UnmaskResponse(encoded: frame.message))?.items ?? [] {
                    revealed[AttemptKey(round: frame.round, attempt: frame.attempt), default: [:]][item.dealer, default: []].insert(item.kind)
                }
                handle(.secureFrame(client: name, forges(frame, name)))
            case .roundFailed(let m): handle(.roundFailed(client: name, round: m.round, attempt: m.attempt, reason: m.reason))
            case .evaluation(let m): handle(.evaluationReported(client: name, round: m.round, loss: m.loss, accuracy: m.accuracy, rows: Int64(m.rows)))
            case .hello(let hello): handle(.connected(client: name, identity: hello.identityKey))
            case .heartbeat: break
            }
        case .fetchModel(let digest, _): tell(name, .modelFetched(digest: digest))
        case .pay(let claim): tell(name, .paid(claim.key))
        case .drawEntropy(let use):
            let event = ClientEvent.entropy(use, Secret(CryptoSuite.simulated.sha256(Array("\(name) \(use) \(now.milliseconds) \(lives[name] ?? 0)".utf8))))
            if drawsLate { drawn.append((name, event)) } else { tell(name, event) }
        case .train(let start, _):
            guard let base = models[hexadecimal(start.modelSHA256)] else { return }
            var computer = LocalComputer()
            let own = SimulatedData.rows(of: names.firstIndex(of: name) ?? 0, seed: 5)
            guard let update = try? computer.update(model: base, start: start, dataset: own),
                let encoded = try? LocalComputer.encoded(update, start, secret: SimulatedData.rounding(of: names.firstIndex(of: name) ?? 0), suite: .simulated)
            else { return }
            let key = AttemptKey(round: start.round, attempt: start.attempt)
            self.encoded[name] = (key, encoded)
            tell(name, .encoded(key))
        case .mask(let job):
            guard let (key, update) = encoded[name], key == job.key else { return }
            let body = MaskedBody.make(job, update, suite: .simulated)
            let digest = hexadecimal(CryptoSuite.simulated.sha256(body))
            bodies[digest] = body
            tell(name, .masked(key, digest: digest))
        case .upload(let update, _): if !keepsBack.contains(name) { upload(name, update) }
        case .evaluate(let request): tell(name, .evaluated(round: request.round, loss: 1, accuracy: 0.5, rows: 12))
        case .notice(let text), .warning(let text): notices.append("\(name): \(text)")
        case .connect, .fetchControl, .cancelTraining, .persist, .discard, .finished: break
        }
    }

    private mutating func upload(_ name: String, _ update: PendingUpdate) {
        guard let body = bodies[update.digest], let expected = machine.maskedUpload(name), let masked = try? MaskedBody(body, expected: expected) else {
            return tell(name, .uploadFailed(update.key, .superseded))
        }
        var record = ContributionRecord(
            client: name, round: update.key.round, attempt: update.key.attempt, digest: CryptoSuite.simulated.sha256(body), samples: 1, maxAbs: 0,
            wireBytes: Int64(body.count), loss: nil, accuracy: nil, receivedAt: now)
        record.masked = masked.facts
        packed["\(name)/\(record.round)/\(record.attempt)"] = masked.packed
        durable.contributions.append(record)
        tickets += 1
        handle(.updateStored(record, Ticket(tickets)))
        if case .accepted? = reply { tell(name, .uploaded(update.key)) } else { tell(name, .uploadFailed(update.key, .superseded)) }
    }

    // MARK: Looking

    func record(_ round: Int, _ attempt: Int = 1) -> RoundRecord? { durable.rounds.first { $0.round == round && $0.attempt == attempt } }
}

func secureSpec(clients: Int, rounds: Int = 2) -> SessionSpec {
    var spec = SessionSpec()
    spec.modelType = .logisticRegression
    spec.model = ModelSpec(kind: .softmaxRegression, layers: [3, 2])
    (spec.minClients, spec.maxClients, spec.rounds) = (clients, clients, rounds)
    (spec.learningRate, spec.batchSize, spec.roundDeadlineSeconds) = (0.1, 4, 100)
    spec.secureAggregation = SecureAggregationSpec()
    return spec
}
