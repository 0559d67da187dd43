package import CryptoSuite
package import Platform

/// The way to one server. Of an answer its status comes first, then its bytes as they come.
package protocol UpstreamTransport: Sendable {
    /// - Parameters:
    ///   - bytes: of the answer's body, at most.
    ///   - began: gets the status; what it throws, and what `receive` throws, ends the exchange.
    func send(
        _ request: UpstreamRequest, seconds: Double, bytes: Int, began: @escaping @Sendable (Int) throws -> Void,
        receive: @escaping @Sendable ([UInt8]) throws -> Void
    ) async throws(EgressError)
}

/// Through the egress guard, with a policy of this server's own.
package struct GuardedUpstream: UpstreamTransport {
    private let client: GuardedClient
    private let base: EgressURL
    private let key: Secret?

    /// - Parameters:
    ///   - base: what stands before `/v1` or `/v2`, without a slash at its end.
    ///   - key: shown as a bearer token; nil: none.
    package init(client: GuardedClient, base: EgressURL, key: Secret?) { (self.client, self.base, self.key) = (client, base, key) }

    package func send(
        _ request: UpstreamRequest, seconds: Double, bytes: Int, began: @escaping @Sendable (Int) throws -> Void,
        receive: @escaping @Sendable ([UInt8]) throws -> Void
    ) async throws(EgressError) {
        let front = base.target == "/" ? "" : base.target
        let url = try EgressURL("\(base.scheme.rawValue)://\(base.authority)\(front)\(request.path)")
        var headers: [(name: String, value: String)] = []
        if !request.body.isEmpty { headers.append((name: "Content-Type", value: "application/json")) }
        if let key { headers.append((name: "Authorization", value: "Bearer " + String(decoding: key.bytes, as: UTF8.self))) }
        _ = try await client.send(
            GuardedRequest(request.method, url, headers: headers, body: request.body), ExchangeLimits(seconds: seconds, bodyBytes: bytes),
            began: { try began($0.status) }, receive: { try receive($0) })
    }
}
