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
    var machine: ClientMachine
    let session: String
    let client: CoordinatorClient
    let folder: SessionFolder
    let trainer: LocalWork
    let ledger: NodeLedger
    let house: NodeHouse
    let policy: ClientPolicy
    let events: AsyncStream<ClientEvent>
    let post: AsyncStream<ClientEvent>.Continuation
    var channel: (number: Int, sender: ControlSocket.Sender)?
    var startedChannels = 0
    /// Of channels that another one took the place of.
    var leaving: [ControlSocket.Sender] = []
    /// The server's control that was fetched last.
    var control: (digest: String, file: [UInt8])?
    /// The update of a masked round, until its masks are known.
    var encoded: (key: AttemptKey, update: EncodedUpdate)?
    var timer: (at: Instant, task: Task<Void, Never>)?
    var tasks: [Int: Task<Void, Never>] = [:]
    var startedTasks = 0
    var cancellation = Cancellation()
    var outcome: ClientOutcome?
    /// Why the machine was told that going on cannot help, with more than the words it keeps.
    var fault: ClientNodeError?

    init(
        machine: ClientMachine, session: String, client: CoordinatorClient, folder: SessionFolder, trainer: LocalWork,
        ledger: NodeLedger, house: NodeHouse, policy: ClientPolicy
    ) {
        self.machine = machine
        self.session = session
        self.client = client
        self.folder = folder
        self.trainer = trainer
        self.ledger = ledger
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

    func cleanUp() async {
        timer?.task.cancel()
        cancellation.cancel()
        for sender in leaving + [channel?.sender].compactMap({ $0 }) {
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
    func end(_ fault: ClientNodeError) {
        self.fault = fault
        post.yield(.stop)
    }

    func arm() {
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

    func perform(_ effect: ClientEffect) async throws(ClientNodeError) {
        switch effect {
        case .connect: connect()
        case .send(let message): await send(message)
        case .fetchModel(let digest, let path): fetch(digest: digest, path: path)
        case .fetchControl(let digest, let path): fetchControl(digest: digest, path: path)
        case .train(let start, let control): train(start, own: control)
        case .cancelTraining: cancellation.cancel()
        case .pay(let claim):
            // Durable before anything is worked for it.
            let refusal = try await ledger.pay(claim)
            post.yield(refusal.map { .unpayable(claim.key, reason: $0) } ?? .paid(claim.key))
        case .drawEntropy(let use): post.yield(.entropy(use, Secret(RandomSource.system.bytes(32))))
        case .mask(let job): mask(job)
        case .notice(let text): house.log.notice("\(text)", metadata: ["session": "\(session)"])
        case .warning(let text): house.log.warning("\(text)", metadata: ["session": "\(session)"])
        case .persist(let state): try folder.save(state)
        case .upload(let update, let encoding): upload(update, encoding)
        case .evaluate(let request): evaluate(request)
        case .discard(let digest): folder.discardUpdate(digest)
        case .finished(let outcome): self.outcome = outcome
        }
    }

    func spawn(_ work: @escaping @Sendable () async -> Void) {
        startedTasks += 1
        let id = startedTasks
        tasks[id] = Task {
            await work()
            tasks[id] = nil
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
