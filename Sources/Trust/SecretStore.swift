package import CryptoSuite

/// A tenant's key as it lies in a table.
package struct WrappedTenantKey: Sendable, Equatable {
    /// From 1, one after the other.
    package var version: UInt32
    package var envelope: [UInt8]
    package init(version: UInt32, envelope: [UInt8]) {
        self.version = version
        self.envelope = envelope
    }
}

/// Where tenants' keys are kept. All that it does is durable when it returns.
package protocol TenantKeyTable: Sendable {
    /// In the order of their versions.
    func keys(tenant: String) async throws -> [WrappedTenantKey]
    /// Adds a key unless its version is there already, and writes down who made it when `replaces` is true.
    /// - Returns: the tenant's keys afterwards.
    func add(_ key: WrappedTenantKey, tenant: String, replaces: Bool, by actor: String) async throws -> [WrappedTenantKey]
    /// Changes the envelopes of all tenants' keys, in one transaction; nil leaves one as it is.
    func rewrap(by actor: String, _ change: @escaping @Sendable (_ tenant: String, WrappedTenantKey) throws(SecretError) -> [UInt8]?) async throws
}

/// Secrets at rest: master key → tenant's key → secret, each sealed into a `SecretEnvelope`. A backup of the table without the
/// master key tells nothing; deleting a tenant's keys ends all of its secrets.
package actor SecretStore {
    private var masters: MasterKeys
    private let table: any TenantKeyTable
    private let random: RandomSource
    private let save: @Sendable (MasterKeys) async throws -> Void
    /// By the bytes of the tenant's name, in the order of their versions.
    private var opened: [[UInt8]: [(version: UInt32, key: Secret)]] = [:]
    // New keys and rotations wait for each other: no key may be wrapped with a master key that is just being given up.
    private var isChanging = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// - Parameter save: makes the master keys durable before it returns.
    package init(masters: MasterKeys, table: any TenantKeyTable, random: RandomSource, save: @escaping @Sendable (MasterKeys) async throws -> Void) {
        self.masters = masters
        self.table = table
        self.random = random
        self.save = save
    }

    // MARK: Secrets

    /// With the tenant's newest key, which is made at the first need.
    package func seal(_ secret: [UInt8], _ context: SecretContext) async throws(SecretError) -> [UInt8] {
        var keys = try await keys(context.tenant)
        if keys.isEmpty { keys = try await add(to: context.tenant, replaces: false, by: Self.ownName) }
        guard let newest = keys.last else { throw .unopenable }
        return try SecretEnvelope.seal(
            secret, .data, key: newest.key, number: newest.version, context, salt: random.bytes(SecretEnvelope.saltBytes))
    }

    /// - Throws: `unopenable` for any other context and any changed byte.
    package func open(_ envelope: [UInt8], _ context: SecretContext) async throws(SecretError) -> Secret {
        guard let header = SecretEnvelope.header(envelope), let one = try await keys(context.tenant).first(where: { $0.version == header.number }) else {
            throw .unopenable
        }
        return try SecretEnvelope.open(envelope, .data, key: one.key, number: one.version, context)
    }

    /// Whether it is sealed with the tenant's newest key; what is not is opened and sealed again by its owner.
    package func isCurrent(_ envelope: [UInt8], tenant: String) async throws(SecretError) -> Bool {
        guard let header = SecretEnvelope.header(envelope) else { return false }
        return try await keys(tenant).last?.version == header.number
    }

    // MARK: Rotation

    /// From now on the tenant's secrets are sealed with a new key. The older ones still open what they sealed.
    /// - Returns: the new key's version.
    @discardableResult
    package func rotateTenantKey(_ tenant: String, by actor: String) async throws(SecretError) -> UInt32 {
        try await add(to: tenant, replaces: true, by: actor).last?.version ?? 0
    }

    /// Wraps all tenants' keys with a new master key. A crash at any moment leaves a folder that opens everything: first both
    /// keys are durable, then all is wrapped anew in one transaction, then the old one goes. `settle` finishes what was begun.
    package func rotateMasterKey(by actor: String) async throws(SecretError) {
        await enter()
        defer { leave() }
        try await settleNow(by: actor)
        let next = masters.rotated(random: random)
        try await keep(next)
        try await settleNow(by: actor)
    }

    /// Finishes a rotation that a crash has interrupted. For every start.
    package func settle() async throws(SecretError) {
        await enter()
        defer { leave() }
        try await settleNow(by: Self.ownName)
    }

    private func settleNow(by actor: String) async throws(SecretError) {
        guard masters.keys.count > 1 else { return }
        do {
            try await table.rewrap(by: actor) { [masters, random] tenant, wrapped throws(SecretError) in
                guard SecretEnvelope.header(wrapped.envelope)?.number != masters.newest.number else { return nil }
                return try masters.wrap(try masters.unwrap(wrapped, tenant), wrapped.version, tenant, random)
            }
        } catch let error as SecretError { throw error } catch { throw .keeping(error) }
        try await keep(masters.settled)
    }

    private func keep(_ keys: MasterKeys) async throws(SecretError) {
        do { try await save(keys) } catch { throw .keeping(error) }
        masters = keys
    }

    // MARK: Tenants' keys

    private static let ownName = "coordinator"

    private func keys(_ tenant: String) async throws(SecretError) -> [(version: UInt32, key: Secret)] {
        if let known = opened[Array(tenant.utf8)] { return known }
        let found: [WrappedTenantKey]
        do { found = try await table.keys(tenant: tenant) } catch { throw .keeping(error) }
        // Somebody may have added one while this was reading.
        if let known = opened[Array(tenant.utf8)] { return known }
        return try remember(found, tenant)
    }

    private func remember(_ found: [WrappedTenantKey], _ tenant: String) throws(SecretError) -> [(version: UInt32, key: Secret)] {
        var keys: [(version: UInt32, key: Secret)] = []
        for one in found { keys.append((one.version, try masters.unwrap(one, tenant))) }
        if opened.count >= Limits.openTenantKeysMax { opened = [:] }
        if !keys.isEmpty { opened[Array(tenant.utf8)] = keys }
        return keys
    }

    private func add(to tenant: String, replaces: Bool, by actor: String) async throws(SecretError) -> [(version: UInt32, key: Secret)] {
        await enter()
        defer { leave() }
        let known = try await keys(tenant)
        // Somebody else has made the first one while this waited.
        if !replaces, !known.isEmpty { return known }
        let version = (known.last?.version ?? 0) &+ 1
        let wrapped = WrappedTenantKey(
            version: version, envelope: try masters.wrap(Secret(random.bytes(SecretEnvelope.keyBytes)), version, tenant, random))
        let found: [WrappedTenantKey]
        do { found = try await table.add(wrapped, tenant: tenant, replaces: replaces, by: actor) } catch { throw .keeping(error) }
        return try remember(found, tenant)
    }

    // MARK: One change at a time

    private func enter() async {
        guard isChanging else {
            isChanging = true
            return
        }
        await withCheckedContinuation { waiting.append($0) }
    }

    /// The next one gets it at once, so that nobody comes in between.
    private func leave() {
        if waiting.isEmpty { isChanging = false } else { waiting.removeFirst().resume() }
    }
}

extension MasterKeys {
    private static func context(_ version: UInt32, _ tenant: String) -> SecretContext {
        SecretContext(tenant: tenant, purpose: "tenant-key", id: "", version: UInt64(version))
    }

    package func wrap(_ key: Secret, _ version: UInt32, _ tenant: String, _ random: RandomSource) throws(SecretError) -> [UInt8] {
        try SecretEnvelope.seal(
            key.bytes, .tenantKey, key: newest.secret, number: newest.number, Self.context(version, tenant),
            salt: random.bytes(SecretEnvelope.saltBytes))
    }

    package func unwrap(_ wrapped: WrappedTenantKey, _ tenant: String) throws(SecretError) -> Secret {
        guard let header = SecretEnvelope.header(wrapped.envelope), let master = key(header.number) else { throw .unopenable }
        let key = try SecretEnvelope.open(
            wrapped.envelope, .tenantKey, key: master.secret, number: master.number, Self.context(wrapped.version, tenant))
        guard key.count == SecretEnvelope.keyBytes else { throw .unopenable }
        return key
    }
}
