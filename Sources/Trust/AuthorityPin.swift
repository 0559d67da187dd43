internal import CryptoSuite
package import Foundation
internal import X509

/// The digest of the authority's certificate, told to a node by its operator: all it knows before it enrols.
package struct AuthorityPin: Sendable, Equatable, CustomStringConvertible {
    /// 32 bytes.
    package let digest: [UInt8]

    /// - Parameter text: `sha256:` and 64 hexadecimal digits.
    package init(_ text: String) throws(TrustError) {
        let prefix = "sha256:"
        guard text.utf8.count == prefix.utf8.count + 64, text.hasPrefix(prefix),
            let digest = bytes(hexadecimal: String(text.dropFirst(prefix.count)))
        else { throw .pin(text) }
        self.digest = digest
    }

    package var description: String { pinText(digest) }

    /// Decides whether a presented chain is the pinned authority's server. The rules are those of RFC 5280 §6.1 for a
    /// chain of two; TLS itself proves that the server holds the leaf's key.
    /// - Parameters:
    ///   - presented: DER as the server sent it, its own certificate first, the authority's behind it.
    ///   - host: what the client meant to reach.
    /// - Returns: the authority's certificate in PEM.
    package func authorityPEM(presented: [[UInt8]], host: HostName, now: Date) throws(TrustError) -> String {
        guard presented.count <= Limits.certificatesMax else {
            throw .serverCertificate(host: host.description, problem: "its chain has \(presented.count) certificates")
        }
        let authorityDER = presented.first { $0.count <= Limits.certificateBytesMax && CryptoSuite.system.sha256($0) == digest }
        guard let authorityDER, let leafDER = presented.first else {
            throw .pinMismatch(expected: description, presented: presented.map { pinText(CryptoSuite.system.sha256($0)) })
        }
        func refuse(_ problem: String) -> TrustError { .serverCertificate(host: host.description, problem: problem) }
        let authority, leaf: Certificate
        do {
            authority = try certificate(der: authorityDER)
            leaf = try certificate(der: leafDER)
        } catch { throw refuse(error.message) }
        guard authority.isAuthority, authority.hasOnlyKnownCriticalExtensions else { throw refuse("the pinned certificate is no authority's") }
        guard authority.isValid(at: now) else {
            throw refuse("the pinned authority is valid from \(authority.notValidBefore) to \(authority.notValidAfter), and it is \(now)")
        }
        guard leaf.issuer == authority.subject, authority.publicKey.isValidSignature(leaf.signature, for: leaf) else {
            throw refuse("the pinned authority did not sign it")
        }
        guard !leaf.isAuthority, leaf.permits(.serverAuth), leaf.hasOnlyKnownCriticalExtensions else {
            throw refuse("it is not for servers (extended key usage)")
        }
        guard leaf.isValid(at: now) else { throw refuse("it is valid from \(leaf.notValidBefore) to \(leaf.notValidAfter), and it is \(now)") }
        let names = (try? leaf.extensions.subjectAlternativeNames).map(Array.init) ?? []
        guard names.contains(where: host.matches) else { throw .hostMismatch(host: host.description, names: names.map(shown)) }
        return pem(der: authorityDER)
    }
}
