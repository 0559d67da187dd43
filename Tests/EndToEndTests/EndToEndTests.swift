import FaultHarness
import Foundation
import Testing

/// Real processes over real TLS. One after the other: they want both cores.
@Suite(.serialized) struct EndToEndTests {
    func quickstart(_ arguments: String...) throws -> [String: Any] { try quickstart(arguments) }

    func quickstart(_ arguments: [String]) throws -> [String: Any] {
        let file = NSTemporaryDirectory() + "tutti-quickstart-" + UUID().uuidString + ".json"
        defer { try? FileManager.default.removeItem(atPath: file) }
        let result = try Programs.run(Programs.top + "/cluster/quickstart", arguments + ["--json", file])
        guard result.status == 0, let data = FileManager.default.contents(atPath: file) else { throw Missing(what: result.err + result.out) }
        return try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
    }

    /// What thirty clients without secure aggregation and with the mean do not do.
    private let plain = ["--clients", "10", "--secure", "off", "--aggregation", "mean"]

    @Test func tenClientsTrainOneModelAndASeedReproducesIt() throws {
        let first = try quickstart(plain + ["--seed", "42"])
        #expect(first["test_accuracy"] as? Double ?? 0 >= 0.95)
        #expect(first["rounds"] as? Int == 30)
        #expect((first["per_round"] as? [[String: Any]])?.count == 30)
        #expect(first["bytes_up"] as? Int ?? 0 > 1_000_000)
        // As every one of the ten clients says.
        #expect(first["tls_version"] as? String == "TLSv1.3")
        #expect(first["key_exchange"] as? String == "X25519MLKEM768")
        let second = try quickstart(plain + ["--seed", "42"])
        #expect(first["model_sha256"] as? String == second["model_sha256"] as? String)
    }

    /// Ten processes over TLS, ten nodes in two processes over TLS, and ten clients in one process without any sockets.
    @Test func theSameModelComesFromProcessesNodesAndOneProcess() throws {
        let arguments = plain + ["--rounds", "4", "--seed", "9"]
        let processes = try quickstart(arguments)
        let nodes = try quickstart(arguments + ["--processes", "2"])
        let alone = try Programs.run(Programs.bin + "/tutti-bench", ["federate"] + arguments + ["--json"])
        #expect(alone.status == 0, "\(alone.err)")
        let digest = alone.data["model_sha256"] as? String ?? "none"
        #expect(processes["model_sha256"] as? String == digest)
        #expect(nodes["model_sha256"] as? String == digest)
        #expect(processes["test_accuracy"] as? Double == alone.data["accuracy"] as? Double)
    }

    /// Lies are the same lies, whether the liar knows its own rows or those of everybody.
    @Test(arguments: ["sign_flip", "backdoor", "alie"]) func aLieIsTheSameInOneProcess(attack: String) throws {
        let arguments = ["--clients", "9", "--secure", "off", "--aggregation", "trimmed_mean", "--rounds", "3", "--malicious", "2", "--attack", attack]
        let nodes = try quickstart(arguments)
        let alone = try Programs.run(Programs.bin + "/tutti-bench", ["federate"] + arguments + ["--json"])
        #expect(alone.status == 0, "\(alone.err)")
        #expect(nodes["model_sha256"] as? String == alone.data["model_sha256"] as? String)
        #expect(nodes["backdoor_success"] as? Double == alone.data["backdoor_success"] as? Double)
    }

    @Test func thirtyClientsInGroupsShareAFewProcesses() throws {
        let result = try quickstart("--rounds", "3", "--malicious", "2")
        #expect(result["clients"] as? Int == 30 && result["rounds"] as? Int == 3)
        #expect((result["per_round"] as? [[String: Any]])?.allSatisfy { $0["clients"] as? Int == 30 } == true)
        #expect(result["tls_version"] as? String == "TLSv1.3" && result["key_exchange"] as? String == "X25519MLKEM768")
        let secure = result["secure"] as? [String: Any]
        #expect(secure?["group_sizes"] as? [Int] == [5, 5, 5, 5, 5, 5] && secure?["survivors"] as? Int == 30)
    }

