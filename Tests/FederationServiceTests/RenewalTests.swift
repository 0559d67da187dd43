import CryptoSuite
import Federation
import FederationService
import Foundation
import Storage
import Synchronization
import Testing
import Trust

/// Connections that a test says are open; notes which were closed.
private final class Open: LiveConnections {
    private let certificates = Mutex<[LiveCertificate]>([])
    func add(_ name: String, _ enrolment: Issued, _ authority: CertificateAuthority) {
        let certificate = LiveCertificate(
            name: CertificateName(tenant: tenant, client: name, fingerprint: enrolment.fingerprint), authorityKey: authority.keyIdentifier)
        certificates.withLock { $0.append(certificate) }
    }
    func close(where isEnded: @Sendable (LiveCertificate) -> Bool) { certificates.withLock { $0.removeAll(where: isEnded) } }
    func close(tenant: String, client: String, where isEnded: @Sendable (LiveCertificate) -> Bool) {
        close { $0.name.tenant == tenant && $0.name.client == client && isEnded($0) }
    }
    var names: [String] { certificates.withLock { $0.map(\.name.client) } }
}

private struct Issued {
    var enrolment: Enrolment
    var fingerprint: [UInt8]
    init(_ enrolment: Enrolment) {
        self.enrolment = enrolment
        let der = enrolment.certificatePEM.split(separator: "\n").filter { !$0.hasPrefix("-") }.joined()
        fingerprint = CryptoSuite.system.sha256([UInt8](Data(base64Encoded: der) ?? Data()))
    }
}

@Suite struct RenewalTests {
    private static let life = 1000.0
    private func request() throws -> String { try NodeKey().certificateRequestPEM(commonName: "somebody-else") }

    private func with(_ work: (Service, Clock, Open) async throws -> Void) async throws {
        try await withFolder { folder in
            let (clock, open) = (Clock(), Open())
            let root = try CertificateAuthority(commonName: "One", now: Date(), lifetime: 86_400)
            let service = try await Service(
                folder, authorities: AuthoritiesInMemory(root), certificateSeconds: Self.life, clock: clock, connections: open)
            try await work(service, clock, open)
            await service.stop()
        }
    }

    private func enrol(_ service: Service, _ name: String = "a") async throws -> Issued {
        let token = try await service.engine.createEnrolmentTokens(tenant: tenant, names: [name], lifetimeSeconds: 60)[0]
        return Issued(try await service.engine.enrol(token: token.token, certificateRequestPEM: try request(), by: "node"))
    }

    private func name(_ issued: Issued, _ client: String = "a") -> CertificateName {
        CertificateName(tenant: tenant, client: client, fingerprint: issued.fingerprint)
    }

    private func isGood(_ service: Service, _ issued: Issued, _ client: String = "a") async -> Bool {
        do {
            try await service.engine.verify(tenant: tenant, client: client, fingerprint: issued.fingerprint)
            return true
        } catch { return false }
    }

