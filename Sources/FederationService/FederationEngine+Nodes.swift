internal import Federation
import Foundation
package import Storage
internal import Trust

extension FederationEngine {
    /// All of them or none.
    package func createEnrolmentTokens(
        tenant: String, names: [String], lifetimeSeconds: Double
    ) async throws(FederationFailure) -> [EnrolmentToken] {
        let expires = around.now().adding(seconds: lifetimeSeconds)
        let tokens = names.map { (name: $0, token: Token(.enrolment, random)) }
        do {
            try await identities.addEnrolmentTokens(
                tokens.map { EnrolmentTokenRecord(hash: $0.token.hash, tenant: tenant, node: $0.name, expiresAt: expires) })
        } catch { throw failure(error) }
        return tokens.map { EnrolmentToken(node: $0.name, token: $0.token.text, expiresAt: expires) }
    }

    package func enrol(token: String, certificateRequestPEM: String, by actor: AuditActor) async throws(FederationFailure) -> Enrolment {
        let hash = Token.hash(token)
        let now = around.now()
        let known: EnrolmentTokenRecord?
        do { known = try await identities.enrolmentToken(hash: hash) } catch { throw failure(error) }
        guard let known else { throw Self.refusal(.unknownToken) }
        // Refused before anything is signed; what decides is the store, below.
        if known.usedAt != nil { throw Self.refusal(.alreadyUsed) }
        if known.withdrawnAt != nil { throw Self.refusal(.withdrawn) }
        if known.expiresAt <= now { throw Self.refusal(.expired) }
        // Before the token is spent, so that a request that cannot be signed does not cost it.
        let held = authorities.current
        let (issued, certificate) = try issue(certificateRequestPEM, tenant: known.tenant, client: known.node, held, now)
        let node = NodeRecord(tenant: known.tenant, name: known.node, certificate: certificate, enrolledAt: now)
        let outcome: EnrolmentOutcome
        do { outcome = try await identities.enrol(tokenHash: hash, node: node, now: now, by: actor.named(known.node)) } catch { throw failure(error) }
        guard outcome == .enrolled else { throw Self.refusal(outcome) }
        directory.forget(tenant: known.tenant, name: known.node)
        // Whoever had the name before is out with it.
        closeConnections(of: node)
        return Enrolment(
            tenant: known.tenant, node: known.node, certificatePEM: issued.pem, authorityPEM: held.bundlePEM, expiresAt: certificate.expiresAt)
    }

    private static func refusal(_ outcome: EnrolmentOutcome) -> FederationFailure {
        switch outcome {
        case .enrolled: .internalError("an enrolment that succeeded was refused")
        case .unknownToken: .unauthenticated("the enrolment token is not known")
        case .expired: .unauthenticated("the enrolment token has expired; ask the operator for a new one")
        case .alreadyUsed: .unauthenticated("the enrolment token was used already; ask the operator for a new one")
        case .withdrawn: .unauthenticated("the enrolment token was withdrawn when its node was revoked; ask the operator for a new one")
        }
    }

    package func nodes(tenant: String) async throws(FederationFailure) -> [NodeView] {
        do {
            return try await identities.nodes(tenant: tenant).map {
                NodeView(
                    tenant: $0.tenant, name: $0.name, enrolledAt: $0.enrolledAt, certificateExpiresAt: $0.certificateExpiresAt, revokedAt: $0.revokedAt)
            }
        } catch { throw failure(error) }
    }

    /// Durable, then known, then felt: the node's connections are closed last, so that none is opened in between.
    package func revokeNode(tenant: String, name: String, by actor: AuditActor) async throws(FederationFailure) {
        let isKnown: Bool
        do { isKnown = try await identities.revokeNode(tenant: tenant, name: name, now: around.now(), by: actor) } catch { throw failure(error) }
        guard isKnown else { throw .notFound("node \(name)") }
        directory.forget(tenant: tenant, name: name)
        for host in allHosts where host.tenant == tenant { await host.drop(name) }
        connections.close(tenant: tenant, client: name) { _ in true }
    }
}
