internal import APIKit
internal import ByteLanguage
internal import ModelServing
internal import Platform
internal import StrictJSON

extension Aisemble {
    private static let languageBodyBytes = LanguageServingLimits.bodyBytes
    private static let languageRetrySeconds = 1

    static func language(_ service: LanguageModels) -> [Endpoint] {
        [
            Endpoint(
                "POST", "/ai/llm/generate", "llm.generate", .scope(.aiOperations), bodyLimitBytes: languageBodyBytes,
                contract: Contract(
                    "What follows a prompt. With Prefer: handling=lenient the embedded model stands in for one that is not here.",
                    request: .json(GenerateBody.shape), replies: [(200, .json(GenerateView.shape))], refusals: [422, 502])
            ) { request throws(ServiceError) in
                var sent = try await request.sent(GenerateBody.self)
                let body = sent.body
                var asked = LanguageRequest(.text(body.prompt), model: body.model)
                (asked.maxTokens, asked.temperature) = (body.maxTokens, body.temperature)
                asked.take(body.parameters)
                let prepared = try await prepare(service, asked, request, sent)
                let headers = replaced(prepared, &sent)
                let reply = try await generating(sent) { () async throws(LanguageFailure) in try await service.generate(prepared) }
                let view = GenerateView(requestID: request.requestID, reply: reply, requestedModel: prepared.replaced)
                return APIReply(200, headers: headers, .json(view.json.noting(sent.notices)))
            },
            Endpoint(
                "GET", "/ai/llm/models", "llm.models", .scope(.aiOperations), "The language models that can be asked.", gives: LanguageModelsView.self
            ) { request throws(ServiceError) in
                let tenant = try request.principal().tenant
                do throws(LanguageFailure) {
                    return LanguageModelsView(models: try await service.list(tenant: tenant).map { LanguageModelView(facts: $0) })
                } catch { throw serviceError(error) { _ in nil } }
            },
            Endpoint(
                "POST", "/ai/llm/chat", "llm.chat", .scope(.aiOperations), bodyLimitBytes: languageBodyBytes,
                contract: Contract(
                    "How a conversation might go on. Of the models here none was trained to hold one: they get it as plain text. With stream: true the reply comes as "
                        + "server-sent events.", request: .json(ChatBody.shape),
                    replies: [(200, .json(ChatView.shape)), (200, .bytes("text/event-stream"))], refusals: [422, 502])
            ) { request throws(ServiceError) in
                var sent = try await request.sent(ChatBody.self)
                let body = sent.body
                var asked = LanguageRequest(.conversation(body.messages.map { .init(role: $0.role, content: $0.content) }), model: body.model)
                (asked.maxTokens, asked.temperature) = (body.maxTokens, body.temperature)
                asked.take(body.parameters)
                let prepared = try await prepare(service, asked, request, sent)
                let headers = replaced(prepared, &sent)
                if body.streams {
                    return APIReply(200, headers: headers, .stream(events(service, prepared, request, sent.notices), type: "text/event-stream"))
                }
                let reply = try await generating(sent) { () async throws(LanguageFailure) in try await service.generate(prepared) }
                let view = ChatView(requestID: request.requestID, reply: reply, requestedModel: prepared.replaced)
                return APIReply(200, headers: headers, .json(view.json.noting(sent.notices)))
            },
        ]
    }

    private static func prepare<Body>(
        _ service: LanguageModels, _ asked: LanguageRequest, _ request: APIRequest, _ sent: Sent<Body>
    ) async throws(ServiceError) -> LanguageModels.Prepared {
        var asked = asked
        asked.isLenient = request.isLenient
        let (whole, tenant) = (asked, try request.principal().tenant)
        return try await generating(sent) { () async throws(LanguageFailure) in try await service.prepare(whole, tenant: tenant) }
    }

    private static func replaced<Body>(_ prepared: LanguageModels.Prepared, _ sent: inout Sent<Body>) -> [(name: String, value: String)] {
        guard prepared.replaced != nil else { return [] }
        sent.note("MODEL_REPLACED", "model", "\(prepared.model.id) ran instead: the model that was asked for is not here")
        return [(name: "preference-applied", value: "handling=lenient")]
    }

    private static func events(
        _ service: LanguageModels, _ prepared: LanguageModels.Prepared, _ request: APIRequest, _ notices: [JSON]
    ) -> AsyncThrowingStream<[UInt8], any Error> {
        let (id, model) = (request.requestID, prepared.model.id)
        return service.events(prepared) { text in
            ["request_id": .string(id), "model": .string(model), "choices": [["delta": ["content": .string(text)], "finish_reason": .null]]]
        } end: { reply in
            let view = ChatView(requestID: id, reply: reply, requestedModel: prepared.replaced)
            let end: JSON = [
                "request_id": .string(id), "model": .string(model), "choices": [["delta": [:], "finish_reason": .string(reply.finish.rawValue)]],
                "usage": view.json["usage"] ?? .null, "chat_template": .string(reply.model.template),
                "instruction_tuned": reply.model.isTuned.map { .bool($0) } ?? .null,
                "backend": .string(reply.model.backend),
            ]
            return [end.noting(notices)]
        } failed: { failure in
            // The status has been sent: this stands in its place.
            envelope(serviceError(failure) { _ in nil }, request).body.json ?? .null
        }
    }

    private static func generating<Value: Sendable, Body>(
        _ sent: Sent<Body>, _ call: () async throws(LanguageFailure) -> Value
    ) async throws(ServiceError) -> Value {
        do { return try await call() } catch { throw serviceError(error, provided: sent.provided) }
    }

    private static func serviceError(_ failure: LanguageFailure, provided: (String) -> JSON?) -> ServiceError {
        switch failure {
        case .notLoaded(let asked, let available): return .modelNotLoaded(asked: asked, available: available)
        case .invalid(let name, let issue):
            let field = ["top_p", "frequency_penalty", "presence_penalty", "stop"].contains(name) ? "parameters.\(name)" : name
            return .invalid(field: field, issue: issue, provided: provided(field))
        case .unusable(let why): return .unprocessable(field: "model", issue: "cannot be used: \(why)", provided: provided("model"))
        case .busy(let limit): return .unavailable("\(limit) texts wait to be written", retryAfterSeconds: languageRetrySeconds)
        case .tooSlow(let seconds): return .unavailable("the text took longer than \(seconds) s; ask for fewer max_tokens", retryAfterSeconds: seconds)
        case .upstream(let failure): return ServiceError(failure, field: "prompt")
        case .cancelled: return .unavailable("the call was ended", retryAfterSeconds: languageRetrySeconds)
        case .internalError(let cause): return .internalError(cause: cause)
        }
    }
}

extension LanguageRequest {
    fileprivate mutating func take(_ parameters: SamplingParameters) {
        (topP, frequencyPenalty, presencePenalty) = (parameters.topP, parameters.frequencyPenalty, parameters.presencePenalty)
        (seed, stop) = (parameters.seed.map { UInt64($0) }, parameters.stop)
    }
}

extension APIReply.Body {
    fileprivate var json: JSON? { if case .json(let json) = self { json } else { nil } }
}
