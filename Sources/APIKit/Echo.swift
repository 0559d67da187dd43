package import StrictJSON

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
