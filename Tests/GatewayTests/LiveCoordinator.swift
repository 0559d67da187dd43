import AsyncHTTPClient
import CoordinatorNode
import Foundation
import Logging
import NIOCore
import NIOHTTP1
import NIOSSL
import ServiceLifecycle
import StrictJSON
import Testing
import Trust
import TuttiConfiguration

/// A coordinator of this process on a free port, over a data folder of its own.
struct LiveCoordinator: Sendable {
    let folder: CoordinatorFolder
    let url: String
    let port: Int
    /// Of the plain-HTTP listener.
    let localPort: Int?
    let key: String
    let authority: String
    let http: HTTPClient
    private let group: ServiceGroup

    /// Makes a folder, runs `work` against a coordinator that serves it, and stops it. `prepare` sees the folder before.
    static func with<Value: Sendable>(
        flags: [String: String] = [:], times: GatewayTimes = GatewayTimes(), lives: CertificateLives = CertificateLives(),
        prepare: @Sendable (CoordinatorFolder) async throws -> Void = { _ in }, _ work: @Sendable (LiveCoordinator) async throws -> Value
    ) async throws -> Value {
        try await withTemporaryFolder { path in
            let folder = CoordinatorFolder(path + "/data")
            _ = try await folder.create(listen: "127.0.0.1:0", names: [], lives: lives)
            try await prepare(folder)
            return try await serving(folder, flags: flags, times: times, lives: lives, work)
        }
    }

    /// Serves a folder that is there.
    static func serving<Value: Sendable>(
        _ folder: CoordinatorFolder, flags: [String: String] = [:], times: GatewayTimes = GatewayTimes(),
        lives: CertificateLives = CertificateLives(), kept: NodeLog? = nil, _ work: @Sendable (LiveCoordinator) async throws -> Value
    ) async throws -> Value {
        let settings = try folder.settings(flags: ["server.listen": "127.0.0.1:0"].merging(flags) { $1 })
        let log = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        let (starts, started) = AsyncStream.makeStream(of: Int.self)
        let coordinator =
            kept.map { Coordinator(folder: folder, settings: settings, log: $0, times: times, lives: lives) }
            ?? Coordinator(folder: folder, settings: settings, log: log, times: times, lives: lives)
        let group = ServiceGroup(services: [Running(coordinator: coordinator, started: started)], logger: log)
        async let run: Void = group.run()
        guard let port = await starts.first(where: { _ in true }) else {
            try await run
            throw TestFailure("the coordinator ended before it served")
        }
        let authority = try String(contentsOfFile: folder.authorityPath, encoding: .utf8)
        let said = try JSON(parsing: Array(FileManager.default.contents(atPath: folder.runPath) ?? Data()))
        let live = LiveCoordinator(
            folder: folder, url: try #require(said["url"]?.text), port: port, localPort: said["local_port"]?.whole.map(Int.init),
            key: String(decoding: try SecretFile.read(folder.adminKeyPath).dropLast(), as: UTF8.self), authority: authority,
            http: try client(authority: authority), group: group)
        let result: Result<Value, any Error>
        do { result = .success(try await work(live)) } catch { result = .failure(error) }
        try await live.http.shutdown()
        await live.stop()
        try await run
        return try result.get()
    }

    /// As SIGTERM does; returns at once.
    func stop() async { await group.triggerGracefulShutdown() }

    private struct Running: Service {
        let coordinator: Coordinator
        let started: AsyncStream<Int>.Continuation
        func run() async throws {
            defer { started.finish() }
            try await coordinator.run(signals: []) { [started] _, port in started.yield(port) }
        }
    }

    static func client(authority: String, certificate: String? = nil, key: String? = nil) throws -> HTTPClient {
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: try clientTLS(authorityPEM: authority, certificatePEM: certificate, keyPEM: key))
        configuration.httpVersion = .http1Only
        configuration.timeout.connect = .seconds(10)
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    // MARK: Calling

    struct Reply: Sendable {
        var status: Int
        var headers: HTTPHeaders
        var body: [UInt8]
        var json: JSON { (try? JSON(parsing: body)) ?? .null }
        var code: String? { json["error"]?["code"]?.text }
        var message: String { json["error"]?["message"]?.text ?? "" }
    }

    static let sessions = "/api/v4/federated-learning/sessions"

    func call(
        _ method: HTTPMethod, _ path: String, _ body: [UInt8]? = nil, type: String = "application/json", bearer: String? = nil,
        headers: [(String, String)] = [], through http: HTTPClient? = nil, base: String? = nil
    ) async throws -> Reply {
        var request = HTTPClientRequest(url: (base ?? url) + path)
        request.method = method
        if let bearer { request.headers.add(name: "authorization", value: "Bearer \(bearer)") }
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if let body {
            request.headers.add(name: "content-type", value: type)
            request.body = .bytes(ByteBuffer(bytes: body))
        }
        let response = try await (http ?? self.http).execute(request, timeout: .seconds(30))
        var buffer = try await response.body.collect(upTo: 64 << 20)
        return Reply(status: Int(response.status.code), headers: response.headers, body: buffer.readBytes(length: buffer.readableBytes) ?? [])
    }

