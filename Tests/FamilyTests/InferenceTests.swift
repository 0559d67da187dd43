import APIKit
import Inference
import Learning
import ModelServing
import Platform
import StrictJSON
import Testing

/// `/v1/inference`, `/v1/files` and `/v1/models/profile`, as the document has them.
@Suite struct InferenceTests {
    private func call(
        _ world: World, _ method: String, _ path: String, _ body: String = "", headers: [(name: String, value: String)] = [], as caller: Caller? = nil
    ) async throws -> APIReply {
        let reply = await world.call(world.phi, request(method, "/v1\(path)", body: body, headers: headers), as: caller)
        if reply.status < 300, case .json = reply.body { try described(world.phi, method, "/v1\(path)", reply) }
        return reply
    }

    private func served() async throws -> World {
        let world = try await World()
        world.shelf.put("m1")
        try await world.models.loadNow("m1", tenant: "default", actor: "test")
        return world
    }

    private func right(_ rows: [[Float]]) throws -> [[Double]] {
        let made = try LearningModel(ModelShelf.classifier()).run([NamedTensor("features", Tensor(shape: [rows.count, 4], .float(rows.flatMap { $0 }))!)])
        guard case .float(let values) = made[0].tensor.values else { return [] }
        return stride(from: 0, to: values.count, by: 3).map { values[$0..<($0 + 3)].map(Double.init) }
    }

    private func rows(_ output: JSON?) -> [[Double]] { output?["probabilities"]?.elements?.map { $0.elements?.compactMap(\.double) ?? [] } ?? [] }

