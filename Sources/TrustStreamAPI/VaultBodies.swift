internal import APIKit
internal import Federation
internal import KeyVault
internal import StrictJSON

private let idBytes = Bounds(count: 1...128)
private let algorithmBytes = Bounds(count: 1...32)
/// Of a text whose length the endpoint's body bounds; no error repeats it.
private let longText = Bounds.secret(0...Limits.vaultBytes)
private let additionalBytes = Bounds.secret(0...VaultLimits.additionalBytesMax)
private let contextBytes = Bounds.secret(0...VaultLimits.signatureContextBytesMax)
private let signatureText = Bounds(count: 1...2 * VaultLimits.signatureBytesMax)
private let versionNumber = Bounds.whole(1...Int(Int32.max))

extension KeyUsage: ChoiceValue {}
extension KeyState: ChoiceValue {}

enum ExchangeProtocol: String, ChoiceValue { case encapsulation = "kem_encapsulation" }
extension ExchangeAuthentication: ChoiceValue {}
extension ExchangeState: ChoiceValue {}

// MARK: What is sent

struct NewVaultKey: DescribedRequest {
    static let name = "NewVaultKey"
    var algorithm = ""
    var usage: KeyUsage?
    var validity = KeyValidity.usual.text
    var asksForHardware = false
    var isBackedUp = false
    var metadata: [String: String] = [:]

    static let fields = [
        FieldOf<NewVaultKey>(
            "algorithm", \.algorithm, isRequired: true, algorithmBytes, note: KeyAlgorithm.names.joined(separator: ", ")),
        FieldOf("key_usage", \.usage, note: "signing for ml_dsa_*, else encryption where it is left out; nothing else is done with it"),
        FieldOf("key_validity", \.validity, Bounds(count: 1...32), note: "days, months or years, from 1 day to 10 years; then it seals and signs no more"),
        FieldOf("hsm_backed", \.asksForHardware, note: "without a module: a labelled token of software in profile local, 422 in prod"),
        FieldOf("backup_enabled", \.isBackedUp, note: "whether an encrypted export has it"),
        FieldOf(
            "metadata", \.metadata, Bounds(count: 0...VaultLimits.metadataMax, elementBytes: VaultLimits.metadataValueBytes),
            note: "kept; the list filters by application and environment"),
    ]
}

struct Encryption: DescribedRequest {
    static let name = "Encryption"
    var data: String?
    var base64: String?
    var key = ""
    var algorithm: String?
    var additional = ""
    var compression = false

    static let fields = [
        FieldOf<Encryption>("data", \.data, longText, note: "text; this or data_base64"), FieldOf("data_base64", \.base64, longText),
        FieldOf("key_id", \.key, isRequired: true, idBytes), FieldOf("algorithm", \.algorithm, algorithmBytes, note: "the key's, if it is said at all"),
        FieldOf("additional_data", \.additional, additionalBytes, note: "authenticated, not encrypted; decrypting needs it again"),
        FieldOf("compression", \.compression, note: "zstd comes first; the length then tells something of the content"),
    ]
}

struct Decryption: DescribedRequest {
    static let name = "Decryption"
    var data = ""
    var key = ""
    var version: Int?
    var algorithm: String?
    var additional = ""

    static let fields = [
        FieldOf<Decryption>("encrypted_data", \.data, isRequired: true, longText), FieldOf("key_id", \.key, isRequired: true, idBytes),
        FieldOf("key_version", \.version, versionNumber, note: "each is tried where it is left out"), FieldOf("algorithm", \.algorithm, algorithmBytes),
        FieldOf("additional_data", \.additional, additionalBytes),
    ]
}

struct SessionParameters: DescribedRequest {
    static let name = "SessionParameters"
    var forward: Bool?
    var perfectForward: Bool?
    var timeout = VaultLimits.sessionSecondsUsual

    static let fields = [
        FieldOf<SessionParameters>("forward_secrecy", \.forward, note: "the reply says whether it holds"),
        FieldOf("perfect_forward_secrecy", \.perfectForward, note: "the same by another name"),
        FieldOf("session_timeout", \.timeout, .whole(VaultLimits.sessionSeconds), unit: "s"),
    ]
}

struct NewExchange: DescribedRequest {
    static let name = "NewKeyExchange"
    var initiator = ""
    var responder: String?
    var way = ExchangeProtocol.encapsulation
    var publicKey = ""
    var parameters = SessionParameters()
    var initiatorSignature: String?
    var responderSignature: String?
    var signedAt: Int?

