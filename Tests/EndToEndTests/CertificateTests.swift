import FaultHarness
import Foundation
import Testing

/// Certificates that change under a running session.
extension EndToEndTests {
    private static let names = ["client-01", "client-02", "client-03"]

    private func federation(rounds: Int) throws -> (cluster: Cluster, session: String, clients: [Process]) {
        let cluster = try Cluster()
        let shares = try Programs.client(
            "partition", "--dataset", "benchmarks/data/digits.csv", "--clients", "3", "--scheme", "dirichlet=0.5", "--seed", "7", "--out",
            cluster.folder + "/data")
        #expect(shares.status == 0, "\(shares.err)")
        for name in Self.names { try cluster.enrol(name) }
        let session = try cluster.session(
            """
            {"min_clients": 3, "rounds": \(rounds), "learning_rate": 0.05, "local_epochs": 2, "seed": 7, "heartbeat_interval": 1,
             "model": {"kind": "mlp", "layers": [64, 64, 10]}}
            """)
        let clients = try Self.names.map { try cluster.startClient($0, session, dataset: "\(cluster.folder)/data/\($0).csv") }
        return (cluster, session, clients)
    }

    private func administer(_ cluster: Cluster, _ path: String, _ more: String...) throws -> [String: Any] {
        let key = try String(contentsOfFile: cluster.data + "/admin.key", encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
        let out = cluster.folder + "/answer"
        try Programs.run(
            "curl", ["-s", "--cacert", cluster.data + "/ca.pem", "-o", out, "-H", "Authorization: Bearer \(key)", cluster.url + "/api/v4" + path] + more)
        return try JSONSerialization.jsonObject(with: FileManager.default.contents(atPath: out) ?? Data()) as? [String: Any] ?? [:]
    }

    private func rounds(_ cluster: Cluster, _ session: String) throws -> [[String: Any]] {
        var all: [[String: Any]] = []
        while true {
            let after = all.last?["round"] as? Int ?? 0
            let page = try administer(cluster, "/federated-learning/sessions/\(session)/rounds?after=\(after)&limit=1000")["rounds"] as? [[String: Any]] ?? []
            all += page
            if page.count < 1000 { return all }
        }
    }

    private func roll(_ cluster: Cluster, _ step: String) throws -> Programs.Result { try Programs.coordinator("ca", step, "--data", cluster.data, "--json") }

    private func certificate(_ cluster: Cluster, _ name: String) throws -> String {
        try String(contentsOfFile: "\(cluster.folder)/\(name)/identity/client.pem", encoding: .utf8)
    }

    /// Ports of this process's connections to the coordinator.
    private func connections(of process: Process, to port: Int) throws -> Set<String> {
        let folder = "/proc/\(process.processIdentifier)/fd"
        var sockets: Set<String> = []
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
            guard let target = try? FileManager.default.destinationOfSymbolicLink(atPath: folder + "/" + name), target.hasPrefix("socket:[") else { continue }
            sockets.insert(String(target.dropFirst("socket:[".count).dropLast()))
        }
        let digits = String(port, radix: 16, uppercase: true)
        let there = ":" + String(repeating: "0", count: 4 - digits.count) + digits
        var ports: Set<String> = []
        // Foundation takes the first page of a file of the kernel's for the whole of it.
        let table = try Programs.run("cat", ["/proc/net/tcp"]).out
        for line in table.split(separator: "\n") {
            let fields = line.split(separator: " ").map(String.init)
            // 01: established.
            guard fields.count > 9, fields[2].hasSuffix(there), fields[3] == "01", sockets.contains(fields[9]) else { continue }
            ports.insert(fields[1])
        }
        return ports
    }

