/// Who calls, once a bearer has been believed. Every caller belongs to one tenant.
package struct Principal: Sendable, Equatable {
    package enum Kind: String, Sendable {
        case platformAdmin = "platform_admin"
        case user
        case oauthClient = "oauth_client"
        case apiKey = "api_key"
    }

    /// The key's, the user's or the client's id: may be listed and logged.
    package let id: String
    package let kind: Kind
    /// Of a platform administrator the default one.
    package let tenant: String
    package let scopes: Set<Scope>
    /// The families that the bearer was made for.
    package let audiences: Set<APIFamily>
    /// May name other tenants than its own.
    package var isPlatform: Bool { kind == .platformAdmin }

    package init(id: String, kind: Kind, tenant: String, scopes: Set<Scope>, audiences: Set<APIFamily>) {
        self.id = id
        self.kind = kind
        self.tenant = tenant
        self.scopes = scopes
        self.audiences = audiences
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
