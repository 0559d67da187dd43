internal import APIKit
internal import Language
internal import Platform
internal import StrictJSON

extension Aisemble {
    /// A text in which every character is escaped is six times as long.
    private static let textBodyBytes = 6 * LanguageLimits.textBytes + 64 << 10
    private static let busyRetrySeconds = 1

    static func texts(_ service: TextService) -> [Endpoint] {
        [
            Endpoint(
                "POST", "/ai/nlp/analyze", "nlp.analyze", .scope(.aiOperations), bodyLimitBytes: textBodyBytes,
                contract: Contract(
                    "What a text thinks of its matter, what it names, what it is about and which language it is in.", request: .json(AnalyseBody.shape),
                    replies: [(200, .json(AnalysisView.shape))])
            ) { request throws(ServiceError) in
                var sent = try await request.sent(AnalyseBody.self)
                let body = sent.body
                guard body.language == "auto" || LanguageCode.isKnown(body.language) else {
                    throw sent.invalid("language", "must be auto or a code of ISO 639-1, such as en")
                }
                let asked = Set(body.questions)
                let analysis = try await reading { () async throws(TextServiceError) in
                    try await service.analyse(body.text, asked, language: body.language == "auto" ? nil : body.language)
                }
                if analysis.usedLanguage != "en" {
                    if asked.contains(.sentiment) { sent.note("NO_EFFECT", "analysis_types", "sentiment is read in English texts; it is null") }
                    if asked.contains(.entities) {
                        sent.note(
                            "NO_EFFECT", "analysis_types", "names are found in English texts; of others, dates in numbers, amounts, addresses and the like")
                    }
                }
                if analysis.entities?.count == LanguageLimits.entities {
                    sent.note("TRUNCATED", "text", "the first \(LanguageLimits.entities) entities are there, and no more")
                }
                return .json(AnalysisView(analysis, asked, requestID: request.requestID).json.noting(sent.notices))
            },
            Endpoint(
                "POST", "/ai/nlp/summarize", "nlp.summarize", .scope(.aiOperations), bodyLimitBytes: textBodyBytes,
                contract: Contract(
                    "The sentences of a text that matter most. With Prefer: handling=lenient a model that is here stands in for one that is not.",
                    request: .json(SummariseBody.shape), replies: [(200, .json(SummaryView.shape))], refusals: [422])
            ) { request throws(ServiceError) in
                var sent = try await request.sent(SummariseBody.self)
                let body = sent.body
                let least = body.least ?? min(SummariseBody.leastUsual, body.most)
                guard least <= body.most else { throw sent.invalid("min_length", "must be at most max_length, which is \(body.most)") }
                var headers: [(name: String, value: String)] = []
                var requested: String?
                if let model = body.model, model != ModelCard.summary.id {
                    guard request.isLenient else { throw .modelNotLoaded(asked: model, available: [ModelCard.summary.id]) }
                    requested = model
                    headers.append((name: "preference-applied", value: "handling=lenient"))
                    sent.note("MODEL_REPLACED", "model", "\(ModelCard.summary.id) ran instead: the model that was asked for is not here")
                }
                let summary = try await reading { () async throws(TextServiceError) in try await service.summarise(body.text, words: least...body.most) }
                if summary.isWhole {
                    sent.note("TEXT_IS_SHORT", "text", "has \(summary.originalWords) words, fewer than min_length; it is returned as it is")
                } else if summary.words < least {
                    sent.note("SUMMARY_IS_SHORT", "min_length", "no further sentence fits into max_length; sentences are not cut")
                }
                let view = SummaryView(
                    requestID: request.requestID, originalWords: summary.originalWords, summary: summary.text, words: summary.words,
                    requestedModel: requested, seconds: summary.seconds)
                return APIReply(200, headers: headers, .json(view.json.noting(sent.notices)))
            },
        ]
    }

    private static func reading<Value: Sendable>(_ call: () async throws(TextServiceError) -> Value) async throws(ServiceError) -> Value {
        do { return try await call() } catch {
            switch error {
            case .busy(let limit): throw .unavailable("\(limit) texts wait to be read", retryAfterSeconds: busyRetrySeconds)
            }
        }
    }
}

extension APIRequest {
    /// `Prefer: handling=lenient` (RFC 7240): something near will do where what was asked for is not here.
    var isLenient: Bool {
        (list("prefer") ?? "").lowercased().split { $0 == "," || $0 == ";" }
            .contains { $0.filter { $0 != " " && $0 != "\"" } == "handling=lenient" }
    }
}
