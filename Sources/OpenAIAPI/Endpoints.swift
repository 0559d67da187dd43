internal import APIKit
internal import ByteLanguage
internal import ModelServing
internal import Platform
internal import StrictJSON

extension OpenAI {
    private static let bodyBytes = LanguageServingLimits.bodyBytes
    private static let retrySeconds = 1
    private static let stops = 1...4

    static func models(_ service: LanguageModels) -> [Endpoint] {
        [
            Endpoint("GET", "/models", "openai.models", .scope(.aiOperations), "The language models that can be asked.", gives: ModelsView.self) {
                request throws(ServiceError) in
                ModelsView(data: try await list(service, request))
            },
            Endpoint("GET", "/models/{model}", "openai.model", .scope(.aiOperations), "One of them.", gives: ModelView.self) { request throws(ServiceError) in
                let (id, all) = (request.parameter("model"), try await list(service, request))
                guard let model = all.first(where: { $0.facts.id == id }) else { throw .modelNotLoaded(asked: id, available: all.map(\.facts.id)) }
                return model
            },
        ]
    }

    private static func list(_ service: LanguageModels, _ request: APIRequest) async throws(ServiceError) -> [ModelView] {
        let tenant = try request.principal().tenant
        return try await asking { () async throws(LanguageFailure) in try await service.list(tenant: tenant) }
            .map { ModelView(facts: $0, now: request.nowMilliseconds / 1000) }
    }

    static func completions(_ service: LanguageModels) -> [Endpoint] {
        [
            Endpoint(
                "POST", "/completions", "openai.completions", .scope(.aiOperations), bodyLimitBytes: bodyBytes,
                contract: Contract(
                    "What follows a prompt, byte by byte: a byte is a token here.", request: .json(CompletionBody.shape),
                    replies: [(200, .json(CompletionView.shape)), (200, .bytes("text/event-stream"))], refusals: [422, 502])
            ) { request throws(ServiceError) in
                let sent = try await request.sent(CompletionBody.self)
                let body = sent.body
                let list = body.prompt.elements ?? [body.prompt]
                guard list.count == 1, let prompt = list[0].text, LanguageServingLimits.prompt.contains(prompt.utf8.count) else {
                    throw sent.invalid("prompt", "must be a text of 1 to \(LanguageServingLimits.prompt.upperBound) bytes, or a list of one")
                }
                let prepared = try await prepare(
                    service, request, sent, .text(prompt), tokens: body.sampling.maxTokens ?? CompletionBody.usualTokens)
                let made = made("cmpl", request, prepared)
                let start = body.echoes ? prompt : ""
                guard body.sampling.streams else {
                    let reply = try await asking { () async throws(LanguageFailure) in try await service.generate(prepared) }
                    let choice = CompletionChoice(text: start + reply.text, finish: reply.finish.rawValue)
                    return .json(CompletionView(made: made, choices: [choice], reply: reply).json)
                }
                let includesUsage = body.sampling.streamOptions?.includesUsage ?? false
                return streaming(
                    service, prepared, request,
                    first: start.isEmpty ? [] : [CompletionView(made: made, choices: [CompletionChoice(text: start)]).json]
                ) {
                    CompletionView(made: made, choices: [CompletionChoice(text: $0)]).json
                } end: { reply in
                    let end = CompletionView(made: made, choices: [CompletionChoice(text: "", finish: reply.finish.rawValue)]).json
                    return [end] + (includesUsage ? [CompletionView(made: made, choices: [], reply: reply).json] : [])
                }
            },
            Endpoint(
                "POST", "/chat/completions", "openai.chat", .scope(.aiOperations), bodyLimitBytes: bodyBytes,
                contract: Contract(
                    "How a conversation might go on, written as plain text: no model here was trained to hold one.", request: .json(ChatBody.shape),
                    replies: [(200, .json(ChatView.shape)), (200, .bytes("text/event-stream"))], refusals: [422, 502])
            ) { request throws(ServiceError) in
                let sent = try await request.sent(ChatBody.self)
                let body = sent.body
                var messages: [PlainTemplate.Message] = []
                for (i, message) in body.messages.enumerated() {
                    guard let text = text(message.content) else {
                        throw sent.invalid("messages", "has at [\(i)].content something that is no text and no list of parts of type text")
                    }
                    messages.append(PlainTemplate.Message(role: role(message.role), content: text))
                }
                let prepared = try await prepare(
                    service, request, sent, .conversation(messages), tokens: body.maxCompletionTokens ?? body.sampling.maxTokens)
                let made = made("chatcmpl", request, prepared)
                guard body.sampling.streams else {
                    let reply = try await asking { () async throws(LanguageFailure) in try await service.generate(prepared) }
                    return .json(ChatView(made: made, reply: reply).json)
                }
                let includesUsage = body.sampling.streamOptions?.includesUsage ?? false
                return streaming(service, prepared, request, first: [chunk(made, ["role": "assistant", "content": ""])]) {
                    chunk(made, ["content": .string($0)])
                } end: { reply in
                    [chunk(made, [:], finish: reply.finish.rawValue)] + (includesUsage ? [chunk(made, nil, usage: Usage(reply: reply))] : [])
                }
            },
        ]
    }

