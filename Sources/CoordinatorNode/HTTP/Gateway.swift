import APIKit
import CryptoSuite
import Federation
import FederationService
import Foundation
import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import Telemetry
import Trust

/// Turns HTTP requests into calls of the families and their replies into HTTP. It knows no endpoint; of paths it knows
/// only which ones carry models, updates and control, because those never travel without TLS.
struct Gateway: Sendable {
    /// The documented families, in the order in which they are asked.
    let families: [Family]
    /// The family that has sessions and with them control channels.
    let sessions: Family
    /// Everything outside the families: health, metrics, and the answer to an unknown path.
    let system: Family
    let authenticator: CallerAuthenticator
    let engine: FederationEngine
    let open: OpenConnections
    let metrics: Metrics
    let address: ServerAddress
    let requests: RequestLimit
    let bodies: BodyMemory
    let times: GatewayTimes
    let random: RandomSource
    let log: Logger
    /// Digest of the authorities that are handed out now, in replies to nodes.
    static let authorities = "tutti-authorities"
    static let latency = "tutti_http_request_seconds"
    private let crowdedReplies = CrowdedReplies()
    static let crowded = ServiceError.unavailable("too many requests are under way", retryAfterSeconds: Limits.shedRetrySeconds)
    private static let requestIDField = HTTPField.Name("x-request-id")
    private struct Ended: Error {}

    /// Hummingbird's responder.
    func respond(_ request: Request, _ writer: consuming ResponseWriter, _ channel: any Channel) async throws {
        guard let connection = Connection.current, !connection.isEnding else { throw Ended() }
        let started = ContinuousClock.now
        // It is here, and takes its place before anybody else on this event loop can.
        connection.room = nil
        let (reply, operation, closes, received) = await reply(to: request, connection, channel)
        connection.isEnding = closes
        let answer = HTTPAnswer(reply, method: request.method, headers: request.headers, closes: closes)
        // A client that has gone is counted like the others.
        var failure: (any Error)?
        var sent = 0
        do { sent = try await answer.write(writer, channel, connection.writes, stalled: times.stalledWrite) } catch { failure = error }
        let seconds = started.duration(to: .now) / .seconds(1)
        metrics.observe(Self.latency, [("operation", operation), ("status", "\(answer.status)")], seconds: seconds)
        if let tenant = reply.tenant {
            metrics.observe(TelemetryMetric.tenantRequests, [("tenant", tenant), ("status", "\(answer.status)")], seconds: seconds)
            metrics.add(TelemetryMetric.tenantBytes, [("tenant", tenant), ("direction", "in")], Double(received))
            // Of an answer that its reader did not wait for, nobody knows how much was sent.
            metrics.add(TelemetryMetric.tenantBytes, [("tenant", tenant), ("direction", "out")], Double(sent))
        }
        // Who is turned away is counted; a line for each would be part of the overload. What is not built is no failure.
        if answer.status >= 500, answer.status != 501, answer.status != 503 {
            log.error("request failed", metadata: line(request, reply, operation, answer.status, seconds, cause: reply.cause ?? "none given"))
        } else if answer.status == 503 {
            log.debug("request", metadata: line(request, reply, operation, answer.status, seconds))
        } else {
            log.info("request", metadata: line(request, reply, operation, answer.status, seconds))
        }
        if let failure { throw failure }
        guard closes else { return }
        // The rest of a body is thrown away for a moment, so that the client reads its answer, and no longer.
        channel.close(mode: .output, promise: nil)
        channel.eventLoop.scheduleTask(in: TimeAmount(times.linger)) { channel.close(promise: nil) }
    }

    /// Of the access log. Paths stand there as their routes and queries not at all: whatever a caller put into them stays his.
    private func line(
        _ request: Request, _ reply: APIReply, _ operation: String, _ status: Int, _ seconds: Double, cause: String? = nil
    ) -> Logger.Metadata {
        var line: Logger.Metadata = [
            "method": "\(request.method.rawValue)", "route": "\(reply.route ?? "unmatched")", "operation": "\(operation)", "status": "\(status)",
            "ms": "\(Int(seconds * 1000))", "request": "\(reply.requestID)",
        ]
        if let tenant = reply.tenant { line["tenant"] = "\(tenant)" }
        if let principal = reply.principal { line["principal"] = "\(principal)" }
        if let cause { line["cause"] = "\(cause)" }
        return line
    }

    /// - Returns: `closes`: too much of the request's body is left unread for another request to follow it.
    private func reply(
        to request: Request, _ connection: Connection, _ channel: any Channel
    ) async -> (reply: APIReply, operation: String, closes: Bool, received: Int) {
        var api = emptyRequest(
            method: request.method.rawValue, host: request.head.authority, connection, id: Self.requestIDField.flatMap { request.headers[$0] })
        do throws(ServiceError) {
            // A repeated header is one line, as RFC 9110 §5.3 has it; two credentials are not.
            for field in request.headers { api.headers.append((field.name.canonicalName, field.value)) }
            for name in ["authorization", "x-api-key"] where api.headers.count(where: { $0.name == name }) > 1 {
                throw .invalid(field: name, issue: "is given twice", provided: nil)
            }
            let target = try RequestTarget(request.head.path ?? "/")
            api.path = target.path
            api.query = target.query.map { ($0.name, $0.value) }
            api.remoteAddress = channel.remoteAddress?.ipAddress
            let body = try BodyReader(request, channel, bodies)
            defer { body.release() }
            api.body = body.body
            let (reply, operation) = try await dispatch(api, connection)
            return (reply, operation, body.leavesTooMuch, body.receivedBytes)
        } catch {
            // An unreadable head, or a path that does not belong here: the body is of no interest any more.
            let hasBody = request.headers[.transferEncoding] != nil || (request.headers[.contentLength] ?? "0") != "0"
            return (owner(of: RequestTarget.beginning(request.head.path ?? "/")).unreached(error, api), "unmatched", hasBody, 0)
        }
    }

