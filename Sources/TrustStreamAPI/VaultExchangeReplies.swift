internal import APIKit
internal import CryptoSuite
internal import Federation
internal import Foundation
internal import KeyVault
internal import Storage
internal import StrictJSON

struct ExchangeSecurity: Described {
    static let name = "SecurityParameters"
    let quantumBits: Int
    let classicalBits: Int
    let isFresh: Bool
    let authentication: ExchangeAuthentication
    static let fields = [
        FieldOf<ExchangeSecurity>("quantum_security_level", \.quantumBits, .rule("NIST category"), unit: "bit"),
        FieldOf("classical_security_level", \.classicalBits, .rule("SP 800-57 part 1, table 2"), unit: "bit"),
        FieldOf(
            "forward_secrecy", \.isFresh, .rule("freshness"),
            "true: the tenant has never used this public key here and it is none of its vault; its owner must forget it, which nobody here can see"),
        FieldOf("authentication", \.authentication, .rule("who is sure of whom"), "mutual: both have signed with registered keys; server_only over TLS"),
    ]
}

struct ExchangeFacts: Described {
    static let name = "KeyExchange"
    let session: String
    let secret: String
    let encapsulated: String
    let security: ExchangeSecurity
    let expiresAt: Instant
    let fingerprint: String
    let info: String
    private var isEstablished: Bool { true }
    private var derivation: String { "HKDF-SHA384 of the decapsulated secret, without salt, 32 bytes, with the bytes of key_derivation_info" }

    init(_ exchange: Exchange, _ authentication: ExchangeAuthentication) {
        session = exchange.session
        secret = Data(exchange.secret.bytes).base64EncodedString()
        encapsulated = Data(exchange.encapsulated).base64EncodedString()
        security = ExchangeSecurity(
            quantumBits: exchange.algorithm.quantumSecurityBits, classicalBits: exchange.algorithm.classicalModulusBits, isFresh: exchange.seen == .new,
            authentication: authentication)
        expiresAt = exchange.expiresAt
        (fingerprint, info) = (exchange.fingerprint, Data(exchange.info).base64EncodedString())
    }

    static let fields = [
        FieldOf<ExchangeFacts>("session_id", \.session, .generated), FieldOf("shared_secret", \.secret, .generated, "base64 of 32 bytes; kept nowhere"),
        FieldOf("encapsulated_key", \.encapsulated, .generated, "base64; the initiator decapsulates it"),
        FieldOf("session_established", \.isEstablished, .rule("both were computed")), FieldOf("security_parameters", \.security, .rule("algorithm of the key")),
        FieldOf("session_expires_at", \.expiresAt, .clock, "from then on it is confirmed no more"),
        FieldOf("key_fingerprint", \.fingerprint, .rule("SHA-256 of the SubjectPublicKeyInfo"), "of the initiator's key"),
        FieldOf("key_derivation", \.derivation, .fixed), FieldOf("key_derivation_info", \.info, .rule("both ids and the session"), "base64"),
    ]
}

/// An exchange without its secret.
struct ExchangeSession: Described {
    static let name = "KeyExchangeSession"
    let record: KeyExchangeRecord
    let state: ExchangeState
    private var encapsulated: String? { state == .expired ? nil : Data(record.encapsulated).base64EncodedString() }
    private var fingerprint: String { "SHA256:" + Data(record.fingerprint).base64EncodedString() }
    private var info: String { Data(record.info).base64EncodedString() }
    private var authentication: ExchangeAuthentication { ExchangeAuthentication(rawValue: record.authentication) ?? .none }

    init(_ record: KeyExchangeRecord, at now: Instant) { (self.record, state) = (record, record.state(at: now)) }

    static let fields = [
        FieldOf<ExchangeSession>("session_id", \.record.id, .stored), FieldOf("status", \.state, .clock, "confirmed: the initiator has shown the secret"),
        FieldOf("initiator_id", \.record.initiator, .stored), FieldOf("responder_id", \.record.responder, .stored),
        FieldOf("algorithm", \.record.algorithm, .stored), FieldOf("key_fingerprint", \.fingerprint, .stored, "of the initiator's key"),
        FieldOf("authentication", \.authentication, .stored), FieldOf("encapsulated_key", \.encapsulated, .stored, "base64; null: it is over"),
        FieldOf("key_derivation_info", \.info, .rule("both ids and the session"), "base64"), FieldOf("created_at", \.record.createdAt, .clock),
        FieldOf("session_expires_at", \.record.expiresAt, .clock), FieldOf("confirmed_at", \.record.confirmedAt, .clock, "null: it is not"),
    ]
}

struct PartyFacts: Described {
    static let name = "ExchangeParty"
    let party: ExchangePartyRecord
    let key: PublicKey
    private var pem: String { KeyDocuments.publicPEM(key) }

    init(_ party: ExchangePartyRecord) throws(KeyVaultError) { (self.party, key) = (party, try KeyVault.key(of: party)) }

    static let fields = [
        FieldOf<PartyFacts>("party_id", \.party.id, .stored), FieldOf("algorithm", \.party.algorithm, .stored),
        FieldOf("public_key", \.pem, .stored, "SubjectPublicKeyInfo in PEM"),
        FieldOf("key_fingerprint", \.key.fingerprint, .rule("SHA-256 of the SubjectPublicKeyInfo")),
        FieldOf("registered_at", \.party.registeredAt, .clock),
    ]
}

struct PartyList: Described {
    static let name = "ExchangeParties"
    let parties: [PartyFacts]
    let next: String?
    static let fields = [
        FieldOf<PartyList>("parties", \.parties, .stored, "in the order of their ids"),
        FieldOf("next", \.next, .stored, "what to send as after for those behind; null: there are none"),
    ]
}

struct RemovedParty: Described {
    static let name = "RemovedExchangeParty"
    let id: String
    private var isRemoved: Bool { true }
    static let fields = [FieldOf<RemovedParty>("party_id", \.id, .request), FieldOf("removed", \.isRemoved, .fixed)]
}
