import APIKit
import AisembleAPI
import ByteLanguage
import Learning
import CryptoSuite
import Foundation
import ModelServing
import OpenAIAPI
import Platform
import StrictJSON
import Testing
import Trust

/// Models of one tenant, in memory.
private struct Shelf: ModelSource {
    var tenant: String
    var files: [String: [UInt8]]

    func models(tenant: String) async throws(ModelFailure) -> [ServableModel] {
        guard tenant == self.tenant else { return [] }
        return files.keys.sorted().map { id in
            let bytes = files[id] ?? []
            return ServableModel(
                id: id, tenant: tenant, name: "tiny", version: "1", format: .byteLanguage, sha256: hex(CryptoSuite.system.sha256(bytes)), bytes: bytes.count)
        }
    }

    func model(_ id: String, tenant: String) async throws(ModelFailure) -> ServableModel {
        guard let model = try await models(tenant: tenant).first(where: { $0.id == id }) else { throw .notFound(id) }
        return model
    }

    func bytes(of model: ServableModel) async throws(ModelFailure) -> [UInt8] {
        guard let bytes = files[model.id] else { throw .notFound(model.id) }
        return bytes
    }

    private func hex(_ bytes: [UInt8]) -> String { bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }
}

/// What language models say in v2, as its document has it, and to OpenAI's clients.
@Suite struct LanguageModelTests {
    private static let id = "fed-byte-lm-0123abcd"

    private func world() async throws -> World {
        let configuration = TransformerShape(layers: 1, width: 16, heads: 2, hidden: 32, context: 100)
        let model = ByteTransformer(configuration: configuration, parameters: configuration.initialParameters(seed: 1))
        let prices = PriceTable(currency: "USD", amounts: [.tokens(model: Self.id): Decimal(2)])
        return try await World(language: Shelf(tenant: "default", files: [Self.id: model.encode(), "torn": Array(model.encode().dropLast())]), prices: prices)
    }

    private func post(_ world: World, _ path: String, _ body: JSON, _ headers: [(name: String, value: String)] = [], as caller: Caller? = nil) async -> APIReply
    {
        let family = path.hasPrefix("/openai") ? world.openAI : world.aisemble
        return await world.call(family, request("POST", path, body: body.encodedText, headers: headers), as: caller)
    }

    private func with(_ body: JSON, _ more: [(String, JSON)]) -> JSON { .object((body.members ?? []) + more.map { JSON.Member($0.0, $0.1) }) }

