import APIKit
import AisembleAPI
import Language
import StrictJSON
import Testing

/// What v2 says of texts, as its document has it.
@Suite struct TextTests {
    private static let article = """
        The city council of Arvensund decided on Tuesday to rebuild the old harbour bridge. The bridge was closed to lorries because engineers found cracks in \
        two of its pillars. Rebuilding the bridge will cost forty million. A councillor brought a model made of matches. Shop owners fear that they will lose \
        customers while the bridge is closed. The council promised to pay part of the losses of the shops.
        """

    private func post(_ world: World, _ path: String, _ body: JSON, _ headers: [(name: String, value: String)] = []) async -> APIReply {
        await world.call(world.aisemble, request("POST", "/api/v2/ai/nlp/\(path)", body: body.encodedText, headers: headers))
    }

    private func check(_ world: World, _ path: String, _ reply: APIReply) throws {
        let endpoint = try #require(world.aisemble.endpoint(method: "POST", path: "/api/v2/ai/nlp/\(path)"))
        guard reply.status == 200, case .json(let shape) = try #require(endpoint.contract?.replies.first).content else {
            Issue.record("\(path): \(reply.status) \(reply.json.encodedText)")
            return
        }
        // Notices are described beside the shape, for every reply.
        let body = JSON.object((reply.json.members ?? []).filter { $0.name != "notices" })
        #expect(shape.problem(with: body, at: "") == nil, "\(reply.json.encodedText)")
    }

    @Test func theDocumentsTextIsReadAsTheDocumentSays() async throws {
        let world = try await World()
        let text = "I love this product! It's amazing and works perfectly."
        let reply = await post(
            world, "analyze", ["text": .string(text), "analysis_types": ["sentiment", "entities", "keywords", "language"], "language": "auto"])
        try check(world, "analyze", reply)
        // The document counts 58; there are 54.
        #expect(reply.json["text_length"] == 54 && reply.json["detected_language"] == "en" && reply.json["request_id"] == "req-1")
        #expect(reply.json["sentiment"]?["label"] == "positive" && (reply.json["sentiment"]?["polarity"]?.double ?? 0) > 0.5)
        let entity = reply.json["entities"]?.elements?.first
        #expect(entity?["text"] == "product" && entity?["label"] == "PRODUCT" && entity?["start"] == 12 && entity?["end"] == 19)
        #expect(reply.json["keywords"]?.elements?.allSatisfy { ($0["sentiment"]?.double ?? 0) > 0 } == true)
        #expect(reply.json["models"] == ["sentiment": "lex-sent-1", "entities": "ner-rules-1", "keywords": "yake-1", "language": "langid-1"])
        #expect((reply.json["processing_time"]?.double ?? -1) >= 0 && reply.json["notices"] == nil)
    }

    @Test func onlyWhatIsAskedForIsThere() async throws {
        let world = try await World()
        for kind in ["sentiment", "entities", "keywords", "language"] {
            let reply = await post(world, "analyze", ["text": "A good day.", "analysis_types": [.string(kind)]])
            try check(world, "analyze", reply)
            let there = ["sentiment", "entities", "keywords", "detected_language"].filter { reply.json[$0] != nil }
            #expect(there == [kind == "language" ? "detected_language" : kind])
            #expect(reply.json["models"]?.members?.map(\.name) == [kind])
        }
    }

    /// English is what opinions are read in; another language is found, and what cannot be read of it is null.
    @Test func whatCannotBeReadIsNull() async throws {
        let world = try await World()
        let reply = await post(world, "analyze", ["text": "Das ist ein sehr schönes Haus, und es kostet 300 €."])
        try check(world, "analyze", reply)
        #expect(reply.json["detected_language"] == "de" && reply.json["sentiment"] == .null)
        #expect(reply.json["entities"]?.elements?.map { $0["text"] } == ["300 €"])
        #expect(reply.json["keywords"]?.elements?.allSatisfy { $0["sentiment"] == .null } == true)
        #expect(reply.json["notices"]?.elements?.count == 2)
        // A language that is given counts, and the one that is found is told.
        let given = await post(world, "analyze", ["text": "It is a good house.", "language": "de"])
        #expect(given.json["detected_language"] == "en" && given.json["sentiment"] == .null)
        #expect(await post(world, "analyze", ["text": "12 34"]).json["detected_language"] == .null)
    }

    /// Offsets count Unicode scalars: what stands there is the entity.
    @Test func offsetsCountScalars() async throws {
        let text = "\u{1F44D}\u{1F3FD} e\u{301}t\u{e9} on 2024-05-17 in Paris, mail jo@example.org"
        let reply = await post(try await World(), "analyze", ["text": .string(text), "language": "en"])
        let scalars = Array(text.unicodeScalars)
        #expect(reply.json["text_length"] == .integer(Int64(scalars.count)))
        let entities = reply.json["entities"]?.elements ?? []
        #expect(entities.map { $0["label"]?.text } == ["DATE", "GPE", "EMAIL"])
        for entity in entities {
            let (start, end) = (Int(try #require(entity["start"]?.whole)), Int(try #require(entity["end"]?.whole)))
            var part = String.UnicodeScalarView()
            part.append(contentsOf: scalars[start..<end])
            #expect(String(part) == entity["text"]?.text)
        }
    }

    @Test func aSummaryHasSentencesOfTheTextAndItsLength() async throws {
        let world = try await World()
        let reply = await post(world, "summarize", ["text": .string(Self.article), "max_length": 30, "min_length": 10])
        try check(world, "summarize", reply)
        let words = try #require(reply.json["summary_length"]?.whole)
        #expect((10...30).contains(words) && reply.json["original_length"] == 69 && reply.json["model"] == "textrank-1")
        #expect(reply.json["compression_ratio"]?.double == Double(words) / 69)
        for sentence in (reply.json["summary"]?.text ?? "").split(separator: ". ") { #expect(Self.article.contains(sentence)) }
        #expect(reply.json["requested_model"] == nil && reply.json["notices"] == nil)
    }

    @Test func lengthsThatCannotBeAreSaidSo() async throws {
        let world = try await World()
        let short = await post(world, "summarize", ["text": "Three words here."])
        try check(world, "summarize", short)
        #expect(short.json["summary"] == "Three words here." && short.json["compression_ratio"]?.double == 1)
        #expect(short.json["notices"]?.elements?.first?["code"] == "TEXT_IS_SHORT")
        // No sentence is so short; none is cut.
        let none = await post(world, "summarize", ["text": .string(Self.article), "max_length": 3])
        try check(world, "summarize", none)
        #expect(none.json["summary"] == "" && none.json["summary_length"] == 0 && none.json["notices"]?.elements?.first?["code"] == "SUMMARY_IS_SHORT")
        let marks = await post(world, "summarize", ["text": "!?", "min_length": 0])
        try check(world, "summarize", marks)
        #expect(marks.json["compression_ratio"] == .null)
        let wrong = await post(world, "summarize", ["text": "A b c.", "max_length": 10, "min_length": 11])
        #expect(wrong.status == 400 && wrong.json["error"]?["details"]?["field"] == "min_length")
    }

    @Test func aModelThatIsNotHereIsRefusedOrReplacedOpenly() async throws {
        let world = try await World()
        let body: JSON = ["text": .string(Self.article), "model": "bart-large-cnn"]
        let refused = await post(world, "summarize", body)
        #expect(refused.status == 422 && refused.json["error"]?["code"] == "MODEL_NOT_LOADED")
        let details = refused.json["error"]?["details"]
        #expect(details?["field"] == "model" && details?["available_models"] == ["textrank-1"] && details?["provided_value"] == "bart-large-cnn")
        #expect(world.aisemble.errorShape.problem(with: refused.json, at: "") == nil)
        let lenient = await post(world, "summarize", body, [(name: "prefer", value: "respond-async, handling=lenient")])
        try check(world, "summarize", lenient)
        #expect(lenient.headers.contains { $0 == ("preference-applied", "handling=lenient") })
        #expect(lenient.json["model"] == "textrank-1" && lenient.json["requested_model"] == "bart-large-cnn")
        #expect(lenient.json["notices"]?.elements?.first?["code"] == "MODEL_REPLACED")
        #expect(await post(world, "summarize", body, [(name: "prefer", value: "handling=strict")]).status == 422)
    }

    @Test func whatIsNotTakenIsNamed() async throws {
        let world = try await World()
        let large = JSON.string(String(repeating: "a", count: LanguageLimits.textBytes + 1))
        let wrong: [(path: String, body: JSON, field: String)] = [
            ("analyze", [:], "text"), ("analyze", ["text": ""], "text"), ("analyze", ["text": large], "text"),
            ("analyze", ["text": "a", "analysis_types": ["mood"]], "analysis_types[0]"), ("analyze", ["text": "a", "analysis_types": []], "analysis_types"),
            ("analyze", ["text": "a", "language": "english"], "language"), ("analyze", ["text": "a", "language": "qq"], "language"),
            ("summarize", ["text": "a", "max_length": 0], "max_length"), ("summarize", ["text": "a", "min_length": -1], "min_length"),
        ]
        for (path, body, field) in wrong {
            let reply = await post(world, path, body)
            #expect(reply.status == 400 && reply.json["error"]?["details"]?["field"]?.text == field, "\(field): \(reply.status)")
        }
        let extra = await post(world, "analyze", ["text": "A good day.", "langauge": "en"])
        #expect(extra.status == 200 && extra.json["notices"]?.elements?.first?["field"] == "langauge")
    }

    /// Health tells of the last call.
    @Test func healthKnowsTheLastCall() async throws {
        let world = try await World()
        _ = await post(world, "analyze", ["text": "A good day."])
        let health = await world.call(world.aisemble, request("GET", "/api/v2/health"), as: .anonymous).json["services"]?["nlp_service"]
        #expect(health?["status"] == "healthy" && (health?["response_time"]?.double ?? -1) >= 0 && health?["memory_usage"] == .null)
    }
}
