import APIKit
import Inference
import ModelServing
import Platform
import StrictJSON
import Synchronization
import Telemetry
import Testing
import Vision

/// A server that gives recorded answers, in pieces, and notes what it was asked.
private final class RecordedServer: UpstreamTransport {
    struct Answer: Sendable {
        var status = 200
        var body: String
    }
    let asked = Mutex<[UpstreamRequest]>([])
    private let answers: Mutex<[String: Answer]>

    init(_ answers: [String: Answer]) { self.answers = Mutex(answers) }

    func put(_ path: String, _ answer: Answer?) { answers.withLock { $0[path] = answer } }

    func send(
        _ request: UpstreamRequest, seconds: Double, bytes: Int, began: @escaping @Sendable (Int) throws -> Void,
        receive: @escaping @Sendable ([UInt8]) throws -> Void
    ) async throws(EgressError) {
        asked.withLock { $0.append(request) }
        guard let answer = answers.withLock({ $0[request.path] }) else { throw .connection(host: "10.9.8.7", problem: "refused") }
        guard answer.body.utf8.count <= bytes else { throw .tooLarge(bytes: bytes) }
        do {
            try began(answer.status)
            let body = Array(answer.body.utf8)
            for start in stride(from: 0, to: body.count, by: 7) { try receive(Array(body[start..<min(body.count, start + 7)])) }
        } catch { throw .answer(problem: "\(error)") }
    }
}

/// Models of other people's servers in every family: their texts and numbers, their names, and what becomes of their lies.
@Suite struct UpstreamTests {
    private static let completion =
        #"{"choices":[{"text":" upon a time","finish_reason":"length"}],"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}}"#
    private static let events = """
        data: {"choices":[{"delta":{"content":"Gu"},"finish_reason":null}]}

        data: {"choices":[{"delta":{"content":"ten Tag"},"finish_reason":"stop"}]}

        data: {"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2}}

        data: [DONE]


        """
    private static let numbers = #"{"model_name":"trees","outputs":[{"name":"y","shape":[1,2],"datatype":"FP32","data":[0.25,0.75]}]}"#

