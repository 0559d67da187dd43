internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL
internal import StrictJSON
internal import Synchronization
internal import Trust

/// One connection, to an address and not to a name, for one exchange.
struct GuardedConnection: Sendable {
    private let channel: NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>
    private let host: String
    private let fault = Fault()

    /// The first error of the channel: what is written or read afterwards only finds it closed.
    private final class Fault: Sendable {
        private let first = Mutex<(any Error)?>(nil)
        var error: (any Error)? { first.withLock { $0 } }
        func note(_ error: any Error) { first.withLock { $0 = $0 ?? error } }
    }

    private final class FaultHandler: ChannelInboundHandler {
        typealias InboundIn = NIOAny
        private let fault: Fault
        init(_ fault: Fault) { self.fault = fault }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            fault.note(error)
            context.fireErrorCaught(error)
        }
    }

    /// - Parameter address: one that was checked. Nothing here resolves anything.
    init(to address: IPAddress, for url: EgressURL, _ context: NIOSSLContext, seconds: Double) async throws(EgressError) {
        host = url.hostText
        let isSecure = url.scheme == .https
        // An address has no name to show; the certificate must then be for the address.
        let name: String? = if case .name(let name) = url.host { name } else { nil }
        do {
            channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connectTimeout(.milliseconds(Int64(seconds * 1000)))
                .connect(to: SocketAddress(ipAddress: "\(address)", port: url.port)) { [fault] channel in
                    channel.eventLoop.makeCompletedFuture {
                        let pipeline = channel.pipeline.syncOperations
                        if isSecure {
                            let handler = try NIOSSLClientHandler._makeSSLClientHandler(context: context, serverHostname: name) { certificate, channel in
                                channel.eventLoop.makeCompletedFuture { if let name { try Self.check(certificate, isFor: name) } }
                            }
                            try pipeline.addHandler(handler)
                        }
                        try pipeline.addHandler(FaultHandler(fault))
                        try pipeline.addHTTPClientHandlers(leftOverBytesStrategy: .dropBytes)
                        return try NIOAsyncChannel(wrappingChannelSynchronously: channel)
                    }
                }
        } catch { throw .connection(host: host, problem: "\(error)".clipped(200)) }
    }

    private struct WrongName: Error, CustomStringConvertible {
        var description: String { "its certificate is for another name" }
    }

    /// NIOSSL takes a certificate for the address that it is connected to, whatever the name: who can change what a name leads to
    /// would get one for his own address. So the name itself has to be in it (RFC 9525 §6.3).
    private static func check(_ certificate: NIOSSLCertificate, isFor name: String) throws {
        guard EgressURL.isName(name, in: try CertificateFacts(der: certificate.toDERBytes()).names) else { throw WrongName() }
    }

    /// Sends the request and reads the answer, as much of it as is wanted; then the connection is closed.
    func exchange(
        _ request: GuardedRequest, bodyBytes: Int?, _ began: @Sendable (GuardedAnswer) throws -> Void = { _ in },
        _ receive: @Sendable ([UInt8]) async throws -> Void
    ) async throws -> GuardedAnswer {
        do {
            return try await channel.executeThenClose { inbound, outbound in
                try await outbound.write(contentsOf: Self.parts(of: request))
                var answer: GuardedAnswer?
                var received = 0
                reading: for try await part in inbound {
                    switch part {
                    case .head(let head):
                        let beginning = GuardedAnswer(status: Int(head.status.code), headers: head.headers.map { ($0.name, $0.value) }, body: [])
                        do { try began(beginning) } catch { throw EgressError.answer(problem: "\(error)") }
                        answer = beginning
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
        } catch let error as EgressError { throw described(fault.error ?? error) } catch let error as CancellationError { throw error } catch {
            throw described(fault.error ?? error)
        }
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
        case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError, is WrongName, is TrustError: EgressError.tls(host: host, problem: "\(error)".clipped(200))
        case is HTTPParserError: EgressError.answer(problem: "\(error)".clipped(200))
        default: EgressError.connection(host: host, problem: "\(error)".clipped(200))
        }
    }
}
