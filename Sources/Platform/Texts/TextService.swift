internal import Compute
package import Language
internal import Synchronization

/// Why a text is not read now.
package enum TextServiceError: Error, Sendable, Equatable {
    /// So many texts wait already.
    case busy(limit: Int)
}

/// What is asked of a text.
package enum TextQuestion: String, Sendable, CaseIterable {
    case sentiment, entities, keywords, language
}

/// What was found; nil: it was not asked for, or it is English that is needed and the text is not.
package struct TextAnalysis: Sendable {
    package var scalarCount: Int
    /// Of the text, as it was found; nil also where nothing was found.
    package var language: String?
    /// Which the rest went by: the one that was given, or the one that was found.
    package var usedLanguage: String?
    package var sentiment: SentimentReader.Sentiment?
    package var entities: [Entity]?
    package var keywords: [(keyword: KeywordFinder.Keyword, polarity: Double?)]?
    package var seconds: Double
}

package struct TextSummary: Sendable {
    package var originalWords: Int
    package var text: String
    package var words: Int
    /// The text has fewer words than a summary was to have, and stands as it is.
    package var isWhole: Bool
    package var seconds: Double
}

/// The methods of the room `Language` on a thread of their own: a megabyte takes longer than an event loop may be held up.
package final class TextService: Sendable {
    /// Texts that may wait; each has at most a megabyte.
    package static let waitingMax = 32

    private struct State {
        var waiting = 0
        var lastSeconds: Double?
    }
    private let state = Mutex(State())
    private let pool: ComputePool

    package init(threads: Int = 1) { pool = ComputePool(threads: threads, name: "texts") }

    /// How long the last call took, without waiting; nil before the first.
    package var lastSeconds: Double? { state.withLock { $0.lastSeconds } }

    /// - Parameter language: ISO 639-1; nil: the one that is found.
    package func analyse(_ text: String, _ questions: Set<TextQuestion>, language: String?) async throws(TextServiceError) -> TextAnalysis {
        try await run {
            let read = Text(text)
            let sentences = read.sentences(read.tokens())
            let found = LanguageFinder.shared.find(read)?.language
            let used = language ?? found
            let isEnglish = used == "en"
            let reader = SentimentReader()
            var analysis = TextAnalysis(scalarCount: read.scalars.count, language: found, usedLanguage: used, seconds: 0)
            if questions.contains(.sentiment), isEnglish { analysis.sentiment = reader.read(sentences) }
            if questions.contains(.entities) { analysis.entities = EntityFinder().find(read, sentences, names: isEnglish) }
            if questions.contains(.keywords) {
                analysis.keywords = KeywordFinder(language: used).find(sentences).map { keyword in
                    let polarities = keyword.sentences.map { reader.read([sentences[$0]]).polarity }
                    return (keyword, isEnglish ? polarities.reduce(0, +) / Double(max(1, polarities.count)) : nil)
                }
            }
            return analysis
        } timed: {
            $0.seconds = $1
        }
    }

    /// - Parameter words: as many as the summary should have and may have; where no sentence is short enough it has none.
    package func summarise(_ text: String, words: ClosedRange<Int>) async throws(TextServiceError) -> TextSummary {
        try await run {
            let read = Text(text)
            let sentences = read.sentences(read.tokens())
            let total = sentences.reduce(0) { $0 + $1.wordCount }
            guard total >= words.lowerBound else { return TextSummary(originalWords: total, text: text, words: total, isWhole: true, seconds: 0) }
            let summary = Summariser(language: LanguageFinder.shared.find(read)?.language).summarise(read, sentences, atMost: words.upperBound)
            return TextSummary(originalWords: total, text: summary.text, words: summary.words, isWhole: false, seconds: 0)
        } timed: {
            $0.seconds = $1
        }
    }

    private func run<Result: Sendable>(
        _ work: @escaping @Sendable () -> Result, timed: @escaping @Sendable (inout Result, Double) -> Void
    ) async throws(TextServiceError) -> Result {
        let isFree = state.withLock { state in
            guard state.waiting < Self.waitingMax else { return false }
            state.waiting += 1
            return true
        }
        guard isFree else { throw .busy(limit: Self.waitingMax) }
        defer { state.withLock { $0.waiting -= 1 } }
        let (result, seconds) = await pool.run {
            let start = ContinuousClock.now
            var result = work()
            let elapsed = ContinuousClock.now - start
            let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18
            timed(&result, seconds)
            return (result, seconds)
        }
        state.withLock { $0.lastSeconds = seconds }
        return result
    }
}
