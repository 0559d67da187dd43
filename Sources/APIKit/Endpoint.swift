/// Who may call an endpoint. There is no default: every endpoint says.
package enum Access: Sendable, Equatable {
    /// Protected by what is in the body, or by nothing secret being there. The list is closed (docs/api.md).
    case open
    case administrator
    case administratorOrNode
    /// A client of the session in the path: by certificate or by its update token.
    case member
}

/// One route of a family.
package struct Endpoint: Sendable {
    package typealias Handler = @Sendable (APIRequest) async throws(ServiceError) -> APIReply

    package var method: String
    /// Below the family's base: `/federated-learning/sessions/{session_id}`.
    package var path: String
    package var operation: String
    package var access: Access
    package var handler: Handler

    package init(_ method: String, _ path: String, _ operation: String, _ access: Access, _ handler: @escaping Handler) {
        self.method = method
        self.path = path
        self.operation = operation
        self.access = access
        self.handler = handler
    }
}

/// Checks the credentials a request carries.
package protocol Authenticator: Sendable {
    /// - Throws: `unauthenticated` for credentials that are there and wrong.
    func caller(of request: APIRequest) async throws(ServiceError) -> Caller
}

/// A documented family of endpoints: its bases, its table, its own envelope.
package struct Family: Sendable {
    /// The first is the one that replies print.
    package var bases: [String]
    package var endpoints: [Endpoint]
    package var envelope: @Sendable (ServiceError, APIRequest) -> APIReply
    /// Checks and headers that every reply of the family has (version negotiation).
    package var negotiate: @Sendable (APIRequest) throws(ServiceError) -> [(name: String, value: String)]

    package init(
        bases: [String], endpoints: [Endpoint], envelope: @escaping @Sendable (ServiceError, APIRequest) -> APIReply,
        negotiate: @escaping @Sendable (APIRequest) throws(ServiceError) -> [(name: String, value: String)]
    ) {
        self.bases = bases
        self.endpoints = endpoints
        self.envelope = envelope
        self.negotiate = negotiate
    }

    package func owns(_ path: String) -> Bool { bases.contains { path == $0 || path.hasPrefix($0 + "/") } }

    /// Answers any request of the family; never throws.
    package func respond(to request: APIRequest, authenticator: some Authenticator) async -> (reply: APIReply, operation: String) {
        var request = request
        var operation = "unmatched"
        var headers: [(name: String, value: String)] = []
        var reply: APIReply
        do {
            headers = try negotiate(request)
            let (endpoint, parameters) = try match(request)
            operation = endpoint.operation
            request.parameters = parameters
            request.caller = try await authenticator.caller(of: request)
            try Self.authorise(request.caller, endpoint.access)
            reply = try await endpoint.handler(request)
        } catch {
            reply = envelope(error, request)
        }
        reply.headers += headers + [(name: "x-request-id", value: request.requestID)]
        return (reply, operation)
    }

    private static func authorise(_ caller: Caller, _ access: Access) throws(ServiceError) {
        switch (access, caller) {
        case (.open, _), (.administrator, .administrator), (.administratorOrNode, .administrator), (.administratorOrNode, .node),
            (.member, .administrator), (.member, .node), (.member, .bearer):
            return
        case (_, .anonymous): throw .unauthenticated("credentials are needed: Authorization: Bearer, X-API-Key or a client certificate")
        case (.administrator, .bearer), (.administratorOrNode, .bearer): throw .unauthenticated("the key is not known")
        case (.administrator, .node): throw .forbidden("a client certificate does not allow this operation")
        }
    }

    private func match(_ request: APIRequest) throws(ServiceError) -> (Endpoint, [String: String]) {
        guard let base = bases.first(where: { request.path == $0 || request.path.hasPrefix($0 + "/") }) else {
            throw .notFound("there is no such path")
        }
        let segments = request.path.dropFirst(base.count).split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        var allowed: [String] = []
        for endpoint in endpoints {
            guard let parameters = Self.match(endpoint.path, segments) else { continue }
            if endpoint.method == request.method { return (endpoint, parameters) }
            allowed.append(endpoint.method)
        }
        if allowed.isEmpty { throw .notFound("there is no such path") }
        throw .methodNotAllowed(allowed: allowed)
    }

    private static func match(_ template: String, _ segments: ArraySlice<Substring>) -> [String: String]? {
        let parts = template.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        guard parts.count == segments.count else { return nil }
        var parameters: [String: String] = [:]
        for (part, segment) in zip(parts, segments) {
            if part.hasPrefix("{") {
                // Names and ids only: nothing that could climb a path or hide another one.
                guard !segment.isEmpty, segment.utf8.count <= 128,
                    segment.utf8.allSatisfy({ c in
                        (c >= 0x30 && c <= 0x39) || (c >= 0x41 && c <= 0x5A) || (c >= 0x61 && c <= 0x7A) || c == 0x2D || c == 0x2E || c == 0x5F
                    })
                else { return nil }
                parameters[String(part.dropFirst().dropLast())] = String(segment)
            } else if part != segment {
                return nil
            }
        }
        return parameters
    }
}