    @Test func tenClientsMakeGroupsOfThree() throws {
        let secure = try quickstart("--clients", "10", "--rounds", "2")["secure"] as? [String: Any]
        #expect((secure?["group_sizes"] as? [Int])?.sorted() == [3, 3, 4])
        let many = try Programs.run(Programs.top + "/cluster/quickstart", ["--clients", "10", "--malicious", "2", "--secure", "on"])
        #expect(many.status == 2 && many.err.contains("takes 15 clients"), "\(many.err)")
    }

    @Test func theTrimmedMeanWithstandsTwoLiarsAndTheMeanDoesNot() throws {
        let liars = ["--clients", "10", "--secure", "off", "--malicious", "2", "--aggregation"]
        let robust = try quickstart(liars + ["trimmed_mean"])["test_accuracy"] as? Double ?? 0
        let plain = try quickstart(liars + ["mean"])["test_accuracy"] as? Double ?? 1
        #expect(robust >= 0.88)
        #expect(plain <= robust - 0.1)
    }

    private let request = """
        {"min_clients": 3, "rounds": 40, "learning_rate": 0.05, "momentum": 0.9, "local_epochs": 5, "seed": 7,
         "model": {"kind": "mlp", "layers": [64, 128, 10]}, "heartbeat_interval": 1}
        """

    /// Three clients on shares of the digits; `disturb` may do what it likes once some rounds are done.
    private func federate(_ request: String? = nil, _ disturb: (Cluster, String, [Process]) throws -> Void) throws -> String {
        let request = request ?? self.request
        let cluster = try Cluster()
        let shares = try Programs.client(
            "partition", "--dataset", "benchmarks/data/digits.csv", "--clients", "3", "--scheme", "dirichlet=0.5", "--holdout", "0.2", "--seed", "7", "--out",
            cluster.folder + "/data")
        #expect(shares.status == 0, "\(shares.err)")
        let names = ["client-01", "client-02", "client-03"]
        for name in names {
            let joined = try Programs.client(
                "join", cluster.url, "--token", try cluster.token(name), "--ca-pin", cluster.pin, "--data", cluster.folder + "/" + name)
            #expect(joined.status == 0, "\(joined.err)")
        }
        let session = try cluster.session(request, evaluation: cluster.folder + "/data/holdout.csv")
        let clients = try names.map { try cluster.startClient($0, session, dataset: "\(cluster.folder)/data/\($0).csv") }
        _ = try eventually("the first rounds") { (try cluster.status(session)["current_round"] as? Int ?? 0) >= 5 ? true : nil }
        try disturb(cluster, session, clients)
        _ = try eventually("the end of the session", within: 120) { try cluster.status(session)["status"] as? String == "completed" ? true : nil }
        #expect(cluster.end(SIGTERM) == 0)
        return try {
            try cluster.serve()
            return try cluster.status(session)["model_sha256"] as? String ?? ""
        }()
    }

    @Test func killsDoNotChangeTheModel() throws {
        let undisturbed = try federate { _, _, _ in }
        #expect(undisturbed.count == 64)
        let disturbed = try federate { cluster, session, clients in
            kill(clients[0].processIdentifier, SIGKILL)
            clients[0].waitUntilExit()
            _ = try cluster.startClient("client-01", session, dataset: cluster.folder + "/data/client-01.csv")
            _ = try eventually("rounds after the client's death") { (try cluster.status(session)["current_round"] as? Int ?? 0) >= 12 ? true : nil }
            _ = cluster.end(SIGKILL)
            try cluster.serve()
            _ = try eventually("rounds after the coordinator's death") { (try cluster.status(session)["current_round"] as? Int ?? 0) >= 16 ? true : nil }
            #expect(cluster.end(SIGTERM) == 0)
            try cluster.serve()
        }
        #expect(disturbed == undisturbed)
    }

    /// A backup is taken while rounds run; later everything is lost and put back from it. The clients have done with rounds
    /// that the coordinator now does not know: these are run again, nothing counts twice, and the model is the same.
    @Test func aRestoredCoordinatorComesToTheSameModel() throws {
        let undisturbed = try federate { _, _, _ in }
        let restored = try federate { cluster, session, _ in
            let backup = cluster.folder + "/backup"
            let taken = try Programs.coordinator("backup", cluster.data, backup, "--json")
            #expect(taken.status == 0 && taken.data["holds_secrets"] as? Bool == true, "\(taken.err)")
            let round = try #require(try cluster.status(session)["current_round"] as? Int)
            _ = try eventually("rounds after the backup") { (try cluster.status(session)["current_round"] as? Int ?? 0) >= round + 6 ? true : nil }
            _ = cluster.end(SIGKILL)
            try FileManager.default.removeItem(atPath: cluster.data)
            #expect(try Programs.coordinator("check", backup, "--json").status == 0)
            let put = try Programs.coordinator("restore", backup, cluster.data, "--json")
            #expect(put.status == 0, "\(put.err)")
            #expect(try Programs.coordinator("check", cluster.data, "--json").status == 0)
            try cluster.serve()
            #expect(try cluster.status(session)["current_round"] as? Int ?? 99 < round + 6)
        }
        #expect(restored == undisturbed)
    }

