/// Keywords after YAKE (Campos et al. 2020, "YAKE! Keyword extraction from single documents using multiple local features"): features of a text
/// alone, without a corpus. Our own implementation of the paper's formulas; windows of one word, up to three words, deduplicated at 0.9.
package struct KeywordFinder: Sendable {
    package struct Keyword: Sendable, Equatable {
        /// In lower case.
        package var text: String
        /// YAKE's: the lower, the better.
        package var score: Double
        /// The best score divided by this one: 1 for the first.
        package var relevance: Double
        /// Numbers of the sentences it stands in.
        package var sentences: [Int]
    }

    private struct Term {
        var count = 0.0
        var acronyms = 0.0
        var capitals = 0.0
        var sentences: Set<Int> = []
        var left: [String: Double] = [:]
        var right: [String: Double] = [:]
        var score = 0.0
        let isSmall: Bool

        init(isSmall: Bool) { self.isSmall = isSmall }

        mutating func add(_ token: Token, sentence: Int, place: Int) {
            count += 1
            sentences.insert(sentence)
            if token.isAcronym { acronyms += 1 } else if token.isCapital, place > 0 { capitals += 1 }
        }
    }
    private struct Candidate {
        let words: [String]
        var count = 0.0
        let order: Int
        var sentences: Set<Int> = []

        init(words: [String], order: Int) { (self.words, self.order) = (words, order) }

        mutating func add(sentence: Int) {
            count += 1
            sentences.insert(sentence)
        }
    }

    /// Words that are nearer to each other than this are one.
    private static let sameFrom = 0.9
    private let smallWords: Set<String>

    /// - Parameter language: whose small words are no keywords; one that is not known has none.
    package init(language: String?) { smallWords = language.map(LanguageSample.smallWords) ?? [] }

    package func find(_ sentences: [Sentence], atMost: Int = LanguageLimits.keywords) -> [Keyword] {
        var terms: [String: Term] = [:]
        var candidates: [String: Candidate] = [:]
        for (number, sentence) in sentences.enumerated() { read(sentence, number, &terms, &candidates) }
        score(&terms, sentences.count)
        let scored = candidates.values.map { ($0, score($0, terms)) }
            .sorted { ($0.1, $0.0.order) < ($1.1, $1.0.order) }
        var chosen: [Keyword] = []
        for (candidate, score) in scored.prefix(LanguageLimits.comparedKeywords) {
            if chosen.count == atMost { break }
            let text = candidate.words.joined(separator: " ")
            if chosen.contains(where: { Self.likeness($0.text, text) > Self.sameFrom }) { continue }
            let best = chosen.first?.score ?? score
            chosen.append(
                Keyword(text: text, score: score, relevance: score > 0 ? min(1, best / score) : 1, sentences: candidate.sentences.sorted()))
        }
        return chosen
    }

    private func name(_ token: Token) -> String {
        for ending in ["'s", "\u{2019}s"] where token.lower.hasSuffix(ending) { return String(token.lower.dropLast(2)) }
        return token.lower
    }

    private func read(_ sentence: Sentence, _ number: Int, _ terms: inout [String: Term], _ candidates: inout [String: Candidate]) {
        // Runs of words; marks end them.
        var run: [(name: String, isTaken: Bool)] = []
        for (place, token) in sentence.tokens.enumerated() {
            guard token.isWordlike else {
                run = []
                continue
            }
            let word = name(token)
            let isSmall = smallWords.contains(word) || smallWords.contains(token.lower) || word.unicodeScalars.count < 3
            let isNumber = token.kind == .number
            if !isNumber {
                // In its place: a copy would have copies of all its sentences made.
                terms[word, default: Term(isSmall: isSmall)].add(token, sentence: number, place: place)
                if let last = run.last, last.isTaken {
                    terms[word]?.left[last.name, default: 0] += 1
                    terms[last.name]?.right[word, default: 0] += 1
                }
            }
            run.append((word, !isNumber))
            if run.count > LanguageLimits.keywordWords { run.removeFirst() }
            guard !isNumber, !isSmall else { continue }
            for first in run.indices {
                let words = run[first...]
                guard words.allSatisfy(\.isTaken), let begin = words.first, terms[begin.name]?.isSmall == false else { continue }
                let key = words.map(\.name).joined(separator: " ")
                let order = candidates.count
                candidates[key, default: Candidate(words: words.map(\.name), order: order)].add(sentence: number)
            }
        }
    }

    /// S(t) of the paper.
    private func score(_ terms: inout [String: Term], _ sentenceCount: Int) {
        // In one order, so that sums are the same each time.
        let counts = terms.keys.sorted().compactMap { terms[$0] }.filter { !$0.isSmall }.map(\.count)
        let mean = counts.mean ?? 1
        let deviation = ((counts.map { ($0 - mean) * ($0 - mean) }).mean ?? 0).squareRoot()
        let most = terms.values.map(\.count).max() ?? 1
        for (name, term) in terms {
            func spread(_ neighbours: [String: Double]) -> Double {
                let all = neighbours.values.reduce(0, +)
                return all > 0 ? Double(neighbours.count) / all : 0
            }
            let relatedness = 1 + (spread(term.left) + spread(term.right)) * term.count / most
            let frequency = term.count / (mean + deviation)
            let different = Double(term.sentences.count) / Double(max(1, sentenceCount))
            let casing = max(term.acronyms, term.capitals) / (1 + naturalLog(term.count))
            let position = naturalLog(naturalLog(3 + Self.median(term.sentences)))
            terms[name]?.score = position * relatedness / (casing + frequency / relatedness + different / relatedness)
        }
    }

    private static func median(_ numbers: Set<Int>) -> Double {
        let sorted = numbers.sorted()
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? Double(sorted[middle]) : Double(sorted[middle - 1] + sorted[middle]) / 2
    }

    /// S(kw): the product over the words by one plus their sum; a small word between two others counts by how often it stands there.
    private func score(_ candidate: Candidate, _ terms: [String: Term]) -> Double {
        var (product, sum) = (1.0, 0.0)
        for (i, word) in candidate.words.enumerated() {
            guard let term = terms[word] else { continue }
            if term.isSmall, i > 0, i + 1 < candidate.words.count {
                let (before, after) = (candidate.words[i - 1], candidate.words[i + 1])
                let left = (terms[before]?.right[word] ?? 0) / (terms[before]?.count ?? 1)
                let right = (term.right[after] ?? 0) / (terms[after]?.count ?? 1)
                product *= 1 + (1 - left * right)
                sum -= 1 - left * right
            } else {
                product *= term.score
                sum += term.score
            }
        }
        // With small words the sum can come near -1, and nothing is worth less than nothing.
        let divisor = (1 + sum) * candidate.count
        return divisor > 1e-9 ? product / divisor : .greatestFiniteMagnitude
    }

    /// One minus the edit distance (Levenshtein) by the longer length.
    package static func likeness(_ a: String, _ b: String) -> Double {
        let (a, b) = (Array(a.unicodeScalars.prefix(256)), Array(b.unicodeScalars.prefix(256)))
        guard !a.isEmpty, !b.isEmpty else { return a.count == b.count ? 1 : 0 }
        var row = Array(0...b.count)
        for i in 1...a.count {
            var diagonal = row[0]
            row[0] = i
            for j in 1...b.count {
                let next = min(row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1))
                diagonal = row[j]
                row[j] = next
            }
        }
        return 1 - Double(row[b.count]) / Double(max(a.count, b.count))
    }
}
