import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import Testing
import Trust

@Suite("Enrolling with nothing but the pin", .timeLimit(.minutes(2))) struct PinnedBootstrapTests {
    private func learn(_ pin: String, _ host: String, _ port: Int, postQuantumOnly: Bool = true) async throws(TrustError) -> String {
        try await PinnedBootstrap(pin: pin).authorityPEM(
            host: host, port: port, group: MultiThreadedEventLoopGroup.singleton, postQuantumOnly: postQuantumOnly)
    }

    private func refusal(_ body: () async throws(TrustError) -> String) async -> TrustError? {
        do {
            _ = try await body()
            return nil
        } catch { return error }
    }

    @Test("The pin gives the CA, and the CA the next connection", arguments: ["localhost", "127.0.0.1"])
    func learns(host: String) async throws {
        let site = try Site()
        try await NameServer.running(try site.settings()) { port in
            let pem = try await learn(site.authority.pin, host, port)
            #expect(pem == site.authority.certificatePEM)
            #expect(try await ask(port, try clientTLS(authorityPEM: pem)) == "peer none\n")
        }
    }

    @Test("Another server's pin is refused, and the error says which CA was shown")
    func mismatch() async throws {
        let (site, other) = (try Site("Live CA"), try Site("Live CA"))
        try await NameServer.running(try site.settings()) { port in
            let error = await refusal { () async throws(TrustError) in try await learn(other.authority.pin, "localhost", port) }
            guard case .pinMismatch(let expected, let presented) = error else { Issue.record("\(String(describing: error))"); return }
            #expect(expected == other.authority.pin && presented.contains(site.authority.pin))
        }
    }

    @Test("A server that shows somebody else's CA beside its own certificate is refused")
    func borrowed() async throws {
        let (site, imposter) = (try Site("Live CA"), try Site("Live CA"))
        let settings = try serverTLS(
            certificatePEM: imposter.server.certificatePEM, keyPEM: imposter.server.keyPEM, authorityPEM: site.authority.certificatePEM,
            strictPostQuantum: false)
        try await NameServer.running(settings) { port in
            let error = await refusal { () async throws(TrustError) in try await learn(site.authority.pin, "localhost", port) }
            guard case .serverCertificate = error else { Issue.record("\(String(describing: error))"); return }
        }
    }

    @Test("Another name than the certificate's is refused")
    func hostMismatch() async throws {
        let site = try Site()
        let named = try site.authority.issueServer(names: ["fed.example.org"], now: Date(), lifetime: day)
        let settings = try serverTLS(
            certificatePEM: named.certificatePEM, keyPEM: named.keyPEM, authorityPEM: site.authority.certificatePEM, strictPostQuantum: false)
        try await NameServer.running(settings) { port in
            let error = await refusal { () async throws(TrustError) in try await learn(site.authority.pin, "localhost", port) }
            #expect(error == .hostMismatch(host: "localhost", names: ["fed.example.org"]))
        }
    }

    @Test("Showing the chain without its key is refused: the verdict waits for the end of the handshake")
    func withoutKey() async throws {
        // The chain is the real one, sent in plain sight to everybody; the imposter lacks the key, so its handshake
        // cannot be finished. NIOSSL refuses such a configuration, so the imposter is a relay that cuts the line after
        // the server's first flight has gone through, before the client's has come back.
        let site = try Site()
        try await NameServer.running(try site.settings()) { port in
            let relay = try await CuttingRelay.start(to: port)
            let error = await refusal { () async throws(TrustError) in try await learn(site.authority.pin, "127.0.0.1", relay.localAddress!.port!) }
            try await relay.close()
            guard case .connection = error else { Issue.record("\(String(describing: error))"); return }
        }
    }

    @Test("A server that says nothing is given up")
    func silent() async throws {
        let site = try Site()
        let silent = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton).bind(host: "127.0.0.1", port: 0).get()
        let error = await refusal { () async throws(TrustError) in
            try await PinnedBootstrap(pin: site.authority.pin).authorityPEM(
                host: "127.0.0.1", port: silent.localAddress!.port!, group: MultiThreadedEventLoopGroup.singleton, timeoutSeconds: 0.1)
        }
        try await silent.close()
        guard case .connection(_, let problem) = error else { Issue.record("\(String(describing: error))"); return }
        #expect(problem == "no handshake within 0.1 seconds")
    }

    @Test("No server, no TLS server, no such port, no such host")
    func noServer() async throws {
        let site = try Site()
        // A port that was free a moment ago.
        let closed = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton).bind(host: "127.0.0.1", port: 0).get()
        let free = closed.localAddress!.port!
        try await closed.close()
        let plain = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(PlainText()) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        for (host, port) in [
            ("127.0.0.1", free), ("127.0.0.1", plain.localAddress!.port!), ("127.0.0.1", 0), ("127.0.0.1", 65_536), ("no-such-host.invalid", 8443),
        ] {
            let error = await refusal { () async throws(TrustError) in try await learn(site.authority.pin, host, port) }
            guard case .connection = error else { Issue.record("\(host):\(port) \(String(describing: error))"); continue }
        }
        try await plain.close()
        #expect(await refusal { () async throws(TrustError) in try await learn(site.authority.pin, "not a host", 1) } == .name("not a host"))
    }
}

/// Answers TLS with something else, as a web server on the wrong port does.
private final class PlainText: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: "HTTP/1.1 400 Bad Request\r\n\r\n"))).whenComplete { _ in channel.close(promise: nil) }
    }
}

/// Passes the client's first flight on, gives the server's answer back short of its last bytes, and hangs up.
private enum CuttingRelay {
    static func start(to port: Int) async throws -> any Channel {
        try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { inbound in
                ClientBootstrap(group: inbound.eventLoop)
                    .channelInitializer { outbound in
                        outbound.eventLoop.makeCompletedFuture { try outbound.pipeline.syncOperations.addHandler(Cut(to: inbound)) }
                    }
                    .connect(host: "127.0.0.1", port: port).flatMapThrowing { outbound in
                        try inbound.pipeline.syncOperations.addHandler(Pass(to: outbound))
                    }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    private final class Pass: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        let other: any Channel
        init(to other: any Channel) { self.other = other }
        func channelRead(context: ChannelHandlerContext, data: NIOAny) { other.writeAndFlush(unwrapInboundIn(data), promise: nil) }
        func channelInactive(context: ChannelHandlerContext) { other.close(promise: nil) }
    }

    private final class Cut: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        let other: any Channel
        init(to other: any Channel) { self.other = other }
        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            var bytes = unwrapInboundIn(data)
            // The server's Finished is the last record of its flight: 74 bytes with SHA-384, 58 with SHA-256.
            let kept = bytes.readSlice(length: max(0, bytes.readableBytes - 20)) ?? ByteBuffer()
            let other = other
            other.writeAndFlush(kept).whenComplete { _ in other.close(promise: nil) }
            context.close(promise: nil)
        }
    }
}
