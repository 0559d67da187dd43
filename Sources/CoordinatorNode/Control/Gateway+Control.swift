package import APIKit
import CryptoSuite
import Federation
import FederationService
import Foundation
import HTTPTypes
import Logging
package import NIOHTTP1
import Telemetry
import Trust
import TrustStreamAPI

/// Control channels: who may open one, and what becomes of it.
extension Gateway {
    /// Judges an upgrade: the handshake (RFC 6455 §4.2.1), the path, the credentials. Everything else is refused in the
    /// envelope of the family that has the path.
    func admit(_ head: HTTPRequestHead, _ connection: Connection) async -> Admission {
        var request = opening(head, connection)
        do throws(ServiceError) {
            _ = try await member(head, &request)
            return .open
        } catch {
            let rejection = rejection(error, request, status: nil)
            metrics.observe(Self.latency, [("operation", "control"), ("status", "\(rejection.status)")], seconds: 0)
            return .refused(rejection)
        }
    }

    /// Serves a channel that was admitted and upgraded.
    func serve(_ link: ControlLink, _ head: HTTPRequestHead, _ connection: Connection) async {
        // Asked again rather than remembered: between the two the client may have been revoked.
        var request = opening(head, connection)
        guard let (session, member) = try? await member(head, &request) else { return link.close() }
        let server = ControlServer(engine: engine, log: log, link: link, session: session, member: member)
        link.serve(server.receive)
    }

    /// What never reached the HTTP side, in the envelope of unknown paths.
    func rejection(_ error: ServiceError, _ status: Int?) -> Rejection {
        rejection(error, emptyRequest(method: "GET", host: nil, Connection(isSecure: true)), status: status)
    }

    func rejection(_ error: ServiceError, _ request: APIRequest, status: Int?) -> Rejection {
        var reply = (families.first { $0.owns(request.path) } ?? system).unreached(error, request)
        if let cause = reply.cause, reply.status != 503 {
            log.error(
                "request failed", metadata: ["operation": "control", "status": "\(reply.status)", "request": "\(request.requestID)", "cause": "\(cause)"])
        }
        if let status { reply.status = status }
        let answer = HTTPAnswer(reply, method: .get, headers: [:], closes: false)
        let headers = answer.headers.filter { $0.name != .contentLength }.map { ($0.name.canonicalName, $0.value) }
        return Rejection(status: answer.status, headers: HTTPHeaders(headers), body: answer.content)
    }

    private func opening(_ head: HTTPRequestHead, _ connection: Connection) -> APIRequest {
        var request = emptyRequest(method: "GET", host: head.headers.first(name: "host"), connection, id: head.headers.first(name: "x-request-id"))
        request.headers = head.headers.map { ($0.name.lowercased(), $0.value) }
        request.peer = connection.peer
        return request
    }

    private func member(_ head: HTTPRequestHead, _ request: inout APIRequest) async throws(ServiceError) -> (session: String, Member) {
        let target = try RequestTarget(head.uri)
        request.path = target.path
        guard head.headers[canonicalForm: "upgrade"].map({ $0.lowercased() }) == ["websocket"] else {
            throw .invalid(field: "Upgrade", issue: "must be websocket; nothing else is spoken here besides HTTP/1.1", provided: nil)
        }
        guard let path = SessionPath(target.path, bases: sessions.bases), path.isControl else {
            throw .notFound("there is no WebSocket at this path")
        }
        try head.checkWebSocketHandshake()
        _ = try sessions.negotiate(request)
        let credential: MemberCredential
        switch try await authenticator.caller(of: request) {
        case .node(let peer): credential = .certificate(tenant: peer.tenant, client: peer.client, fingerprint: peer.fingerprint)
        case .bearer(let token): credential = .updateToken(token)
        case .anonymous: throw .unauthenticated("a control channel needs a client certificate or the session's update token as Bearer")
        case .administrator, .principal: throw .forbidden("a control channel belongs to a client of the session; the admin key is none")
        }
        do { return (path.session, try await engine.member(path.session, credential: credential)) } catch { throw ServiceError(error) }
    }
}

extension HTTPRequestHead {
    /// RFC 6455 §4.2.1, and no body.
    package func checkWebSocketHandshake() throws(ServiceError) {
        func check(_ holds: Bool, _ field: String, _ issue: String) throws(ServiceError) {
            if !holds { throw .invalid(field: field, issue: issue, provided: nil) }
        }
        try check(method == .GET && version == .http1_1, "method", "must be GET over HTTP/1.1 for a WebSocket")
        try check(headers["host"].count == 1, "Host", "must be given once")
        try check(headers[canonicalForm: "connection"].contains { $0.lowercased() == "upgrade" }, "Connection", "must say Upgrade for a WebSocket")
        try check(headers["sec-websocket-version"] == ["13"], "Sec-WebSocket-Version", "must be 13")
        let keys = headers["sec-websocket-key"]
        try check(
            keys.count == 1 && Data(base64Encoded: keys[0])?.count == 16, "Sec-WebSocket-Key", "must be 16 bytes in base64, given once")
        let hasBody = headers.contains(name: "transfer-encoding") || headers["content-length"].contains { $0 != "0" }
        try check(!hasBody, "body", "must be empty for a WebSocket")
    }
}

/// A path below one session, as far as the gateway must know it: which paths carry models, updates and control.
package struct SessionPath: Equatable {
    package var session: String
    /// `socket`, `weights`, `update`, …
    package var leaf: String
    private static let folder = "/federated-learning/sessions/"

    /// - Parameter bases: of the family that has sessions.
    package init?(_ path: String, bases: [String]) {
        guard let base = bases.first(where: { path.hasPrefix($0 + Self.folder) }) else { return nil }
        let parts = path.dropFirst(base.count + Self.folder.count).split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, PeerIdentity.isPart(parts[0]) else { return nil }
        (session, leaf) = (String(parts[0]), String(parts[1]))
    }

    package var isControl: Bool { leaf == "socket" }
    /// Never over plain HTTP.
    package var needsTLS: Bool { isControl || leaf == "weights" || leaf == "update" || leaf == "evaluation" || leaf == "initial-model" || leaf == "control" }
}
