import APIKit
import Inference
import Learning
import ModelServing
import Platform
import StrictJSON
import Testing

/// `/v2`, by the text of the Open Inference Protocol.
@Suite struct OpenInferenceTests {
    private func call(_ world: World, _ method: String, _ path: String, _ body: String = "", as caller: Caller? = nil) async throws -> APIReply {
        let reply = await world.call(world.openInference, request(method, "/v2\(path)", body: body), as: caller)
        if reply.status < 300 {
            try described(world.openInference, method, "/v2\(path)", reply)
        } else {
            #expect(reply.json.members?.map(\.name) == ["error"] && reply.json["error"]?.text?.isEmpty == false, "\(reply.json.encodedText)")
        }
        return reply
    }

    private func served() async throws -> World {
        let world = try await World()
        world.shelf.put("m1", version: "1.9")
        world.shelf.put("m2", version: "1.10")
        for id in ["m1", "m2"] { try await world.models.loadNow(id, tenant: "default", actor: "test") }
        return world
    }

    @Test func theServerSaysWhatItIs() async throws {
        let world = try await served()
        for path in ["", "/"] {
            #expect(try await call(world, "GET", path).json == ["name": "tutti", "version": "1.2.3", "extensions": ["binary_tensor_data"]])
        }
        #expect(try await call(world, "GET", "/health/live").json == ["live": true])
        #expect(try await call(world, "GET", "/health/ready").json["ready"] == true)
        let model = try await call(world, "GET", "/models/m1").json
        #expect(model["name"] == "m1" && model["versions"] == ["1.9"] && model["platform"] == "tutti_safetensors")
        #expect(model["inputs"] == [["name": "features", "datatype": "FP32", "shape": [-1, 4]]])
        #expect(model["outputs"]?.elements?.map { $0["datatype"] } == ["FP32", "BYTES"])
        #expect(try await call(world, "GET", "/models/m1/ready").json == ["name": "m1", "ready": true])
    }

    @Test func aModelIsFoundByItsIdItsNameAndItsVersion() async throws {
        let world = try await served()
        #expect(try await call(world, "GET", "/models/m1/versions/1.9").json["name"] == "m1")
        #expect(try await call(world, "GET", "/models/m1/versions/2").status == 404)
        // Of several the latest: 1.10 comes after 1.9.
        #expect(try await call(world, "GET", "/models/trees").json["name"] == "m2")
        #expect(try await call(world, "GET", "/models/trees/versions/1.9/ready").json["name"] == "m1")
        #expect(try await call(world, "GET", "/models/none").status == 404)
        _ = try await world.models.unload("m1", tenant: "default", actor: "test")
        #expect(try await call(world, "GET", "/models/m1/ready").status == 422)
    }

    /// The version that was found leaves while the question is still being sent.
    @Test func aVersionThatLeavesHasItsSuccessorAnswer() async throws {
        let world = try await served()
        var asked = request("POST", "/v2/models/trees/infer", body: "-")
        let body = #"{"inputs": [{"name": "features", "shape": [1, 4], "datatype": "FP32", "data": [1, 2, 3, 4]}]}"#
        func leaving(_ id: String) -> RequestBody {
            let models = world.models
            return RequestBody(declaredBytes: body.utf8.count) { _ throws(ServiceError) in
                do { _ = try await models.unload(id, tenant: "default", actor: "test") } catch { throw .internalError(cause: "\(error)") }
                return Array(body.utf8)
            }
        }
        asked.body = leaving("m2")
        let answered = await world.call(world.openInference, asked)
        #expect(answered.status == 200 && answered.json["model_name"] == "m1" && answered.json["model_version"] == "1.9", "\(answered.json.encodedText)")
        // Nobody is left to answer.
        asked.body = leaving("m1")
        #expect(await world.call(world.openInference, asked).status == 422)
    }