    /// Server and clients keep something besides the model; a client and the coordinator are killed on the way.
    @Test(arguments: ["fedadam", "scaffold"]) func killsDoNotChangeWhatIsKeptBesideTheModel(algorithm: String) throws {
        let request = """
            {"algorithm": "\(algorithm)", "min_clients": 3, "rounds": 40, "learning_rate": 0.05, "local_epochs": 5, "seed": 7,
             "model_selection": "best", "model": {"kind": "mlp", "layers": [64, 128, 10]}, "heartbeat_interval": 1}
            """
        let undisturbed = try federate(request) { _, _, _ in }
        #expect(undisturbed.count == 64)
        let disturbed = try federate(request) { cluster, session, clients in
            kill(clients[0].processIdentifier, SIGKILL)
            clients[0].waitUntilExit()
            _ = try cluster.startClient("client-01", session, dataset: cluster.folder + "/data/client-01.csv")
            _ = try eventually("rounds after the client's death") { (try cluster.status(session)["current_round"] as? Int ?? 0) >= 8 ? true : nil }
            _ = cluster.end(SIGKILL)
            try cluster.serve()
            let status = try cluster.status(session)
            #expect(status["model_selection"] as? String == "best")
        }
        #expect(disturbed == undisturbed)
    }

    @Test func enrolmentTokensAreForOneNode() throws {
        let cluster = try Cluster()
        let token = try cluster.token("hospital-a")
        let wrongPin = try Programs.client(
            "join", cluster.url, "--token", token, "--ca-pin", "sha256:" + String(repeating: "0", count: 64), "--data", cluster.folder + "/x")
        #expect(wrongPin.status == 5, "\(wrongPin.err)")
        #expect(try Programs.client("join", cluster.url, "--token", token, "--ca-pin", cluster.pin, "--data", cluster.folder + "/a").status == 0)
        let again = try Programs.client("join", cluster.url, "--token", token, "--ca-pin", cluster.pin, "--data", cluster.folder + "/b")
        #expect(again.status == 5 && again.err.contains("used already"), "\(again.err)")
        let unknown = try Programs.client("join", cluster.url, "--token", "te_nothing", "--ca-pin", cluster.pin, "--data", cluster.folder + "/c")
        #expect(unknown.status == 5, "\(unknown.err)")
        let unreachable = try Programs.client("join", "https://127.0.0.1:1", "--token", token, "--ca-pin", cluster.pin, "--data", cluster.folder + "/d")
        #expect(unreachable.status == 4, "\(unreachable.err)")
    }

    /// Forty at once, more than are enrolled side by side; a second time there is nothing left to do.
    @Test func aFolderOfTokensBecomesAFolderOfNodes() throws {
        let cluster = try Cluster()
        let tokens = cluster.folder + "/tokens"
        #expect(try Programs.coordinator("token", "create", "--data", cluster.data, "--count", "40", "--out", tokens).status == 0)
        let join = ["join", cluster.url, "--tokens", tokens, "--ca-pin", cluster.pin, "--nodes", cluster.folder + "/nodes", "--json"]
        let first = try Programs.run(Programs.bin + "/tutti-client", join)
        #expect(first.status == 0, "\(first.err)")
        let names = (1...40).map { "client-" + ($0 < 10 ? "0" : "") + "\($0)" }
        #expect(first.data["enrolled"] as? [String] == names)
        #expect(try FileManager.default.contentsOfDirectory(atPath: cluster.folder + "/nodes").sorted() == names)
        let again = try Programs.run(Programs.bin + "/tutti-client", join)
        #expect(again.status == 0 && again.data["enrolled"] as? [String] == [] && again.data["already_there"] as? Int == 40, "\(again.err)")
        let neither = try Programs.client("join", cluster.url, "--tokens", tokens, "--ca-pin", cluster.pin)
        #expect(neither.status == 2, "\(neither.err)")
        let empty = try Programs.client("run", "--nodes", tokens, "--dataset", "benchmarks/data/digits.csv")
        #expect(empty.status == 3 && empty.err.contains("no folder with an identity"), "\(empty.err)")
    }

