package import StrictJSON

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
    /// From a client certificate that TLS has verified.
    package var peer: Peer?
    package var caller: Caller = .anonymous
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
    package func query(_ name: String) -> String? { query.first { $0.name == name }?.value }
    package func parameter(_ name: String) -> String { parameters[name] ?? "" }

    package func wholeQuery(_ name: String, _ range: ClosedRange<Int>) throws(ServiceError) -> Int? {
        guard let text = query(name) else { return nil }
        guard let value = Int(text), range.contains(value) else {
            throw .invalid(
                field: name, issue: "must be a whole number from \(range.lowerBound) to \(range.upperBound)", provided: text)
        }
        return value
    }

    /// The body as a JSON object; an empty body is an empty object.
    package func object(limit: Int = 1 << 20) async throws(ServiceError) -> ObjectReader {
        let bytes = try await body.collect(limit)
        if bytes.isEmpty { return ObjectReader(.object([])) }
        if let type = header("content-type"), !type.lowercased().hasPrefix("application/json") {
            throw .unsupportedMediaType("send the body as application/json, not \(type.prefix(60))")
        }
        let value: JSON
        do { value = try JSON(parsing: bytes) } catch {
            throw .invalid(field: "body", issue: error.description, provided: nil)
        }
        guard value.members != nil else { throw .invalid(field: "body", issue: "must be a JSON object", provided: value.kind) }
        return ObjectReader(value)
    }
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
    case administrator(tenant: String)
    case node(Peer)
    /// A bearer that is no platform key; a session may know it as an update token.
    case bearer(String)

    package var tenant: String? {
        switch self {
        case .administrator(let tenant): tenant
        case .node(let peer): peer.tenant
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
    }
    package var status: Int
    package var headers: [(name: String, value: String)]
    package var body: Body

    package init(_ status: Int, headers: [(name: String, value: String)] = [], _ body: Body) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    package static func json(_ status: Int, _ value: JSON) -> APIReply { APIReply(status, .json(value)) }
    package static func json(_ value: JSON) -> APIReply { .json(200, value) }
}
