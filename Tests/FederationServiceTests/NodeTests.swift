import CryptoSuite
import Federation
import FederationService
import Foundation
import Storage
import Testing
import Trust

@Suite struct NodeTests {
    private func request(_ key: NodeKey = NodeKey()) throws -> String { try key.certificateRequestPEM(commonName: "node") }

    private func fingerprint(_ service: Service, _ name: String) async throws -> [UInt8] {
        try #require(try await service.store.node(tenant: tenant, name: name)).certificateFingerprint
    }

    private func enrol(_ service: Service, _ name: String) async throws {
        let token = try await service.engine.createEnrolmentTokens(tenant: tenant, names: [name], lifetimeSeconds: 60)[0]
        _ = try await service.engine.enrol(token: token.token, certificateRequestPEM: try request(), by: "node")
    }

    @Test func aThousandUsesOfOneTokenGiveOneCertificate() async throws {
        try await withFolder { folder in
            let service = try await Service(folder)
            let token = try await service.engine.createEnrolmentTokens(tenant: tenant, names: ["a"], lifetimeSeconds: 60)[0].token
            let requests = try (0..<10).map { _ in try request() }
            let outcomes = await withTaskGroup(of: Enrolment?.self) { group in
                for i in 0..<1000 { group.addTask { try? await service.engine.enrol(token: token, certificateRequestPEM: requests[i % 10], by: "node") } }
                var certificates: [Enrolment] = []
                for await enrolment in group { if let enrolment { certificates.append(enrolment) } }
                return certificates
            }
            #expect(outcomes.count == 1)
            let der = try #require(outcomes.first).certificatePEM.split(separator: "\n").filter { !$0.hasPrefix("-") }.joined()
            let stored = try await fingerprint(service, "a")
            #expect(CryptoSuite.system.sha256([UInt8](Data(base64Encoded: der) ?? Data())) == stored, "the certificate that counts is the one that was given")
            await service.stop()
        }
    }

    @Test func aRequestThatCannotBeSignedDoesNotSpendTheToken() async throws {
        try await withFolder { folder in
            let service = try await Service(folder)
            let token = try await service.engine.createEnrolmentTokens(tenant: tenant, names: ["a"], lifetimeSeconds: 60)[0].token
            await #expect(throws: FederationFailure.self) { try await service.engine.enrol(token: token, certificateRequestPEM: "nonsense", by: "node") }
            _ = try await service.engine.enrol(token: token, certificateRequestPEM: try request(), by: "node")
            await service.stop()
        }
    }

