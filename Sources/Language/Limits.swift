/// What this room takes and gives at most.
package enum LanguageLimits {
    /// UTF-8 bytes of a text.
    package static let textBytes = 1 << 20
    /// Scalars that a language is found from; the beginning tells enough.
    static let detectionScalars = 4096
    /// Sentences that are compared with each other; a longer text is ranked in pieces of this many.
    static let rankedTogether = 256
    /// Sentences among which the next one of a summary is chosen.
    static let candidates = 256
    /// Words of a sentence that count when sentences are compared.
    static let comparedWords = 64
    static let keywords = 10
    /// Candidates that are compared with those before them.
    static let comparedKeywords = 500
    /// Of a keyword.
    static let keywordWords = 3
    /// Entities of one text; the rest is counted.
    package static let entities = 5000
    /// Scalars of an address in a text.
    static let addressScalars = 2048
    /// Quotes and brackets after the mark that ends a sentence.
    static let closingMarks = 4
    static let rankSteps = 100
}
