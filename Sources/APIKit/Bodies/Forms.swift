package import StrictJSON

/// A JSON object that another room reads and writes; here stands only what it looks like.
package protocol ForeignObject: FieldValue {
    static var shape: Shape { get }
    init(_ json: JSON)
}

extension ForeignObject {
    package static func schema(_ bounds: Bounds) -> Schema { .object(shape) }
    /// - Throws: `invalid` for what is no object. The rest is its room's to refuse.
    package static func read(_ json: JSON, at path: String, _ bounds: Bounds, _ notices: inout [JSON]) throws(ServiceError) -> Self {
        guard json.members != nil else { throw .invalid(field: path, issue: "must be an object", provided: json) }
        notices += shape.strays(in: json, at: path)
        return Self(json)
    }
}

extension Shape {
    /// A notice for each member that is not described, here and in the objects below.
    func strays(in json: JSON, at path: String) -> [JSON] {
        let names = fields.map(\.name)
        let own = unknown((json.members ?? []).map(\.name).filter { !names.contains($0) }, of: names) { "\(path).\($0)" }
        return fields.reduce(into: own) { notices, field in
            guard case .object(let shape) = field.schema.bare, let part = json[field.name] else { return }
            notices += shape.strays(in: part, at: "\(path).\(field.name)")
        }
    }
}

extension Schema {
    fileprivate var bare: Schema { if case .nullable(let schema) = self { schema } else { self } }
}

extension Field {
    /// A field of an object that another room reads or writes.
    package static func foreign(
        _ name: String, _ schema: Schema, _ source: Source? = nil, isRequired: Bool = false, unit: String? = nil, usual: JSON? = nil, _ note: String? = nil
    ) -> Field {
        Field(name: name, schema: schema, isRequired: isRequired, unit: unit, source: source, note: note, usual: usual)
    }
}

/// A name by the rule of `isName`.
package struct Name: FieldValue, Hashable {
    package var text: String
    package init(_ text: String) { self.text = text }

    package static func schema(_ bounds: Bounds) -> Schema { .name }
    package var json: JSON { .string(text) }
    package static func read(_ json: JSON, at path: String, _ bounds: Bounds, _ notices: inout [JSON]) throws(ServiceError) -> Name {
        guard let text = json.text, isName(text) else { throw .invalid(field: path, issue: nameRule, provided: json) }
        return Name(text)
    }
}

/// True, false, or an object that says how.
package enum FlagOr<Options: DescribedRequest>: FieldValue {
    case flag(Bool)
    case options(Options)

    package static func schema(_ bounds: Bounds) -> Schema { .either([.boolean, Options.schema(.none)]) }
    package var json: JSON {
        switch self {
        case .flag(let flag): .bool(flag)
        case .options(let options): options.json
        }
    }
    package static func read(_ json: JSON, at path: String, _ bounds: Bounds, _ notices: inout [JSON]) throws(ServiceError) -> Self {
        json.members == nil ? .flag(try Bool.read(json, at: path, .none, &notices)) : .options(try Options.read(json, at: path, .none, &notices))
    }
}

/// A word of a closed list, of which some are documented and not built.
package protocol DocumentedWord: RawRepresentable<String>, CaseIterable, Sendable {
    /// Documented words that are not among the cases.
    static var notBuilt: [String] { get }
}

package struct DocumentedChoice<Word: DocumentedWord>: FieldValue {
    package var word: Word
    package init(_ word: Word) { self.word = word }

    private static var built: [String] { Word.allCases.map(\.rawValue) }
    package static func schema(_ bounds: Bounds) -> Schema { .choice(built + Word.notBuilt) }
    package var json: JSON { .string(word.rawValue) }
    /// - Throws: `notImplemented` for a word that is documented and not built, `invalid` for another one.
    package static func read(_ json: JSON, at path: String, _ bounds: Bounds, _ notices: inout [JSON]) throws(ServiceError) -> Self {
        if let word = json.text.flatMap(Word.init(rawValue:)) { return Self(word) }
        guard let text = json.text, Word.notBuilt.contains(text) else { throw notAmong(built + Word.notBuilt, json, at: path) }
        throw .notImplemented(
            feature: path, "\(path) '\(text)' is documented and not built yet; \(built.joined(separator: " and ")) are", provided: .string(text))
    }
}
