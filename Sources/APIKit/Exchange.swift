package import Platform
package import Storage
package import StrictJSON
internal import Synchronization

/// A request, after the gateway has read its head and before anybody has read its body.
package struct APIRequest: Sendable {
    package var method: String
    /// Decoded once; without the query.
    package var path: String
    package var query: [(name: String, value: String)] = []
    /// Names in lower case.
    package var headers: [(name: String, value: String)] = []
    package var parameters: [String: String] = [:]
    package var body: RequestBody
    /// The endpoint's; nothing longer is read.
    package var bodyLimitBytes = 0
    /// From a client certificate that TLS has verified.
    package var peer: Peer?
    /// Of the other end of the connection; nil where it is not known.
    package var remoteAddress: String?
    package var caller: Caller = .anonymous
    /// For a handler that finds out whose call it is, where the credentials alone did not say.
    package let owner = CallOwner()
    /// Of the endpoint: its status when it succeeds; nil where it has several.
    package var status: Int?
    /// Of the endpoint: what a token must have been made for.
    package var family = APIFamily.v4
    package var requestID: String
    package var nowMilliseconds: Int64
    /// `https://host:port` as the client reaches this server.
    package var baseURL: String
    package var socketBaseURL: String

    package init(
        method: String, path: String, body: RequestBody, requestID: String, nowMilliseconds: Int64, baseURL: String, socketBaseURL: String
    ) {
        self.method = method
        self.path = path
        self.body = body
        self.requestID = requestID
        self.nowMilliseconds = nowMilliseconds
        self.baseURL = baseURL
        self.socketBaseURL = socketBaseURL
    }

    package func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
    /// All lines of a header that is a list.
    package func list(_ name: String) -> String? {
        let lines = headers.filter { $0.name == name }.map(\.value)
        return lines.isEmpty ? nil : lines.joined(separator: ", ")
    }
    package func query(_ name: String) -> String? { query.first { $0.name == name }?.value }
    package func parameter(_ name: String) -> String { parameters[name] ?? "" }

    /// Who calls an endpoint that goes by scopes.
    package func principal() throws(ServiceError) -> Principal {
        guard case .principal(let principal) = caller else { throw .unauthenticated("the key is not known") }
        return calling(principal)
    }

    /// Somebody as who makes this call.
    package func calling(_ principal: Principal) -> Principal { principal.calling(from: remoteAddress, answeredBy: status) }

    /// Who has to answer for what the call changes.
    package var actor: AuditActor { AuditActor(caller.name ?? "anonymous", address: remoteAddress, status: status) }

    package func wholeQuery(_ name: String, _ range: ClosedRange<Int>) throws(ServiceError) -> Int? {
        guard let text = query(name) else { return nil }
        guard let value = Int(text), range.contains(value) else {
            throw .invalid(
                field: name, issue: "must be a whole number from \(range.lowerBound) to \(range.upperBound)",
                provided: Int64(text).map(JSON.integer) ?? .string(text))
        }
        return value
    }

    /// A parameter that is one of a closed list of words.
    package func choiceQuery<Value: ChoiceValue>(_ name: String, _ type: Value.Type) throws(ServiceError) -> Value? {
        guard let text = query(name) else { return nil }
        var none: [JSON] = []
        return try Value.read(.string(text), at: name, .none, &none)
    }

    /// One notice for each query parameter that is not among `known`.
    package func notices(query known: [String]) -> [JSON] { unknown(query.map(\.name).filter { !known.contains($0) }, of: known) { $0 } }
}

/// The tenant that a call turns out to be of: for what is measured, and for nothing else.
package final class CallOwner: Sendable {
    private let tenant = Mutex<String?>(nil)
    package func set(_ name: String) { tenant.withLock { $0 = name } }
    package var name: String? { tenant.withLock { $0 } }
}

/// The identity in a verified client certificate.
package struct Peer: Sendable, Equatable {
    package var tenant: String
    package var client: String
    package var fingerprint: [UInt8]
    package init(tenant: String, client: String, fingerprint: [UInt8]) {
        self.tenant = tenant
        self.client = client
        self.fingerprint = fingerprint
    }
}

/// Who calls, once the credentials are checked.
package enum Caller: Sendable, Equatable {
    case anonymous
    /// - Parameter key: the id of its key.
    case administrator(tenant: String, key: String = "administrator")
    case node(Peer)
    /// A bearer that is no platform key; a session may know it as an update token.
    case bearer(String)
    /// Somebody with scopes, in a family that goes by them; a platform administrator acts for the tenant it names.
    case principal(Principal)

    /// Under which its calls are counted and remembered; nil for who is not known yet.
    package var name: String? {
        switch self {
        case .administrator: Identity.administrator
        case .node(let peer): "node/\(peer.client)"
        case .principal(let principal): principal.id
        case .anonymous, .bearer: nil
        }
    }

    /// In whose plan its calls are counted: a partner's in its own, whichever tenant it acts for.
    package var quotaTenant: String? {
        if case .principal(let principal) = self, principal.kind == .partnerMaster { principal.home } else { tenant }
    }

    package var rateLimit: Principal.RateLimit? { if case .principal(let principal) = self { principal.rateLimit } else { nil } }

    package var tenant: String? {
        switch self {
        case .administrator(let tenant, _): tenant
        case .node(let peer): peer.tenant
        case .principal(let principal): principal.tenant
        case .anonymous, .bearer: nil
        }
    }
}

/// A body that is read at most once, and never beyond a limit.
package struct RequestBody: Sendable {
    /// What Content-Length says, if anything.
    package var declaredBytes: Int?
    private let read: @Sendable (_ limit: Int) async throws(ServiceError) -> [UInt8]

    package init(declaredBytes: Int?, read: @escaping @Sendable (Int) async throws(ServiceError) -> [UInt8]) {
        self.declaredBytes = declaredBytes
        self.read = read
    }

    package init(_ bytes: [UInt8]) {
        declaredBytes = bytes.count
        read = { limit throws(ServiceError) in
            if bytes.count > limit { throw .tooLarge(limitBytes: limit) }
            return bytes
        }
    }

    /// A declared length beyond the limit is refused before a byte is read.
    package func collect(_ limit: Int) async throws(ServiceError) -> [UInt8] {
        if let declaredBytes, declaredBytes > limit { throw .tooLarge(limitBytes: limit) }
        return try await read(limit)
    }
}

package struct APIReply: Sendable {
    package enum Body: Sendable {
        case empty
        case json(JSON)
        case bytes([UInt8], type: String)
        /// Sent as it comes about. Who reads no further ends it.
        case stream(AsyncThrowingStream<[UInt8], any Error>, type: String)
    }
    package var status: Int
    package var headers: [(name: String, value: String)]
    package var body: Body
    /// Why this is an internal error: for the log, beside the request's id. It is never sent.
    package var cause: String?
    /// Whose call it was, once that was known: for what is measured, and never sent.
    package var tenant: String?
    /// Under which name it was called, and by which route, once that was known: for the log, and never sent.
    package var principal: String?
    package var route: String?

    package init(_ status: Int, headers: [(name: String, value: String)] = [], _ body: Body) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    package static func json(_ status: Int, _ value: JSON) -> APIReply { APIReply(status, .json(value)) }
    package static func json(_ value: JSON) -> APIReply { .json(200, value) }
}