    @Test func aRevokedNodesChannelsCloseAndNoneIsOpenedAnyMore() async throws {
        try await withFolder { folder in
            let service = try await Service(folder)
            let engine = service.engine
            let created = try await engine.createSession(smallSpec(clients: 5, rounds: 1), tenant: tenant)
            let session = created.view.record.id
            try await enrol(service, "a")
            let certificate = (tenant: tenant, client: "a", fingerprint: try await fingerprint(service, "a"))
            var application = JoinApplication(clientID: "a", request: JoinRequest(client: "a"))
            application.certificate = certificate
            _ = try await engine.join(session, application)
            let credential = MemberCredential.certificate(tenant: tenant, client: "a", fingerprint: certificate.fingerprint)
            // Two sockets are admitted; one is attached before the revocation, the other comes too late with it.
            let member = try await engine.member(session, credential: credential)
            let (early, late) = (TestChannel(), TestChannel())
            try await engine.attach(session, member, early)
            let unused = try await engine.createEnrolmentTokens(tenant: tenant, names: ["a"], lifetimeSeconds: 60)[0].token
            try await engine.revokeNode(tenant: tenant, name: "a")
            for await _ in early.messages {}  // ends because the channel was closed
            await #expect(throws: FederationFailure.forbidden("a is revoked")) { try await engine.attach(session, member, late) }
            for await _ in late.messages {}
            await #expect(throws: FederationFailure.forbidden("a is revoked")) { try await engine.member(session, credential: credential) }
            await #expect(throws: FederationFailure.forbidden("a is revoked")) { try await engine.join(session, application) }
            await #expect("an unused token does not lift it") {
                _ = try await engine.enrol(token: unused, certificateRequestPEM: try request(), by: "node")
            } throws: {
                "\($0)".contains("withdrawn")
            }
            await #expect(throws: FederationFailure.forbidden("a is revoked")) { try await engine.member(session, credential: credential) }
            await service.stop()
        }
    }

    /// Revocations against sockets that are being opened: whatever the order, none stays open.
    @Test func noSocketSlipsPastARevocation() async throws {
        try await withFolder { folder in
            let service = try await Service(folder)
            let engine = service.engine
            let session = try await engine.createSession(smallSpec(clients: 50, rounds: 1), tenant: tenant).view.record.id
            for i in 0..<20 {
                let name = "n\(i)"
                try await enrol(service, name)
                let print = try await fingerprint(service, name)
                var application = JoinApplication(clientID: name, request: JoinRequest(client: name))
                application.certificate = (tenant, name, print)
                _ = try await engine.join(session, application)
                let channels = (0..<4).map { _ in TestChannel() }
                await withTaskGroup(of: Void.self) { group in
                    for channel in channels {
                        group.addTask {
                            let credential = MemberCredential.certificate(tenant: tenant, client: name, fingerprint: print)
                            guard let member = try? await engine.member(session, credential: credential),
                                (try? await engine.attach(session, member, channel)) != nil
                            else {
                                channel.close()
                                return
                            }
                        }
                    }
                    group.addTask { try? await engine.revokeNode(tenant: tenant, name: name) }
                }
                for channel in channels { for await _ in channel.messages {} }
            }
            await service.stop()
        }
    }

    /// A node is looked up, then revoked before the answer is back: the old answer is not kept.
    @Test func whatWasReadBeforeARevocationIsNotRemembered() async throws {
        try await withFolder { folder in
            let service = try await Service(folder)
            try await enrol(service, "a")
            let print = try await fingerprint(service, "a")
            let (reads, hasRead) = AsyncStream.makeStream(of: Void.self)
            let (releases, release) = AsyncStream.makeStream(of: Void.self)
            let asked = AskedStore(service.store, Notes()) {
                hasRead.yield()
                for await _ in releases { break }
            }
            let engine = FederationEngine(around: service.around, identities: asked, authority: try authority.get(), random: .system)
            async let early: Void? = try? engine.verify(tenant: tenant, client: "a", fingerprint: print)
            for await _ in reads { break }
            try await engine.revokeNode(tenant: tenant, name: "a")
            release.yield()
            release.finish()
            _ = await early
            await #expect(throws: FederationFailure.forbidden("a is revoked")) { try await engine.verify(tenant: tenant, client: "a", fingerprint: print) }
            await service.stop()
        }
    }

    @Test func requestsDoNotAskTheStoreWhoANodeIs() async throws {
        try await withFolder { folder in
            let service = try await Service(folder)
            try await enrol(service, "a")
            let print = try await fingerprint(service, "a")
            let asked = Notes()
            let engine = FederationEngine(
                around: service.around, identities: AskedStore(service.store, asked), authority: try authority.get(), random: .system)
            for _ in 0..<100 { try await engine.verify(tenant: tenant, client: "a", fingerprint: print) }
            #expect(asked.all.count == 2, "once, and again after it was noted that the certificate is in use")
            // Its own changes it notices at once.
            try await engine.revokeNode(tenant: tenant, name: "a")
            await #expect(throws: FederationFailure.forbidden("a is revoked")) { try await engine.verify(tenant: tenant, client: "a", fingerprint: print) }
            let token = try await engine.createEnrolmentTokens(tenant: tenant, names: ["a"], lifetimeSeconds: 60)[0].token
            _ = try await engine.enrol(token: token, certificateRequestPEM: try request(), by: "node")
            try await engine.verify(tenant: tenant, client: "a", fingerprint: try await fingerprint(service, "a"))
            #expect(asked.all.count == 4)
            await service.stop()
        }
    }
}

/// Notes each time a node is looked up, and may take its time with the answer.
private struct AskedStore: IdentityStore {
    private let store: SQLiteStore
    private let asked: Notes
    private let pause: @Sendable () async -> Void
    init(_ store: SQLiteStore, _ asked: Notes, pause: @escaping @Sendable () async -> Void = {}) {
        self.store = store
        self.asked = asked
        self.pause = pause
    }
    func node(tenant: String, name: String) async throws(StorageError) -> NodeRecord? {
        asked.add(name)
        let record = try await store.node(tenant: tenant, name: name)
        await pause()
        return record
    }
    func addEnrolmentTokens(_ tokens: [EnrolmentTokenRecord]) async throws(StorageError) { try await store.addEnrolmentTokens(tokens) }
    func enrol(tokenHash: [UInt8], node: NodeRecord, now: Instant, by actor: AuditActor) async throws(StorageError) -> EnrolmentOutcome {
        try await store.enrol(tokenHash: tokenHash, node: node, now: now, by: actor)
    }
    func enrolmentToken(hash: [UInt8]) async throws(StorageError) -> EnrolmentTokenRecord? { try await store.enrolmentToken(hash: hash) }
    func nodes(tenant: String?) async throws(StorageError) -> [NodeRecord] { try await store.nodes(tenant: tenant) }
    func changeNode(
        tenant: String, name: String, _ change: @escaping @Sendable (NodeRecord) -> (record: NodeRecord, audit: AuditRecord?)?
    ) async throws(StorageError) -> NodeRecord? { try await store.changeNode(tenant: tenant, name: name, change) }
    func revokeNode(tenant: String, name: String, now: Instant, by actor: AuditActor) async throws(StorageError) -> Bool {
        try await store.revokeNode(tenant: tenant, name: name, now: now, by: actor)
    }
    func addKey(_ key: APIKeyRecord) async throws(StorageError) { try await store.addKey(key) }
    func key(id: String) async throws(StorageError) -> APIKeyRecord? { try await store.key(id: id) }
}
