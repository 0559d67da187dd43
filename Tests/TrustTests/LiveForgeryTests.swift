import Crypto
import Foundation
import SwiftASN1
import Testing
import Trust
import X509

/// Certificates that the authority never makes, but that somebody with its key, or with a leaf of it, could: TLS itself
/// has to refuse them.
@Suite("TLS against certificates that should not be", .timeLimit(.minutes(2))) struct LiveForgeryTests {
    private let site: Site
    private let root: Certificate
    private let rootKey: Certificate.PrivateKey

    init() throws {
        site = try Site()
        root = try Certificate(pemEncoded: site.authority.certificatePEM)
        rootKey = .init(try P256.Signing.PrivateKey(pemRepresentation: site.authority.keyPEM))
    }

    private struct Made {
        var certificate: Certificate
        var key: P256.Signing.PrivateKey
        var signer: Certificate.PrivateKey { .init(key) }
        var pem: String { get throws { try certificate.serializeAsPEM().pemString + "\n" } }
        var keyPEM: String { key.pemRepresentation + "\n" }
    }

    private func made(
        _ name: String, by issuer: Certificate, _ signer: Certificate.PrivateKey, from begins: Date? = nil,
        @ExtensionsBuilder _ extensions: () throws -> Result<Certificate.Extensions, any Error>
    ) throws -> Made {
        let key = P256.Signing.PrivateKey()
        let begins = begins ?? site.now - 60
        let certificate = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: .init(key.publicKey), notValidBefore: begins, notValidAfter: begins + day,
            issuer: issuer.subject, subject: try DistinguishedName { CommonName(name) }, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try .init(builder: extensions), issuerPrivateKey: signer)
        return Made(certificate: certificate, key: key)
    }

    private func client(_ issuer: Certificate, _ signer: Certificate.PrivateKey, from begins: Date? = nil) throws -> Made {
        try made("client-01", by: issuer, signer, from: begins) {
            Critical(BasicConstraints.notCertificateAuthority)
            try ExtendedKeyUsage([.clientAuth])
            SubjectAlternativeNames([.uniformResourceIdentifier("spiffe://tutti/tenant/default/client/client-01")])
        }
    }

    private func server(_ issuer: Certificate, _ signer: Certificate.PrivateKey, _ usage: ExtendedKeyUsage.Usage = .serverAuth, from begins: Date? = nil) throws
        -> Made
    {
        try made("localhost", by: issuer, signer, from: begins) {
            Critical(BasicConstraints.notCertificateAuthority)
            try ExtendedKeyUsage([usage])
            SubjectAlternativeNames([.dnsName("localhost")])
        }
    }

    /// An authority below ours, which allows none (path length 0).
    private func intermediate() throws -> Made {
        try made("Between", by: root, rootKey) {
            Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
            Critical(KeyUsage(keyCertSign: true))
        }
    }

    private func asksAs(_ pem: String, _ key: String) async throws -> Result<String, any Error> {
        let settings = try clientTLS(authorityPEM: site.authority.certificatePEM, certificatePEM: pem, keyPEM: key)
        return try await NameServer.running(try site.settings()) { port in
            do { return .success(try await ask(port, settings)) } catch { return .failure(error) }
        }
    }

    private func asksServer(_ pem: String, _ key: String) async throws -> Result<String, any Error> {
        let settings = try serverTLS(certificatePEM: pem, keyPEM: key, authorityPEM: site.authority.certificatePEM, strictPostQuantum: false)
        return try await NameServer.running(settings) { port in
            do { return .success(try await ask(port, try clientTLS(authorityPEM: site.authority.certificatePEM))) } catch { return .failure(error) }
        }
    }

    private func expectRefused(_ result: Result<String, any Error>) {
        if case .success(let answer) = result { Issue.record("taken: \(answer)") }
    }

    @Test("What is forged below is taken when nothing is wrong with it")
    func sound() async throws {
        let (client, server) = (try client(root, rootKey), try server(root, rootKey))
        #expect(try await asksAs(try client.pem, client.keyPEM).get() == "peer default/client-01\n")
        #expect(try await asksServer(try server.pem, server.keyPEM).get() == "peer none\n")
    }

    @Test("A certificate that begins tomorrow is refused on both sides")
    func notYet() async throws {
        let tomorrow = site.now + day
        let (client, server) = (try client(root, rootKey, from: tomorrow), try server(root, rootKey, from: tomorrow))
        expectRefused(try await asksAs(try client.pem, client.keyPEM))
        expectRefused(try await asksServer(try server.pem, server.keyPEM))
    }

    @Test("A server's certificate that ended yesterday is refused")
    func ended() async throws {
        let server = try server(root, rootKey, from: site.now - 2 * day)
        expectRefused(try await asksServer(try server.pem, server.keyPEM))
    }

    /// Only who has the authority's key can make this chain, and could sign leaves directly. BoringSSL does not apply the path
    /// length of the trust anchor itself (RFC 5280 §6.1.1 leaves that open), so it is looked for where it is applied: OpenSSL, and
    /// the pin. The coordinator takes no node's certificate but the one it issued, whatever its chain.
    @Test("An authority below ours cannot vouch for anybody")
    func pathLength() async throws {
        let between = try intermediate()
        let (client, server) = (try client(between.certificate, between.signer), try server(between.certificate, between.signer))
        try await withFolder { folder in
            for (name, pem) in [("ca", site.authority.certificatePEM), ("between", try between.pem), ("client", try client.pem), ("server", try server.pem)] {
                try pem.write(toFile: "\(folder)/\(name).pem", atomically: true, encoding: .utf8)
            }
            for (purpose, name) in [("sslclient", "client"), ("sslserver", "server")] {
                let outcome = try await openssl([
                    "verify", "-purpose", purpose, "-CAfile", folder + "/ca.pem", "-untrusted", folder + "/between.pem", "\(folder)/\(name).pem",
                ])
                #expect(outcome.status != 0 && outcome.output.contains("path length constraint exceeded"), "\(outcome.output)")
            }
        }
        let pin = try AuthorityPin(site.authority.pin)
        let presented = [try der(try server.pem), try der(try between.pem), try der(site.authority.certificatePEM)]
        #expect(throws: TrustError.serverCertificate(host: "localhost", problem: "the pinned authority did not sign it")) {
            try pin.authorityPEM(presented: presented, host: try HostName("localhost"), now: site.now)
        }
    }

    @Test("A client's leaf cannot vouch for anybody")
    func leafAsIssuer() async throws {
        let leaf = try client(root, rootKey)
        let (client, server) = (try client(leaf.certificate, leaf.signer), try server(leaf.certificate, leaf.signer))
        expectRefused(try await asksAs(try client.pem + leaf.pem, client.keyPEM))
        expectRefused(try await asksServer(try server.pem + leaf.pem, server.keyPEM))
    }

    @Test("A client's certificate cannot stand for the server, even with the server's name in it")
    func clientAsServer() async throws {
        let client = try server(root, rootKey, .clientAuth)
        expectRefused(try await asksServer(try client.pem, client.keyPEM))
    }
}
