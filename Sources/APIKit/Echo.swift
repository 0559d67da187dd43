package import StrictJSON

/// Beginnings of the credentials this product gives out: keys, enrolment, registration, update and refresh tokens, secrets of OAuth
/// clients, and signed tokens (a JOSE header in base64url).
package let credentialPrefixes = ["tk_live_", "mk_live_", "te_", "reg-", "tu_", "tcs_", "trf_", "eyJ"]
/// The shortest of them is longer.
private let credentialBytes = 40

/// Whether a text holds what could be one of our credentials, wherever the caller has put it.
package func looksLikeCredential(_ text: String) -> Bool {
    guard text.utf8.count >= credentialBytes else { return false }
    return text.split { !($0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_")) }.contains { word in
        word.utf8.count >= credentialBytes && credentialPrefixes.contains { word.contains($0) }
    }
}

extension JSON {
    /// What an error may repeat of a value from outside: the type stays, what is long is cut, what looks like a
    /// credential becomes null.
    package var echoed: JSON {
        var left = Limits.echoedBytes
        return echoed(&left)
    }

    private func echoed(_ left: inout Int) -> JSON {
        left -= 8
        switch self {
        case .null, .bool, .integer, .number: return self
        case .string(let text):
            if looksLikeCredential(text) { return .null }
            if text.utf8.count <= left {
                left -= text.utf8.count
                return self
            }
            var cut = ""
            for character in text {
                guard character.utf8.count <= left else { break }
                left -= character.utf8.count
                cut.append(character)
            }
            return .string(cut + "…")
        case .array(let elements):
            var kept: [JSON] = []
            for element in elements where left > 0 { kept.append(element.echoed(&left)) }
            return .array(kept)
        case .object(let members):
            var kept: [Member] = []
            for member in members where left > 0 {
                guard !looksLikeCredential(member.name), member.name.utf8.count <= left else { break }
                left -= member.name.utf8.count
                kept.append(Member(member.name, member.value.echoed(&left)))
            }
            return .object(kept)
        }
    }
}
