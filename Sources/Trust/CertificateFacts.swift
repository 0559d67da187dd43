internal import Crypto
internal import CryptoSuite
package import Foundation
internal import NIOSSL
internal import X509

/// What a certificate says of itself, and how it goes with what lies beside it: for whoever looks for a fault. What is trusted is
/// decided elsewhere.
package struct CertificateFacts: Sendable {
    let certificate: Certificate
    package let begins: Date
    package let expires: Date
    /// Subject alternative names, as texts.
    package let names: [String]
    /// `sha256:` and the digest of the DER.
    package let pin: String

    /// - Parameter pem: the first certificate in it counts.
    package init(pem text: String) throws(TrustError) {
        guard let first = try Self.all(pem: text).first else { throw .certificate(problem: "there is none") }
        self = first
    }

    package init(der bytes: [UInt8]) throws(TrustError) {
        certificate = try Trust.certificate(der: bytes)
        (begins, expires) = (certificate.notValidBefore, certificate.notValidAfter)
        names = (try? certificate.extensions.subjectAlternativeNames).map { $0.map(shown) } ?? []
        pin = pinText(CryptoSuite.system.sha256(bytes))
    }

    /// Every certificate of a PEM text, in order.
    package static func all(pem text: String) throws(TrustError) -> [CertificateFacts] {
        guard text.utf8.count <= Limits.pemBytesMax else { throw .certificate(problem: "it is longer than \(Limits.pemBytesMax) bytes") }
        let encoded: [[UInt8]]
        do { encoded = try NIOSSLCertificate.fromPEMBytes(Array(text.utf8)).map { try $0.toDERBytes() } } catch {
            throw .certificate(problem: "it is no certificate in PEM")
        }
        guard (1...Limits.certificatesMax).contains(encoded.count) else {
            throw .certificate(problem: "it holds \(encoded.count) certificates, not 1 to \(Limits.certificatesMax)")
        }
        var facts: [CertificateFacts] = []
        for bytes in encoded { facts.append(try CertificateFacts(der: bytes)) }
        return facts
    }

    package var isAuthority: Bool { certificate.isAuthority }

    package func isValid(at now: Date) -> Bool { certificate.isValid(at: now) }

    /// Whether `authority` issued it.
    package func isSigned(by authority: CertificateFacts) -> Bool {
        authority.isAuthority && certificate.issuer == authority.certificate.subject
            && authority.certificate.publicKey.isValidSignature(certificate.signature, for: certificate)
    }

    package func belongs(to key: NodeKey) -> Bool { certificate.publicKey == .init(key.key.publicKey) }

    /// Whether a client that means to reach `host` finds it here.
    package func isFor(_ host: HostName) -> Bool {
        (try? certificate.extensions.subjectAlternativeNames)?.contains(where: host.matches) ?? false
    }

    package var isForServers: Bool { !isAuthority && certificate.permits(.serverAuth) && certificate.hasOnlyKnownCriticalExtensions }
}

/// What the chain that a server shows is worth to who trusts the authorities in `authorityPEM`.
package enum ServerChainVerdict: Sendable, Equatable {
    case good
    /// Signed by nobody who is trusted here; the pins of what was shown.
    case foreign(presented: [String])
    /// The server's own certificate, or that of the authority behind it.
    case expired(Date)
    case notYetValid(Date)
    case otherNames([String])
    case unusable(String)

    /// - Parameter presented: DER as the server sent it, its own certificate first.
    package init(presented: [[UInt8]], authorityPEM: String, host: HostName, now: Date) {
        guard presented.count <= Limits.certificatesMax, let first = presented.first, let leaf = try? CertificateFacts(der: first) else {
            self = .unusable("its chain cannot be read")
            return
        }
        let authorities = (try? CertificateFacts.all(pem: authorityPEM)) ?? []
        guard let authority = authorities.first(where: leaf.isSigned) else {
            self = .foreign(presented: presented.map { pinText(CryptoSuite.system.sha256($0)) })
            return
        }
        for facts in [authority, leaf] {
            guard now <= facts.expires else {
                self = .expired(facts.expires)
                return
            }
            guard facts.begins <= now else {
                self = .notYetValid(facts.begins)
                return
            }
        }
        guard leaf.isForServers else {
            self = .unusable("it is not for servers (extended key usage)")
            return
        }
        self = leaf.isFor(host) ? .good : .otherNames(leaf.names)
    }
}
