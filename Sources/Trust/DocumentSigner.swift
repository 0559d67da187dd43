internal import Crypto
internal import CryptoSuite
package import Foundation
internal import SwiftASN1
internal import X509

/// Signs one document and nothing else: its key is made for that, used, and forgotten. Its certificate is no server's and no client's, and
/// names what the document is of.
package struct DocumentSigner: Sendable {
    private let key: P256.Signing.PrivateKey
    /// DER: the signer's certificate, and the authority's.
    package let chain: [[UInt8]]

    fileprivate init(key: P256.Signing.PrivateKey, chain: [[UInt8]]) { (self.key, self.chain) = (key, chain) }

    /// ECDSA with P-256 and SHA-256 (RFC 7518 §3.4): r and s, 32 bytes each.
    package func sign(_ bytes: [UInt8]) throws(TrustError) -> [UInt8] {
        do { return Array(try key.signature(for: bytes).rawRepresentation) } catch { throw .key(problem: "it does not sign (\(error))") }
    }
}

extension ExtendedKeyUsage.Usage {
    /// id-kp-documentSigning (RFC 9336).
    static let documentSigning = ExtendedKeyUsage.Usage(oid: [1, 3, 6, 1, 5, 5, 7, 3, 36])
}

/// What a signed document is of, as it stands in its signer's certificate: `spiffe://tutti/tenant/<tenant>/session/<id>` for the receipt
/// of a session, `spiffe://tutti/tenant/<tenant>/audit` for the head of a tenant's audit. One kind is never taken for the other.
package struct DocumentSubject: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        case session(String)
        case audit
    }
    package let tenant: String
    package let kind: Kind

    /// The session of a receipt; nil: it is none.
    package var session: String? { if case .session(let id) = kind { id } else { nil } }

    /// - Throws: `TrustError.identityPart` for what cannot stand in a certificate.
    package init(tenant: String, session: String) throws(TrustError) {
        guard PeerIdentity.isPart(session) else { throw .identityPart(field: "session", value: session) }
        try self.init(tenant: tenant, .session(session))
    }

    /// - Throws: `TrustError.identityPart` for what cannot stand in a certificate.
    package init(auditOf tenant: String) throws(TrustError) { try self.init(tenant: tenant, .audit) }

    private init(tenant: String, _ kind: Kind) throws(TrustError) {
        guard PeerIdentity.isPart(tenant) else { throw .identityPart(field: "tenant", value: tenant) }
        (self.tenant, self.kind) = (tenant, kind)
    }

    fileprivate var uri: String {
        let place = "spiffe://\(CertificateAuthority.domain)/tenant/\(tenant)"
        return switch kind {
        case .session(let id): place + "/session/\(id)"
        case .audit: place + "/audit"
        }
    }

    fileprivate var commonName: String {
        switch kind {
        case .session: "tutti-receipt"
        case .audit: "tutti-audit"
        }
    }

    fileprivate init?(uri: String) {
        let parts = uri.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let subject: DocumentSubject?
        switch (parts.count, parts.count > 5 ? parts[5] : "") {
        case (7, "session"): subject = try? DocumentSubject(tenant: parts[4], session: parts[6])
        case (6, "audit"): subject = try? DocumentSubject(auditOf: parts[4])
        default: subject = nil
        }
        guard let subject, subject.uri == uri else { return nil }
        self = subject
    }
}

extension CertificateAuthority {
    /// A signer for one document.
    /// - Parameter now: when it signs; its certificate is valid for minutes around that.
    package func documentSigner(_ subject: DocumentSubject, now: Date, random: RandomSource = .system) throws(TrustError) -> DocumentSigner {
        let key = P256.Signing.PrivateKey()
        let issued = try issue(
            publicKey: .init(key.publicKey), commonName: subject.commonName, names: [.uniformResourceIdentifier(subject.uri)], usage: .documentSigning,
            now: now, lifetime: Limits.documentSignerSeconds, random: random)
        return DocumentSigner(key: key, chain: [try der(Trust.certificate(pem: issued.pem)), try der(certificate)])
    }
}

/// Whom the reader of a signed document trusts.
package enum DocumentAnchor: Sendable {
    case pin(AuthorityPin)
    /// One authority, or several, in PEM.
    case authorities(String)

    fileprivate func accepts(_ der: [UInt8]) throws(TrustError) -> Bool {
        let pin = pinText(CryptoSuite.system.sha256(der))
        switch self {
        case .pin(let pinned): return pinned.description == pin
        case .authorities(let text): return try CertificateFacts.all(pem: text).contains { $0.pin == pin }
        }
    }
}

/// A signer's chain that was found good.
package struct DocumentSignerChain: Sendable {
    package let subject: DocumentSubject
    /// Of the authority behind it.
    package let pin: String
    private let publicKey: P256.Signing.PublicKey

    /// The rules of RFC 5280 §6.1 for a chain of two, and that the leaf signs documents and does nothing else.
    /// - Parameters:
    ///   - chain: DER, the signer first.
    ///   - signedAt: when the document was signed, by its own word.
    package init(_ chain: [[UInt8]], anchor: DocumentAnchor, signedAt: Date) throws(TrustError) {
        guard chain.count == 2 else { throw .certificate(problem: "the signer's chain has \(chain.count) certificates, not 2") }
        let leaf = try certificate(der: chain[0]), root = try certificate(der: chain[1])
        pin = pinText(CryptoSuite.system.sha256(chain[1]))
        guard try anchor.accepts(chain[1]) else { throw .certificate(problem: "its authority is \(pin), which is not the one that is trusted here") }
        guard root.isAuthority, root.hasOnlyKnownCriticalExtensions else { throw .certificate(problem: "the trusted certificate is no authority's") }
        guard leaf.issuer == root.subject, root.publicKey.isValidSignature(leaf.signature, for: leaf) else {
            throw .certificate(problem: "the authority did not sign the signer's certificate")
        }
        let usages = (try? leaf.extensions.extendedKeyUsage).map(Array.init) ?? []
        guard usages == [.documentSigning], case .notCertificateAuthority? = try? leaf.extensions.basicConstraints, leaf.hasOnlyKnownCriticalExtensions else {
            throw .certificate(problem: "the signer's certificate is not for signing documents alone (extended key usage)")
        }
        let names = (try? leaf.extensions.subjectAlternativeNames).map(Array.init) ?? []
        guard names.count == 1, case .uniformResourceIdentifier(let uri) = names[0], let subject = DocumentSubject(uri: uri) else {
            throw .certificate(problem: "the signer's certificate names nothing that is signed here")
        }
        guard leaf.isValid(at: signedAt), root.isValid(at: signedAt) else {
            throw .certificate(problem: "it says that it was signed at \(signedAt), when its signer's certificate was not valid")
        }
        guard let publicKey = P256.Signing.PublicKey(leaf.publicKey) else { throw .certificate(problem: "the signer's key is no P-256 key") }
        (self.subject, self.publicKey) = (subject, publicKey)
    }

    /// - Parameter signature: r and s, 32 bytes each.
    package func isSignature(_ signature: [UInt8], of bytes: [UInt8]) -> Bool {
        guard signature.count == 64, let signature = try? P256.Signing.ECDSASignature(rawRepresentation: signature) else { return false }
        return publicKey.isValidSignature(signature, for: bytes)
    }
}
