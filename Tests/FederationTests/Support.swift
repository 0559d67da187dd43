import CryptoSuite
import DifferentialPrivacy
import Federation
import FederationSimulator
import Learning
import RobustAggregation
import Strategies
import Wire

/// One session with honest clients, all in one thread: effects of the machine are run at once, in order.
struct Bench {
    var machine: CoordinatorMachine
    var now = Instant(milliseconds: 1_000_000)
    var durable: SessionSnapshot
    var models: [String: ModelFile] = [:]
    var states: [String: [UInt8]] = [:]
    var deltas: [String: [Float]] = [:]
    var sent: [(message: ServerMessage, to: String)] = []
    var replies: [UInt64: CoordinatorReply] = [:]
    var tickets: UInt64 = 0
    /// Client states as they were sent before anything after them was made durable.
    var shards: [String: Dataset] = [:]
    /// SCAFFOLD's controls of the clients, as last counted and as last sent.
    var counted: [String: [Float]] = [:]
    var pending: [String: (key: AttemptKey, control: [Float])] = [:]
    /// What the coordinator's test set says of the model that a round makes.
    var heldOutLoss: [Int: Double] = [:]
    /// What clients say in a round of the model that they were given.
    var reportedLoss: [Int: Double] = [:]
    /// Outlives the coordinator, as a disk does.
    var ledger = PrivacyLedger()
    /// Releases whose noise was drawn, in order.
    var drawn: [String] = []
    /// The process dies between the charge and the commit of this round.
    var diesInRound: Int?

    init(_ spec: SessionSpec) {
        let record = SessionRecord(id: "s", tenant: "default", spec: spec, createdAt: now, registrationTokenHash: [])
        machine = CoordinatorMachine(session: record)
        durable = SessionSnapshot(session: record)
    }

    mutating func ticket() -> Ticket {
        tickets += 1
        return Ticket(tickets)
    }

    mutating func handle(_ event: CoordinatorEvent) { run(machine.handle(event, now: now)) }

    mutating func run(_ effects: [CoordinatorEffect]) {
        for effect in effects {
            switch effect {
            case .persist(let change): durable.apply(change)
            case .initialiseModel(let spec, let schema, let seed):
                let file = ModelFile(spec: spec, schema: schema, parameters: spec.initialParameters(seed: seed))
                let digest = name(file)
                models[digest] = file
                handle(.modelInitialised(digest: digest))
            case .send(let message, let client): sent.append((message, client))
            case .reply(let ticket, let reply): replies[ticket.value] = reply
            case .planPrivacy(let demand): plan(demand)
            case .aggregate(let job): aggregate(job)
            case .discardContributions, .finished: break
            }
        }
    }

    private mutating func plan(_ demand: PrivacyDemand) {
        do { handle(.privacyPlanned(try demand.plan(spent: ledger.past(demand.members, tenant: "default")))) } catch {
            handle(.budgetRefused(nil, reason: "\(error)"))
        }
    }

    private mutating func aggregate(_ job: AggregationJob) {
        var noise: RandomWords?
        if let privacy = job.privacy {
            do { _ = try ledger.pay(privacy.charge, tenant: "default") } catch { return handle(job.unpaid(error)) }
            drawn.append(privacy.charge.id)
            let entropy = Secret(CryptoSuite.simulated.sha256(Array(privacy.charge.id.utf8)))
            noise = RandomWords(entropy: entropy, release: privacy.charge.id, suite: .simulated)
            if diesInRound == job.round { return diesInRound = nil }
        }
        do {
            let updates = job.contributions.map { deltas["\($0.client)/\($0.round)"] ?? [] }
            let state = job.state.flatMap { states[$0] }
            let step = try RoundComputer.step(from: models[job.baseModel]!, state: state, job: job, source: try MemoryUpdates(updates), noise: noise)
            let digest = name(step.model)
            models[digest] = step.model
            let stateDigest = step.state.map { name($0) }
            if let stateDigest { states[stateDigest] = step.state }
            var result = AggregationResult(
                model: digest, heldOutLoss: heldOutLoss[job.round], heldOutAccuracy: heldOutLoss[job.round].map { 1 - $0 }, milliseconds: 0)
            result.state = stateDigest
            if let charge = job.privacy?.charge { result.epsilon = ledger.spent(charge.members, tenant: "default", delta: charge.budget.delta) }
            handle(.aggregated(round: job.round, attempt: job.attempt, result))
        } catch {
            handle(.aggregationFailed(round: job.round, attempt: job.attempt, reason: "\(error)"))
        }
    }

    /// A name for a model: any function of its bytes will do here.
    func name(_ file: ModelFile) -> String { name(file.encode()) }

