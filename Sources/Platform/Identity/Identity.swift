internal import CryptoSuite
package import Federation
package import Storage
internal import Synchronization
package import Trust

/// Who may use the services: keys, users and OAuth clients of tenants, and what their bearers are worth. Secrets are kept as hashes
/// and compared in constant time.
package final class Identity: Sendable {
    package static let defaultTenant = "default"
    /// Role of a key that administers the coordinator.
    package static let administrator = "platform-admin"
    /// Role of a key with scopes of its own.
    static let service = "service"

    let store: any AccountStore
    let tokens: TokenIssuer?
    let random: RandomSource
    let passwords: PasswordHasher
    let throttle = Mutex(LoginThrottle())
    let cache = PrincipalCache()
    let crossFamily: Set<APIFamily>

    /// - Parameters:
    ///   - tokens: nil: nobody logs in here and no access token is believed; keys work.
    ///   - crossFamily: families whose tokens all others take, too.
    package init(
        store: any AccountStore, tokens: TokenIssuer? = nil, random: RandomSource = .system, passwordCost: ScryptCost = .standard,
        crossFamily: Set<APIFamily> = []
    ) {
        self.store = store
        self.tokens = tokens
        self.random = random
        passwords = PasswordHasher(cost: passwordCost)
        self.crossFamily = crossFamily
    }

    /// Makes a platform-admin key that does not expire. Its text is shown this once.
    package func createAdministratorKey(random: RandomSource, now: Instant) async throws(StorageError) -> APIKey {
        let key = APIKey(random)
        try await store.addKey(
            APIKeyRecord(id: key.id, tenant: Self.defaultTenant, hash: key.hash, role: Self.administrator, createdAt: now))
        return key
    }

    /// The tenant a platform-admin key stands for; nil for a key that is none, or is not good any more.
    package func administratorTenant(key text: String, now: Instant) async throws(StorageError) -> String? {
        guard case .principal(let principal) = try await authenticate(bearer: text, now: now, audience: .v4), principal.isPlatform else { return nil }
        return principal.tenant
    }

    /// What was believed of a tenant's bearers is looked up again: for who has ended the tenant.
    package func forget(tenant: String) { cache.forget(tenant: tenant) }

    // MARK: Who may administer whom

    /// - Returns: the tenant that is meant.
    func administered(_ tenant: String?, by caller: Principal) throws(IdentityError) -> String {
        guard caller.may(.admin) else { throw .forbidden("it takes the scope \(Scope.admin.rawValue)") }
        let tenant = tenant ?? caller.tenant
        guard (1...IdentityLimits.nameBytesMax).contains(tenant.utf8.count) else { throw .invalid(field: "tenant_id", issue: "must be a tenant's id") }
        guard caller.isPlatform || tenant == caller.tenant else { throw .forbidden("another tenant is meant than that of the caller") }
        return tenant
    }

    /// Whether the caller administers what belongs to `tenant`; what is another tenant's is not there.
    func administers(_ tenant: String, _ caller: Principal) -> Bool { caller.may(.admin) && (caller.isPlatform || tenant == caller.tenant) }

    /// - Returns: what is granted: asked for, or the usual as far as the caller has it.
    func granted(_ asked: Set<Scope>?, usual: Set<Scope>, by caller: Principal) throws(IdentityError) -> Set<Scope> {
        let scopes = asked ?? usual.intersection(caller.scopes)
        guard !scopes.isEmpty else { throw .invalid(field: "scope", issue: "must be a list of at least one scope") }
        let beyond = scopes.subtracting(caller.scopes)
        guard beyond.isEmpty else { throw .forbidden("the caller does not have \(Scope.names(beyond).joined(separator: ", "))") }
        return scopes
    }

    static func checkName(_ name: String, field: String) throws(IdentityError) {
        guard (1...IdentityLimits.nameBytesMax).contains(name.utf8.count), name.utf8.allSatisfy(isNameByte) else {
            throw .invalid(field: field, issue: "must be 1 to \(IdentityLimits.nameBytesMax) letters, digits, '-', '.', '_', '+' and '@'")
        }
    }

    private static func isNameByte(_ c: UInt8) -> Bool {
        switch c {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"): true
        default: "-._+@".utf8.contains(c)
        }
    }
}

/// A prefix and 128 random bits.
func identifier(_ prefix: String, _ random: RandomSource) -> String { prefix + hexadecimal(random.bytes(16)) }
