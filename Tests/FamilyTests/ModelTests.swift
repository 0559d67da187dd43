import APIKit
import Inference
import Learning
import ModelServing
import Platform
import Storage
import StrictJSON
import Testing

/// What is said of a reply, by its endpoint's own description.
func described(_ family: Family, _ method: String, _ path: String, _ reply: APIReply) throws {
    let endpoint = try #require(family.endpoint(method: method, path: path))
    guard case .json(let shape)? = endpoint.contract?.replies.first(where: { $0.status == reply.status })?.content else {
        Issue.record("\(method) \(path): \(reply.status) \(reply.json.encodedText)")
        return
    }
    let body = JSON.object((reply.json.members ?? []).filter { $0.name != "notices" })
    #expect(shape.problem(with: body, at: "") == nil, "\(reply.json.encodedText)")
}

/// `/api/v2/models`, as its document has it.
@Suite struct ModelTests {
    private func call(_ world: World, _ method: String, _ path: String, _ body: String = "", as caller: Caller? = nil) async throws -> APIReply {
        let reply = await world.call(world.aisemble, request(method, "/api/v2\(path)", body: body), as: caller)
        if reply.status < 300 { try described(world.aisemble, method, "/api/v2\(path)", reply) }
        return reply
    }

    @Test func aModelIsListedLoadedMeasuredAndUnloaded() async throws {
        let world = try await World()
        world.shelf.put("m1")
        world.shelf.put("other", tenant: "elsewhere")
        let hook = await world.call(
            world.aisemble, request("POST", "/api/v2/webhooks", body: #"{"url": "https://example.org/h", "events": ["model.loaded", "model.unloaded"]}"#))
        let webhook = try #require(hook.json["webhook_id"]?.text)
        #expect(hook.json["not_built"] == [])

        let before = try await call(world, "GET", "/models").json["models"]?.elements
        #expect(before?.map { $0["id"] } == ["m1"] && before?.first?["status"] == "available" && before?.first?["type"] == "classifier")
        #expect(before?.first?["performance"] == ["avg_response_time": .null, "requests_per_hour": .null])
        #expect(before?.first?["parameters"] == ["max_tokens": .null, "context_length": .null])
        let unknown = try await call(world, "GET", "/models/m1/performance").json
        #expect(unknown["performance_metrics"]?["requests_total"] == .null && unknown["resource_usage"]?["memory_mb"] == .null)

        let loading = try await call(world, "POST", "/models/m1/load", #"{"force_reload": false, "gpu_device": 0}"#)
        #expect(loading.status == 202 && loading.json["status"] == "loading" && loading.json["message"] == "Model loading initiated")
        #expect(
            loading.json["estimated_time"] == .null && loading.json["device"] == "cpu" && loading.json["notices"]?.elements?.first?["field"] == "gpu_device")
        await until { world.models.load.models == 1 }
        let again = try await call(world, "POST", "/models/m1/load")
        #expect(again.status == 200 && again.json["status"] == "loaded" && again.json["changed"] == false)

        let question = [NamedTensor("features", try #require(Tensor(shape: [1, 4], .float([1, 2, 3, 4]))))]
        for _ in 0..<3 { _ = try await world.models.infer("m1", tenant: "default", question) }
        let used = try await call(world, "GET", "/models/m1/performance").json
        #expect(used["performance_metrics"]?["requests_total"] == 3 && used["performance_metrics"]?["success_rate"]?.double == 100)
        #expect((used["performance_metrics"]?["p95_response_time"]?.double ?? 0) > 0 && used["performance_metrics"]?["throughput_per_hour"] == 3)
        #expect(used["resource_usage"]?["memory_mb"]?.double == Double(ModelShelf.spec.parameterCount * 4) / 1e6)
        #expect(used["resource_usage"]?["gpu_memory_mb"] == 0 && used["sha256"]?.text == ModelShelf.digest)
        #expect(try await call(world, "GET", "/models").json["models"]?.elements?.first?["status"] == "loaded")

        let gone = try await call(world, "POST", "/models/m1/unload")
        #expect(gone.json["changed"] == true && gone.json["status"] == "unloaded")
        #expect(try await call(world, "POST", "/models/m1/unload").json["changed"] == false)
        // The event of a load follows it.
        await until { (try? await world.store.deliveries(webhook: webhook, tenant: "default", before: nil, limit: 10).count) == 2 }
        let told = try await world.store.deliveries(webhook: webhook, tenant: "default", before: nil, limit: 10)
        #expect(Set(told.map(\.name)) == ["model.loaded", "model.unloaded"] && told.count == 2)
        let audit = try await world.store.audit(tenant: "default", after: 0, limit: 100).map(\.entry.action)
        #expect(audit.contains(.modelLoaded) && audit.contains(.modelUnloaded))
    }

    @Test func whatCannotBeLoadedSaysWhy() async throws {
        let world = try await World()
        world.shelf.put("pickle", format: .stored)
        world.shelf.put("broken", bytes: [1, 2, 3])
        world.shelf.put("large", bytes: [UInt8](repeating: 0, count: 2 << 20))
        world.shelf.put("held")
        world.shelf.hold("held", true)
        #expect(try await call(world, "POST", "/models/none/load").status == 404)
        #expect(try await call(world, "POST", "/models/none/unload").status == 404)
        #expect(try await call(world, "GET", "/models/none/performance").status == 404)
        #expect(try await call(world, "POST", "/models/pickle/load").status == 422)
        #expect(try await call(world, "POST", "/models/large/load").status == 503)
        #expect(try await call(world, "POST", "/models/pickle/load", #"{"gpu_device": -1}"#).status == 400)
        #expect(try await call(world, "POST", "/models/broken/load").status == 202)
        await until { (try? await world.models.status("broken", tenant: "default").state) != .loading }
        let broken = try await call(world, "GET", "/models").json["models"]?.elements?.first { $0["id"] == "broken" }
        #expect(broken?["status"] == "failed" && broken?["reason"]?.text?.isEmpty == false)
        let held = try await call(world, "POST", "/models/held/load")
        #expect(held.status == 202 && held.json["status"] == "loading" && held.json["blocked_by"]?.elements?.first?["what"] == "model_file")
        world.shelf.hold("held", false)
        await until { world.models.load.models == 1 }
        #expect(world.models.load.models == 1)
    }

    @Test func anotherTenantsModelIsNotThere() async throws {
        let world = try await World()
        world.shelf.put("m1")
        try await world.models.loadNow("m1", tenant: "default", actor: "test")
        let other = world.principal("elsewhere", Set(Scope.allCases))
        for (method, path) in [("POST", "/models/m1/load"), ("POST", "/models/m1/unload"), ("GET", "/models/m1/performance")] {
            #expect(try await call(world, method, path, as: other).status == 404)
        }
        #expect(try await call(world, "GET", "/models", as: other).json["models"] == [])
        #expect(world.models.load.models == 1)
    }
}
