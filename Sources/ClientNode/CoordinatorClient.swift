import AsyncHTTPClient
import CryptoSuite
import Federation
import Foundation
import Learning
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import StrictJSON
import Trust
import Wire

/// The HTTPS side of the conversation: enrolment, joining, models down, updates up.
final class CoordinatorClient: Sendable {
    let endpoint: CoordinatorEndpoint
    let sockets: ControlSocket
    private let http: HTTPClient
    private static let family = "/api/v4"

    init(endpoint: CoordinatorEndpoint, tls: TLSConfiguration, group: any EventLoopGroup) throws(ClientNodeError) {
        self.endpoint = endpoint
        do {
            sockets = ControlSocket(endpoint: endpoint, tls: try NIOSSLContext(configuration: tls), group: group)
        } catch {
            throw ClientNodeError(
                .authentication, "The certificate or key of this node is not usable: \(error).",
                remedy: "Enrol again with a new token.")
        }
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls)
        configuration.httpVersion = .http1Only
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = .seconds(Limits.connectSeconds)
        http = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: configuration)
    }

    func shutdown() async { try? await http.shutdown() }

    static func sessionPath(_ session: String, _ leaf: String) -> String {
        "\(family)/federated-learning/sessions/\(session)/\(leaf)"
    }

    // MARK: Enrolment

    struct EnrolmentReply: Decodable {
        var tenant: String
        var client_id: String
        var certificate: String
        var ca_certificate: String
    }

    func enrol(token: String, certificateRequestPEM: String) async throws(ClientNodeError) -> EnrolmentReply {
        let body: JSON = ["token": .string(token), "csr": .string(certificateRequestPEM)]
        return try await call(.POST, Self.family + "/nodes/enrol", body, what: "Enrolment")
    }

    // MARK: Sessions

    struct SessionSummary: Decodable {
        var session_id: String
        var status: String
    }

    func sessions() async throws(ClientNodeError) -> [SessionSummary] {
        struct List: Decodable { var sessions: [SessionSummary] }
        let list: List = try await call(
            .GET, Self.family + "/federated-learning/sessions", nil, what: "The list of sessions")
        return list.sessions
    }

    struct JoinReply: Decodable {
        var client_id: String
        var assigned_round: Int
    }

    /// - Throws: `.failed` with the coordinator's words when the session does not take this node.
    func join(_ session: String, client: String, rows: Int, schema: DataSchema) async throws(ClientNodeError) -> JoinReply {
        let body: JSON = ["client_id": .string(client), "data_size": .integer(Int64(rows)), "data_schema": schema.json]
        return try await call(.POST, Self.sessionPath(session, "join"), body, what: "Joining session \(session)")
    }

    // MARK: Bulk

    /// A model file whose bytes have the announced digest.
    func model(path: String, digest: String) async throws(ClientNodeError) -> [UInt8] {
        var request = HTTPClientRequest(url: endpoint.url + path)
        request.headers.add(name: "Accept", value: "application/octet-stream")
        let (status, _, body) = try await send(
            request, timeout: Limits.transferSeconds, limit: Limits.modelBytes)
        guard status == 200 else { throw ClientNodeError.reply(status: status, body: body, what: "The model") }
        guard hexadecimal(CryptoSuite.system.sha256(body)) == digest else {
            throw ClientNodeError(
                .integrity, "The model received is not the one announced (SHA-256 \(digest)).",
                remedy: "It is fetched again; if it happens again, something between the two nodes changes bytes.")
        }
        return body
    }

    /// nil: acknowledged, that is durable at the coordinator.
    func upload(_ body: [UInt8], path: String, key: AttemptKey, encoding: UploadEncoding) async -> UploadFailure? {
        var request = HTTPClientRequest(url: endpoint.url + path + "?round=\(key.round)&attempt=\(key.attempt)")
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
        _ method: HTTPMethod, _ path: String, _ body: JSON?, what: String
    ) async throws(ClientNodeError) -> Reply {
        var request = HTTPClientRequest(url: endpoint.url + path)
        request.method = method
        if let body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: body.encoded()))
        }
        let (status, _, reply) = try await send(request, timeout: Limits.requestSeconds, limit: Limits.replyBytes)
        guard (200..<300).contains(status) else { throw ClientNodeError.reply(status: status, body: reply, what: what) }
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
        do {
            let response = try await http.execute(request, timeout: .seconds(timeout))
            var body = try await response.body.collect(upTo: limit)
            return (Int(response.status.code), response.headers, body.readBytes(length: body.readableBytes) ?? [])
        } catch {
            throw ClientNodeError.connecting(to: endpoint, error)
        }
    }
}
