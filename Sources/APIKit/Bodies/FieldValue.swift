package import StrictJSON

/// A Swift type that a field of a body can have.
package protocol FieldValue: Sendable {
    static func schema(_ bounds: Bounds) -> Schema
    var json: JSON { get }
    /// - Parameters:
    ///   - path: of the field, for errors.
    ///   - notices: what was sent in it without effect is added.
    static func read(_ json: JSON, at path: String, _ bounds: Bounds, _ notices: inout [JSON]) throws(ServiceError) -> Self
    /// Whether a value may be left out, and which one it then is.
    static var absent: Self? { get }
}

extension FieldValue {
    package static var absent: Self? { nil }
}

/// What a field's values are held to besides their type.
package struct Bounds: Sendable {
    package var range: ClosedRange<Double>?
    /// Bytes of a text, elements of a list.
    package var count: ClosedRange<Int>?
    /// Bytes of each text in a list.
    package var elementBytes: ClosedRange<Int>?
    /// No error repeats the value.
    package var isSecret = false
    /// The range is only described: who takes the value holds it to that, and has words of its own for what is beyond.
    package var isHeldLater = false
    /// Of a request's field: what has no bound of its own is held to the usual ones.
    var isTaken = false
    package static let none = Bounds()
    package static let textBytes = 1...256

    package init(range: ClosedRange<Double>? = nil, count: ClosedRange<Int>? = nil, elementBytes: ClosedRange<Int>? = nil, isSecret: Bool = false) {
        self.range = range
        self.count = count
        self.elementBytes = elementBytes
        self.isSecret = isSecret
    }

    /// A whole number from `low` to `high`.
    package static func whole(_ range: ClosedRange<Int>) -> Bounds { Bounds(range: Double(range.lowerBound)...Double(range.upperBound)) }
    /// A text of so many bytes that no error repeats.
    package static func secret(_ bytes: ClosedRange<Int> = textBytes) -> Bounds { Bounds(count: bytes, isSecret: true) }
    /// Described here, and held to where the value is used.
    package static func later(_ range: ClosedRange<Double>) -> Bounds {
        var bounds = Bounds(range: range)
        bounds.isHeldLater = true
        return bounds
    }

    /// Of the elements of a list with these bounds.
    var ofElements: Bounds {
        var bounds = Bounds(range: range, count: elementBytes, isSecret: isSecret)
        bounds.isTaken = isTaken
        return bounds
    }

    /// As those of a request's field.
    var taken: Bounds {
        var bounds = self
        bounds.isTaken = true
        return bounds
    }

    /// Bytes, elements or members: the usual ones of a request's field that says no others.
    func counted(usually usual: ClosedRange<Int>) -> ClosedRange<Int>? { count ?? (isTaken ? usual : nil) }
    var wholeRange: ClosedRange<Int64>? { range.map { Self.whole($0.lowerBound)...Self.whole($0.upperBound) } }

    /// A bound beyond all whole numbers is the last one.
    private static func whole(_ bound: Double) -> Int64 { Int64(exactly: bound.rounded(.towardZero)) ?? (bound > 0 ? .max : .min) }
}

extension String: FieldValue {
    package static func schema(_ bounds: Bounds) -> Schema { .string(bytes: bounds.counted(usually: Bounds.textBytes)) }
    package var json: JSON { .string(self) }
    package static func read(_ json: JSON, at path: String, _ bounds: Bounds, _ notices: inout [JSON]) throws(ServiceError) -> String {
        let bytes = bounds.count ?? Bounds.textBytes
        guard let text = json.text, bytes.contains(text.utf8.count) else {
            throw .invalid(
                field: path, issue: "must be a string of \(bytes.lowerBound) to \(bytes.upperBound) bytes", provided: bounds.isSecret ? nil : json)
        }
        return text
    }
}

extension Bool: FieldValue {
    package static func schema(_ bounds: Bounds) -> Schema { .boolean }
    package var json: JSON { .bool(self) }
    package static func read(_ json: JSON, at path: String, _ bounds: Bounds, _ notices: inout [JSON]) throws(ServiceError) -> Bool {
        guard let flag = json.truth else { throw .invalid(field: path, issue: "must be true or false", provided: json) }
        return flag
    }
}

extension Int64: FieldValue {
    package static func schema(_ bounds: Bounds) -> Schema { .integer(bounds.wholeRange) }
    package var json: JSON { .integer(self) }
    package static func read(_ json: JSON, at path: String, _ bounds: Bounds, _ notices: inout [JSON]) throws(ServiceError) -> Int64 {
        guard let number = json.whole, bounds.wholeRange?.contains(number) ?? true else {
            let which = bounds.wholeRange.map { " from \($0.lowerBound) to \($0.upperBound)" } ?? ""
            throw .invalid(field: path, issue: "must be a whole number\(which)", provided: json)
        }
        return number
    }
}

