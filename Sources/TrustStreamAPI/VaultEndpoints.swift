internal import APIKit
internal import CryptoSuite
internal import Federation
internal import Foundation
internal import KeyVault
internal import Platform
internal import Storage
internal import StrictJSON

extension TrustStream {
    private static let application = Query<String>("application", Bounds(count: VaultLimits.metadataValueBytes), note: "of the keys' metadata")
    private static let environment = Query<String>("environment", Bounds(count: VaultLimits.metadataValueBytes), note: "of the keys' metadata")
    private static let state = Query<KeyState>("status", note: "usually all")
    private static let after = Query<String>("after", note: "a key's id; those behind it")
    private static let limit = Query<Int>("limit", .whole(1...VaultLimits.listedMax), usual: 50, note: "keys at most")
    private static let version = Query<Int>("key_version", .whole(1...Int(Int32.max)), note: "the newest where it is left out")
    static let vaultPath = "/quantum-encryption"

    /// Keys of the caller's tenant and what is done with them. Private halves are in no reply.
    static func vault(_ keys: KeyVault) -> [Endpoint] {
        vaultKeys(keys) + vaultMessages(keys) + vaultSignatures(keys) + vaultExchanges(keys) + vaultBackups(keys)
    }

    private static func vaultKeys(_ keys: KeyVault) -> [Endpoint] {
        [
            Endpoint(
                "POST", "\(vaultPath)/keys/generate", "quantum_encryption.generate", .tenant(.crypto), "Makes a key whose private half stays in the vault.",
                reads: NewVaultKey.self, atMost: Limits.vaultKeyBytes, tells: VaultKeyFacts.self, status: 201
            ) { request, sent throws(ServiceError) in
                let (tenant, actor, now, body) = (try tenant(request), try actor(request), instant(request), sent.body)
                let key = try await using { () async throws(KeyVaultError) in
                    var asked = VaultKeyRequest(algorithm: body.algorithm)
                    (asked.usage, asked.validity) = (body.usage, try KeyValidity(body.validity))
                    (asked.asksForHardware, asked.isBackedUp, asked.metadata) = (body.asksForHardware, body.isBackedUp, body.metadata)
                    return try await keys.generate(asked, tenant: tenant, actor: actor, now: now)
                }
                if body.asksForHardware, !key.isInHardware {
                    let why = key.isInModule ? "the module says of no device" : "no hardware module is connected"
                    sent.note("SOFTWARE_TOKEN", "hsm_backed", "\(why): the key is in a token of software, and hsm_backed is false")
                }
                if body.metadata["compliance_level"] != nil {
                    sent.note("NOT_AFFIRMED", "metadata.compliance_level", "it is kept, and nothing here is validated by FIPS 140")
                }
                return VaultKeyFacts(key, at: now)
            }.refusing(409, 422, 503),
            Endpoint(
                "GET", "\(vaultPath)/keys", "quantum_encryption.keys", .tenant(.crypto), "The tenant's keys, without their private halves.",
                query: [application.field, environment.field, state.field, after.field, limit.field], tells: VaultKeyList.self
            ) { request throws(ServiceError) in
                let (tenant, now) = (try tenant(request), instant(request))
                var metadata: [String: String] = [:]
                metadata["application"] = try application(request)
                metadata["environment"] = try environment(request)
                let (state, after, limit, wanted) = (try state(request), try after(request) ?? "", try limit(request) ?? 50, metadata)
                let page = try await using { () async throws(KeyVaultError) in
                    try await keys.keys(tenant: tenant, metadata: wanted, state: state, after: after, limit: limit, now: now)
                }
                return VaultKeyList(keys: page.keys.map { VaultKeyFacts($0, at: now) }, next: page.next)
            },
            Endpoint(
                "GET", "\(vaultPath)/keys/{vault_key_id}", "quantum_encryption.key", .tenant(.crypto), "One key, without its private half.",
                tells: VaultKeyFacts.self
            ) { request throws(ServiceError) in
                let (tenant, id, now) = (try tenant(request), request.parameter("vault_key_id"), instant(request))
                return VaultKeyFacts(try await using { () async throws(KeyVaultError) in try await keys.key(id, tenant: tenant) }, at: now)
            },
            Endpoint(
                "POST", "\(vaultPath)/keys/{vault_key_id}/rotate", "quantum_encryption.rotate", .tenant(.crypto),
                "Seals and signs with a new pair of keys from now on; the older ones still open and verify.", reads: Rotation.self,
                atMost: Limits.emptyBytes, tells: VaultKeyFacts.self
            ) { request, sent throws(ServiceError) in
                let (tenant, actor, now, id) = (try tenant(request), try actor(request), instant(request), request.parameter("vault_key_id"))
                let oldest = sent.body.minVersion
                let key = try await using { () async throws(KeyVaultError) in
                    try await keys.rotate(id, minVersion: oldest, tenant: tenant, actor: actor, now: now)
                }
                return VaultKeyFacts(key, at: now)
            }.refusing(409),
            Endpoint(
                "POST", "\(vaultPath)/keys/{vault_key_id}/revoke", "quantum_encryption.revoke", .tenant(.crypto),
                "Erases a key's private halves, for good: what it sealed is lost.", reads: Revocation.self, atMost: Limits.emptyBytes,
                tells: VaultKeyFacts.self
            ) { request, sent throws(ServiceError) in
                let (tenant, actor, now, id) = (try tenant(request), try actor(request), instant(request), request.parameter("vault_key_id"))
                let reason = sent.body.reason
                let key = try await using { () async throws(KeyVaultError) in
                    try await keys.revoke(id, reason: reason, tenant: tenant, actor: actor, now: now)
                }
                return VaultKeyFacts(key, at: now)
            },
            Endpoint(
                "GET", "\(vaultPath)/keys/{vault_key_id}/export-public", "quantum_encryption.export_public", .tenant(.crypto),
                "A key's public half, for others.",
                query: [version.field], tells: ExportedKey.self
            ) { request throws(ServiceError) in
                let (tenant, now, id, number) = (try tenant(request), instant(request), request.parameter("vault_key_id"), try version(request))
                let found = try await using { () async throws(KeyVaultError) in try await keys.exportPublic(id, version: number, tenant: tenant) }
                return ExportedKey(publicKey: found.publicKey, key: found.key, version: found.version.number, state: found.key.state(at: now))
            }.refusing(409),
        ]
    }

