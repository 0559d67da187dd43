import AsyncHTTPClient
import CommandKit
import CoordinatorNode
import Foundation
import NIOCore
import NIOHTTP1
import NIOSSL
import StrictJSON
import Trust
import TuttiConfiguration

/// Talks to the running coordinator with the administrator's key. Commands never open the data folder's store.
struct Administrator: Sendable {
    private static let connectSeconds: Int64 = 5
    private static let requestSeconds: Int64 = 60
    /// A model to export.
    private static let replyBytes = 2 << 30

    private let http: HTTPClient
    private let place: CoordinatorFolder
    private let listen: (host: String, port: Int)
    private let key: String

    /// Runs `work` against the coordinator of `folder`.
    static func with<Value>(
        _ folder: String, _ work: (Administrator) async throws(CommandFailure) -> Value
    ) async throws(CommandFailure) -> Value {
        let administrator = try Administrator(CoordinatorFolder(folder))
        let result: Result<Value, CommandFailure>
        do throws(CommandFailure) { result = .success(try await work(administrator)) } catch { result = .failure(error) }
        try? await administrator.http.shutdown()
        return try result.get()
    }

    private init(_ place: CoordinatorFolder) throws(CommandFailure) {
        self.place = place
        do {
            listen = try place.settings().listen
            let authority = try String(contentsOfFile: place.authorityPath, encoding: .utf8)
            key = String(decoding: try SecretFile.read(place.adminKeyPath), as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
            var configuration = HTTPClient.Configuration(tlsConfiguration: try clientTLS(authorityPEM: authority))
            configuration.httpVersion = .http1Only
            configuration.redirectConfiguration = .disallow
            configuration.timeout.connect = .seconds(Self.connectSeconds)
            configuration.connectionPool.retryConnectionEstablishment = false
            http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        } catch let error as CoordinatorError { throw error.failure } catch let error as TrustError {
            throw CommandFailure(.configuration, error.message, remedy: error.remedy)
        } catch {
            throw CommandFailure(.configuration, "\(error)", remedy: "Give the folder that 'tutti-coordinator init' made with --data.")
        }
    }

    /// Where the coordinator says it listens; asked each time, because a restarted one may have another port.
    private var base: String {
        var (host, port) = listen
        if let data = FileManager.default.contents(atPath: place.runPath), let run = try? JSON(parsing: [UInt8](data)) {
            host = run["host"]?.text ?? host
            port = run["port"]?.whole.flatMap { Int(exactly: $0) } ?? port
        }
        if host == "0.0.0.0" { host = "127.0.0.1" }
        if host == "::" { host = "::1" }
        return "https://\(host.contains(":") ? "[\(host)]" : host):\(port)"
    }

    func call(_ method: HTTPMethod, _ path: String, _ body: JSON? = nil) async throws(CommandFailure) -> JSON {
        let (status, bytes, _) = try await send(method, "/api/v4" + path, body.map { ($0.encoded(), "application/json") })
        let reply = try? JSON(parsing: bytes)
        guard (200..<300).contains(status) else { throw refusal(path, status, reply) }
        guard let reply else {
            throw CommandFailure(.version, "The coordinator's answer is no JSON.", remedy: "Use the coordinator's own version of this command.")
        }
        return reply
    }

    func upload(_ path: String, _ bytes: [UInt8], type: String) async throws(CommandFailure) {
        let (status, reply, _) = try await send(.PUT, "/api/v4" + path, (bytes, type))
        guard (200..<300).contains(status) else { throw refusal(path, status, try? JSON(parsing: reply)) }
    }

    /// - Returns: the content, and the round that made it, of a model.
    func download(_ path: String) async throws(CommandFailure) -> (bytes: [UInt8], round: Int?) {
        let (status, bytes, headers) = try await send(.GET, "/api/v4" + path, nil)
        guard status == 200 else { throw refusal(path, status, try? JSON(parsing: bytes)) }
        return (bytes, headers.first(name: "tutti-model-round").flatMap { Int($0) })
    }

    private func send(
        _ method: HTTPMethod, _ path: String, _ body: (bytes: [UInt8], type: String)?
    ) async throws(CommandFailure) -> (Int, [UInt8], HTTPHeaders) {
        let base = base
        var request = HTTPClientRequest(url: base + path)
        request.method = method
        request.headers.add(name: "authorization", value: "Bearer \(key)")
        if let body {
            request.headers.add(name: "content-type", value: body.type)
            request.body = .bytes(ByteBuffer(bytes: body.bytes))
        }
        do {
            let response = try await http.execute(request, timeout: .seconds(Self.requestSeconds))
            var buffer = try await response.body.collect(upTo: Self.replyBytes)
            return (Int(response.status.code), buffer.readBytes(length: buffer.readableBytes) ?? [], response.headers)
        } catch {
            if isTrustFault(error) {
                throw CommandFailure(
                    .authentication, "The TLS handshake with \(base) failed: \(error).",
                    remedy: "Is another coordinator on that port? tutti-coordinator doctor \(place.path)")
            }
            throw CommandFailure(
                .connection, "\(base) cannot be reached: \(connectionProblem(error)).",
                remedy: "Is the coordinator running? tutti-coordinator serve \(place.path)")
        }
    }

    /// The command that lists what a path is about.
    private static func listing(_ path: String) -> String {
        let commands = [("/nodes", "nodes"), ("/identity/users", "user"), ("/identity/oauth-clients", "oauth-client"), ("/identity/keys", "key")]
        return commands.first { path.hasPrefix($0.0) }?.1 ?? "session"
    }

    private func refusal(_ path: String, _ status: Int, _ reply: JSON?) -> CommandFailure {
        let error = reply?["error"]
        let request = error?["request_id"]?.text
        let (exit, remedy): (ExitStatus, String) =
            switch status {
            case 401, 403: (.authentication, "Is \(place.adminKeyPath) this coordinator's? tutti-coordinator doctor \(place.path)")
            case 404:
                (.failed, "What is there: tutti-coordinator \(Self.listing(path)) list --data \(place.path)")
            case 426, 505: (.version, "Use the coordinator's own version of this command.")
            case 429, 502...504: (.connection, "The coordinator is busy or restarting; try again.")
            case 500...: (.failed, "The coordinator's log says why" + (request.map { " at request \($0)." } ?? "."))
            default: (.failed, error?["details"]?["field"]?.text.map { "Change \($0) and try again." } ?? "")
            }
        return CommandFailure(
            exit, error?["message"]?.text ?? "The coordinator answered \(status).", remedy: remedy,
            details: [
                "status": JSON(status), "code": error?["code"] ?? .null, "field": error?["details"]?["field"] ?? .null, "request_id": JSON(request),
            ])
    }
}

/// What a reply says besides: fields that were not understood, or have no effect or an unexpected one.
func sayNotices(_ notices: JSON?) {
    for notice in notices?.elements ?? [] { say("notice: \(notice["field"]?.text ?? ""): \(notice["message"]?.text ?? "")") }
}
