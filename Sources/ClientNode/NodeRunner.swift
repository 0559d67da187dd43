package import Compute
package import Federation
import Foundation
import Learning
package import Logging
import NIOPosix
import Trust

/// `run`: a node that joins the sessions its data fit and takes part until it is stopped.
package actor NodeRunner {
    package enum Scope: Sendable, Equatable {
        /// One session; the runner ends with it.
        case session(String)
        /// Every open session of the tenant, until stopped.
        case everyOpenSession
    }

    private let identity: NodeIdentity
    private let data: String
    private let work: LocalWork
    private let schema: DataSchema
    private let pool: ComputePool
    private let log: Logger
    private let client: CoordinatorClient
    private var running: [String: SessionRunner] = [:]
    private var ended: Set<String> = []
    private var stopping = false

    package init(
        data: String, local: LocalData, attack: LocalWork.Attack, pool: ComputePool, log: Logger
    ) throws(ClientNodeError) {
        self.data = data
        self.pool = pool
        self.log = log
        identity = try NodeIdentity.load(from: data)
        schema = local.schema
        work = LocalWork(dataset: local.dataset, attack: attack)
        let endpoint = try CoordinatorEndpoint(identity.card.coordinator)
        do {
            client = try CoordinatorClient(
                endpoint: endpoint,
                tls: try clientTLS(
                    authorityPEM: identity.authorityPEM, certificatePEM: identity.certificatePEM,
                    keyPEM: identity.keyPEM, postQuantumOnly: true),
                group: MultiThreadedEventLoopGroup.singleton)
        } catch let error as ClientNodeError {
            throw error
        } catch {
            throw ClientNodeError(
                .authentication, "The identity in \(data) is not usable: \(error).", remedy: "Enrol again with a new token.")
        }
    }

    package func run(_ scope: Scope) async throws(ClientNodeError) -> [String: ClientOutcome] {
        defer { Task { [client] in await client.shutdown() } }
        switch scope {
        case .session(let id):
            try await join(id, patient: true)
            return [id: try await take(part: id)]
        case .everyOpenSession:
            return try await serve()
        }
    }

    /// Sessions that run are asked to end; `run` returns when they have.
    package func stop() {
        stopping = true
        for runner in running.values { runner.stop() }
    }

    // MARK: Every open session

    private func serve() async throws(ClientNodeError) -> [String: ClientOutcome] {
        var outcomes: [String: ClientOutcome] = [:]
        var backoff = Backoff(seed: identity.card.client)
        while !stopping {
            do {
                for session in try await client.sessions() where running[session.session_id] == nil {
                    guard !ended.contains(session.session_id), ["initializing", "waiting", "training"].contains(session.status)
                    else { continue }
                    do { try await join(session.session_id, patient: false) } catch {
                        ended.insert(session.session_id)
                        log.notice("session not joined", metadata: ["session": "\(session.session_id)", "reason": "\(error)"])
                        continue
                    }
                    backoff.reset()
                    outcomes[session.session_id] = try await take(part: session.session_id)
                    ended.insert(session.session_id)
                }
            } catch {
                guard error.isRetryable else { throw error }
                log.notice("coordinator not reached", metadata: ["reason": "\(error)"])
            }
            if !stopping { await backoff.wait() }
        }
        return outcomes
    }

    // MARK: One session

    /// - Parameter patient: goes on trying while the coordinator cannot be reached.
    private func join(_ session: String, patient: Bool) async throws(ClientNodeError) {
        var backoff = Backoff(seed: identity.card.client)
        while true {
            do {
                _ = try await client.join(
                    session, client: identity.card.client, rows: work.dataset.rows, schema: schema)
                return
            } catch {
                guard patient, error.isRetryable, !stopping else { throw error }
                log.notice("coordinator not reached", metadata: ["reason": "\(error)"])
                await backoff.wait()
            }
        }
    }

    private func take(part session: String) async throws(ClientNodeError) -> ClientOutcome {
        let folder = try SessionFolder(data: data, session: session)
        let machine = ClientMachine(
            client: identity.card.client, session: session, state: try folder.loadState(session: session),
            seed: stableSeed(identity.card.client + session))
        let runner = SessionRunner(
            machine: machine, session: session, client: client, folder: folder, trainer: work, pool: pool, log: log)
        running[session] = runner
        defer { running[session] = nil }
        return try await runner.run()
    }
}

/// Waits that grow from 0.1 s to 5 s, spread by ±25 % so that many nodes do not ask at once.
private struct Backoff {
    private var seconds = 0.1
    private var generator: SeededGenerator

    init(seed: String) { generator = SeededGenerator(seed: stableSeed(seed)) }

    mutating func reset() { seconds = 0.1 }

    mutating func wait() async {
        let jitter = 0.75 + 0.5 * Double(generator.next() >> 11) / 9_007_199_254_740_992
        try? await Task.sleep(for: .milliseconds(Int64(seconds * jitter * 1000)))
        seconds = min(5, seconds * 1.6)
    }
}

private func stableSeed(_ text: String) -> UInt64 { derivedSeed(0, text) }
