import CommandKit
import FaultHarness
import Foundation
import Learning
import StrictJSON

/// `tutti-bench run inference`: what an answer of a model costs. A real coordinator runs the digits MLP over kept TLS connections, and in turn with it
/// a route of Hummingbird that has nothing around it takes the same questions and sends the same bytes. Beside them, tokens of the n-gram.
enum InferenceSuite {
    private static let spec = ModelSpec(kind: .mlp, layers: [64, 128, 10])
    private static let schema = DataSchema(inputs: 64, outputs: 10, scale: .constant(16))
    private static let scopes = ["ai_operations"]
    /// Rows of one question, and those of others that share its run.
    private static let (rows, shared) = (32, 64)
    private static let tokens = 1024
    private static let (tries, everySeconds) = (600, 0.1)

    static func run(_ progress: (String) -> Void) throws -> [BenchRow] {
        let load = try CallLoad()
        let deployment = try deployed(load)
        func question(rows: Int, batch: Int) -> JSON {
            let data = (0..<rows).map { row in JSON.array((0..<spec.inputs).map { JSON((row * 31 + $0 * 7) % 17) }) }
            return ["deployment_id": .string(deployment), "input": ["data": .array(data)], "batch_size": JSON(batch)]
        }
        let (run, generate) = ("/v1/inference/run", "/api/v2/ai/llm/generate")
        let (one, together, many) = (question(rows: 1, batch: 1), question(rows: 1, batch: shared), question(rows: rows, batch: 1))
        let text: JSON = ["model": "ngram-byte-5", "prompt": "The coordinator ", "max_tokens": JSON(tokens), "parameters": ["seed": 1]]
        let made = try load.posted(generate, text)["metadata"]?["completion_tokens"]?.whole
        guard made == Int64(tokens) else { throw CommandFailure(.failed, "The n-gram wrote \(made.map(String.init) ?? "no") tokens instead of \(tokens).") }
        let bare = try load.bare([Data(try load.posted(run, one).encoded()), Data(try load.posted(run, many).encoded())])
        let url = load.cluster.url + run
        return try withExtendedLifetime(bare) {
            try load.rows(
                "inference",
                [
                    CallLoad.Place("bare-row", bare.url(0), question: one),
                    // A run for each row.
                    CallLoad.Place("row", url, question: one, scopes: scopes, beside: "bare-row"),
                    // Rows that come within half a millisecond have one run.
                    CallLoad.Place("shared", url, question: together, scopes: scopes, beside: "bare-row"),
                    CallLoad.Place("bare-rows", bare.url(1), question: many),
                    CallLoad.Place("rows", url, question: many, scopes: scopes, beside: "bare-rows", counted: ("rows", Double(rows))),
                    // One text after the other.
                    CallLoad.Place(
                        "ngram", load.cluster.url + generate, question: text, scopes: scopes, connections: 1, counted: ("tokens", Double(tokens))),
                ], progress)
        }
    }

    /// The digits model in memory, and a deployment of it. How fast it is does not depend on what it has learned.
    private static func deployed(_ load: CallLoad) throws -> String {
        let file = load.cluster.folder + "/digits.safetensors"
        let model = ModelFile(spec: spec, schema: schema, parameters: spec.initialParameters(seed: 1))
        try Data(model.encode()).write(to: URL(fileURLWithPath: file))
        _ = try load.asked("/v1/files/digits", "-X", "PUT", "-H", "Content-Type: application/octet-stream", "--data-binary", "@" + file)
        let registered = try load.posted(
            "/v1/models/register", ["model_name": "digits", "framework": "other", "version": "1", "storage_url": "upload://digits"])
        guard registered["status"] == "success", let id = registered["model_id"]?.text else {
            throw CommandFailure(.failed, "The digits model is not registered: \(registered.encodedText)")
        }
        guard let deployment = try load.posted("/v1/models/deploy", ["model_id": .string(id)])["deployment_id"]?.text else {
            throw CommandFailure(.failed, "The digits model is not deployed.")
        }
        _ = try load.posted("/api/v2/models/\(id)/load", [:])
        for _ in 0..<tries {
            let models = try JSON(parsing: [UInt8](load.asked("/api/v2/models")))["models"]?.elements
            if models?.first(where: { $0["id"]?.text == id })?["status"] == "loaded" { return deployment }
            Thread.sleep(forTimeInterval: everySeconds)
        }
        throw CommandFailure(.failed, "The digits model is not loaded.")
    }
}
