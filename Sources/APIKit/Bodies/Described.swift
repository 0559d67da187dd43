package import StrictJSON

/// A body, or an object in one, that describes its fields once: what reads, writes and documents it goes by that list.
package protocol Described: FieldValue {
    /// Its name in the API's description.
    static var name: String { get }
    static var fields: [FieldOf<Self>] { get }
}

/// A body that is read: whatever is left out has the value that `init` gives it.
package protocol DescribedRequest: Described {
    init()
}

/// A field as part of `Root`.
package struct FieldOf<Root: Sendable>: Sendable {
    /// Behind one reference: lists of fields are gone through for every reply.
    private final class Form: Sendable {
        let field: Field
        let isThere: (@Sendable (Root) -> Bool)?
        let value: @Sendable (Root) -> JSON
        let read: @Sendable (JSON?, String, inout Root, inout [JSON]) throws(ServiceError) -> Void

        init(
            _ field: Field, isThere: (@Sendable (Root) -> Bool)? = nil, value: @escaping @Sendable (Root) -> JSON,
            read: @escaping @Sendable (JSON?, String, inout Root, inout [JSON]) throws(ServiceError) -> Void = { _, _, _, _ in }
        ) {
            (self.field, self.isThere, self.value, self.read) = (field, isThere, value, read)
        }
    }
    private let form: Form

    package var field: Field { form.field }

    /// As a reply says it; nil where it is not there.
    func member(of root: Root) -> JSON.Member? {
        if let isThere = form.isThere, !isThere(root) { return nil }
        return JSON.Member(form.field.name, form.value(root))
    }

    func read(_ json: JSON?, _ place: String, _ root: inout Root, _ notices: inout [JSON]) throws(ServiceError) {
        try form.read(json, place, &root, &notices)
    }

    /// A field of a reply.
    /// - Parameter value: written as a key path; as a function it is read without one, which is many times faster.
    package init<Value: FieldValue>(
        _ name: String, _ value: @escaping @Sendable (Root) -> Value, _ source: Source, unit: String? = nil, _ note: String? = nil
    ) {
        let field = Field(name: name, schema: Value.schema(.none), isRequired: true, unit: unit, source: source, note: note, usual: nil)
        form = Form(field, value: { value($0).json })
    }

    /// A field of a request.
    /// - Parameters:
    ///   - isRequired: it must be sent.
    ///   - bounds: what its values are held to.
    ///   - told: what counts where it is left out, if that is not what `Root()` has.
    package init<Value: FieldValue>(
        _ name: String, _ path: any WritableKeyPath<Root, Value> & Sendable, isRequired: Bool = false, _ bounds: Bounds = .none, unit: String? = nil,
        usual told: JSON? = nil, note: String? = nil
    ) where Root: DescribedRequest {
        let usual = told ?? Root()[keyPath: path].json
        let field = Field(
            name: name, schema: isRequired ? Value.schema(bounds.taken) : Value.schema(bounds.taken).takingNull, isRequired: isRequired, unit: unit,
            source: nil, note: note,
            usual: isRequired || usual == .null ? nil : usual)
        form = Form(field, value: { $0[keyPath: path].json }) { json, place, root, notices throws(ServiceError) in
            guard let json, json != .null else {
                if isRequired { throw .invalid(field: place, issue: "is missing", provided: nil) }
                return
            }
            root[keyPath: path] = try Value.read(json, at: place, bounds, &notices)
        }
    }
}

extension FieldOf {
    /// The same field of a reply that has `Root` in it.
    package func of<Whole>(_ part: @escaping @Sendable (Whole) -> Root) -> FieldOf<Whole> {
        FieldOf<Whole>(form.field, isThere: { [form] in form.isThere?(part($0)) ?? true }, value: { [form] in form.value(part($0)) })
    }

    private init(_ field: Field, isThere: (@Sendable (Root) -> Bool)?, value: @escaping @Sendable (Root) -> JSON) {
        form = Form(field, isThere: isThere, value: value)
    }

    /// The same field of a reply, there only where `condition` says so.
    package func only(_ condition: @escaping @Sendable (Root) -> Bool) -> FieldOf {
        let optional = Field(
            name: field.name, schema: field.schema, isRequired: false, unit: field.unit, source: field.source, note: field.note, usual: field.usual)
        return FieldOf(optional, isThere: condition, value: form.value)
    }
}

extension Described {
    package static var shape: Shape { Shape(name, fields.map(\.field)) }
    package static func schema(_ bounds: Bounds) -> Schema { .object(shape) }
    package var json: JSON {
        let fields = Self.fields
        var members: [JSON.Member] = []
        members.reserveCapacity(fields.count)
        for field in fields { if let member = field.member(of: self) { members.append(member) } }
        return .object(members)
    }
    package static func read(_ json: JSON, at path: String, _ bounds: Bounds, _ notices: inout [JSON]) throws(ServiceError) -> Self {
        throw .internalError(cause: "\(name) is no body that is read")
    }
}

extension DescribedRequest {
    /// - Throws: `invalid` for a field that is missing, of another type or out of its bounds.
    package static func read(_ json: JSON, at path: String, _ bounds: Bounds, _ notices: inout [JSON]) throws(ServiceError) -> Self {
        guard let members = json.members else {
            throw .invalid(field: path.isEmpty ? "body" : path, issue: path.isEmpty ? "must be a JSON object" : "must be an object", provided: json)
        }
        func place(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }
        let known = fields
        var body = Self()
        for field in known { try field.read(json[field.field.name], place(field.field.name), &body, &notices) }
        // Closures: a key path of a generic type is made anew wherever it is written.
        let strange = members.filter { member in !known.contains { $0.field.name == member.name } }
        if !strange.isEmpty { notices += unknown(strange.map { $0.name }, of: known.map { $0.field.name }, place) }
        return body
    }
}

extension APIRequest {
    /// The JSON body as `Body`, with a notice for each field that nobody asked for.
    package func body<Body: DescribedRequest>(_ type: Body.Type) async throws(ServiceError) -> (body: Body, notices: [JSON]) {
        let json = try await object().json
        var notices: [JSON] = []
        let body = try Body.read(json, at: "", .none, &notices)
        return (body, notices)
    }
}
