internal import CryptoSuite
internal import Federation
internal import Learning
internal import Storage
internal import Trust
package import Wire

extension FederationEngine {
    package func join(_ session: String, _ application: JoinApplication) async throws(FederationFailure) -> JoinedSession {
        let host = try await host(session)
        var request = application.request
        request.client = application.clientID
        var token: Token?
        if let certificate = application.certificate {
            guard certificate.tenant == host.tenant else { throw .notFound("session \(session)") }
            try await verify(tenant: certificate.tenant, client: certificate.client, fingerprint: certificate.fingerprint)
            guard application.clientID == certificate.client else {
                throw .forbidden("the certificate is \(certificate.client)'s; client_id must be the same")
            }
        } else {
            token = try await admitByToken(application, host, &request)
        }
        switch try await host.ask({ [request] in .join(request, $0) }) {
        case .joined(let member, let round, let blockers):
            await host.remember(member)
            return JoinedSession(
                view: await host.view(), client: member.client, assignedRound: round, updateToken: token?.text, blockedBy: blockers)
        case .refused(let refused): throw refused.failure
        case .admitted, .accepted, .done: throw .internalError("unexpected reply")
        }
    }

    /// A client without a certificate. Gives the token to show it, when it is new.
    private func admitByToken(
        _ application: JoinApplication, _ host: SessionHost, _ request: inout JoinRequest
    ) async throws(FederationFailure) -> Token? {
        let hash = await host.machine.session.registrationTokenHash
        guard let given = application.registrationToken, Token.matches(given, hash: hash) else {
            throw .unauthenticated("the registration_token is not this session's")
        }
        if try await node(host.tenant, application.clientID) != nil {
            throw .forbidden("\(application.clientID) is an enrolled node; it joins with its certificate")
        }
        if let known = await host.machine.member(application.clientID) {
            guard let hash = known.updateTokenHash else { throw .forbidden("\(application.clientID) is a client with a certificate") }
            // Its token was shown when it first joined; somebody else must not get a new one by its name.
            request.updateTokenHash = hash
            return nil
        }
        let fresh = Token(.update, random)
        request.updateTokenHash = fresh.hash
        return fresh
    }

    package func member(_ session: String, credential: MemberCredential) async throws(FederationFailure) -> Member {
        let host = try await host(session)
        switch credential {
        case .certificate(let tenant, let client, let fingerprint):
            guard host.tenant == tenant else { throw .notFound("session \(session)") }
            try await verify(tenant: tenant, client: client, fingerprint: fingerprint)
            guard await host.machine.member(client) != nil else { throw Refused.notAMember.failure }
            return Member(tenant: tenant, client: client)
        case .updateToken(let token):
            guard let client = await host.client(updateToken: token) else { throw .unauthenticated("the token is not of this session") }
            try await refuseRevoked(host.tenant, client)
            return Member(tenant: host.tenant, client: client)
        }
    }

    func refuseRevoked(_ tenant: String, _ client: String) async throws(FederationFailure) {
        if try await node(tenant, client)?.revokedAt != nil { throw .forbidden("\(client) is revoked") }
    }

    func node(_ tenant: String, _ name: String) async throws(FederationFailure) -> NodeRecord? {
        do { return try await directory.node(tenant: tenant, name: name) } catch { throw failure(error) }
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

    package func control(
        _ session: String, member: Member, round: Int, isHeld: @Sendable (_ digest: String) -> Bool
    ) async throws(FederationFailure) -> ServedModel {
        let host = try await host(session, tenant: member.tenant)
        let digest = try await host.control(ofRound: round)
        if isHeld(digest) { return ServedModel(round: round, digest: digest, bytes: nil, open: nil) }
        let bytes = try await host.modelBytes(digest)
        await host.served(bytes.count)
        return ServedModel(round: round, digest: digest, bytes: bytes, open: nil)
    }

    /// What the session needs of its clients and this one does not know, in words; nil when it may take part.
    package func lacks(_ session: String, _ member: Member, knows: [String]) async throws(FederationFailure) -> String? {
        let spec = await (try host(session, tenant: member.tenant)).machine.session.spec
        let missing = spec.needs.map(\.rawValue).filter { !knows.contains($0) }
        guard !missing.isEmpty else { return nil }
        return "this session (algorithm \(spec.algorithm.rawValue)) needs a client that knows: \(missing.joined(separator: ", ")); upgrade the client"
    }

    package func admitUpdate(_ session: String, member: Member, _ header: UpdateHeader) async throws(FederationFailure) {
        let host = try await host(session, tenant: member.tenant)
        if let round = header.round { try await host.admit(member.client, AttemptKey(round: round, attempt: header.attempt ?? 1)) }
    }

    package func update(
        _ session: String, member: Member, _ header: UpdateHeader, body: [UInt8], wireBytes: Int
    ) async throws(FederationFailure) -> UpdateReceipt {
        let host = try await host(session, tenant: member.tenant)
        // The body took its time; who was revoked meanwhile has sent it for nothing.
        try await refuseRevoked(member.tenant, member.client)
        let kind = header.kind.map { $0 == .delta ? UpdateBody.Kind.delta : .weights }
        return try await host.update(
            member.client, UpdateClaim(round: header.round, attempt: header.attempt, samples: header.samples, kind: kind), body: body,
            wireBytes: wireBytes)
    }

    package func updateLimit(_ session: String, member: Member) async throws(FederationFailure) -> Int? {
        await (try host(session, tenant: member.tenant)).updateLimit
    }

    package func heartbeat(_ session: String, member: Member) async throws(FederationFailure) -> HeartbeatReply {
        let host = try await host(session, tenant: member.tenant)
        await host.handle(.heartbeat(client: member.client))
        let machine = await host.machine
        return HeartbeatReply(
            status: machine.session.status, round: machine.currentRound, open: machine.openAttempt(member.client), model: machine.given?.digest)
    }

    // MARK: Control channel

    /// - Parameter identity: the client's public key for secure aggregation, as its hello says; empty: none.
    package func attach(
        _ session: String, _ member: Member, _ channel: any ControlChannel, identity: [UInt8] = []
    ) async throws(FederationFailure) {
        let host = try await host(session, tenant: member.tenant)
        await host.attach(member.client, channel, identity: identity)
        // Only now: whoever is revoked from here on has a channel that `revokeNode` finds.
        do throws(FederationFailure) { try await refuseRevoked(member.tenant, member.client) } catch {
            await host.drop(member.client)
            throw error
        }
    }

    package func received(_ message: ClientMessage, _ session: String, _ member: Member) async {
        await hostInMemory(session)?.received(message, from: member.client)
    }

    package func detach(_ session: String, _ member: Member, isCurrent: @Sendable (any ControlChannel) -> Bool) async {
        await hostInMemory(session)?.detach(member.client, isCurrent: isCurrent)
    }
}