    private func dispatch(_ request: APIRequest, _ connection: Connection) async throws(ServiceError) -> (reply: APIReply, operation: String) {
        var request = request
        request.peer = connection.peer
        if !connection.isSecure {
            // A page from elsewhere that resolves its own name to the loopback is not who this listener is for.
            guard request.header("host").map(isLoopback(host:)) ?? true else { throw .forbidden("plain HTTP is for the loopback only") }
            if SessionPath(request.path, bases: sessions.bases)?.needsTLS == true {
                throw .forbidden("models, updates and control travel over TLS only: \(address.url)")
            }
            if owner(of: request.path).needsTLS { throw .forbidden("the console is served over TLS only: \(address.url)") }
        }
        if request.method == "HEAD" { request.method = "GET" }
        let owner = owner(of: request.path)
        let route = Result { () throws(ServiceError) in try owner.route(request.method, request.path) }
        // Health is asked when there is trouble.
        guard owner.bases != system.bases, let endpoint = try? route.get().endpoint else {
            return tellingAuthorities(await owner.respond(to: request, on: route, authenticator: authenticator), request)
        }
        guard requests.enter(endpoint.worth) else { throw Self.crowded }
        defer { requests.leave(endpoint.worth) }
        if endpoint.isSwift { return tellingAuthorities(await owner.respond(to: request, on: route, authenticator: authenticator), request) }
        // Others of this event loop do not wait for it.
        return await withTaskExecutorPreference(globalConcurrentExecutor) { [request] in
            tellingAuthorities(await owner.respond(to: request, on: route, authenticator: authenticator), request)
        }
    }

    /// A node that holds other authorities fetches these with its next certificate.
    private func tellingAuthorities(_ answer: (reply: APIReply, operation: String), _ request: APIRequest) -> (reply: APIReply, operation: String) {
        guard request.peer != nil else { return answer }
        var answer = answer
        answer.reply.headers.append((name: Self.authorities, value: hexadecimal(engine.currentAuthorities.bundleDigest)))
        return answer
    }

    /// What `dispatch` would say of this request for want of room, without anything of the request being worked on.
    ///
    /// Where there is room, it is kept until the request gets there: of those that are read together, only as many go on as will be served.
    func turnAway(_ head: HTTPRequestHead, _ connection: Connection) -> Rejection? {
        connection.room = requests.keepRoom()
        guard connection.room == nil, let path = RequestTarget.plain(head.uri) else { return nil }
        let owner = owner(of: path)
        guard owner.bases != system.bases, let worth = owner.endpoint(method: head.method.rawValue, path: path)?.worth,
            worth == .listing || !requests.hasRoom(worth)
        else { return nil }
        requests.isShed(worth)
        var request = emptyRequest(
            method: head.method.rawValue, host: head.headers.first(name: "host"), connection, id: head.headers.first(name: "x-request-id"))
        request.path = path
        return crowdedReplies.rejection(of: request) { rejection(Self.crowded, $0, status: nil) }
    }

    private func owner(of path: String) -> Family { families.first { $0.owns(path) } ?? system }

    /// - Parameter id: the caller's own.
    func emptyRequest(method: String, host: String?, _ connection: Connection, id: String? = nil) -> APIRequest {
        // Over plain HTTP the client called another port than the one that replies must point at.
        let base = address.base(host: connection.isSecure ? host : nil)
        var request = APIRequest(
            // Nobody's path, until it has been read.
            method: method, path: "", body: APIKit.RequestBody([]), requestID: requestID(id), nowMilliseconds: Instant.now.milliseconds,
            baseURL: base, socketBaseURL: "wss" + base.dropFirst("https".count))
        if let host { request.headers = [("host", host)] }
        return request
    }

    /// The caller's own, when it can stand in a log and a header; else a new one.
    private func requestID(_ given: String?) -> String {
        if let given, (1...Limits.requestIDBytes).contains(given.utf8.count), PeerIdentity.isPart(given) { return given }
        return "req_" + hexadecimal(random.bytes(16))
    }

    private func isLoopback(host: String) -> Bool {
        let name = host.hasPrefix("[") ? host.prefix { $0 != "]" } + "]" : host.prefix { $0 != ":" }
        return ["localhost", "127.0.0.1", "[::1]"].contains(name.lowercased())
    }
}

extension Family {
    /// An error as this family says it, for what never reached one of its endpoints.
    func unreached(_ error: ServiceError, _ request: APIRequest) -> APIReply {
        var reply = refusal(error, request)
        reply.headers.append((name: "x-request-id", value: request.requestID))
        return reply
    }
}

extension APIReply {
    fileprivate var requestID: String { headers.first { $0.name == "x-request-id" }?.value ?? "" }
}
