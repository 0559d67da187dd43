internal import Foundation

// Texts of other people's servers, beside our own.

extension LanguageModels {
    /// Whether they answer is as of the last look, which is a moment old at most.
    func upstreamFacts() async -> [LanguageModelFacts] {
        guard let upstreams else { return [] }
        await upstreams.probe()
        return upstreams.textModels.map { facts($0.upstream, $0.model, $0.abilities) }
    }

    private func facts(_ upstream: Upstream, _ model: UpstreamModel, _ abilities: TextAbilities) -> LanguageModelFacts {
        let (status, why): (LanguageModelFacts.Status, String) =
            switch upstream.known(model.id) {
            case .available: (.available, "")
            case .loading: (.loading, " It is not ready yet.")
            case .unavailable(let why): (.unavailable, " It does not answer: \(why).")
            }
        return LanguageModelFacts(
            id: model.id, name: model.name,
            description: "A model of the server '\(upstream.server.name)', which the operator has named; what it is, nobody here has checked.\(why)",
            contextTokens: context(upstream, model, abilities), status: status, parameters: nil, sha256: nil, pricePerToken: price(model.id),
            capabilities: ["text_generation"] + (abilities.completes ? ["completion"] : []) + (abilities.chats ? ["chat"] : []),
            backend: upstream.server.backend, tokenUnit: "token", template: abilities.chats ? "upstream" : PlainTemplate.name, isTuned: nil)
    }

    private func context(_ upstream: Upstream, _ model: UpstreamModel, _ abilities: TextAbilities) -> Int? {
        abilities.contextTokens ?? upstream.context(model.id)
    }

    /// nil: the id is of no such server; or it does not answer, and the caller takes another one.
    func preparedUpstream(_ request: LanguageRequest, id: String) async throws(LanguageFailure) -> Prepared? {
        guard let (upstream, model) = upstreams?.find(id), case .text(let abilities) = model.task else { return nil }
        do throws(UpstreamFailure) { try await upstream.expectAnswers(id) } catch {
            guard !request.isLenient else { return nil }
            throw .upstream(error)
        }
        let context = context(upstream, model, abilities)
        if let asked = request.maxTokens, let context, asked > context {
            throw .invalid(field: "max_tokens", issue: "must be at most \(context): that is the model's context, with the prompt")
        }
        // 0 is no share: the same is said of our own models.
        guard request.topP > 0 else { throw .invalid(field: "top_p", issue: "must be above 0") }
        var stop = request.stop
        let prompt: TextCall.Prompt
        switch request.prompt {
        case .text(let text): prompt = abilities.completes ? .text(text) : .conversation([.init(role: .user, content: text)])
        case .conversation(let messages):
            if abilities.chats {
                prompt = .conversation(messages)
            } else {
                prompt = .text(PlainTemplate.text(messages))
                stop.append(String(decoding: PlainTemplate.stop, as: UTF8.self))
            }
        }
        let question = TextCall(
            model: model.name, prompt, maxTokens: request.maxTokens ?? min(LanguageServingLimits.usualTokens, context ?? .max),
            temperature: request.temperature, topP: request.topP, frequencyPenalty: request.frequencyPenalty, presencePenalty: request.presencePenalty,
            seed: request.seed, stop: stop)
        return Prepared(model: facts(upstream, model, abilities), replaced: nil, work: .upstream(upstream, id: id, question))
    }

    /// - Parameter piece: nil: the text is wanted whole.
    func generate(
        _ facts: LanguageModelFacts, _ upstream: Upstream, _ id: String, _ question: TextCall, _ piece: (@Sendable ([UInt8]) -> Void)?
    ) async throws(LanguageFailure) -> LanguageReply {
        let began = ContinuousClock.now
        let answer: TextAnswer
        do throws(UpstreamFailure) {
            var question = question
            let isChat = question.isChat
            if let piece {
                question.streams = true
                answer = try await upstream.stream(id, question.request, isChat: isChat, piece: piece)
            } else {
                answer = try await upstream.ask(id, question.request) { bytes throws(UpstreamReplyError) in try TextAnswer(parsing: bytes, isChat: isChat) }
            }
        } catch {
            if error.kind == .cancelled { throw .cancelled }
            throw .upstream(error)
        }
        var reply = LanguageReply(
            model: facts, text: answer.text, finish: answer.finish, promptTokens: answer.promptTokens, completionTokens: answer.completionTokens,
            seed: question.seed, seconds: began.duration(to: .now) / .seconds(1))
        reply.cost = reply.totalTokens.flatMap { cost(id, tokens: $0) }
        return reply
    }
}

extension Upstreams {
    var textModels: [(upstream: Upstream, model: UpstreamModel, abilities: TextAbilities)] {
        all.flatMap { upstream in
            upstream.server.models.compactMap { model in if case .text(let abilities) = model.task { (upstream, model, abilities) } else { nil } }
        }.sorted { $0.1.id < $1.1.id }
    }

    var textModelIDs: [String] { textModels.map(\.model.id) }
}
