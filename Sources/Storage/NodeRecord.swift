package import Federation

/// One certificate of a node, as the coordinator gave it.
package struct NodeCertificate: Sendable, Equatable, Codable {
    /// SHA-256 of its DER.
    package var fingerprint: [UInt8]
    package var issuedAt: Instant
    package var expiresAt: Instant
    /// SHA-256 of the certificate of the authority that signed it; nil: stored by a version that had but one.
    package var authority: [UInt8]?
    /// Digest of the authorities that were handed out with it; nil like `authority`.
    package var bundle: [UInt8]?
    /// When the node was first seen with it. Until then the reply that carried it may have been lost.
    package var usedAt: Instant?
    package init(
        fingerprint: [UInt8], issuedAt: Instant, expiresAt: Instant, authority: [UInt8]? = nil, bundle: [UInt8]? = nil, usedAt: Instant? = nil
    ) {
        self.fingerprint = fingerprint
        self.issuedAt = issuedAt
        self.expiresAt = expiresAt
        self.authority = authority
        self.bundle = bundle
        self.usedAt = usedAt
    }
}

/// An enrolled node and the certificates it may show. After a renewal these are two: the one it renewed with stays good
/// until it expires, because the reply with the new one may have been lost. Nothing is gained by ending it sooner: a key
/// that was stolen is answered by revoking the node, which ends all of them at once.
package struct NodeRecord: Sendable, Equatable {
    package var tenant: String
    package var name: String
    package var enrolledAt: Instant
    package var revokedAt: Instant?
    /// The newest last; never empty.
    package private(set) var certificates: [NodeCertificate]

    package init(tenant: String, name: String, certificate: NodeCertificate, enrolledAt: Instant) {
        self.tenant = tenant
        self.name = name
        self.enrolledAt = enrolledAt
        certificates = [certificate]
    }

    package init(
        tenant: String, name: String, certificateFingerprint: [UInt8], enrolledAt: Instant, certificateExpiresAt: Instant
    ) {
        self.init(
            tenant: tenant, name: name,
            certificate: NodeCertificate(fingerprint: certificateFingerprint, issuedAt: enrolledAt, expiresAt: certificateExpiresAt),
            enrolledAt: enrolledAt)
    }

    package var newest: NodeCertificate { certificates[certificates.count - 1] }
    package var certificateFingerprint: [UInt8] { newest.fingerprint }
    package var certificateExpiresAt: Instant { newest.expiresAt }

    /// What the node is known to hold: the newest it was seen with, or what it enrolled with.
    package var held: NodeCertificate { certificates.last { $0.usedAt != nil } ?? certificates[0] }

    package func certificate(_ fingerprint: [UInt8]) -> NodeCertificate? { certificates.first { $0.fingerprint == fingerprint } }

    /// The node was seen with it. nil: that was known, or it is none of its certificates.
    package func used(_ fingerprint: [UInt8], at now: Instant) -> NodeRecord? {
        guard let index = certificates.firstIndex(where: { $0.fingerprint == fingerprint }), certificates[index].usedAt == nil else { return nil }
        var next = self
        next.certificates[index].usedAt = now
        return next
    }

    /// With a new certificate. Good besides it are the one that was shown and what nobody has been seen with since; what is
    /// older than the one shown ends, and of two that both were used the other one.
    /// - Parameter shown: the fingerprint of the certificate it was asked for with.
    package func renewed(with new: NodeCertificate, shown: [UInt8]) -> NodeRecord {
        guard let index = certificates.firstIndex(where: { $0.fingerprint == shown }) else { return self }
        var next = self
        let lost = certificates[(index + 1)...].filter { $0.usedAt == nil }.suffix(Limits.lostCertificatesMax)
        next.certificates = [certificates[index]] + lost + [new]
        return next
    }
}

extension NodeRecord: Codable {
    private enum Key: String, CodingKey {
        case tenant, name, enrolledAt, revokedAt, certificates
        /// Of the newest; all there was before renewals.
        case certificateFingerprint, certificateExpiresAt
    }

    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        tenant = try fields.decode(String.self, forKey: .tenant)
        name = try fields.decode(String.self, forKey: .name)
        enrolledAt = try fields.decode(Instant.self, forKey: .enrolledAt)
        revokedAt = try fields.decodeIfPresent(Instant.self, forKey: .revokedAt)
        if let all = try fields.decodeIfPresent([NodeCertificate].self, forKey: .certificates) {
            guard !all.isEmpty else { throw DecodingError.dataCorruptedError(forKey: .certificates, in: fields, debugDescription: "a node has no certificate") }
            certificates = all
        } else {
            let fingerprint = try fields.decode([UInt8].self, forKey: .certificateFingerprint)
            let expires = try fields.decode(Instant.self, forKey: .certificateExpiresAt)
            certificates = [NodeCertificate(fingerprint: fingerprint, issuedAt: enrolledAt, expiresAt: expires, usedAt: enrolledAt)]
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: Key.self)
        try fields.encode(tenant, forKey: .tenant)
        try fields.encode(name, forKey: .name)
        try fields.encode(enrolledAt, forKey: .enrolledAt)
        try fields.encodeIfPresent(revokedAt, forKey: .revokedAt)
        try fields.encode(certificates, forKey: .certificates)
        try fields.encode(certificateFingerprint, forKey: .certificateFingerprint)
        try fields.encode(certificateExpiresAt, forKey: .certificateExpiresAt)
    }
}
