import FaultHarness
import Foundation
import Testing

/// A model of text, from four folders of text to a text that it makes, as a user would run it.
@Suite(.serialized) struct TextTests {
    private func write(_ folder: String, seed: Int) throws {
        try FileManager.default.createDirectory(atPath: folder + "/deeper", withIntermediateDirectories: true)
        for (number, name) in ["one.txt", "deeper/two.txt"].enumerated() {
            let lines = (0..<60).map { "the client \(($0 * seed + number) % 23) sends an update to the coordinator." }
            try lines.joined(separator: "\n").write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
        }
        // What is no text is not read.
        try Data([0, 1, 2]).write(to: URL(fileURLWithPath: folder + "/picture.png"))
    }

    @Test func fourClientsTrainAModelThatAnswers() throws {
        let cluster = try Cluster()
        let names = (1...4).map { "client-0\($0)" }
        for (number, name) in names.enumerated() {
            try cluster.enrol(name)
            try write("\(cluster.folder)/text-\(name)", seed: number + 2)
        }
        try write(cluster.folder + "/held", seed: 9)
        let held = cluster.folder + "/held/one.txt"
        let session = try cluster.session(
            #"{"model_type": "language_model", "min_clients": 4, "rounds": 5, "local_steps": 10, "batch_size": 4, "learning_rate": 0.005, "heartbeat_interval": 1, "#
                + #""model": {"kind": "byte_transformer", "transformer": {"layers": 1, "width": 16, "heads": 2, "context": 48}}}"#,
            evaluation: held)
        // Who comes with a table is told what to do.
        let table = cluster.folder + "/rows.csv"
        try "1,2,0\n3,4,1\n".write(toFile: table, atomically: true, encoding: .utf8)
        let wrong = try Programs.client("run", "--session", session, "--data", cluster.folder + "/client-01", "--dataset", table)
        #expect(wrong.status == 1 && wrong.err.contains("data_schema.task") && wrong.err.contains(".txt"), "\(wrong.err)")
        for name in names { _ = try cluster.startClient(name, session, dataset: "\(cluster.folder)/text-\(name)", reading: []) }
        let done = try eventually("the end of the session", within: 120) { () -> [String: Any]? in
            let status = try cluster.status(session)
            return status["status"] as? String == "completed" ? status : nil
        }
        #expect(done["accuracy"] is NSNull && done["held_out_accuracy"] is NSNull)
        // In nats: uniform guessing is 5.5.
        #expect(done["held_out_loss"] as? Double ?? 9 < 4.5 && done["loss"] as? Double ?? 9 < 4.5, "\(done)")
        let sha = try #require(done["model_sha256"] as? String)

        let model = cluster.folder + "/model.safetensors"
        let exported = try Programs.coordinator(
            "model", "export", "--session", session, "--data", cluster.data, "--out", model, "--card", cluster.folder + "/card.md")
        #expect(exported.status == 0, "\(exported.err)")
        #expect(try String(contentsOfFile: cluster.folder + "/card.md", encoding: .utf8).contains("| bits per byte |"))
        let judged = try Programs.client("evaluate", "--model", model, "--dataset", held, "--json").data
        #expect(judged["bits_per_byte"] as? Double ?? 9 < 6.5 && judged["accuracy"] is NSNull)
        let rows = try Programs.client("predict", "--model", model, "--dataset", held)
        #expect(rows.status == 2 && rows.err.contains("llm/generate"), "\(rows.err)")

        let key = cluster.folder + "/key"
        let made = try Programs.coordinator("key", "create", "--data", cluster.data, "--out", key)
        #expect(made.status == 0, "\(made.err)")
        let secret = try String(contentsOfFile: key, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
        let body = #"{"prompt": "the client ", "model": "fed-text-\#(sha.prefix(8))", "max_tokens": 12, "temperature": 0}"#
        // The model is registered beside the session's end.
        let answer = try eventually("an answer", within: 60) { () -> [String: Any]? in
            let reply = try cluster.curl(
                "-H", "X-API-Key: " + secret, "-H", "Content-Type: application/json", "-d", body, cluster.url + "/api/v2/ai/llm/generate")
            return reply.status == 200 ? try JSONSerialization.jsonObject(with: reply.body) as? [String: Any] : nil
        }
        let facts = answer["metadata"] as? [String: Any]
        #expect(facts?["model_sha256"] as? String == sha && facts?["completion_tokens"] as? Int == 12)
    }
}
