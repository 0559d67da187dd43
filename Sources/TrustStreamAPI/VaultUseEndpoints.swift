internal import APIKit
internal import CryptoSuite
internal import Federation
internal import Foundation
internal import KeyVault
internal import Platform
internal import Storage
internal import StrictJSON

/// What is done with keys of the vault: every use is an entry of the audit.
extension TrustStream {
    static func vaultMessages(_ keys: KeyVault) -> [Endpoint] {
        [
            Endpoint(
                "POST", "\(vaultPath)/encrypt", "quantum_encryption.encrypt", .tenant(.crypto), "Seals a message to a key (HPKE, RFC 9180).",
                reads: Encryption.self, atMost: Limits.vaultBytes, tells: Encrypted.self
            ) { request, sent throws(ServiceError) in
                let (tenant, actor, now, body) = (try tenant(request), try actor(request), instant(request), sent.body)
                let plain = try bytes(sent, VaultLimits.plaintextBytesMax)
                let (message, key) = try await using { () async throws(KeyVaultError) in
                    try await keys.seal(
                        plain, key: body.key, algorithm: body.algorithm, additional: Array(body.additional.utf8), compresses: body.compression,
                        tenant: tenant, actor: actor, now: now)
                }
                if body.compression {
                    sent.note("LENGTH_LEAKS", "compression", "the length tells how well the content compresses: leave it where others choose a part of it")
                }
                return Encrypted(message, EncryptionFacts(message, key, asked: body.algorithm, at: now))
            }.refusing(409),
            Endpoint(
                "POST", "\(vaultPath)/decrypt", "quantum_encryption.decrypt", .tenant(.crypto), "Opens what was sealed to a key of the vault.",
                reads: Decryption.self, atMost: Limits.vaultBytes, tells: Decrypted.self
            ) { request, sent throws(ServiceError) in
                let (tenant, actor, now, body) = (try tenant(request), try actor(request), instant(request), sent.body)
                let sealed = try decoded(body.data, "encrypted_data")
                // One refusal for all that can be wrong with it.
                let refusal = ServiceError.invalid(field: "encrypted_data", issue: "\(KeyVaultError.unopenable)", provided: nil)
                let opened = try await using(unopenable: refusal) { () async throws(KeyVaultError) in
                    try await keys.open(
                        sealed, key: body.key, algorithm: body.algorithm, version: body.version, additional: Array(body.additional.utf8), tenant: tenant,
                        actor: actor, now: now)
                }
                return Decrypted(opened.message, opened.key)
            }.refusing(409),
        ]
    }

    static func vaultSignatures(_ keys: KeyVault) -> [Endpoint] {
        [
            Endpoint(
                "POST", "\(vaultPath)/keys/{vault_key_id}/sign", "quantum_encryption.sign", .tenant(.crypto), "Signs with a key of ML-DSA (FIPS 204).",
                reads: Signing.self, atMost: Limits.signedBytes, tells: SignatureFacts.self
            ) { request, sent throws(ServiceError) in
                let (tenant, actor, now, id) = (try tenant(request), try actor(request), instant(request), request.parameter("vault_key_id"))
                let context = Array(sent.body.context.utf8)
                let message = try bytes(sent, VaultLimits.messageBytesMax)
                let (signature, key) = try await using { () async throws(KeyVaultError) in
                    try await keys.sign(message, key: id, context: context, tenant: tenant, actor: actor, now: now)
                }
                return SignatureFacts(signature, key)
            }.refusing(409),
            Endpoint(
                "POST", "\(vaultPath)/keys/{vault_key_id}/verify", "quantum_encryption.verify", .tenant(.crypto),
                "Whether a signature is of this message by this key.", reads: Verification.self, atMost: Limits.signedBytes, tells: VerificationFacts.self
            ) { request, sent throws(ServiceError) in
                let (tenant, now, id, body) = (try tenant(request), instant(request), request.parameter("vault_key_id"), sent.body)
                let (message, signature) = (try bytes(sent, VaultLimits.messageBytesMax), try decoded(body.signature, "signature"))
                let (found, key) = try await using { () async throws(KeyVaultError) in
                    try await keys.verify(
                        signature, of: message, key: id, version: body.version, context: Array(body.context.utf8), tenant: tenant, now: now)
                }
                return VerificationFacts(found, key, at: now)
            }.refusing(409),
        ]
    }

    /// Of `data`, or of `data_base64`.
    private static func bytes<Body: HasContent>(_ sent: Sent<Body>, _ most: Int) throws(ServiceError) -> [UInt8] {
        let content: [UInt8]
        switch (sent.body.data, sent.body.base64) {
        case (let text?, nil): content = Array(text.utf8)
        case (nil, let text?): content = try decoded(text, "data_base64")
        case (nil, nil): throw .invalid(field: "data", issue: "is missing", provided: nil)
        case (_?, _?): throw .invalid(field: "data_base64", issue: "must not be there beside data", provided: nil)
        }
        guard content.count <= most else { throw .tooLarge(limitBytes: most) }
        return content
    }
}

/// A body with something to seal, sign or verify.
private protocol HasContent: DescribedRequest {
    var data: String? { get }
    var base64: String? { get }
}

extension Encryption: HasContent {}
extension Signing: HasContent {}
extension Verification: HasContent {}
