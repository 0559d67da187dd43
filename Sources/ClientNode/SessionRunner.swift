import Compute
import CryptoSuite
package import Federation
import Foundation
import Learning
import Logging
import Wire

/// The shell of one `ClientMachine`: runs its effects in order and turns what comes of them into events. It decides
/// nothing.
actor SessionRunner {
    private var machine: ClientMachine
    private let session: String
    private let client: CoordinatorClient
    private let folder: SessionFolder
    private let trainer: LocalWork
    private let pool: ComputePool
    private let log: Logger
    private let events: AsyncStream<ClientEvent>
    private let post: AsyncStream<ClientEvent>.Continuation
    private var sender: ControlSocket.Sender?
    private var model: (digest: String, file: ModelFile)?
    private var timer: (at: Instant, task: Task<Void, Never>)?
    private var tasks: [Task<Void, Never>] = []
    private var cancellation = Cancellation()
    private var outcome: ClientOutcome?

    init(
        machine: ClientMachine, session: String, client: CoordinatorClient, folder: SessionFolder, trainer: LocalWork,
        pool: ComputePool, log: Logger
    ) {
        self.machine = machine
        self.session = session
        self.client = client
        self.folder = folder
        self.trainer = trainer
        self.pool = pool
        self.log = log
        (events, post) = AsyncStream.makeStream(of: ClientEvent.self)
    }

    /// Runs until the session has ended for this client.
    func run() async throws(ClientNodeError) -> ClientOutcome {
        post.yield(.started)
        do {
            for await event in events {
                let effects = machine.handle(event, now: .now)
                for effect in effects { try await perform(effect) }
                if let outcome {
                    await cleanUp()
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
        await sender?.close()
        for task in tasks { task.cancel() }
        post.finish()
    }

    private func arm() {
        let next = machine.nextDeadline
        if timer?.at == next { return }
        timer?.task.cancel()
        timer = next.map { at in
            (at, Task { [post] in
                let wait = max(0, at.seconds(since: .now))
                guard (try? await Task.sleep(for: .milliseconds(Int64(min(wait, 86_400) * 1000) + 1))) != nil else { return }
                post.yield(.tick)
            })
        }
    }

    // MARK: Effects

    private func perform(_ effect: ClientEffect) async throws(ClientNodeError) {
        switch effect {
        case .connect: connect()
        case .send(let message): await send(message)
        case .fetchModel(let digest, let path): fetch(digest: digest, path: path)
        case .train(let start): train(start)
        case .cancelTraining: cancellation.cancel()
        case .persist(let state): try folder.save(state)
        case .upload(let update, let encoding): upload(update, encoding)
        case .evaluate(let request): evaluate(request)
        case .discard(let digest): folder.discardUpdate(digest)
        case .finished(let outcome): self.outcome = outcome
        }
    }

    private func spawn(_ work: @escaping @Sendable () async -> Void) {
        tasks.removeAll { $0.isCancelled }
        tasks.append(Task { await work() })
    }

    private func connect() {
        let path = CoordinatorClient.sessionPath(session, "socket")
        spawn { [client, post, self] in
            do throws(ClientNodeError) {
                _ = try await client.sockets.run(path: path) { event in
                    switch event {
                    case .opened(let sender):
                        await self.opened(sender)
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

    private func opened(_ sender: ControlSocket.Sender) { self.sender = sender }
    private func closed() { sender = nil }

    private func lost(_ error: ClientNodeError) {
        let wasOpen = sender != nil
        sender = nil
        if wasOpen {
            post.yield(.disconnected(reason: error.message))
        } else {
            post.yield(.connectFailed(reason: error.description, fatal: !error.isRetryable))
        }
    }

    private func received(_ bytes: [UInt8]) async {
        do {
            let message = try ControlCodec.decodeServer(bytes)
            post.yield(.message(message))
        } catch {
            log.warning("control message refused", metadata: ["reason": "\(error)"])
            await sender?.close()
        }
    }

    private func send(_ message: ClientMessage) async {
        guard let sender else { return }
        do { try await sender.send(try ControlCodec.encode(message)) } catch {
            // The read side reports the loss of the channel; sending twice is not its job.
            log.debug("control message not sent", metadata: ["reason": "\(error)"])
        }
    }

    private func fetch(digest: String, path: String) {
        if model?.digest == digest {
            post.yield(.modelFetched(digest: digest))
            return
        }
        spawn { [client, post, self] in
            do {
                let bytes = try await client.model(path: path, digest: digest)
                try await self.adopt(bytes, digest: digest)
                post.yield(.modelFetched(digest: digest))
            } catch {
                post.yield(.modelFetchFailed(digest: digest, reason: "\(error)"))
            }
        }
    }

    private func adopt(_ bytes: [UInt8], digest: String) throws {
        model = (digest, try ModelFile(decoding: bytes))
    }

    private func train(_ start: RoundStart) {
        let key = AttemptKey(round: start.round, attempt: start.attempt)
        guard let model, model.digest == hexadecimal(start.modelSHA256) else {
            post.yield(.trainingFailed(key, reason: "the model of the round is not here"))
            return
        }
        let cancellation = Cancellation()
        self.cancellation = cancellation
        spawn { [post, pool, trainer, folder] in
            let event: ClientEvent? = await pool.run {
                do {
                    guard let body = try trainer.update(model: model.file, start: start, isCancelled: { cancellation.isCancelled })
                    else { return nil }
                    return .trained(key, digest: try folder.saveUpdate(body))
                } catch {
                    return .trainingFailed(key, reason: "\(error)")
                }
            }
            if let event { post.yield(event) }
        }
    }

    private func evaluate(_ request: EvaluationRequest) {
        guard let model, model.digest == hexadecimal(request.modelSHA256) else {
            log.warning("evaluation skipped: the model is not here")
            return
        }
        spawn { [post, pool, trainer, log] in
            let event: ClientEvent? = await pool.run {
                do {
                    let result = try trainer.evaluation(model: model.file)
                    return .evaluated(
                        round: request.round, loss: result.loss, accuracy: result.accuracy, rows: result.rows)
                } catch {
                    log.warning("evaluation failed", metadata: ["reason": "\(error)"])
                    return nil
                }
            }
            if let event { post.yield(event) }
        }
    }

    private func upload(_ update: PendingUpdate, _ encoding: UploadEncoding) {
        spawn { [client, post, folder, session] in
            let body: [UInt8]
            do { body = try folder.loadUpdate(update.digest) } catch {
                post.yield(.uploadFailed(update.key, .refused("\(error)")))
                return
            }
            folder.logSent(key: update.key, session: session, bytes: body.count, digest: update.digest, at: .now)
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