extension Int: FieldValue {
    package static func schema(_ bounds: Bounds) -> Schema { Int64.schema(bounds) }
    package var json: JSON { .integer(Int64(self)) }
    package static func read(_ json: JSON, at path: String, _ bounds: Bounds, _ notices: inout [JSON]) throws(ServiceError) -> Int {
        Int(try Int64.read(json, at: path, bounds, &notices))
    }
}

extension Double: FieldValue {
    package static func schema(_ bounds: Bounds) -> Schema { .number(bounds.range) }
    package var json: JSON { JSON(self) }
    package static func read(_ json: JSON, at path: String, _ bounds: Bounds, _ notices: inout [JSON]) throws(ServiceError) -> Double {
        guard let number = json.double, bounds.isHeldLater || bounds.range?.contains(number) ?? true else {
            let which = bounds.isHeldLater ? "" : bounds.range.map { " from \($0.lowerBound) to \($0.upperBound)" } ?? ""
            throw .invalid(field: path, issue: "must be a number\(which)", provided: json)
        }
        return number
    }
}

/// Any value, as it came.
extension JSON: FieldValue {
    package static func schema(_ bounds: Bounds) -> Schema { .any }
    package var json: JSON { self }
    package static func read(_ json: JSON, at path: String, _ bounds: Bounds, _ notices: inout [JSON]) throws(ServiceError) -> JSON { json }
}

/// RFC 3339 in UTC.
package struct Timestamp: FieldValue, Hashable {
    package var milliseconds: Int64
    package init(milliseconds: Int64) { self.milliseconds = milliseconds }

    package static func schema(_ bounds: Bounds) -> Schema { .timestamp }
    package var json: JSON { .string(timestamp(milliseconds)) }
    package static func read(_ json: JSON, at path: String, _ bounds: Bounds, _ notices: inout [JSON]) throws(ServiceError) -> Timestamp {
        guard let text = json.text, let instant = APIKit.milliseconds(timestamp: text) else {
            throw .invalid(field: path, issue: "must be a time by RFC 3339, such as 2026-01-31T12:00:00Z", provided: json)
        }
        return Timestamp(milliseconds: instant)
    }
}

/// One of a closed list of words.
package protocol ChoiceValue: FieldValue, RawRepresentable, CaseIterable where RawValue == String {}

extension ChoiceValue {
    package static func schema(_ bounds: Bounds) -> Schema { .choice(allCases.map(\.rawValue)) }
    package var json: JSON { .string(rawValue) }
    package static func read(_ json: JSON, at path: String, _ bounds: Bounds, _ notices: inout [JSON]) throws(ServiceError) -> Self {
        guard let text = json.text, let value = Self(rawValue: text) else { throw notAmong(allCases.map(\.rawValue), json, at: path) }
        return value
    }
}

extension Optional: FieldValue where Wrapped: FieldValue {
    package static func schema(_ bounds: Bounds) -> Schema { .nullable(Wrapped.schema(bounds)) }
    package var json: JSON { self?.json ?? .null }
    package static var absent: Self? { .some(.none) }
    package static func read(_ json: JSON, at path: String, _ bounds: Bounds, _ notices: inout [JSON]) throws(ServiceError) -> Self {
        json == .null ? .none : .some(try Wrapped.read(json, at: path, bounds, &notices))
    }
}

extension Array: FieldValue where Element: FieldValue {
    package static func schema(_ bounds: Bounds) -> Schema {
        let count = bounds.counted(usually: 0...Limits.listElements)
        return .list(Element.schema(bounds.ofElements), atMost: count?.upperBound, atLeast: count?.lowerBound ?? 0)
    }
    package var json: JSON { .array(map { $0.json }) }
    package static func read(_ json: JSON, at path: String, _ bounds: Bounds, _ notices: inout [JSON]) throws(ServiceError) -> [Element] {
        let count = bounds.count ?? 0...Limits.listElements
        guard let elements = json.elements, count.contains(elements.count) else {
            throw .invalid(field: path, issue: "must be a list of \(count.lowerBound) to \(count.upperBound) elements", provided: json)
        }
        var values: [Element] = []
        for (i, element) in elements.enumerated() { values.append(try Element.read(element, at: "\(path)[\(i)]", bounds.ofElements, &notices)) }
        return values
    }
}

extension Dictionary: FieldValue where Key == String, Value: FieldValue {
    package static func schema(_ bounds: Bounds) -> Schema {
        .map(Value.schema(bounds.ofElements), atMost: bounds.counted(usually: 0...Limits.listElements)?.upperBound)
    }
    package var json: JSON { .object(keys.sorted().map { JSON.Member($0, self[$0]?.json ?? .null) }) }
    package static func read(_ json: JSON, at path: String, _ bounds: Bounds, _ notices: inout [JSON]) throws(ServiceError) -> Self {
        let count = bounds.count ?? 0...Limits.listElements
        guard let members = json.members, count.contains(members.count) else {
            throw .invalid(field: path, issue: "must be an object of \(count.lowerBound) to \(count.upperBound) members", provided: json)
        }
        var values: Self = [:]
        for member in members { values[member.name] = try Value.read(member.value, at: "\(path).\(member.name)", bounds.ofElements, &notices) }
        return values
    }
}
