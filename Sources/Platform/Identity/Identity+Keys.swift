package import Federation
internal import Storage
package import Trust

/// What a key is wanted for.
package struct KeyRequest: Sendable {
    package var name: String?
    /// nil: the caller's.
    package var tenant: String?
    /// nil: the caller's.
    package var scopes: Set<Scope>?
    package var lifetimeSeconds: Int
    /// A key of the coordinator's own administration, which only such a key makes; tenant and scopes are those it has anyway.
    package var isPlatform: Bool
    /// nil: no partner's.
    package var partner: PartnerKey?
    /// Calls an hour; nil: the plan's, or the caller's own.
    package var rateLimit: Int?
    package init(
        name: String? = nil, tenant: String? = nil, scopes: Set<Scope>? = nil, lifetimeSeconds: Int = IdentityLimits.keySecondsUsual, isPlatform: Bool = false,
        partner: PartnerKey? = nil, rateLimit: Int? = nil
    ) {
        self.name = name
        self.tenant = tenant
        self.scopes = scopes
        self.lifetimeSeconds = lifetimeSeconds
        self.isPlatform = isPlatform
        self.partner = partner
        self.rateLimit = rateLimit
    }
}

/// What a partner may do with its scopes.
package enum PartnerKey: String, Sendable, CaseIterable {
    /// Act for its tenant and those that have it as their parent.
    case master = "partner_master"
    case standard = "partner_standard"
    /// Read.
    case readOnly = "partner_readonly"
}

/// A key as it may be shown.
package struct KeyView: Sendable, Equatable {
    package let id: String
    package let name: String?
    package let tenant: String
    package let isPlatform: Bool
    package let partner: PartnerKey?
    package let rateLimit: Int?
    package let scopes: Set<Scope>
    package let createdAt: Instant
    package let createdBy: String?
    package let expiresAt: Instant?
    package let revokedAt: Instant?
}

extension Identity {
    /// Makes a key with scopes of which the caller has every one. Its text is shown this once.
    package func createKey(_ asked: KeyRequest, by caller: Principal, now: Instant) async throws(IdentityError) -> (key: APIKey, view: KeyView) {
        let tenant = try administered(asked.isPlatform ? Self.defaultTenant : asked.tenant, by: caller)
        guard caller.isPlatform || !asked.isPlatform else { throw .forbidden("only a platform key makes a platform key") }
        let scopes = try granted(asked.isPlatform ? nil : asked.scopes, usual: caller.scopes, by: caller)
        guard (IdentityLimits.keySecondsMin...IdentityLimits.keySecondsMax).contains(asked.lifetimeSeconds) else {
            throw .invalid(
                field: "expires_in", issue: "must be a whole number from \(IdentityLimits.keySecondsMin) to \(IdentityLimits.keySecondsMax) (seconds)")
        }
        if let name = asked.name { try Self.checkName(name, field: "name") }
        let live = try await storing { () throws(StorageError) in try await store.keys(tenant: tenant, limit: IdentityLimits.listed) }.count { $0.isLive(now) }
        guard live < IdentityLimits.liveKeysPerTenant else {
            throw .conflict("tenant \(tenant) has \(live) keys that are good; revoke those that nobody needs")
        }
        guard !asked.isPlatform || (asked.partner == nil && asked.rateLimit == nil) else {
            throw .invalid(field: "platform", issue: "must be left out for a partner's key and for one with a rate_limit")
        }
        guard asked.partner != .master || caller.isPlatform || caller.kind == .partnerMaster else {
            throw .forbidden("only the platform and a partner_master make a partner_master")
        }
        if let limit = asked.rateLimit, !IdentityLimits.rateLimits.contains(limit) {
            throw .invalid(
                field: "rate_limit",
                issue: "must be a whole number from \(IdentityLimits.rateLimits.lowerBound) to \(IdentityLimits.rateLimits.upperBound) (calls an hour)")
        }
        let key = APIKey(random, asked.isPlatform ? .platform : asked.partner == nil ? .tenant : .partner)
        let role = asked.isPlatform ? Self.administrator : asked.partner?.rawValue ?? Self.service
        var record = APIKeyRecord(id: key.id, tenant: tenant, hash: key.hash, role: role, createdAt: now)
        // Nobody gets rid of a limit by making a key without one.
        let own = asked.isPlatform ? nil : caller.rateLimit?.perHour
        record.rateLimit = asked.rateLimit.map { min($0, own ?? $0) } ?? own
        record.isLimitOfPlatform = record.rateLimit != nil && caller.isPlatform ? true : nil
        record.name = asked.name
        record.scopes = asked.isPlatform ? nil : Scope.names(scopes)
        record.expiresAt = now.adding(seconds: Double(asked.lifetimeSeconds))
        record.createdBy = caller.id
        var details = ["scopes": Scope.names(scopes).joined(separator: " "), "expires_ms": "\(record.expiresAt?.milliseconds ?? 0)", "role": record.role]
        details["rate_limit"] = record.rateLimit.map { "\($0)" }
        let entry = AuditRecord(at: now, action: .keyCreated, by: caller.actor, of: key.id, details: details)
        let kept = record
        try await storing { () throws(StorageError) in try await store.addKey(kept, audit: entry) }
        return (key, record.view)
    }

