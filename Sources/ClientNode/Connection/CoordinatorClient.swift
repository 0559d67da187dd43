import AsyncHTTPClient
import CryptoSuite
package import Federation
import Foundation
import Learning
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import StrictJSON
import Trust
package import Wire

/// The HTTPS side of the conversation: enrolment, joining, models down, updates up.
package final class CoordinatorClient: Sendable {
    let endpoint: CoordinatorEndpoint
    let sockets: ControlSocket
    private let http: HTTPClient
    private static let family = "/api/v4"

    init(
        endpoint: CoordinatorEndpoint, tls: TLSConfiguration, group: any EventLoopGroup, limits: TimeLimits = TimeLimits()
    ) throws(ClientNodeError) {
        self.endpoint = endpoint
        do {
            sockets = ControlSocket(endpoint: endpoint, tls: try NIOSSLContext(configuration: tls), group: group, limits: limits)
        } catch {
            throw ClientNodeError(
                .authentication, "The certificate or key of this node is not usable: \(error).",
                remedy: "Enrol again with a new token.")
        }
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls)
        configuration.httpVersion = .http1Only
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = .nanoseconds(Int64(limits.connectSeconds * 1e9))
        configuration.timeout.read = .nanoseconds(Int64(limits.readSeconds * 1e9))
        // When to try again is decided above, in one place.
        configuration.connectionPool.retryConnectionEstablishment = false
        // A node does one thing at a time; beside it stands its control socket. Idle connections of a thousand nodes cost memory.
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 1
        http = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: configuration)
    }

    package func shutdown() async { try? await http.shutdown() }

    private static let sessionsPath = family + "/federated-learning/sessions"

    static func sessionPath(_ session: String, _ leaf: String) -> String { "\(sessionsPath)/\(session)/\(leaf)" }

    // MARK: Enrolment

    struct EnrolmentReply: Decodable {
        var tenant: String
        var client_id: String
        var certificate: String
        var ca_certificate: String
    }

    func enrol(token: String, certificateRequestPEM: String) async throws(ClientNodeError) -> EnrolmentReply {
        let body: JSON = ["token": .string(token), "csr": .string(certificateRequestPEM)]
        return try await call(.POST, Self.family + "/nodes/enrol", body.encoded(), what: "Enrolment")
    }

    // MARK: Sessions

    func sessions() async throws(ClientNodeError) -> [SessionSummary] {
        struct List: Decodable { var sessions: [SessionSummary] }
        let list: List = try await call(
            .GET, Self.sessionsPath, nil, what: "The list of sessions")
        return list.sessions
    }

    package func session(_ id: String) async throws(ClientNodeError) -> SessionSummary {
        try await call(.GET, Self.sessionsPath + "/" + id, nil, what: "Session \(id)")
    }

    struct JoinReply: Decodable {
        var client_id: String
        var assigned_round: Int
    }

    /// What `join` sends.
    static func joinBody(client: String, rows: Int, schema: DataSchema, policy: ClientPolicy) -> JSON {
        var members: [JSON.Member] = [
            .init("client_id", .string(client)), .init("data_size", .integer(Int64(rows))), .init("data_schema", schema.json),
            .init("dataset", .string(policy.dataName)),
        ]
        if let cap = policy.largestEpsilon { members.append(.init("privacy_preferences", ["max_privacy_budget": JSON(cap)])) }
        return .object(members)
    }

    /// - Throws: `.failed` with the coordinator's words when the session does not take this node.
    func join(_ session: String, _ body: [UInt8]) async throws(ClientNodeError) -> JoinReply {
        try await call(.POST, Self.sessionPath(session, "join"), body, what: "Joining session \(session)")
    }

    // MARK: Bulk

    /// A model file whose bytes have the announced digest.
    /// - Throws: `.policy` when it is larger than the policy allows.
    package func model(path: String, digest: String, policy: ClientPolicy) async throws(ClientNodeError) -> [UInt8] {
        var request = try self.request(path)
        request.headers.add(name: "Accept", value: "application/octet-stream")
        let reply: (status: Int, headers: HTTPHeaders, body: [UInt8])
        do { reply = try await transfer(request, timeout: Limits.transferSeconds, limit: policy.maximumModelBytes) } catch {
            if error is NIOTooManyBytesError { throw policy.tooLarge() }
            throw ClientNodeError.connecting(to: endpoint, error)
        }
        guard reply.status == 200 else { throw ClientNodeError.reply(status: reply.status, body: reply.body, what: "The model") }
        guard hexadecimal(CryptoSuite.system.sha256(reply.body)) == digest else {
            throw ClientNodeError(
                .integrity, "The model received is not the one announced (SHA-256 \(digest)).",
                remedy: "It is fetched again; if it happens again, something between the two nodes changes bytes.")
        }
        return reply.body
    }

    /// A path the coordinator sent must stay on the coordinator: "@elsewhere/" would make it another address.
    private func request(_ path: String) throws(ClientNodeError) -> HTTPClientRequest {
        guard path.hasPrefix("/"), !path.hasPrefix("//"), path.utf8.count <= 2048, path.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw ClientNodeError(
                .integrity, "The coordinator sent '\(path.prefix(80))' as a path.", remedy: "Ask its operator which version it runs.")
        }
        return HTTPClientRequest(url: endpoint.url + path)
    }

    /// nil: acknowledged, that is durable at the coordinator.
    package func upload(_ body: [UInt8], path: String, key: AttemptKey, encoding: UploadEncoding) async -> UploadFailure? {
        var request: HTTPClientRequest
        do { request = try self.request("\(path)?round=\(key.round)&attempt=\(key.attempt)") } catch { return .refused(error.message) }
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/octet-stream")
        switch encoding {
        case .identity:
            request.body = .bytes(ByteBuffer(bytes: body))
        case .zstdShuffle:
            // Allowed, not asked for: a body that hardly shrinks goes as it is.
            let packed = BulkCodec.compressWherePays(body)
            if packed != nil { request.headers.add(name: "Content-Encoding", value: BulkCodec.contentEncoding) }
            request.body = .bytes(ByteBuffer(bytes: packed ?? body))
        }
        do {
            let (status, headers, reply) = try await send(
                request, timeout: Limits.transferSeconds, limit: Limits.replyBytes)
            let delay = headers.first(name: "Retry-After").flatMap(Double.init)
            switch status {
            case 200..<300: return nil
            case 409: return .superseded
            case 408, 429, 500...599: return .retry(afterSeconds: delay)
            default:
                return .refused(ClientNodeError.reply(status: status, body: reply, what: "The update").message)
            }
        } catch {
            return .retry(afterSeconds: nil)
        }
    }

    // MARK: One way to call

    private func call<Reply: Decodable>(
        _ method: HTTPMethod, _ path: String, _ body: [UInt8]?, what: String
    ) async throws(ClientNodeError) -> Reply {
        var request = HTTPClientRequest(url: endpoint.url + path)
        request.method = method
        if let body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: body))
        }
        let (status, headers, reply) = try await send(request, timeout: Limits.requestSeconds, limit: Limits.replyBytes)
        guard (200..<300).contains(status) else {
            throw ClientNodeError.reply(status: status, body: reply, what: what, retryAfter: headers.first(name: "Retry-After").flatMap(Double.init))
        }
        do {
            return try JSONDecoder().decode(Reply.self, from: Data(reply))
        } catch {
            throw ClientNodeError(
                .version, "\(what) was answered in a form this client does not know: \(error).",
                remedy: "Check that the address is a Tutti coordinator's and that both sides have compatible versions.")
        }
    }

    private func send(
        _ request: HTTPClientRequest, timeout: Int64, limit: Int
    ) async throws(ClientNodeError) -> (Int, HTTPHeaders, [UInt8]) {
        do { return try await transfer(request, timeout: timeout, limit: limit) } catch {
            throw ClientNodeError.connecting(to: endpoint, error)
        }
    }

    private func transfer(_ request: HTTPClientRequest, timeout: Int64, limit: Int) async throws -> (Int, HTTPHeaders, [UInt8]) {
        let response = try await http.execute(request, timeout: .seconds(timeout))
        var body = try await response.body.collect(upTo: limit)
        return (Int(response.status.code), response.headers, body.readBytes(length: body.readableBytes) ?? [])
    }

    // MARK: Looking at it

    /// The status of `/readyz` and the `Date` header, if there is one.
    func readiness() async throws(ClientNodeError) -> (status: Int, date: String?) {
        let (status, headers, _) = try await send(try request("/readyz"), timeout: Limits.requestSeconds, limit: Limits.replyBytes)
        return (status, headers.first(name: "Date"))
    }
}
