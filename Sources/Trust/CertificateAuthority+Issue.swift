internal import Crypto
internal import CryptoSuite
package import Foundation
internal import SwiftASN1
internal import X509

/// A leaf certificate, and what a store keeps of it.
package struct IssuedCertificate: Sendable, Equatable {
    package var pem: String
    /// SHA-256 of the DER.
    package var fingerprint: [UInt8]
    /// 32 hexadecimal digits.
    package var serial: String
    package var expires: Date
}

extension CertificateAuthority {
    /// A certificate for the server itself.
    /// - Parameters:
    ///   - names: host names and IP addresses, mixed; they become subject alternative names in this order.
    ///   - lifetime: seconds from `now`; cut at the end of the authority's own life.
    package func issueServer(
        names: [String], key: NodeKey, now: Date, lifetime: TimeInterval, random: RandomSource = .system
    ) throws(TrustError) -> IssuedCertificate {
        guard (1...Limits.serverNamesMax).contains(names.count) else { throw .names(problem: "there are \(names.count)") }
        var hosts: [HostName] = []
        for name in names {
            let host = try HostName(name)
            if !hosts.contains(host) { hosts.append(host) }
        }
        return try issue(
            publicKey: .init(key.key.publicKey), commonName: "tutti-coordinator", names: hosts.map(\.generalName),
            usage: .serverAuth, now: now, lifetime: lifetime, random: random)
    }

    /// The same with a new key.
    package func issueServer(
        names: [String], now: Date, lifetime: TimeInterval, random: RandomSource = .system
    ) throws(TrustError) -> (certificatePEM: String, keyPEM: String) {
        let key = NodeKey()
        return (try issueServer(names: names, key: key, now: now, lifetime: lifetime, random: random).pem, key.pem)
    }

    /// A certificate for a node. Of its request only the key and the proof that the node holds it count: the name is
    /// `spiffe://tutti/tenant/<tenant>/client/<client>`, whatever the request asks for.
    /// - Parameters:
    ///   - certificateRequestPEM: PKCS #10 (RFC 2986) for a P-256 or P-384 key.
    ///   - lifetime: seconds from `now`; cut at the end of the authority's own life.
    package func issueClient(
        certificateRequestPEM: String, tenant: String, client: String, now: Date, lifetime: TimeInterval,
        random: RandomSource = .system
    ) throws(TrustError) -> IssuedCertificate {
        let uri = try PeerIdentity.uri(tenant: tenant, client: client)
        guard certificateRequestPEM.utf8.count <= Limits.certificateRequestBytesMax else {
            throw .certificateRequest(problem: "it is longer than \(Limits.certificateRequestBytesMax) bytes")
        }
        let request: CertificateSigningRequest
        do { request = try CertificateSigningRequest(pemEncoded: certificateRequestPEM) } catch {
            throw .certificateRequest(problem: "it is no PKCS #10 request in PEM (\(error))")
        }
        guard P256.Signing.PublicKey(request.publicKey) != nil || P384.Signing.PublicKey(request.publicKey) != nil else {
            throw .certificateRequest(problem: "its key is neither P-256 nor P-384")
        }
        guard request.publicKey.isValidSignature(request.signature, for: request) else {
            throw .certificateRequest(problem: "it is not signed with its own key")
        }
        return try issue(
            publicKey: request.publicKey, commonName: String(client.prefix(Limits.commonNameBytesMax)),
            names: [.uniformResourceIdentifier(uri)], usage: .clientAuth, now: now, lifetime: lifetime, random: random)
    }

    func issue(
        publicKey: Certificate.PublicKey, commonName: String, names: [GeneralName], usage: ExtendedKeyUsage.Usage, now: Date,
        lifetime: TimeInterval, random: RandomSource
    ) throws(TrustError) -> IssuedCertificate {
        let (now, lifetime) = (try now.checked(), try checked(lifetime: lifetime))
        guard certificate.isValid(at: now) else {
            throw .authority(problem: "it is valid from \(certificate.notValidBefore) to \(certificate.notValidAfter), and it is \(now)")
        }
        let leaf: Certificate
        do {
            leaf = try Certificate(
                version: .v3, serialNumber: serialNumber(random), publicKey: publicKey,
                notValidBefore: max(now - Limits.clockSkewSeconds, certificate.notValidBefore),
                notValidAfter: min(now + lifetime, certificate.notValidAfter), issuer: certificate.subject,
                subject: try DistinguishedName { CommonName(commonName) }, signatureAlgorithm: .ecdsaWithSHA256,
                extensions: try .init {
                    Critical(BasicConstraints.notCertificateAuthority)
                    Critical(KeyUsage(digitalSignature: true))
                    try ExtendedKeyUsage([usage])
                    SubjectAlternativeNames(names)
                    SubjectKeyIdentifier(hash: publicKey)
                    AuthorityKeyIdentifier(keyIdentifier: SubjectKeyIdentifier(hash: certificate.publicKey).keyIdentifier)
                }, issuerPrivateKey: .init(key))
        } catch { throw .certificate(problem: "it cannot be made (\(error))") }
        let bytes = try der(leaf)
        return IssuedCertificate(
            pem: pem(der: bytes), fingerprint: CryptoSuite.system.sha256(bytes), serial: serialText(leaf.serialNumber),
            expires: leaf.notValidAfter)
    }
}
