internal import Compute
internal import CryptoSuite
package import Federation
import Foundation
internal import Learning
internal import Logging
package import Storage
package import Trust
package import Wire

/// The federated-learning service: every session of this coordinator, its nodes and their enrolment.
package final class FederationEngine: FederatedLearning {
    private final class Hosts: @unchecked Sendable {
        private let lock = NSLock()
        private var hosts: [String: SessionHost] = [:]
        subscript(_ id: String) -> SessionHost? {
            get { lock.withLock { hosts[id] } }
            set { lock.withLock { hosts[id] = newValue } }
        }
        var all: [SessionHost] { lock.withLock { hosts.sorted { $0.key < $1.key }.map(\.value) } }
    }

    let around: Surroundings
    let identities: any IdentityStore
    let authority: CertificateAuthority
    let random: RandomSource
    private let hosts = Hosts()
    static let certificateDays = 90.0

    package init(around: Surroundings, identities: any IdentityStore, authority: CertificateAuthority, random: RandomSource) {
        self.around = around
        self.identities = identities
        self.authority = authority
        self.random = random
    }

    /// Goes on with every session that was open when the coordinator stopped.
    package func resume() async throws(StorageError) -> Int {
        let snapshots = try await around.sessions.openSessions()
        for snapshot in snapshots {
            let (machine, effects) = CoordinatorMachine.restored(from: snapshot, now: around.now())
            let host = SessionHost(machine: machine, effects: effects, around: around)
            hosts[snapshot.session.id] = host
            await host.resume(members: snapshot.members)
        }
        return snapshots.count
    }

    // MARK: Sessions

    package func createSession(_ spec: SessionSpec, tenant: String) async throws(FederationFailure) -> CreatedSession {
        do { try spec.validate() } catch { throw .invalid(field: error.field, issue: error.issue, provided: error.provided) }
        let token = Token(.registration, random)
        let record = SessionRecord(
            id: "fl-session-" + hexadecimal(random.bytes(16)), tenant: tenant, spec: spec, createdAt: around.now(), registrationTokenHash: token.hash)
        do { try await around.sessions.create(record) } catch { throw failure(error) }
        let host = SessionHost(machine: CoordinatorMachine(session: record), effects: [], around: around)
        hosts[record.id] = host
        var view = await host.view()
        view.estimatedDurationSeconds = await estimatedSeconds(spec, tenant: tenant)
        return CreatedSession(view: view, registrationToken: token.text)
    }

    package func setEvaluation(_ session: String, tenant: String, csv: [UInt8], label: String?) async throws(FederationFailure) {
        let host = try live(session, tenant: tenant)
        let status = await host.machine.session.status
        if status.isFinal { throw .conflict("the session is \(status.rawValue); there is nothing left to evaluate", retryAfterSeconds: nil) }
        var options = CSVOptions()
        if let label { options.label = Int(label).map { .index($0) } ?? .name(label) }
        let parsed = await around.pool.run { [options] in Result { () throws(DatasetError) in try CSV.parse(csv, options: options) } }
        switch parsed {
        case .success(let table): try await host.setEvaluation(table)
        case .failure(let error): throw error.failure
        }
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

    package func start(_ session: String, tenant: String) async throws(FederationFailure) -> SessionView {
        let host = try live(session, tenant: tenant)
        if case .refused(let refused) = await host.ask({ .start($0) }) { throw refused.failure }
        return await host.view()
    }

    package func stop(_ session: String, tenant: String, reason: String) async throws(FederationFailure) -> SessionView {
        let host = try await host(session, tenant: tenant)
        _ = await host.ask { .stop(reason: reason, $0) }
        return await host.view()
    }

    // MARK: Members

    package func join(_ session: String, _ application: JoinApplication) async throws(FederationFailure) -> JoinedSession {
        guard let host = hosts[session] else {
            throw .notFound("session \(session)")
        }
        var request = application.request
        var token: Token?
        if let certificate = application.certificate {
            guard certificate.tenant == host.tenant else { throw .notFound("session \(session)") }
            try await check(certificate)
            guard application.clientID == certificate.client else {
                throw .forbidden("the certificate is \(certificate.client)'s; client_id must be the same")
            }
        } else {
            let hash = await host.machine.session.registrationTokenHash
            guard let given = application.registrationToken, Token.matches(given, hash: hash) else {
                throw .unauthenticated("the registration_token is not this session's")
            }
            let enrolled: NodeRecord?
            do { enrolled = try await identities.node(tenant: host.tenant, name: application.clientID) } catch { throw failure(error) }
            if enrolled != nil { throw .forbidden("\(application.clientID) is an enrolled node; it joins with its certificate") }
            if let known = await host.machine.member(application.clientID) {
                guard let hash = known.updateTokenHash else { throw .forbidden("\(application.clientID) is a client with a certificate") }
                // Its token was shown when it first joined; somebody else must not get a new one by its name.
                request.updateTokenHash = hash
            } else {
                let fresh = Token(.update, random)
                (token, request.updateTokenHash) = (fresh, fresh.hash)
            }
        }
        request.client = application.clientID
        switch await host.ask({ .join(request, $0) }) {
        case .joined(let member, let round, let blockers):
            await host.remember(member)
            return JoinedSession(
                view: await host.view(), client: member.client, assignedRound: round, updateToken: token?.text, blockedBy: blockers)
        case .refused(let refused): throw refused.failure
        case .admitted, .accepted, .done: throw .internalError("unexpected reply")
        }
    }

    package func member(_ session: String, credential: MemberCredential) async throws(FederationFailure) -> Member {
        if case .certificate(let tenant, _, _) = credential { _ = try await host(session, tenant: tenant) }
        guard let host = hosts[session] else { throw .notFound("session \(session)") }
        switch credential {
        case .certificate(let tenant, let client, let fingerprint):
            try await check((tenant, client, fingerprint))
            guard await host.machine.member(client) != nil else { throw Refused.notAMember.failure }
            return Member(tenant: tenant, client: client)
        case .updateToken(let token):
            guard let client = await host.client(updateToken: token) else { throw .unauthenticated("the token is not of this session") }
            return Member(tenant: host.tenant, client: client)
        }
    }

    /// - Throws: when the node's certificate is not its current one, or revoked.
    package func verify(tenant: String, client: String, fingerprint: [UInt8]) async throws(FederationFailure) {
        try await check((tenant, client, fingerprint))
    }

    private func check(_ certificate: (tenant: String, client: String, fingerprint: [UInt8])) async throws(FederationFailure) {
        let node: NodeRecord?
        do { node = try await identities.node(tenant: certificate.tenant, name: certificate.client) } catch { throw failure(error) }
        guard let node, constantTimeEqual(node.certificateFingerprint, certificate.fingerprint) else {
            throw .unauthenticated("the certificate is not the current one of \(certificate.client)")
        }
        if node.revokedAt != nil { throw .forbidden("\(certificate.client) is revoked") }
    }

    // MARK: Models and updates

    package func weights(
        _ session: String, member: Member, round: Int?, isHeld: @Sendable (_ digest: String) -> Bool
    ) async throws(FederationFailure) -> ServedModel {
        let host = try await host(session, tenant: member.tenant)
        let (digest, found) = try await host.digest(ofRound: round)
        let open = await host.machine.openAttempt(member.client)
        if isHeld(digest) { return ServedModel(round: found, digest: digest, bytes: nil, open: open) }
        let bytes = try await host.modelBytes(digest)
        await host.served(bytes.count)
        return ServedModel(round: found, digest: digest, bytes: bytes, open: open)
    }

    package func admitUpdate(_ session: String, member: Member, _ header: UpdateHeader) async throws(FederationFailure) {
        let host = try live(session, tenant: member.tenant)
        if let round = header.round { try await host.admit(member.client, AttemptKey(round: round, attempt: header.attempt ?? 1)) }
    }

    package func update(
        _ session: String, member: Member, _ header: UpdateHeader, body: [UInt8], wireBytes: Int
    ) async throws(FederationFailure) -> UpdateReceipt {
        let host = try live(session, tenant: member.tenant)
        let kind = header.kind.map { $0 == .delta ? UpdateBody.Kind.delta : .weights }
        return try await host.update(
            member.client, UpdateClaim(round: header.round, attempt: header.attempt, samples: header.samples, kind: kind), body: body,
            wireBytes: wireBytes)
    }

    package func updateLimit(_ session: String, member: Member) async throws(FederationFailure) -> Int? {
        await (try live(session, tenant: member.tenant)).updateLimit
    }

    package func heartbeat(_ session: String, member: Member) async throws(FederationFailure) -> HeartbeatReply {
        let host = try await host(session, tenant: member.tenant)
        await host.handle(.heartbeat(client: member.client))
        let machine = await host.machine
        return HeartbeatReply(
            status: machine.session.status, round: machine.currentRound, open: machine.openAttempt(member.client), model: machine.model?.digest)
    }

    // MARK: Control channel

    package func attach(_ session: String, _ member: Member, _ channel: any ControlChannel) async throws(FederationFailure) {
        await (try await host(session, tenant: member.tenant)).attach(member.client, channel)
    }

    package func received(_ message: ClientMessage, _ session: String, _ member: Member) async {
        await hosts[session]?.received(message, from: member.client)
    }

    package func detach(_ session: String, _ member: Member, isCurrent: @Sendable (any ControlChannel) -> Bool) async {
        await hosts[session]?.detach(member.client, isCurrent: isCurrent)
    }

    // MARK: Nodes

    package func createEnrolmentTokens(
        tenant: String, names: [String], lifetimeSeconds: Double
    ) async throws(FederationFailure) -> [EnrolmentToken] {
        let expires = around.now().adding(seconds: lifetimeSeconds)
        var tokens: [EnrolmentToken] = []
        for name in names {
            let token = Token(.enrolment, random)
            do {
                try await identities.addEnrolmentToken(EnrolmentTokenRecord(hash: token.hash, tenant: tenant, node: name, expiresAt: expires))
            } catch { throw failure(error) }
            tokens.append(EnrolmentToken(node: name, token: token.text, expiresAt: expires))
        }
        return tokens
    }

    package func enrol(token: String, certificateRequestPEM: String) async throws(FederationFailure) -> Enrolment {
        let hash = Token.hash(token)
        let now = around.now()
        do {
            guard let known = try await identities.enrolmentToken(hash: hash) else { throw FederationFailure.unauthenticated("the enrolment token is not known") }
            let issued: IssuedCertificate
            do {
                issued = try authority.issueClient(
                    certificateRequestPEM: certificateRequestPEM, tenant: known.tenant, client: known.node,
                    now: Date(timeIntervalSince1970: Double(now.milliseconds) / 1000), lifetime: Self.certificateDays * 86_400)
            } catch { throw FederationFailure.invalid(field: "csr", issue: "\(error)", provided: nil) }
            let expires = Instant(milliseconds: Int64(issued.expires.timeIntervalSince1970 * 1000))
            let node = NodeRecord(
                tenant: known.tenant, name: known.node, certificateFingerprint: issued.fingerprint, enrolledAt: now, certificateExpiresAt: expires)
            switch try await identities.enrol(tokenHash: hash, node: node, now: now) {
            case .enrolled:
                return Enrolment(
                    tenant: known.tenant, node: known.node, certificatePEM: issued.pem, authorityPEM: authority.certificatePEM, expiresAt: expires)
            case .unknownToken: throw FederationFailure.unauthenticated("the enrolment token is not known")
            case .expired: throw FederationFailure.unauthenticated("the enrolment token has expired; ask the operator for a new one")
            case .alreadyUsed: throw FederationFailure.unauthenticated("the enrolment token was used already; ask the operator for a new one")
            }
        } catch let error as FederationFailure { throw error } catch { throw .internalError("\(error)") }
    }

    package func nodes(tenant: String) async throws(FederationFailure) -> [NodeView] {
        do {
            return try await identities.nodes(tenant: tenant).map {
                NodeView(
                    tenant: $0.tenant, name: $0.name, enrolledAt: $0.enrolledAt, certificateExpiresAt: $0.certificateExpiresAt, revokedAt: $0.revokedAt)
            }
        } catch { throw failure(error) }
    }

    package func revokeNode(tenant: String, name: String) async throws(FederationFailure) {
        do {
            guard try await identities.revokeNode(tenant: tenant, name: name, now: around.now()) else { throw FederationFailure.notFound("node \(name)") }
        } catch let error as FederationFailure { throw error } catch { throw .internalError("\(error)") }
        for host in hosts.all where host.tenant == tenant { await host.drop(name) }
    }

    // MARK: Finding

    private func live(_ session: String, tenant: String) throws(FederationFailure) -> SessionHost {
        guard let host = hosts[session], host.tenant == tenant else { throw .notFound("session \(session)") }
        return host
    }

    /// Also a session that ended before this process began.
    private func host(_ session: String, tenant: String) async throws(FederationFailure) -> SessionHost {
        if let host = hosts[session] {
            guard host.tenant == tenant else { throw .notFound("session \(session)") }
            return host
        }
        let snapshot: SessionSnapshot?
        do { snapshot = try await around.sessions.snapshot(session, tenant: tenant) } catch { throw failure(error) }
        guard let snapshot else { throw .notFound("session \(session)") }
        let (machine, _) = CoordinatorMachine.restored(from: snapshot, now: around.now())
        let host = SessionHost(machine: machine, effects: [], around: around)
        hosts[session] = host
        return host
    }

    private func failure(_ error: StorageError) -> FederationFailure {
        if case .full = error { return .insufficientStorage }
        around.log.error("store", metadata: ["reason": "\(error)"])
        return .internalError("\(error)")
    }
}
