import Crypto
import CryptoSuite
import Foundation
import SwiftASN1
import Testing
import Trust
import X509

@Suite("The certificate authority") struct CertificateAuthorityTests {
    private func refusal(_ body: () throws -> Void) -> TrustError? {
        do { try body() } catch let error as TrustError { return error } catch { Issue.record("untyped: \(error)") }
        return nil
    }

    @Test("A new authority: path length 0, may sign, pinned by the digest of its DER")
    func root() throws {
        let ca = try authority()
        let root = try Certificate(pemEncoded: ca.certificatePEM)
        #expect(try root.extensions.basicConstraints == .isCertificateAuthority(maxPathLength: 0))
        #expect(try root.extensions.keyUsage?.keyCertSign == true)
        #expect(root.publicKey.isValidSignature(root.signature, for: root))
        #expect(ca.pin == "sha256:" + hexadecimal(CryptoSuite.system.sha256(try der(ca.certificatePEM))))
        #expect(ca.pin == "sha256:" + hexadecimal(ca.fingerprint))
        #expect(try AuthorityPin(ca.pin).description == ca.pin)
    }

    @Test("Saved and loaded it is the same authority")
    func reload() throws {
        let ca = try authority()
        let again = try CertificateAuthority(certificatePEM: ca.certificatePEM, keyPEM: ca.keyPEM)
        #expect(again.pin == ca.pin)
        let leaf = try Certificate(pemEncoded: try again.issueServer(names: ["localhost"], now: noon, lifetime: day).certificatePEM)
        let root = try Certificate(pemEncoded: ca.certificatePEM)
        #expect(root.publicKey.isValidSignature(leaf.signature, for: leaf))
    }

