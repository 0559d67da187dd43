import CoordinatorNode
import CryptoSuite
import Federation
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Platform
import Storage
import StrictJSON
import Testing
import Trust

/// What a coordinator sends by itself, and the secrets that it takes for it.
@Suite struct OutgoingTests {
    /// Answers everything with 200 and hands over what it got.
    private final class Receiver: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart
        private let got: AsyncStream<(headers: HTTPHeaders, body: [UInt8])>.Continuation
        private var (headers, body): (HTTPHeaders, [UInt8]) = ([:], [])
        init(_ got: AsyncStream<(headers: HTTPHeaders, body: [UInt8])>.Continuation) { self.got = got }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head): headers = head.headers
            case .body(let buffer): body += Array(buffer.readableBytesView)
            case .end:
                got.yield((headers, body))
                context.write(wrapOutboundOut(.head(.init(version: .http1_1, status: .ok, headers: ["Content-Length": "0"]))), promise: nil)
                context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            }
        }
    }

    /// What was stored while no coordinator ran is sent by the one that starts, signed with the secret that was sealed before.
    @Test func whatIsInTheOutboxIsSentAtTheStart() async throws {
        let (requests, got) = AsyncStream.makeStream(of: (headers: HTTPHeaders, body: [UInt8]).self)
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Receiver(got))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(server.localAddress?.port)
        let secret = "a secret of somebody's own"
        let start = Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
        let event = WebhookEvent.jobCancelled.outboxEvent(
            key: "job_1", tenant: "default", at: start, data: ["job_id": "job_1", "status": "cancelled"], .system)
        try await LiveCoordinator.with(
            prepare: { folder in
                let store = try SQLiteStore(folder: folder.path, suite: .system)
                let secrets = SecretStore(
                    masters: try MasterKeyFile.read(folder.masterKeyPath, passphrase: nil).keys, table: StoredTenantKeys(store: store) { start },
                    random: .system
                ) { _ in }
                let webhooks = Webhooks(store: store, secrets: secrets, policy: EgressPolicy(allowsLoopback: true), random: .system)
                _ = try await webhooks.create(
                    WebhookRequest(family: "v2", url: "http://127.0.0.1:\(port)/", events: ["job.cancelled"], secret: secret), tenant: "default",
                    actor: "admin", now: start)
                try await webhooks.tell(event)
                await store.close()
            }
        ) { _ in
            let request = try #require(await requests.first { _ in true })
            #expect(request.body == event.body)
            let isSigned = WebhookSignature.isValid(
                id: request.headers.first(name: "webhook-id") ?? "", timestamp: request.headers.first(name: "webhook-timestamp") ?? "",
                signatures: request.headers.first(name: "webhook-signature") ?? "", body: request.body, keys: [try WebhookSecret(secret).key],
                now: Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)), .system)
            #expect(isSigned)
        }
        try await server.close()
    }

    @Test func theMasterKeyGetsItsPassphraseAtTheNextStart() async throws {
        try await withTemporaryFolder { path in
            let folder = CoordinatorFolder(path + "/data")
            _ = try await folder.create(listen: "127.0.0.1:0", names: [])
            let before = try MasterKeyFile.read(folder.masterKeyPath, passphrase: nil)
            #expect(!before.hasPassphrase)
            try SecretFile.write(Array("correct horse\n".utf8), to: path + "/passphrase")
            let flags = ["trust.master_passphrase_file": path + "/passphrase"]
            for _ in 1...2 { try await LiveCoordinator.serving(folder, flags: flags) { _ in } }
            let after = try MasterKeyFile.read(folder.masterKeyPath, passphrase: Secret(Array("correct horse".utf8)))
            #expect(after.hasPassphrase && after.keys == before.keys)
            let error = try await #require(throws: CoordinatorError.self) { try await LiveCoordinator.serving(folder) { _ in } }
            #expect(error.kind == .configuration && error.message.contains("passphrase"), "\(error)")
        }
    }

    @Test func withoutItsMasterKeyACoordinatorDoesNotPretend() async throws {
        try await withTemporaryFolder { path in
            let folder = CoordinatorFolder(path + "/data")
            _ = try await folder.create(listen: "127.0.0.1:0", names: [])
            try FileManager.default.removeItem(atPath: folder.masterKeyPath)
            try await LiveCoordinator.serving(folder) { _ in }
            #expect(FileManager.default.fileExists(atPath: folder.masterKeyPath), "a folder from before there was one gets one")
            let store = try SQLiteStore(folder: folder.path, suite: .system)
            _ = try await store.addTenantKey(TenantKeyRecord(tenant: "default", version: 1, envelope: [1], createdAt: Instant(milliseconds: 0)), audit: nil)
            await store.close()
            #expect(try await folder.check().damages.isEmpty)
            try FileManager.default.removeItem(atPath: folder.masterKeyPath)
            #expect(try await folder.check().damages.contains { $0.contains("master.key") })
            let error = try await #require(throws: CoordinatorError.self) { try await LiveCoordinator.serving(folder) { _ in } }
            #expect(error.kind == .integrity && error.message.contains("master.key"), "\(error)")
        }
    }

    @Test func settingsThatAreNoPlacesAreNamed() async throws {
        try await withTemporaryFolder { path in
            let folder = CoordinatorFolder(path + "/data")
            _ = try await folder.create(listen: "127.0.0.1:0", names: [])
            let error = try await #require(throws: CoordinatorError.self) {
                try await LiveCoordinator.serving(folder, flags: ["egress.allow": "10.0.0.1/8"]) { _ in }
            }
            #expect(error.kind == .configuration && error.message.contains("egress.allow"), "\(error)")
        }
    }
}
