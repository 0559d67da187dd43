import Compute
import CryptoSuite
package import Federation
import Foundation
import Learning
import Logging
import SecureAggregation
import Strategies
import Trust
import Wire

/// The shell of one `ClientMachine`: runs its effects in order and turns what comes of them into events. It decides
/// nothing.
actor SessionRunner {
    private var machine: ClientMachine
    private let session: String
    private let client: CoordinatorClient
    private let folder: SessionFolder
    private let trainer: LocalWork
    private let house: NodeHouse
    private let policy: ClientPolicy
    private let events: AsyncStream<ClientEvent>
    private let post: AsyncStream<ClientEvent>.Continuation
    private var sender: ControlSocket.Sender?
    /// The server's control that was fetched last.
    private var control: (digest: String, file: [UInt8])?
    /// The update of a masked round, until its masks are known.
    private var encoded: (key: AttemptKey, update: EncodedUpdate)?
    private var timer: (at: Instant, task: Task<Void, Never>)?
    private var tasks: [Int: Task<Void, Never>] = [:]
    private var startedTasks = 0
    private var cancellation = Cancellation()
    private var outcome: ClientOutcome?
    /// Why the machine was told that going on cannot help, with more than the words it keeps.
    private var fault: ClientNodeError?

    init(
        machine: ClientMachine, session: String, client: CoordinatorClient, folder: SessionFolder, trainer: LocalWork,
        house: NodeHouse, policy: ClientPolicy
    ) {
        self.machine = machine
        self.session = session
        self.client = client
        self.folder = folder
        self.trainer = trainer
        self.house = house
        self.policy = policy
        (events, post) = AsyncStream.makeStream(of: ClientEvent.self)
    }

    /// Runs until the session has ended for this client.
    /// - Throws: `.authentication`, `.version`, `.policy` when this node can take no further part.
    func run() async throws(ClientNodeError) -> ClientOutcome {
        post.yield(.started)
        do throws(ClientNodeError) {
            for await event in events {
                let effects = machine.handle(event, now: .now)
                for effect in effects { try await perform(effect) }
                if let outcome {
                    await cleanUp()
                    if let fault { throw fault }
                    return outcome
                }
                arm()
            }
        } catch {
            await cleanUp()
            throw error
        }
        return .stopped
    }

    nonisolated func stop() { post.yield(.stop) }

    private func cleanUp() async {
        timer?.task.cancel()
        cancellation.cancel()
        if let sender {
            // A coordinator that does not read must not keep this node from ending.
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await sender.close() }
                group.addTask { try? await Task.sleep(for: .seconds(Limits.closeSeconds)) }
                _ = await group.next()
                group.cancelAll()
            }
        }
        for task in tasks.values { task.cancel() }
        post.finish()
    }

    /// Ends this client's part: no retry can help.
    private func end(_ fault: ClientNodeError) {
        self.fault = fault
        post.yield(.stop)
    }

    private func arm() {
        let next = machine.nextDeadline
        if timer?.at == next { return }
        timer?.task.cancel()
        timer = next.map { at in
            (
                at,
                Task { [post] in
                    let wait = max(0, at.seconds(since: .now))
                    guard (try? await Task.sleep(for: .milliseconds(Int64(min(wait, 86_400) * 1000) + 1))) != nil else { return }
                    post.yield(.tick)
                }
            )
        }
    }

    // MARK: Effects

    private func perform(_ effect: ClientEffect) async throws(ClientNodeError) {
        switch effect {
        case .connect: connect()
        case .send(let message): await send(message)
        case .fetchModel(let digest, let path): fetch(digest: digest, path: path)
        case .fetchControl(let digest, let path): fetchControl(digest: digest, path: path)
        case .train(let start, let control): train(start, own: control)
        case .cancelTraining: cancellation.cancel()
        case .drawEntropy(let use): post.yield(.entropy(use, Secret(RandomSource.system.bytes(32))))
        case .mask(let job): mask(job)
        case .notice(let text): house.log.notice("\(text)", metadata: ["session": "\(session)"])
        case .persist(let state): try folder.save(state)
        case .upload(let update, let encoding): upload(update, encoding)
        case .evaluate(let request): evaluate(request)
        case .discard(let digest): folder.discardUpdate(digest)
        case .finished(let outcome): self.outcome = outcome
        }
    }

    private func spawn(_ work: @escaping @Sendable () async -> Void) {
        startedTasks += 1
        let id = startedTasks
        tasks[id] = Task {
            await work()
            tasks[id] = nil
        }
    }

    private func connect() {
        let path = CoordinatorClient.sessionPath(session, "socket")
        spawn { [client, post, self] in
            do throws(ClientNodeError) {
                _ = try await client.sockets.run(path: path) { event in
                    switch event {
                    case .opened(let sender, let tls):
                        await self.opened(sender, tls: tls)
                        post.yield(.connected)
                    case .received(let bytes):
                        await self.received(bytes)
                    }
                }
                await self.closed()
                post.yield(.disconnected(reason: "closed by the coordinator"))
            } catch {
                await self.lost(error)
            }
        }
    }

    private func opened(_ sender: ControlSocket.Sender, tls: String) {
        self.sender = sender
        // This node offers no other key exchange: that there is a channel proves it.
        house.log.notice("control channel open", metadata: ["tls": "\(tls)", "key_exchange": "X25519MLKEM768"])
    }
    private func closed() { sender = nil }

    private func lost(_ error: ClientNodeError) {
        let wasOpen = sender != nil
        sender = nil
        if wasOpen {
            post.yield(.disconnected(reason: error.message))
        } else {
            if !error.isRetryable { fault = error }
            post.yield(.connectFailed(reason: error.description, fatal: !error.isRetryable))
        }
    }

    private func received(_ bytes: [UInt8]) async {
        do {
            let message = try ControlCodec.decodeServer(bytes)
            if let problem = versionProblem(message) {
                fault = ClientNodeError(.version, "The coordinator does not take this client: \(problem).", remedy: "Upgrade the older side.")
            }
            post.yield(.message(message))
        } catch {
            house.log.warning("control message refused", metadata: ["reason": "\(error)"])
            await sender?.close()
        }
    }

    /// The machine ends on these; here they get their exit code.
    private func versionProblem(_ message: ServerMessage) -> String? {
        switch message {
        case .refused(let refusal) where refusal.code == "version": refusal.message
        case .welcome(let welcome) where ControlCodec.negotiate(min: welcome.version, max: welcome.version) == nil:
            "it speaks version \(welcome.version) of the protocol, this client \(ControlCodec.oldest) to \(ControlCodec.version)"
        case .refused, .welcome, .roundStart, .roundClosed, .evaluate, .sessionEnded, .secure: nil
        }
    }

    private func send(_ message: ClientMessage) async {
        guard let sender else { return }
        let frame: [UInt8]
        do { frame = try ControlCodec.encode(message) } catch {
            house.log.warning("control message not sent", metadata: ["reason": "\(error)"])
            return
        }
        if case .evaluation(let report) = message {
            do { try folder.sent.append(.evaluation(round: report.round), session: session, content: frame, at: .now) } catch {
                house.log.warning("evaluation not sent", metadata: ["reason": "\(error)"])
                return
            }
        }
        do { try await sender.send(frame) } catch {
            // The read side reports the loss of the channel; sending twice is not its job.
            house.log.debug("control message not sent", metadata: ["reason": "\(error)"])
        }
    }

    private func fetch(digest: String, path: String) {
        spawn { [client, house, post, policy, session, self] in
            do {
                _ = try await house.models.model(session, digest: digest, policy: policy) {
                    try await client.model(path: path, digest: digest, policy: policy)
                }
                post.yield(.modelFetched(digest: digest))
            } catch let error as ClientNodeError where error.kind == .policy {
                await self.end(error)
            } catch {
                post.yield(.modelFetchFailed(digest: digest, reason: "\(error)"))
            }
        }
    }

    /// SCAFFOLD's control of the server; it is fetched and checked like a model.
    private func fetchControl(digest: String, path: String) {
        if control?.digest == digest {
            post.yield(.modelFetched(digest: digest))
            return
        }
        spawn { [client, post, policy, self] in
            do {
                await self.adopt(control: try await client.model(path: path, digest: digest, policy: policy), digest: digest)
                post.yield(.modelFetched(digest: digest))
            } catch let error as ClientNodeError where error.kind == .policy {
                await self.end(error)
            } catch {
                post.yield(.modelFetchFailed(digest: digest, reason: "\(error)"))
            }
        }
    }

    private func adopt(control file: [UInt8], digest: String) { control = (digest, file) }

    /// - Parameter own: digest of the client's control; nil: zero.
    private func train(_ start: RoundStart, own: String?) {
        let key = AttemptKey(round: start.round, attempt: start.attempt)
        let cancellation = Cancellation()
        self.cancellation = cancellation
        spawn { [post, house, trainer, folder, session, server = control?.file, self] in
            guard let model = await house.models.model(session, digest: hexadecimal(start.modelSHA256)) else {
                post.yield(.trainingFailed(key, reason: "the model of the round is not here"))
                return
            }
            let (event, encoded): (ClientEvent?, EncodedUpdate?) = await house.pool.run {
                do {
                    let controls = try folder.controls(start, own: own, server: server, parameters: model.parameters.count)
                    let isCancelled = { cancellation.isCancelled }
                    guard let update = try trainer.update(model: model, start: start, controls: controls, isCancelled: isCancelled)
                    else { return (nil, nil) }
                    if case .maskedUpdate = start.phase {
                        return (.encoded(key), try LocalComputer.encoded(update, start, secret: try folder.roundingSecret(), suite: .system))
                    }
                    // Both lie in the folder before the machine hears of either.
                    let control = try controls.map { try folder.saveUpdate(RoundComputer.encode(delta: LocalComputer.control(after: update, own: $0.own))) }
                    return (.trained(key, digest: try folder.saveUpdate(update.encode()), control: control), nil)
                } catch {
                    return (.trainingFailed(key, reason: "\(error)"), nil)
                }
            }
            if let encoded { await self.hold(encoded, key) }
            if let event { post.yield(event) }
        }
    }

    private func hold(_ update: EncodedUpdate, _ key: AttemptKey) { encoded = (key, update) }

    /// Adds the masks and writes the body: from then on it counts, also when this node does not live to see it.
    private func mask(_ job: MaskingJob) {
        guard let held = encoded, held.key == job.key else { return }
        encoded = nil
        spawn { [post, house, folder] in
            let event: ClientEvent = await house.pool.run {
                do {
                    return .masked(job.key, digest: try folder.saveUpdate(MaskedBody.make(job, held.update, suite: .system)))
                } catch {
                    return .maskingFailed(job.key, reason: "\(error)")
                }
            }
            post.yield(event)
        }
    }

    private func evaluate(_ request: EvaluationRequest) {
        spawn { [post, house, trainer, session] in
            guard let model = await house.models.model(session, digest: hexadecimal(request.modelSHA256)) else {
                house.log.warning("evaluation skipped: the model is not here")
                return
            }
            let event: ClientEvent? = await house.pool.run {
                do {
                    let result = try trainer.evaluation(model: model)
                    return .evaluated(
                        round: request.round, loss: result.loss, accuracy: result.accuracy, rows: result.rows)
                } catch {
                    house.log.warning("evaluation failed", metadata: ["reason": "\(error)"])
                    return nil
                }
            }
            if let event { post.yield(event) }
        }
    }

    private func upload(_ update: PendingUpdate, _ encoding: UploadEncoding) {
        spawn { [client, post, folder, session, house] in
            let body: [UInt8]
            do { body = try folder.loadUpdate(update.digest) } catch {
                post.yield(.uploadFailed(update.key, .refused("\(error)")))
                return
            }
            do { try folder.sent.append(.update(update.key), session: session, content: body, at: .now) } catch {
                house.log.warning("update not sent", metadata: ["reason": "\(error)"])
                post.yield(.uploadFailed(update.key, .retry(afterSeconds: 1)))
                return
            }
            switch await client.upload(body, path: update.path, key: update.key, encoding: encoding) {
            case nil: post.yield(.uploaded(update.key))
            case .some(let failure): post.yield(.uploadFailed(update.key, failure))
            }
        }
    }
}

/// Set from the actor, read from the training thread between batches.
final class Cancellation: @unchecked Sendable {
    private let lock = NSLock()
    private var flag = false
    var isCancelled: Bool { lock.withLock { flag } }
    func cancel() { lock.withLock { flag = true } }
}

extension Instant {
    /// The host's clock. Only shells read it.
    package static var now: Instant {
        Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
    }
}
