internal import Crypto
package import Federation
package import Storage
internal import Wire

/// A message that was sealed to a key.
package struct SealedMessage: Sendable, Equatable {
    /// The encapsulated secret, the cipher text, its tag.
    package var bytes: [UInt8]
    /// 12 bytes: derived from the encapsulated secret, as HPKE has it, and not drawn.
    package var nonce: [UInt8]
    package var version: Int
    /// Compressed by original bytes; 1 where nothing was compressed.
    package var compressionRatio: Double
    /// SHA3-256 of `bytes`. Anybody can compute it: it finds damage, and proves nothing.
    package var integrity: [UInt8]
}

package struct OpenedMessage: Sendable, Equatable {
    package var bytes: [UInt8]
    package var version: Int
    package var wasCompressed: Bool
}

extension KeyVault {
    /// The HPKE `info` of a message that was compressed; that of another one is empty, so that whoever has the public key can seal to it with
    /// any implementation.
    static let compressedInfo = Array("tutti zstd".utf8)

    /// Every use of a private or public half is an entry of the audit.
    /// - Parameters:
    ///   - algorithm: what the caller takes the key for; nil: whatever it is.
    ///   - compresses: whether zstd comes first. The length of the result then tells something of the content.
    /// - Throws: `unknownKey`, `wrongUse`, `unusable`, `field`.
    package func seal(
        _ plain: [UInt8], key id: String, algorithm: String? = nil, additional: [UInt8] = [], compresses: Bool = false, tenant: String, actor: AuditActor,
        now: Instant
    ) async throws(KeyVaultError) -> (message: SealedMessage, key: VaultKey) {
        try Self.limit(plain, VaultLimits.plaintextBytesMax, "data")
        try Self.limit(additional, VaultLimits.additionalBytesMax, "additional_data")
        let key = try await key(id, tenant: tenant)
        try key.expect(algorithm)
        try key.allow(.seal, at: now)
        let content = compresses ? BulkCodec.compress(plain, shuffle: 1, level: VaultLimits.compressionLevel) : plain
        let sealed = try HPKE.seal(
            content, to: try await publicKey(key, key.newest), info: compresses ? Self.compressedInfo : [], additional: additional)
        try await used(key, key.newest, "encrypt", actor, now)
        return (
            SealedMessage(
                bytes: sealed.bytes, nonce: sealed.nonce, version: key.newest.number,
                compressionRatio: plain.isEmpty || !compresses ? 1 : Double(content.count) / Double(plain.count),
                integrity: Array(SHA3_256.hash(data: sealed.bytes))), key
        )
    }

    /// - Parameter version: nil: each is tried, the newest first.
    /// - Throws: `unknownKey`, `wrongUse`, `unusable`, `field`; `unopenable`, whatever the reason is.
    package func open(
        _ sealed: [UInt8], key id: String, algorithm: String? = nil, version: Int? = nil, additional: [UInt8] = [], tenant: String, actor: AuditActor,
        now: Instant
    ) async throws(KeyVaultError) -> (message: OpenedMessage, key: VaultKey) {
        try Self.limit(sealed, VaultLimits.sealedBytesMax, "encrypted_data")
        try Self.limit(additional, VaultLimits.additionalBytesMax, "additional_data")
        let key = try await key(id, tenant: tenant)
        try key.expect(algorithm)
        try key.allow(.open, at: now)
        for version in try key.versions(version) {
            let privateKey = try await privateKey(key, version)
            for info in [[], Self.compressedInfo] {
                guard let content = try? HPKE.open(sealed, with: privateKey, info: info, additional: additional) else { continue }
                let isCompressed = !info.isEmpty
                guard let plain = isCompressed ? try? BulkCodec.decompress(content, limit: VaultLimits.plaintextBytesMax) : content else { throw .unopenable }
                try await used(key, version, "decrypt", actor, now)
                return (OpenedMessage(bytes: plain, version: version.number, wasCompressed: isCompressed), key)
            }
        }
        throw .unopenable
    }

    /// - Parameter context: at most 255 bytes; whoever verifies names the same.
    /// - Throws: `unknownKey`, `wrongUse`, `unusable`, `field`.
    package func sign(
        _ message: [UInt8], key id: String, context: [UInt8] = [], tenant: String, actor: AuditActor, now: Instant
    ) async throws(KeyVaultError) -> (signature: [UInt8], key: VaultKey) {
        try Self.limit(message, VaultLimits.messageBytesMax, "data")
        let key = try await key(id, tenant: tenant)
        try key.allow(.sign, at: now)
        let signature = try await privateKey(key, key.newest).sign(message, context: context)
        try await used(key, key.newest, "sign", actor, now)
        return (signature, key)
    }

    /// - Parameter version: nil: each is tried, the newest first.
    /// - Returns: the version whose signature it is; nil: it is none of this key's.
    /// - Throws: `unknownKey`, `wrongUse`, `unusable` for a revoked key, `field`.
    package func verify(
        _ signature: [UInt8], of message: [UInt8], key id: String, version: Int? = nil, context: [UInt8] = [], tenant: String, now: Instant
    ) async throws(KeyVaultError) -> (version: Int?, key: VaultKey) {
        try Self.limit(message, VaultLimits.messageBytesMax, "data")
        try Self.limit(signature, VaultLimits.signatureBytesMax, "signature")
        try Self.limit(context, VaultLimits.signatureContextBytesMax, "context")
        let key = try await key(id, tenant: tenant)
        try key.allow(.verify, at: now)
        tell(.used("verify", tenant: tenant))
        for version in try key.versions(version) {
            let isValid = try await publicKey(key, version).isValid(signature, of: message, context: context)
            if isValid { return (version.number, key) }
        }
        return (nil, key)
    }

    /// Writes down that a version was used, by whom and for what, before anybody has the result. Of the content nothing is said.
    /// - Throws: `unusable` for a key that was revoked meanwhile, or whose version was given up.
    private func used(
        _ key: VaultKey, _ version: VaultKeyRecord.Version, _ operation: String, _ actor: AuditActor, _ now: Instant
    ) async throws(KeyVaultError) {
        let audit = AuditRecord(
            at: now, action: .vaultKeyUsed, by: actor, of: key.id,
            details: ["operation": operation, "version": "\(version.number)", "algorithm": key.algorithm.rawValue])
        let found = try await kept { () async throws(StorageError) in
            try await store.changeVaultKey(key.id, tenant: key.record.tenant) { record in
                Self.isThere(version, in: record) ? (record, nil, audit) : nil
            }
        }
        guard let found, Self.isThere(version, in: found) else { throw .unusable(key: key.id, why: "was just revoked or given up") }
        tell(.used(operation, tenant: key.record.tenant))
    }

    private static func isThere(_ version: VaultKeyRecord.Version, in record: VaultKeyRecord) -> Bool {
        record.revokedAt == nil && record.versions.contains { $0.number == version.number }
    }

    private static func limit(_ bytes: [UInt8], _ most: Int, _ field: String) throws(KeyVaultError) {
        guard bytes.count <= most else { throw .field(field, problem: "is longer than \(most) bytes") }
    }
}

extension VaultKey {
    /// - Throws: `field` where it is of another algorithm than the caller thinks.
    fileprivate func expect(_ name: String?) throws(KeyVaultError) {
        guard let name else { return }
        guard KeyAlgorithm(named: name) == algorithm else {
            throw .field("algorithm", problem: "is not that of the key, which is \(algorithm.rawValue)")
        }
    }
}