    private static func vaultBackups(_ keys: KeyVault) -> [Endpoint] {
        [
            Endpoint(
                "POST", "\(vaultPath)/keys/{vault_key_id}/export", "quantum_encryption.export", .tenant(.crypto),
                "A key with its private halves under a passphrase, if it was made with backup_enabled.", reads: KeyExport.self, atMost: Limits.emptyBytes,
                tells: KeyBackupFacts.self
            ) { request, sent throws(ServiceError) in
                let (tenant, actor, now, id) = (try tenant(request), try actor(request), instant(request), request.parameter("vault_key_id"))
                let passphrase = Secret(Array(sent.body.passphrase.utf8))
                return KeyBackupFacts(
                    id,
                    try await using { () async throws(KeyVaultError) in
                        try await keys.export(id, passphrase: passphrase, tenant: tenant, actor: actor, now: now)
                    })
            }.refusing(409),
            Endpoint(
                "POST", "\(vaultPath)/keys/restore", "quantum_encryption.restore", .tenant(.crypto),
                "Puts an exported key back where it is not there any more.",
                reads: KeyRestoration.self, atMost: Limits.signedBytes, tells: VaultKeyFacts.self, status: 201
            ) { request, sent throws(ServiceError) in
                let (tenant, actor, now) = (try tenant(request), try actor(request), instant(request))
                let (backup, passphrase) = (try decoded(sent.body.backup, "backup"), Secret(Array(sent.body.passphrase.utf8)))
                let refusal = ServiceError.invalid(field: "backup", issue: "cannot be opened with this passphrase in this tenant", provided: nil)
                let key = try await using(unopenable: refusal) { () async throws(KeyVaultError) in
                    try await keys.restore(backup, passphrase: passphrase, tenant: tenant, actor: actor, now: now)
                }
                return VaultKeyFacts(key, at: now)
            }.refusing(409),
        ]
    }

    // MARK: Helpers

    static func instant(_ request: APIRequest) -> Instant { Instant(milliseconds: request.nowMilliseconds) }

    /// One value, one text: standard Base64 with its padding.
    static func decoded(_ text: String, _ field: String) throws(ServiceError) -> [UInt8] {
        guard let data = Data(base64Encoded: text), data.base64EncodedString() == text else {
            throw .invalid(field: field, issue: "must be Base64 with its padding", provided: nil)
        }
        return [UInt8](data)
    }

    /// - Parameter unopenable: nil: the record is damaged, and the log has the cause.
    static func using<Value: Sendable>(
        unopenable: ServiceError? = nil, _ call: () async throws(KeyVaultError) -> Value
    ) async throws(ServiceError) -> Value {
        do throws(KeyVaultError) { return try await call() } catch {
            if let unopenable, error == .unopenable { throw unopenable }
            throw ServiceError(error)
        }
    }
}
