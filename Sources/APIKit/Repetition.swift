internal import Federation
package import Platform
internal import StrictJSON

/// A call with an `Idempotency-Key` is made once: the same body with the same key gets the first reply again.
package struct Repetition: Sendable {
    static let header = "idempotency-key"
    private let calls: IdempotentCalls
    private let digest: @Sendable ([UInt8]) -> [UInt8]

    /// - Parameter digest: a cryptographic hash of bodies.
    package init(_ calls: IdempotentCalls, digest: @escaping @Sendable ([UInt8]) -> [UInt8]) {
        self.calls = calls
        self.digest = digest
    }

    /// What creates, from a caller that is known, with a key.
    func concerns(_ endpoint: Endpoint, _ request: APIRequest) -> Bool {
        endpoint.method == "POST" && endpoint.rate == .family && request.caller.name != nil && request.header(Self.header) != nil
    }

    func reply(to request: APIRequest, _ endpoint: Endpoint) async throws(ServiceError) -> APIReply {
        let body = try await request.body.collect(endpoint.bodyLimitBytes)
        var whole = request
        whole.body = RequestBody(body)
        let asked = whole
        let key = IdempotencyKey(
            tenant: request.caller.tenant ?? "", principal: request.caller.name ?? "", operation: "\(request.method) \(request.path)",
            key: request.header(Self.header) ?? "")
        let now = Instant(milliseconds: request.nowMilliseconds)
        let outcome = try await calls.once(key, digest: digest(body), now: { now }) { () async throws(ServiceError) in
            try StoredReply(try await endpoint.handler(asked))
        }
        switch outcome {
        case .made(let reply): return APIReply(reply)
        case .again(let reply):
            var again = APIReply(reply)
            again.headers.append((name: "idempotency-replayed", value: "true"))
            return again
        case .refused(let refusal): throw ServiceError(refusal)
        }
    }
}

extension StoredReply {
    fileprivate static let type = "content-type"

    fileprivate init(_ reply: APIReply) throws(ServiceError) {
        let headers = reply.headers.map { StoredReply.Field($0.name, $0.value) }
        switch reply.body {
        case .empty: self.init(status: reply.status, headers: headers, body: [])
        case .json(let json): self.init(status: reply.status, headers: headers + [.init(Self.type, "application/json")], body: json.encoded())
        case .bytes(let bytes, let type): self.init(status: reply.status, headers: headers + [.init(Self.type, type)], body: bytes)
        // It is gone once it was sent.
        case .stream: throw .invalid(field: "Idempotency-Key", issue: "cannot be kept for a reply that is a stream: leave one of the two out", provided: nil)
        }
    }

    fileprivate var mediaType: String? { headers.first { $0.name == Self.type }?.value }
}

extension APIReply {
    fileprivate init(_ reply: StoredReply) {
        let headers = reply.headers.filter { $0.name != StoredReply.type }.map { (name: $0.name, value: $0.value) }
        self.init(reply.status, headers: headers, reply.mediaType.map { .bytes(reply.body, type: $0) } ?? .empty)
    }
}

extension ServiceError {
    fileprivate init(_ refusal: IdempotencyRefusal) {
        switch refusal {
        case .badKey: self = .invalid(field: "Idempotency-Key", issue: refusal.description, provided: nil)
        case .otherBody, .inFlight, .replyNotKept: self = .conflict(refusal.description, retryAfterSeconds: nil)
        case .crowded(let seconds): self = .unavailable(refusal.description, retryAfterSeconds: seconds)
        }
    }
}
