internal import APIKit
internal import CryptoSuite
internal import Federation
internal import Foundation
internal import KeyVault
internal import Storage
internal import StrictJSON

/// A key without its private half.
struct VaultKeyFacts: Described {
    static let name = "VaultKey"
    let key: VaultKey
    let state: KeyState
    private var publicKey: String { KeyDocuments.publicPEM(key.publicKey) }
    private var fingerprint: String { key.publicKey.fingerprint }
    private var quantumBits: Int { key.algorithm.quantumSecurityBits }
    private var classicalBits: Int { key.algorithm.classicalModulusBits }
    private var standard: String { key.algorithm.standard }
    private var category: Int { key.algorithm.nistCategory }
    private var version: Int { key.newest.number }
    private var tokenKind: String { key.isInHardware ? "hardware" : "software" }
    private var isInHardware: Bool { key.isInHardware }
    private var mode: String? { key.isInModule ? "wrapped" : nil }
    // Nobody has validated anything.
    private var no: Bool { false }

    init(_ key: VaultKey, at now: Instant) { (self.key, state) = (key, key.state(at: now)) }

    static let fields = [
        FieldOf<VaultKeyFacts>("key_id", \.key.id, .generated), FieldOf("algorithm", \.key.record.askedAlgorithm, .request, "the name it was asked for by"),
        FieldOf("public_key", \.publicKey, .generated, "SubjectPublicKeyInfo in PEM"),
        FieldOf("key_fingerprint", \.fingerprint, .rule("SHA-256 of the SubjectPublicKeyInfo")),
        FieldOf(
            "hsm_key_id", \.key.record.tokenID, .generated,
            "null: no module was asked for. A URI (RFC 7512) of the key in the token that seals this one; without a module an object in a token of software"),
        FieldOf("creation_timestamp", \.key.newest.createdAt, .clock, "of the newest version"),
        FieldOf("expiration_timestamp", \.key.newest.expiresAt, .clock, "from then on it seals and signs no more"),
        FieldOf("quantum_security_level", \.quantumBits, .rule("NIST category"), unit: "bit", "of the AES key that is as hard to find by a quantum computer"),
        FieldOf(
            "classical_security_level", \.classicalBits, .rule("SP 800-57 part 1, table 2"), unit: "bit", "of the RSA modulus that is as strong today"),
        FieldOf("status", \.state, .stored), FieldOf("algorithm_standard", \.standard, .fixed),
        FieldOf("nist_category", \.category, .fixed), FieldOf("key_usage", \.key.usage, .stored), FieldOf("key_version", \.version, .counted),
        FieldOf("min_version", \.key.minVersion, .stored, "older ones are given up"),
        FieldOf("token_kind", \.tokenKind, .stored, "hardware: the module's slot said that it is a device"),
        FieldOf("hsm_backed", \.isInHardware, .rule("token_kind"), "whether its seed is sealed by a key that stays in a device"),
        FieldOf("hsm_mode", \.mode, .rule("where the key lies"), "wrapped: a key in a token of PKCS #11 seals the seed; null: no module does"),
        FieldOf("fips_validated", \.no, .fixed, "false, whatever compliance_level is kept in metadata"),
        FieldOf("backup_enabled", \.key.record.isBackedUp, .stored), FieldOf("metadata", \.key.record.metadata, .stored),
        FieldOf("revoked_at", \.key.record.revokedAt, .clock, "null: it is not"), FieldOf("revocation_reason", \.key.record.revokedReason, .stored),
    ]
}

struct VaultKeyList: Described {
    static let name = "VaultKeys"
    let keys: [VaultKeyFacts]
    let next: String?
    static let fields = [
        FieldOf<VaultKeyList>("keys", \.keys, .stored, "in the order of their ids"),
        FieldOf("next", \.next, .stored, "what to send as after for those behind; null: there are none"),
    ]
}

struct EncryptionFacts: Described {
    static let name = "EncryptionMetadata"
    let algorithm: String
    let key: String
    let version: Int
    let nonce: String
    let ratio: Double
    let at: Instant
    private var suite: String { "HPKE base mode, HKDF-SHA384, AES-256-GCM" }

    init(_ message: SealedMessage, _ key: VaultKey, asked: String?, at now: Instant) {
        algorithm = asked ?? key.record.askedAlgorithm
        (self.key, version, nonce) = (key.id, message.version, Data(message.nonce).base64EncodedString())
        (ratio, at) = (message.compressionRatio, now)
    }

    static let fields = [
        FieldOf<EncryptionFacts>("algorithm", \.algorithm, .stored), FieldOf("key_id", \.key, .stored), FieldOf("key_version", \.version, .stored),
        FieldOf("nonce", \.nonce, .generated, "base64 of 12 bytes: the base nonce of HPKE, derived from the encapsulated secret and not drawn"),
        FieldOf("compression_ratio", \.ratio, .measured, "compressed by original bytes; 1 without compression"),
        FieldOf("encryption_timestamp", \.at, .clock), FieldOf("cipher_suite", \.suite, .fixed),
    ]
}

