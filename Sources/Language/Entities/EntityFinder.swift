/// Finds entities by their form and by short lists of names. Forms go for all European languages, names for English texts.
package struct EntityFinder: Sendable {
    private struct Reading {
        let text: Text
        let tokens: [Token]
        /// Tokens that begin a sentence.
        let firsts: Set<Int>
        func lower(_ i: Int) -> String { tokens.indices.contains(i) ? tokens[i].lower : "" }
        func plain(_ i: Int) -> String { tokens.indices.contains(i) ? tokens[i].text : "" }
        func number(_ i: Int) -> Int? { tokens.indices.contains(i) && tokens[i].kind == .number ? Int(tokens[i].text) : nil }
        func touches(_ i: Int) -> Bool { i > 0 && tokens.indices.contains(i) && tokens[i - 1].end == tokens[i].start }
        func isName(_ i: Int) -> Bool { tokens.indices.contains(i) && tokens[i].kind == .word && tokens[i].isCapital }
    }
    private typealias Rule = (Reading, Int) -> (Entity.Label, Int)?

    package init() {}

    /// From left to right; where several rules apply, the first one of the list.
    /// - Parameter names: whether names are looked for, which are English.
    package func find(_ text: Text, _ sentences: [Sentence], names: Bool) -> [Entity] {
        var firsts: Set<Int> = []
        var tokens: [Token] = []
        for sentence in sentences {
            firsts.insert(tokens.count)
            tokens += sentence.tokens
        }
        let reading = Reading(text: text, tokens: tokens, firsts: firsts)
        let rules: [Rule] = [address, dateByNumbers, time, money, percent, phone] + (names ? [dateByName, organisation, person, place, product] : [])
        var found: [Entity] = []
        var i = 0
        while i < tokens.count, found.count < LanguageLimits.entities {
            var next = i + 1
            for rule in rules {
                guard let (label, count) = rule(reading, i) else { continue }
                // A rule may begin later than where it looked.
                let start = label == .product && count > 1 ? i + count - 1 : label == .person && isTitle(reading, i) ? afterTitle(reading, i) : i
                let from = tokens[start].start
                var to = tokens[i + count - 1].end
                // The possessive is not of the name.
                if ["'s", "\u{2019}s"].contains(where: { tokens[i + count - 1].kind == .word && tokens[i + count - 1].text.hasSuffix($0) }) { to -= 2 }
                found.append(Entity(label: label, start: from, end: to, text: text.part(from, to)))
                next = i + count
                break
            }
            i = next
        }
        return found
    }

    // MARK: Forms

    private func address(_ r: Reading, _ i: Int) -> (Entity.Label, Int)? {
        switch r.tokens[i].kind {
        case .mail: (.mail, 1)
        case .address: (.address, 1)
        default: nil
        }
    }

    /// `2024-05-17`, `17/05/2024`, `17.5.2024`.
    private func dateByNumbers(_ r: Reading, _ i: Int) -> (Entity.Label, Int)? {
        guard r.tokens[i].kind == .number else { return nil }
        let own = r.plain(i).split(separator: ".", omittingEmptySubsequences: false).map { Int($0) }
        if own.count == 3, let day = own[0], let month = own[1], let year = own[2], isDay(day), isMonth(month), isYear(year) { return (.date, 1) }
        guard ["-", "/"].contains(r.plain(i + 1)), r.plain(i + 1) == r.plain(i + 3), r.touches(i + 1), r.touches(i + 2), r.touches(i + 3), r.touches(i + 4),
            let a = r.number(i), let b = r.number(i + 2), let c = r.number(i + 4)
        else { return nil }
        let isRight = isYear(a) ? isMonth(b) && isDay(c) : (isDay(a) && isMonth(b) || isMonth(a) && isDay(b)) && (isYear(c) || (0...99).contains(c))
        return isRight ? (.date, 5) : nil
    }

    private func isDay(_ n: Int) -> Bool { (1...31).contains(n) }
    private func isMonth(_ n: Int) -> Bool { (1...12).contains(n) }
    private func isYear(_ n: Int) -> Bool { (1000...2999).contains(n) }

    /// `14:30`, `9:05:30 am`, `5 p.m.`, `noon`.
    private func time(_ r: Reading, _ i: Int) -> (Entity.Label, Int)? {
        if ["noon", "midnight"].contains(r.lower(i)) { return (.time, 1) }
        func half(_ at: Int) -> Int {
            if ["am", "pm"].contains(r.lower(at)) { return 1 }
            let isDotted = ["a", "p"].contains(r.lower(at)) && r.plain(at + 1) == "." && r.lower(at + 2) == "m" && r.touches(at + 1) && r.touches(at + 2)
            return isDotted ? (r.plain(at + 3) == "." ? 4 : 3) : 0
        }
        let joined = r.lower(i)
        if r.tokens[i].kind == .word, joined.hasSuffix("am") || joined.hasSuffix("pm"), let hour = Int(joined.dropLast(2)), (1...12).contains(hour) {
            return (.time, 1)
        }
        guard let hour = r.number(i), hour < 25 else { return nil }
        guard r.plain(i + 1) == ":", r.touches(i + 1), r.touches(i + 2) else {
            let words = half(i + 1)
            if words > 0, (1...12).contains(hour) { return (.time, 1 + words) }
            return ["o'clock", "o\u{2019}clock"].contains(r.lower(i + 1)) ? (.time, 2) : nil
        }
        let minutes = r.lower(i + 2)
        let digits = minutes.prefix { $0.isNumber }
        guard digits.count == 2, let minute = Int(digits), minute < 60 else { return nil }
        if digits.count < minutes.count { return ["am", "pm"].contains(minutes.dropFirst(2)) ? (.time, 3) : nil }
        let seconds = r.plain(i + 3) == ":" && r.touches(i + 3) && r.touches(i + 4) && r.number(i + 4).map { $0 < 60 } == true ? 2 : 0
        return (.time, 3 + seconds + half(i + 3 + seconds))
    }

    /// `$3.5 million`, `20 €`, `five` is no number here.
    private func money(_ r: Reading, _ i: Int) -> (Entity.Label, Int)? {
        func isNumber(_ at: Int) -> Bool { r.tokens.indices.contains(at) && r.tokens[at].kind == .number }
        if Gazetteers.currencySigns.contains(r.plain(i)) {
            guard r.tokens.indices.contains(i + 1) else { return nil }
            let amount = r.tokens[i + 1]
            // `$5m` is one word after the sign.
            let isJoined =
                amount.kind == .word && amount.lower.first?.isNumber == true && Gazetteers.magnitudes.contains(String(amount.lower.drop { $0.isNumber }))
            guard isNumber(i + 1) || isJoined else { return nil }
            return (.money, Gazetteers.magnitudes.contains(r.lower(i + 2)) ? 3 : 2)
        }
        guard isNumber(i) else { return nil }
        let scale = Gazetteers.magnitudes.contains(r.lower(i + 1)) ? 1 : 0
        guard Gazetteers.currencySigns.contains(r.plain(i + 1 + scale)) || Gazetteers.currencies.contains(r.lower(i + 1 + scale)) else { return nil }
        return (.money, 2 + scale)
    }

    private func percent(_ r: Reading, _ i: Int) -> (Entity.Label, Int)? {
        guard r.tokens[i].kind == .number else { return nil }
        if r.plain(i + 1) == "%" || ["percent", "prozent", "procent"].contains(r.lower(i + 1)) { return (.percent, 2) }
        return r.lower(i + 1) == "per" && r.lower(i + 2) == "cent" ? (.percent, 3) : nil
    }

    /// Seven to fifteen digits (E.164) in groups, that begin with + or 0 or a bracket, or are grouped by hyphens.
    private func phone(_ r: Reading, _ i: Int) -> (Entity.Label, Int)? {
        let begins = r.plain(i) == "+" && r.touches(i + 1) || r.plain(i) == "("
        guard begins || r.tokens[i].kind == .number, i == 0 || !r.touches(i) || r.plain(i - 1) == ":" else { return nil }
        var (at, digits, hyphens, last) = (i, 0, 0, i)
        while r.tokens.indices.contains(at), at - i < 16 {
            let token = r.tokens[at]
            if token.kind == .number, token.text.allSatisfy({ $0.isNumber || $0 == "." }) {
                digits += token.text.count { $0.isNumber }
                last = at
            } else if token.text == "-" && r.touches(at) && r.touches(at + 1) {
                hyphens += 1
            } else if !["(", ")"].contains(token.text) && !(token.text == "+" && at == i) && !(token.text == "/" && r.touches(at)) {
                break
            }
            at += 1
        }
        guard (7...15).contains(digits), last > i else { return nil }
        return begins || hyphens > 1 || r.plain(i).hasPrefix("0") ? (.phone, last - i + 1) : nil
    }

    // MARK: Names

    /// `17 May 2024`, `May 17th, 2024`, `May 2024`, `next Monday`.
    private func dateByName(_ r: Reading, _ i: Int) -> (Entity.Label, Int)? {
        func day(_ at: Int) -> Bool {
            if let number = r.number(at) { return isDay(number) }
            let word = r.lower(at)
            let isOrdinal = ["st", "nd", "rd", "th"].contains { word.hasSuffix($0) }
            return isOrdinal && Int(word.dropLast(2)).map(isDay) == true
        }
        func year(_ at: Int) -> Bool { r.number(at).map(isYear) == true && r.plain(at).count == 4 }
        func month(_ at: Int) -> Bool { Gazetteers.months.contains(r.lower(at)) && r.isName(at) }
        if Gazetteers.relativeDays.contains(r.lower(i)) || Gazetteers.days.contains(r.lower(i)) && r.isName(i) { return (.date, 1) }
        if day(i) {
            let of = r.lower(i + 1) == "of" ? 1 : 0
            if month(i + 1 + of) { return (.date, 2 + of + (year(i + 2 + of) ? 1 : 0)) }
        }
        guard month(i) else { return nil }
        if year(i + 1) { return (.date, 2) }
        if day(i + 1) {
            if year(i + 2) { return (.date, 3) }
            return (.date, r.plain(i + 2) == "," && year(i + 3) ? 4 : 2)
        }
        // May begins sentences and is a verb; the other long names are dates.
        return r.lower(i) != "may" && r.lower(i) != "march" && r.plain(i).count > 4 ? (.date, 1) : nil
    }

    /// Names in a row, from `i` on.
    private func row(_ r: Reading, _ i: Int) -> Int {
        var count = 0
        while r.isName(i + count), count < 6 { count += 1 }
        return count
    }

    private func listed(_ list: Set<String>, _ r: Reading, _ i: Int) -> Int? {
        guard r.isName(i) else { return nil }
        for count in stride(from: 3, through: 1, by: -1) where r.tokens.indices.contains(i + count - 1) {
            var name = (0..<count).map { r.lower(i + $0) }.joined(separator: " ")
            for ending in ["'s", "\u{2019}s"] where name.hasSuffix(ending) { name.removeLast(2) }
            if list.contains(name), count == 1 || r.isName(i + count - 1) { return count }
        }
        return nil
    }

    private func organisation(_ r: Reading, _ i: Int) -> (Entity.Label, Int)? {
        if let count = listed(Gazetteers.organisations, r, i), Gazetteers.asWritten[r.lower(i)].map({ $0 == r.plain(i) && !r.firsts.contains(i) }) ?? true {
            return (.organisation, count)
        }
        guard r.isName(i) else { return nil }
        if Gazetteers.organisationBeginnings.contains(r.lower(i)), r.lower(i + 1) == "of", r.isName(i + 2) { return (.organisation, 2 + min(3, row(r, i + 2))) }
        var start = i
        if r.firsts.contains(i), LanguageSample.smallWords("en").contains(r.lower(i)) { start = i + 1 }
        guard start == i else { return nil }
        let count = row(r, i)
        guard count > 1, let last = (1..<count).last(where: { Gazetteers.organisationEndings.contains(r.lower(i + $0)) }) else { return nil }
        return (.organisation, last + 1)
    }

    private func isTitle(_ r: Reading, _ i: Int) -> Bool { Gazetteers.titles.contains(r.lower(i)) && r.isName(i) }
    private func afterTitle(_ r: Reading, _ i: Int) -> Int { r.plain(i + 1) == "." ? i + 2 : i + 1 }

    /// A given name with what follows it, or what follows a title.
    private func person(_ r: Reading, _ i: Int) -> (Entity.Label, Int)? {
        func length(_ at: Int) -> Int {
            var count = 0
            while count < 4, r.isName(at + count) {
                // `Maria Curie's` ends with the name.
                count += 1
                if r.plain(at + count - 1).hasSuffix("'s") { break }
                if r.plain(at + count - 1).count == 1, r.plain(at + count) == ".", r.isName(at + count + 1) { count += 1 }
            }
            return count
        }
        if isTitle(r, i) {
            let start = afterTitle(r, i)
            let count = length(start)
            return count > 0 && !Gazetteers.places.contains(r.lower(start)) ? (.person, start - i + count) : nil
        }
        guard r.isName(i), Gazetteers.givenNames.contains(r.lower(i)) else { return nil }
        return (.person, max(1, length(i)))
    }

    private func place(_ r: Reading, _ i: Int) -> (Entity.Label, Int)? { listed(Gazetteers.places, r, i).map { (.place, $0) } }

    /// `this phone`, `my new laptop`: the noun after a word that points at it.
    private func product(_ r: Reading, _ i: Int) -> (Entity.Label, Int)? {
        guard ["this", "that", "the", "my", "your", "our", "these"].contains(r.lower(i)) else { return nil }
        if Gazetteers.products.contains(r.lower(i + 1)) { return (.product, 2) }
        return ["new", "old", "whole"].contains(r.lower(i + 1)) && Gazetteers.products.contains(r.lower(i + 2)) ? (.product, 3) : nil
    }
}
