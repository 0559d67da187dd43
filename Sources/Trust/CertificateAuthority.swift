internal import Crypto
internal import CryptoSuite
package import Foundation
internal import SwiftASN1
internal import X509

/// The coordinator's own certificate authority: one P-256 root that signs leaves directly (path length 0). It decides
/// every name itself and copies none from a request.
package struct CertificateAuthority: Sendable {
    /// The trust domain of every client's name (SPIFFE-ID §2.1).
    package static let domain = "tutti"

    let key: P256.Signing.PrivateKey
    let certificate: Certificate
    /// The root certificate.
    package let certificatePEM: String
    /// SHA-256 of the root certificate's DER.
    package let fingerprint: [UInt8]

    /// A new authority.
    /// - Parameters:
    ///   - commonName: what the certificate is called; 1 to 64 bytes.
    ///   - lifetime: seconds from `now`.
    package init(
        commonName: String, now: Date, lifetime: TimeInterval, random: RandomSource = .system
    ) throws(TrustError) {
        guard (1...Limits.commonNameBytesMax).contains(commonName.utf8.count) else {
            throw .authority(problem: "its common name has \(commonName.utf8.count) bytes, not 1 to \(Limits.commonNameBytesMax)")
        }
        let (now, lifetime) = (try now.checked(), try checked(lifetime: lifetime))
        let key = P256.Signing.PrivateKey()
        let publicKey = Certificate.PublicKey(key.publicKey)
        let root: Certificate
        do {
            let name = try DistinguishedName { CommonName(commonName) }
            root = try Certificate(
                version: .v3, serialNumber: serialNumber(random), publicKey: publicKey,
                notValidBefore: now - Limits.clockSkewSeconds, notValidAfter: now + lifetime, issuer: name, subject: name,
                signatureAlgorithm: .ecdsaWithSHA256,
                extensions: try .init {
                    Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                    Critical(KeyUsage(keyCertSign: true, cRLSign: true))
                    SubjectKeyIdentifier(hash: publicKey)
                }, issuerPrivateKey: .init(key))
        } catch { throw .authority(problem: "it cannot be made (\(error))") }
        try self.init(certificate: root, key: key)
    }

    /// The authority that `certificatePEM` and `keyPEM` hold.
    /// - Throws: when either is damaged, they do not belong together, or the certificate is no authority's.
    package init(certificatePEM: String, keyPEM: String) throws(TrustError) {
        let root: Certificate
        do { root = try Trust.certificate(pem: certificatePEM) } catch { throw .authority(problem: "\(error.message)") }
        guard root.isAuthority else { throw .authority(problem: "its certificate is no authority's (basic constraints)") }
        try self.init(certificate: root, key: try NodeKey(pem: keyPEM).key)
    }

    private init(certificate: Certificate, key: P256.Signing.PrivateKey) throws(TrustError) {
        guard certificate.publicKey == .init(key.publicKey) else {
            throw .authority(problem: "its key does not belong to its certificate")
        }
        // A root signs itself: a bit that flipped in the file shows here and nowhere else.
        guard certificate.issuer == certificate.subject, certificate.publicKey.isValidSignature(certificate.signature, for: certificate) else {
            throw .authority(problem: "its certificate does not carry its own signature")
        }
        let bytes = try der(certificate)
        self.key = key
        self.certificate = certificate
        certificatePEM = pem(der: bytes)
        fingerprint = CryptoSuite.system.sha256(bytes)
    }

    /// The private key, for a file of mode 0600 (`SecretFile`).
    package var keyPEM: String { key.pemRepresentation }

    /// What a node compares before it trusts this authority: `sha256:` and the certificate's SHA-256.
    package var pin: String { pinText(fingerprint) }

    package var expires: Date { certificate.notValidAfter }
}

/// 128 random bits. Zero is no serial number (RFC 5280 §4.1.2.2).
func serialNumber(_ random: RandomSource) -> Certificate.SerialNumber {
    var bytes = random.bytes(Limits.serialBytes)
    if bytes.allSatisfy({ $0 == 0 }) { bytes[bytes.count - 1] = 1 }
    return Certificate.SerialNumber(bytes: bytes)
}
