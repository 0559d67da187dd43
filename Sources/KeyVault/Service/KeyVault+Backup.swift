internal import Crypto
package import CryptoSuite
package import Federation
package import Storage
internal import Trust

extension KeyVault {
    /// A key with all its versions, sealed with a passphrase instead of the tenant's key. For keys that were made so that this may be.
    /// - Throws: `unknownKey`, `unusable`, `field`, `busy`.
    package func export(_ id: String, passphrase: Secret, tenant: String, actor: AuditActor, now: Instant) async throws(KeyVaultError) -> [UInt8] {
        try Self.check(passphrase)
        let key = try await key(id, tenant: tenant)
        guard key.record.revokedAt == nil else { throw .unusable(key: id, why: "is revoked") }
        guard key.record.isBackedUp else { throw .unusable(key: id, why: "was made without backup_enabled and leaves the vault in no form") }
        var backup = KeyBackup(salt: random.bytes(PassphraseKey.saltBytes), record: key.record)
        let wrapping = try await stretching.key(passphrase, salt: backup.salt, logN: backup.logN)
        for (i, version) in key.record.versions.enumerated() {
            let pair = try await privateKey(key, version)
            let sealed = Self.bound(pair.seed, key.record, version)
            do throws(SecretError) {
                backup.record.versions[i].envelope = try SecretEnvelope.seal(
                    sealed, .data, key: wrapping, number: KeyBackup.number, KeyBackup.context(key.record, version.number), salt: random.bytes(32))
            } catch { throw .keeping("\(error)") }
        }
        let bytes = try backup.encoded
        let audit = AuditRecord(
            at: now, action: .vaultKeyExported, by: actor, of: id, details: ["versions": "\(key.record.versions.count)"], level: .warning)
        // Nothing leaves without its entry.
        _ = try await kept { () async throws(StorageError) in try await store.changeVaultKey(id, tenant: tenant) { ($0, nil, audit) } }
        return bytes
    }

    /// Puts an exported key back, in the same tenant, where it is not there any more.
    /// - Throws: `unopenable`, whatever is wrong with the bytes or the passphrase; `unusable` where the key is there, revoked or not; `busy`.
    package func restore(_ bytes: [UInt8], passphrase: Secret, tenant: String, actor: AuditActor, now: Instant) async throws(KeyVaultError) -> VaultKey {
        try Self.check(passphrase)
        let backup = try KeyBackup(parsing: bytes, tenant: tenant)
        var record = backup.record
        let key = try VaultKey(record)
        // It comes to lie where such keys lie here: in this coordinator's token, or in none that another one had.
        if key.record.tokenID != nil { (record.tokenID, record.tokenKind) = try await tokenPlace(record.id) }
        let wrapping = try await stretching.key(passphrase, salt: backup.salt, logN: backup.logN)
        var seen: [SeenKeyRecord] = []
        for (i, version) in backup.record.versions.enumerated() {
            let opened: Secret
            do throws(SecretError) {
                opened = try SecretEnvelope.open(
                    version.envelope, .data, key: wrapping, number: KeyBackup.number, KeyBackup.context(key.record, version.number))
            } catch { throw .unopenable }
            let pair = try Self.unbound(opened, key, version)
            record.versions[i].envelope = try await sealed(Self.bound(pair.seed, record, version), record, version.number)
            seen.append(SeenKeyRecord(tenant: tenant, fingerprint: pair.publicKey.digest, session: record.id, seenAt: now))
        }
        let audit = AuditRecord(
            at: now, action: .vaultKeyRestored, by: actor, of: record.id, details: ["versions": "\(record.versions.count)"], level: .warning)
        let (stored, known) = (record, seen)
        let isAdded: Bool
        do throws(StorageError) { isAdded = try await store.addVaultKey(stored, seen: known, audit: audit, limit: VaultLimits.keysMax) } catch {
            if case .exists = error { throw .unusable(key: stored.id, why: "is there already") }
            throw .storage(error)
        }
        guard isAdded else { throw .tooManyKeys(limit: VaultLimits.keysMax) }
        return try VaultKey(record)
    }

    private static func check(_ passphrase: Secret) throws(KeyVaultError) {
        guard VaultLimits.passphraseBytes.contains(passphrase.count) else {
            throw .field(
                "passphrase", problem: "must have \(VaultLimits.passphraseBytes.lowerBound) to \(VaultLimits.passphraseBytes.upperBound) bytes")
        }
    }
}
