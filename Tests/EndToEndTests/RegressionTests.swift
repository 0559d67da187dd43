import FaultHarness
import Foundation
import Testing

/// A linear regression, from a CSV file to its model's card, as a user would run it.
@Suite(.serialized) struct RegressionTests {
    /// price = 40 + 12·area − 7·age, and noise of ±2 that a seedless sequence makes.
    private func houses(_ rows: Int) -> String {
        var state: UInt64 = 7
        func uniform() -> Double {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Double(state >> 11) * 0x1p-53
        }
        let lines = (0..<rows).map { _ in
            let (area, age) = (2 * uniform() - 1, 2 * uniform() - 1)
            return "\(area),\(age),\(40 + 12 * area - 7 * age + 4 * (uniform() - 0.5))"
        }
        return "area,age,price\n" + lines.joined(separator: "\n") + "\n"
    }

    @Test func aSessionLearnsNumbersAndHasNoAccuracy() throws {
        let cluster = try Cluster()
        let file = cluster.folder + "/houses.csv"
        try houses(400).write(toFile: file, atomically: true, encoding: .utf8)
        let shares = try Programs.client(
            "partition", "--dataset", file, "--task", "regression", "--clients", "3", "--holdout", "0.25", "--out", cluster.folder + "/data")
        #expect(shares.status == 0, "\(shares.err)")
        let dealt = try Programs.client(
            "partition", "--dataset", file, "--task", "regression", "--clients", "3", "--scheme", "shards=1", "--out", cluster.folder + "/x")
        #expect(dealt.status == 0, "\(dealt.err)")
        // Each has the prices of a third: no two ranges overlap.
        let ranges = try (1...3).map { number in
            let lines = try String(contentsOfFile: "\(cluster.folder)/x/client-0\(number).csv", encoding: .utf8).split(separator: "\n").dropFirst()
            let prices = lines.compactMap { $0.split(separator: ",").last.flatMap { Double($0) } }
            return (low: try #require(prices.min()), high: try #require(prices.max()), count: prices.count)
        }.sorted { $0.low < $1.low }
        #expect(ranges.map(\.count).reduce(0, +) == 400 && ranges[0].high <= ranges[1].low && ranges[1].high <= ranges[2].low, "\(ranges)")
        let names = ["client-01", "client-02", "client-03"]
        for name in names {
            let joined = try Programs.client(
                "join", cluster.url, "--token", try cluster.token(name), "--ca-pin", cluster.pin, "--data", cluster.folder + "/" + name)
            #expect(joined.status == 0, "\(joined.err)")
        }
        let holdout = cluster.folder + "/data/holdout.csv"
        let session = try cluster.session(
            #"{"model_type": "linear", "min_clients": 3, "rounds": 10, "learning_rate": 0.1, "local_epochs": 5, "seed": 7, "heartbeat_interval": 1}"#,
            evaluation: holdout)
        // Whoever reads the same rows as classes is told what to do.
        let classes = cluster.folder + "/classes.csv"
        try "1,2,0\n3,4,1\n".write(toFile: classes, atomically: true, encoding: .utf8)
        let wrong = try Programs.client("run", "--session", session, "--data", cluster.folder + "/client-01", "--dataset", classes)
        #expect(wrong.status == 1 && wrong.err.contains("data_schema.task") && wrong.err.contains("--task regression"), "\(wrong.err)")
        for name in names {
            _ = try cluster.startClient(
                name, session, dataset: "\(cluster.folder)/data/\(name).csv", reading: ["--task", "regression", "--label", "price"])
        }
        let done = try eventually("the end of the session", within: 120) { () -> [String: Any]? in
            let status = try cluster.status(session)
            return status["status"] as? String == "completed" ? status : nil
        }
        #expect(done["accuracy"] is NSNull && done["held_out_accuracy"] is NSNull)
        #expect(done["loss"] as? Double ?? 1e9 < 3 && done["held_out_loss"] as? Double ?? 1e9 < 3)

        let (model, card) = (cluster.folder + "/model.safetensors", cluster.folder + "/card")
        for name in [card + ".md", card + ".json"] {
            let exported = try Programs.coordinator("model", "export", "--session", session, "--data", cluster.data, "--out", model, "--card", name)
            #expect(exported.status == 0, "\(exported.err)")
        }
        let markdown = try String(contentsOfFile: card + ".md", encoding: .utf8)
        let sha = done["model_sha256"] as? String ?? "?"
        #expect(markdown.contains("| SHA-256 | \(sha) |") && markdown.contains("| R² | 0.9"), "\(markdown)")
        let json = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: card + ".json"))) as? [String: Any]
        #expect((json?["model_details"] as? [String: Any])?["sha256"] as? String == sha)

        let judged = try Programs.client("evaluate", "--model", model, "--dataset", holdout, "--json").data
        #expect(judged["r2"] as? Double ?? 0 > 0.95 && judged["accuracy"] is NSNull && judged["rows"] as? Int == 100)
        let predicted = try Programs.client("predict", "--model", model, "--dataset", holdout, "--limit", "2")
        #expect(predicted.out.hasPrefix("row,value\n1,") && predicted.out.split(separator: "\n").count == 3, "\(predicted.out)")
    }
}
