import Foundation
import NIOCore
import NIOPosix
import Platform
import Storage
import StrictJSON
import Synchronization
import Testing
import Trust

/// A name server of somebody's own, on the loopback: UDP, answers for any name with what it is told to (RFC 1035 §4.1), for no time.
private final class NameServer: Sendable {
    private final class Answering: ChannelInboundHandler {
        typealias InboundIn = AddressedEnvelope<ByteBuffer>
        typealias OutboundOut = AddressedEnvelope<ByteBuffer>
        private let answer: @Sendable () -> [UInt8]
        init(_ answer: @escaping @Sendable () -> [UInt8]) { self.answer = answer }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let asked = unwrapInboundIn(data)
            let query = Array(asked.data.readableBytesView)
            guard query.count > 12 else { return }
            // The id, "this is an answer", one question, one answer; the question again; a pointer to its name, A, IN, 0 s, 4 bytes.
            let reply = query.prefix(2) + [0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0] + query.dropFirst(12) + [0xC0, 0x0C, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4] + answer()
            context.writeAndFlush(wrapOutboundOut(AddressedEnvelope(remoteAddress: asked.remoteAddress, data: ByteBuffer(bytes: reply))), promise: nil)
        }
    }

    private let addresses: Mutex<(next: [UInt8], asked: Int)>

    init(_ address: [UInt8]) { addresses = Mutex((address, 0)) }

    /// What every question is answered with from now on.
    func lead(to address: [UInt8]) { addresses.withLock { $0.next = address } }
    var asked: Int { addresses.withLock { $0.asked } }

    func with(_ work: (_ port: Int) async throws -> Void) async throws {
        let channel = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        Answering { [self] in
                            addresses.withLock { state in
                                state.asked += 1
                                return state.next
                            }
                        })
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let result: Result<Void, any Error>
        do { result = .success(try await work(channel.localAddress?.port ?? 0)) } catch { result = .failure(error) }
        try await channel.close()
        try result.get()
    }
}

/// Asks a name server over UDP for one A record, as the system's resolver would.
private struct UDPResolver: HostResolver {
    let port: Int

    private final class Waiting: ChannelInboundHandler {
        typealias InboundIn = AddressedEnvelope<ByteBuffer>
        private let got: AsyncStream<[UInt8]>.Continuation
        init(_ got: AsyncStream<[UInt8]>.Continuation) { self.got = got }
        func channelRead(context: ChannelHandlerContext, data: NIOAny) { got.yield(Array(unwrapInboundIn(data).data.readableBytesView)) }
    }

    func addresses(of host: String) async throws(EgressError) -> [IPAddress] {
        do { return [try await ask(host)] } catch { throw .unresolved(host: host, problem: "\(error)") }
    }

    private func ask(_ host: String) async throws -> IPAddress {
        let (replies, got) = AsyncStream.makeStream(of: [UInt8].self)
        let channel = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Waiting(got)) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let id: [UInt8] = [UInt8.random(in: 0...255), UInt8.random(in: 0...255)]
        // One question, recursion wanted: the name's labels behind their lengths, A, IN.
        var query: [UInt8] = id + [1, 0, 0, 1, 0, 0, 0, 0, 0, 0]
        for label in host.split(separator: ".") {
            query.append(UInt8(label.utf8.count))
            query += Array(label.utf8)
        }
        query += [0, 0, 1, 0, 1]
        let place = try SocketAddress(ipAddress: "127.0.0.1", port: port)
        try await channel.writeAndFlush(AddressedEnvelope(remoteAddress: place, data: ByteBuffer(bytes: query)))
        let reply = await replies.first { $0.starts(with: id) && $0.count >= 16 }
        try await channel.close()
        let bytes = try #require(reply).suffix(4)
        return .v4(bytes.reduce(0) { $0 << 8 | UInt32($1) })
    }
}

/// A name whose owner changes where it leads, in the way that a delivery really goes: outbox, sender, name server, guard, TLS.
@Suite struct RebindingTests {
    private static let (good, bad): ([UInt8], [UInt8]) = ([127, 0, 0, 2], [127, 0, 0, 1])

    @Test func neitherANameNorARedirectLeadsInside() async throws {
        let authority = try CertificateAuthority(commonName: "Test CA", now: Date(), lifetime: 86_400)
        let server = try authority.issueServer(names: ["rebind.example"], now: Date(), lifetime: 3600)
        let tls = (certificatePEM: server.certificatePEM, keyPEM: server.keyPEM)
        let names = NameServer(Self.good)
        try await names.with { namePort in
            try await WebhookReceiver.with(host: "127.0.0.1", tls: tls) { inside in
                let place = "https://127.0.0.1:\(inside.boundPort)/latest/meta-data"
                try await WebhookReceiver.with(
                    host: "127.0.0.2", port: inside.boundPort, tls: tls, answer: { _ in .init(status: 302, headers: [("Location", place)]) }
                ) { outside in
                    // Under it 127.0.0.2 is a good address, and 127.0.0.1 is the loopback that it is.
                    let policy = EgressPolicy(allowsLoopback: false, ports: [outside.boundPort], allowances: [try .init("127.0.0.2/32")])
                    let store = MemoryStore(suite: .system)
                    let clock = WebhookClock()
                    let secrets = SecretStore(
                        masters: MasterKeys(random: .system), table: StoredTenantKeys(store: store) { clock.now }, random: .system
                    ) { _ in }
                    let webhooks = Webhooks(store: store, secrets: secrets, policy: policy, random: .system)
                    let client = try GuardedClient(policy: policy, resolver: UDPResolver(port: namePort), roots: .pem(authority.certificatePEM))
                    let sender = WebhookSender(webhooks: webhooks, transport: client, random: .system, now: { clock.now })
                    let running = Task { await sender.run() }
                    let id = try await webhooks.create(
                        WebhookRequest(
                            family: "v1", url: "https://rebind.example:\(outside.boundPort)/hook", events: ["job.cancelled"], maxRetries: 0), tenant: "default",
                        actor: "admin", now: clock.now
                    ).webhook.id
                    /// What became of the only attempt to tell of a job.
                    func problem(_ job: String) async throws -> String? {
                        let before = Set(try await webhooks.deliveries(of: id, tenant: "default").map(\.id))
                        try await webhooks.tell(
                            WebhookEvent.jobCancelled.outboxEvent(
                                key: job, tenant: "default", at: clock.now, data: ["job_id": .string(job), "status": "cancelled"], .system))
                        sender.wake()
                        for _ in 0..<6000 {
                            let mine = try await webhooks.deliveries(of: id, tenant: "default").first { !before.contains($0.id) }
                            if let mine, mine.state == .dead { return mine.problem }
                            try await Task.sleep(for: .milliseconds(10))
                        }
                        return nil
                    }
                    let redirected = try await problem("job_1")
                    #expect(redirected?.contains("redirects are not followed") == true, "\(redirected ?? "never")")
                    #expect(names.asked == 1 && outside.requests.count == 1 && inside.requests.isEmpty)
                    names.lead(to: Self.bad)
                    let rebound = try await problem("job_2")
                    #expect(rebound?.contains("127.0.0.1") == true && rebound?.contains("loopback") == true, "\(rebound ?? "never")")
                    #expect(
                        names.asked == 2 && outside.requests.count == 1 && inside.requests.isEmpty, "asked once for each, and nothing else was connected to")
                    running.cancel()
                    await running.value
                }
            }
        }
    }
}
