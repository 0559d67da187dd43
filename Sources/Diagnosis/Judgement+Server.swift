package import Foundation
internal import StrictJSON
package import Trust

// What was seen of a server, judged.

/// Who looks at a server, for the remedies.
package struct Viewer: Sendable {
    /// What begins the command that starts or finds the coordinator: `tutti-coordinator serve DIR`.
    package var start: String
    /// What brings the right authority: for the case that another one answers.
    package var trust: String
    /// What brings the name into the certificate.
    package var name: String

    package init(start: String, trust: String, name: String) { (self.start, self.trust, self.name) = (start, trust, name) }
}

extension Finding {
    /// nil: a server of the authority stands there, and what it says can be asked.
    package static func server(
        _ check: String, _ address: String, _ sight: ServerSight, authorityPEM: String, host: HostName, now: Date, by viewer: Viewer
    ) -> Finding? {
        switch sight {
        case .unknownHost:
            return .fail(check, .hostUnknown, "nobody knows an address of \(host).", "Check the name, and this machine's DNS: getent hosts \(host)")
        case .closed: return .fail(check, .portClosed, "nothing listens on \(address).", viewer.start)
        case .unreachable(let why):
            return .fail(
                check, .unreachable, "\(address) cannot be reached: \(why).", "Check the network and the firewalls between: curl -kv https://\(address)/livez")
        case .silent:
            return .fail(check, .silent, "\(address) takes connections and says nothing.", "Find out what holds the port there: ss -ltnp")
        case .notTLS:
            return .fail(
                check, .notACoordinator, "what answers on \(address) does not speak TLS: it is something else.",
                "Check the port; find out what listens there: ss -ltnp")
        case .oldTLS:
            return .fail(
                check, .tlsTooOld, "what answers on \(address) speaks no TLS 1.3.",
                "Take away what stands between and ends TLS, or let it pass TLS through: openssl s_client -tls1_3 -connect \(address)")
        case .refused(let why):
            return .fail(
                check, .handshakeFailed, "\(address) does not agree on TLS 1.3: \(why).",
                "Look whether something stands between and ends TLS: openssl s_client -tls1_3 -connect \(address)")
        case .shown(let chain):
            return chainFinding(check, address, ServerChainVerdict(presented: chain, authorityPEM: authorityPEM, host: host, now: now), host, now, viewer)
        }
    }

    private static func chainFinding(
        _ check: String, _ address: String, _ verdict: ServerChainVerdict, _ host: HostName, _ now: Date, _ viewer: Viewer
    ) -> Finding? {
        switch verdict {
        case .good: return nil
        case .foreign(let presented):
            return .fail(
                check, .foreignAuthority,
                "what answers on \(address) is of another authority (\(presented.last ?? "none")): another coordinator, or something that listens in between.",
                viewer.trust)
        case .expired(let date):
            return .fail(
                check, .certificateExpired, "the certificate it shows ended on \(text(date)).", "Restart the coordinator, which renews it. " + viewer.start)
        case .notYetValid(let date):
            return .fail(
                check, .certificateNotYetValid, "the certificate it shows is valid only from \(text(date)), and it is \(text(now)).",
                "Set the wrong one of the two clocks: date -u")
        case .otherNames(let names):
            return .fail(
                check, .nameNotInCertificate, "its certificate is not for \(host), only for \(names.joined(separator: ", ")).", viewer.name)
        case .unusable(let why):
            return .fail(check, .serverCertificateUnusable, "the certificate it shows cannot be used: \(why).", viewer.trust)
        }
    }

    /// What `/readyz` said.
    package static func readiness(_ check: String, _ address: String, _ visit: Visit, restart: String) -> Finding {
        let phase = (try? JSON(parsing: visit.body))?["status"]?.text
        switch (visit.status, phase) {
        case (200, "serving"?): return .ok(check, "\(address) is ready")
        case (503, "starting"?):
            return .warn(check, .coordinatorStarting, "it answers, and still starts.", "Try again in a moment: curl -k https://\(address)/readyz")
        case (503, "draining"?): return .warn(check, .coordinatorDraining, "it is being stopped and takes nothing new.", restart)
        default:
            return .fail(
                check, .notACoordinator,
                "what answers on \(address) has a certificate of the authority and does not answer as a coordinator (\(visit.status)).",
                "Check the port; find out what listens there: ss -ltnp")
        }
    }
}
