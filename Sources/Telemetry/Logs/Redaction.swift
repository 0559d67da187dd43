internal import StrictJSON

/// Takes secrets out of what is about to be kept. It looks for our own credentials and for the usual forms of others; a password in a
/// sentence it cannot know, so nobody writes one there.
package enum Redaction {
    package static let mark = "(redacted)"
    private static let secretWords: Set = ["password", "passwd", "passphrase", "secret", "authorization", "cookie", "credential", "credentials"]
    /// Only at the end of a name: `token` is a credential, `token_count` is none.
    private static let secretEndings: Set = ["token", "apikey", "key_pem", "api_key", "private_key", "admin_key"]

    /// Whether a field of this name holds a secret: `registration_token`, `X-API-Key`, `clientSecret`.
    package static func isSecret(name: String) -> Bool {
        var words: [String] = [""]
        var before: Character = "_"
        for character in name {
            if !(character.isLetter || character.isNumber) {
                words.append("")
            } else {
                if character.isUppercase, before.isLowercase || before.isNumber { words.append("") }
                words[words.count - 1] += character.lowercased()
            }
            before = character
        }
        words.removeAll(where: \.isEmpty)
        if words.contains(where: secretWords.contains) { return true }
        return secretEndings.contains(words.suffix(1).joined()) || secretEndings.contains(words.suffix(2).joined(separator: "_"))
    }

    /// The same text without what looks like a credential, a bearer token, a JWT, a private key in PEM, or a password in a URL.
    package static func clean(_ text: String) -> String {
        // No form that is looked for is shorter.
        guard text.utf8.count >= 8 else { return text }
        var clean = text
        if clean.contains("PRIVATE KEY-----") { clean = withoutKeys(clean) }
        if clean.contains("://") { clean = withoutUserInfo(clean) }
        return withoutWords(clean)
    }

    /// From its first line to its last, or to the end.
    private static func withoutKeys(_ text: String) -> String {
        var (clean, rest) = ("", text[...])
        while let begin = rest.firstRange(of: "-----BEGIN ") {
            clean += rest[..<begin.lowerBound]
            let body = rest[begin.upperBound...]
            guard let title = body.firstRange(of: "-----"), body[..<title.lowerBound].hasSuffix("PRIVATE KEY") else {
                clean += "-----BEGIN "
                rest = body
                continue
            }
            clean += mark
            let end = body.firstRange(of: "-----END ").flatMap { end in body[end.upperBound...].firstRange(of: "-----") }
            rest = end.map { body[$0.upperBound...] } ?? ""
        }
        return clean + rest
    }

    private static func withoutUserInfo(_ text: String) -> String {
        var (clean, rest) = ("", text[...])
        while let scheme = rest.firstRange(of: "://") {
            clean += rest[..<scheme.upperBound]
            rest = rest[scheme.upperBound...]
            let authority = rest.prefix { !$0.isWhitespace && $0 != "/" && $0 != "?" && $0 != "#" && $0 != "\"" }
            if let at = authority.lastIndex(of: "@") {
                clean += mark
                rest = rest[at...]
            }
        }
        return clean + rest
    }

    private static func withoutWords(_ text: String) -> String {
        var clean = ""
        var rest = text[...]
        var before: Substring = ""
        while !rest.isEmpty {
            let gap = rest.prefix { !isWordCharacter($0) }
            clean += gap
            rest = rest[gap.endIndex...]
            let word = rest.prefix(while: isWordCharacter)
            guard !word.isEmpty else { break }
            if isValue(after: before, gap) {
                clean += mark
                rest = rest[rest.prefix { !endsValue($0) }.endIndex...]
            } else {
                let follows = gap.allSatisfy { $0 == " " } && word.utf8.count >= 8 && isScheme(before, of: word)
                clean += follows || isJWT(word) || looksLikeCredential(String(word)) ? mark : String(word)
                rest = rest[word.endIndex...]
            }
            before = word
        }
        return clean
    }

    /// What follows `Bearer` is a credential, whatever it looks like; what follows `Basic` is one unless it is a word.
    private static func isScheme(_ scheme: Substring, of word: Substring) -> Bool {
        guard scheme.utf8.count <= 6 else { return false }
        switch scheme.lowercased() {
        case "bearer": return true
        case "basic": return word.contains { $0.isUppercase || $0.isNumber }
        default: return false
        }
    }

    /// Whether what comes is the value of a secret, as in `password=x` and `"client_secret": "x"`.
    private static func isValue(after name: Substring, _ gap: Substring) -> Bool {
        guard gap.contains(where: { $0 == ":" || $0 == "=" }), gap.utf8.count <= 8, name.utf8.count <= Limits.nameBytes else { return false }
        return gap.allSatisfy { " \"':=\\".contains($0) } && isSecret(name: String(name))
    }

    private static func endsValue(_ character: Character) -> Bool { character.isWhitespace || "\"',&;}])".contains(character) }

    private static func isWordCharacter(_ character: Character) -> Bool { isCredentialCharacter(character) || "./+~".contains(character) }

    /// Three parts of base64url, of which the first begins as `{"` does.
    private static func isJWT(_ word: Substring) -> Bool {
        let parts = word.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count >= 3, word.utf8.count >= 30 else { return false }
        return parts[0].contains("eyJ") && parts.allSatisfy { $0.allSatisfy(isCredentialCharacter) }
    }

    /// What is kept of a text. It is cut before it is looked through, so that long ones cost no more than others; a secret that lies
    /// across the limit is still seen.
    package static func kept(_ text: String, bytes: Int) -> String { clean(text.clipped(bytes + Limits.secretBytes)).clipped(bytes) }

    /// What is kept of an entry's fields.
    package static func kept(_ fields: [String: String]) -> [String: String] {
        var kept: [String: String] = [:]
        for (name, value) in fields.sorted(by: { $0.key < $1.key }).prefix(Limits.fields) {
            // A name may hold a secret, too.
            let shown = Self.kept(name, bytes: Limits.nameBytes)
            kept[shown] = isSecret(name: name.clipped(Limits.nameBytes)) ? mark : Self.kept(value, bytes: Limits.fieldBytes)
        }
        return kept
    }
}
