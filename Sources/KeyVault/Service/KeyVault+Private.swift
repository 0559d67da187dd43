internal import Crypto
internal import CryptoSuite
internal import Federation
internal import PKCS11
package import Storage
internal import Trust

/// Private halves: how they are made, sealed, and opened while they are used.
extension KeyVault {
    private static let purpose = "vault-key"
    private static let bindingBytes = 32

    /// Makes a pair of keys and seals its private half, with what the record says of it.
    func version(
        _ number: Int, of record: VaultKeyRecord, _ algorithm: KeyAlgorithm, _ validity: KeyValidity, _ now: Instant
    ) async throws(KeyVaultError) -> (version: VaultKeyRecord.Version, seen: SeenKeyRecord) {
        let clock = ContinuousClock()
        let begun = clock.now
        let pair = try PrivateKey(algorithm, seed: Secret(random.bytes(algorithm.seedBytes)))
        let took = clock.now - begun
        var version = VaultKeyRecord.Version(
            number: number, publicKey: pair.publicKey.bytes, envelope: [], createdAt: now, expiresAt: validity.end(from: now))
        version.envelope = try await sealed(Self.bound(pair.seed, record, version), record, number)
        tell(.generated(algorithm, seconds: Double(took.components.seconds) + Double(took.components.attoseconds) / 1e18, tenant: record.tenant))
        return (version, SeenKeyRecord(tenant: record.tenant, fingerprint: pair.publicKey.digest, session: record.id, seenAt: now))
    }

    /// - Throws: `unopenable` where the record is not the one that it was sealed with.
    func privateKey(_ key: VaultKey, _ version: VaultKeyRecord.Version) async throws(KeyVaultError) -> PrivateKey {
        let opened: Secret
        do throws(SecretError) { opened = try await secrets.open(version.envelope, Self.context(key.record, version.number)) } catch {
            throw Self.refusal(error)
        }
        return try Self.unbound(try await openedByToken(opened, key.record, version.number), key, version)
    }

    static func tokenID(_ id: String) -> String { "software-token/\(id)" }

    func sealed(_ bytes: [UInt8], _ record: VaultKeyRecord, _ number: Int) async throws(KeyVaultError) -> [UInt8] {
        let bytes = try await sealedByToken(bytes, record, number)
        do throws(SecretError) { return try await secrets.seal(bytes, Self.context(record, number)) } catch { throw Self.refusal(error) }
    }

    /// What lies in an envelope: a digest of all that the record says, and the seed.
    static func bound(_ seed: Secret, _ record: VaultKeyRecord, _ version: VaultKeyRecord.Version) -> [UInt8] {
        Array(SHA256.hash(data: VaultKey.binding(record, version))) + seed.bytes
    }

    /// - Throws: `unopenable` where the record is not the one that it was sealed with.
    static func unbound(_ opened: Secret, _ key: VaultKey, _ version: VaultKeyRecord.Version) throws(KeyVaultError) -> PrivateKey {
        let bytes = opened.bytes
        let binding = Array(SHA256.hash(data: VaultKey.binding(key.record, version)))
        guard bytes.count == bindingBytes + key.algorithm.seedBytes, constantTimeEqual(Array(bytes[..<bindingBytes]), binding) else { throw .unopenable }
        let pair = try PrivateKey(key.algorithm, seed: Secret(Array(bytes[bindingBytes...])))
        guard pair.publicKey.bytes == version.publicKey else { throw .unopenable }
        return pair
    }

    /// The public half, of which it is certain that it belongs to what is sealed.
    /// - Throws: `unopenable` where the record is not the one that it was sealed with.
    func publicKey(_ key: VaultKey, _ version: VaultKeyRecord.Version) async throws(KeyVaultError) -> PublicKey {
        try await privateKey(key, version).publicKey
    }

    /// The public half of a version, for others.
    /// - Parameter version: nil: the newest.
    /// - Throws: `unknownKey`, `unusable` for a revoked key, `field`.
    package func exportPublic(
        _ id: String, version number: Int? = nil, tenant: String
    ) async throws(KeyVaultError) -> (publicKey: PublicKey, version: VaultKeyRecord.Version, key: VaultKey) {
        let key = try await key(id, tenant: tenant)
        guard key.record.revokedAt == nil else { throw .unusable(key: id, why: "is revoked") }
        guard let version = try key.versions(number).first else { throw .unopenable }
        return (try await publicKey(key, version), version, key)
    }

    private static func context(_ record: VaultKeyRecord, _ number: Int) -> SecretContext {
        SecretContext(tenant: record.tenant, purpose: purpose, id: record.id, version: UInt64(clamping: number))
    }

    static func refusal(_ error: SecretError) -> KeyVaultError {
        switch error {
        case .field(let name, let problem): .field(name, problem: problem)
        case .unopenable: .unopenable
        case .keeping(let cause as TokenError): .tokenGone(cause.description)
        case .keeping(let cause): (cause as? StorageError).map(KeyVaultError.storage) ?? .keeping("\(cause)")
        }
    }
}
