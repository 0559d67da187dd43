import APIKit
import Federation
import FederationService
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1
import Platform
import Storage
import StrictJSON
import Telemetry
import Trust
import TrustStreamAPI

/// Turns HTTP requests into calls of the families, and their replies into HTTP. It knows no endpoint.
struct Gateway: Sendable {
    let families: [Family]
    let identity: Identity
    let engine: FederationEngine
    let metrics: Metrics
    let readiness: Readiness
    let publicURL: String?
    /// Host and port this server is really bound to.
    let log: Logger

    // MARK: Requests

    func respond(_ request: Request, peer: PeerIdentity?, isPlain: Bool) async -> Response {
        let started = ContinuousClock.now
        let id = "req-" + UUID().uuidString.lowercased()
        let path = request.uri.path.removingPercentEncoding ?? request.uri.path
        if let page = operational(request, path) { return page }
        if path == "/metrics", request.method == .get { return await metricsPage(apiRequest(request, path, id, peer, isPlain)) }
        guard let family = families.first(where: { $0.owns(path) }) else {
            return Response(
                status: .notFound, headers: [.contentType: "application/json"],
                body: .init(byteBuffer: ByteBuffer(string: #"{"error":"not_found","message":"There is no such path. The federated-learning API is below /api/v4."}"#)))
        }
        if isPlain, path.hasSuffix("/weights") || path.hasSuffix("/update") || path.hasSuffix("/evaluation") {
            return response(family.envelope(.forbidden("models and updates travel over TLS only"), apiRequest(request, path, id, peer, isPlain)))
        }
        let (reply, operation) = await family.respond(to: apiRequest(request, path, id, peer, isPlain), authenticator: self)
        let elapsed = started.duration(to: .now)
        metrics.observe(
            "tutti_http_request_seconds", [("operation", operation), ("status", "\(reply.status)")],
            seconds: Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18)
        if reply.status >= 500 { log.error("request failed", metadata: ["request": "\(id)", "operation": "\(operation)", "status": "\(reply.status)", "cause": "\(reply.cause ?? "none given")"]) }
        return response(reply)
    }

    private func operational(_ request: Request, _ path: String) -> Response? {
        guard request.method == .get else { return nil }
        func text(_ status: HTTPResponse.Status, _ body: String) -> Response {
            Response(status: status, headers: [.contentType: "text/plain; charset=utf-8"], body: .init(byteBuffer: ByteBuffer(string: body)))
        }
        switch path {
        case "/livez": return text(.ok, "alive\n")
        case "/readyz", "/health": return readiness.isReady ? text(.ok, "ready\n") : text(.serviceUnavailable, "not ready\n")
        default: return nil
        }
    }

    /// Counts say who trains what, so they are the administrator's.
    private func metricsPage(_ request: APIRequest) async -> Response {
        let caller = try? await caller(of: request)
        guard case .administrator? = caller else {
            return Response(status: .unauthorized, headers: [.wwwAuthenticate: "Bearer"], body: .init(byteBuffer: ByteBuffer(string: "the administrator's key is needed\n")))
        }
        return response(APIReply(200, .bytes(Array(metrics.prometheusText().utf8), type: "text/plain; version=0.0.4; charset=utf-8")))
    }

    private func apiRequest(_ request: Request, _ path: String, _ id: String, _ peer: PeerIdentity?, _ isPlain: Bool) -> APIRequest {
        let declared = request.headers[.contentLength].flatMap { Int($0) }
        let body = request.body
        var result = APIRequest(
            method: request.method.rawValue, path: path,
            body: APIKit.RequestBody(declaredBytes: declared) { limit throws(ServiceError) in
                var bytes: [UInt8] = []
                if let declared { bytes.reserveCapacity(min(declared, limit)) }
                do {
                    for try await chunk in body {
                        guard bytes.count + chunk.readableBytes <= limit else { throw ServiceError.tooLarge(limitBytes: limit) }
                        bytes += chunk.readableBytesView
                    }
                } catch let error as ServiceError { throw error } catch {
                    throw .invalid(field: "body", issue: "ended before its Content-Length", provided: nil)
                }
                if let declared, bytes.count != declared { throw .invalid(field: "body", issue: "is not as long as its Content-Length", provided: nil) }
                return bytes
            }, requestID: id, nowMilliseconds: Instant.now.milliseconds, baseURL: baseURL(request, isPlain), socketBaseURL: "")
        result.socketBaseURL = "ws" + result.baseURL.dropFirst(4)
        result.query = request.uri.queryParameters.map { (String($0.key), String($0.value)) }
        result.headers = request.headers.map { ($0.name.rawName.lowercased(), $0.value) }
        result.peer = peer.map { Peer(tenant: $0.tenant, client: $0.client, fingerprint: $0.fingerprint) }
        return result
    }

    /// The operator's address, else the one that was called, if it can be one.
    private func baseURL(_ request: Request, _ isPlain: Bool) -> String {
        if let publicURL { return publicURL }
        let host = request.head.authority ?? ""
        let isSound = !host.isEmpty && host.utf8.count <= 255
            && host.utf8.allSatisfy { c in
                (c >= 0x30 && c <= 0x3A) || (c >= 0x41 && c <= 0x5B) || c == 0x5D || (c >= 0x61 && c <= 0x7A) || c == 0x2D || c == 0x2E || c == 0x5F
            }
        return (isPlain ? "http://" : "https://") + (isSound ? host : "localhost")
    }

    private func response(_ reply: APIReply) -> Response {
        var headers = HTTPFields()
        for (name, value) in reply.headers { if let name = HTTPField.Name(name) { headers[name] = value } }
        let status = HTTPResponse.Status(code: reply.status)
        switch reply.body {
        case .empty: return Response(status: status, headers: headers)
        case .json(let json):
            headers[.contentType] = "application/json"
            return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: json.encoded())))
        case .bytes(let bytes, let type):
            headers[.contentType] = type
            return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
        }
    }

