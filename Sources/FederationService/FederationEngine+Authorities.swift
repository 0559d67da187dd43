internal import Federation
import Foundation
internal import Logging
package import Storage
package import Trust

// Replacing the authority: who would be left behind, and the steps.
extension FederationEngine {
    package var currentAuthorities: Authorities { authorities.current }

    package func authorities() async throws(FederationFailure) -> AuthorityView { try await view(authorities.current) }

    package func roll(_ step: AuthorityStep, force: Bool, tenant: String, by actor: AuditActor) async throws(FederationFailure) -> AuthorityView {
        let before = authorities.current
        if before.has(step) { return try await view(before) }
        if let refusal = before.refusal(of: step) { throw .conflict(refusal, retryAfterSeconds: nil) }
        let behind = try await behind(before, step)
        guard force || behind.isEmpty else {
            let more = behind.count > Limits.nodesNamed ? " and \(behind.count - Limits.nodesNamed) more" : ""
            let lack =
                step == .activate
                ? "do not know the new authority yet; they get it when they renew, which nodes that run do by themselves"
                : "still hold certificates of the old authority; nodes that run renew by themselves"
            throw .conflict(
                "\(behind.count) nodes would be cut off: \(behind.prefix(Limits.nodesNamed).joined(separator: ", "))\(more) \(lack). Wait, or take the "
                    + "step by force", retryAfterSeconds: nil)
        }
        let after: Authorities
        do { after = try authorities.take(step) } catch { throw .internalError("\(error)") }
        connections.close { !after.trusts(authorityKey: $0.authorityKey) }
        around.log.notice(
            "authority", metadata: ["step": "\(step.rawValue)", "signing": "\(after.signing.pin)", "cut_off": "\(behind.joined(separator: " "))"])
        do {
            try await around.sessions.append(
                AuditRecord(
                    at: around.now(), action: .authorityRolled, by: actor, of: after.signing.pin,
                    details: ["step": step.rawValue, "cut_off": behind.prefix(Limits.nodesNamed).joined(separator: " ")]), tenant: tenant)
        } catch { throw failure(error) }
        return try await view(after, cutOff: behind)
    }

    private func view(_ held: Authorities, cutOff: [String] = []) async throws(FederationFailure) -> AuthorityView {
        func one(_ authority: CertificateAuthority) -> AuthorityView.One {
            .init(pin: authority.pin, expiresAt: Instant(milliseconds: Int64(authority.expires.timeIntervalSince1970 * 1000)))
        }
        var left: [String] = []
        if let next = held.next { left = try await behind(held, next) }
        return AuthorityView(
            phase: held.phase, signing: one(held.signing), other: held.other.map(one), next: held.next, behind: left, cutOff: cutOff)
    }

    /// Nodes that could not connect any more after a step, by name.
    private func behind(_ held: Authorities, _ step: AuthorityStep) async throws(FederationFailure) -> [String] {
        let nodes: [NodeRecord]
        do { nodes = try await identities.nodes(tenant: nil) } catch { throw failure(error) }
        let now = around.now()
        return nodes.filter { node in
            // Who is out already cannot be cut off.
            guard node.revokedAt == nil, node.certificates.contains(where: { $0.expiresAt > now }) else { return false }
            switch step {
            case .prepare: return false
            case .activate: return node.held.bundle != held.bundleDigest
            case .retire: return node.held.authority != held.signing.fingerprint
            }
        }.map(\.name)
    }
}