    private func text() -> RecordedServer {
        RecordedServer([
            "/v1/models": .init(body: #"{"data":[{"id":"llama","max_model_len":8192}]}"#), "/v1/completions": .init(body: Self.completion),
            "/v1/chat/completions": .init(body: Self.events),
        ])
    }

    private func tensors() -> RecordedServer {
        let metadata = #"{"name":"NAME","inputs":[{"name":"x","datatype":"FP32","shape":[1,1,2,2]}],"outputs":[{"name":"y","datatype":"FP32","shape":[1,2]}]}"#
        return RecordedServer([
            "/v2/health/ready": .init(body: ""), "/v2/models/trees/ready": .init(body: ""),
            "/v2/models/trees": .init(body: metadata.replacing("NAME", with: "trees")), "/v2/models/trees/infer": .init(body: Self.numbers),
        ])
    }

    private func upstreams(_ text: RecordedServer, _ tensors: RecordedServer) -> Upstreams {
        let input = PictureInput(tensor: "x", layout: .nchw, colours: .grey, width: 2, height: 2)
        return Upstreams(
            [
                (
                    UpstreamServer(
                        name: "lab", kind: .openAI, models: [UpstreamModel(id: "gpt-3.5-turbo", name: "llama", task: .text(TextAbilities()))]), text
                ),
                (
                    UpstreamServer(
                        name: "farm", kind: .openInference,
                        models: [
                            UpstreamModel(id: "far-trees", name: "trees", task: .tensors),
                            UpstreamModel(
                                id: "resnet-50", name: "trees", task: .classes(input, ClassOutput(tensor: "y", isLogits: false, labels: ["oak", "elm"]))),
                        ]), tensors
                ),
            ], metrics: Metrics(help: [:]))
    }

    private func post(_ world: World, _ family: Family, _ path: String, _ body: JSON) async -> APIReply {
        await world.call(family, request("POST", path, body: body.encodedText))
    }

    @Test func textsAreAnsweredByTheServerAndSayBySoWhom() async throws {
        let server = text()
        let world = try await World(upstreams: upstreams(server, tensors()))
        let body: JSON = ["prompt": "Once", "model": "gpt-3.5-turbo", "max_tokens": 4, "parameters": ["top_p": 0.5]]
        let reply = await post(world, world.aisemble, "/api/v2/ai/llm/generate", body)
        #expect(reply.status == 200 && reply.json["generated_text"] == " upon a time" && reply.json["model"] == "gpt-3.5-turbo")
        let facts = reply.json["metadata"]
        #expect(facts?["tokens_used"] == 7 && facts?["backend"] == "openai:lab" && facts?["model_sha256"] == .null && facts?["token_unit"] == "token")
        let sent = try #require(server.asked.withLock { $0.last })
        #expect(try JSON(parsing: sent.body)["model"] == "llama" && (try JSON(parsing: sent.body))["top_p"]?.double == 0.5)
        let models = await world.call(world.aisemble, request("GET", "/api/v2/ai/llm/models")).json["models"]?.elements
        let listed = models?.first { $0["id"] == "gpt-3.5-turbo" }
        #expect(listed?["status"] == "available" && listed?["max_tokens"] == 8192 && listed?["sha256"] == .null)
        let long = await post(world, world.aisemble, "/api/v2/ai/llm/generate", ["prompt": "a", "model": "gpt-3.5-turbo", "max_tokens": 9000])
        #expect(long.status == 400 && long.json["error"]?["details"]?["field"] == "max_tokens")
    }

    @Test func aStreamIsPassedOnPieceByPiece() async throws {
        let world = try await World(upstreams: upstreams(text(), tensors()))
        let body: JSON = ["model": "gpt-3.5-turbo", "stream": true, "messages": [["role": "user", "content": "Hallo"]]]
        let reply = await post(world, world.openAI, "/openai/v1/chat/completions", body)
        guard case .stream(let events, _) = reply.body else {
            Issue.record("no stream: \(reply.status)")
            return
        }
        var all: [UInt8] = []
        for try await part in events { all += part }
        let said = String(decoding: all, as: UTF8.self)
        #expect(said.contains(#""content":"Gu""#) && said.contains(#""content":"ten Tag""#) && said.hasSuffix("data: [DONE]\n\n"))
    }

    @Test(arguments: [
        (500, "boom: secret", 502, "UPSTREAM_ERROR"), (200, "{}", 502, "UPSTREAM_ERROR"), (200, "<html>secret", 502, "UPSTREAM_ERROR"),
        (200, String(repeating: "[", count: 100_000), 502, "UPSTREAM_ERROR"), (401, "secret", 502, "UPSTREAM_ERROR"),
        (200, String(repeating: " ", count: 5 << 20), 502, "UPSTREAM_ERROR"), (429, "secret", 503, "SERVICE_UNAVAILABLE"),
        (400, "secret", 422, "UNPROCESSABLE"),
    ]) func whatItSaysWronglyIsTurnedAwayByItsName(_ status: Int, _ body: String, _ expected: Int, _ code: String) async throws {
        let server = text()
        server.put("/v1/completions", .init(status: status, body: body))
        let world = try await World(upstreams: upstreams(server, tensors()))
        let reply = await post(world, world.aisemble, "/api/v2/ai/llm/generate", ["prompt": "Once", "model": "gpt-3.5-turbo"])
        #expect(reply.status == expected && reply.json["error"]?["code"] == .string(code), "\(reply.json.encodedText)")
        #expect(reply.json.encodedText.contains("'lab'") && !reply.json.encodedText.contains("secret"))
    }

    @Test func aServerThatIsAwayIsSaidToBe() async throws {
        let world = try await World(upstreams: upstreams(RecordedServer([:]), RecordedServer([:])))
        let reply = await post(world, world.aisemble, "/api/v2/ai/llm/generate", ["prompt": "Once", "model": "gpt-3.5-turbo"])
        #expect(reply.status == 503 && !reply.json.encodedText.contains("10.9.8.7"), "where it is, is not for callers")
        let models = await world.call(world.aisemble, request("GET", "/api/v2/ai/llm/models")).json["models"]?.elements
        #expect(models?.first { $0["id"] == "gpt-3.5-turbo" }?["status"] == "unavailable")
        let known = await world.call(world.aisemble, request("GET", "/api/v2/models")).json["models"]?.elements
        #expect(known?.first { $0["id"] == "far-trees" }?["status"] == "failed")
    }

    @Test func tensorsAreAnsweredInEveryFamily() async throws {
        let world = try await World(upstreams: upstreams(text(), tensors()))
        let rows: JSON = [[[[1, 2], [3, 4]]]]
        let phi = try #require(world.families.first { $0.name == "phi" }?.family)
        let run = await post(world, phi, "/v1/inference/run", ["deployment_id": "far-trees", "input": ["data": rows]])
        #expect(run.status == 200 && run.json["output"]?["y"] == [[0.25, 0.75]] && run.json["model_sha256"] == .null, "\(run.json.encodedText)")
        #expect(run.json["upstream"] == "oip:farm" && run.json["model_id"] == "far-trees")
        let infer = await post(
            world, world.openInference, "/v2/models/far-trees/infer",
            ["inputs": [["name": "x", "shape": [1, 1, 2, 2], "datatype": "FP32", "data": [1, 2, 3, 4]]]])
        #expect(infer.status == 200 && infer.json["parameters"]?["model_sha256"] == .null && infer.json["parameters"]?["upstream"] == "oip:farm")
        let wrong = await post(
            world, world.openInference, "/v2/models/far-trees/infer", ["inputs": [["name": "x", "shape": [1], "datatype": "FP32", "data": [1]]]])
        #expect(wrong.status == 400)
        let listed = await world.call(world.aisemble, request("GET", "/api/v2/models")).json["models"]?.elements?.first { $0["id"] == "far-trees" }
        #expect(listed?["status"] == "loaded" && listed?["sha256"] == .null && listed?["upstream"] == "oip:farm")
        let performance = await world.call(world.aisemble, request("GET", "/api/v2/models/far-trees/performance")).json
        #expect(performance["performance_metrics"]?["requests_total"] == 2 && performance["resource_usage"]?["memory_mb"] == .null)
        let unload = await post(world, world.aisemble, "/api/v2/models/far-trees/unload", [:])
        #expect(unload.status == 422)
    }

    @Test func picturesAreClassifiedByTheServerTheyWereNamedFor() async throws {
        let upstreams = upstreams(text(), tensors())
        let service = VisionService(reader: nil, detectors: upstreams.detectors, classifiers: upstreams.classifiers)
        let picture = GreyPicture(width: 4, height: 4, luma: [UInt8](repeating: 40, count: 16))?.png ?? []
        let found = try await service.classify(picture, tenant: "default", model: "resnet-50", isLenient: false)
        #expect(found.predictions.map(\.label) == ["elm", "oak"] && found.predictions.first?.confidence == 0.75 && found.model.sha256 == nil)
        #expect(found.model.backend == "oip:farm" && found.isDarkOnLight == nil)
        await #expect(throws: VisionFailure.modelNotHere(asked: "vgg", available: ["resnet-50"])) {
            _ = try await service.classify(picture, tenant: "default", model: "vgg", isLenient: false)
        }
    }
}
