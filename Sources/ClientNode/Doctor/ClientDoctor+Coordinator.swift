import Diagnosis
import Foundation
import NIOSSL
import StrictJSON
import Trust
import TuttiConfiguration

extension ClientDoctor {
    /// - Parameter identity: nil: it is at fault itself, and the coordinator is looked at without it.
    func coordinator(
        _ card: NodeIdentity.Card, _ authorityPEM: String, _ identity: NodeIdentity?, _ settings: ClientSettings?
    ) async -> [Finding] {
        guard let endpoint = try? CoordinatorEndpoint(card.coordinator), let host = try? HostName(endpoint.host) else {
            return [.fail("coordinator", .identityDamaged, "'\(card.coordinator)' is no coordinator's address.", Self.again(data))]
        }
        let address = endpoint.authority
        let viewer = Viewer(
            start: "Check that the coordinator runs (tutti-coordinator serve DIR on its machine), and that address and port are right.",
            trust: "Do not go on. Compare the pin with the operator's ('tutti-coordinator token create' prints it); if the coordinator was made anew, "
                + "enrol in a new folder: tutti-client join",
            name: "Enrol under one of these names, or let the operator add the missing one: tutti-coordinator init DIR --name NAME")
        let sight = await ServerSight.look(host, port: endpoint.port)
        if let finding = Finding.server("coordinator", address, sight, authorityPEM: authorityPEM, host: host, now: now(), by: viewer) { return [finding] }
        let at = (host: host, port: endpoint.port)
        var findings: [Finding] = []
        do {
            let visit = try await Visit.get("/readyz", host: at.host, port: at.port, tls: try clientTLS(authorityPEM: authorityPEM))
            findings.append(.readiness("coordinator", address, visit, restart: "Wait until it is back; 'tutti-client run' does so by itself."))
            if let theirs = visit.date { findings.append(.clock("clock", ours: now(), theirs: theirs)) }
        } catch { return [failed("coordinator", address, error)] }
        guard findings.allSatisfy({ $0.code == .ok || $0.code == .clockSkew }), let identity else { return findings }
        do {
            let tls = try clientTLS(authorityPEM: authorityPEM, certificatePEM: identity.certificatePEM, keyPEM: identity.keyPEM)
            let visit = try await Visit.get(CoordinatorClient.sessionsPath, host: at.host, port: at.port, tls: tls)
            findings += access(visit, settings)
        } catch { findings.append(failed("access", address, error)) }
        return findings
    }

    private func failed(_ check: String, _ address: String, _ error: any Error) -> Finding {
        isTrustFault(error)
            ? .fail(
                check, .handshakeFailed, "\(address) ends the handshake: \(error).",
                "Look whether something stands between and ends TLS: openssl s_client -tls1_3 -groups X25519MLKEM768 -connect \(address)")
            : .fail(check, .requestFailed, "\(address) does not answer to the end: \(connectionProblem(error)).", "Try again; the coordinator's log says more.")
    }

    private func access(_ visit: Visit, _ settings: ClientSettings?) -> [Finding] {
        struct List: Decodable { var sessions: [SessionSummary] }
        let words = (try? JSON(parsing: visit.body))?["error"]?["message"]?.text ?? "status \(visit.status)"
        switch visit.status {
        case 200: break
        case 401, 403:
            return [
                .fail(
                    "access", .nodeRevoked, "the coordinator does not take this node's certificate: \(words).",
                    "It is revoked, or was replaced by a later enrolment. Ask the operator for a new token and enrol in a new folder: tutti-client join")
            ]
        default: return [.fail("access", .requestFailed, "the sessions cannot be listed: \(words).", "Try again; the coordinator's log says more.")]
        }
        guard let list = try? JSONDecoder().decode(List.self, from: Data(visit.body)) else {
            return [
                .fail(
                    "access", .requestFailed, "the list of sessions has a form that is not known here.", "Use versions that go together: tutti-client --version"
                )
            ]
        }
        let open = list.sessions.filter(\.isOpen)
        var findings = [Finding.ok("access", "\(open.count) open sessions")]
        if let settings, let policy = try? ClientPolicy(settings, data: data) {
            let refusals = open.compactMap { policy.refusal(of: $0) }
            if let first = refusals.first, refusals.count == open.count {
                findings.append(.warn("policy", .sessionsRefusedByPolicy, "no open session may be joined. " + first.message, first.remedy))
            }
        }
        return findings
    }
}