    @Test func theOldOneIsGoodUntilItEndsAndTheNameIsTheCertificates() async throws {
        try await with { service, clock, _ in
            let first = try await enrol(service)
            clock.advance(Self.life / 2)
            let second = Issued(try await service.engine.renew(name(first), certificateRequestPEM: try request(), by: "node"))
            #expect(second.enrolment.node == "a" && second.fingerprint != first.fingerprint)
            #expect(second.enrolment.authorityPEM == service.engine.currentAuthorities.bundlePEM)
            #expect(await isGood(service, first) == true)
            #expect(await isGood(service, second) == true)
            clock.advance(Self.life / 2 + 1)
            #expect(await isGood(service, first) == false)
            #expect(await isGood(service, second) == true)
            await #expect("it says that it has ended") {
                try await service.engine.verify(tenant: tenant, client: "a", fingerprint: first.fingerprint)
            } throws: {
                "\($0)".contains("has ended")
            }
            // The record survives the process, and the audit has a row with what replaced what.
            let audit = try await service.store.audit(tenant: tenant, after: 0, limit: 10).map(\.entry)
            #expect(audit.map(\.action) == [.nodeEnrolled, .nodeRenewed])
            #expect(audit[1].actor == "a" && audit[1].details["replaces"] == hexadecimal(first.fingerprint))
        }
    }

    @Test func nobodyRenewsWithoutBound() async throws {
        try await with { service, clock, _ in
            var present = try await enrol(service)
            var count = 0
            for _ in 0..<1000 {
                let request = try request()
                do throws(FederationFailure) {
                    present = Issued(try await service.engine.renew(name(present), certificateRequestPEM: request, by: "node"))
                    count += 1
                } catch {
                    guard case .conflict(let why, let retry?) = error else { throw error }
                    #expect(why.contains("a short while ago") && (1...100).contains(retry))
                    clock.advance(Double(retry) / 10)
                }
            }
            // A tenth of the time it is told to wait each time: at most one in ten calls can be a renewal.
            #expect(count > 0 && count <= 101, "\(count)")
            let record = try #require(try await service.store.node(tenant: tenant, name: "a"))
            #expect(record.certificates.count == 2)
        }
    }

    @Test func aLostReplyIsMadeUpForWithTheOldCertificate() async throws {
        try await with { service, clock, _ in
            let first = try await enrol(service)
            clock.advance(Self.life / 2)
            let lost = Issued(try await service.engine.renew(name(first), certificateRequestPEM: try request(), by: "node"))
            await #expect(throws: FederationFailure.self) { try await service.engine.renew(name(first), certificateRequestPEM: try request(), by: "node") }
            clock.advance(61)
            let second = Issued(try await service.engine.renew(name(first), certificateRequestPEM: try request(), by: "node"))
            // Should the lost one have arrived after all, it is good as well.
            for one in [first, lost, second] { #expect(await isGood(service, one)) }
        }
    }

    @Test func manyRenewalsAtOnceGiveOneCertificate() async throws {
        try await with { service, clock, _ in
            let first = try await enrol(service)
            clock.advance(Self.life / 2)
            let requests = try (0..<50).map { _ in try request() }
            let count = await withTaskGroup(of: Bool.self) { group in
                for one in requests { group.addTask { (try? await service.engine.renew(name(first), certificateRequestPEM: one, by: "node")) != nil } }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(count == 1)
            #expect(try await service.store.node(tenant: tenant, name: "a")?.certificates.count == 2)
        }
    }

    @Test func whoIsNotGoodDoesNotRenew() async throws {
        try await with { service, clock, open in
            let (a, b) = (try await enrol(service), try await enrol(service, "b"))
            open.add("a", a, service.engine.currentAuthorities.signing)
            open.add("b", b, service.engine.currentAuthorities.signing)
            clock.advance(Self.life / 2)
            let next = Issued(try await service.engine.renew(name(a), certificateRequestPEM: try request(), by: "node"))
            // Another's certificate, a broken request, and everything of a node that was revoked.
            await #expect(throws: FederationFailure.self) { try await service.engine.renew(name(b, "a"), certificateRequestPEM: try request(), by: "node") }
            await #expect(throws: FederationFailure.self) { try await service.engine.renew(name(b), certificateRequestPEM: "nonsense", by: "node") }
            #expect(open.names == ["a", "b"])
            try await service.engine.revokeNode(tenant: tenant, name: "a")
            #expect(open.names == ["b"], "its connections are closed, and no other's")
            for one in [a, next] {
                #expect(await isGood(service, one) == false)
                await #expect(throws: FederationFailure.forbidden("a is revoked")) {
                    try await service.engine.renew(name(one), certificateRequestPEM: try request(), by: "node")
                }
            }
            // A new enrolment of the name ends what the last holder had.
            let again = try await enrol(service, "b")
            #expect(await isGood(service, b, "b") == false)
            #expect(await isGood(service, again, "b") == true)
            #expect(open.names == [])
        }
    }

    @Test func theAuthorityIsReplacedInThreeStepsAndNobodyIsLeftBehind() async throws {
        try await with { service, clock, open in
            let engine = service.engine
            let old = engine.currentAuthorities.signing
            var (a, b) = (try await enrol(service), try await enrol(service, "b"))
            #expect(await isGood(service, a) == true)
            #expect(await isGood(service, b, "b") == true)
            for step in [AuthorityStep.activate] {
                await #expect(throws: FederationFailure.self) { try await engine.roll(step, force: true, tenant: tenant) }
            }
            #expect(try await engine.roll(.retire, force: false, tenant: tenant).phase == .steady, "there is nothing to retire")
            let prepared = try await engine.roll(.prepare, force: false, tenant: tenant)
            #expect(prepared.phase == .prepared && prepared.next == .activate && prepared.behind == ["a", "b"] && prepared.signing.pin == old.pin)
            #expect(try await engine.roll(.prepare, force: false, tenant: tenant) == prepared, "again: nothing new")
            // A new bundle is a reason to renew at once, and once.
            a = Issued(try await engine.renew(name(a), certificateRequestPEM: try request(), by: "node"))
            await #expect(throws: FederationFailure.self) { try await engine.renew(name(a), certificateRequestPEM: try request(), by: "node") }
            #expect(try await engine.authorities().behind == ["b"], "renewing shows the certificate that is in use")
            b = Issued(try await engine.renew(name(b, "b"), certificateRequestPEM: try request(), by: "node"))
            #expect(try await engine.authorities().behind == ["b"], "the reply may have been lost")
            await #expect { try await engine.roll(.activate, force: false, tenant: tenant) } throws: { "\($0)".contains("b ") }
            #expect(await isGood(service, b, "b"))
            let activated = try await engine.roll(.activate, force: false, tenant: tenant)
            #expect(activated.phase == .activated && activated.signing.pin == prepared.other?.pin && activated.behind == ["a", "b"])
            let fresh = try await enrol(service, "c")
            #expect(try await engine.authorities().behind == ["a", "b"], "who enrols now has the new authority's")
            a = Issued(try await engine.renew(name(a), certificateRequestPEM: try request(), by: "node"))
            #expect(await isGood(service, a))
            for (name, one, signer) in [("a", a, engine.currentAuthorities.signing), ("b", b, old), ("c", fresh, engine.currentAuthorities.signing)] {
                open.add(name, one, signer)
            }
            await #expect { try await engine.roll(.retire, force: false, tenant: tenant) } throws: { "\($0)".contains("1 nodes would be cut off: b ") }
            #expect(open.names == ["a", "b", "c"])
            let retired = try await engine.roll(.retire, force: true, tenant: tenant)
            #expect(retired.phase == .steady && retired.cutOff == ["b"] && retired.other == nil && retired.signing.pin == activated.signing.pin)
            #expect(open.names == ["a", "c"])
            #expect(await isGood(service, b, "b") == false)
            #expect(await isGood(service, a) == true)
            #expect(await isGood(service, fresh, "c") == true)
            let steps = try await service.store.audit(tenant: tenant, after: 0, limit: 20).map(\.entry).filter { $0.action == .authorityRolled }
            #expect(steps.map { $0.details["step"] } == ["prepare", "activate", "retire"] && steps.last?.details["cut_off"] == "b")
            clock.advance(1)
        }
    }
}
