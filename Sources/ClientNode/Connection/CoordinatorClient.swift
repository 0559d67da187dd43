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
import Synchronization
import Trust
package import Wire

/// The HTTPS side of the conversation: enrolment, joining, models down, updates up.
package final class CoordinatorClient: Sendable {
    let endpoint: CoordinatorEndpoint
    private let group: any EventLoopGroup
    private let limits: TimeLimits
    private struct State {
        var line: Line
        /// Replaced, and perhaps still with requests under way.
        var retired: [Line] = []
        /// Digest of the authorities this node has, and of those its coordinator hands out as far as it was heard.
        var bundle: String?
        var told: String?
        var heard = ContinuousClock.now
        var onNews: (@Sendable () -> Void)?
    }
    private let state: Mutex<State>
    static let family = "/api/v4"

    /// - Parameter bundle: digest of the authorities in `tls`; nil: of no interest.
    init(
        endpoint: CoordinatorEndpoint, tls: TLSConfiguration, group: any EventLoopGroup, limits: TimeLimits = TimeLimits(), bundle: String? = nil
    ) throws(ClientNodeError) {
        (self.endpoint, self.group, self.limits) = (endpoint, group, limits)
        state = Mutex(State(line: try Line(endpoint: endpoint, tls: tls, group: group, limits: limits), bundle: bundle))
    }

    package func shutdown() async {
        let lines = state.withLock { [$0.line] + $0.retired }
        for line in lines { await line.shutdown() }
    }

    private var line: Line { state.withLock { $0.line } }
    var sockets: ControlSocket { line.sockets }

    func makeLine(_ tls: TLSConfiguration) throws(ClientNodeError) -> Line { try Line(endpoint: endpoint, tls: tls, group: group, limits: limits) }

    func replaceLine(_ line: Line, bundle: String) async {
        let old = state.withLock { state in
            let old = state.line
            // One that was retired at the last replacement has been idle since long ago.
            state.retired = [old]
            // What was told before may be what was just fetched; the next reply says.
            (state.line, state.bundle, state.told) = (line, bundle, nil)
            return old
        }
        await old.retire()
    }

    // MARK: News of the authorities

    /// Whether the coordinator hands out other authorities than this node has.
    var hasNewAuthorities: Bool { state.withLock { $0.bundle != nil && $0.told != nil && $0.told != $0.bundle } }

    /// Since the last reply.
    var silentSeconds: Double { state.withLock { $0.heard.duration(to: .now) / .seconds(1) } }

    func watchAuthorities(_ onNews: @escaping @Sendable () -> Void) { state.withLock { $0.onNews = onNews } }

    private func heard(_ headers: HTTPHeaders) {
        let told = headers.first(name: "tutti-authorities")
        let onNews: (@Sendable () -> Void)? = state.withLock { state in
            state.heard = .now
            guard let told, told != state.told else { return nil }
            state.told = told
            return told == state.bundle ? nil : state.onNews
        }
        onNews?()
    }

    static let sessionsPath = family + "/federated-learning/sessions"

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

    func call<Reply: Decodable>(
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
        return try Self.read(reply, what: what)
    }

    private func send(
        _ request: HTTPClientRequest, timeout: Int64, limit: Int
    ) async throws(ClientNodeError) -> (Int, HTTPHeaders, [UInt8]) {
        do { return try await transfer(request, timeout: timeout, limit: limit) } catch {
            throw ClientNodeError.connecting(to: endpoint, error)
        }
    }

    private func transfer(_ request: HTTPClientRequest, timeout: Int64, limit: Int) async throws -> (Int, HTTPHeaders, [UInt8]) {
        try await line.use { http in
            let response = try await http.execute(request, timeout: .seconds(timeout))
            heard(response.headers)
            var body = try await response.body.collect(upTo: limit)
            return (Int(response.status.code), response.headers, body.readBytes(length: body.readableBytes) ?? [])
        }
    }

    /// The status of `/readyz`: a way to hear whether there is news.
    func readiness() async throws(ClientNodeError) -> Int {
        try await send(try request("/readyz"), timeout: Limits.requestSeconds, limit: Limits.replyBytes).0
    }
}