    /// - Parameter delta: nil: without a choice.
    private static func chunk(_ made: Made, _ delta: JSON?, finish: String? = nil, usage: Usage? = nil) -> JSON {
        let choices = delta.map { ["index": 0, "delta": $0, "logprobs": .null, "finish_reason": JSON(finish)] as JSON }
        var members: [JSON.Member] = [
            .init("id", .string(made.id)), .init("object", "chat.completion.chunk"), .init("created", .integer(made.created)),
            .init("model", .string(made.model)), .init("system_fingerprint", .string(made.fingerprint)), .init("choices", .array(choices.map { [$0] } ?? [])),
        ]
        if let usage { members.append(.init("usage", usage.json)) }
        return .object(members)
    }

    private static func streaming(
        _ service: LanguageModels, _ prepared: LanguageModels.Prepared, _ request: APIRequest, first: [JSON], part: @escaping @Sendable (String) -> JSON,
        end: @escaping @Sendable (LanguageReply) -> [JSON]
    ) -> APIReply {
        let events = service.events(prepared, first: first, part: part, end: end) { failure in
            // The status has been sent: this stands in its place.
            if case .json(let json) = envelope(serviceError(failure) { _ in nil }, request).body { json } else { .null }
        }
        return APIReply(200, .stream(events, type: "text/event-stream"))
    }

    private static func made(_ prefix: String, _ request: APIRequest, _ prepared: LanguageModels.Prepared) -> Made {
        Made(
            id: "\(prefix)-\(request.requestID)", created: request.nowMilliseconds / 1000, model: prepared.model.id,
            fingerprint: prepared.model.sha256.map { "sha256:\($0)" } ?? (prepared.model.backend == "embedded" ? prepared.model.id : prepared.model.backend))
    }

    private static func prepare<Body: SamplingBody>(
        _ service: LanguageModels, _ request: APIRequest, _ sent: Sent<Body>, _ prompt: LanguageRequest.Prompt, tokens: Int?
    ) async throws(ServiceError) -> LanguageModels.Prepared {
        // They would change the reply, and are not here.
        for name in ["logprobs", "top_logprobs", "logit_bias", "suffix", "tools", "functions", "response_format", "audio"]
        where sent.provided(name).map({ !saysNothing($0) }) ?? false {
            throw sent.invalid(name, "is not supported by these models; leave it out")
        }
        if let best = sent.provided("best_of"), best != .null, best != 1 { throw sent.invalid("best_of", "must be 1: one choice is made") }
        let fields = sent.body.sampling
        var asked = LanguageRequest(prompt, model: fields.model)
        (asked.maxTokens, asked.temperature, asked.topP) = (tokens, fields.temperature, fields.topP)
        (asked.presencePenalty, asked.frequencyPenalty) = (fields.presencePenalty, fields.frequencyPenalty)
        asked.seed = fields.seed.map { UInt64(bitPattern: Int64($0)) }
        if let stop = fields.stop, stop != .null {
            let list = stop.elements ?? [stop]
            let texts = list.compactMap(\.text)
            guard texts.count == list.count, stops.contains(texts.count), texts.allSatisfy({ (1...ByteLanguageLimits.stopBytes).contains($0.utf8.count) })
            else {
                throw sent.invalid("stop", "must be a text of 1 to \(ByteLanguageLimits.stopBytes) bytes, or up to four")
            }
            asked.stop = texts
        }
        let (whole, tenant) = (asked, try request.principal().tenant)
        return try await asking(sent.provided) { () async throws(LanguageFailure) in try await service.prepare(whole, tenant: tenant) }
    }

    /// What clients send where their callers said nothing.
    private static func saysNothing(_ value: JSON) -> Bool {
        switch value {
        case .null, .bool(false), .array([]), .object([]), .string(""): true
        case .object([.init("type", "text")]): true
        default: false
        }
    }

    private static func text(_ content: JSON) -> String? {
        if let text = content.text { return text }
        guard let parts = content.elements else { return nil }
        let texts = parts.compactMap { $0["type"] == "text" ? $0["text"]?.text : nil }
        return texts.count == parts.count ? texts.joined() : nil
    }

    private static func role(_ role: ChatMessage.Role) -> PlainTemplate.Role {
        switch role {
        case .system, .developer: .system
        case .user: .user
        case .assistant: .assistant
        }
    }

    private static func asking<Value: Sendable>(
        _ provided: (String) -> JSON? = { _ in nil }, _ call: () async throws(LanguageFailure) -> Value
    ) async throws(ServiceError) -> Value {
        do { return try await call() } catch { throw serviceError(error, provided) }
    }

    private static func serviceError(_ failure: LanguageFailure, _ provided: (String) -> JSON?) -> ServiceError {
        switch failure {
        case .notLoaded(let asked, let available): .modelNotLoaded(asked: asked, available: available)
        case .invalid(let field, let issue): .invalid(field: field, issue: issue, provided: provided(field))
        case .unusable(let why): .unprocessable(field: "model", issue: "cannot be used: \(why)", provided: provided("model"))
        case .busy(let limit): .unavailable("\(limit) texts wait to be written", retryAfterSeconds: retrySeconds)
        case .tooSlow(let seconds): .unavailable("the text took longer than \(seconds) s; ask for fewer tokens", retryAfterSeconds: seconds)
        case .upstream(let failure): ServiceError(failure, field: "messages")
        case .cancelled: .unavailable("the call was ended", retryAfterSeconds: retrySeconds)
        case .internalError(let cause): .internalError(cause: cause)
        }
    }
}
