package import Attacks
import CryptoSuite
package import Federation
import Foundation
package import Learning
import Logging
import NIOPosix
import StrictJSON
import Trust

/// `run`: a node that joins the sessions its data and its policy fit and takes part until it is stopped.
package actor NodeRunner {
    package enum Scope: Sendable, Equatable {
        /// One session; the runner ends with it.
        case session(String)
        /// Every open session of the tenant, until stopped.
        case everyOpenSession
    }

    /// What people may want to see while it runs.
    package typealias Notice = @Sendable (String) -> Void

    var identity: NodeIdentity
    private let key: MemberKey
    let data: String
    private let work: LocalWork
    private let ledger: NodeLedger
    private let policy: ClientPolicy
    let house: NodeHouse
    let notice: Notice
    let client: CoordinatorClient
    /// As it is sent and logged.
    private let joinBody: [UInt8]
    var running: [String: SessionRunner] = [:]
    /// Sessions that are over for this node, or not for it.
    private var done: Set<String> = []
    private var outcomes: [String: ClientOutcome] = [:]
    /// Why the node as a whole cannot go on.
    private var fault: ClientNodeError?
    private var stopping = false
    private var pause: Task<Void, Never>?
    let renewal: RenewalTimes
    var renewalPause: Task<Void, Never>?

    package init(
        data: String, rows: LocalRows, schema: DataSchema, liar: Liar? = nil, stopping: LocalStopping? = nil,
        policy: ClientPolicy = ClientPolicy(), limits: TimeLimits = TimeLimits(), renewal: RenewalTimes = RenewalTimes(), house: NodeHouse,
        notice: @escaping Notice = { _ in }
    ) throws(ClientNodeError) {
        self.data = data
        self.policy = policy
        self.house = house
        self.notice = notice
        self.renewal = renewal
        identity = try NodeIdentity.settled(in: data)
        key = try MemberKey.loadOrMake(in: data)
        work = LocalWork(rows: rows, liar: liar, stopping: stopping, workspaces: house.workspaces)
        joinBody = CoordinatorClient.joinBody(client: identity.card.client, rows: rows.count, schema: schema, policy: policy).encoded()
        ledger = try NodeLedger(data: data, card: identity.card, dataset: policy.dataName, cap: policy.largestEpsilon, delta: policy.delta)
        client = try CoordinatorClient(identity: identity, data: data, limits: limits)
    }

    package func run(_ scope: Scope) async throws(ClientNodeError) -> [String: ClientOutcome] {
        client.watchAuthorities { [weak self] in Task { await self?.authoritiesChanged() } }
        var keeping: Task<Void, Never>?
        let result: Result<Void, ClientNodeError>
        do throws(ClientNodeError) {
            try checkCertificate(now: Date())
            keeping = Task { await self.keepCertificate() }
            switch scope {
            case .session(let id): outcomes[id] = try await takePart(in: id)
            case .everyOpenSession: try await serve()
            }
            result = .success(())
        } catch { result = .failure(error) }
        keeping?.cancel()
        await keeping?.value
        await client.shutdown()
        try result.get()
        return outcomes
    }

    /// Sessions that run are asked to end; `run` returns when they have.
    package func stop() {
        stopping = true
        pause?.cancel()
        for runner in running.values { runner.stop() }
    }

    // MARK: Every open session

    /// Takes part in all of them side by side.
    private func serve() async throws(ClientNodeError) {
        var backoff = newBackoff("list")
        await withTaskGroup(of: Void.self) { group in
            while !stopping, fault == nil {
                do throws(ClientNodeError) {
                    for session in try await client.sessions() where session.isOpen && isNew(session.session_id) {
                        done.insert(session.session_id)
                        group.addTask { await self.attend(session) }
                    }
                    backoff.reset()
                    await wait(Limits.pollSeconds)
                } catch {
                    guard error.isRetryable else {
                        fault = error
                        break
                    }
                    house.log.notice("coordinator not reached", metadata: ["reason": "\(error)"])
                    await wait(backoff.nextSeconds(asked: error.retryAfterSeconds))
                }
            }
            if fault != nil { for runner in running.values { runner.stop() } }
        }
        if let fault { throw fault }
    }

    private func isNew(_ session: String) -> Bool { running[session] == nil && !done.contains(session) }

    /// One of many: what goes wrong in it does not end the others, unless this node is not wanted any more.
    private func attend(_ session: SessionSummary) async {
        do throws(ClientNodeError) {
            if let refusal = policy.refusal(of: session) { throw refusal }
            try await join(session.session_id)
            outcomes[session.session_id] = try await run(session.session_id)
        } catch {
            switch error.kind {
            case .connection: done.remove(session.session_id)
            case .authentication, .version:
                fault = error
                pause?.cancel()
            case .usage, .configuration, .integrity, .failed, .policy: notice("session \(session.session_id) is left out: \(error)")
            }
        }
    }

    // MARK: One session

    /// Goes on trying while the coordinator cannot be reached.
    private func takePart(in session: String) async throws(ClientNodeError) -> ClientOutcome {
        var backoff = newBackoff(session)
        while !stopping {
            do throws(ClientNodeError) {
                // Also keeps an id that is none from becoming a path of the request.
                let folder = try SessionFolder(data: data, session: session)
                let summary = try await client.session(session)
                if let outcome = try ending(of: summary, folder) { return outcome }
                if let refusal = policy.refusal(of: summary) { throw refusal }
                try await join(session)
                return try await run(session)
            } catch {
                guard error.isRetryable, !stopping else { throw error }
                house.log.notice("coordinator not reached", metadata: ["reason": "\(error)"])
                await wait(backoff.nextSeconds(asked: error.retryAfterSeconds))
            }
        }
        return .stopped
    }

    /// How a session came out that this node took part in and that ended while it was away; nobody can join that any more. nil: it
    /// goes on, or the node never was in it.
    private func ending(of session: SessionSummary, _ folder: SessionFolder) throws(ClientNodeError) -> ClientOutcome? {
        guard !session.isOpen, try folder.loadState(session: session.session_id) != ClientState(session: session.session_id) else { return nil }
        notice("\(session.session_id) is over: \(session.status)")
        guard session.status == "completed", let model = session.model_sha256 else {
            return .ended(status: session.status, reason: session.status_reason ?? "it ended while this node was away")
        }
        return .completed(model: model)
    }

    private func join(_ session: String) async throws(ClientNodeError) {
        let folder = try SessionFolder(data: data, session: session)
        try folder.sent.append(.join, session: session, content: joinBody, at: .now)
        _ = try await client.join(session, joinBody)
        notice("taking part in \(session)")
    }

    private func run(_ session: String) async throws(ClientNodeError) -> ClientOutcome {
        let folder = try SessionFolder(data: data, session: session)
        let machine = ClientMachine(
            client: identity.card.client, session: session, state: try folder.loadState(session: session),
            seed: derivedSeed(0, identity.card.client + session),
            protection: ClientProtection(suite: .system, floors: policy.floors, identity: key.seed, pins: policy.pins), owner: policy.terms)
        let runner = SessionRunner(
            machine: machine, session: session, client: client, folder: folder, trainer: work, ledger: ledger, house: house,
            policy: policy)
        running[session] = runner
        defer { running[session] = nil }
        if stopping { return .stopped }
        await house.models.enter(session)
        let result: Result<ClientOutcome, ClientNodeError>
        do throws(ClientNodeError) { result = .success(try await runner.run()) } catch { result = .failure(error) }
        await house.models.leave(session)
        return try result.get()
    }

    // MARK: Waiting

    func newBackoff(_ what: String) -> Backoff { Backoff(seed: derivedSeed(0, identity.card.client + what)) }

    /// Ends early when the node is stopped.
    private func wait(_ seconds: Double) async {
        if stopping || fault != nil { return }
        let sleep = Task { _ = try? await Task.sleep(for: .seconds(seconds)) }
        pause = sleep
        await sleep.value
        pause = nil
    }
}
