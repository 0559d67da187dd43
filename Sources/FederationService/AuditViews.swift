package import Federation
package import StrictJSON

/// A tenant's audit at one moment, signed.
package struct AuditHeadView: Sendable, Equatable {
    package var tenant: String
    /// Entries.
    package var size: Int64
    /// Hex, of the Merkle tree over them.
    package var root: String
    package var signedAt: Instant
    /// `sha256:` and 64 digits.
    package var authority: String
    /// A JSON Web Signature in compact form.
    package var signed: String
    package init(tenant: String, size: Int64, root: String, signedAt: Instant, authority: String, signed: String) {
        (self.tenant, self.size, self.root, self.signedAt, self.authority, self.signed) = (tenant, size, root, signedAt, authority, signed)
    }
}

package struct AuditPage: Sendable, Equatable {
    package struct Entry: Sendable, Equatable {
        /// Its canonical form is what the leaf's hash is taken of.
        package var entry: JSON
        /// Hex.
        package var hash: String
        package init(entry: JSON, hash: String) { (self.entry, self.hash) = (entry, hash) }
    }
    package var tenant: String
    /// Of the whole audit.
    package var size: Int64
    package var entries: [Entry]
    package init(tenant: String, size: Int64, entries: [Entry]) { (self.tenant, self.size, self.entries) = (tenant, size, entries) }
}

package struct AuditConsistency: Sendable, Equatable {
    package var tenant: String
    package var from: Int64
    package var to: Int64
    /// Hex, in the order of RFC 6962 §2.1.2.
    package var hashes: [String]
    package init(tenant: String, from: Int64, to: Int64, hashes: [String]) { (self.tenant, self.from, self.to, self.hashes) = (tenant, from, to, hashes) }
}
