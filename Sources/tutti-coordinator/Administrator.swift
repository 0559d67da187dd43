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
    private let http: HTTPClient
    private let base: String
    private let key: String

    /// Runs `work` against the coordinator of `folder`.
    static func with<Value>(
        _ folder: String, _ work: (Administrator) async throws(CommandFailure) -> Value
    ) async throws(CommandFailure) -> Value {
        let place = CoordinatorFolder(folder)
        let administrator: Administrator
        do {
            let settings = try place.settings()
            let authority = try String(contentsOfFile: place.authorityPath, encoding: .utf8)
            let key = String(decoding: try SecretFile.read(place.adminKeyPath), as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
            var (host, port) = settings.listen
            if let data = FileManager.default.contents(atPath: place.runPath), let run = try? JSON(parsing: [UInt8](data)) {
                host = run["host"]?.text ?? host
                port = run["port"]?.whole.map(Int.init) ?? port
            }
            if host == "0.0.0.0" || host == "::" { host = "127.0.0.1" }
            var configuration = HTTPClient.Configuration(tlsConfiguration: try clientTLS(authorityPEM: authority))
            configuration.httpVersion = .http1Only
            configuration.redirectConfiguration = .disallow
            configuration.timeout.connect = .seconds(5)
            administrator = Administrator(
                http: HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration),
                base: "https://\(host.contains(":") ? "[\(host)]" : host):\(port)", key: key)
        } catch let error as CoordinatorError { throw error.failure } catch {
            throw CommandFailure(.configuration, "\(error)", remedy: "Give the folder that 'tutti-coordinator init' made with --data.")
        }
        let result: Result<Value, CommandFailure>
        do throws(CommandFailure) { result = .success(try await work(administrator)) } catch { result = .failure(error) }
        try? await administrator.http.shutdown()
        return try result.get()
    }

    func call(_ method: HTTPMethod, _ path: String, _ body: JSON? = nil) async throws(CommandFailure) -> JSON {
        let (status, bytes) = try await send(method, "/api/v4" + path, body.map { ($0.encoded(), "application/json") })
        let reply = try? JSON(parsing: bytes)
        guard (200..<300).contains(status), let reply else { throw Self.refusal(status, reply) }
        return reply
    }

    func upload(_ path: String, _ bytes: [UInt8], type: String) async throws(CommandFailure) {
        let (status, reply) = try await send(.PUT, "/api/v4" + path, (bytes, type))
        guard (200..<300).contains(status) else { throw Self.refusal(status, try? JSON(parsing: reply)) }
    }

    func download(_ path: String) async throws(CommandFailure) -> [UInt8] {
        let (status, bytes) = try await send(.GET, "/api/v4" + path, nil)
        guard status == 200 else { throw Self.refusal(status, try? JSON(parsing: bytes)) }
        return bytes
    }

    private func send(_ method: HTTPMethod, _ path: String, _ body: (bytes: [UInt8], type: String)?) async throws(CommandFailure) -> (Int, [UInt8]) {
        var request = HTTPClientRequest(url: base + path)
        request.method = method
        request.headers.add(name: "authorization", value: "Bearer \(key)")
        if let body {
            request.headers.add(name: "content-type", value: body.type)
            request.body = .bytes(ByteBuffer(bytes: body.bytes))
        }
        do {
            let response = try await http.execute(request, timeout: .seconds(60))
            var buffer = try await response.body.collect(upTo: 2 << 30)
            return (Int(response.status.code), buffer.readBytes(length: buffer.readableBytes) ?? [])
        } catch {
            let isTLS = error is NIOSSLError || "\(error)".contains("SSL")
            throw CommandFailure(
                isTLS ? .authentication : .connection, "\(base) cannot be reached: \(error).", remedy: "Is the coordinator running? tutti-coordinator serve DIR")
        }
    }

    private static func refusal(_ status: Int, _ reply: JSON?) -> CommandFailure {
        let error = reply?["error"]
        let exit: ExitStatus = status == 401 || status == 403 ? .authentication : .failed
        return CommandFailure(exit, error?["message"]?.text ?? "the coordinator answered \(status)", remedy: error?["request_id"]?.text.map { "request \($0)" } ?? "")
    }
}
