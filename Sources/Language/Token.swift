/// A piece of a text, in offsets of Unicode scalars.
package struct Token: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        /// Letters, with marks, digits and apostrophes among them.
        case word
        /// Digits, with points and commas between them.
        case number
        case mail
        case address
        /// One scalar of anything else that is no white space.
        case mark
    }
    package var kind: Kind
    package var start: Int
    package var end: Int
    /// As it stands there.
    package var text: String
    package var lower: String

    var isCapital: Bool { text.unicodeScalars.first?.properties.isUppercase ?? false }
    /// Two letters or more, all of them capitals.
    var isAcronym: Bool { text.unicodeScalars.count > 1 && text.unicodeScalars.allSatisfy { $0.properties.isUppercase || $0.isDigit } }
    var isWordlike: Bool { kind == .word || kind == .number }
}

extension Unicode.Scalar {
    var isLetter: Bool { isASCII ? ("a"..."z").contains(self) || ("A"..."Z").contains(self) : properties.isAlphabetic || isCombining }
    var isDigit: Bool { ("0"..."9").contains(self) }
    var isSpace: Bool { properties.isWhitespace }
    private var isCombining: Bool {
        switch properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark: true
        default: false
        }
    }
    /// Between letters it belongs to the word (UAX 29, MidLetter and MidNumLet, without the full stop and the colon).
    var isApostrophe: Bool { self == "'" || self == "\u{2019}" || self == "\u{00B7}" }
    /// Scripts that write without spaces: every scalar is a word there.
    var standsAlone: Bool {
        switch value {
        case 0x0E00...0x0E7F, 0x3040...0x30FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFAFF, 0x20000...0x3FFFF: true
        default: false
        }
    }
}

/// A text and its scalars.
package struct Text: Sendable {
    package let scalars: [Unicode.Scalar]

    package init(_ text: String) { scalars = Array(text.unicodeScalars) }

    /// Of offsets that are in it.
    package func part(_ start: Int, _ end: Int) -> String {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars[start..<end])
        return String(text)
    }

    func at(_ i: Int) -> Unicode.Scalar? { scalars.indices.contains(i) ? scalars[i] : nil }

    /// Words by the default rules of UAX 29 as far as European languages need them; mail and web addresses stay whole.
    package func tokens() -> [Token] {
        var tokens: [Token] = []
        var i = 0
        while i < scalars.count {
            let scalar = scalars[i]
            if scalar.isSpace {
                i += 1
                continue
            }
            let (kind, end) = extent(i)
            let text = part(i, end)
            tokens.append(Token(kind: kind, start: i, end: end, text: text, lower: text.lowercased()))
            i = end
        }
        return tokens
    }

    private func extent(_ i: Int) -> (Token.Kind, Int) {
        if let end = address(i) { return (.address, end) }
        if let end = mail(i) { return (.mail, end) }
        if scalars[i].standsAlone { return (.word, i + 1) }
        if scalars[i].isDigit { return number(i) }
        guard scalars[i].isLetter else { return (.mark, i + 1) }
        var end = i + 1
        while let next = at(end) {
            if (next.isLetter && !next.standsAlone) || next.isDigit || next == "_" {
                end += 1
            } else if next.isApostrophe, at(end + 1)?.isLetter == true {
                end += 2
            } else {
                break
            }
        }
        return (.word, end)
    }

    /// Digits; letters that follow without a space make it a word (`3rd`, `4K`).
    private func number(_ i: Int) -> (Token.Kind, Int) {
        var end = i + 1
        while let next = at(end) {
            if next.isDigit {
                end += 1
            } else if next == "." || next == ",", at(end + 1)?.isDigit == true {
                end += 2
            } else {
                break
            }
        }
        var last = end
        while let next = at(last), next.isLetter && !next.standsAlone { last += 1 }
        return last == end ? (.number, end) : (.word, last)
    }

    private func follows(_ i: Int, _ word: String) -> Bool {
        var at = i
        for scalar in word.unicodeScalars {
            guard let own = self.at(at), own == scalar || (own.isASCII && own.properties.lowercaseMapping == String(scalar)) else { return false }
            at += 1
        }
        return true
    }

    private func isInner(_ i: Int) -> Bool { i > 0 && (scalars[i - 1].isLetter || scalars[i - 1].isDigit) }

    private func address(_ i: Int) -> Int? {
        guard scalars[i].isLetter, !isInner(i) else { return nil }
        guard let beginning = ["https://", "http://", "ftp://", "www."].first(where: { follows(i, $0) }) else { return nil }
        let host = i + beginning.unicodeScalars.count
        guard let first = at(host), first.isLetter || first.isDigit else { return nil }
        var end = host
        while end < scalars.count, end - i < LanguageLimits.addressScalars, !scalars[end].isSpace, !"<>\"{}|\\^`".unicodeScalars.contains(scalars[end]) {
            end += 1
        }
        // Marks that end a sentence or a clause are not of the address; a bracket is where one was opened.
        let hasOpen = scalars[i..<end].contains("(")
        while end > host {
            let last = scalars[end - 1]
            guard !(last == ")" && hasOpen), ".,;:!?'\u{201D}\u{2019})]".unicodeScalars.contains(last) else { break }
            end -= 1
        }
        return end
    }

    /// The forms of RFC 5322 that people write: a dot-atom, an @ and a domain with a dot in it.
    private func mail(_ i: Int) -> Int? {
        func isAtom(_ scalar: Unicode.Scalar) -> Bool { scalar.isASCII && (scalar.isLetter || scalar.isDigit || "._%+-".unicodeScalars.contains(scalar)) }
        guard scalars[i].isASCII, scalars[i].isLetter || scalars[i].isDigit, !isInner(i) else { return nil }
        var at = i
        while let next = self.at(at), isAtom(next), at - i <= 64 { at += 1 }
        guard self.at(at) == "@" else { return nil }
        var end = at + 1
        while let next = self.at(end), next.isASCII, next.isLetter || next.isDigit || next == "-" || next == ".", end - at <= 255 { end += 1 }
        while end > at + 1, scalars[end - 1] == "." || scalars[end - 1] == "-" { end -= 1 }
        let domain = scalars[(at + 1)..<end]
        guard let dot = domain.lastIndex(of: "."), end - dot > 2, dot > at + 1, scalars[(dot + 1)..<end].allSatisfy(\.isLetter) else { return nil }
        return end
    }
}
