/// What a text thinks of its matter, by a lexicon and rules for English: negation, degree, contrast, emphasis. Hutto and Gilbert (2014) describe rules
/// of this kind; the lexicon and the weights are our own.
package struct SentimentReader: Sendable {
    package enum Label: String, Sendable, CaseIterable { case positive, neutral, negative }

    package struct Sentiment: Sendable, Equatable {
        /// -1 to 1.
        package var polarity: Double
        /// 0 to 1: the mean strength of the opinion words; 0 without any.
        package var subjectivity: Double
        package var label: Label
    }

    /// Polarities that are closer to zero are neutral.
    private static let neutralBelow = 0.1
    /// Words in front of an opinion word that may turn it.
    private static let reach = 3
    /// A negated strength is multiplied with this: `not good` is less bad than `bad`.
    private static let negated = -0.7
    /// How fast sums near ±1: polarity is s / √(s² + this).
    private static let saturation = 12.0

    package init() {}

    package func read(_ sentences: [Sentence]) -> Sentiment {
        var (sums, strengths): ([Double], [Double]) = ([], [])
        for sentence in sentences {
            let found = opinions(Array(sentence.tokens))
            strengths += found.map { abs($0.plain) / 4 }
            if !found.isEmpty { sums.append(found.reduce(0) { $0 + $1.strength }) }
        }
        // A sentence without opinion says nothing against the others.
        let polarity = sums.map { $0 / ($0 * $0 + Self.saturation).squareRoot() }.mean ?? 0
        let label: Label = polarity >= Self.neutralBelow ? .positive : polarity <= -Self.neutralBelow ? .negative : .neutral
        return Sentiment(polarity: polarity, subjectivity: min(1, strengths.mean ?? 0), label: label)
    }

    private struct Opinion {
        var strength: Double
        var plain: Double
        var at: Int
    }

    private func opinions(_ tokens: [Token]) -> [Opinion] {
        let words = tokens.filter { $0.kind == .word }
        let names = words.map { $0.lower.replacing("\u{2019}", with: "'") }
        let isShouted = words.count > 1 && words.allSatisfy(\.isAcronym)
        var found: [Opinion] = []
        for i in names.indices {
            guard let plain = Lexicon.strength(names[i]), !isOther(names, i) else { continue }
            var strength = plain
            if words[i].isAcronym, !isShouted { strength *= 1.25 }
            let before = max(0, i - Self.reach)..<i
            for j in before {
                guard let degree = Lexicon.degrees[names[j]], j == i - 1 || j == i - 2 && Lexicon.degrees[names[i - 1]] != nil else { continue }
                // `too good` praises, `too loud` complains: as it is, either way.
                strength *= degree
            }
            if isNegated(names, i, before) { strength *= Self.negated }
            found.append(Opinion(strength: strength, plain: plain, at: i))
        }
        weigh(&found, names)
        let marks = min(3, tokens.count { $0.text == "!" })
        for i in found.indices { found[i].strength *= 1 + 0.1 * Double(marks) }
        return found
    }

    private func isNegated(_ names: [String], _ i: Int, _ before: Range<Int>) -> Bool {
        before.contains { j in
            guard Lexicon.negations.contains(names[j]) else { return false }
            // `no doubt`, `not only good`, and a negation on the other side of a contrast turn nothing.
            if names[j] == "not", j + 1 < names.count, names[j + 1] == "only" { return false }
            if names[j] == "far", j + 1 < names.count, names[j + 1] != "from" { return false }
            return !names[j..<i].contains { Lexicon.contrasts.contains($0) || $0 == "and" }
        }
    }

    /// Words that are opinions elsewhere: `pretty good`, `like a`, `kind of`, `well as`, `no problem`.
    private func isOther(_ names: [String], _ i: Int) -> Bool {
        let next = i + 1 < names.count ? names[i + 1] : ""
        let last = i > 0 ? names[i - 1] : ""
        switch names[i] {
        case "pretty", "little", "super": return Lexicon.strength(next) != nil
        case "like": return !["i", "we", "you", "they", "really", "would", "people", "don't", "didn't", "not", "to"].contains(last)
        case "kind": return next == "of" || ["this", "that", "a", "any", "some", "what"].contains(last) && next == "of"
        case "well": return next == "as" || last == "as"
        case "right": return ["now", "after", "before", "away"].contains(next)
        case "please", "need", "work", "new", "old", "help", "return", "care":
            return ["to", "the", "a", "at", "for", "of"].contains(last) || names[i] == "please"
        case "hard": return next == "drive" || next == "disk"
        case "free": return last == "feel"
        case "better": return last == "had"
        default: return false
        }
    }

    /// What stands before the last contrast weighs half, what stands after it half as much again; with `although` in front it is the other way round.
    private func weigh(_ found: inout [Opinion], _ names: [String]) {
        guard let turn = names.lastIndex(where: Lexicon.contrasts.contains) else { return }
        let concedes = ["although", "though", "except"].contains(names[turn])
        for i in found.indices {
            let isAfter = found[i].at > turn
            found[i].strength *= isAfter != concedes ? 1.5 : 0.5
        }
    }
}