    @Test func tensorsAreAnsweredAsTheProtocolHasThem() async throws {
        let world = try await served()
        let body = #"{"id": "42", "inputs": [{"name": "features", "shape": [2, 4], "datatype": "FP32", "data": [1, 2, 3, 4, 5, 6, 7, 8]}]}"#
        for path in ["/models/m1/infer", "/models/m1/versions/1.9/infer"] {
            let reply = try await call(world, "POST", path, body)
            #expect(reply.status == 200 && reply.json["model_name"] == "m1" && reply.json["model_version"] == "1.9" && reply.json["id"] == "42")
            #expect(reply.json["parameters"]?["model_sha256"]?.text == ModelShelf.digest)
            let outputs = reply.json["outputs"]?.elements
            #expect(outputs?.map { $0["name"] } == ["probabilities", "label"] && outputs?.map { $0["shape"] } == [[2, 3], [2]])
            let made = try LearningModel(ModelShelf.classifier()).run([NamedTensor("features", Tensor(shape: [2, 4], .float([1, 2, 3, 4, 5, 6, 7, 8]))!)])
            #expect(outputs?.first?["data"] == made[0].tensor.flatJSON && outputs?.last?["data"] == made[1].tensor.flatJSON)
        }
        // Nested data, chosen outputs, no content type.
        var nested = request(
            "POST", "/v2/models/m1/infer",
            body: #"{"inputs": [{"name": "features", "shape": [1, 4], "datatype": "FP32", "data": [[1, 2, 3, 4]]}], "outputs": [{"name": "label"}]}"#)
        nested.headers = []
        let chosen = await world.call(world.openInference, nested)
        #expect(chosen.status == 200 && chosen.json["outputs"]?.elements?.map { $0["name"] } == ["label"] && chosen.json["id"] == "req-1")
    }

    /// As `tritonclient` asks where nobody tells it otherwise (extension_binary_data.md of triton-inference-server/server).
    @Test func tensorsMayStandAsBytesBehindTheJSON() async throws {
        let world = try await served()
        func ask(_ json: String, _ bytes: [UInt8], length: String? = nil) async -> APIReply {
            var asked = request("POST", "/v2/models/m1/infer", body: "-", type: "application/octet-stream")
            asked.body = RequestBody(Array(json.utf8) + bytes)
            asked.headers.append((name: "inference-header-content-length", value: length ?? "\(json.utf8.count)"))
            return await world.call(world.openInference, asked)
        }
        func question(_ size: Int, _ more: String = "") -> String {
            #"{"inputs": [{"name": "features", "shape": [1, 4], "datatype": "FP32", "parameters": {"binary_data_size": \#(size)}}]\#(more)}"#
        }
        // 1, 2, 3 and 4, least significant byte first.
        let numbers: [UInt8] = [0, 0, 128, 63, 0, 0, 0, 64, 0, 0, 64, 64, 0, 0, 128, 64]
        let plain = try await call(
            world, "POST", "/models/m1/infer", #"{"inputs": [{"name": "features", "shape": [1, 4], "datatype": "FP32", "data": [1, 2, 3, 4]}]}"#)
        let taken = await ask(question(16), numbers)
        #expect(taken.status == 200 && taken.json["outputs"] == plain.json["outputs"])

        let whole = await ask(question(16, #", "parameters": {"binary_data_output": true}"#), numbers)
        guard case .bytes(let body, let type) = whole.body, let length = whole.headers.first(where: { $0.name == "inference-header-content-length" }),
            let end = Int(length.value)
        else { throw Missing() }
        let head = try JSON(parsing: Array(body[..<end])), outputs = head["outputs"]?.elements ?? []
        #expect(type == "application/octet-stream" && head["parameters"]?["model_sha256"]?.text == ModelShelf.digest)
        #expect(outputs.allSatisfy { $0["data"] == nil } && outputs.first?["parameters"]?["binary_data_size"] == 12 && outputs.first?["shape"] == [1, 3])
        let floats = stride(from: end, to: end + 12, by: 4).map { start in
            Double(Float(bitPattern: (0..<4).reduce(UInt32(0)) { $0 | UInt32(body[start + $1]) << UInt32(8 * $1) }))
        }
        #expect(floats == plain.json["outputs"]?.elements?.first?["data"]?.elements?.compactMap(\.double))
        // A text after its length.
        let label = Array((plain.json["outputs"]?.elements?.last?["data"]?.elements?.first?.text ?? "").utf8)
        #expect(Array(body[(end + 12)...]) == [UInt8(label.count), 0, 0, 0] + label)
        let one = await ask(question(16, #", "outputs": [{"name": "label"}, {"name": "probabilities", "parameters": {"binary_data": false}}]"#), numbers)
        #expect(one.json["outputs"]?.elements?.map { $0["name"] } == ["label", "probabilities"])

        let nan: [UInt8] = [0, 0, 192, 127]
        for (json, bytes, length, part) in [
            (question(12), Array(numbers.prefix(12)), nil, "its shape says 16"), (question(16), Array(numbers.prefix(12)), nil, "12 bytes that are left"),
            (question(-1), numbers, nil, "binary_data_size"), (question(16), numbers + [0], nil, "1 bytes at its end"),
            (question(16), numbers, "100000", "inference-header-content-length"), (question(16), numbers, "-1", "inference-header-content-length"),
            (question(16), numbers, "3", "JSON"), (question(16), Array(numbers.prefix(12)) + nan, nil, "no FP32"),
        ] as [(String, [UInt8], String?, String)] {
            let reply = await ask(json, bytes, length: length)
            #expect(reply.status == 400 && reply.json["error"]?.text?.contains(part) == true, "\(part): \(reply.json.encodedText)")
        }
    }

    private struct Missing: Error {}

    @Test func whatIsWrongIsSaidInOneSentence() async throws {
        let world = try await served()
        func input(_ shape: String = "[1, 4]", _ type: String = "FP32", _ data: String = "[1, 2, 3, 4]", name: String = "features", more: String = "") -> String
        {
            #"{"inputs": [{"name": "\#(name)", "shape": \#(shape), "datatype": "\#(type)", "data": \#(data)\#(more)}]}"#
        }
        let wrong: [(body: String, part: String)] = [
            ("[]", "object"), ("{}", "inputs"), (input("[1, 5]"), "says another number"), (input("[1, 3]", "FP32", "[1, 2, 3]"), "[-1, 4]"),
            (input("[4]"), "[-1, 4]"), (input("[-1, 4]"), "shape"), (input("[1, 4]", "FP64"), "must be FP32"), (input("[1, 4]", "FP16"), "must be one of"),
            (input(name: "x"), "not one of this model's"), (input("[1, 4]", "FP32", #"["a", 2, 3, 4]"#), "no FP32"),
            (input("[0, 4]", "FP32", "[]"), "1 to 65536 rows"), (input("[4611686018427387904, 4]"), "shape"),
            (input(more: #", "parameters": {"binary_data_size": 16}"#), "binary"),
            (#"{"inputs": [{"name": "features", "shape": [1, 4], "datatype": "FP32"}]}"#, "data"),
            (#"{"inputs": [{"name": "features", "shape": [1, 4], "datatype": "FP32", "data": [1, 2, 3, 4]}], "outputs": [{"name": "x"}]}"#, "outputs[0].name"),
            (
                #"{"inputs": [{"name": "features", "shape": [1, 4], "datatype": "FP32", "data": [1, 2, 3, 4]}], "outputs": [{"name": "label", "parameters": {"classification": 2}}]}"#,
                "class_count"
            ),
        ]
        for (body, part) in wrong {
            let reply = try await call(world, "POST", "/models/m1/infer", body)
            #expect(reply.status == 400 && reply.json["error"]?.text?.contains(part) == true, "\(body): \(reply.status) \(reply.json.encodedText)")
        }
        let packed = request("POST", "/v2/models/m1/infer", body: "{}", headers: [(name: "content-encoding", value: "gzip")])
        #expect(await world.call(world.openInference, packed).status == 415)
        #expect(try await call(world, "POST", "/models/m1/infer", "{").status == 400)
        #expect(try await call(world, "DELETE", "/models/m1").status == 405)
        #expect(try await call(world, "GET", "/nothing").status == 404)
    }

    @Test func whoDoesNotHaveTheScopeIsNotLetInAndForeignModelsAreNotThere() async throws {
        let world = try await served()
        let without = world.principal("default", Set(Scope.allCases).subtracting([.aiOperations]))
        let other = world.principal("elsewhere", Set(Scope.allCases))
        for (method, path) in [
            ("GET", ""), ("GET", "/health/live"), ("GET", "/health/ready"), ("GET", "/models/m1"), ("GET", "/models/m1/ready"), ("POST", "/models/m1/infer"),
        ] {
            #expect(try await call(world, method, path, as: .anonymous).status == 401)
            #expect(try await call(world, method, path, as: without).status == 403)
            #expect(try await call(world, method, path, as: .node(Peer(tenant: "default", client: "c", fingerprint: [1]))).status == 403)
            if path.contains("m1") { #expect(try await call(world, method, path, as: other).status == 404) }
        }
    }
}
