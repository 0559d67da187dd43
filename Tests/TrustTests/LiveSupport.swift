import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import Testing
import Trust

/// A TLS server (on every address, so that 127.0.0.2 reaches it too) that answers the first bytes of a connection with the client's name and closes.
struct NameServer {
    let channel: any Channel
    var port: Int { channel.localAddress!.port! }

    @discardableResult
    static func running<R>(_ configuration: TLSConfiguration, _ body: (Int) async throws -> R) async throws -> R {
        let context = try NIOSSLContext(configuration: configuration)
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers(NIOSSLServerHandler(context: context), NameHandler())
                }
            }
            .bind(host: "0.0.0.0", port: 0).get()
        do {
            let result = try await body(NameServer(channel: channel).port)
            try await channel.close()
            return result
        } catch {
            try? await channel.close()
            throw error
        }
    }

    private final class NameHandler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
        private var isAnswered = false

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            guard !isAnswered else { return }
            isAnswered = true
            let name: String
            do {
                if let peer = try context.pipeline.syncOperations.nioSSL_peerCertificate() {
                    let identity = try PeerIdentity(verifying: try peer.toDERBytes())
                    name = "peer \(identity.tenant)/\(identity.client)\n"
                } else {
                    name = "peer none\n"
                }
            } catch { name = "peer unreadable: \(error)\n" }
            let channel = context.channel
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: name))).whenComplete { _ in channel.close(promise: nil) }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}

/// Says "hello" over TLS and gives the answer; throws what ended the connection otherwise.
func ask(_ port: Int, _ configuration: TLSConfiguration, serverName: String? = "localhost", host: String = "127.0.0.1") async throws -> String {
    let context = try NIOSSLContext(configuration: configuration)
    let answer = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .connectTimeout(.seconds(10))
        .connect(host: host, port: port) { channel in
            channel.eventLoop.makeCompletedFuture {
                let done = channel.eventLoop.makePromise(of: String.self)
                try channel.pipeline.syncOperations.addHandlers(NIOSSLClientHandler(context: context, serverHostname: serverName), AskHandler(done))
                return done.futureResult
            }
        }
    return try await answer.get()
}

private final class AskHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    struct NoAnswer: Error {}
    private let done: EventLoopPromise<String>
    private var deadline: Scheduled<Void>?

    init(_ done: EventLoopPromise<String>) { self.done = done }

    func channelActive(context: ChannelHandlerContext) {
        let done = done
        deadline = context.eventLoop.scheduleTask(in: .seconds(20)) { done.fail(NoAnswer()) }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: "hello\n")), promise: nil)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { done.succeed(String(buffer: unwrapInboundIn(data))) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        done.fail(error)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) { finish() }

    func handlerRemoved(context: ChannelHandlerContext) { finish() }

    private func finish() {
        deadline?.cancel()
        done.fail(NoAnswer())
    }
}

/// What a command wrote, and how it ended.
struct Outcome {
    var status: Int32
    var output: String
}

/// Runs `openssl` with `input` on its standard input, which stays open until the process ends; `timeout` bounds it.
func openssl(_ arguments: [String], input: String = "hello\n") async throws -> Outcome {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["timeout", "20", "openssl"] + arguments
    let (stdin, output) = (Pipe(), Pipe())
    process.standardInput = stdin
    process.standardOutput = output
    process.standardError = output
    let status = try await withCheckedThrowingContinuation { (done: CheckedContinuation<Int32, any Error>) in
        process.terminationHandler = { done.resume(returning: $0.terminationStatus) }
        do { try process.run() } catch { return done.resume(throwing: error) }
        // A process that has ended already (a refused option) needs no input.
        try? stdin.fileHandleForWriting.write(contentsOf: Data(input.utf8))
    }
    // What s_client says fits into a pipe's buffer, so reading afterwards cannot block the process.
    let data = try output.fileHandleForReading.readToEnd() ?? Data()
    return Outcome(status: status, output: String(decoding: data, as: UTF8.self))
}

/// An authority, a server for localhost, and files as `openssl` wants them.
struct Site {
    let authority: CertificateAuthority
    let server: (certificatePEM: String, keyPEM: String)
    let now = Date()

    init(_ name: String = "Live CA") throws {
        authority = try CertificateAuthority(commonName: name, now: now, lifetime: 365 * day)
        server = try authority.issueServer(names: ["localhost", "127.0.0.1"], now: now, lifetime: day)
    }

    func settings(strict: Bool = false) throws -> TLSConfiguration {
        try serverTLS(
            certificatePEM: server.certificatePEM, keyPEM: server.keyPEM, authorityPEM: authority.certificatePEM, strictPostQuantum: strict)
    }

    func client(_ name: String = "client-01", now: Date? = nil, lifetime: Double = day) throws -> (certificatePEM: String, keyPEM: String) {
        let key = NodeKey()
        let issued = try authority.issueClient(
            certificateRequestPEM: try key.certificateRequestPEM(commonName: "x"), tenant: "default", client: name, now: now ?? self.now, lifetime: lifetime)
        return (issued.pem, key.pem)
    }
}