    // MARK: Control channels

    private static let socketPrefixes = ["/api/v4/federated-learning/sessions/", "/v4/federated-learning/sessions/"]

    private func session(_ head: HTTPRequestHead) -> String? {
        for prefix in Self.socketPrefixes where head.uri.hasPrefix(prefix) && head.uri.hasSuffix("/socket") {
            let id = head.uri.dropFirst(prefix.count).dropLast("/socket".count)
            return id.contains("/") || id.isEmpty ? nil : String(id)
        }
        return nil
    }

    private func member(_ head: HTTPRequestHead, _ peer: PeerIdentity?) async throws(FederationFailure) -> Member? {
        guard let session = session(head) else { return nil }
        if let peer {
            return try await engine.member(session, credential: .certificate(tenant: peer.tenant, client: peer.client, fingerprint: peer.fingerprint))
        }
        guard let header = head.headers.first(name: "authorization"), header.lowercased().hasPrefix("bearer ") else {
            throw .unauthenticated("a client certificate or the session's update token is needed")
        }
        return try await engine.member(session, credential: .updateToken(String(header.dropFirst(7))))
    }

    func admit(_ head: HTTPRequestHead, _ peer: PeerIdentity?) async -> Admission {
        do throws(FederationFailure) {
            // Any other path with an Upgrade header: NIO's upgrader would leave it without an answer.
            guard try await member(head, peer) != nil else { throw FederationFailure.notFound("this control channel") }
            return .open
        } catch {
            let request = APIRequest(
                method: "GET", path: head.uri, body: APIKit.RequestBody([]), requestID: "req-" + UUID().uuidString.lowercased(),
                nowMilliseconds: Instant.now.milliseconds, baseURL: publicURL ?? "https://\(head.headers.first(name: "host") ?? "localhost")", socketBaseURL: "")
            let reply = (families.first { $0.owns(head.uri) } ?? families.first)?.envelope(ServiceError(error), request)
            var headers: HTTPHeaders = ["content-type": "application/json", "x-request-id": request.requestID]
            for (name, value) in reply?.headers ?? [] { headers.replaceOrAdd(name: name, value: value) }
            guard let reply, case .json(let json) = reply.body else { return .refused(status: .forbidden, headers: headers, body: []) }
            return .refused(status: HTTPResponseStatus(statusCode: reply.status), headers: headers, body: json.encoded())
        }
    }

    func serve(_ channel: FrameChannel, _ head: HTTPRequestHead, _ peer: PeerIdentity?) async {
        guard let session = session(head), let member = try? await member(head, peer) else {
            try? await channel.channel.close()
            return
        }
        await ControlConnection.serve(channel, engine: engine, session: session, member: member, log: log)
    }
}

extension Gateway: Authenticator {
    func caller(of request: APIRequest) async throws(ServiceError) -> Caller {
        if let token = try bearer(of: request) {
            do {
                if let tenant = try await identity.administratorTenant(key: token) { return .administrator(tenant: tenant) }
            } catch { throw .internalError(cause: "\(error)") }
            if APIKey.id(of: token) != nil { throw .unauthenticated("the key is not known") }
            return .bearer(token)
        }
        guard let peer = request.peer else { return .anonymous }
        do throws(FederationFailure) { try await engine.verify(tenant: peer.tenant, client: peer.client, fingerprint: peer.fingerprint) } catch { throw ServiceError(error) }
        return .node(peer)
    }
}

/// Whether the server takes requests: `/readyz` says it.
final class Readiness: @unchecked Sendable {
    private let lock = NSLock()
    private var ready = false
    var isReady: Bool {
        get { lock.withLock { ready } }
        set { lock.withLock { ready = newValue } }
    }
}
