/// What a method of this room is, what it cannot do, and how well it does on a set that was written for this project. The tests measure
/// these figures again and fail where they are others.
package struct ModelCard: Sendable, Equatable {
    package var id: String
    package var method: String
    package var limits: String
    /// By name of the measure.
    package var figures: [String: Double]
    /// Examples in the set.
    package var size: Int

    package static let languages = ModelCard(
        id: "langid-1", method: "naive Bayes over one to three characters and small words, from texts written for this project; scripts",
        limits: "25 languages; sentences of a few words are guesses; no mixed texts; Arabic and Devanagari are not told apart", figures: ["accuracy": 0.93],
        size: 40)
    package static let sentiment = ModelCard(
        id: "lex-sent-1", method: "a lexicon written for this project, negation, degrees, contrast, emphasis",
        limits: "English; no irony, no matter of opinion",
        figures: ["macro_f1": 0.59], size: 36)
    package static let entities = ModelCard(
        id: "ner-rules-1", method: "forms and short lists of names", limits: "names in English texts only, and only where a rule or a list has them",
        figures: ["macro_f1": 0.95], size: 20)
    package static let keywords = ModelCard(
        id: "yake-1", method: "features after Campos et al. 2020", limits: "languages without small words here get some of those as keywords",
        figures: ["overlap_at_10": 0.85], size: 4)
    package static let summary = ModelCard(
        id: "textrank-1", method: "TextRank (Mihalcea and Tarau 2004) and maximal marginal relevance; whole sentences", limits: "cuts and rewords nothing",
        figures: ["rouge_1": 0.53], size: 4)
    package static let all = [languages, sentiment, entities, keywords, summary]
}

extension SentimentReader.Label {
    /// Which share of the texts of the labelled set that were read so were meant so, to two places (Tests/LanguageTests/Sets/sentiment-heldout.tsv).
    package var confidence: Double {
        switch self {
        case .positive: 0.57
        case .neutral: 0.61
        case .negative: 0.64
        }
    }
}
