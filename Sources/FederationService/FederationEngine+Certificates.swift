internal import CryptoSuite
internal import Federation
import Foundation
internal import Logging
package import Storage
internal import Trust

// Certificates of nodes: whether one is good, and the next one.
extension FederationEngine {
    /// - Throws: when it is none of the node's certificates, has ended, or the node is revoked.
    package func verify(tenant: String, client: String, fingerprint: [UInt8]) async throws(FederationFailure) {
        guard let node = try await node(tenant, client),
            let certificate = node.certificates.first(where: { constantTimeEqual($0.fingerprint, fingerprint) })
        else { throw .unauthenticated("the certificate is not the current one of \(client)") }
        if node.revokedAt != nil { throw .forbidden("\(client) is revoked") }
        // TLS looked at this when the connection began, which may be long ago.
        guard around.now() < certificate.expiresAt else {
            throw .unauthenticated("the certificate of \(client) has ended; connect with the one it was renewed to, or enrol again")
        }
        if let signer = certificate.authority, !authorities.current.trusted.contains(where: { $0.fingerprint == signer }) {
            throw .unauthenticated("the authority that signed the certificate of \(client) was retired; enrol again")
        }
        if certificate.usedAt == nil { await noteUse(of: fingerprint, node) }
    }

    /// Whether the node holds what it was sent decides when an authority may go. Nothing else rests on it, so that a store
    /// that cannot write now is asked again with the next request.
    private func noteUse(of fingerprint: [UInt8], _ node: NodeRecord) async {
        let now = around.now()
        do {
            _ = try await identities.changeNode(tenant: node.tenant, name: node.name) { $0.used(fingerprint, at: now).map { ($0, nil) } }
            directory.forget(tenant: node.tenant, name: node.name)
        } catch { around.log.warning("the use of a certificate is not noted", metadata: ["node": "\(node.name)", "reason": "\(error)"]) }
    }

    package func renew(_ shown: CertificateName, certificateRequestPEM: String, by actor: AuditActor) async throws(FederationFailure) -> Enrolment {
        let (tenant, client, fingerprint) = (shown.tenant, shown.client, shown.fingerprint)
        try await verify(tenant: tenant, client: client, fingerprint: fingerprint)
        guard let node = try await node(tenant, client) else { throw .notFound("node \(client)") }
        let now = around.now()
        let held = authorities.current
        // Refused before anything is signed; what decides is the record, below.
        if let seconds = Self.wait(node, shown: fingerprint, bundle: held.bundleDigest, now) { throw Self.tooSoon(client, seconds) }
        let (issued, certificate) = try issue(certificateRequestPEM, tenant: tenant, client: client, held, now)
        let entry = AuditRecord(
            at: now, action: .nodeRenewed, by: actor.named(client), of: client,
            details: ["serial": issued.serial, "authority": held.signing.pin, "replaces": hexadecimal(fingerprint)])
        let record: NodeRecord?
        do {
            record = try await identities.changeNode(tenant: tenant, name: client) { node in
                guard node.revokedAt == nil, node.certificate(fingerprint) != nil,
                    Self.wait(node, shown: fingerprint, bundle: held.bundleDigest, now) == nil
                else { return nil }
                return (node.renewed(with: certificate, shown: fingerprint), entry)
            }
        } catch { throw failure(error) }
        directory.forget(tenant: tenant, name: client)
        guard let record, record.certificate(issued.fingerprint) != nil else {
            // Something came in between: the node was revoked or replaced, or renewed twice at once.
            try await verify(tenant: tenant, client: client, fingerprint: fingerprint)
            throw Self.tooSoon(client, record.flatMap { Self.wait($0, shown: fingerprint, bundle: held.bundleDigest, now) } ?? 1)
        }
        // Of two that share a key the other one's certificate may have ended with this.
        closeConnections(of: record)
        return Enrolment(
            tenant: tenant, node: client, certificatePEM: issued.pem, authorityPEM: held.bundlePEM, expiresAt: certificate.expiresAt)
    }

    /// Signs a request and says what is to be stored of it.
    func issue(
        _ certificateRequestPEM: String, tenant: String, client: String, _ held: Authorities, _ now: Instant
    ) throws(FederationFailure) -> (IssuedCertificate, NodeCertificate) {
        let issued: IssuedCertificate
        do {
            issued = try held.signing.issueClient(
                certificateRequestPEM: certificateRequestPEM, tenant: tenant, client: client,
                now: Date(timeIntervalSince1970: Double(now.milliseconds) / 1000), lifetime: certificateSeconds, random: random)
        } catch { throw .invalid(field: "csr", issue: "\(error)", provided: nil) }
        let certificate = NodeCertificate(
            fingerprint: issued.fingerprint, issuedAt: now, expiresAt: Instant(milliseconds: Int64(issued.expires.timeIntervalSince1970 * 1000)),
            authority: held.signing.fingerprint, bundle: held.bundleDigest)
        return (issued, certificate)
    }

    /// How many seconds a node has to wait for its next certificate; nil: none. A tenth of a life lies between two of them,
    /// less when the last one does not seem to have arrived, nothing when the authorities have changed since.
    private static func wait(_ node: NodeRecord, shown: [UInt8], bundle: [UInt8], _ now: Instant) -> Int? {
        let newest = node.newest
        guard newest.bundle == bundle else { return nil }
        let isLost = newest.usedAt == nil && newest.fingerprint != shown
        let share = newest.expiresAt.seconds(since: newest.issuedAt) * Limits.renewalShareMin
        let left = newest.issuedAt.adding(seconds: isLost ? min(share, Limits.lostReplySeconds) : share).seconds(since: now)
        return left > 0 ? max(1, Int(left.rounded(.up))) : nil
    }

    private static func tooSoon(_ client: String, _ seconds: Int) -> FederationFailure {
        .conflict("\(client) got its certificate a short while ago; it is good, and the next one is given in \(seconds) s", retryAfterSeconds: seconds)
    }

    /// Closes what stands on certificates that are not the node's any more.
    func closeConnections(of node: NodeRecord) {
        let good = node.revokedAt == nil ? node.certificates.map(\.fingerprint) : []
        connections.close(tenant: node.tenant, client: node.name) { !good.contains($0.name.fingerprint) }
    }
}
