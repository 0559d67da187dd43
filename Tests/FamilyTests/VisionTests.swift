import APIKit
import AisembleAPI
import Learning
import ModelServing
import StrictJSON
import Testing
import Vision

/// What v2 says of pictures, as its document has it.
@Suite struct VisionTests {
    /// One model that always says seven, and eight next.
    private struct Sevens: ModelSource {
        static let sha256 = "feedface" + String(repeating: "1", count: 56)
        let card: JSON
        private var model: ServableModel {
            ServableModel(id: "session-7", tenant: "default", name: "sevens", version: "1", format: .safetensors, sha256: Self.sha256, bytes: 100, card: card)
        }
        func models(tenant: String) async throws(ModelFailure) -> [ServableModel] { tenant == "default" ? [model] : [] }
        func model(_ id: String, tenant: String) async throws(ModelFailure) -> ServableModel { model }
        func bytes(of model: ServableModel) async throws(ModelFailure) -> [UInt8] {
            let spec = ModelSpec(kind: .softmaxRegression, layers: [64, 10])
            let parameters = [Float](repeating: 0, count: 640) + [0, 0, 0, 0, 0, 0, 0, 3, 2, 0]
            return ModelFile(spec: spec, schema: DataSchema(inputs: 64, outputs: 10, scale: .constant(16)), parameters: parameters).encode()
        }
    }

    private static let picture = GreyPicture(width: 16, height: 8, luma: [UInt8](repeating: 40, count: 128))?.png ?? []

    private func world(card: JSON = .object([])) async throws -> World {
        try await World(vision: VisionService(models: DigitsModels(Sevens(card: card)), reader: nil))
    }

    private func post(
        _ world: World, _ path: String, _ parts: [(name: String, bytes: [UInt8])], _ headers: [(name: String, value: String)] = [],
        type: String = "multipart/form-data; boundary=AaB03x"
    ) async -> APIReply {
        var body: [UInt8] = []
        for (name, bytes) in parts { body += Array("--AaB03x\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n".utf8) + bytes + Array("\r\n".utf8) }
        var request = request("POST", "/api/v2/ai/vision/\(path)", headers: headers + [(name: "content-type", value: type)])
        request.body = RequestBody(body + Array("--AaB03x--\r\n".utf8))
        return await world.call(world.aisemble, request)
    }

