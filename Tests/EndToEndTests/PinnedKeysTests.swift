import FaultHarness
import Foundation
import Testing

/// Mode `malicious_server` with real processes: the members' keys come from file to file, past the coordinator.
@Suite(.serialized) struct PinnedKeysTests {
    private static let names = (1...6).map { "client-0\($0)" }
    private static let body = """
        {"model_type": "logistic_regression", "min_clients": 6, "rounds": 2, "local_epochs": 1, "learning_rate": 0.05, "round_deadline": 20,
         "model": {"kind": "softmax_regression", "layers": [64, 10]}, "require_client_certificate": true,
         "secure_aggregation": {"mode": "malicious_server"}}
        """

    private func join(_ cluster: Cluster) throws {
        for name in Self.names {
            let joined = try Programs.client(
                "join", cluster.url, "--token", try cluster.token(name), "--ca-pin", cluster.pin, "--data", cluster.folder + "/" + name)
            #expect(joined.status == 0, "\(joined.err)")
        }
    }

    private func line(_ cluster: Cluster, _ name: String) throws -> String {
        let shown = try Programs.client("identity", "show", "--data", cluster.folder + "/" + name)
        #expect(shown.status == 0, "\(shown.err)")
        return shown.out
    }

    private func pin(_ cluster: Cluster, _ lines: [String], at names: [String]) throws {
        for name in names {
            let folder = cluster.folder + "/" + name
            try Data(("[keys]\n" + lines.joined()).utf8).write(to: URL(fileURLWithPath: folder + "/roster.toml"))
            let settings = "[policy]\nrequire_malicious_server = true\n[secure_aggregation]\npinned_keys = \"roster.toml\"\n"
            try Data(settings.utf8).write(to: URL(fileURLWithPath: folder + "/client.toml"))
        }
    }

    private func start(_ cluster: Cluster, _ session: String) throws {
        for name in Self.names {
            _ = try cluster.startClient(
                name, session, dataset: "benchmarks/data/digits.csv",
                reading: ["--scale", "constant=16", "--classes", "10", "--partition", "\(name.last ?? "1")/6:dirichlet=5:holdout=0.2:seed=1"])
        }
    }

    @Test func membersWhoKnowEachOtherTrainTogether() throws {
        let cluster = try Cluster()
        try join(cluster)
        let lines = try Self.names.map { try line(cluster, $0) }
        #expect(lines[0].hasPrefix("\"client-01\" = \"ed25519:") && Set(lines).count == 6)
        try pin(cluster, lines, at: Self.names)
        let session = try cluster.session(Self.body)
        try start(cluster, session)
        let status = try eventually("the end", within: 120) {
            let status = try cluster.status(session)
            return ["completed", "failed"].contains(status["status"] as? String ?? "") ? status : nil
        }
        #expect(status["status"] as? String == "completed", "\(status)")
    }

    /// One has another key than the others were given: they refuse, name it, and nothing is trained. When its owner's new key is
    /// pinned and the nodes come back, the session goes on.
    @Test func aChangedKeyIsNamedAndWhatIsPinnedAnewIsTaken() throws {
        let cluster = try Cluster()
        try join(cluster)
        var lines = try Self.names.map { try line(cluster, $0) }
        try pin(cluster, lines, at: Self.names)
        try FileManager.default.removeItem(atPath: cluster.folder + "/client-04/identity/member.key")
        let session = try cluster.session(Self.body)
        try start(cluster, session)
        let advice = try eventually("the refusal", within: 60) {
            let shown = try Programs.coordinator("session", "show", session, "--data", cluster.data, "--json").out
            return shown.contains("refuses") ? shown : nil
        }
        #expect(advice.contains("member client-04 is said to have the key"), "\(advice)")
        #expect(try cluster.status(session)["current_round"] as? Int == 0)
        cluster.stopClients()
        lines[3] = try line(cluster, "client-04")
        try pin(cluster, lines, at: Self.names)
        try start(cluster, session)
        _ = try eventually("the end", within: 120) { try cluster.status(session)["status"] as? String == "completed" ? true : nil }
    }

    @Test func withoutPinnedKeysANodeDoesNotJoin() throws {
        let cluster = try Cluster()
        try join(cluster)
        let session = try cluster.session(Self.body)
        let refused = try Programs.client(
            "run", "--session", session, "--data", cluster.folder + "/client-01", "--dataset", "benchmarks/data/digits.csv", "--scale", "constant=16", "--json")
        #expect(refused.status == 3 && refused.err.contains("secure_aggregation.pinned_keys") && refused.err.contains("Nothing was sent"), "\(refused.err)")
        let planned = try Programs.coordinator("session", "plan", cluster.folder + "/session.json")
        #expect(planned.status == 0 && (planned.err + planned.out).contains("pinned_keys"), "\(planned.err)")
    }
}
