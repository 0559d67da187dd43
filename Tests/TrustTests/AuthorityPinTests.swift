import Crypto
import Foundation
import SwiftASN1
import Testing
import Trust
import X509

@Suite("The pin, before anything else is known") struct AuthorityPinTests {
    private func find(
        _ pin: String, _ presented: [[UInt8]], host: String = "localhost", now: Date = noon
    ) throws -> Result<String, TrustError> {
        let pin = try AuthorityPin(pin)
        let host = try HostName(host)
        do { return .success(try pin.authorityPEM(presented: presented, host: host, now: now)) } catch { return .failure(error) }
    }

    @Test("A server of the pinned authority gives the authority's certificate")
    func good() throws {
        let ca = try authority()
        let leaf = try der(try ca.issueServer(names: ["localhost", "127.0.0.1", "::1"], now: noon, lifetime: day).certificatePEM)
        let root = try der(ca.certificatePEM)
        for host in ["localhost", "LOCALHOST.", "127.0.0.1", "::1", "[0:0::1]"] {
            #expect(try find(ca.pin, [leaf, root], host: host) == .success(ca.certificatePEM))
        }
        #expect(try find(ca.pin.replacingOccurrences(of: "sha256:", with: "sha256:").uppercasedDigits, [leaf, root]) == .success(ca.certificatePEM))
    }

    @Test("Another authority, no authority, no chain: the pin is named with what was shown")
    func mismatch() throws {
        let (ours, theirs) = (try authority("Test CA"), try authority("Test CA"))
        let leaf = try der(try theirs.issueServer(names: ["localhost"], now: noon, lifetime: day).certificatePEM)
        let root = try der(theirs.certificatePEM)
        guard case .failure(.pinMismatch(let expected, let presented)) = try find(ours.pin, [leaf, root]) else { Issue.record("accepted"); return }
        #expect(expected == ours.pin && presented.count == 2 && presented[1] == theirs.pin)
        #expect(try find(ours.pin, [leaf]) == .failure(.pinMismatch(expected: ours.pin, presented: [presented[0]])))
        #expect(try find(ours.pin, []) == .failure(.pinMismatch(expected: ours.pin, presented: [])))
    }

    @Test("Showing the pinned certificate is not enough: it must have signed the server's")
    func borrowedRoot() throws {
        let (ours, theirs) = (try authority("Test CA"), try authority("Test CA"))
        let leaf = try der(try theirs.issueServer(names: ["localhost"], now: noon, lifetime: day).certificatePEM)
        guard case .failure(.serverCertificate(_, let problem)) = try find(ours.pin, [leaf, try der(ours.certificatePEM)]) else {
            Issue.record("accepted")
            return
        }
        #expect(problem == "the pinned authority did not sign it")
    }

    @Test("The pin of a server's own certificate, or of a client's, is no authority's")
    func pinnedLeaf() throws {
        let ca = try authority()
        let leaf = try ca.issueServer(names: ["localhost"], key: NodeKey(), now: noon, lifetime: day)
        let pin = "sha256:" + leaf.fingerprint.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        guard case .failure(.serverCertificate) = try find(pin, [try der(leaf.pem), try der(ca.certificatePEM)]) else { Issue.record("accepted"); return }
    }

    @Test("A client's certificate cannot stand for the server")
    func clientAsServer() throws {
        let ca = try authority()
        let client = try ca.issueClient(
            certificateRequestPEM: try NodeKey().certificateRequestPEM(commonName: "x"), tenant: "t", client: "localhost", now: noon, lifetime: day)
        guard case .failure(.serverCertificate(_, let problem)) = try find(ca.pin, [try der(client.pem), try der(ca.certificatePEM)]) else {
            Issue.record("accepted")
            return
        }
        #expect(problem.contains("not for servers"))
    }

    @Test("The authority's own certificate cannot stand for the server")
    func rootAsServer() throws {
        let ca = try authority()
        guard case .failure(.serverCertificate) = try find(ca.pin, [try der(ca.certificatePEM)]) else { Issue.record("accepted"); return }
    }

    @Test("Expired, and not yet valid")
    func dates() throws {
        let ca = try authority(lifetime: 100 * day)
        let chain = [try der(try ca.issueServer(names: ["localhost"], now: noon, lifetime: day).certificatePEM), try der(ca.certificatePEM)]
        #expect(try find(ca.pin, chain, now: noon - 299) == .success(ca.certificatePEM))
        #expect(try find(ca.pin, chain, now: noon + day) == .success(ca.certificatePEM))
        for now in [noon - 301, noon + day + 1, noon + 101 * day] {
            guard case .failure(.serverCertificate) = try find(ca.pin, chain, now: now) else { Issue.record("accepted at \(now)"); continue }
        }
    }

    @Test("Another host; a wildcard in the certificate matches nothing; nor does the common name")
    func hosts() throws {
        let ca = try authority()
        let root = try der(ca.certificatePEM)
        let leaf = try der(try ca.issueServer(names: ["fed.example.org", "192.0.2.7"], now: noon, lifetime: day).certificatePEM)
        for host in ["localhost", "example.org", "a.fed.example.org", "192.0.2.8", "tutti-coordinator", "::ffff:192.0.2.7"] {
            guard case .failure(.hostMismatch(_, let names)) = try find(ca.pin, [leaf, root], host: host) else { Issue.record("accepted \(host)"); continue }
            #expect(names == ["fed.example.org", "192.0.2.7"])
        }
        let key = P256.Signing.PrivateKey()
        let authorityKey = try P256.Signing.PrivateKey(pemRepresentation: ca.keyPEM)
        let wild = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: .init(key.publicKey), notValidBefore: noon, notValidAfter: noon + day,
            issuer: try Certificate(pemEncoded: ca.certificatePEM).subject, subject: try DistinguishedName { CommonName("fed.example.org") },
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try .init {
                try ExtendedKeyUsage([.serverAuth])
                SubjectAlternativeNames([.dnsName("*.example.org"), .dnsName("*")])
            }, issuerPrivateKey: .init(authorityKey))
        guard case .failure(.hostMismatch) = try find(ca.pin, [try der(try wild.serializeAsPEM().pemString), root], host: "fed.example.org") else {
            Issue.record("wildcard accepted")
            return
        }
    }

    @Test(
        "What is no pin",
        arguments: [
            "", "sha256:", "abc", String(repeating: "0", count: 64), "sha256:" + String(repeating: "0", count: 63),
            "sha256:" + String(repeating: "0", count: 65),
            "sha256:" + String(repeating: "g", count: 64), "SHA256:" + String(repeating: "0", count: 64), "sha1:" + String(repeating: "0", count: 66),
            "sha256:" + String(repeating: "é", count: 32),
        ])
    func noPin(text: String) {
        #expect(throws: TrustError.pin(text)) { try AuthorityPin(text) }
    }
}

extension String {
    /// Pins are compared by value, whichever case their digits have.
    fileprivate var uppercasedDigits: String { "sha256:" + dropFirst(7).uppercased() }
}