    /// The whole way from one authority to the next while three nodes train; then one of them is revoked.
    @Test func theAuthorityIsReplacedUnderARunningSessionAndNoRoundNotices() throws {
        let (cluster, session, clients) = try federation(rounds: 100_000)
        func current() throws -> Int { try cluster.status(session)["current_round"] as? Int ?? 0 }
        _ = try eventually("the first rounds") { try current() >= 5 ? true : nil }
        let first = try Self.names.map { try certificate(cluster, $0) }
        #expect(try roll(cluster, "activate").status != 0, "nothing is prepared")
        #expect(try roll(cluster, "prepare").data["phase"] as? String == "prepared")
        let early = try roll(cluster, "activate")
        #expect(early.status != 0 && early.out.contains("cut off"), "\(early.out)")
        for step in ["activate", "retire"] {
            // Each node renews by itself when it hears of it; the step is taken when the last one has.
            let taken = try eventually("the step \(step)") { () -> Programs.Result? in
                let result = try roll(cluster, step)
                return result.status == 0 ? result : nil
            }
            #expect(taken.data["cut_off"] as? [String] == [], "\(taken.out)")
        }
        let second = try Self.names.map { try certificate(cluster, $0) }
        for (before, after) in zip(first, second) { #expect(before != after) }
        let done = try current()
        _ = try eventually("rounds under the new authority alone") { try current() >= done + 5 ? true : nil }
        let all = try rounds(cluster, session)
        #expect(all.allSatisfy { $0["attempt"] as? Int == 1 && $0["state"] as? String == "committed" && $0["contributors"] as? Int == 3 })
        #expect(all.map { $0["round"] as? Int } == (1...all.count).map { $0 }, "no round is missing and none was begun twice")
        for name in Self.names {
            let log = cluster.clientLog(name)
            #expect(log.components(separatedBy: "was renewed").count >= 3 && !log.contains("not renewed"), "\(log)")
        }
        // Who enrols now does so with the new pin, and what the first one pinned is not there any more.
        let token = try cluster.token("client-04")
        let old = try Programs.client("join", cluster.url, "--token", token, "--ca-pin", cluster.pin, "--data", cluster.folder + "/client-04")
        #expect(old.status == 5, "\(old.err)")
        let pin = (try roll(cluster, "show").data["signing"] as? [String: Any])?["ca_pin"] as? String ?? ""
        let new = try Programs.client("join", cluster.url, "--token", token, "--ca-pin", pin, "--data", cluster.folder + "/client-04")
        #expect(new.status == 0 && pin != cluster.pin, "\(new.err)")

        let open = try connections(of: clients[0], to: cluster.port)
        #expect(!open.isEmpty)
        let started = ContinuousClock.now
        _ = try administer(cluster, "/nodes/client-01/revoke", "-X", "POST")
        _ = try eventually("the end of the revoked node's sockets", every: 1) {
            try connections(of: clients[0], to: cluster.port).isDisjoint(with: open) ? true : nil
        }
        let milliseconds = Int(started.duration(to: .now) / .milliseconds(1))
        print("revocation ended \(open.count) sockets of a running node after \(milliseconds) ms, the command's own start included")
        #expect(milliseconds <= 1000)
        clients[0].waitUntilExit()
        #expect(clients[0].terminationStatus == 5, "\(cluster.clientLog("client-01"))")
        _ = try Programs.coordinator("session", "stop", session, "--data", cluster.data)
        cluster.stopClients()
        #expect(cluster.end(SIGTERM) == 0)
        #expect(try Programs.coordinator("check", cluster.data).status == 0)

        // The same session, undisturbed, is at the same model after as many rounds.
        let undisturbed = try federation(rounds: all.count)
        _ = try eventually("the end of the undisturbed session", within: 240) {
            try undisturbed.cluster.status(undisturbed.session)["status"] as? String == "completed" ? true : nil
        }
        let digest = try undisturbed.cluster.status(undisturbed.session)["model_sha256"] as? String
        #expect(digest != nil && digest == all.last?["model_sha256"] as? String)
        print("the authority was replaced within \(all.count) rounds, all committed at their first attempt")
    }

    @Test func aNodeIsRenewedByHandAndSaysHowLongItsCertificateLives() throws {
        let cluster = try Cluster(settings: "[trust]\nnode_certificate_hours = 1\n")
        try cluster.enrol("a")
        let folder = cluster.folder + "/a"
        let shown = try Programs.client("identity", "show", "--data", folder)
        #expect(shown.status == 0 && shown.err.contains("good until") && shown.out.hasPrefix("\"a\" = \"ed25519:"), "\(shown.err)")
        let early = try Programs.client("renew", "--data", folder)
        #expect(early.status == 1 && early.err.contains("a short while ago"), "\(early.err)")
        let before = try certificate(cluster, "a")
        #expect(try Programs.coordinator("ca", "prepare", "--data", cluster.data).status == 0)
        let renewed = try Programs.client("renew", "--data", folder)
        #expect(renewed.status == 0, "\(renewed.err)")
        #expect(try certificate(cluster, "a") != before)
        let told = try Programs.coordinator("ca", "show", "--data", cluster.data)
        #expect(told.err.contains("next: tutti-coordinator ca activate") && told.err.contains("1 nodes are not ready: a"), "\(told.err)")
        #expect(try Programs.client("doctor", "--data", folder).status == 0)
        let ready = try Programs.coordinator("ca", "activate", "--data", cluster.data)
        #expect(ready.status == 0, "its doctor was seen with it: \(ready.err)")
        #expect(try Programs.client("doctor", "--data", folder).status == 0)
        #expect(try Programs.coordinator("doctor", cluster.data).status == 0)
        #expect(try Programs.coordinator("ca", "retire", "--data", cluster.data).status != 0)
        let forced = try Programs.coordinator("ca", "retire", "--force", "--data", cluster.data)
        #expect(forced.status == 0 && forced.err.contains("cut off, and have to enrol again: a"), "\(forced.err)")
        let out = try Programs.client("renew", "--data", folder)
        #expect([4, 5].contains(out.status), "\(out.err)")
    }
}