    func admin(_ method: HTTPMethod, _ path: String, _ body: JSON? = nil) async throws -> Reply {
        try await call(method, path, body?.encoded(), bearer: key)
    }

    func metrics() async throws -> String { String(decoding: try await admin(.GET, "/metrics").body, as: UTF8.self) }

    /// Creates a session; the request is the smallest one with `changes`.
    func session(_ changes: [(String, JSON)] = []) async throws -> (id: String, registration: String) {
        var members: [(String, JSON)] = [
            ("min_clients", 1), ("rounds", 1), ("seed", 7), ("model", ["kind": "softmax_regression", "layers": [3, 2]]),
        ]
        for (name, value) in changes {
            members.removeAll { $0.0 == name }
            members.append((name, value))
        }
        let reply = try await admin(.POST, Self.sessions, .object(members.map { .init($0.0, $0.1) }))
        try #require(reply.status == 201, "\(reply.json.encodedText)")
        return (try #require(reply.json["session_id"]?.text), try #require(reply.json["client_registration_token"]?.text))
    }

    /// Joins as a client that knows only the document; gives its update token.
    func join(_ session: (id: String, registration: String), as client: String) async throws -> String {
        let body: JSON = ["client_id": .string(client), "registration_token": .string(session.registration), "data_size": 10]
        let reply = try await call(.POST, "\(Self.sessions)/\(session.id)/join", body.encoded())
        try #require(reply.status == 200, "\(reply.json.encodedText)")
        return try #require(reply.json["update_token"]?.text)
    }

    /// The weights, once the model is decided and this client's round is open.
    func openWeights(_ session: String, token: String) async throws -> (bytes: [UInt8], round: Int, attempt: Int, etag: String) {
        try await until("a round is open") {
            let reply = try await call(.GET, "\(Self.sessions)/\(session)/weights", bearer: token)
            guard reply.status == 200, let round = reply.headers.first(name: "tutti-open-round").flatMap({ Int($0) }),
                let attempt = reply.headers.first(name: "tutti-open-attempt").flatMap({ Int($0) })
            else { return nil }
            return (reply.body, round, attempt, reply.headers.first(name: "etag") ?? "")
        }
    }

    /// Renews with a connection of the node; gives the next certificate, its key, and the authorities. nil: it is too soon.
    func renew(_ http: HTTPClient) async throws -> (certificate: String, key: String, authority: String)? {
        let key = NodeKey()
        let body: JSON = ["csr": .string(try key.certificateRequestPEM(commonName: "x"))]
        let reply = try await call(.POST, "/api/v4/nodes/renew", body.encoded(), through: http)
        if reply.status == 409, reply.headers.contains(name: "retry-after") { return nil }
        try #require(reply.status == 201, "\(reply.json.encodedText)")
        return (try #require(reply.json["certificate"]?.text), key.pem, try #require(reply.json["ca_certificate"]?.text))
    }

    /// Enrols a node; gives its certificate and key.
    func enrol(_ name: String) async throws -> (certificate: String, key: String) {
        let tokens = try await admin(.POST, "/api/v4/nodes/tokens", ["names": [.string(name)]])
        let token = try #require(tokens.json["tokens"]?.elements?.first?["token"]?.text)
        let key = NodeKey()
        let body: JSON = ["token": .string(token), "csr": .string(try key.certificateRequestPEM(commonName: name))]
        let reply = try await call(.POST, "/api/v4/nodes/enrol", body.encoded())
        try #require(reply.status == 201, "\(reply.json.encodedText)")
        return (try #require(reply.json["certificate"]?.text), key.pem)
    }
}

struct TestFailure: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}

func withTemporaryFolder<Value>(_ work: (String) async throws -> Value) async throws -> Value {
    let path = NSTemporaryDirectory() + "tutti-gateway-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try await work(path)
}

/// Asks again until there is an answer; half a minute at most. Each question is a request of its own, which paces it.
func until<Value>(_ what: String, _ ask: () async throws -> Value?) async throws -> Value {
    let end = ContinuousClock.now + .seconds(30)
    while ContinuousClock.now < end {
        if let value = try await ask() { return value }
        // Asked without a pause, connections by the thousand would use up the machine's ports.
        try await Task.sleep(for: .milliseconds(10))
    }
    throw TestFailure("never: \(what)")
}
