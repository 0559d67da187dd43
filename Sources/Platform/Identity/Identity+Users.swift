package import Federation
internal import Storage
internal import Synchronization
internal import Trust

/// A user as it may be shown.
package struct UserView: Sendable, Equatable {
    package let id: String
    package let tenant: String
    package let name: String
    package let scopes: Set<Scope>
    package let createdAt: Instant
    package let createdBy: String
    package let disabledAt: Instant?
}

extension Identity {
    /// Makes a user who can log in.
    /// - Parameters:
    ///   - tenant: nil: the caller's.
    ///   - scopes: nil: the usual ones that the caller has.
    package func createUser(
        tenant: String? = nil, name: String, password: String, scopes: Set<Scope>? = nil, by caller: Principal, now: Instant
    ) async throws(IdentityError) -> UserView {
        let tenant = try administered(tenant, by: caller)
        let scopes = try granted(scopes, usual: Scope.usualOfUsers, by: caller)
        try Self.checkName(name, field: "name")
        try Self.checkPassword(password, name: name)
        let present = try await storing { () throws(StorageError) in try await store.users(tenant: tenant, limit: IdentityLimits.usersPerTenant) }
        guard present.count < IdentityLimits.usersPerTenant else { throw .conflict("tenant \(tenant) has \(present.count) users already") }
        let hash = try await passwords.hash(password, salt: random.bytes(ScryptCost.saltBytes))
        let user = UserRecord(
            id: identifier("user_", random), tenant: tenant, name: name, password: hash, scopes: Scope.names(scopes), createdAt: now, createdBy: caller.id)
        let entry = AuditRecord(
            at: now, action: .userCreated, by: caller.actor, of: user.id,
            details: ["name": name, "scopes": user.scopes.joined(separator: " ")])
        do { try await store.addUser(user, audit: entry) } catch {
            if case .exists = error { throw .conflict("the name \(name) is taken") }
            throw .storage(error)
        }
        return user.view
    }

    /// By name.
    /// - Parameter tenant: nil: the caller's; for a platform administrator those of every tenant.
    package func users(tenant: String?, by caller: Principal) async throws(IdentityError) -> [UserView] {
        let tenant = try listed(tenant, by: caller)
        return try await storing { () throws(StorageError) in try await store.users(tenant: tenant, limit: IdentityLimits.listed) }.map(\.view)
    }

    /// Ends all logins of the user.
    package func setPassword(_ password: String, user id: String, by caller: Principal, now: Instant) async throws(IdentityError) -> UserView {
        let user = try await user(id, by: caller)
        try Self.checkPassword(password, name: user.name)
        let hash = try await passwords.hash(password, salt: random.bytes(ScryptCost.saltBytes))
        return try await change(user, by: caller) { user in
            user.password = hash
            user.generation += 1
            return AuditRecord(at: now, action: .userPasswordChanged, by: caller.actor, of: id)
        }
    }

    /// A user who is disabled cannot log in, and all its logins end. Enabling brings none of them back.
    package func setDisabled(_ disabled: Bool, user id: String, by caller: Principal, now: Instant) async throws(IdentityError) -> UserView {
        try await change(try await user(id, by: caller), by: caller) { user in
            guard (user.disabledAt != nil) != disabled else { return nil }
            user.disabledAt = disabled ? now : nil
            if disabled { user.generation += 1 }
            return AuditRecord(at: now, action: disabled ? .userDisabled : .userEnabled, by: caller.actor, of: id)
        }
    }

    private func user(_ id: String, by caller: Principal) async throws(IdentityError) -> UserRecord {
        guard let user = try await storing({ () throws(StorageError) in try await store.user(id: id) }), administers(user.tenant, caller) else {
            throw .notFound("user \(id)")
        }
        // Whoever sets another's password can be that user.
        let beyond = Scope.known(user.scopes).subtracting(caller.scopes)
        guard beyond.isEmpty else { throw .forbidden("the user has \(Scope.names(beyond).joined(separator: ", ")) and the caller has not") }
        return user
    }

    private func change(
        _ user: UserRecord, by caller: Principal, _ change: @escaping @Sendable (inout UserRecord) -> AuditRecord?
    ) async throws(IdentityError) -> UserView {
        let changed = try await storing { () throws(StorageError) in
            try await store.changeUser(id: user.id) { user in
                var user = user
                return change(&user).map { (user, $0) }
            }
        }
        cache.forget(user.id)
        guard let changed else { throw .notFound("user \(user.id)") }
        return changed.view
    }

    /// NIST SP 800-63B §5.1.1.2: length counts, rules about letters do not.
    static func checkPassword(_ password: String, name: String) throws(IdentityError) {
        guard password.utf8.count <= IdentityLimits.passwordBytesMax, password.unicodeScalars.count >= IdentityLimits.passwordScalarsMin else {
            throw .invalid(
                field: "password",
                issue: "must be at least \(IdentityLimits.passwordScalarsMin) characters and at most \(IdentityLimits.passwordBytesMax) bytes")
        }
        guard password.lowercased() != name.lowercased(), Set(password.unicodeScalars).count > 2 else {
            throw .invalid(field: "password", issue: "must not be the user's name, nor one or two characters again and again")
        }
    }
}

extension UserRecord {
    var view: UserView {
        UserView(id: id, tenant: tenant, name: name, scopes: Scope.known(scopes), createdAt: createdAt, createdBy: createdBy, disabledAt: disabledAt)
    }
}
