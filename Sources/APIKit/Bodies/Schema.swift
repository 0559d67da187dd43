package import StrictJSON

/// The form of a JSON value, as far as a description of an API says it (JSON Schema 2020-12, which OpenAPI 3.1 uses).
package indirect enum Schema: Sendable, Equatable {
    /// - Parameter bytes: how long it may be in UTF-8.
    case string(bytes: ClosedRange<Int>?)
    /// One of a closed list.
    case choice([String])
    /// By the rule of `isName`.
    case name
    /// RFC 3339 in UTC.
    case timestamp
    case integer(ClosedRange<Int64>?)
    case number(ClosedRange<Double>?)
    case boolean
    case list(Schema, atMost: Int?, atLeast: Int = 0)
    /// An object whose keys are names of things.
    case map(Schema, atMost: Int? = nil)
    case object(Shape)
    /// Any JSON value: what is in it is the caller's own.
    case any
    /// One of these forms.
    case either([Schema])
    case nullable(Schema)

    /// As JSON Schema. Named objects are references, so that each is described once.
    package var json: JSON {
        switch self {
        // What JSON Schema counts are characters, of which each has one to four bytes.
        case .string(let bytes): ["type": "string"] + (bytes.map { ["minLength": JSON(($0.lowerBound + 3) / 4), "maxLength": JSON($0.upperBound)] } ?? [:])
        case .choice(let choices): ["type": "string", "enum": .array(choices.map(JSON.string))]
        case .name: ["type": "string", "pattern": .string("^[A-Za-z0-9._-]{1,\(Limits.nameBytes)}$")]
        // Tools need not look at a format.
        case .timestamp: ["type": "string", "format": "date-time", "minLength": 20]
        case .integer(let range): ["type": "integer"] + (range.map { ["minimum": .integer($0.lowerBound), "maximum": .integer($0.upperBound)] } ?? [:])
        case .number(let range): ["type": "number"] + (range.map { ["minimum": JSON($0.lowerBound), "maximum": JSON($0.upperBound)] } ?? [:])
        case .boolean: ["type": "boolean"]
        case .list(let element, let most, let least):
            ["type": "array", "items": element.json] + (least > 0 ? ["minItems": JSON(least)] : [:]) + (most.map { ["maxItems": JSON($0)] } ?? [:])
        case .map(let value, let most): ["type": "object", "additionalProperties": value.json] + (most.map { ["maxProperties": JSON($0)] } ?? [:])
        case .object(let shape): ["$ref": .string("#/components/schemas/\(shape.name)")]
        case .any: [:]
        case .either(let schemas): ["anyOf": .array(schemas.map(\.json))]
        case .nullable(.any): [:]
        case .nullable(let schema): schema.orNull
        }
    }

    /// Of what may be left out: null says the same.
    var takingNull: Schema {
        switch self {
        case .nullable, .any: self
        default: .nullable(self)
        }
    }

    private var orNull: JSON {
        let schema = json
        guard case .string(let type)? = schema["type"] else { return ["anyOf": [schema, ["type": "null"]]] }
        let choices = schema["enum"]?.elements
        return .object(
            (schema.members ?? []).map { member in
                switch member.name {
                case "type": JSON.Member("type", [.string(type), "null"])
                case "enum": JSON.Member("enum", .array((choices ?? []) + [.null]))
                default: member
                }
            })
    }

    /// Shapes in it, its own first.
    var shapes: [Shape] {
        switch self {
        case .object(let shape): [shape] + shape.fields.flatMap(\.schema.shapes)
        case .list(let schema, _, _), .map(let schema, _), .nullable(let schema): schema.shapes
        case .either(let schemas): schemas.flatMap(\.shapes)
        default: []
        }
    }

    /// Whether a value has this form: what tests hold replies against.
    package func problem(with value: JSON, at path: String = "") -> String? {
        func wrong() -> String { "\(path.isEmpty ? "the body" : path) is \(value.kind), not what \(self.json.encodedText) says" }
        switch (self, value) {
        case (.any, _), (.nullable, .null): return nil
        case (.nullable(let schema), _): return schema.problem(with: value, at: path)
        case (.string(let bytes), .string(let text)): return bytes.map { $0.contains(text.utf8.count) } ?? true ? nil : wrong()
        case (.choice(let choices), .string(let text)): return choices.contains(text) ? nil : wrong()
        case (.name, .string(let text)): return isName(text) ? nil : wrong()
        case (.either(let schemas), _): return schemas.contains { $0.problem(with: value, at: path) == nil } ? nil : wrong()
        case (.timestamp, .string(let text)): return milliseconds(timestamp: text) == nil ? wrong() : nil
        case (.integer(let range), .integer(let whole)): return range?.contains(whole) ?? true ? nil : wrong()
        case (.number(let range), .integer), (.number(let range), .number): return value.double.map { range?.contains($0) ?? true } ?? false ? nil : wrong()
        case (.boolean, .bool): return nil
        case (.list(let element, let most, let least), .array(let elements)):
            if elements.count < least || elements.count > most ?? .max { return wrong() }
            return elements.indices.lazy.compactMap { element.problem(with: elements[$0], at: "\(path)[\($0)]") }.first
        case (.map(let schema, _), .object(let members)): return members.lazy.compactMap { schema.problem(with: $0.value, at: "\(path).\($0.name)") }.first
        case (.object(let shape), .object): return shape.problem(with: value, at: path)
        default: return wrong()
        }
    }
}

