internal import Compute
internal import CryptoSuite
package import Federation
import Foundation
internal import Learning
internal import Logging
package import Storage
internal import StrictJSON
package import Trust

/// The federated-learning service: every session of this coordinator, its nodes and their enrolment.
package final class FederationEngine: FederatedLearning {
    private final class Hosts: @unchecked Sendable {
        private let lock = NSLock()
        private var hosts: [String: SessionHost] = [:]
        subscript(_ id: String) -> SessionHost? { lock.withLock { hosts[id] } }
        var all: [SessionHost] { lock.withLock { hosts.sorted { $0.key < $1.key }.map(\.value) } }

        /// The first host of a session stays its only one.
        func keep(_ host: SessionHost) -> SessionHost {
            lock.withLock {
                if let first = hosts[host.id] { return first }
                hosts[host.id] = host
                return host
            }
        }
    }

    let around: Surroundings
    let identities: any IdentityStore
    let directory: NodeDirectory
    let authorities: any AuthorityKeeper
    let connections: any LiveConnections
    /// Of node certificates.
    let certificateSeconds: Double
    let random: RandomSource
    /// Sessions that would open sums of fewer clients are refused.
    private let groupFloorMin: Int
    private let hosts = Hosts()

    /// - Parameter connections: what is closed when a certificate ends before its time.
    package init(
        around: Surroundings, identities: any IdentityStore, authorities: any AuthorityKeeper, random: RandomSource,
        groupFloorMin: Int = SecureAggregationSpec.trialFloor, certificateSeconds: Double = Limits.certificateSeconds,
        connections: any LiveConnections = NoConnections()
    ) {
        var around = around
        around.notary = Notary(identities: identities, authorities: authorities, random: random)
        self.around = around
        self.identities = identities
        self.authorities = authorities
        self.connections = connections
        self.certificateSeconds = certificateSeconds
        self.random = random
        self.groupFloorMin = groupFloorMin
        directory = NodeDirectory(store: identities)
    }

    /// With an authority that is kept by this process alone.
    package convenience init(
        around: Surroundings, identities: any IdentityStore, authority: CertificateAuthority, random: RandomSource,
        groupFloorMin: Int = SecureAggregationSpec.trialFloor
    ) {
        self.init(
            around: around, identities: identities, authorities: AuthoritiesInMemory(authority), random: random, groupFloorMin: groupFloorMin)
    }

    /// Goes on with every session that was open when the coordinator stopped.
    package func resume() async throws(StorageError) -> Int {
        let snapshots = try await around.sessions.openSessions()
        for snapshot in snapshots {
            let evaluation = try await around.evaluationSet(of: snapshot.session)
            let (machine, effects) = CoordinatorMachine.restored(from: snapshot, now: around.now(), suite: .system)
            let host = hosts.keep(SessionHost(machine: machine, effects: effects, members: snapshot.members, stored: snapshot.session, around: around))
            await host.resume(evaluation: evaluation)
        }
        return snapshots.count
    }

    // MARK: Sessions

    package func createSession(_ spec: SessionSpec, tenant: String, by actor: AuditActor) async throws(FederationFailure) -> CreatedSession {
        try await createSession(spec, tenant: tenant, id: Self.sessionID(random.bytes(16)), by: actor)
    }

    /// - Parameter bytes: 16 that nobody can guess.
    static func sessionID(_ bytes: [UInt8]) -> String { "fl-session-" + hexadecimal(bytes) }

    /// - Parameter id: of a session that is not there yet.
    func createSession(_ spec: SessionSpec, tenant: String, id: String, by actor: AuditActor) async throws(FederationFailure) -> CreatedSession {
        do { try spec.validate() } catch { throw .invalid(field: error.field, issue: error.issue, provided: error.provided) }
        if let floor = spec.secureAggregation?.groupFloor, floor < groupFloorMin {
            throw .invalid(
                field: "secure_aggregation.group_floor", issue: "must be at least \(groupFloorMin) in profile prod; \(floor) is for profile local",
                provided: JSON(floor))
        }
        let token = Token(.registration, random)
        let record = SessionRecord(
            id: id, tenant: tenant, spec: spec, createdAt: around.now(), registrationTokenHash: token.hash)
        var machine = CoordinatorMachine(session: record, suite: .system)
        try await warmStart(&machine)
        let entry = SessionAudit.created(machine.session, by: actor)
        do { try await around.sessions.create(machine.session, audit: entry) } catch { throw failure(error) }
        let host = hosts.keep(SessionHost(machine: machine, around: around))
        var view = await host.view()
        view.estimatedDurationSeconds = await estimatedSeconds(spec, tenant: tenant)
        return CreatedSession(view: view, registrationToken: token.text)
    }

    /// Lets a session that is to go on from another one begin with that one's model.
    private func warmStart(_ machine: inout CoordinatorMachine) async throws(FederationFailure) {
        guard let source = machine.session.spec.initialModel, let session = source.session else { return }
        let (digest, file): (String, ModelFile)
        do throws(FederationFailure) {
            let host = try await host(session, tenant: machine.session.tenant)
            digest = try await host.digest(ofRound: source.round).digest
            file = try await host.model(digest: digest)
        } catch {
            switch error {
            case .notFound(let what):
                throw .unprocessable(field: "initial_model.session_id", issue: "there is no \(what)", provided: .string(session))
            case .conflict: throw .unprocessable(field: "initial_model.session_id", issue: "has no model yet", provided: .string(session))
            case .unauthenticated, .forbidden, .invalid, .unprocessable, .disagreement, .tooLarge, .unavailable, .insufficientStorage, .internalError:
                throw error
            }
        }
        if let refusal = machine.adopt(initialModel: digest, file.spec, file.schema) { throw refusal.failure }
    }

    package func setInitialModel(_ session: String, tenant: String, file: [UInt8], by actor: AuditActor) async throws(FederationFailure) {
        try await host(session, tenant: tenant).setInitialModel(file, by: actor)
    }

    package func setEvaluation(_ session: String, tenant: String, csv: [UInt8], label: String?, by actor: AuditActor) async throws(FederationFailure) {
        let host = try await host(session, tenant: tenant)
        let set: EvaluationSet
        do {
            let task = await host.machine.session.spec.task
            set = try await around.pool.run(throwing: { () throws(DatasetError) in try EvaluationSet.parse(csv, label: label, task: task) })
        } catch { throw error.failure }
        let file: String
        do { file = try await around.blobs.put(csv) } catch { throw failure(error) }
        try await host.setEvaluation(set, as: EvaluationSetRecord(file: file, label: label), by: actor)
    }

    package func sessions(tenant: String) async throws(FederationFailure) -> [SessionView] {
        let records: [SessionRecord]
        do { records = try await around.sessions.sessions(tenant: tenant) } catch { throw failure(error) }
        var views: [SessionView] = []
        for record in records { views.append(await hosts[record.id]?.view() ?? SessionView(record: record)) }
        return views
    }

    package func status(_ session: String, tenant: String) async throws(FederationFailure) -> SessionView {
        try await host(session, tenant: tenant).view()
    }

    package func rounds(_ session: String, tenant: String, after: Int, limit: Int) async throws(FederationFailure) -> [RoundRecord] {
        _ = try await host(session, tenant: tenant)
        do { return try await around.sessions.rounds(session, tenant: tenant, after: after, limit: limit) } catch { throw failure(error) }
    }

    package func start(_ session: String, tenant: String, by actor: AuditActor) async throws(FederationFailure) -> SessionView {
        let host = try await host(session, tenant: tenant)
        if case .refused(let refused) = try await host.ask({ .start($0) }, by: actor, .sessionStarted) { throw refused.failure }
        return await host.view()
    }

    package func stop(_ session: String, tenant: String, reason: String, by actor: AuditActor) async throws(FederationFailure) -> SessionView {
        let host = try await host(session, tenant: tenant)
        _ = try await host.ask({ .stop(reason: reason, $0) }, by: actor, .sessionStopped)
        return await host.view()
    }

    // MARK: Finding

    func host(_ session: String, tenant: String) async throws(FederationFailure) -> SessionHost {
        let host = try await host(session)
        guard host.tenant == tenant else { throw .notFound("session \(session)") }
        return host
    }

    /// Also a session that ended before this process began. The caller decides whether it may be seen.
    func host(_ session: String) async throws(FederationFailure) -> SessionHost {
        if let host = hosts[session] { return host }
        let snapshot: SessionSnapshot?
        do { snapshot = try await around.sessions.snapshot(session, tenant: nil) } catch { throw failure(error) }
        guard let snapshot else { throw .notFound("session \(session)") }
        let (machine, _) = CoordinatorMachine.restored(from: snapshot, now: around.now(), suite: .system)
        return hosts.keep(SessionHost(machine: machine, members: snapshot.members, around: around))
    }

    /// In memory, of every tenant.
    var allHosts: [SessionHost] { hosts.all }
    func hostInMemory(_ session: String) -> SessionHost? { hosts[session] }

    func failure(_ error: StorageError) -> FederationFailure { storageFailure(error, around.log) }
}

extension Surroundings {
    /// What the operator gave before the restart.
    func evaluationSet(of session: SessionRecord) async throws(StorageError) -> EvaluationSet {
        guard let record = try await sessions.evaluationSet(session: session.id, tenant: session.tenant) else { return .none }
        guard let csv = try await blobs.get(record.file) else {
            throw .corrupt(path: "blobs/\(record.file)", problem: "the evaluation set of \(session.id) is missing")
        }
        return await pool.run {
            do { return try EvaluationSet.parse(csv, label: record.label, task: session.spec.task) } catch { return .unusable("\(error)") }
        }
    }
}

/// A full disk is told to the client; what else is wrong with the store is the operator's to know.
func storageFailure(_ error: StorageError, _ log: Logger) -> FederationFailure {
    log.error("store", metadata: ["cause": "\(error)"])
    if case .full = error { return .insufficientStorage }
    return .internalError("\(error)")
}
