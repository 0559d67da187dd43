package import Storage

/// Who calls, once a bearer has been believed. Every caller belongs to one tenant.
package struct Principal: Sendable, Equatable {
    package enum Kind: String, Sendable {
        case platformAdmin = "platform_admin"
        case user
        case oauthClient = "oauth_client"
        case apiKey = "api_key"
        /// May act for the tenants that have its own as their parent.
        case partnerMaster = "partner_master"
        case partner
    }

    /// The key's, the user's or the client's id: may be listed and logged.
    package let id: String
    package let kind: Kind
    /// Of a platform administrator the default one.
    package let tenant: String
    package let scopes: Set<Scope>
    /// The families that the bearer was made for.
    package let audiences: Set<APIFamily>
    /// The key's own tenant, whichever it acts for.
    package private(set) var home: String
    /// Who has to answer for what it does, with where it calls from once that is known.
    package private(set) var actor: AuditActor
    /// Reads, and changes nothing.
    package var isReadOnly = false
    /// Calls an hour of its own; nil: the plan's.
    package var rateLimit: RateLimit?
    package struct RateLimit: Sendable, Equatable {
        package var perHour: Int
        /// It may be more than the plan's.
        package var isOfPlatform: Bool
        package init(perHour: Int, isOfPlatform: Bool) {
            self.perHour = perHour
            self.isOfPlatform = isOfPlatform
        }
    }
    /// May name other tenants than its own.
    package var isPlatform: Bool { kind == .platformAdmin }

    package init(id: String, kind: Kind, tenant: String, scopes: Set<Scope>, audiences: Set<APIFamily>) {
        self.id = id
        self.kind = kind
        self.tenant = tenant
        self.scopes = scopes
        self.audiences = audiences
        home = tenant
        actor = AuditActor(id)
    }

    /// The same, in a call from this address that is answered with this status when it succeeds.
    package func calling(from address: String?, answeredBy status: Int?) -> Principal {
        var calling = self
        calling.actor = AuditActor(id, address: address, status: status)
        return calling
    }

    /// The same, on behalf of another tenant. Whether it may is the caller's question.
    package func acting(for tenant: String) -> Principal {
        var acting = Principal(id: id, kind: kind, tenant: tenant, scopes: scopes, audiences: audiences)
        (acting.home, acting.actor, acting.isReadOnly, acting.rateLimit) = (home, actor, isReadOnly, rateLimit)
        return acting
    }

    package func may(_ scope: Scope) -> Bool { scopes.contains(scope) }

    /// The coordinator's own administration.
    package static func platform(id: String) -> Principal {
        Principal(id: id, kind: .platformAdmin, tenant: Identity.defaultTenant, scopes: Set(Scope.allCases), audiences: Set(APIFamily.allCases))
    }
}

/// What a bearer turned out to be.
package enum Authentication: Sendable, Equatable {
    case principal(Principal)
    /// Not one of ours, damaged, forged, or not valid yet.
    case unknown
    case expired
    /// The key, the login, the user or the client has been ended.
    case revoked
    /// Good, but for other families.
    case wrongAudience
}