    /// Ends a key: no request that begins after this returns is served with it. A key that was revoked already stays so.
    /// - Throws: `conflict` for the last platform key that is good: nobody could administer the coordinator any more.
    package func revokeKey(id: String, by caller: Principal, now: Instant) async throws(IdentityError) -> KeyView {
        guard let record = try await storing({ () throws(StorageError) in try await store.key(id: id) }), administers(record.tenant, caller),
            caller.isPlatform || record.role != Self.administrator
        else { throw .notFound("key \(id)") }
        if record.role == Self.administrator, record.isLive(now) {
            let others = try await storing { () throws(StorageError) in try await store.keys(tenant: record.tenant, limit: IdentityLimits.listed) }
            guard others.contains(where: { $0.role == Self.administrator && $0.id != id && $0.isLive(now) }) else {
                throw .conflict("\(id) is the last platform key; make another one first")
            }
        }
        let changed = try await storing { () throws(StorageError) in
            try await store.changeKey(id: id) { key in
                guard key.revokedAt == nil else { return nil }
                var key = key
                key.revokedAt = now
                return (key, AuditRecord(at: now, action: .keyRevoked, by: caller.actor, of: id))
            }
        }
        cache.forget(id)
        return (changed ?? record).view
    }

    /// By id; also those that have expired or been revoked.
    /// - Parameter tenant: nil: the caller's; for a platform administrator that of every tenant.
    package func keys(tenant: String?, by caller: Principal) async throws(IdentityError) -> [KeyView] {
        let tenant = try listed(tenant, by: caller)
        return try await storing { () throws(StorageError) in try await store.keys(tenant: tenant, limit: IdentityLimits.listed) }
            .filter { caller.isPlatform || $0.role != Self.administrator }.map(\.view)
    }

    /// The tenant to list; nil: all.
    func listed(_ tenant: String?, by caller: Principal) throws(IdentityError) -> String? {
        let own = try administered(tenant, by: caller)
        return tenant == nil && caller.isPlatform ? nil : own
    }
}

extension APIKeyRecord {
    func isLive(_ now: Instant) -> Bool { revokedAt == nil && expiresAt.map { $0 > now } ?? true }

    var grantedScopes: Set<Scope> { role == Identity.administrator ? Set(Scope.allCases) : Scope.known(scopes ?? []) }

    var view: KeyView {
        KeyView(
            id: id, name: name, tenant: tenant, isPlatform: role == Identity.administrator, partner: PartnerKey(rawValue: role), rateLimit: rateLimit,
            scopes: grantedScopes, createdAt: createdAt,
            createdBy: createdBy, expiresAt: expiresAt, revokedAt: revokedAt)
    }
}
