internal import CryptoSuite
package import Foundation
internal import X509

/// Who a client certificate of ours names. TLS has checked chain and dates when the connection began; `expires` is for
/// connections that live longer than their certificate.
package struct PeerIdentity: Sendable, Equatable {
    package let tenant: String
    package let client: String
    /// 32 hexadecimal digits.
    package let serial: String
    /// SHA-256 of the certificate's DER.
    package let fingerprint: [UInt8]
    package let expires: Date
    /// Which authority signed it, as `CertificateAuthority.keyIdentifier` has it; empty when it does not say.
    package let authorityKey: [UInt8]

    /// Strict: a client's leaf whose only name is one URI of our form.
    /// - Throws: `TrustError.identity` for every other certificate.
    package init(verifying certificateDER: [UInt8]) throws(TrustError) {
        let leaf: Certificate
        do { leaf = try certificate(der: certificateDER) } catch { throw .identity(problem: error.message) }
        guard leaf.permits(.clientAuth), !leaf.isAuthority else { throw .identity(problem: "it is not for clients (extended key usage)") }
        guard let names = try? leaf.extensions.subjectAlternativeNames, names.count == 1, let name = names.first else {
            throw .identity(problem: "it has not exactly one subject alternative name")
        }
        guard case .uniformResourceIdentifier(let uri) = name, let parts = Self.parts(uri) else {
            throw .identity(
                problem: "'\(String(shown(name).unicodeScalars.prefix(200)))' is not spiffe://\(CertificateAuthority.domain)/tenant/TENANT/client/CLIENT")
        }
        (tenant, client) = parts
        serial = serialText(leaf.serialNumber)
        fingerprint = CryptoSuite.system.sha256(certificateDER)
        expires = leaf.notValidAfter
        let signer = try? leaf.extensions.authorityKeyIdentifier
        authorityKey = signer?.keyIdentifier.map { Array($0) } ?? []
    }

    /// nil for a certificate that names no client of ours.
    package init?(certificateDER: [UInt8]) {
        guard let identity = try? PeerIdentity(verifying: certificateDER) else { return nil }
        self = identity
    }

    /// Whether `part` can stand in a client's name. The alphabet has no '/', no '%' and no non-ASCII letter, so that a
    /// name is read in one way only.
    package static func isPart(_ part: some StringProtocol) -> Bool {
        (1...Limits.identityPartBytesMax).contains(part.utf8.count) && part != "." && part != ".."
            && part.utf8.allSatisfy { c in
                (c >= 0x30 && c <= 0x39) || (c >= 0x41 && c <= 0x5A) || (c >= 0x61 && c <= 0x7A) || c == 0x2D || c == 0x2E || c == 0x5F
            }
    }

    static func uri(tenant: String, client: String) throws(TrustError) -> String {
        guard isPart(tenant) else { throw .identityPart(field: "tenant", value: tenant) }
        guard isPart(client) else { throw .identityPart(field: "client", value: client) }
        return "spiffe://\(CertificateAuthority.domain)/tenant/\(tenant)/client/\(client)"
    }

    private static func parts(_ uri: String) -> (tenant: String, client: String)? {
        let parts = uri.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 7, parts[0] == "spiffe:", parts[1].isEmpty, parts[2] == CertificateAuthority.domain,
            parts[3] == "tenant", isPart(parts[4]), parts[5] == "client", isPart(parts[6])
        else { return nil }
        return (String(parts[4]), String(parts[6]))
    }
}
