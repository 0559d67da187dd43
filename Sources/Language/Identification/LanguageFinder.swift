/// Finds the language of a text: by its script where that is enough, otherwise by naive Bayes over one to three neighbouring characters
/// (Cavnar and Trenkle 1994 count the same things) and over small words.
package struct LanguageFinder: Sendable {
    package struct Finding: Sendable, Equatable {
        /// ISO 639-1.
        package var language: String
        /// How much likelier than the others, 0 to 1; no measured probability.
        package var score: Double
    }

    /// Small words count as if they stood in the sample this often.
    private static let smallWordTimes = 2.0
    /// What a small word says for its languages together, in natural logarithms. This and the next one were chosen on the labelled sentences.
    private static let smallWordWeight = 8.0
    /// What the letters of a name say, beside those of another word: names are the same in many languages.
    private static let nameWeight = 0.25
    /// Added to every count.
    private static let smoothing = 0.05
    /// Scalars of which a text tells nothing yet.
    private static let lettersMin = 3

    private let codes: [String]
    /// Logarithms of probabilities by n-gram, one for each language; whatever is not there has `unseen`.
    private let grams: [UInt64: [Float]]
    private let unseen: [Float]
    /// For the small words of each language.
    private let words: [String: [Int]]

    /// Trained from the samples; that takes some milliseconds, so it is done once.
    package static let shared = LanguageFinder(LanguageSample.all)
    package static var languages: [String] { (LanguageSample.all.map(\.code) + Script.single.map(\.code)).sorted() }

    init(_ samples: [LanguageSample]) {
        codes = samples.map(\.code)
        var counts: [UInt64: [Double]] = [:]
        var totals = [Double](repeating: 0, count: samples.count)
        var words: [String: [Int]] = [:]
        for (language, sample) in samples.enumerated() {
            func count(_ text: String, _ times: Double) {
                for word in Self.words(text.unicodeScalars) {
                    Self.grams(word.letters) { gram in
                        counts[gram, default: [Double](repeating: 0, count: samples.count)][language] += times
                        totals[language] += times
                    }
                }
            }
            count(sample.text, 1)
            for word in sample.smallWords.sorted() {
                count(word, Self.smallWordTimes)
                words[word, default: []].append(language)
            }
        }
        let kinds = Double(counts.count)
        let all = totals.map { $0 + Self.smoothing * kinds }
        grams = counts.mapValues { row in row.indices.map { Float(naturalLog((row[$0] + Self.smoothing) / all[$0])) } }
        unseen = all.map { Float(naturalLog(Self.smoothing / $0)) }
        self.words = words
    }

    /// nil: there are too few letters, or the script is none of a language that is known here.
    package func find(_ text: Text) -> Finding? {
        let scalars = text.scalars.prefix(LanguageLimits.detectionScalars)
        let letters = scalars.filter(\.isLetter)
        guard let script = Script.most(of: letters) else { return nil }
        if let code = script.code { return Finding(language: code, score: 1) }
        guard letters.count >= Self.lettersMin, script != .other else { return nil }
        var sums = [Double](repeating: 0, count: codes.count)
        for word in Self.words(scalars) {
            let owners = words[String(String.UnicodeScalarView(word.letters))]
            let weight = word.isName && owners == nil ? Self.nameWeight : 1
            Self.grams(word.letters) { gram in
                let row = grams[gram] ?? unseen
                for i in sums.indices { sums[i] += weight * Double(row[i]) }
            }
            // A small word that few languages have says more than its letters.
            for owner in owners ?? [] { sums[owner] += Self.smallWordWeight / Double(owners?.count ?? 1) }
        }
        for (i, code) in codes.enumerated() where (script == .cyrillic) != Script.cyrillicCodes.contains(code) { sums[i] = -.infinity }
        guard let best = sums.indices.max(by: { sums[$0] < sums[$1] }) else { return nil }
        let score = 1 / sums.reduce(0) { $0 + exponential(($1 - sums[best]) / 4) }
        return Finding(language: codes[best], score: score)
    }

    private struct Word {
        /// In lower case.
        var letters: [Unicode.Scalar] = []
        var isCapital: Bool
        var isFirst: Bool
        /// It has a capital within a sentence, or before another one.
        var isName = false
    }

    private static func words(_ scalars: some Sequence<Unicode.Scalar>) -> [Word] {
        var words: [Word] = []
        var (isInside, isFirst) = (false, true)
        for scalar in scalars {
            guard scalar.isLetter || scalar.isApostrophe else {
                isInside = false
                if ".!?:\n".unicodeScalars.contains(scalar) { isFirst = true }
                continue
            }
            if !isInside { words.append(Word(isCapital: scalar.properties.isUppercase, isFirst: isFirst)) }
            (isInside, isFirst) = (true, false)
            // The dot of a Turkish capital i is no letter of its own.
            words[words.count - 1].letters += scalar.isApostrophe ? ["'"] : scalar == "İ" ? ["i"] : Array(scalar.properties.lowercaseMapping.unicodeScalars)
        }
        for i in words.indices where words[i].isCapital {
            words[i].isName = !words[i].isFirst || (i + 1 < words.count && words[i + 1].isCapital && !words[i + 1].isFirst)
        }
        return words
    }

    /// One to three neighbours of a word with a space before and behind it. Nothing goes across words.
    private static func grams(_ word: [Unicode.Scalar], _ each: (UInt64) -> Void) {
        let spelt = [" "] + word + [" "]
        for i in spelt.indices {
            var gram: UInt64 = 0
            for length in 0..<3 where i + length < spelt.count {
                let next = spelt[i + length]
                gram = gram << 21 | UInt64(next.value)
                if length > 0 || next != " " { each(gram) }
            }
        }
    }
}

/// What a text is written in.
enum Script: Sendable, Equatable {
    case latin, cyrillic, greek, hebrew, thai, hangul, kana, han, other

    static let cyrillicCodes: Set<String> = ["ru", "uk", "bg"]
    /// Scripts of one language among the usual ones. Arabic and Devanagari have several, and are not told apart.
    static let single: [(script: Script, code: String)] = [(.greek, "el"), (.hebrew, "he"), (.thai, "th"), (.hangul, "ko"), (.kana, "ja"), (.han, "zh")]

    var code: String? { Self.single.first { $0.script == self }?.code }

    init(_ scalar: Unicode.Scalar) {
        self =
            switch scalar.value {
            case 0...0x024F, 0x1E00...0x1EFF: .latin
            case 0x0370...0x03FF, 0x1F00...0x1FFF: .greek
            case 0x0400...0x052F: .cyrillic
            case 0x0590...0x05FF: .hebrew
            case 0x0E00...0x0E7F: .thai
            case 0x1100...0x11FF, 0xAC00...0xD7AF: .hangul
            case 0x3040...0x30FF: .kana
            case 0x3400...0x4DBF, 0x4E00...0x9FFF, 0x20000...0x3FFFF: .han
            default: .other
            }
    }

    /// Of most letters; with kana among them, Han characters are Japanese.
    static func most(of letters: [Unicode.Scalar]) -> Script? {
        var counts: [(script: Script, count: Int)] = []
        for letter in letters {
            let script = Script(letter)
            if let i = counts.firstIndex(where: { $0.script == script }) { counts[i].count += 1 } else { counts.append((script, 1)) }
        }
        guard let most = counts.max(by: { $0.count < $1.count })?.script else { return nil }
        return most == .han && counts.contains { $0.script == .kana } ? .kana : most
    }
}