    @Test("A server's certificate: names and addresses in order, for servers only, no longer than its authority")
    func server() throws {
        let ca = try authority(lifetime: 10 * day)
        let pem = try ca.issueServer(names: ["Fed.example.org", "127.0.0.1", "::1", "fed.example.org"], now: noon, lifetime: 365 * day).certificatePEM
        let leaf = try Certificate(pemEncoded: pem)
        let names = try #require(try leaf.extensions.subjectAlternativeNames)
        #expect(
            Array(names) == [
                .dnsName("fed.example.org"), .ipAddress(ASN1OctetString(contentBytes: [127, 0, 0, 1])),
                .ipAddress(ASN1OctetString(contentBytes: [UInt8](repeating: 0, count: 15)[...] + [1])),
            ])
        #expect(try leaf.extensions.basicConstraints == .notCertificateAuthority)
        #expect(try leaf.extensions.extendedKeyUsage.map(Array.init) == [.serverAuth])
        #expect(leaf.notValidAfter == ca.expires)
        #expect(leaf.notValidBefore == noon - 300)
    }

    @Test("A client's certificate: the name is the authority's, whatever the request asks for")
    func client() throws {
        let ca = try authority()
        let key = P256.Signing.PrivateKey()
        let greedy = try CertificateSigningRequest(
            version: .v1, subject: try DistinguishedName { CommonName("platform-admin") }, privateKey: .init(key),
            attributes: .init([
                .init(
                    ExtensionRequest(
                        extensions: try .init {
                            Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                            SubjectAlternativeNames([.uniformResourceIdentifier("spiffe://tutti/tenant/other/client/admin"), .dnsName("localhost")])
                            try ExtendedKeyUsage([.serverAuth])
                        }))
            ]), signatureAlgorithm: .ecdsaWithSHA256)
        let issued = try ca.issueClient(
            certificateRequestPEM: try greedy.serializeAsPEM().pemString, tenant: "default", client: "client-01", now: noon, lifetime: 30 * day,
            random: seededRandom(1))
        let leaf = try Certificate(pemEncoded: issued.pem)
        #expect(try leaf.extensions.subjectAlternativeNames.map(Array.init) == [.uniformResourceIdentifier("spiffe://tutti/tenant/default/client/client-01")])
        #expect(try leaf.extensions.basicConstraints == .notCertificateAuthority)
        #expect(try leaf.extensions.extendedKeyUsage.map(Array.init) == [.clientAuth])
        #expect(leaf.subject == (try DistinguishedName { CommonName("client-01") }))
        #expect(leaf.publicKey == .init(key.publicKey))
        #expect(issued.expires == noon + 30 * day)

        let identity = try PeerIdentity(verifying: try der(issued.pem))
        #expect(identity.tenant == "default" && identity.client == "client-01")
        #expect(identity.serial == issued.serial && identity.serial.count == 32)
        #expect(identity.fingerprint == issued.fingerprint)
        #expect(identity.expires == issued.expires)
    }

    @Test("Serial numbers are 128 bits of the random source, and never zero")
    func serials() throws {
        let ca = try authority()
        let request = try NodeKey().certificateRequestPEM(commonName: "x")
        func serial(_ random: RandomSource) throws -> String {
            try ca.issueClient(certificateRequestPEM: request, tenant: "t", client: "c", now: noon, lifetime: day, random: random).serial
        }
        #expect(try serial(seededRandom(3)) == hexadecimal(seededRandom(3).bytes(16)))
        #expect(try serial(seededRandom(3)) != serial(seededRandom(4)))
        #expect(try serial(RandomSource { [UInt8](repeating: 0, count: $0) }) == String(repeating: "0", count: 31) + "1")
        #expect(try serial(RandomSource { [UInt8](repeating: 0xFF, count: $0) }) == String(repeating: "f", count: 32))
        #expect(try Set((0..<50).map { _ in try serial(.system) }).count == 50)
    }

    @Test("A request with another's signature is refused")
    func forgedRequest() throws {
        let ca = try authority()
        var bytes = try der(try NodeKey().certificateRequestPEM(commonName: "node"))
        // Inside the subject, so that it stays well-formed: "node" becomes "nude".
        let at = try #require(bytes.indices.first { bytes[$0...].starts(with: Array("node".utf8)) })
        bytes[at + 1] = UInt8(ascii: "u")
        let error = refusal {
            _ = try ca.issueClient(certificateRequestPEM: pem("CERTIFICATE REQUEST", bytes), tenant: "t", client: "c", now: noon, lifetime: day)
        }
        #expect(error == .certificateRequest(problem: "it is not signed with its own key"))
    }

    @Test(
        "Requests that are none are refused in words",
        arguments: ["", "x", "-----BEGIN CERTIFICATE REQUEST-----\n-----END CERTIFICATE REQUEST-----", String(repeating: "A", count: 20_000)])
    func noRequest(text: String) throws {
        let ca = try authority()
        let error = refusal { _ = try ca.issueClient(certificateRequestPEM: text, tenant: "t", client: "c", now: noon, lifetime: day) }
        guard case .certificateRequest = error else { Issue.record("\(String(describing: error))"); return }
    }

    @Test("Keys of other kinds are refused, P-384 is taken")
    func kinds() throws {
        let ca = try authority()
        func request(_ key: Certificate.PrivateKey, _ algorithm: Certificate.SignatureAlgorithm) throws -> String {
            try CertificateSigningRequest(
                version: .v1, subject: try DistinguishedName { CommonName("n") }, privateKey: key, attributes: .init(), signatureAlgorithm: algorithm
            ).serializeAsPEM().pemString
        }
        let p384 = try request(.init(P384.Signing.PrivateKey()), .ecdsaWithSHA384)
        _ = try ca.issueClient(certificateRequestPEM: p384, tenant: "t", client: "c", now: noon, lifetime: day)
        let ed25519 = try request(.init(Curve25519.Signing.PrivateKey()), .ed25519)
        let error = refusal { _ = try ca.issueClient(certificateRequestPEM: ed25519, tenant: "t", client: "c", now: noon, lifetime: day) }
        #expect(error == .certificateRequest(problem: "its key is neither P-256 nor P-384"))
    }

    @Test(
        "Names that would be read in two ways cannot be issued",
        arguments: ["", ".", "..", "a/b", "a%2Fb", "a b", "ä", "a\u{0}", "a?b", "a#b", String(repeating: "a", count: 129)])
    func parts(name: String) throws {
        let ca = try authority()
        let request = try NodeKey().certificateRequestPEM(commonName: "x")
        let asClient = refusal { _ = try ca.issueClient(certificateRequestPEM: request, tenant: "t", client: name, now: noon, lifetime: day) }
        #expect(asClient == .identityPart(field: "client", value: name))
        let asTenant = refusal { _ = try ca.issueClient(certificateRequestPEM: request, tenant: name, client: "c", now: noon, lifetime: day) }
        #expect(asTenant == .identityPart(field: "tenant", value: name))
    }

    @Test("The longest name is issued and read back")
    func longest() throws {
        let name = String(repeating: "a", count: 128)
        let issued = try authority().issueClient(
            certificateRequestPEM: try NodeKey().certificateRequestPEM(commonName: "x"), tenant: name, client: name, now: noon, lifetime: day)
        let identity = try PeerIdentity(verifying: try der(issued.pem))
        #expect(identity.client == name && identity.tenant == name)
    }

    @Test(
        "Clocks and lifetimes that no certificate can carry are refused, not trapped on",
        arguments: [
            (Double.nan, day), (.infinity, day), (-1, day), (1e300, day), (1.75e9, .nan), (1.75e9, .infinity), (1.75e9, 0), (1.75e9, -5), (1.75e9, 1e12),
        ])
    func times(now: Double, lifetime: Double) throws {
        let ca = try authority()
        let clock = Date(timeIntervalSince1970: now)
        for error in [
            refusal { _ = try CertificateAuthority(commonName: "x", now: clock, lifetime: lifetime) },
            refusal { _ = try ca.issueServer(names: ["a"], now: clock, lifetime: lifetime) },
        ] {
            guard case .lifetime = error else { Issue.record("\(String(describing: error))"); return }
        }
    }

    @Test("An authority issues nothing before it begins and after it ends")
    func outOfLife() throws {
        let ca = try authority(lifetime: day)
        for now in [noon - day, noon + 2 * day] {
            let error = refusal { _ = try ca.issueServer(names: ["a"], now: now, lifetime: day) }
            guard case .authority = error else { Issue.record("\(String(describing: error))"); return }
        }
    }

    @Test("Server names: none, too many, a wildcard")
    func serverNames() throws {
        let ca = try authority()
        #expect(refusal { _ = try ca.issueServer(names: [], now: noon, lifetime: day) } == .names(problem: "there are 0"))
        let many = (0..<65).map { "h\($0)" }
        #expect(refusal { _ = try ca.issueServer(names: many, now: noon, lifetime: day) } == .names(problem: "there are 65"))
        #expect(refusal { _ = try ca.issueServer(names: ["a", "*.b"], now: noon, lifetime: day) } == .name("*.b"))
    }

    @Test("A folder with mixed-up or damaged files is refused in words")
    func mixedUp() throws {
        let (one, other) = (try authority("One"), try authority("Other"))
        let leaf = try one.issueServer(names: ["a"], now: noon, lifetime: day)
        for (certificate, key) in [
            (one.certificatePEM, other.keyPEM), (leaf.certificatePEM, leaf.keyPEM), ("", one.keyPEM), ("garbage", one.keyPEM),
            (one.certificatePEM + one.certificatePEM, one.keyPEM), (one.certificatePEM, ""), (one.certificatePEM, "garbage"),
            (one.certificatePEM, one.certificatePEM), (one.certificatePEM, String(repeating: "k", count: 100_000)),
        ] {
            let error = refusal { _ = try CertificateAuthority(certificatePEM: certificate, keyPEM: key) }
            switch error {
            case .authority, .key: #expect(error?.remedy.isEmpty == false)
            default: Issue.record("\(String(describing: error))")
            }
        }
    }

    @Test("Flipped bits never trap: every outcome is a value or a typed error")
    func mutations() throws {
        let ca = try authority()
        let request = try der(try NodeKey().certificateRequestPEM(commonName: "node"))
        let leaf = try der(
            try ca.issueClient(certificateRequestPEM: pem("CERTIFICATE REQUEST", request), tenant: "t", client: "c", now: noon, lifetime: day).pem)
        let root = try der(ca.certificatePEM)
        let random = Counter(42)
        let pin = try AuthorityPin(ca.pin)
        // SEQUENCE of 3 bytes' head, then the signed body: SEQUENCE with a length of one byte.
        let body = request.prefix(5 + Int(request[4]))
        var accepted = 0
        for _ in 0..<1500 {
            func mutated(_ bytes: [UInt8]) -> [UInt8] {
                var bytes = bytes
                switch random.next(below: 4) {
                case 0: bytes.removeLast(random.next(below: bytes.count))
                case 1: bytes[random.next(below: bytes.count)] = UInt8(truncatingIfNeeded: random.next())
                case 2: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: random.next(below: bytes.count))
                default: bytes[random.next(below: bytes.count)] ^= 1 << UInt8(random.next(below: 8))
                }
                return bytes
            }
            let changed = mutated(request)
            if (try? ca.issueClient(certificateRequestPEM: pem("CERTIFICATE REQUEST", changed), tenant: "t", client: "c", now: noon, lifetime: day)) != nil,
                !changed.starts(with: body)
            {
                accepted += 1
            }
            _ = PeerIdentity(certificateDER: mutated(leaf))
            _ = try? pin.authorityPEM(presented: [mutated(leaf), root], host: try HostName("localhost"), now: noon)
        }
        // The signature covers every byte of the request's body. (Behind it, the count of a BIT STRING's unused bits may
        // change unnoticed.)
        #expect(accepted == 0)
    }
}