    private func check(_ family: Family, _ method: String, _ path: String, _ reply: APIReply) throws {
        let endpoint = try #require(family.endpoint(method: method, path: path))
        guard reply.status == 200, case .json(let shape) = try #require(endpoint.contract?.replies.first).content else {
            Issue.record("\(path): \(reply.status) \(reply.json.encodedText)")
            return
        }
        let body = JSON.object((reply.json.members ?? []).filter { $0.name != "notices" })
        #expect(shape.problem(with: body, at: "") == nil, "\(reply.json.encodedText)")
    }

    private func events(_ reply: APIReply) async throws -> [String] {
        guard case .stream(let stream, let type) = reply.body, type == "text/event-stream" else {
            Issue.record("no stream: \(reply.status) \(reply.json.encodedText)")
            return []
        }
        var bytes: [UInt8] = []
        for try await part in stream { bytes += part }
        return String(decoding: bytes, as: UTF8.self).components(separatedBy: "\n\n").dropLast().map { String($0.dropFirst("data: ".count)) }
    }

    @Test func theEmbeddedModelContinuesAText() async throws {
        let world = try await world()
        let path = "/api/v2/ai/llm/generate"
        let body: JSON = ["prompt": "The coordinator keeps ", "max_tokens": 60, "temperature": 0.7, "parameters": ["top_p": 0.9, "seed": 7]]
        let reply = await post(world, path, body)
        try check(world.aisemble, "POST", path, reply)
        let text = try #require(reply.json["generated_text"]?.text)
        #expect(reply.json["model"] == "ngram-byte-5" && reply.json["status"] == "completed" && reply.json["request_id"] == "req-1" && !text.isEmpty)
        let facts = reply.json["metadata"]
        #expect(facts?["tokens_used"] == 82 && facts?["prompt_tokens"] == 22 && facts?["completion_tokens"] == 60 && facts?["token_unit"] == "byte")
        #expect(facts?["finish_reason"] == "length" && facts?["seed"] == 7 && facts?["cost"] == .null && (facts?["processing_time"]?.double ?? -1) >= 0)
        #expect(await post(world, path, body).json["generated_text"] == .string(text))
        // Its own documents are what it was made of: letters and spaces for the most part.
        #expect(text.unicodeScalars.count { $0.properties.isAlphabetic || $0 == " " } > text.unicodeScalars.count / 2)
    }

    @Test func modelsAreListedForWhatTheyAre() async throws {
        let world = try await world()
        let path = "/api/v2/ai/llm/models"
        let reply = await world.call(world.aisemble, request("GET", path))
        try check(world.aisemble, "GET", path, reply)
        let models = reply.json["models"]?.elements ?? []
        // A file that is none is not listed.
        #expect(models.map { $0["id"] } == [.string(Self.id), "ngram-byte-5"])
        for model in models {
            #expect(model["capabilities"] == ["text_generation", "completion"] && model["chat_template"] == "plain" && model["instruction_tuned"] == false)
            #expect(model["status"] == "available")
        }
        #expect(models.first?["max_tokens"] == 99 && models.first?["cost_per_token"]?.double == 0.002 && models.first?["sha256"]?.text?.count == 64)
        #expect(models.last?["cost_per_token"] == .null && models.last?["sha256"] == .null)
        // Another tenant has the embedded one alone.
        let other = await world.call(world.aisemble, request("GET", path), as: world.principal("other", [.aiOperations]))
        #expect(other.json["models"]?.elements?.map { $0["id"] } == ["ngram-byte-5"])
    }

    @Test func aTrainedModelAnswersWithItsPrice() async throws {
        let world = try await world()
        let path = "/api/v2/ai/llm/generate"
        let reply = await post(world, path, ["prompt": "ab", "model": .string(Self.id), "parameters": ["seed": 1]])
        try check(world.aisemble, "POST", path, reply)
        #expect(reply.json["model"] == .string(Self.id))
        // All that the context has room for, or less where the model itself ended.
        let used = try #require(reply.json["metadata"]?["tokens_used"]?.whole)
        #expect(used <= 99 && reply.json["metadata"]?["cost"]?.double == Double(used) * 0.002)
        let long = await post(world, path, ["prompt": "ab", "model": .string(Self.id), "max_tokens": 98])
        #expect(long.status == 400 && long.json["error"]?["details"]?["field"] == "max_tokens")
        let longer = await post(world, path, ["prompt": .string(String(repeating: "a", count: 99)), "model": .string(Self.id)])
        #expect(longer.status == 400 && longer.json["error"]?["details"]?["field"] == "prompt")
        let torn = await post(world, path, ["prompt": "ab", "model": "torn"])
        #expect(torn.status == 422 && torn.json["error"]?["code"] == "UNPROCESSABLE" && torn.json["error"]?["details"]?["field"] == "model")
    }

    @Test func aModelThatIsNotHereIsRefusedOrReplacedOpenly() async throws {
        let world = try await world()
        let asked: [(path: String, body: JSON)] = [
            ("/api/v2/ai/llm/generate", ["prompt": "Explain quantum computing", "model": "gpt-3.5-turbo", "max_tokens": 50]),
            (
                "/api/v2/ai/llm/chat",
                ["messages": [["role": "user", "content": "What is the capital of France?"]], "model": "gpt-3.5-turbo", "max_tokens": 50]
            ),
        ]
        for (path, body) in asked {
            let refused = await post(world, path, body)
            #expect(refused.status == 422 && refused.json["error"]?["code"] == "MODEL_NOT_LOADED")
            #expect(refused.json["error"]?["details"]?["available_models"]?.elements?.last == "ngram-byte-5")
            let lenient = await post(world, path, body, [(name: "prefer", value: "handling=lenient")])
            try check(world.aisemble, "POST", path, lenient)
            #expect(lenient.headers.contains { $0 == ("preference-applied", "handling=lenient") })
            #expect(lenient.json["model"] == "ngram-byte-5" && lenient.json["requested_model"] == "gpt-3.5-turbo")
            #expect(lenient.json["notices"]?.elements?.first?["code"] == "MODEL_REPLACED")
        }
    }

    @Test func aConversationIsContinuedAsPlainText() async throws {
        let world = try await world()
        let path = "/api/v2/ai/llm/chat"
        let body: JSON = [
            "messages": [["role": "system", "content": "Be brief."], ["role": "user", "content": "Who are you?"]], "max_tokens": 40, "parameters": ["seed": 3],
        ]
        let reply = await post(world, path, body)
        try check(world.aisemble, "POST", path, reply)
        let choice = reply.json["choices"]?.elements?.first
        #expect(choice?["message"]?["role"] == "assistant" && reply.json["chat_template"] == "plain" && reply.json["instruction_tuned"] == false)
        // "system: Be brief.\nuser: Who are you?\nassistant:"
        #expect(reply.json["usage"]?["prompt_tokens"] == 47)
        let events = try await events(await post(world, path, with(body, [("stream", true)])))
        #expect(events.last == "[DONE]")
        let parsed = try events.dropLast().map { try JSON(parsing: $0) }
        let text = parsed.compactMap { $0["choices"]?.elements?.first?["delta"]?["content"]?.text }.joined()
        #expect(.string(text) == choice?["message"]?["content"])
        #expect(parsed.last?["choices"]?.elements?.first?["finish_reason"] == choice?["finish_reason"] && parsed.last?["usage"] == reply.json["usage"])
    }

    @Test func whatIsNotTakenIsNamed() async throws {
        let world = try await world()
        let message: JSON = ["role": "user", "content": "a"]
        let wrong: [(path: String, body: JSON, field: String)] = [
            ("generate", [:], "prompt"), ("generate", ["prompt": ""], "prompt"), ("generate", ["prompt": "a", "temperature": 3], "temperature"),
            ("generate", ["prompt": "a", "max_tokens": 0], "max_tokens"), ("generate", ["prompt": "a", "parameters": ["top_p": 0]], "parameters.top_p"),
            ("generate", ["prompt": "a", "parameters": ["frequency_penalty": 2.5]], "parameters.frequency_penalty"),
            ("generate", ["prompt": "a", "parameters": ["seed": -1]], "parameters.seed"), ("generate", ["prompt": "a", "max_tokens": 4096], "max_tokens"),
            ("chat", [:], "messages"), ("chat", ["messages": []], "messages"), ("chat", ["messages": [["role": "robot", "content": "a"]]], "messages[0].role"),
            ("chat", ["messages": [["role": "user"]]], "messages[0].content"),
            ("chat", ["messages": [message, ["role": "user", "content": .string(String(repeating: "a", count: 4090))]]], "messages"),
        ]
        for (path, body, field) in wrong {
            let reply = await post(world, "/api/v2/ai/llm/\(path)", body)
            #expect(reply.status == 400 && reply.json["error"]?["details"]?["field"] == .string(field), "\(reply.json.encodedText)")
        }
        let nobody = await post(world, "/api/v2/ai/llm/generate", ["prompt": "a"], as: world.principal("default", [.models]))
        #expect(nobody.status == 403)
    }

    @Test func openAIsClientsAreAnsweredInTheirForms() async throws {
        let world = try await world()
        let models = await world.call(world.openAI, request("GET", "/openai/v1/models"))
        try check(world.openAI, "GET", "/openai/v1/models", models)
        #expect(models.json["object"] == "list" && models.json["data"]?.elements?.count == 2)
        let one = await world.call(world.openAI, request("GET", "/openai/v1/models/ngram-byte-5"))
        try check(world.openAI, "GET", "/openai/v1/models/ngram-byte-5", one)
        let path = "/openai/v1/completions"
        let body: JSON = ["model": "ngram-byte-5", "prompt": ["A job "], "max_tokens": 30, "seed": 5, "temperature": 0.5]
        let reply = await post(world, path, body)
        try check(world.openAI, "POST", path, reply)
        let choice = reply.json["choices"]?.elements?.first
        #expect(reply.json["object"] == "text_completion" && choice?["finish_reason"] == "length" && reply.json["usage"]?["total_tokens"] == 36)
        let events = try await events(await post(world, path, with(body, [("stream", true), ("stream_options", ["include_usage": true])])))
        let parsed = try events.dropLast().map { try JSON(parsing: $0) }
        #expect(events.last == "[DONE]" && parsed.last?["usage"] == reply.json["usage"])
        #expect(.string(parsed.compactMap { $0["choices"]?.elements?.first?["text"]?.text }.joined()) == choice?["text"])
        let chat = "/openai/v1/chat/completions"
        let talk: JSON = [
            "model": "ngram-byte-5", "messages": [["role": "user", "content": [["type": "text", "text": "Hello"]]]], "max_completion_tokens": 20, "seed": 5,
        ]
        let said = await post(world, chat, talk)
        try check(world.openAI, "POST", chat, said)
        let nothing: [(String, JSON)] = [("response_format", ["type": "text"]), ("tools", []), ("logit_bias", [:]), ("logprobs", false), ("suffix", "")]
        let same = await post(world, chat, with(talk, nothing))
        #expect(same.json["choices"] == said.json["choices"], "\(same.json.encodedText)")
        var texts: Set<String> = []
        for seed in [Int64.min, -1, .max] {
            let drawn: JSON = ["model": "ngram-byte-5", "prompt": "A job ", "max_tokens": 30, "seed": .integer(seed)]
            if let choices = await post(world, path, drawn).json["choices"] { texts.insert(choices.encodedText) }
        }
        #expect(texts.count == 3)
        let chunks = try await self.events(await post(world, chat, with(talk, [("stream", true)]))).dropLast().map { try JSON(parsing: $0) }
        #expect(chunks.first?["choices"]?.elements?.first?["delta"]?["role"] == "assistant" && chunks.allSatisfy { $0["object"] == "chat.completion.chunk" })
        #expect(
            .string(chunks.compactMap { $0["choices"]?.elements?.first?["delta"]?["content"]?.text }.joined())
                == said.json["choices"]?.elements?.first?["message"]?["content"])
    }

    @Test func openAIsClientsAreRefusedInTheirEnvelope() async throws {
        let world = try await world()
        let missing = await post(world, "/openai/v1/completions", ["model": "gpt-3.5-turbo-instruct", "prompt": "a"])
        #expect(missing.status == 404 && missing.json["error"]?["code"] == "model_not_found" && missing.json["error"]?["param"] == "model")
        #expect(world.openAI.errorShape.problem(with: missing.json, at: "") == nil)
        let refused: [(path: String, body: JSON, field: String)] = [
            ("completions", ["model": "ngram-byte-5", "prompt": ["a", "b"]], "prompt"),
            ("completions", ["model": "ngram-byte-5", "prompt": [1, 2]], "prompt"),
            ("completions", ["model": "ngram-byte-5", "prompt": "a", "n": 2], "n"),
            ("completions", ["model": "ngram-byte-5", "prompt": "a", "logprobs": 3], "logprobs"),
            ("completions", ["model": "ngram-byte-5", "prompt": "a", "stop": ["a", "b", "c", "d", "e"]], "stop"),
            ("completions", ["prompt": "a"], "model"),
            ("chat/completions", ["model": "ngram-byte-5", "messages": [["role": "user", "content": [["type": "image_url"]]]]], "messages"),
            ("chat/completions", ["model": "ngram-byte-5", "messages": [["role": "user", "content": "a"]], "tools": [[:]]], "tools"),
        ]
        for (path, body, field) in refused {
            let reply = await post(world, "/openai/v1/\(path)", body)
            #expect(reply.status == 400 && reply.json["error"]?["param"] == .string(field), "\(reply.json.encodedText)")
            #expect(reply.json["error"]?["type"] == "invalid_request_error")
        }
        let anonymous = await world.call(world.openAI, request("GET", "/openai/v1/models"), as: .anonymous)
        #expect(anonymous.status == 401 && anonymous.json["error"]?["code"] == "invalid_api_key")
    }
}
