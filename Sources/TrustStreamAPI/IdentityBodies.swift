internal import APIKit
internal import Platform
internal import StrictJSON

private let nameBytes = Bounds(count: 1...IdentityLimits.nameBytesMax)
private let scopeNames = Bounds(count: 0...Scope.allCases.count)
private let passwordBytes = Bounds.secret(1...IdentityLimits.passwordBytesMax)

struct NewUser: DescribedRequest {
    static let name = "NewUser"
    var name = ""
    var password = ""
    var scopes: [String]?

    static let fields = [
        FieldOf<NewUser>("name", \.name, isRequired: true, nameBytes), FieldOf("password", \.password, isRequired: true, passwordBytes),
        FieldOf("scopes", \.scopes, scopeNames, usual: .array(Scope.names(Scope.usualOfUsers).map(JSON.string)), note: "no more than the caller has"),
    ]
}

struct NewPassword: DescribedRequest {
    static let name = "NewPassword"
    var password = ""
    static let fields = [FieldOf<NewPassword>("password", \.password, isRequired: true, passwordBytes)]
}

struct NewOAuthClient: DescribedRequest {
    static let name = "NewOAuthClient"
    var name = ""
    var scopes: [String]?

    static let fields = [
        FieldOf<NewOAuthClient>("name", \.name, isRequired: true, nameBytes),
        FieldOf("scopes", \.scopes, scopeNames, usual: .array(Scope.names(Scope.usualOfClients).map(JSON.string)), note: "no more than the caller has"),
    ]
}

extension PartnerKey: ChoiceValue {}

struct NewKey: DescribedRequest {
    static let name = "NewKey"
    var name: String?
    var lifetime = IdentityLimits.keySecondsUsual
    var isPlatform = false
    var partner: PartnerKey?
    var rateLimit: Int?
    var scopes: [String]?

    static let fields = [
        FieldOf<NewKey>("name", \.name, nameBytes),
        FieldOf("expires_in", \.lifetime, .whole(IdentityLimits.keySecondsMin...IdentityLimits.keySecondsMax), unit: "s"),
        FieldOf("platform", \.isPlatform, note: "true: a key of the platform's administration; only its administrator makes one"),
        FieldOf("key_type", \.partner, note: "of a partner's key; left out: it is none"),
        FieldOf("rate_limit", \.rateLimit, .whole(IdentityLimits.rateLimits), unit: "calls/h", note: "left out: the plan's"),
        FieldOf("scopes", \.scopes, scopeNames, note: "no more than the caller has; where it is left out those"),
    ]
}

private func names(_ scopes: Set<Scope>) -> [String] { Scope.names(scopes) }

struct UserFacts: Described {
    static let name = "User"
    let user: UserView
    private var scopes: [String] { names(user.scopes) }

    static let fields = [
        FieldOf<UserFacts>("user_id", \.user.id, .generated), FieldOf("name", \.user.name, .stored), FieldOf("tenant_id", \.user.tenant, .stored),
        FieldOf("scopes", \.scopes, .stored), FieldOf("created_at", \.user.createdAt, .clock), FieldOf("created_by", \.user.createdBy, .stored),
        FieldOf("disabled_at", \.user.disabledAt, .clock, "null: it is not"),
    ]
}

struct UserList: Described {
    static let name = "Users"
    let users: [UserFacts]
    static let fields = [FieldOf<UserList>("users", \.users, .stored)]
}

struct OAuthClientFacts: Described {
    static let name = "OAuthClient"
    let client: OAuthClientView
    private var scopes: [String] { names(client.scopes) }

    static let fields = [
        FieldOf<OAuthClientFacts>("client_id", \.client.id, .generated), FieldOf("name", \.client.name, .stored),
        FieldOf("tenant_id", \.client.tenant, .stored), FieldOf("scopes", \.scopes, .stored), FieldOf("created_at", \.client.createdAt, .clock),
        FieldOf("created_by", \.client.createdBy, .stored), FieldOf("revoked_at", \.client.revokedAt, .clock, "null: it is not"),
    ]
}

/// A new OAuth client, with the secret that is told this once.
struct CreatedOAuthClient: Described {
    static let name = "CreatedOAuthClient"
    let secret: String
    let client: OAuthClientFacts
    static let fields =
        [FieldOf<CreatedOAuthClient>("client_secret", \.secret, .generated, "shown once")] + OAuthClientFacts.fields.map { $0.of(\CreatedOAuthClient.client) }
}

struct OAuthClientList: Described {
    static let name = "OAuthClients"
    let clients: [OAuthClientFacts]
    static let fields = [FieldOf<OAuthClientList>("oauth_clients", \.clients, .stored)]
}

struct KeyFacts: Described {
    static let name = "Key"
    let key: KeyView
    private var scopes: [String] { names(key.scopes) }

    static let fields = [
        FieldOf<KeyFacts>("key_id", \.key.id, .generated), FieldOf("name", \.key.name, .stored), FieldOf("tenant_id", \.key.tenant, .stored),
        FieldOf("platform", \.key.isPlatform, .stored), FieldOf("key_type", \.key.partner, .stored, "null: no partner's"),
        FieldOf("rate_limit", \.key.rateLimit, .stored, unit: "calls/h", "null: the plan's"), FieldOf("scopes", \.scopes, .stored), FieldOf("created_at", \.key.createdAt, .clock),
        FieldOf("created_by", \.key.createdBy, .stored), FieldOf("expires_at", \.key.expiresAt, .stored, "null: never"),
        FieldOf("revoked_at", \.key.revokedAt, .clock, "null: it is not"),
    ]
}

/// A new key, with the text that is told this once.
struct CreatedKey: Described {
    static let name = "CreatedKey"
    let text: String
    let key: KeyFacts
    static let fields = [FieldOf<CreatedKey>("api_key", \.text, .generated, "shown once")] + KeyFacts.fields.map { $0.of(\CreatedKey.key) }
}

struct KeyList: Described {
    static let name = "Keys"
    let keys: [KeyFacts]
    static let fields = [FieldOf<KeyList>("keys", \.keys, .stored)]
}