struct Encrypted: Described {
    static let name = "Encrypted"
    let data: String
    let metadata: EncryptionFacts
    let integrity: String
    private var isProof: Bool { true }
    private var basis: String { "the secret is encapsulated by a mechanism of FIPS 203; this says nothing of the machine that it runs on" }

    init(_ message: SealedMessage, _ metadata: EncryptionFacts) {
        (data, self.metadata) = (Data(message.bytes).base64EncodedString(), metadata)
        integrity = message.integrity.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    static let fields = [
        FieldOf<Encrypted>("encrypted_data", \.data, .generated, "base64 of the encapsulated secret, the cipher text and its tag"),
        FieldOf("encryption_metadata", \.metadata, .stored),
        FieldOf(
            "integrity_hash", \.integrity, .rule("SHA3-256"),
            "in hex, of the bytes of encrypted_data; anybody can compute it, so it finds damage and no forgery"),
        FieldOf("quantum_proof", \.isProof, .fixed, "see quantum_proof_basis"), FieldOf("quantum_proof_basis", \.basis, .fixed),
    ]
}

struct Decrypted: Described {
    static let name = "Decrypted"
    let data: String?
    let base64: String
    let key: String
    let version: Int
    let wasCompressed: Bool

    init(_ message: OpenedMessage, _ key: VaultKey) {
        (data, base64) = (String(validating: message.bytes, as: UTF8.self), Data(message.bytes).base64EncodedString())
        (self.key, version, wasCompressed) = (key.id, message.version, message.wasCompressed)
    }

    static let fields = [
        FieldOf<Decrypted>("data", \.data, .generated, "null: it is no text"), FieldOf("data_base64", \.base64, .generated),
        FieldOf("key_id", \.key, .stored), FieldOf("key_version", \.version, .stored), FieldOf("compression", \.wasCompressed, .stored),
    ]
}

struct SignatureFacts: Described {
    static let name = "VaultSignature"
    let signature: String
    let key: VaultKey
    private var standard: String { key.algorithm.standard }
    private var version: Int { key.newest.number }

    init(_ signature: [UInt8], _ key: VaultKey) { (self.signature, self.key) = (Data(signature).base64EncodedString(), key) }

    static let fields = [
        FieldOf<SignatureFacts>("signature", \.signature, .generated, "base64"), FieldOf("key_id", \.key.id, .stored),
        FieldOf("key_version", \.version, .stored), FieldOf("algorithm_standard", \.standard, .fixed),
    ]
}

struct VerificationFacts: Described {
    static let name = "VaultVerification"
    let version: Int?
    let key: VaultKey
    let state: KeyState
    private var isValid: Bool { version != nil }

    init(_ version: Int?, _ key: VaultKey, at now: Instant) { (self.version, self.key, state) = (version, key, key.state(at: now)) }

    static let fields = [
        FieldOf<VerificationFacts>("valid", \.isValid, .rule("FIPS 204")), FieldOf("key_id", \.key.id, .stored),
        FieldOf("key_version", \.version, .stored, "whose signature it is; null: none of this key's"), FieldOf("key_status", \.state, .stored),
    ]
}

struct ExportedKey: Described {
    static let name = "ExportedPublicKey"
    let publicKey: PublicKey
    let key: VaultKey
    let version: Int
    let state: KeyState
    private var pem: String { KeyDocuments.publicPEM(publicKey) }
    private var standard: String { key.algorithm.standard }

    static let fields = [
        FieldOf<ExportedKey>("key_id", \.key.id, .stored), FieldOf("key_version", \.version, .stored),
        FieldOf("public_key", \.pem, .stored, "SubjectPublicKeyInfo in PEM"),
        FieldOf("key_fingerprint", \.publicKey.fingerprint, .rule("SHA-256 of the SubjectPublicKeyInfo")),
        FieldOf("algorithm_standard", \.standard, .fixed), FieldOf("key_usage", \.key.usage, .stored), FieldOf("status", \.state, .stored),
    ]
}

struct KeyBackupFacts: Described {
    static let name = "KeyBackup"
    let key: String
    let backup: String
    private var protection: String { "scrypt (N = 2^17, r = 8, p = 1), HKDF-SHA-256, AES-256-GCM" }

    init(_ key: String, _ backup: [UInt8]) { (self.key, self.backup) = (key, Data(backup).base64EncodedString()) }

    static let fields = [
        FieldOf<KeyBackupFacts>("key_id", \.key, .stored), FieldOf("backup", \.backup, .generated, "base64; with its passphrase it is the key"),
        FieldOf("protection", \.protection, .fixed),
    ]
}
