package import Platform

/// Who may call an endpoint. There is no default: every endpoint says.
package enum Access: Sendable, Hashable {
    /// Protected by what is in the body, or by nothing secret being there. The list is closed (docs/api.md).
    case open
    /// The platform's administrator and nobody else: what is there belongs to every tenant.
    case administrator
    /// The platform's administrator, and whoever has this scope in its own tenant.
    case tenant(Scope)
    /// These, and a node by its certificate.
    case tenantOrNode(Scope)
    /// A node by its certificate and nobody else: what is asked for is the node's own.
    case node
    /// A client of the session in the path, by certificate or by its update token; the administrator, and whoever has this scope in its
    /// own tenant.
    case member(Scope)
    /// A client of the session in the path and nobody else: what is sent is the client's own.
    case client
    /// Whoever has this scope, by a key or a token of the family.
    case scope(Scope)
}

extension Access {
    /// What somebody with scopes must have.
    package var scope: Scope? {
        switch self {
        case .scope(let scope), .tenant(let scope), .tenantOrNode(let scope), .member(let scope): scope
        case .open, .administrator, .node, .client: nil
        }
    }
}

/// How calls are counted. The gateway keeps the counters; an endpoint only says to which class it belongs.
package enum RateClass: Sendable, Equatable, CaseIterable {
    /// The family's documented window per principal.
    case family
    /// What rounds are made of: not counted, bounded by the size of the session.
    case federation
    /// The body is the credential: limited per address.
    case admission
    /// Pages with nothing secret in them.
    case page
}

/// One route of a family.
package struct Endpoint: Sendable {
    package typealias Handler = @Sendable (APIRequest) async throws(ServiceError) -> APIReply

    package var method: String
    /// Below the family's base: `/federated-learning/sessions/{session_id}`.
    package let path: String
    package var operation: String
    package var access: Access
    package var rate: RateClass
    /// Bytes of the largest request body; 0: it takes none.
    package var bodyLimitBytes: Int
    /// nil: the API's description names the route and no more.
    package var contract: Contract?
    /// false: documented, and answers 501.
    package let isBuilt: Bool
    package var handler: Handler
    private enum Part {
        case literal(String)
        case parameter(String)
    }
    private let parts: [Part]
    /// Its path has no parameters.
    let isSpelt: Bool

    package init(
        _ method: String, _ path: String, _ operation: String, _ access: Access, rate: RateClass = .family, bodyLimitBytes: Int = 0,
        contract: Contract? = nil, isBuilt: Bool = true, _ handler: @escaping Handler
    ) {
        self.method = method
        self.path = path
        self.operation = operation
        self.access = access
        self.rate = rate
        self.bodyLimitBytes = bodyLimitBytes
        self.contract = contract
        self.isBuilt = isBuilt
        self.handler = handler
        parts = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map {
            $0.hasPrefix("{") ? .parameter(String($0.dropFirst().dropLast())) : .literal(String($0))
        }
        isSpelt = !path.contains("{")
    }

    /// How many its path has.
    var segments: Int { parts.count }

    package var parameterNames: [String] { parts.compactMap { if case .parameter(let name) = $0 { name } else { nil } } }

    /// The values of the path's parameters; nil for another path.
    func match(_ segments: ArraySlice<Substring>) -> [String: String]? {
        guard parts.count == segments.count else { return nil }
        for (part, segment) in zip(parts, segments) {
            switch part {
            case .literal(let text): guard text == segment else { return nil }
            case .parameter: guard isName(segment) else { return nil }
            }
        }
        var parameters: [String: String] = [:]
        for case (.parameter(let name), let segment) in zip(parts, segments) { parameters[name] = String(segment) }
        return parameters
    }
}

/// Checks the credentials a request carries.
package protocol Authenticator: Sendable {
    /// - Throws: `unauthenticated` for credentials that are there and wrong.
    func caller(of request: APIRequest) async throws(ServiceError) -> Caller
}