    func name(_ bytes: [UInt8]) -> String {
        var generator = SeededGenerator(
            seed: derivedSeed(0, String(decoding: bytes.flatMap { [UInt8(ascii: "a") + $0 >> 4, UInt8(ascii: "a") + $0 & 15] }, as: UTF8.self)))
        return hexadecimal((0..<32).map { _ in UInt8(truncatingIfNeeded: generator.next()) })
    }

    mutating func join(_ client: String, rows: Int64 = 10, schema: DataSchema? = nil) -> CoordinatorReply? {
        var request = JoinRequest(client: client)
        request.dataSize = rows
        request.schema = schema
        let ticket = ticket()
        handle(.join(request, ticket))
        return replies[ticket.value]
    }

    /// Trains a client's shard from the round's model and delivers the delta.
    mutating func deliver(_ client: String, _ start: RoundStart) -> CoordinatorReply? {
        guard let base = models[hexadecimal(start.modelSHA256)], let dataset = shards[client] else { return nil }
        var computer = LocalComputer()
        guard let update = try? computer.update(model: base, start: start, dataset: dataset, controls: controls(client, start, base)) else { return nil }
        if case .controlled = start.rule {
            let own = controls(client, start, base)?.own ?? []
            pending[client] = (AttemptKey(round: start.round, attempt: start.attempt), LocalComputer.control(after: update, own: own))
        }
        let delta = update.values + update.control
        deltas["\(client)/\(start.round)"] = delta
        return store(
            client, start.round, start.attempt, samples: Int64(dataset.rows), digest: Array(update.encode().suffix(32)), maxAbs: delta.map(abs).max() ?? 0,
            steps: update.steps, hasLostControl: update.hasLostControl)
    }

    /// What a client that keeps its controls as it should has at the start of a round.
    private mutating func controls(_ client: String, _ start: RoundStart, _ base: ModelFile) -> Controls? {
        guard case .controlled(let control) = start.rule else { return nil }
        if let last = pending[client], last.key == AttemptKey(round: control.countedRound, attempt: control.countedAttempt) { counted[client] = last.control }
        return try? LocalComputer.controls(
            start, own: counted[client], server: states[hexadecimal(control.sha256)], parameters: base.parameters.count)
    }

    mutating func store(
        _ client: String, _ round: Int, _ attempt: Int, samples: Int64 = 1, digest: [UInt8], maxAbs: Float, steps: Double? = nil,
        hasLostControl: Bool = false
    ) -> CoordinatorReply? {
        var record = ContributionRecord(
            client: client, round: round, attempt: attempt, digest: digest, samples: samples, maxAbs: maxAbs, wireBytes: 1,
            loss: reportedLoss[round], accuracy: reportedLoss[round].map { 1 - $0 }, receivedAt: now)
        record.steps = steps
        record.hasLostControl = hasLostControl
        let ticket = ticket()
        handle(.updateStored(record, ticket))
        if case .accepted? = replies[ticket.value], !durable.contributions.contains(record) { durable.contributions.append(record) }
        return replies[ticket.value]
    }

    /// The newest start of a round for each client.
    func starts(round: Int, attempt: Int? = nil) -> [(client: String, start: RoundStart)] {
        var found: [String: RoundStart] = [:]
        for (message, client) in sent {
            if case .roundStart(let start) = message, start.round == round, attempt == nil || start.attempt == attempt { found[client] = start }
        }
        return found.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}

/// Rows of two classes that a linear model can tell apart, different for each client.
func shard(_ seed: UInt64, rows: Int = 12) -> Dataset {
    var generator = SeededGenerator(seed: seed)
    var features: [Float] = []
    var labels: [Int32] = []
    for row in 0..<rows {
        let label = Int32(row % 2)
        for input in 0..<4 { features.append(Float(generator.normal()) + (input % 2 == Int(label) ? 1 : -1)) }
        labels.append(label)
    }
    return Dataset(features: features, labels: labels, inputs: 4, outputs: 2)
}

func smallSpec(clients: Int, rounds: Int = 3) -> SessionSpec {
    var spec = SessionSpec()
    spec.minClients = clients
    spec.rounds = rounds
    spec.learningRate = 0.1
    spec.batchSize = 4
    spec.model = ModelSpec(kind: .softmaxRegression, layers: [4, 2])
    return spec
}

func federation(_ names: [String], _ spec: SessionSpec) -> Bench {
    var bench = Bench(spec)
    for (index, name) in names.enumerated() { bench.shards[name] = shard(UInt64(index + 1)) }
    for name in names { _ = bench.join(name, rows: 12) }
    for name in names { bench.handle(.connected(client: name)) }
    return bench
}
