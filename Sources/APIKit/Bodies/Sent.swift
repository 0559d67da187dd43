package import StrictJSON

/// A body that was read, for the rules that its fields cannot say.
package struct Sent<Body: DescribedRequest>: Sendable {
    package let body: Body
    /// What was accepted without effect, so far.
    package var notices: [JSON] = []
    private let json: JSON

    /// - Throws: `invalid` for a field that is missing, of another type or out of its bounds.
    package init(_ json: JSON) throws(ServiceError) {
        self.json = json
        body = try Body.read(json, at: "", .none, &notices)
    }

    /// What was sent at a dotted path.
    package func provided(_ path: String) -> JSON? {
        path.split(separator: ".").reduce(json as JSON?) { $0?[String($1)] }
    }

    /// Whether it was, and not as null.
    package func has(_ path: String) -> Bool { provided(path).map { $0 != .null } ?? false }

    /// The error of a field, by its dotted path; it repeats what is there.
    package func invalid(_ path: String, _ issue: String) -> ServiceError { .invalid(field: path, issue: issue, provided: provided(path)) }

    package mutating func note(_ code: String, _ path: String, _ message: String) { notices.append(notice(code, path, message)) }

    /// A notice for each field that was sent although it changes nothing.
    package mutating func withoutEffect(_ paths: [String], _ why: String) {
        for path in paths where has(path) { note("NO_EFFECT", path, why) }
    }
}

extension APIRequest {
    /// The JSON body, read.
    package func sent<Body: DescribedRequest>(_ type: Body.Type) async throws(ServiceError) -> Sent<Body> { try Sent(try await object().json) }
}

/// A body in which nothing is asked for.
package struct NoFields: DescribedRequest {
    package static let name = "Nothing"
    package static let fields: [FieldOf<NoFields>] = []
    package init() {}
}

/// A parameter after the question mark, described and read by the same words.
package struct Query<Value: FieldValue>: Sendable {
    package let field: Field
    private let bounds: Bounds

    package init(_ name: String, _ bounds: Bounds = .none, isRequired: Bool = false, usual: JSON? = nil, note: String) {
        field = Field(name: name, schema: Value.schema(bounds.taken), isRequired: isRequired, unit: nil, source: nil, note: note, usual: usual)
        self.bounds = bounds
    }

    /// nil: it was not sent.
    /// - Throws: `invalid` for a value of another type or out of its bounds.
    package func callAsFunction(_ request: APIRequest) throws(ServiceError) -> Value? {
        guard let text = request.query(field.name) else { return nil }
        var notices: [JSON] = []
        // Texts stay texts; a number is read as one.
        if case .string = Value.schema(bounds) { return try Value.read(.string(text), at: field.name, bounds, &notices) }
        return try Value.read(Int64(text).map(JSON.integer) ?? .string(text), at: field.name, bounds, &notices)
    }
}
