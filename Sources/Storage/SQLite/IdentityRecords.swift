package import Federation

package struct EnrolmentTokenRecord: Sendable, Equatable, Codable {
    package var hash: [UInt8]
    package var tenant: String
    /// The name the node will have: decided here, never by the node.
    package var node: String
    package var expiresAt: Instant
    package var usedAt: Instant?
    /// When the node was revoked while the token was still unused.
    package var withdrawnAt: Instant?
    package init(hash: [UInt8], tenant: String, node: String, expiresAt: Instant) {
        self.hash = hash
        self.tenant = tenant
        self.node = node
        self.expiresAt = expiresAt
    }
}

package struct APIKeyRecord: Sendable, Equatable, Codable {
    /// Public prefix by which the key is found.
    package var id: String
    package var tenant: String
    package var hash: [UInt8]
    package var role: String
    package var createdAt: Instant
    /// What people call it.
    package var name: String?
    /// Names of scopes; nil: the role's.
    package var scopes: [String]?
    /// nil: it does not expire.
    package var expiresAt: Instant?
    package var revokedAt: Instant?
    /// Who made it; nil: `init`.
    package var createdBy: String?
    /// Calls an hour; nil: the plan's.
    package var rateLimit: Int?
    /// Whether the platform gave it its `rateLimit`, which then may be more than the plan's. nil: no.
    package var isLimitOfPlatform: Bool?
    package init(id: String, tenant: String, hash: [UInt8], role: String, createdAt: Instant) {
        self.id = id
        self.tenant = tenant
        self.hash = hash
        self.role = role
        self.createdAt = createdAt
    }
}

package enum EnrolmentOutcome: Sendable, Equatable {
    case enrolled, unknownToken, expired, alreadyUsed, withdrawn
}
