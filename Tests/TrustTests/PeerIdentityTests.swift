import Crypto
import Foundation
import SwiftASN1
import Testing
import Trust
import X509

@Suite("Reading a client's name") struct PeerIdentityTests {
    /// A client certificate with these names, self-signed: whether the chain is good is TLS's question, not this room's.
    private func certificate(_ names: [GeneralName]?, usage: ExtendedKeyUsage.Usage? = .clientAuth, isAuthority: Bool = false) throws -> [UInt8] {
        let key = P256.Signing.PrivateKey()
        let name = try DistinguishedName { CommonName("x") }
        var extensions = Certificate.Extensions()
        if let names { try extensions.append(.init(SubjectAlternativeNames(names), critical: false)) }
        if let usage { try extensions.append(.init(try ExtendedKeyUsage([usage]), critical: false)) }
        if isAuthority { try extensions.append(.init(BasicConstraints.isCertificateAuthority(maxPathLength: nil), critical: true)) }
        let certificate = try Certificate(
            version: .v3, serialNumber: .init(bytes: [7]), publicKey: .init(key.publicKey), notValidBefore: noon, notValidAfter: noon + day, issuer: name,
            subject: name, signatureAlgorithm: .ecdsaWithSHA256, extensions: extensions, issuerPrivateKey: .init(key))
        return try der(try certificate.serializeAsPEM().pemString)
    }

    private static let good = GeneralName.uniformResourceIdentifier("spiffe://tutti/tenant/default/client/client-01")

    @Test("Ours")
    func ours() throws {
        let bytes = try certificate([Self.good])
        let identity = try PeerIdentity(verifying: bytes)
        #expect(identity.tenant == "default" && identity.client == "client-01" && identity.expires == noon + day)
        #expect(identity.serial == String(repeating: "0", count: 30) + "07")
        #expect(PeerIdentity(certificateDER: bytes) == identity)
    }

    @Test(
        "Every other form of a name",
        arguments: [
            "", "spiffe://", "spiffe://other/tenant/default/client/c", "spiffe://tutti/tenant/default/client/", "spiffe://tutti/tenant//client/c",
            "spiffe://tutti/tenant/default/client/c/", "spiffe://tutti/tenant/default/client/c/d", "spiffe://tutti/tenant/default",
            "SPIFFE://tutti/tenant/default/client/c",
            "spiffe://Tutti/tenant/default/client/c", "spiffe://tutti/client/default/tenant/c", "https://tutti/tenant/default/client/c",
            "spiffe://tutti/tenant/default/client/..", "spiffe://tutti/tenant/./client/c", "spiffe://tutti/tenant/a%2Fb/client/c",
            "spiffe://tutti/tenant/default/client/c?x",
            "spiffe://tutti/tenant/default/client/c#x", "spiffe://tutti:1/tenant/default/client/c", "spiffe:///tutti/tenant/default/client/c",
        ])
    func otherForms(uri: String) throws {
        let bytes = try certificate([.uniformResourceIdentifier(uri)])
        #expect(PeerIdentity(certificateDER: bytes) == nil)
        #expect { try PeerIdentity(verifying: bytes) } throws: { if case TrustError.identity? = $0 as? TrustError { true } else { false } }
    }

    @Test("Two names, no name, another kind of name, another use")
    func otherCertificates() throws {
        for bytes in [
            try certificate([Self.good, Self.good]), try certificate([Self.good, .dnsName("localhost")]), try certificate([]), try certificate(nil),
            try certificate([.dnsName("spiffe://tutti/tenant/default/client/c")]), try certificate([Self.good], usage: .serverAuth),
            try certificate([Self.good], usage: nil), try certificate([Self.good], isAuthority: true), [], [0x30, 0x80],
            [UInt8](repeating: 0x30, count: 20_000),
        ] { #expect(PeerIdentity(certificateDER: bytes) == nil) }
    }
}
