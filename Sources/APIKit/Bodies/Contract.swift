package import StrictJSON

/// What an endpoint takes and gives, as its API's description tells it.
package struct Contract: Sendable {
    package enum Content: Sendable {
        /// A JSON object of this shape. Replies may have `notices` besides.
        case json(Shape)
        /// Bytes of one of these media types; the first one is recommended.
        case bytes(String, or: [String] = [])
        /// A form (`multipart/form-data`) of these fields, and a file by its name.
        case form(Shape, file: String)
        case none
    }

    package var summary: String
    /// Parameters after the question mark.
    package var query: [Field]
    package var request: Content
    package var replies: [(status: Int, content: Content)]
    /// Statuses it is refused with besides those that every endpoint of its kind has.
    package var refusals: [Int]

    package init(
        _ summary: String, query: [Field] = [], request: Content = .none, replies: [(status: Int, content: Content)], refusals: [Int] = []
    ) {
        self.summary = summary
        self.query = query
        self.request = request
        self.replies = replies
        self.refusals = refusals
    }
}

extension Field {
    /// A parameter of the query.
    package static func query<Value: FieldValue>(_ name: String, _ type: Value.Type, _ bounds: Bounds = .none, usual: JSON? = nil, note: String) -> Field {
        Field(name: name, schema: Value.schema(bounds), isRequired: false, unit: nil, source: nil, note: note, usual: usual)
    }
}

extension Endpoint {
    /// An endpoint that takes a JSON object and gives one.
    package init<Body: DescribedRequest, Reply: Described>(
        _ method: String, _ path: String, _ operation: String, _ access: Access, rate: RateClass = .family, _ summary: String,
        takes: Body.Type, gives: Reply.Type, status: Int = 200, bodyLimitBytes: Int = jsonBodyBytes,
        _ handler: @escaping @Sendable (APIRequest, Body) async throws(ServiceError) -> Reply
    ) {
        self.init(
            method, path, operation, access, rate: rate, bodyLimitBytes: bodyLimitBytes,
            contract: Contract(summary, request: .json(Body.shape), replies: [(status, .json(Reply.shape))])
        ) { request throws(ServiceError) in
            let (body, notices) = try await request.body(Body.self)
            return .json(status, try await handler(request, body).json.noting(notices))
        }
    }

    /// An endpoint that takes no body and gives a JSON object. Clients that send `{}` with every POST are not turned away for it.
    package init<Reply: Described>(
        _ method: String, _ path: String, _ operation: String, _ access: Access, rate: RateClass = .family, _ summary: String, query: [Field] = [],
        gives: Reply.Type, status: Int = 200, _ handler: @escaping @Sendable (APIRequest) async throws(ServiceError) -> Reply
    ) {
        self.init(
            method, path, operation, access, rate: rate, bodyLimitBytes: method == "GET" || method == "DELETE" ? 0 : jsonBodyBytes,
            contract: Contract(summary, query: query, replies: [(status, .json(Reply.shape))])
        ) { request throws(ServiceError) in
            .json(status, try await handler(request).json.noting(request.notices(query: query.map(\.name))))
        }
    }

    /// The same, which also refuses with these statuses.
    package func refusing(_ statuses: Int...) -> Endpoint {
        var copy = self
        copy.contract?.refusals += statuses
        return copy
    }

    /// An endpoint of a document that is not built: it says so by name, and needs credentials like everything else.
    package static func notBuilt(_ method: String, _ path: String, _ operation: String, _ access: Access = .administrator) -> Endpoint {
        Endpoint(
            method, path, operation, access, bodyLimitBytes: method == "GET" || method == "DELETE" ? 0 : jsonBodyBytes,
            contract: Contract("Documented, and not built yet.", replies: []), isBuilt: false
        ) { _ throws(ServiceError) in
            throw .notImplemented(feature: operation, "\(operation) is documented and not built yet")
        }
    }
}

extension JSON {
    /// An object with what was accepted without effect.
    package func noting(_ notices: [JSON]) -> JSON { notices.isEmpty ? self : self + ["notices": .array(notices)] }
}
