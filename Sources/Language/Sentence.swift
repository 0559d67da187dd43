/// A sentence of a text: a range of scalars without the space around it, and its tokens.
package struct Sentence: Sendable {
    package var start: Int
    package var end: Int
    package var tokens: ArraySlice<Token>
    /// Tokens with letters or digits.
    package var wordCount: Int { tokens.count { $0.kind != .mark } }
}

/// After these a full stop ends no sentence. Titles and the like, as they are written in English, German, French, Spanish, Italian,
/// Dutch, Portuguese, Swedish and Polish.
private let abbreviations: Set<String> = [
    "mr", "mrs", "ms", "dr", "prof", "rev", "hon", "st", "sr", "jr", "gen", "col", "capt", "lt", "sgt", "sen", "rep", "gov", "pres",
    "vs", "eg", "ie", "cf", "al", "fig", "figs", "vol", "pp", "ed", "eds", "approx", "dept", "univ", "inc", "ltd", "corp",
    "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec",
    "bzw", "ca", "evtl", "ggf", "inkl", "nr", "sog", "usw", "vgl", "zb", "bspw", "hr", "fr", "abs", "art", "str",
    "mme", "mlle", "av", "env", "sra", "srta", "ud", "uds", "pág", "sig", "ing", "dott", "avv", "ecc", "dhr", "mevr", "bijv", "resp",
    "bl", "dvs", "exkl", "np", "tzn", "tj", "ul", "godz", "wg",
]
/// Left out where the number before them is a day: `am 3. Mai`.
private let months: Set<String> = [
    "januar", "jänner", "februar", "märz", "april", "mai", "juni", "juli", "august", "september", "oktober", "november", "dezember",
]

extension Text {
    /// Sentences: up to a mark that ends one, with the quotes and brackets that close after it, or up to an empty line.
    package func sentences(_ tokens: [Token]) -> [Sentence] {
        var sentences: [Sentence] = []
        var first = 0
        for i in tokens.indices {
            let isLast = i == tokens.count - 1
            guard isLast || hasEmptyLine(tokens[i].end, tokens[i + 1].start) || ends(tokens, i) else { continue }
            sentences.append(Sentence(start: tokens[first].start, end: tokens[i].end, tokens: tokens[first...i]))
            first = i + 1
        }
        return sentences
    }

    private func hasEmptyLine(_ start: Int, _ end: Int) -> Bool { scalars[start..<end].count { $0 == "\n" } > 1 }

    /// Whether a sentence ends with this token, which is not the last one.
    private func ends(_ tokens: [Token], _ i: Int) -> Bool {
        func isClosing(_ token: Token) -> Bool { token.kind == .mark && ["\"", "'", "\u{201D}", "\u{2019}", "\u{00BB}", ")", "]"].contains(token.text) }
        let next = tokens[i + 1]
        var mark = i
        while mark > 0, i - mark < LanguageLimits.closingMarks, isClosing(tokens[mark]), tokens[mark].start == tokens[mark - 1].end { mark -= 1 }
        switch tokens[mark].text {
        case "。", "！", "？": return !isClosing(next)
        case "!", "?", "\u{2026}", ".": break
        default: return false
        }
        // Inside something (`3.5`, `?!`), or closed by what comes.
        guard next.start > tokens[i].end else { return false }
        if let letter = next.text.unicodeScalars.first, letter.properties.isLowercase { return false }
        guard tokens[mark].text == ".", mark > 0, tokens[mark - 1].end == tokens[mark].start else { return true }
        let before = tokens[mark - 1]
        if before.kind == .word {
            if abbreviations.contains(before.lower) || next.kind == .number && ["no", "nos"].contains(before.lower) { return false }
            // An initial (`J. Smith`), or the end of something like `z. B.` and `e.g.`; `I` ends sentences.
            if before.text.unicodeScalars.count == 1, before.text != "I" { return false }
        }
        return !(before.kind == .number && before.text.unicodeScalars.count <= 2 && months.contains(next.lower))
    }
}