    static let fields = [
        FieldOf<NewExchange>("initiator_id", \.initiator, isRequired: true, idBytes, note: "bound into the secret"),
        FieldOf("responder_id", \.responder, idBytes, note: "the caller; an administrator may name another; bound into the secret"),
        FieldOf("protocol", \.way),
        FieldOf(
            "public_key", \.publicKey, isRequired: true, Bounds(count: 1...VaultLimits.pemBytesMax),
            note: "the initiator's, of ML-KEM-768, ML-KEM-1024 or X-Wing, in PEM"),
        FieldOf("session_parameters", \.parameters),
        FieldOf("initiator_signature", \.initiatorSignature, signatureText, note: "base64; with responder_signature and signed_at_ms: mutual"),
        FieldOf("responder_signature", \.responderSignature, signatureText, note: "base64"),
        FieldOf("signed_at_ms", \.signedAt, .whole(0...Int(VaultLimits.backupMilliseconds.upperBound)), unit: "ms", note: "since 1970; both have signed it"),
    ]
}

struct Rotation: DescribedRequest {
    static let name = "KeyRotation"
    var minVersion: Int?
    static let fields = [
        FieldOf<Rotation>(
            "min_version", \.minVersion, versionNumber, note: "older versions are given up for good, with what they sealed; none where it is left out")
    ]
}

struct Revocation: DescribedRequest {
    static let name = "KeyRevocation"
    var reason: String?
    static let fields = [FieldOf<Revocation>("reason", \.reason, Bounds(count: VaultLimits.reasonBytes))]
}

struct Signing: DescribedRequest {
    static let name = "Signing"
    var data: String?
    var base64: String?
    var context = ""

    static let fields = [
        FieldOf<Signing>("data", \.data, longText, note: "text; this or data_base64"), FieldOf("data_base64", \.base64, longText),
        FieldOf("context", \.context, contextBytes, note: "whoever verifies names the same"),
    ]
}

struct Verification: DescribedRequest {
    static let name = "Verification"
    var data: String?
    var base64: String?
    var signature = ""
    var version: Int?
    var context = ""

    static let fields = [
        FieldOf<Verification>("data", \.data, longText, note: "text; this or data_base64"), FieldOf("data_base64", \.base64, longText),
        FieldOf("signature", \.signature, isRequired: true, Bounds(count: 1...2 * VaultLimits.signatureBytesMax), note: "base64"),
        FieldOf("key_version", \.version, versionNumber, note: "each is tried where it is left out"), FieldOf("context", \.context, contextBytes),
    ]
}

private let passphraseText = Bounds.secret(VaultLimits.passphraseBytes)

struct KeyExport: DescribedRequest {
    static let name = "KeyExport"
    var passphrase = ""
    static let fields = [
        FieldOf<KeyExport>("passphrase", \.passphrase, isRequired: true, passphraseText, note: "it is all that protects the export, and is kept nowhere")
    ]
}

struct KeyRestoration: DescribedRequest {
    static let name = "KeyRestoration"
    var backup = ""
    var passphrase = ""
    static let fields = [
        FieldOf<KeyRestoration>("backup", \.backup, isRequired: true, Bounds.secret(1...2 * VaultLimits.backupBytesMax), note: "base64, as it was exported"),
        FieldOf("passphrase", \.passphrase, isRequired: true, passphraseText),
    ]
}

struct ExchangeConfirmation: DescribedRequest {
    static let name = "KeyExchangeConfirmation"
    var confirmation = ""
    static let fields = [
        FieldOf<ExchangeConfirmation>(
            "confirmation", \.confirmation, isRequired: true, Bounds.secret(1...64), note: "base64 of 32 bytes that are derived from the secret")
    ]
}

struct NewParty: DescribedRequest {
    static let name = "NewExchangeParty"
    var id: String?
    var publicKey = ""
    var proof = ""
    static let fields = [
        FieldOf<NewParty>("party_id", \.id, idBytes, note: "the caller; an administrator may name another"),
        FieldOf("public_key", \.publicKey, isRequired: true, Bounds(count: 1...VaultLimits.pemBytesMax), note: "of ML-DSA-65 or ML-DSA-87, in PEM"),
        FieldOf("proof", \.proof, isRequired: true, signatureText, note: "base64: its signature of tenant, party and key"),
    ]
}
