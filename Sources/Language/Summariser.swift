/// Summaries of whole sentences: TextRank (Mihalcea and Tarau 2004) says which ones matter, maximal marginal relevance (Carbonell and Goldstein 1998)
/// keeps out what is said already. Sentences stand in the text's order and are never cut.
package struct Summariser: Sendable {
    package struct Summary: Sendable, Equatable {
        package var text: String
        package var words: Int
        /// Numbers of the sentences.
        package var sentences: [Int]
    }

    private static let damping = 0.85
    private static let converged = 1e-6
    /// What a sentence's rank counts beside being new.
    private static let relevance = 0.7

    private let smallWords: Set<String>

    package init(language: String?) { smallWords = language.map(LanguageSample.smallWords) ?? [] }

    /// Sentences of at most `words` words in all, as many as fit; none, where each one is longer.
    package func summarise(_ text: Text, _ sentences: [Sentence], atMost words: Int) -> Summary {
        let contents = contents(sentences)
        let ranks = rank(contents)
        let order = sentences.indices.sorted { (-ranks[$0], $0) < (-ranks[$1], $1) }
        var (rest, chosen, next) = (words, [Int](), 0)
        var pool: [(sentence: Int, likeness: Double)] = []
        let highest = ranks.max() ?? 1
        while true {
            while pool.count < LanguageLimits.candidates, next < order.count {
                let sentence = order[next]
                next += 1
                guard (1...max(1, rest)).contains(sentences[sentence].wordCount), rest > 0 else { continue }
                pool.append((sentence, chosen.suffix(LanguageLimits.candidates).map { Self.likeness(contents[$0], contents[sentence]) }.max() ?? 0))
            }
            func worth(_ i: Int) -> Double { Self.relevance * ranks[pool[i].sentence] / highest - (1 - Self.relevance) * pool[i].likeness }
            guard let best = pool.indices.max(by: { (worth($0), -pool[$0].sentence) < (worth($1), -pool[$1].sentence) }) else { break }
            let sentence = pool.remove(at: best).sentence
            chosen.append(sentence)
            rest -= sentences[sentence].wordCount
            pool.removeAll { sentences[$0.sentence].wordCount > rest }
            for i in pool.indices { pool[i].likeness = max(pool[i].likeness, Self.likeness(contents[sentence], contents[pool[i].sentence])) }
        }
        chosen.sort()
        return Summary(
            text: chosen.map { text.part(sentences[$0].start, sentences[$0].end) }.joined(separator: " "), words: words - rest, sentences: chosen)
    }

    /// Numbers of the words that are compared, each once, in order.
    private func contents(_ sentences: [Sentence]) -> [[Int]] {
        var numbers: [String: Int] = [:]
        return sentences.map { sentence in
            var content: Set<Int> = []
            for token in sentence.tokens where token.isWordlike && !smallWords.contains(token.lower) && content.count < LanguageLimits.comparedWords {
                let number = numbers[token.lower] ?? numbers.count
                numbers[token.lower] = number
                content.insert(number)
            }
            return content.sorted()
        }
    }

    static func common(_ a: [Int], _ b: [Int]) -> Int {
        var (i, j, count) = (0, 0, 0)
        while i < a.count, j < b.count {
            if a[i] == b[j] { (i, j, count) = (i + 1, j + 1, count + 1) } else if a[i] < b[j] { i += 1 } else { j += 1 }
        }
        return count
    }

    private static func likeness(_ a: [Int], _ b: [Int]) -> Double {
        let common = common(a, b)
        return common == 0 ? 0 : Double(common) / Double(a.count + b.count - common)
    }

    /// TextRank of each sentence; its mean is 1 in each piece, so pieces compare.
    package func rank(_ contents: [[Int]]) -> [Double] {
        var ranks: [Double] = []
        for start in stride(from: 0, to: contents.count, by: LanguageLimits.rankedTogether) {
            ranks += Self.rankPiece(Array(contents[start..<min(contents.count, start + LanguageLimits.rankedTogether)]))
        }
        return ranks
    }

    private static func rankPiece(_ contents: [[Int]]) -> [Double] {
        let n = contents.count
        var weights = [[Double]](repeating: [Double](repeating: 0, count: n), count: n)
        for i in 0..<n where contents[i].count > 1 {
            for j in 0..<i where contents[j].count > 1 {
                let weight = Double(common(contents[i], contents[j])) / (naturalLog(Double(contents[i].count)) + naturalLog(Double(contents[j].count)))
                (weights[i][j], weights[j][i]) = (weight, weight)
            }
        }
        let totals = weights.map { $0.reduce(0, +) }
        var ranks = [Double](repeating: 1, count: n)
        for _ in 0..<LanguageLimits.rankSteps {
            var next = [Double](repeating: 1 - damping, count: n)
            for j in 0..<n where totals[j] > 0 {
                let share = damping * ranks[j] / totals[j]
                for i in 0..<n { next[i] += share * weights[j][i] }
            }
            let change = zip(next, ranks).map { abs($0 - $1) }.max() ?? 0
            ranks = next
            if change < converged { break }
        }
        return ranks
    }
}