    @Test func rowsAreAnsweredInWhateverFormTheyCome() async throws {
        let world = try await served()
        let expected = try right([[1, 2, 3, 4], [0, 0.5, -1, 8]])
        for data in ["[[1, 2, 3, 4], [0, 0.5, -1, 8]]", #"{"features": [[1, 2, 3, 4], [0, 0.5, -1, 8]]}"#] {
            let reply = try await call(world, "POST", "/inference/run", #"{"deployment_id": "m1", "input": {"data": \#(data)}}"#)
            #expect(reply.status == 200 && rows(reply.json["output"]) == expected, "\(reply.json.encodedText)")
            #expect(reply.json["output"]?["label"]?.elements?.allSatisfy { ["ash", "birch", "cedar"].contains($0.text ?? "") } == true)
            #expect(reply.json["execution_time"]?.text?.hasSuffix("ms") == true && reply.json["model_sha256"]?.text == ModelShelf.digest)
            #expect(reply.json["model_id"] == "m1" && reply.json["batch_rows"] == 2)
        }
        let one = try await call(world, "POST", "/inference/run", #"{"deployment_id": "m1", "input": {"data": [1, 2, 3, 4]}}"#)
        #expect(rows(one.json["output"]) == [expected[0]])
    }

    @Test func theDocumentsRequestIsAnswered() async throws {
        let world = try await served()
        let put = try await call(world, "PUT", "/files/input_data.json", "[[1, 2, 3, 4], [0, 0.5, -1, 8]]")
        #expect(put.status == 200 && put.json["bytes"] == 31 && put.json["sha256"]?.text?.count == 64)
        let reply = try await call(
            world, "POST", "/inference/run",
            #"{"deployment_id": "m1", "input": {"data": "input_data.json"}, "batch_size": 128, "priority": "ultra-high", "execution_policy": "quantum-optimized"}"#
        )
        #expect(reply.status == 200 && reply.json["execution_policy_applied"] == "cpu")
        #expect(reply.json["notices"]?.elements?.map { $0["field"] } == ["execution_policy"])
        let name = try #require(reply.json["output"]?.text)
        let file = try await call(world, "GET", "/files/\(name)")
        guard case .bytes(let content, let type) = file.body else { throw InferenceError.unsupported("no file") }
        let (kept, expected) = (rows(try JSON(parsing: content)), try right([[1, 2, 3, 4], [0, 0.5, -1, 8]]))
        #expect(type == "application/json" && kept == expected)
        // Without the scope it is high, and says so.
        let caller = world.principal("default", [.aiOperations])
        let lower = try await call(
            world, "POST", "/inference/run", #"{"deployment_id": "m1", "input": {"data": [1, 2, 3, 4]}, "priority": "ultra-high"}"#, as: caller)
        #expect(lower.status == 200 && lower.json["notices"]?.elements?.first?["field"] == "priority")
    }

    @Test func filesComeAndGoAndAreTheirTenants() async throws {
        let world = try await World()
        let other = world.principal("elsewhere", Set(Scope.allCases))
        #expect(try await call(world, "PUT", "/files/a.json", "[1]").status == 200)
        #expect(try await call(world, "PUT", "/files/a.json", "[1, 2]").json["bytes"] == 6)
        #expect(try await call(world, "GET", "/files/a.json", as: other).status == 404)
        #expect(try await call(world, "DELETE", "/files/a.json", as: other).status == 404)
        #expect(try await call(world, "DELETE", "/files/a.json").status == 204)
        #expect(try await call(world, "GET", "/files/a.json").status == 404)
        #expect(try await call(world, "DELETE", "/files/a.json").status == 404)
        let typed = request("PUT", "/v1/files/a.json", body: "x", type: "application/x-unknown")
        #expect(await world.call(world.phi, typed).status == 415)
        // What curl sends when it is told nothing (`-T`, `--data-binary`): bytes.
        for type in [nil, "application/x-www-form-urlencoded", "Application/X-WWW-Form-URLEncoded; charset=utf-8"] {
            var untold = request("PUT", "/v1/files/b.bin", body: "x=1&y", type: type ?? "")
            if type == nil { untold.headers = [] }
            let kept = await world.call(world.phi, untold)
            #expect(kept.status == 200 && kept.json["bytes"] == 5 && kept.json["media_type"] == "application/octet-stream", "\(kept.json.encodedText)")
        }
        // JSON has to say that it is.
        #expect(await world.call(world.phi, request("POST", "/v1/inference/run", body: "{}", type: "application/x-www-form-urlencoded")).status == 415)
    }

    @Test func whatIsNotThereYetIsAnsweredLater() async throws {
        let world = try await World()
        world.shelf.put("m1")
        let pending = try await call(world, "POST", "/inference/run", #"{"deployment_id": "m1", "input": {"data": "late.json"}}"#)
        #expect(pending.status == 202 && pending.json["output"] == .null && pending.json["execution_time"] == .null)
        #expect(pending.json["blocked_by"]?.elements?.map { $0["what"] } == ["model", "file"])
        let id = try #require(pending.json["request_id"]?.text)
        #expect(try await call(world, "GET", "/inference/\(id)").status == 202)
        #expect(try await call(world, "GET", "/inference/\(id)", as: world.principal("elsewhere", Set(Scope.allCases))).status == 404)
        _ = try await call(world, "PUT", "/files/late.json", "[1, 2, 3, 4]")
        await until { (try? await call(world, "GET", "/inference/\(id)").status) == 200 }
        let done = try await call(world, "GET", "/inference/\(id)")
        #expect(done.status == 200 && done.json["output"]?.text == "output-\(id).json" && done.json["model_id"] == "m1")
        #expect(try await call(world, "GET", "/inference/none").status == 404)
    }

    @Test func anAnswerCanBeAskedForLater() async throws {
        let world = try await served()
        let body = #"{"deployment_id": "m1", "input": {"data": [1, 2, 3, 4]}}"#
        let reply = try await call(world, "POST", "/inference/run", body, headers: [(name: "prefer", value: "respond-async")])
        #expect(reply.status == 202 && reply.headers.contains { $0 == ("preference-applied", "respond-async") } && reply.json["blocked_by"] == nil)
        let id = try #require(reply.json["request_id"]?.text)
        await until { (try? await call(world, "GET", "/inference/\(id)").status) == 200 }
        let (answer, expected) = (try await call(world, "GET", "/inference/\(id)").json["output"], try right([[1, 2, 3, 4]]))
        #expect(rows(answer) == expected)
    }

    @Test func whatCannotBeAnsweredSaysWhy() async throws {
        let world = try await served()
        world.shelf.put("pickle", format: .stored)
        let wrong: [(body: String, status: Int, part: String)] = [
            (#"{"deployment_id": "none", "input": {"data": [1]}}"#, 404, "deployment none"), (#"{"input": {"data": [1]}}"#, 400, "deployment_id"),
            (#"{"deployment_id": "m1"}"#, 400, "input"), (#"{"deployment_id": "m1", "input": {"data": [1, 2, 3]}}"#, 400, "input.data.features"),
            (#"{"deployment_id": "m1", "input": {"data": [[1, 2], [3]]}}"#, 400, "lists of different lengths"),
            (#"{"deployment_id": "m1", "input": {"data": [1, 2, "x", 4]}}"#, 400, "FP32"),
            (#"{"deployment_id": "m1", "input": {"data": [1e39, 2, 3, 4]}}"#, 400, "FP32"),
            (#"{"deployment_id": "m1", "input": {"data": {"x": [1]}}}"#, 400, "not one of this model's"),
            (#"{"deployment_id": "m1", "input": {"data": []}}"#, 400, "input.data"),
            (#"{"deployment_id": "m1", "input": {"data": [1, 2, 3, 4]}, "batch_size": 0}"#, 400, "batch_size"),
            (#"{"deployment_id": "m1", "input": {"data": [1, 2, 3, 4]}, "priority": "most"}"#, 400, "priority"),
            (#"{"deployment_id": "pickle", "input": {"data": [1]}}"#, 422, "nothing here computes it"),
        ]
        for (body, status, part) in wrong {
            let reply = try await call(world, "POST", "/inference/run", body)
            #expect(reply.status == status && reply.json.encodedText.contains(part), "\(body): \(reply.status) \(reply.json.encodedText)")
            #expect(world.phi.errorShape.problem(with: reply.json, at: "") == nil)
        }
        _ = try await call(world, "PUT", "/files/no.json", "no JSON")
        #expect(try await call(world, "POST", "/inference/run", #"{"deployment_id": "m1", "input": {"data": "no.json"}}"#).status == 400)
    }

    @Test func aProfileIsMeasuredNow() async throws {
        let world = try await World()
        let platform = try await call(world, "POST", "/models/profile", #"{"iterations": 2, "batch_sizes": [1, 4]}"#)
        #expect(platform.status == 200 && platform.json["target"] == "platform" && platform.json["model_id"] == .null)
        #expect(platform.json["latency_distribution"]?.members?.map(\.name) == ["99th_percentile", "median"])
        world.shelf.put("m1")
        try await world.models.loadNow("m1", tenant: "default", actor: "test")
        let own = try await call(world, "POST", "/models/profile", #"{"iterations": 3, "batch_sizes": [2], "input": {"data": [1, 2, 3, 4]}}"#)
        #expect(own.json["target"] == "model" && own.json["model_id"] == "m1" && own.json["optimization_suggestions"] == "none found")
        #expect(own.json["batches"]?.elements?.map { $0["batch_size"] } == [2] && own.json["execution_time"]?.text?.hasSuffix("ms") == true)
        #expect(try await call(world, "POST", "/models/profile", #"{"deployment_id": "none"}"#).status == 404)
        #expect(try await call(world, "POST", "/models/profile", #"{"iterations": 0}"#).status == 400)
        #expect(try await call(world, "POST", "/models/profile", "").status == 200)
    }
}
