internal import Crypto
package import Foundation
internal import X509

/// What a coordinator has to know of its own certificate before it serves: the names it is for, and until when.
package struct ServerCertificate: Sendable, Equatable {
    /// Host names and addresses, in the certificate's order.
    package let names: [String]
    package let begins: Date
    package let expires: Date

    /// - Throws: when it is no certificate, or none of a server.
    package init(pem: String) throws(TrustError) { try self.init(try certificate(pem: pem)) }

    init(_ leaf: Certificate) throws(TrustError) {
        guard leaf.permits(.serverAuth), !leaf.isAuthority else { throw .certificate(problem: "it is not for servers (extended key usage)") }
        let names = (try? leaf.extensions.subjectAlternativeNames).map(Array.init) ?? []
        guard !names.isEmpty else { throw .certificate(problem: "it names no host") }
        self.names = names.map(shown)
        (begins, expires) = (leaf.notValidBefore, leaf.notValidAfter)
    }

    /// When two thirds of its life are over.
    package var renewalDue: Date { CertificateLife(begins: begins, ends: expires).moment(Limits.renewalShare) }

    package func isValid(at now: Date) -> Bool { begins <= now && now <= expires }

    /// Also before it begins: a clock that went back since it was made leaves nothing else to do.
    package func needsRenewal(at now: Date) -> Bool { now >= renewalDue || now < begins }
}

extension CertificateAuthority {
    /// For the start of the server: a new certificate for the names and the key of the present one, when that is due.
    /// Clients need to know nothing of it, for they trust the authority.
    /// - Parameters:
    ///   - lifetime: of the new one, in seconds from `now`.
    ///   - others: authorities whose certificates this one replaces at once, whatever is left of their life.
    /// - Returns: nil when the present one is still good for long enough, or could not be had for any longer.
    /// - Throws: when the present one is not this authority's (then it is not its to replace), the key is not its key, or
    ///   the authority itself has ended.
    package func renewal(
        of certificatePEM: String, keyPEM: String, now: Date, lifetime: TimeInterval, replacing others: [CertificateAuthority] = [],
        random: RandomSource = .system
    ) throws(TrustError) -> IssuedCertificate? {
        let leaf = try Trust.certificate(pem: certificatePEM)
        let present = try ServerCertificate(leaf)
        let isReplaced = !signed(leaf)
        guard !isReplaced || others.contains(where: { $0.signed(leaf) }) else {
            throw .certificate(problem: "the server's certificate was signed by another authority than the one beside it")
        }
        let key = try NodeKey(pem: keyPEM)
        guard leaf.publicKey == .init(key.key.publicKey) else { throw .key(problem: "it does not belong to the server's certificate") }
        guard isReplaced || present.needsRenewal(at: now) else { return nil }
        let issued = try issueServer(names: present.names, key: key, now: now, lifetime: lifetime, random: random)
        if isReplaced { return issued }
        return present.isValid(at: now) && issued.expires <= present.expires ? nil : issued
    }

    private func signed(_ leaf: Certificate) -> Bool {
        leaf.issuer == certificate.subject && certificate.publicKey.isValidSignature(leaf.signature, for: leaf)
    }
}
