internal import APIKit
internal import Language
internal import Platform
internal import StrictJSON

extension TextQuestion: ChoiceValue {}
extension SentimentReader.Label: ChoiceValue {}
extension Entity.Label: ChoiceValue {}

struct AnalyseBody: DescribedRequest {
    static let name = "AnalyseText"
    var text = ""
    var questions = TextQuestion.allCases
    var language = "auto"
    static let fields = [
        FieldOf<AnalyseBody>("text", \.text, isRequired: true, Bounds(count: 1...LanguageLimits.textBytes)),
        FieldOf("analysis_types", \.questions, Bounds(count: 1...16), note: "only these are in the reply"),
        FieldOf("language", \.language, Bounds(count: 2...4), note: "auto, or a code of ISO 639-1 that the text is read by"),
    ]
}

struct SentimentView: Described {
    static let name = "Sentiment"
    var polarity: Double
    var subjectivity: Double
    var label: SentimentReader.Label
    var confidence: Double
    static let fields = [
        FieldOf<SentimentView>("polarity", \.polarity, .rule("lex-sent-1"), "-1 to 1"),
        FieldOf("subjectivity", \.subjectivity, .rule("lex-sent-1"), "0 to 1: the mean strength of its opinion words"),
        FieldOf("label", \.label, .rule("lex-sent-1")),
        FieldOf("confidence", \.confidence, .measured, "the share of texts with this label that were labelled so by hand, on the labelled set"),
    ]

    init(_ sentiment: SentimentReader.Sentiment) {
        (polarity, subjectivity, label) = (sentiment.polarity, sentiment.subjectivity, sentiment.label)
        confidence = sentiment.label.confidence
    }
}

struct EntityView: Described {
    static let name = "Entity"
    var text: String
    var label: Entity.Label
    var start: Int
    var end: Int
    var confidence: Double?
    static let fields = [
        FieldOf<EntityView>("text", \.text, .request), FieldOf("label", \.label, .rule("ner-rules-1")),
        FieldOf("start", \.start, .counted, "in Unicode scalars"), FieldOf("end", \.end, .counted, "in Unicode scalars; it is not of the entity"),
        FieldOf("confidence", \.confidence, .measured, "the share of the label's entities that are right, on the labelled set; null: too few there to say"),
    ]

    init(_ entity: Entity) {
        (text, label, start, end, confidence) = (entity.text, entity.label, entity.start, entity.end, entity.confidence)
    }
}

struct KeywordView: Described {
    static let name = "Keyword"
    var text: String
    var relevance: Double
    var sentiment: Double?
    static let fields = [
        FieldOf<KeywordView>("text", \.text, .request), FieldOf("relevance", \.relevance, .rule("yake-1"), "0 to 1; 1 is the first one's"),
        FieldOf("sentiment", \.sentiment, .rule("lex-sent-1"), "the mean polarity of its sentences; null where it is not read"),
    ]
}

struct TextModels: Described {
    static let name = "TextModels"
    var asked: Set<TextQuestion>
    private static func id(_ question: TextQuestion) -> String {
        switch question {
        case .sentiment: ModelCard.sentiment.id
        case .entities: ModelCard.entities.id
        case .keywords: ModelCard.keywords.id
        case .language: ModelCard.languages.id
        }
    }
    private var sentiment: String { Self.id(.sentiment) }
    private var entities: String { Self.id(.entities) }
    private var keywords: String { Self.id(.keywords) }
    private var language: String { Self.id(.language) }
    static let fields = [
        FieldOf<TextModels>("sentiment", \.sentiment, .fixed).only { $0.asked.contains(.sentiment) },
        FieldOf("entities", \.entities, .fixed).only { $0.asked.contains(.entities) },
        FieldOf("keywords", \.keywords, .fixed).only { $0.asked.contains(.keywords) },
        FieldOf("language", \.language, .fixed).only { $0.asked.contains(.language) },
    ]
}

struct AnalysisView: Described {
    static let name = "TextAnalysis"
    var requestID: String
    var length: Int
    var language: String?
    var sentiment: SentimentView?
    var entities: [EntityView]
    var keywords: [KeywordView]
    var models: TextModels
    var seconds: Double

    static let fields = [
        FieldOf<AnalysisView>("request_id", \.requestID, .generated), FieldOf("text_length", \.length, .counted, "Unicode scalars"),
        FieldOf("detected_language", \.language, .rule("langid-1"), "ISO 639-1; null: none was found").only { $0.models.asked.contains(.language) },
        FieldOf("sentiment", \.sentiment, .rule("lex-sent-1"), "null: the text is not English").only { $0.models.asked.contains(.sentiment) },
        FieldOf("entities", \.entities, .rule("ner-rules-1")).only { $0.models.asked.contains(.entities) },
        FieldOf("keywords", \.keywords, .rule("yake-1")).only { $0.models.asked.contains(.keywords) },
        FieldOf("models", \.models, .fixed, "what ran"), FieldOf("processing_time", \.seconds, .measured, unit: "s"),
    ]

    init(_ analysis: TextAnalysis, _ asked: Set<TextQuestion>, requestID: String) {
        self.requestID = requestID
        length = analysis.scalarCount
        language = analysis.language
        sentiment = analysis.sentiment.map { SentimentView($0) }
        entities = (analysis.entities ?? []).map { EntityView($0) }
        keywords = (analysis.keywords ?? []).map { KeywordView(text: $0.keyword.text, relevance: $0.keyword.relevance, sentiment: $0.polarity) }
        models = TextModels(asked: asked)
        seconds = analysis.seconds
    }
}

struct SummariseBody: DescribedRequest {
    static let name = "SummariseText"
    var text = ""
    var most = 100
    var least: Int?
    var model: String?
    static let leastUsual = 30
    static let fields = [
        FieldOf<SummariseBody>("text", \.text, isRequired: true, Bounds(count: 1...LanguageLimits.textBytes)),
        FieldOf("max_length", \.most, .whole(1...10_000), unit: "words"),
        FieldOf("min_length", \.least, .whole(0...10_000), unit: "words", note: "at most max_length; 30 where it is left out and max_length allows it"),
        FieldOf("model", \.model, Bounds(count: 1...128), note: "textrank-1 where it is left out"),
    ]
}

struct SummaryView: Described {
    static let name = "TextSummary"
    var requestID: String
    var originalWords: Int
    var summary: String
    var words: Int
    let model = ModelCard.summary.id
    var requestedModel: String?
    var seconds: Double
    private var ratio: Double? { originalWords > 0 ? Double(words) / Double(originalWords) : nil }

    static let fields = [
        FieldOf<SummaryView>("request_id", \.requestID, .generated), FieldOf("original_length", \.originalWords, .counted, unit: "words"),
        FieldOf("summary", \.summary, .rule("textrank-1"), "sentences of the text, in their order"),
        FieldOf("summary_length", \.words, .counted, unit: "words"),
        FieldOf("compression_ratio", \.ratio, .rule("summary_length of original_length"), "null: the text has no words"),
        FieldOf("model", \.model, .fixed, "what ran"),
        FieldOf("requested_model", \.requestedModel, .request, "where another one ran").only { $0.requestedModel != nil },
        FieldOf("processing_time", \.seconds, .measured, unit: "s"),
    ]
}
