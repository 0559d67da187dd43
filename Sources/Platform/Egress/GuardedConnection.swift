internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL
internal import StrictJSON

/// One connection, to an address and not to a name, for one exchange.
struct GuardedConnection: Sendable {
    private let channel: NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>
    private let host: String

    /// - Parameter address: one that was checked. Nothing here resolves anything.
    init(to address: IPAddress, for url: EgressURL, _ context: NIOSSLContext, seconds: Double) async throws(EgressError) {
        host = url.hostText
        let isSecure = url.scheme == .https
        // An address has no name to show; the certificate must then be for the address.
        let name: String? = if case .name(let name) = url.host { name } else { nil }
        do {
            channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connectTimeout(.milliseconds(Int64(seconds * 1000)))
                .connect(to: SocketAddress(ipAddress: "\(address)", port: url.port)) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let pipeline = channel.pipeline.syncOperations
                        if isSecure { try pipeline.addHandler(NIOSSLClientHandler(context: context, serverHostname: name)) }
                        try pipeline.addHTTPClientHandlers(leftOverBytesStrategy: .dropBytes)
                        return try NIOAsyncChannel(wrappingChannelSynchronously: channel)
                    }
                }
        } catch { throw .connection(host: host, problem: "\(error)".clipped(200)) }
    }

    /// Sends the request and reads the answer, as much of it as is wanted; then the connection is closed.
    func exchange(
        _ request: GuardedRequest, bodyBytes: Int?, _ receive: @Sendable ([UInt8]) async throws -> Void
    ) async throws -> GuardedAnswer {
        do {
            return try await channel.executeThenClose { inbound, outbound in
                try await outbound.write(contentsOf: Self.parts(of: request))
                var answer: GuardedAnswer?
                var received = 0
                reading: for try await part in inbound {
                    switch part {
                    case .head(let head):
                        answer = GuardedAnswer(status: Int(head.status.code), headers: head.headers.map { ($0.name, $0.value) }, body: [])
                        if bodyBytes == nil { break reading }
                    case .body(let buffer):
                        received += buffer.readableBytes
                        let limit = bodyBytes ?? 0
                        guard received <= limit else { throw EgressError.tooLarge(bytes: limit) }
                        do { try await receive(Array(buffer.readableBytesView)) } catch { throw EgressError.answer(problem: "\(error)") }
                    case .end:
                        if let answer { return answer }
                        break reading
                    }
                }
                try Task.checkCancellation()
                // Its end was not seen: what came of the body may be a part of it.
                guard let answer, bodyBytes == nil else { throw EgressError.answer(problem: "the connection ended before the answer did") }
                return answer
            }
        } catch { throw described(error) }
    }

    private static func parts(of request: GuardedRequest) -> [HTTPClientRequestPart] {
        var headers = HTTPHeaders([("Host", request.url.authority), ("User-Agent", "Tutti"), ("Connection", "close"), ("Accept", "*/*")])
        headers.add(contentsOf: HTTPHeaders(request.headers.map { ($0.name, $0.value) }))
        headers.replaceOrAdd(name: "Host", value: request.url.authority)
        headers.replaceOrAdd(name: "Content-Length", value: "\(request.body.count)")
        let head = HTTPRequestHead(version: .http1_1, method: HTTPMethod(rawValue: request.method), uri: request.url.target, headers: headers)
        guard !request.body.isEmpty else { return [.head(head), .end(nil)] }
        return [.head(head), .body(.byteBuffer(ByteBuffer(bytes: request.body))), .end(nil)]
    }

    private func described(_ error: any Error) -> any Error {
        switch error {
        case is EgressError, is CancellationError: error
        case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError: EgressError.tls(host: host, problem: "\(error)".clipped(200))
        case is HTTPParserError: EgressError.answer(problem: "\(error)".clipped(200))
        default: EgressError.connection(host: host, problem: "\(error)".clipped(200))
        }
    }
}
