internal import CryptoSuite
package import Federation
package import PKCS11
package import Storage
package import Trust

/// Where keys lie that are asked to lie in a module.
package enum KeyToken: Sendable {
    /// In this process, and labelled so: `token_kind` is `software`, and nothing is hardware-backed.
    case software
    /// Software is not taken for it: who asks for a module is refused.
    case none
    /// A key in a token of PKCS #11 seals them; what is software there is called so, too.
    case module(any SealingToken)
}

/// What a key is asked to be.
package struct VaultKeyRequest: Sendable {
    /// A name that `KeyAlgorithm` takes.
    package var algorithm: String
    /// nil: the usual one of the algorithm.
    package var usage: KeyUsage?
    package var validity = KeyValidity.usual
    package var asksForHardware = false
    package var isBackedUp = false
    package var metadata: [String: String] = [:]
    package init(algorithm: String) { self.algorithm = algorithm }
}

/// Something was done, for whoever counts.
package enum VaultEvent: Sendable {
    case generated(KeyAlgorithm, seconds: Double, tenant: String)
    case used(String, tenant: String)
}

/// Keys of tenants. Private halves are sealed by `SecretStore` and leave it only while they are used; what is another tenant's is not there.
package struct KeyVault: Sendable {
    let store: any VaultKeyStore & KeyExchangeStore
    let secrets: SecretStore
    let random: RandomSource
    let token: KeyToken
    let stretching = Stretching()
    let tell: @Sendable (VaultEvent) -> Void

    package init(
        store: any VaultKeyStore & KeyExchangeStore, secrets: SecretStore, random: RandomSource, token: KeyToken,
        tell: @escaping @Sendable (VaultEvent) -> Void = { _ in }
    ) {
        self.store = store
        self.secrets = secrets
        self.random = random
        self.token = token
        self.tell = tell
    }

    // MARK: Keys

    /// - Throws: `field`, `noHardware`, `tooManyKeys`.
    package func generate(_ request: VaultKeyRequest, tenant: String, actor: AuditActor, now: Instant) async throws(KeyVaultError) -> VaultKey {
        guard let algorithm = KeyAlgorithm(named: request.algorithm) else {
            let why = KeyAlgorithm.unavailable.contains(request.algorithm) ? "is not available here" : "is no algorithm that is known here"
            throw .field("algorithm", problem: "\(why); there are \(KeyAlgorithm.names.joined(separator: ", "))")
        }
        let usage = request.usage ?? .usual(algorithm)
        guard usage.fits(algorithm) else {
            throw .field(
                "key_usage",
                problem:
                    "is not what a key of \(algorithm.rawValue) is for, which \(algorithm.signs ? "signs: signing" : "encapsulates: encryption or key_exchange")"
            )
        }
        try Self.check(request.metadata)
        let id = "qkey-" + hexadecimal(random.bytes(16))
        let place = request.asksForHardware ? try await tokenPlace(id) : nil
        var record = VaultKeyRecord(
            id: id, tenant: tenant, algorithm: algorithm.rawValue, askedAlgorithm: request.algorithm, usage: usage.rawValue, validity: request.validity.text,
            isBackedUp: request.isBackedUp, tokenID: place?.id, metadata: request.metadata, createdAt: now,
            versions: [])
        record.tokenKind = place?.kind
        let (version, seen) = try await version(1, of: record, algorithm, request.validity, now)
        record.versions = [version]
        let audit = AuditRecord(
            at: now, action: .vaultKeyGenerated, by: actor, of: id,
            details: ["algorithm": algorithm.rawValue, "usage": usage.rawValue, "fingerprint": try PublicKey(algorithm, version.publicKey).fingerprint])
        let (stored, entry) = (record, audit)
        let isAdded = try await kept { () async throws(StorageError) in
            try await store.addVaultKey(stored, seen: [seen], audit: entry, limit: VaultLimits.keysMax)
        }
        guard isAdded else { throw .tooManyKeys(limit: VaultLimits.keysMax) }
        return try VaultKey(record)
    }

    /// - Throws: `unknownKey`.
    package func key(_ id: String, tenant: String) async throws(KeyVaultError) -> VaultKey {
        guard let record = try await kept({ () async throws(StorageError) in try await store.vaultKey(id, tenant: tenant) }) else {
            throw .unknownKey(Self.clipped(id))
        }
        return try VaultKey(record)
    }

    /// In the order of their ids.
    /// - Parameters:
    ///   - metadata: what the keys' metadata have to say.
    ///   - state: nil: all.
    ///   - after: an id; those behind it.
    /// - Returns: at most `limit`, and where there may be more, after which to go on.
    package func keys(
        tenant: String, metadata: [String: String] = [:], state: KeyState? = nil, after: String = "", limit: Int, now: Instant
    ) async throws(KeyVaultError) -> (keys: [VaultKey], next: String?) {
        var (found, last): ([VaultKey], String) = ([], after)
        while true {
            let from = last
            let page = try await kept { () async throws(StorageError) in
                try await store.vaultKeys(tenant: tenant, revoked: state.map { $0 == .revoked }, after: from, limit: VaultLimits.listedMax)
            }
            for record in page {
                let key = try VaultKey(record)
                last = key.id
                guard metadata.allSatisfy({ record.metadata[$0.key] == $0.value }), state.map({ $0 == key.state(at: now) }) ?? true else { continue }
                found.append(key)
                if found.count == limit { return (found, last) }
            }
            if page.count < VaultLimits.listedMax { return (found, nil) }
        }
    }

    /// Of the weakest key that is neither revoked nor expired: bits of the AES key that is as hard to find by a quantum computer. nil: there is none.
    package func weakestBits(tenant: String, now: Instant) async throws(KeyVaultError) -> Int? {
        let names = try await kept { () async throws(StorageError) in try await store.vaultAlgorithms(tenant: tenant, now: now) }
        return names.compactMap { KeyAlgorithm(rawValue: $0)?.quantumSecurityBits }.min()
    }

    /// A new pair of keys: it seals and signs from now on, for as long as the first one did. Older ones still open and verify.
    /// - Parameter minVersion: older versions are given up, and what they sealed with them. nil: none.
    /// - Throws: `unknownKey`, `unusable`, `field`.
    package func rotate(_ id: String, minVersion: Int? = nil, tenant: String, actor: AuditActor, now: Instant) async throws(KeyVaultError) -> VaultKey {
        let key = try await key(id, tenant: tenant)
        guard key.record.revokedAt == nil else { throw .unusable(key: id, why: "is revoked; make another one") }
        let next = key.newest.number + 1
        let oldest = minVersion ?? key.minVersion
        guard (key.minVersion...next).contains(oldest) else {
            throw .field("min_version", problem: "must be from \(key.minVersion) to \(next), for what is given up does not come back")
        }
        guard key.record.versions.count(where: { $0.number >= oldest }) < VaultLimits.versionsMax else {
            throw .field("min_version", problem: "must be higher: a key has at most \(VaultLimits.versionsMax) versions")
        }
        let (version, seen) = try await version(next, of: key.record, key.algorithm, try KeyValidity(key.record.validity), now)
        let audit = AuditRecord(
            at: now, action: .vaultKeyRotated, by: actor, of: id, details: ["version": "\(next)", "min_version": "\(oldest)"])
        let before = key.record
        let changed = try await kept { () async throws(StorageError) in
            try await store.changeVaultKey(id, tenant: tenant) { record in
                guard record == before else { return nil }
                var record = record
                record.versions = record.versions.filter { $0.number >= oldest } + [version]
                return (record, seen, audit)
            }
        }
        guard let changed else { throw .unknownKey(id) }
        guard changed.versions.last == version else { throw .unusable(key: id, why: "was just changed by somebody else; look at it, and try again") }
        return try VaultKey(changed)
    }

    /// Erases the private halves of all versions, for good. Again: nothing happens.
    package func revoke(_ id: String, reason: String?, tenant: String, actor: AuditActor, now: Instant) async throws(KeyVaultError) -> VaultKey {
        if let reason, !VaultLimits.reasonBytes.contains(reason.utf8.count) {
            throw .field("reason", problem: "must have \(VaultLimits.reasonBytes.lowerBound) to \(VaultLimits.reasonBytes.upperBound) bytes")
        }
        let audit = AuditRecord(
            at: now, action: .vaultKeyRevoked, by: actor, of: id, details: reason.map { ["reason": $0] } ?? [:], level: .warning)
        let changed = try await kept { () async throws(StorageError) in
            try await store.changeVaultKey(id, tenant: tenant) { record in
                guard record.revokedAt == nil else { return nil }
                var record = record
                (record.revokedAt, record.revokedReason) = (now, reason)
                for i in record.versions.indices { record.versions[i].envelope = [] }
                return (record, nil, audit)
            }
        }
        guard let changed else { throw .unknownKey(Self.clipped(id)) }
        return try VaultKey(changed)
    }

    // MARK: Helpers

    func kept<Value: Sendable>(_ work: () async throws(StorageError) -> Value) async throws(KeyVaultError) -> Value {
        do throws(StorageError) { return try await work() } catch { throw .storage(error) }
    }

    /// What was handed in, so that a refusal is not longer than that it says.
    static func clipped(_ id: String) -> String { String(decoding: id.utf8.prefix(64), as: UTF8.self) }

    static func check(_ metadata: [String: String]) throws(KeyVaultError) {
        guard metadata.count <= VaultLimits.metadataMax else { throw .field("metadata", problem: "has more than \(VaultLimits.metadataMax) members") }
        for (name, value) in metadata.sorted(by: { $0.key < $1.key }) {
            guard VaultLimits.metadataNameBytes.contains(name.utf8.count), VaultLimits.metadataValueBytes.contains(value.utf8.count) else {
                throw .field(
                    "metadata.\(clipped(name))",
                    problem:
                        "must have a name of \(VaultLimits.metadataNameBytes.lowerBound) to \(VaultLimits.metadataNameBytes.upperBound) bytes and a text of at most \(VaultLimits.metadataValueBytes.upperBound)"
                )
            }
        }
    }
}
