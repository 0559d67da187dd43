import Diagnosis
import Foundation
import NIOCore
import NIOPosix
import StrictJSON
import Trust
import TuttiConfiguration

extension CoordinatorDoctor {
    /// What stands where the folder says that its coordinator listens; nil: it says nothing.
    func running(_ settings: CoordinatorSettings?) async -> (isThere: Bool, findings: [Finding])? {
        guard let said = FileManager.default.contents(atPath: place.runPath) else { return nil }
        let start = "tutti-coordinator serve \(path)"
        guard let run = try? JSON(parsing: [UInt8](said)), let port = run["port"]?.whole.flatMap({ Int(exactly: $0) }), (1...65_535).contains(port),
            let told = run["host"]?.text, let host = try? HostName(told == "0.0.0.0" ? "127.0.0.1" : told == "::" ? "::1" : told),
            let process = run["pid"]?.whole.flatMap({ pid_t(exactly: $0) }), process > 0
        else {
            return (
                false,
                [.fail("server", .runFileStale, "\(place.runPath) does not say where a coordinator listens.", "Start it, which writes it anew: \(start)")]
            )
        }
        guard kill(process, 0) == 0 || errno == EPERM else {
            return (
                false,
                [.fail("server", .runFileStale, "\(place.runPath) is of a process that is gone (\(process)).", "It was killed; start it again: \(start)")]
            )
        }
        guard let authorityPEM = text("ca.pem"), (try? CertificateFacts.all(pem: authorityPEM)) != nil else { return (true, []) }
        let address = "\(host.urlForm):\(port)"
        let viewer = Viewer(
            start: "If it was killed, start it again: \(start)",
            trust: "Another coordinator has the port, or ca.pem was changed under the running one. Start it again: \(start)",
            name: "Listen on an address that the certificate is for (server.listen), or make a folder with: tutti-coordinator init DIR --name NAME")
        let sight = await ServerSight.look(host, port: port)
        if let finding = Finding.server("server", address, sight, authorityPEM: authorityPEM, host: host, now: now(), by: viewer) { return (true, [finding]) }
        return (true, await asked(host, port, authorityPEM, start))
    }

    private func asked(_ host: HostName, _ port: Int, _ authorityPEM: String, _ start: String) async -> [Finding] {
        var findings: [Finding] = []
        do {
            let tls = try clientTLS(authorityPEM: authorityPEM)
            let ready = try await Visit.get("/readyz", host: host, port: port, tls: tls)
            findings.append(.readiness("server", "\(host.urlForm):\(port)", ready, restart: "When it has stopped, start it again: \(start)"))
            if let theirs = ready.date { findings.append(.clock("clock", ours: now(), theirs: theirs)) }
            guard findings.allSatisfy({ $0.code == .ok || $0.code == .clockSkew }), let key = text("admin.key") else { return findings }
            let bearer = key.trimmingCharacters(in: .whitespacesAndNewlines)
            let visit = try await Visit.get("/api/v4/federated-learning/sessions", host: host, port: port, tls: tls, bearer: bearer)
            findings.append(administrator(visit))
        } catch {
            findings.append(
                .fail(
                    "server", .requestFailed, "it does not answer to the end: \(connectionProblem(error)).", "See its log; start it again if it hangs: \(start)"
                ))
        }
        return findings
    }

    private func administrator(_ visit: Visit) -> Finding {
        let reply = try? JSON(parsing: visit.body)
        let words = reply?["error"]?["message"]?.text ?? "status \(visit.status)"
        switch visit.status {
        case 200: return .ok("admin key", "accepted; \(reply?["sessions"]?.elements?.count ?? 0) sessions")
        case 401, 403:
            return .fail(
                "admin key", .adminKeyRejected, "the coordinator does not take \(place.adminKeyPath): \(words).",
                "Restore \(place.adminKeyPath) from a backup of this folder, or give the folder that is being served.")
        default: return .fail("admin key", .requestFailed, "the sessions cannot be listed: \(words).", "See the coordinator's log.")
        }
    }

    /// Whether a start could listen where the settings say.
    func addresses(_ settings: CoordinatorSettings) async -> [Finding] {
        var findings = [await address(settings.listen, "server.listen")]
        if let local = settings.localListen { findings.append(await address(local, "server.local_listen")) }
        return findings
    }

    private func address(_ address: (host: String, port: Int), _ key: String) async -> Finding {
        let name = "\(address.host):\(address.port)"
        do {
            let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .bind(host: address.host, port: address.port).get()
            try await channel.close()
            return .ok("address", "\(name) is free; 'tutti-coordinator serve \(path)' starts it")
        } catch {
            let change = "give another address as \(key) in config.toml."
            if (error as? IOError)?.errnoCode == EADDRINUSE {
                return .fail("address", .portInUse, "\(name) is taken.", "Stop what listens there (ss -ltnp), or \(change)")
            }
            return .fail(
                "address", .addressUnavailable, "\(name) cannot be listened on: \(connectionProblem(error)).",
                "Look which addresses this machine has (ip addr), and " + change)
        }
    }
}
