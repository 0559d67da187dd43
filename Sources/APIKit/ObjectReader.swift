package import StrictJSON
internal import Suggestion

/// Typed access to the fields of a request object. What nobody asked for is named in `notices`.
package struct ObjectReader {
    private let json: JSON
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

    package func invalid(_ name: String, _ issue: String) -> ServiceError {
        .invalid(field: field(name), issue: issue, provided: json[name]?.encodedText)
    }

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

    package mutating func choice(_ name: String, _ choices: [String]) throws(ServiceError) -> String? {
        guard let text = try text(name) else { return nil }
        guard choices.contains(text) else { throw invalid(name, "must be one of \(choices.joined(separator: ", "))") }
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
                throw invalid(name, "must be a list of strings of 1 to 256 bytes")
            }
            texts.append(text)
        }
        return texts
    }

    /// One notice for each field that was sent and not used.
    package var notices: [JSON] {
        (json.members ?? []).filter { !known.contains($0.name) }.map { member in
            var message = "this field is not known here and was ignored"
            if let near = nearest(member.name, in: known.sorted()) { message += "; did you mean '\(near)'?" }
            return ["code": "UNKNOWN_FIELD", "field": .string(field(String(member.name.prefix(80)))), "message": .string(message)]
        }
    }
}
