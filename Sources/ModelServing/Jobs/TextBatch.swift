internal import Language
internal import Platform
internal import Storage
internal import StrictJSON

/// Texts that are read.
struct TextBatch: BatchWork {
    let service = BatchTask.Service.nlp
    let kind = BatchItems.Kind.texts
    let texts: TextService

    private static let models = [ModelCard.sentiment.id, ModelCard.entities.id, ModelCard.keywords.id, ModelCard.languages.id]

    func blockers(_ task: BatchTask, tenant: String) async -> [JobBlocker] {
        guard let model = task.model, !Self.models.contains(model) else { return [] }
        return [.model(model, have: Self.models.joined(separator: ", "), fix: "leave model out, or name one of these")]
    }

    func open(_ task: BatchTask, _ job: JobRecord) async throws -> BatchModel {
        let questions = task.questions
        return BatchModel(atOnce: 1) { items, _ in
            var answers: [BatchAnswer] = []
            for item in items {
                guard let text = item.value.text ?? item.value["text"]?.text else {
                    answers.append(.failure(BatchProblem(why: "is no text: a text, or an object with text")))
                    continue
                }
                guard (1...LanguageLimits.textBytes).contains(text.utf8.count) else {
                    answers.append(.failure(BatchProblem(why: "must be 1 to \(LanguageLimits.textBytes) bytes long")))
                    continue
                }
                do throws(TextServiceError) {
                    answers.append(.success(Self.json(try await texts.analyse(text, questions, language: nil), questions)))
                } catch { throw BatchBusy(why: "\(error)") }
            }
            return answers
        }
    }

    /// The names are those of `ai/nlp/analyze`.
    private static func json(_ analysis: TextAnalysis, _ asked: Set<TextQuestion>) -> JSON {
        var members: [JSON.Member] = [.init("text_length", JSON(analysis.scalarCount))]
        if asked.contains(.language) { members.append(.init("detected_language", JSON(analysis.language))) }
        if asked.contains(.sentiment) {
            let sentiment: JSON? = analysis.sentiment.map {
                [
                    "polarity": JSON($0.polarity), "subjectivity": JSON($0.subjectivity), "label": .string($0.label.rawValue),
                    "confidence": JSON($0.label.confidence),
                ]
            }
            members.append(.init("sentiment", sentiment ?? .null))
        }
        if asked.contains(.entities) {
            let entities = (analysis.entities ?? []).map { entity -> JSON in
                [
                    "text": .string(entity.text), "label": .string(entity.label.rawValue), "start": JSON(entity.start), "end": JSON(entity.end),
                    "confidence": JSON(entity.confidence),
                ]
            }
            members.append(.init("entities", .array(entities)))
        }
        if asked.contains(.keywords) {
            let keywords = (analysis.keywords ?? []).map { found -> JSON in
                ["text": .string(found.keyword.text), "relevance": JSON(found.keyword.relevance), "sentiment": JSON(found.polarity)]
            }
            members.append(.init("keywords", .array(keywords)))
        }
        return .object(members)
    }
}

/// Texts that are continued.
struct PromptBatch: BatchWork {
    let service = BatchTask.Service.llm
    let kind = BatchItems.Kind.texts
    let language: LanguageModels

    private func request(_ prompt: String, _ task: BatchTask) -> LanguageRequest {
        var request = LanguageRequest(.text(prompt), model: task.model)
        request.maxTokens = task.maxTokens
        if let temperature = task.temperature { request.temperature = temperature }
        if let topP = task.topP { request.topP = topP }
        return request
    }

    func blockers(_ task: BatchTask, tenant: String) async -> [JobBlocker] {
        do throws(LanguageFailure) { _ = try await language.prepare(LanguageRequest(.text(" "), model: task.model), tenant: tenant) } catch {
            if case .notLoaded(let asked, let available) = error {
                return [.model(asked, have: available.joined(separator: ", "), fix: "register this model, or name one of these")]
            }
        }
        return []
    }

    func open(_ task: BatchTask, _ job: JobRecord) async throws -> BatchModel {
        let tenant = job.tenant
        let facts: LanguageModelFacts
        do throws(LanguageFailure) { facts = try await language.prepare(LanguageRequest(.text(" "), model: task.model), tenant: tenant).model } catch {
            throw JobRunError("model_not_loaded", "The model cannot be used: \(error)", mayRetry: false)
        }
        return BatchModel(id: facts.id, sha256: facts.sha256, atOnce: 1) { items, first in
            var answers: [BatchAnswer] = []
            for (place, item) in items.enumerated() {
                guard let prompt = item.value.text ?? item.value["prompt"]?.text ?? item.value["text"]?.text else {
                    answers.append(.failure(BatchProblem(why: "is no prompt: a text, or an object with prompt")))
                    continue
                }
                var request = request(prompt, task)
                request.seed = task.seed.map { $0 &+ UInt64(first + place) }
                do throws(LanguageFailure) {
                    let reply = try await language.generate(try await language.prepare(request, tenant: tenant))
                    answers.append(
                        .success([
                            "generated_text": .string(reply.text), "finish_reason": .string("\(reply.finish)"), "prompt_tokens": JSON(reply.promptTokens),
                            "completion_tokens": JSON(reply.completionTokens), "seed": JSON(reply.seed.map { Int64(clamping: $0) }),
                        ]))
                } catch {
                    switch error {
                    case .invalid(let field, let issue): answers.append(.failure(BatchProblem(why: "\(field) \(issue)")))
                    case .tooSlow(let seconds): answers.append(.failure(BatchProblem(why: "took longer than \(seconds) s")))
                    case .busy(let limit): throw BatchBusy(why: "\(limit) texts wait already")
                    case .cancelled: throw CancellationError()
                    case .upstream(let failure): throw JobRunError("upstream", failure.description, mayRetry: failure.isPassing)
                    case .notLoaded, .unusable, .internalError: throw JobRunError("model_not_loaded", "The model cannot be used.", mayRetry: true)
                    }
                }
            }
            return answers
        }
    }
}