    @Test func opensslSeesTLS13AndNothingLower() throws {
        let cluster = try Cluster()
        let address = "127.0.0.1:\(cluster.port)"
        let modern = try Programs.run("openssl", ["s_client", "-connect", address, "-CAfile", cluster.data + "/ca.pem", "-verify_return_error", "-brief"])
        #expect((modern.out + modern.err).contains("TLSv1.3"), "\(modern.err)")
        let old = try Programs.run("openssl", ["s_client", "-connect", address, "-tls1_2", "-brief"])
        #expect(old.status != 0)
    }

    @Test func aClientThatKnowsOnlyTheDocumentTakesPart() throws {
        let cluster = try Cluster()
        let base = cluster.url + "/api/v4/federated-learning/sessions"
        let key = try String(contentsOfFile: cluster.data + "/admin.key", encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
        func json(_ data: Data) -> [String: Any] { (try? JSONSerialization.jsonObject(with: data)) as? [String: Any] ?? [:] }
        let document = """
            {"model_type": "neural_network", "algorithm": "federated_averaging", "privacy_budget": 1.0, "min_clients": 1, "max_clients": 1000,
             "rounds": 2, "client_fraction": 0.1, "learning_rate": 0.01, "batch_size": 32, "local_epochs": 5,
             "differential_privacy": {"enabled": false, "noise_multiplier": 1.1, "l2_norm_clip": 1.0}, "secure_aggregation": false,
             "byzantine_robust": false, "model": {"kind": "softmax_regression", "layers": [4, 2]}}
            """
        #expect(try cluster.curl("-X", "POST", base, "-H", "Content-Type: application/json", "-d", document).status == 401)
        let created = try cluster.curl("-X", "POST", base, "-H", "Authorization: Bearer \(key)", "-H", "Content-Type: application/json", "-d", document)
        #expect(created.status == 201)
        let session = json(created.body)
        for name in ["session_id", "status", "aggregation_server", "coordinator_endpoint", "client_registration_token", "created_at", "estimated_duration"] {
            #expect(session[name] is String, "\(name)")
        }
        #expect(session["success"] as? Bool == true && session["encryption_key"] is NSNull)
        let on = document.replacingOccurrences(of: "{\"enabled\": false", with: "{\"enabled\": true").replacingOccurrences(
            of: "\"rounds\": 2", with: "\"rounds\": 2, \"sampling\": \"poisson\"")
        let refused = try cluster.curl("-X", "POST", base, "-H", "X-API-Key: \(key)", "-H", "Content-Type: application/json", "-d", on)
        let details = (json(refused.body)["error"] as? [String: Any])?["details"] as? [String: Any]
        #expect(refused.status == 501 && details?["field"] as? String == "sampling")
        let id = session["session_id"] as? String ?? ""
        let registration = session["client_registration_token"] as? String ?? ""
        let body = """
            {"client_id": "client-uuid-67890", "registration_token": "\(registration)", "data_size": 10000, "computation_capability": "high",
             "network_bandwidth": "1gbps", "privacy_preferences": {"max_privacy_budget": 0.5, "data_minimization": true}}
            """
        let wrong = body.replacingOccurrences(of: registration, with: "reg-token-abc123")
        #expect(try cluster.curl("-X", "POST", "\(base)/\(id)/join", "-H", "Content-Type: application/json", "-d", wrong).status == 401)
        let joined = try cluster.curl("-X", "POST", "\(base)/\(id)/join", "-H", "Content-Type: application/json", "-d", body)
        #expect(joined.status == 200)
        let token = json(joined.body)["update_token"] as? String ?? ""
        for round in 1...2 {
            let weights = try eventually("the weights of round \(round)") {
                let reply = try cluster.curl("\(base)/\(id)/weights?round=\(round - 1)", "-H", "Authorization: Bearer \(token)")
                return reply.status == 200 ? reply.body : nil
            }
            let file = cluster.folder + "/weights"
            func post(_ bytes: Data) throws -> Int {
                try bytes.write(to: URL(fileURLWithPath: file))
                return try cluster.curl(
                    "-X", "POST", "\(base)/\(id)/update?round=\(round)&samples=10", "-H", "Authorization: Bearer \(token)", "-H",
                    "Content-Type: application/octet-stream",
                    "--data-binary", "@\(file)"
                ).status
            }
            #expect(try post(Data()) == 422)
            #expect(try post(weights.dropLast(3)) == 422)
            var poisoned = weights
            poisoned.replaceSubrange((poisoned.count - 4)..<poisoned.count, with: [0, 0, 0xC0, 0x7F])
            #expect(try post(poisoned) == 422)
            var lying = weights
            lying.replaceSubrange(0..<8, with: [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F])
            #expect(try post(lying) == 422)
            #expect(try post(weights) == 200)
            #expect(try post(weights) == 200, "the same body again has the same receipt")
        }
        let huge = try cluster.curl(
            "-X", "POST", "\(base)/\(id)/join", "-H", "Content-Type: application/json", "-H", "Content-Length: 1000000000", "--max-time", "5", "-d", "{}")
        #expect(huge.status == 413)
        #expect(try cluster.curl("-X", "POST", "\(base)/\(id)/join", "-H", "Content-Type: application/json", "-d", "{\"client_id\": ").status == 400)
        let done = try eventually("the end") { () -> [String: Any]? in
            let status = json(try cluster.curl("\(base)/\(id)", "-H", "Authorization: Bearer \(key)").body)
            return status["status"] as? String == "completed" ? status : nil
        }
        #expect(done["current_round"] as? Int == 2 && done["performance_metrics"] is [String: Any])
        let like = try cluster.curl("-X", "POST", base, "-H", "X-API-Key: \(key)", "-H", "Content-Type: application/json", "-d", document)
        #expect(like.status == 201 && session["estimated_duration"] as? String == "unknown")
        #expect(json(like.body)["estimated_duration"] as? String != "unknown", "rounds were measured")
        #expect(try cluster.curl("-X", "POST", base, "-H", "X-API-Key: \(key)", "-d", document).status == 415, "curl's own content type")
        #expect(try cluster.curl("\(cluster.url)/readyz").status == 200)
        #expect(try cluster.curl("\(cluster.url)/metrics").status == 401)
        let metrics = try cluster.curl("\(cluster.url)/metrics", "-H", "Authorization: Bearer \(key)")
        #expect(String(decoding: metrics.body, as: UTF8.self).contains("tutti_updates_total{outcome=\"accepted\"} 2"))
        let upgrade = [
            "-H", "Connection: Upgrade", "-H", "Upgrade: websocket", "-H", "Sec-WebSocket-Version: 13", "-H", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            "--max-time", "5", "--http1.1",
        ]
        #expect(
            try Programs.run("curl", ["-s", "--cacert", cluster.data + "/ca.pem", "-o", "/dev/null", "-w", "%{http_code}", "\(base)/\(id)/socket"] + upgrade)
                .out == "401")
        #expect(
            try Programs.run("curl", ["-s", "--cacert", cluster.data + "/ca.pem", "-o", "/dev/null", "-w", "%{http_code}", "\(cluster.url)/other"] + upgrade)
                .out == "404")
        #expect(try cluster.curl("\(cluster.url)/api/v4/multi-cloud/workloads", "-X", "POST", "-H", "Authorization: Bearer \(key)").status == 501)
    }

    @Test func mistakesGetClearErrors() throws {
        let missing = try Programs.client("evaluate", "--model", "/nowhere", "--dataset", "benchmarks/data/digits.csv")
        #expect(missing.status == 3 && missing.err.contains("/nowhere"))
        #expect(try Programs.client("nonsense").status == 2)
        #expect(try Programs.coordinator("serve", "/nowhere").status == 3)
        let folder = NSTemporaryDirectory() + "tutti-config-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        #expect(try Programs.coordinator("init", folder).status == 0)
        #expect(try Programs.coordinator("init", folder).status == 3)
        let path = folder + "/config.toml"
        let text = try String(contentsOfFile: path, encoding: .utf8).replacingOccurrences(of: "listen = ", with: "lisen = ")
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        let unknown = try Programs.coordinator("config", "show", folder)
        #expect(unknown.status == 3 && unknown.err.contains("server.listen"), "\(unknown.err)")
    }
}
