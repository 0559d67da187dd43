package import Compute
internal import CryptoSuite
package import Federation
import Foundation
internal import Learning
package import Logging
internal import RobustAggregation
package import Storage
package import Telemetry
internal import Trust
internal import Wire

/// What the engine needs from outside.
package struct Surroundings: Sendable {
    package var sessions: any SessionStore
    package var blobs: any BlobStore
    package var pool: ComputePool
    package var metrics: Metrics
    package var log: Logger
    package var now: @Sendable () -> Instant

    package init(
        sessions: any SessionStore, blobs: any BlobStore, pool: ComputePool, metrics: Metrics, log: Logger, now: @escaping @Sendable () -> Instant
    ) {
        self.sessions = sessions
        self.blobs = blobs
        self.pool = pool
        self.metrics = metrics
        self.log = log
        self.now = now
    }
}

/// The sending end of one client's control channel. Neither call waits.
package protocol ControlChannel: Sendable {
    func send(_ frame: [UInt8])
    func close()
}

/// The shell of one `CoordinatorMachine`: runs its effects strictly in order, turns what comes of them into events, and
/// decides nothing.
actor SessionHost {
    let id: String
    let tenant: String
    var machine: CoordinatorMachine
    let around: Surroundings
    private var queue: [CoordinatorEffect] = []
    private var isPumping = false
    private var waiting: [UInt64: CheckedContinuation<CoordinatorReply, Never>] = [:]
    private var nextTicket: UInt64 = 0
    private var timer: (at: Instant, task: Task<Void, Never>)?
    private var channels: [String: any ControlChannel] = [:]
    private var tokens: [String: String] = [:]
    /// Deltas of the open attempt, so that the aggregation need not read them back.
    private var deltas: [String: [Float]] = [:]
    private var deltasOf = AttemptKey(round: 0, attempt: 0)
    private var models: [(digest: String, round: Int, bytes: [UInt8])] = []
    private var base: (digest: String, file: ModelFile)?
    /// Raw rows: how they are scaled is known once the session's schema is.
    private var evaluationSet: RawTable?
    private var arrivals: [(at: Instant, seconds: Double)] = []
    private var roundSeconds: (sum: Double, count: Int) = (0, 0)
    private(set) var traffic: (up: Int64, down: Int64) = (0, 0)

    init(machine: CoordinatorMachine, effects: [CoordinatorEffect], around: Surroundings) {
        self.machine = machine
        self.around = around
        id = machine.session.id
        tenant = machine.session.tenant
        queue = effects
    }

    /// Runs the first effects; after a restart that is what was left to do.
    func resume(members: [MemberRecord]) {
        for member in members { remember(member) }
        startPump()
        arm()
    }

    // MARK: Events

    func handle(_ event: CoordinatorEvent) {
        queue += machine.handle(event, now: around.now())
        startPump()
        arm()
    }

    func ask(_ event: (Ticket) -> CoordinatorEvent) async -> CoordinatorReply {
        nextTicket += 1
        let ticket = Ticket(nextTicket)
        return await withCheckedContinuation { continuation in
            waiting[ticket.value] = continuation
            handle(event(ticket))
        }
    }

    private func arm() {
        let next = machine.nextDeadline
        guard timer?.at != next else { return }
        timer?.task.cancel()
        timer = next.map { at in
            (at, Task { [weak self, around] in
                let wait = max(0, at.seconds(since: around.now()))
                guard (try? await Task.sleep(for: .milliseconds(Int64(min(wait, 86_400) * 1000) + 1))) != nil else { return }
                await self?.ticked()
            })
        }
    }

    private func ticked() {
        timer = nil
        handle(.tick)
    }

    // MARK: Effects

    private func startPump() {
        guard !isPumping, !queue.isEmpty else { return }
        isPumping = true
        Task { await pump() }
    }

    private func pump() async {
        while !queue.isEmpty {
            var changes: [DurableChange] = []
            while case .persist(let change)? = queue.first {
                changes.append(change)
                queue.removeFirst()
            }
            guard changes.isEmpty else {
                await persist(changes)
                continue
            }
            perform(queue.removeFirst())
        }
        isPumping = false
    }

    private func persist(_ changes: [DurableChange]) async {
        do {
            try await around.sessions.apply(changes, session: id, tenant: tenant)
            for case .round(let record) in changes where record.outcome != nil { closed(record) }
        } catch {
            // What could not be made durable must not be seen: the process ends and recovers from its log.
            around.log.critical("a change could not be stored; the coordinator stops", metadata: ["reason": "\(error)"])
            exit(1)
        }
    }

    private func perform(_ effect: CoordinatorEffect) {
        switch effect {
        case .persist: break
        case .initialiseModel(let spec, let schema, let seed): initialise(spec, schema, seed)
        case .send(let message, let client): send(message, to: client)
        case .reply(let ticket, let reply): waiting.removeValue(forKey: ticket.value)?.resume(returning: reply)
        case .aggregate(let job): aggregate(job)
        case .discardContributions(let round):
            Task { [around, id, tenant] in
                try? await around.sessions.discardContributions(session: id, tenant: tenant, throughRound: round)
            }
        case .finished(let status):
            around.log.info("session ended", metadata: ["session": "\(id)", "status": "\(status.rawValue)"])
        }
    }

    private func closed(_ record: RoundRecord) {
        guard let outcome = record.outcome else { return }
        around.metrics.add("tutti_rounds_total", [("outcome", record.state.rawValue)])
        if record.state == .committed {
            roundSeconds.sum += outcome.seconds
            roundSeconds.count += 1
            around.metrics.observe("tutti_round_seconds", seconds: outcome.seconds)
        }
    }

    private func initialise(_ spec: ModelSpec, _ schema: DataSchema, _ seed: UInt64) {
        Task {
            let file = await around.pool.run {
                ModelFile(spec: spec, schema: schema, parameters: spec.initialParameters(seed: seed)).encode()
            }
            await store(model: file, round: 0) { .modelInitialised(digest: $0) }
        }
    }

    private func store(model bytes: [UInt8], round: Int, then event: (String) -> CoordinatorEvent) async {
        do {
            let digest = try await around.blobs.put(bytes)
            models.append((digest, round, bytes))
            if models.count > 3 { models.removeFirst() }
            handle(event(digest))
        } catch {
            around.log.critical("a model could not be stored; the coordinator stops", metadata: ["reason": "\(error)"])
            exit(1)
        }
    }

    private func aggregate(_ job: AggregationJob) {
        Task {
            do {
                let base = try await model(digest: job.baseModel)
                var updates: [[Float]] = []
                for contribution in job.contributions { updates.append(try await delta(of: contribution, count: base.parameters.count)) }
                let evaluationRows = evaluationRows
                let deltas = updates
                let started = ContinuousClock.now
                let result = await around.pool.run { () -> Result<(bytes: [UInt8], Evaluation?, Double), AggregationError> in
                    do throws(AggregationError) {
                        let model = try RoundComputer.newModel(from: base, job: job, source: try MemoryUpdates(deltas, names: job.contributions.map(\.client)))
                        let elapsed = started.duration(to: .now)
                        let evaluation = evaluationRows.map { evaluate(spec: model.spec, parameters: model.parameters, dataset: $0) }
                        return .success((model.encode(), evaluation, Double(elapsed.components.attoseconds) / 1e15 + Double(elapsed.components.seconds) * 1e3))
                    } catch { return .failure(error) }
                }
                let (bytes, evaluation, milliseconds) = try result.get()
                await store(model: bytes, round: job.round) { digest in
                    .aggregated(
                        round: job.round, attempt: job.attempt,
                        AggregationResult(
                            model: digest, heldOutLoss: evaluation?.loss, heldOutAccuracy: evaluation?.accuracy, milliseconds: milliseconds))
                }
            } catch {
                handle(.aggregationFailed(round: job.round, attempt: job.attempt, reason: "\(error)"))
            }
        }
    }

    private func delta(of record: ContributionRecord, count: Int) async throws -> [Float] {
        if deltasOf == AttemptKey(round: record.round, attempt: record.attempt), let delta = deltas[record.client] { return delta }
        let body = try await around.sessions.contributionBody(
            session: id, tenant: tenant, round: record.round, attempt: record.attempt, client: record.client)
        guard let body, let delta = RoundComputer.decode(delta: body, count: count) else {
            throw AggregationError.source("the update of \(record.client) is not in the store")
        }
        return delta
    }

    // MARK: Models

    private func model(digest: String) async throws -> ModelFile {
        if let base, base.digest == digest { return base.file }
        let bytes = try await modelBytes(digest)
        let file = try await around.pool.run(throwing: { () throws(SafetensorsError) in try ModelFile(decoding: bytes) })
        base = (digest, file)
        return file
    }

    func modelBytes(_ digest: String) async throws(FederationFailure) -> [UInt8] {
        if let known = models.first(where: { $0.digest == digest }) { return known.bytes }
        do {
            if let bytes = try await around.blobs.get(digest) { return bytes }
        } catch { throw .internalError("\(error)") }
        throw .notFound("model \(digest)")
    }

    func digest(ofRound round: Int?) async throws(FederationFailure) -> (digest: String, round: Int) {
        guard let newest = machine.model else {
            throw .conflict("the model is not decided yet: \(waits)", retryAfterSeconds: 1)
        }
        guard let round, round != newest.round else { return newest }
        if let known = models.first(where: { $0.round == round }) { return (known.digest, round) }
        do {
            let found = try await around.sessions.rounds(id, tenant: tenant, after: round - 1, limit: 50)
                .first { $0.round == round && $0.state == .committed }?.outcome?.model
            if let found { return (found, round) }
            if round == 0, let first = try await around.sessions.snapshot(id, tenant: tenant)?.initialModel { return (first, 0) }
        } catch { throw .internalError("\(error)") }
        throw .notFound("model version \(round)")
    }

    private var waits: String {
        machine.blockers(around.now()).map { "\($0.what), \($0.have) of \($0.asked): \($0.fix)" }.joined(separator: "; ")
    }

    func served(_ bytes: Int) {
        traffic.down += Int64(bytes)
        around.metrics.add("tutti_bytes_total", [("direction", "down")], Double(bytes))
        handle(.bytesServed(Int64(bytes)))
    }

    func setEvaluation(_ table: RawTable) throws(FederationFailure) {
        let (inputs, outputs) = (table.schema.inputs, table.schema.outputs)
        if let model = machine.session.model, model.inputs != inputs || model.outputs < outputs {
            throw .unprocessable(
                field: "evaluation",
                issue: "has \(inputs) inputs and \(outputs) outputs; the model has \(model.inputs) and \(model.outputs)", provided: nil)
        }
        evaluationSet = table
    }

    /// The test rows, scaled as the session's schema says; nil when there are none or they do not fit it.
    private var evaluationRows: Dataset? {
        guard let table = evaluationSet, let schema = machine.session.schema else { return nil }
        return try? table.dataset(for: schema)
    }

    // MARK: Members

    func remember(_ member: MemberRecord) {
        if let hash = member.updateTokenHash { tokens[hexadecimal(hash)] = member.client }
    }

    /// nil unless the member still is one that was given this token.
    func client(updateToken: String) -> String? {
        let hash = Token.hash(updateToken)
        guard let client = tokens[hexadecimal(hash)], let held = machine.member(client)?.updateTokenHash, constantTimeEqual(held, hash) else { return nil }
        return client
    }

    // MARK: Updates

    func admit(_ client: String, _ key: AttemptKey) async throws(FederationFailure) {
        if case .refused(let refused) = await ask({ .updateOffered(client: client, round: key.round, attempt: key.attempt, $0) }) {
            throw refused.failure
        }
    }

    func update(
        _ client: String, _ claim: UpdateClaim, body: [UInt8], wireBytes: Int
    ) async throws(FederationFailure) -> UpdateReceipt {
        let started = around.now()
        // What the body says of itself is only known after reading it; the query can refuse earlier.
        let claimed = claim.round.map { AttemptKey(round: $0, attempt: claim.attempt ?? 1) }
        if let claimed { try await admit(client, claimed) }
        let digest = await around.pool.run { CryptoSuite.system.sha256(body) }
        if let claimed, machine.openAttempt(client) != claimed {
            // Delivered before: only the digest matters, and nothing is stored.
            let record = ContributionRecord(
                client: client, round: claimed.round, attempt: claimed.attempt, digest: digest, samples: 0, maxAbs: 0, wireBytes: 0, loss: nil,
                accuracy: nil, receivedAt: started)
            return try receipt(await ask { .updateStored(record, $0) }, digest: digest, again: true)
        }
        let valid = try await validate(client, claim, body)
        try await admit(client, valid.key)
        var record = ContributionRecord(
            client: client, round: valid.key.round, attempt: valid.key.attempt, digest: digest, samples: valid.samples, maxAbs: valid.maxAbs,
            wireBytes: Int64(wireBytes), loss: valid.loss, accuracy: valid.accuracy, receivedAt: started)
        let stored = await stored(record, delta: valid.delta)
        var again = false
        switch try stored.get() {
        case .stored(let kept): record = kept
        case .again(let kept): (record, again) = (kept, true)
        case .conflict:
            throw Refused.duplicateDiffers(round: record.round).failure
        }
        if !again {
            if deltasOf != valid.key { (deltasOf, deltas) = (valid.key, [:]) }
            deltas[client] = valid.delta
        }
        let reply = await ask { .updateStored(record, $0) }
        let receipt = try receipt(reply, digest: digest, again: again)
        arrived(started, wireBytes)
        return receipt
    }

    private func stored(_ record: ContributionRecord, delta: [Float]) async -> Result<StoredContribution, FederationFailure> {
        do throws(StorageError) {
            return .success(
                try await around.sessions.storeContribution(record, body: RoundComputer.encode(delta: delta), session: id, tenant: tenant))
        } catch {
            if case .full = error { return .failure(.insufficientStorage) }
            return .failure(.internalError("\(error)"))
        }
    }

    private func validate(_ client: String, _ claim: UpdateClaim, _ body: [UInt8]) async throws(FederationFailure) -> ValidUpdate {
        guard let open = machine.openAttempt(client) else {
            throw machine.session.status.isFinal
                ? Refused.sessionClosed(machine.session.status).failure
                : .conflict("no round is open for this client", retryAfterSeconds: 1)
        }
        guard let digest = machine.model?.digest else { throw .conflict("the model is not decided yet", retryAfterSeconds: 1) }
        let file: ModelFile
        do { file = try await model(digest: digest) } catch { throw .internalError("\(error)") }
        do {
            return try await around.pool.run(throwing: { () throws(UpdateError) in
                try ValidUpdate(body: body, claim: claim, spec: file.spec, base: digest, parameters: file.parameters)
            })
        } catch {
            handle(.updateRejected(client: client, round: open.round, attempt: open.attempt, reason: "\(error)"))
            around.metrics.add("tutti_updates_total", [("outcome", "rejected")])
            throw error.failure
        }
    }

    private func receipt(_ reply: CoordinatorReply, digest: [UInt8], again: Bool) throws(FederationFailure) -> UpdateReceipt {
        switch reply {
        case .accepted(let record):
            return UpdateReceipt(round: record.round, attempt: record.attempt, digest: hexadecimal(digest), again: again)
        case .refused(let refused): throw refused.failure
        case .joined, .admitted, .done: throw .internalError("unexpected reply")
        }
    }

    private func arrived(_ started: Instant, _ wireBytes: Int) {
        let now = around.now()
        let seconds = now.seconds(since: started)
        arrivals.append((now, seconds))
        if arrivals.count > 1000 { arrivals.removeFirst(500) }
        traffic.up += Int64(wireBytes)
        around.metrics.add("tutti_updates_total", [("outcome", "accepted")])
        around.metrics.add("tutti_bytes_total", [("direction", "up")], Double(wireBytes))
        around.metrics.observe("tutti_update_seconds", seconds: seconds)
    }

    var updateLimit: Int? {
        // The header of a body is at most 1 MiB (Learning.Limits).
        machine.session.model.map { $0.parameterCount * 4 + (1 << 20) + 8 }
    }

    // MARK: Control channel

    func attach(_ client: String, _ channel: any ControlChannel) {
        channels[client]?.close()
        channels[client] = channel
        let session = machine.session
        send(
            .welcome(
                Welcome(
                    version: ControlCodec.version, sessionID: id, heartbeatSeconds: session.spec.heartbeatSeconds,
                    serverTimeMs: around.now().milliseconds, status: session.status.rawValue)), to: client)
        handle(.connected(client: client))
    }

    /// A message the client would refuse is a fault of ours: it is not sent, and the log says so.
    private func send(_ message: ServerMessage, to client: String) {
        guard let channel = channels[client] else { return }
        do { channel.send(try ControlCodec.encode(message)) } catch {
            around.log.error("control message not sent", metadata: ["client": "\(client)", "reason": "\(error)"])
        }
    }

    func detach(_ client: String, isCurrent: (any ControlChannel) -> Bool) {
        guard let channel = channels[client], isCurrent(channel) else { return }
        channels[client] = nil
        handle(.disconnected(client: client))
    }

    func drop(_ client: String) { channels[client]?.close() }

    func received(_ message: ClientMessage, from client: String) {
        switch message {
        case .hello: break
        case .heartbeat: handle(.heartbeat(client: client))
        case .evaluation(let m):
            handle(.evaluationReported(client: client, round: m.round, loss: m.loss, accuracy: m.accuracy, rows: Int64(m.rows)))
        case .roundFailed(let m): handle(.roundFailed(client: client, round: m.round, attempt: m.attempt, reason: m.reason))
        }
    }

    // MARK: View

    func view() -> SessionView {
        var view = SessionView(machine: machine, now: around.now())
        let now = around.now()
        (view.bytesUp, view.bytesDown) = traffic
        if let first = arrivals.first, arrivals.count > 1, now.seconds(since: first.at) > 0 {
            view.updatesPerMinute = Double(arrivals.count) * 60 / now.seconds(since: first.at)
            let sorted = arrivals.map(\.seconds).sorted()
            view.updateLatencyP99Milliseconds = sorted[min(sorted.count - 1, sorted.count * 99 / 100)] * 1000
        }
        if roundSeconds.count > 0, machine.session.status == .training {
            let left = Double(machine.session.spec.rounds - machine.committedRounds) * roundSeconds.sum / Double(roundSeconds.count)
            view.estimatedCompletion = now.adding(seconds: left)
        }
        return view
    }
}