    private func check(_ world: World, _ path: String, _ reply: APIReply) throws {
        let endpoint = try #require(world.aisemble.endpoint(method: "POST", path: "/api/v2/ai/vision/\(path)"))
        guard reply.status == 200, case .json(let shape) = try #require(endpoint.contract?.replies.first).content else {
            Issue.record("\(path): \(reply.status) \(reply.json.encodedText)")
            return
        }
        let body = JSON.object((reply.json.members ?? []).filter { $0.name != "notices" })
        #expect(shape.problem(with: body, at: "") == nil, "\(reply.json.encodedText)")
    }

    private func text(_ name: String, _ text: String) -> (name: String, bytes: [UInt8]) { (name, Array(text.utf8)) }

    @Test func whatIsHereRunsAndTheRestIsListed() async throws {
        let world = try await world()
        let reply = await post(
            world, "analyze", [("image", Self.picture), text("analysis_type", #"["object_detection", "text_extraction", "scene_analysis"]"#)])
        try check(world, "analyze", reply)
        let json = reply.json
        #expect(json["request_id"] == "req-1" && json["image_info"]?["width"] == 16 && json["image_info"]?["height"] == 8)
        #expect(json["image_info"]?["format"] == "PNG" && json["image_info"]?["size_bytes"] == JSON(Self.picture.count))
        #expect(json["analysis_results"]?["objects"] == .null && json["analysis_results"]?["text"] == .null)
        let scene = json["analysis_results"]?["scene"]
        #expect(scene?["setting"] == "unknown" && scene?["time_of_day"] == "unknown" && scene?["weather"] == "unknown")
        #expect(scene?["measured"]?["contrast"]?.double == 0 && scene?["measured"]?["dominant_colors"]?.elements?.first?["color"] == "#282828")
        #expect(json["unavailable"]?.elements?.map { $0["analysis_type"]?.text } == ["object_detection", "text_extraction"])
        #expect(json["model"] == .null && (json["processing_time"]?.double ?? -1) >= 0 && json["notices"] == nil)
        // The same, said by repeated fields; all of it where nothing is said.
        let some = await post(world, "analyze", [("image", Self.picture), text("analysis_type", "scene_analysis"), text("analysis_type", "object_detection")])
        try check(world, "analyze", some)
        #expect(some.json["analysis_results"]?.members?.map(\.name) == ["objects", "scene"])
        #expect(await post(world, "analyze", [("image", Self.picture)]).json["analysis_results"]?.members?.map(\.name) == ["objects", "text", "scene"])
    }

    @Test func aDigitIsToldWithItsModelAndCalibration() async throws {
        let card: JSON = ["metrics": ["temperature_scaling": ["temperature": 2, "rows": 100, "expected_calibration_error": 0.02]]]
        for (card, temperature, error) in [(.object([]), .null, .null), (card, JSON(2.0), JSON(0.02))] as [(JSON, JSON, JSON)] {
            let world = try await world(card: card)
            let reply = await post(world, "classify", [("image", Self.picture), text("top_k", "2")])
            try check(world, "classify", reply)
            let json = reply.json
            #expect(json["predictions"]?.elements?.map { $0["class"]?.text } == ["7", "8"])
            #expect(json["predictions"]?.elements?.map { $0["class_id"]?.whole } == [7, 8])
            #expect(json["model"] == "fed-digits-feedface" && json["model_sha256"]?.text == Sevens.sha256 && json["requested_model"] == nil)
            #expect(json["calibration"]?["is_calibrated"] == .bool(temperature != .null))
            #expect(json["calibration"]?["temperature"] == temperature && json["calibration"]?["expected_calibration_error"] == error)
            let ratio = (json["predictions"]?.elements ?? []).compactMap { $0["confidence"]?.double }
            // Logits 3 and 2, and what the temperature makes of their difference.
            #expect(abs(ratio[0] / ratio[1] - (temperature == .null ? 2.718_281_8 : 1.648_721_3)) < 1e-4)
        }
        let many = await post(try await world(), "classify", [("image", Self.picture), text("top_k", "11")])
        #expect(many.json["predictions"]?.elements?.count == 10 && many.json["notices"]?.elements?.first?["field"] == "top_k")
        #expect(await post(try await world(), "classify", [("image", Self.picture)]).json["predictions"]?.elements?.count == 5)
    }

    @Test func aModelThatIsNotHereIsRefusedOrReplacedOpenly() async throws {
        let world = try await world()
        // As the document writes it: in quotes.
        let parts = [("image", Self.picture), text("model", "\"resnet-50\"")]
        let refused = await post(world, "classify", parts)
        #expect(refused.status == 422 && refused.json["error"]?["code"] == "MODEL_NOT_LOADED")
        #expect(refused.json["error"]?["details"]?["available_models"] == ["fed-digits-feedface"])
        #expect(refused.json["error"]?["details"]?["provided_value"] == "resnet-50")
        let lenient = await post(world, "classify", parts, [(name: "prefer", value: "handling=lenient")])
        try check(world, "classify", lenient)
        #expect(lenient.json["model"] == "fed-digits-feedface" && lenient.json["requested_model"] == "resnet-50")
        #expect(
            lenient.headers.contains { $0 == ("preference-applied", "handling=lenient") }
                && lenient.json["notices"]?.elements?.first?["code"] == "MODEL_REPLACED")
        let objects = await post(world, "analyze", [("image", Self.picture), text("model", "yolo-v8")])
        #expect(objects.status == 422 && objects.json["error"]?["details"]?["available_models"] == [])
        #expect(world.aisemble.errorShape.problem(with: objects.json, at: "") == nil)
        let without = await post(world, "analyze", [("image", Self.picture), text("model", "yolo-v8")], [(name: "prefer", value: "handling=lenient")])
        try check(world, "analyze", without)
        #expect(without.json["requested_model"] == "yolo-v8" && without.json["model"] == .null)
        #expect(await post(try await World(), "classify", [("image", Self.picture)]).status == 422)
    }

    @Test func whatIsNoPictureOrNoFormIsRefused() async throws {
        let world = try await world()
        let wrong: [(parts: [(name: String, bytes: [UInt8])], status: Int, field: String?)] = [
            ([("image", Array("hello".utf8))], 400, "image"), ([("image", [])], 400, "image"), ([], 400, "body"), ([text("model", "x")], 400, "image"),
            ([("image", Self.picture), ("image", Self.picture)], 400, "image"), ([("image", Array(Self.picture.dropLast()))], 400, "image"),
            ([("image", [0xFF, 0xD8, 0xFF, 0xE0])], 415, nil), ([("image", Self.picture), text("analysis_type", "mood")], 400, "analysis_type[0]"),
            ([("image", Self.picture), text("analysis_type", "[")], 400, "analysis_type"), ([("image", Self.picture), text("model", "")], 400, "model"),
            ([("image", Self.picture), text("model", "a"), text("model", "b")], 400, "model"), ([("image", Self.picture), ("model", [0xFF])], 400, "model"),
        ]
        for (parts, status, field) in wrong {
            let reply = await post(world, "analyze", parts)
            #expect(reply.status == status && reply.json["error"]?["details"]?["field"]?.text == field, "\(reply.json.encodedText)")
        }
        for top in ["0", "x", "1.5", ""] {
            let reply = await post(world, "classify", [("image", Self.picture), text("top_k", top)])
            #expect(reply.status == 400 && reply.json["error"]?["details"]?["field"] == "top_k")
        }
        for (type, status) in [("application/json", 415), ("multipart/form-data", 400), ("multipart/form-data; boundary=other", 400)] {
            #expect(await post(world, "analyze", [("image", Self.picture)], type: type).status == status)
        }
        let large = [UInt8](repeating: 0, count: VisionLimits.fileBytes + 1)
        #expect(await post(world, "analyze", [("image", large)]).status == 413)
        let extra = await post(world, "analyze", [("image", Self.picture), text("modle", "x")])
        #expect(extra.status == 200 && extra.json["notices"]?.elements?.first?["field"] == "modle")
    }

    /// A form is described as one, with its file.
    @Test func theFormIsDescribed() async throws {
        let content = try await world().aisemble.description?["paths"]?["/ai/vision/classify"]?["post"]?["requestBody"]?["content"]
        let schema = content?["multipart/form-data"]?["schema"]
        #expect(schema?["properties"]?.members?.map(\.name) == ["image", "model", "top_k"] && schema?["required"] == ["image"])
        #expect(schema?["properties"]?["image"]?["format"] == "binary" && schema?["properties"]?["top_k"]?["type"] == "integer")
    }
}
