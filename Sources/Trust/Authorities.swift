internal import CryptoSuite
internal import SwiftASN1
internal import X509

/// The steps of replacing an authority, in their order.
package enum AuthorityStep: String, Sendable, CaseIterable { case prepare, activate, retire }

/// The authorities of a coordinator: one, or while it is replaced the old and the new one. A replacement has three steps,
/// so that at no time a node meets a certificate whose authority it does not know:
/// *prepared*: the new one is handed out, the old one signs; *activated*: the new one signs, certificates of the old one
/// are still good; *steady* again: the old one is gone.
package struct Authorities: Sendable {
    package enum Phase: String, Sendable, CaseIterable { case steady, prepared, activated }

    package let phase: Phase
    /// Signs whatever is made from now on.
    package let signing: CertificateAuthority
    /// The next one while prepared, the last one while activated.
    package let other: CertificateAuthority?

    package init(_ only: CertificateAuthority) { (phase, signing, other) = (.steady, only, nil) }

    private init(_ phase: Phase, _ signing: CertificateAuthority, _ other: CertificateAuthority) {
        (self.phase, self.signing, self.other) = (phase, signing, other)
    }

    package static func prepared(old: CertificateAuthority, new: CertificateAuthority) -> Authorities { Authorities(.prepared, old, new) }
    package static func activated(old: CertificateAuthority, new: CertificateAuthority) -> Authorities { Authorities(.activated, new, old) }

    /// The one that comes in with the replacement; nil while steady.
    package var new: CertificateAuthority? { phase == .prepared ? other : phase == .activated ? signing : nil }
    package var old: CertificateAuthority? { phase == .prepared ? signing : phase == .activated ? other : nil }

    /// Whether this step was taken already, so that taking it again changes nothing.
    package func has(_ step: AuthorityStep) -> Bool {
        switch step {
        case .prepare: phase == .prepared
        case .activate: phase == .activated
        case .retire: phase == .steady
        }
    }

    /// The step that comes next; nil while there is nothing to be replaced.
    package var next: AuthorityStep? {
        switch phase {
        case .steady: nil
        case .prepared: .activate
        case .activated: .retire
        }
    }

    /// Why a step cannot be taken now; nil when it can be, or was.
    package func refusal(of step: AuthorityStep) -> String? {
        if has(step) || step == (next ?? .prepare) { return nil }
        switch (step, phase) {
        case (.activate, _): return "no new authority is prepared; the first step is 'prepare'"
        case (.retire, _): return "the new authority does not sign yet; the next step is 'activate'"
        case (.prepare, _): return "a new authority signs already; the next step is 'retire'"
        }
    }

    /// After a step that `refusal` allows.
    /// - Parameter make: a new authority, for `prepare`.
    package func taking(_ step: AuthorityStep, make: () throws(TrustError) -> CertificateAuthority) throws(TrustError) -> Authorities {
        guard !has(step), refusal(of: step) == nil else { return self }
        switch (step, new, old) {
        case (.prepare, _, _): return .prepared(old: signing, new: try make())
        case (.activate, let new?, let old?): return .activated(old: old, new: new)
        case (.retire, let new?, _): return Authorities(new)
        case (.activate, _, _), (.retire, _, _): return self
        }
    }

    /// The signing one first.
    package var trusted: [CertificateAuthority] { [signing] + (other.map { [$0] } ?? []) }

    /// What is handed out: the trusted certificates in PEM, the signing one's first.
    package var bundlePEM: String { trusted.map(\.certificatePEM).joined() }

    /// What a node compares with the digest of the bundle that it holds.
    package var bundleDigest: [UInt8] { Self.digest(trusted.map(\.fingerprint)) }

    /// Whether a certificate with this authority key identifier was signed by an authority that is trusted.
    package func trusts(authorityKey: [UInt8]) -> Bool { trusted.contains { $0.keyIdentifier == authorityKey } }

    /// SHA-256 over the certificates' fingerprints in their order.
    /// - Parameter pem: 1 to `Limits.certificatesMax` certificates.
    package static func digest(bundlePEM pem: String) throws(TrustError) -> [UInt8] {
        var fingerprints: [[UInt8]] = []
        for certificate in try certificates(pem: pem) { fingerprints.append(CryptoSuite.system.sha256(try der(certificate))) }
        return digest(fingerprints)
    }

    private static func digest(_ fingerprints: [[UInt8]]) -> [UInt8] { CryptoSuite.system.sha256(fingerprints.flatMap { $0 }) }
}

extension CertificateAuthority {
    /// As the certificates it signs name it (RFC 5280 §4.2.1.1).
    package var keyIdentifier: [UInt8] { Array(SubjectKeyIdentifier(hash: certificate.publicKey).keyIdentifier) }

    /// The one of several certificates that belongs to the key.
    /// - Throws: when none does, as for a text with one certificate.
    package init(bundlePEM: String, keyPEM: String) throws(TrustError) {
        var problem: TrustError?
        for certificate in try Trust.certificates(pem: bundlePEM) {
            do throws(TrustError) {
                self = try CertificateAuthority(certificatePEM: pem(der: try der(certificate)), keyPEM: keyPEM)
                return
            } catch { problem = problem ?? error }
        }
        throw problem ?? .authority(problem: "there is no certificate")
    }
}