/// A named object: its fields, described once.
package struct Shape: Sendable, Equatable {
    package let name: String
    package let fields: [Field]

    package init(_ name: String, _ fields: [Field]) {
        self.name = name
        self.fields = fields
    }

    package var json: JSON {
        let needed = fields.filter(\.isRequired).map { JSON.string($0.name) }
        return ["type": "object", "properties": .object(fields.map { JSON.Member($0.name, $0.json) })] + (needed.isEmpty ? [:] : ["required": .array(needed)])
    }

    package func problem(with value: JSON, at path: String) -> String? {
        for field in fields {
            let place = path.isEmpty ? field.name : "\(path).\(field.name)"
            guard let part = value[field.name] else {
                if field.isRequired { return "\(place) is missing" }
                continue
            }
            if let problem = field.schema.problem(with: part, at: place) { return problem }
        }
        return (value.members ?? []).first { member in !fields.contains { $0.name == member.name } }.map { "\(path).\($0.name) is not described" }
    }
}

/// One field of an object: what its name means, in what unit, and where its value comes from.
package struct Field: Sendable, Equatable {
    package let name: String
    package let schema: Schema
    /// In a request: it must be sent. In a reply: it is always there.
    package let isRequired: Bool
    package let unit: String?
    /// Of a reply's field: what was measured, counted, stored or computed.
    package let source: Source?
    package let note: String?
    /// Of a request's field: what counts where it is left out.
    package let usual: JSON?

    var json: JSON {
        var members = schema.json.members ?? []
        // A reference takes no neighbours that tools would read; in 2020-12 it may have them.
        func put(_ name: String, _ value: JSON?) { if let value { members.append(.init(name, value)) } }
        put("description", note.map(JSON.string))
        put("default", usual)
        put("x-unit", unit.map(JSON.string))
        put("x-source", source.map { .string($0.text) })
        return .object(members)
    }
}

/// Where the value of a reply's field comes from (docs/api.md, "Honest numbers").
package enum Source: Sendable, Equatable {
    /// A new identifier, key or secret.
    case generated
    case clock
    /// A stored row.
    case stored
    /// The request, after it was checked.
    case request
    case counted
    /// A histogram of what was measured.
    case measured
    /// Use times the operator's prices; null without a price.
    case priced
    /// A property of the code or its configuration.
    case fixed
    /// A rule over measured values, by its name.
    case rule(String)

    package var text: String {
        switch self {
        case .generated: "generated"
        case .clock: "clock"
        case .stored: "stored"
        case .request: "request"
        case .counted: "counted"
        case .measured: "measured"
        case .priced: "priced"
        case .fixed: "fixed"
        case .rule(let name): "rule: \(name)"
        }
    }
}

/// The members of both objects.
func + (a: JSON, b: JSON) -> JSON { .object((a.members ?? []) + (b.members ?? [])) }
