import FaultHarness
import Foundation
import Testing

/// Differential privacy with real processes over TLS: ten nodes that want their own noise in what they send, a coordinator that is
/// killed on the way, and a budget that ends the session.
@Suite struct PrivacyTests {
    @Test func theClientsNoiseIsPaidForUntilTheBudgetIsSpent() throws {
        let cluster = try Cluster()
        let (tokens, nodes, data) = (cluster.folder + "/tokens", cluster.folder + "/nodes", cluster.folder + "/data")
        let dealt = try Programs.client(
            "partition", "--dataset", "benchmarks/data/digits.csv", "--clients", "10", "--scheme", "iid", "--holdout", "0.2", "--seed", "42", "--out", data)
        #expect(dealt.status == 0, "\(dealt.err)")
        #expect(try Programs.coordinator("token", "create", "--data", cluster.data, "--count", "10", "--out", tokens).status == 0)
        let joined = try Programs.client("join", cluster.url, "--tokens", tokens, "--ca-pin", cluster.pin, "--nodes", nodes)
        #expect(joined.status == 0, "\(joined.err)")
        let names = try FileManager.default.contentsOfDirectory(atPath: nodes).sorted()
        #expect(names.count == 10)
        for name in names {
            let path = "\(nodes)/\(name)/client.toml"
            let template = try String(contentsOfFile: path, encoding: .utf8)
            let insists = template.replacingOccurrences(of: "# require_client_noise = false", with: "require_client_noise = true")
            #expect(insists != template)
            try insists.write(toFile: path, atomically: true, encoding: .utf8)
        }
        func body(_ noiseBy: String) -> String {
            """
            {"model_type": "logistic_regression", "min_clients": 10, "rounds": 50, "learning_rate": 0.1, "batch_size": 16, "local_epochs": 1, "seed": 42,
             "model": {"kind": "softmax_regression", "layers": [64, 10]}, "require_client_certificate": true, "secure_aggregation": true,
             "differential_privacy": {"enabled": true, "noise_multiplier": 3, "l2_norm_clip": 1.0, "noise_by": "\(noiseBy)"},
             "privacy_budget": 5, "on_budget": "stop_early"}
            """
        }
        func run(_ session: String) throws -> Process {
            let process = try Programs.process(
                Programs.bin + "/tutti-client",
                ["run", "--session", session, "--nodes", nodes, "--dataset", data + "/{name}.csv", "--scale", "constant=16", "--classes", "10"],
                log: "\(cluster.folder)/clients.log")
            try process.run()
            return process
        }
        // Nothing is sent to a coordinator that would add the noise itself.
        let central = try run(try cluster.session(body("coordinator")))
        central.waitUntilExit()
        let refusal = try String(contentsOfFile: cluster.folder + "/clients.log", encoding: .utf8)
        #expect(central.terminationStatus == 3 && refusal.contains("policy.require_client_noise"), "\(central.terminationStatus) \(refusal)")

        let session = try cluster.session(body("clients"), evaluation: data + "/holdout.csv")
        let clients = try run(session)
        defer { if clients.isRunning { clients.terminate() } }
        _ = try eventually("the second round") { try cluster.status(session)["current_round"] as? Int ?? 0 >= 2 ? true : nil }
        _ = cluster.end(SIGKILL)
        try cluster.serve()
        let watch = try Programs.coordinator("session", "watch", session, "--data", cluster.data, "--json")
        clients.waitUntilExit()
        #expect(watch.status == 8 && clients.terminationStatus == 8, "\(watch.status) \(clients.terminationStatus) \(watch.err)")

        let status = try cluster.status(session)
        let privacy = status["privacy"] as? [String: Any] ?? [:]
        #expect(status["status"] as? String == "budget_exhausted" && privacy["noise_by"] as? String == "clients")
        let saved = try Programs.coordinator("receipt", "save", session, "--data", cluster.data, "--out", cluster.folder + "/receipt")
        let receipt = try Programs.client("receipt", "verify", cluster.folder + "/receipt", "--ca-pin", cluster.pin, "--json")
        let kept = (receipt.data["receipt"] as? [String: Any])?["protection"] as? [String: Any]
        #expect(saved.status == 0 && receipt.status == 0, "\(saved.err) \(receipt.err)")
        #expect(receipt.data["epsilon"] as? Double == status["privacy_budget_used"] as? Double && receipt.data["status"] as? String == "budget_exhausted")
        #expect((kept?["differential_privacy"] as? [String: Any])?["noise_by"] as? String == "clients")
        #expect((kept?["secure_aggregation"] as? [String: Any])?["group_floor"] is Int)
        let possible = privacy["rounds_possible"] as? Int ?? 0
        let rounds = status["current_round"] as? Int ?? 0
        // The clients' noise is the same after the crash: nothing that was paid for is lost.
        #expect(possible >= 3 && rounds == possible, "\(rounds) of \(possible)")
        let used = status["privacy_budget_used"] as? Double ?? 9
        #expect(used > 3 && used <= 5, "\(used)")
        // Each node has counted the same rounds for itself, each once.
        for name in names {
            let ledger = try #require(FileManager.default.contents(atPath: "\(nodes)/\(name)/privacy.ledger"))
            let text = String(decoding: ledger, as: UTF8.self)
            let counted = text.components(separatedBy: "\"\(session)\\/").count - 1
            #expect(counted == rounds, "\(name): \(counted) of \(rounds): \(text.prefix(300))")
        }
    }
}
