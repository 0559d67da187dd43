internal import AsyncHTTPClient
internal import ClientNode
internal import CryptoSuite
internal import Foundation
internal import Learning
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL
internal import StrictJSON
internal import Synchronization
internal import Trust
internal import Wire

/// Thousands of clients that have joined a session and wait for its first round: each enrolled, with a certificate of its own, mutual
/// TLS and an open control channel, and nothing more.
package struct IdleChannels: Sendable {
    private let url: String
    private let authorityPEM: String
    private let administrator: Administrator
    private let group = MultiThreadedEventLoopGroup.singleton
    /// Enrolments and openings at a time.
    private static let atOnce = 24
    private static let replyBytes = 1 << 20
    private static let callSeconds: Int64 = 30

    /// - Parameter data: the coordinator's folder.
    package init(url: String, data: String) throws {
        self.url = url
        authorityPEM = try String(contentsOfFile: data + "/ca.pem", encoding: .utf8)
        administrator = try Administrator(url: url, data: data)
    }

    /// Enrols `count` clients, lets them join `session` and keeps their channels open until the task is cancelled. A channel that is
    /// lost is opened again, with a node's own waits.
    /// - Parameter complete: called whenever all of them are welcome.
    package func hold(_ count: Int, session: String, complete: @escaping @Sendable () -> Void) async throws {
        let names = try await tokens(count)
        // One key for all of them: what is measured is the coordinator, and it does not compare keys.
        let key = NodeKey()
        let request = try key.certificateRequestPEM(commonName: "tutti-client")
        let enrolling = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: configuration(try clientTLS(authorityPEM: authorityPEM)))
        let certificates: [(name: String, pem: String)]
        do { certificates = try await spread(names) { try await enrol($0, request, enrolling) } } catch {
            try? await enrolling.shutdown()
            throw error
        }
        try await enrolling.shutdown()
        let (changes, change) = AsyncStream.makeStream(of: Bool.self)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                var open = 0
                for await isOpen in changes {
                    open += isOpen ? 1 : -1
                    if isOpen && open == count { complete() }
                }
            }
            for first in stride(from: 0, to: certificates.count, by: Self.atOnce) {
                let part = certificates[first..<min(certificates.count, first + Self.atOnce)]
                let sockets = try await spread(Array(part)) { try await join($0, key, session) }
                for (name, socket) in sockets { tasks.addTask { await keep(socket, name, session, change) } }
            }
            try await tasks.waitForAll()
        }
    }

    // MARK: Becoming clients

    private func tokens(_ count: Int) async throws -> [(name: String, token: String)] {
        let reply = try await administrator.post("/nodes/tokens", ["count": JSON(count), "prefix": "idle"])
        await administrator.shutdown()
        return (reply["tokens"]?.elements ?? []).compactMap { token in
            guard let name = token["client_id"]?.text, let text = token["token"]?.text else { return nil }
            return (name, text)
        }
    }

    private func enrol(_ node: (name: String, token: String), _ csr: String, _ http: HTTPClient) async throws -> (name: String, pem: String) {
        let reply = try await post(http, "/nodes/enrol", ["token": .string(node.token), "csr": .string(csr)])
        guard let pem = reply["certificate"]?.text else { throw Missing(what: "the certificate of \(node.name)") }
        return (node.name, pem)
    }

    private func join(_ node: (name: String, pem: String), _ key: NodeKey, _ session: String) async throws -> (String, ControlSocket) {
        let tls = try clientTLS(authorityPEM: authorityPEM, certificatePEM: node.pem, keyPEM: key.pem)
        let http = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: configuration(tls))
        let result: Result<JSON, any Error>
        do {
            result = .success(try await post(http, "/federated-learning/sessions/\(session)/join", ["client_id": .string(node.name), "data_size": 100]))
        } catch { result = .failure(error) }
        try? await http.shutdown()
        _ = try result.get()
        return (
            node.name,
            ControlSocket(endpoint: try CoordinatorEndpoint(url), tls: try NIOSSLContext(configuration: tls), group: group, limits: TimeLimits())
        )
    }

    private func keep(_ socket: ControlSocket, _ name: String, _ session: String, _ change: AsyncStream<Bool>.Continuation) async {
        let hello = Hello(
            versionMin: ControlCodec.oldest, versionMax: ControlCodec.version, software: "tutti-bench", sessionID: session, clientID: name, lastRound: 0)
        guard let frame = try? ControlCodec.encode(.hello(hello)) else { return }
        var backoff = Backoff(seed: derivedSeed(0, name))
        while !Task.isCancelled {
            let isOpen = Mutex(false)
            _ = try? await socket.run(path: "/api/v4/federated-learning/sessions/\(session)/socket") { event in
                switch event {
                case .opened(let sender, _): try? await sender.send(frame)
                case .received(let bytes):
                    guard case .welcome? = try? ControlCodec.decodeServer(bytes) else { return }
                    isOpen.withLock { $0 = true }
                    change.yield(true)
                }
            }
            if isOpen.withLock({ $0 }) {
                change.yield(false)
                backoff.reset()
            }
            try? await Task.sleep(for: .seconds(backoff.nextSeconds()))
        }
    }

    // MARK: Calling

    private func configuration(_ tls: TLSConfiguration) -> HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls)
        configuration.httpVersion = .http1Only
        configuration.timeout.connect = .seconds(Self.callSeconds)
        return configuration
    }

    private func post(_ http: HTTPClient, _ path: String, _ body: JSON) async throws -> JSON {
        var request = HTTPClientRequest(url: "\(url)/api/v4\(path)")
        request.method = .POST
        request.headers.add(name: "content-type", value: "application/json")
        request.body = .bytes(ByteBuffer(bytes: body.encoded()))
        let response = try await http.execute(request, timeout: .seconds(Self.callSeconds))
        var bytes = try await response.body.collect(upTo: Self.replyBytes)
        let reply = bytes.readBytes(length: bytes.readableBytes) ?? []
        guard (200..<300).contains(response.status.code) else {
            throw Missing(what: "\(path): \(response.status.code) \(String(decoding: reply.prefix(300), as: UTF8.self))")
        }
        return try JSON(parsing: reply)
    }

    /// A few at a time, results in order.
    private func spread<Item: Sendable, Value: Sendable>(
        _ items: [Item], _ work: @escaping @Sendable (Item) async throws -> Value
    ) async throws -> [Value] {
        try await withThrowingTaskGroup(of: (Int, Value).self) { group in
            var values: [Value?] = Array(repeating: nil, count: items.count)
            var next = 0
            func launch() {
                guard next < items.count else { return }
                let (index, item) = (next, items[next])
                next += 1
                group.addTask { (index, try await work(item)) }
            }
            for _ in 0..<Self.atOnce { launch() }
            while let (index, value) = try await group.next() {
                values[index] = value
                launch()
            }
            return values.compactMap { $0 }
        }
    }
}
