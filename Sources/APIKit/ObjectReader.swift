package import StrictJSON
internal import Suggestion

/// Typed access to the fields of a request object. What nobody asked for is named in `notices`.
package struct ObjectReader {
    let json: JSON
    private let path: String
    private var known: Set<String> = []

    package init(_ json: JSON, path: String = "") {
        self.json = json
        self.path = path
    }

    private func field(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }

    private mutating func value(_ name: String) -> JSON? {
        known.insert(name)
        let value = json[name]
        return value == .null ? nil : value
    }

    /// - Parameter name: a field of this object, or a dotted path below it; the error repeats what is there.
    package func invalid(_ name: String, _ issue: String) -> ServiceError {
        .invalid(field: field(name), issue: issue, provided: provided(name))
    }

    /// What was sent at a dotted path below this object.
    package func provided(_ name: String) -> JSON? {
        var value: JSON? = json
        for part in name.split(separator: ".") { value = value?[String(part)] }
        return value
    }

    package func missing(_ name: String) -> ServiceError { .invalid(field: field(name), issue: "is missing", provided: nil) }

    package mutating func raw(_ name: String) -> JSON? { value(name) }

    package mutating func whole(_ name: String, _ range: ClosedRange<Int64>) throws(ServiceError) -> Int64? {
        guard let value = value(name) else { return nil }
        guard let number = value.whole, range.contains(number) else {
            throw invalid(name, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    package mutating func integer(_ name: String, _ range: ClosedRange<Int>) throws(ServiceError) -> Int? {
        try whole(name, Int64(range.lowerBound)...Int64(range.upperBound)).map(Int.init)
    }

    package mutating func number(_ name: String) throws(ServiceError) -> Double? {
        guard let value = value(name) else { return nil }
        guard let number = value.double else { throw invalid(name, "must be a number") }
        return number
    }

    package mutating func flag(_ name: String) throws(ServiceError) -> Bool? {
        guard let value = value(name) else { return nil }
        guard let flag = value.truth else { throw invalid(name, "must be true or false") }
        return flag
    }

    /// - Parameter bytes: how long the text may be.
    package mutating func text(_ name: String, bytes: ClosedRange<Int> = 1...256) throws(ServiceError) -> String? {
        guard let value = value(name) else { return nil }
        guard let text = value.text, bytes.contains(text.utf8.count) else {
            throw invalid(name, "must be a string of \(bytes.lowerBound) to \(bytes.upperBound) bytes")
        }
        return text
    }

    /// A text that no error repeats.
    package mutating func secret(_ name: String, bytes: ClosedRange<Int> = 1...256) throws(ServiceError) -> String? {
        guard let value = value(name) else { return nil }
        guard let text = value.text, bytes.contains(text.utf8.count) else {
            throw .invalid(field: field(name), issue: "must be a string of \(bytes.lowerBound) to \(bytes.upperBound) bytes", provided: nil)
        }
        return text
    }

    /// A name by the rule of `isName`.
    package mutating func name(_ name: String) throws(ServiceError) -> String? {
        guard let value = value(name) else { return nil }
        guard let text = value.text, isName(text) else { throw invalid(name, nameRule) }
        return text
    }

    package mutating func choice(_ name: String, _ choices: [String]) throws(ServiceError) -> String? {
        guard let value = value(name) else { return nil }
        guard let text = value.text, choices.contains(text) else {
            throw notAmong(choices, value, at: field(name))
        }
        return text
    }

    package mutating func object(_ name: String) throws(ServiceError) -> ObjectReader? {
        guard let value = value(name) else { return nil }
        guard value.members != nil else { throw invalid(name, "must be an object") }
        return ObjectReader(value, path: field(name))
    }

    package mutating func texts(_ name: String, atMost limit: Int) throws(ServiceError) -> [String]? {
        guard let value = value(name) else { return nil }
        guard let elements = value.elements, elements.count <= limit else {
            throw invalid(name, "must be a list of at most \(limit) strings")
        }
        var texts: [String] = []
        for element in elements {
            guard let text = element.text, (1...256).contains(text.utf8.count) else {
                throw .invalid(field: field(name), issue: "must be a list of strings of 1 to 256 bytes", provided: element)
            }
            texts.append(text)
        }
        return texts
    }

    /// A notice for each field of `names` that was sent although it changes nothing.
    package mutating func withoutEffect(_ names: [String], _ why: String) -> [JSON] {
        names.filter { value($0) != nil }.map { notice("NO_EFFECT", field($0), why) }
    }

    /// Marks fields as read that another reader takes.
    package mutating func know(_ names: [String]) { known.formUnion(names) }

    /// One notice for each field that was sent and not used.
    package var notices: [JSON] {
        unknown((json.members ?? []).map(\.name).filter { !known.contains($0) }, of: known.sorted(), field)
    }
}

/// A word that is not among those of a closed list.
func notAmong(_ choices: [String], _ value: JSON, at path: String) -> ServiceError {
    let near = value.text.flatMap { nearest($0, in: choices) }
    let meant = near.map { "; did you mean '\($0)'?" } ?? ""
    return .invalid(field: path, issue: "must be one of \(choices.joined(separator: ", "))\(meant)", provided: value)
}

/// `{code, field, message}`: something was accepted that has no effect.
package func notice(_ code: String, _ field: String, _ message: String) -> JSON {
    ["code": .string(code), "field": .string(field), "message": .string(message)]
}

/// Notices for names nobody knows, with the name that was perhaps meant. There are never many: a body of a megabyte can
/// hold a hundred thousand of them.
package func unknown(_ names: [String], of known: [String], _ field: (String) -> String) -> [JSON] {
    var notices = names.prefix(Limits.notices).map { name in
        var message = "this field is not known here and was ignored"
        if let near = nearest(name, in: known) { message += "; did you mean '\(near)'?" }
        let shown = looksLikeCredential(name) ? "(not shown)" : name.clipped(Limits.noticeNameBytes)
        return notice("UNKNOWN_FIELD", field(shown), message)
    }
    if names.count > Limits.notices {
        notices.append(notice("UNKNOWN_FIELD", field("…"), "\(names.count - Limits.notices) more fields are not known here and were ignored"))
    }
    return notices
}
