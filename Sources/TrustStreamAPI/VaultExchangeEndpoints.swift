internal import APIKit
internal import Federation
internal import Foundation
internal import KeyVault
internal import Platform
internal import Storage
internal import StrictJSON

/// Secrets for two, while they last, and the parties that sign for them.
extension TrustStream {
    private static let afterParty = Query<String>("after", Bounds(count: VaultLimits.partyBytes), note: "a party's id; those behind it")
    private static let partyLimit = Query<Int>("limit", .whole(1...VaultLimits.listedMax), usual: 50, note: "parties at most")

    static func vaultExchanges(_ keys: KeyVault) -> [Endpoint] { [keyExchange(keys)] + exchangeSessions(keys) + exchangeParties(keys) }

    private static func keyExchange(_ keys: KeyVault) -> Endpoint {
        Endpoint(
            "POST", "\(vaultPath)/key-exchange", "quantum_encryption.key_exchange", .tenant(.crypto),
            "A secret for the caller and for the owner of a public key, to whom it is encapsulated.", reads: NewExchange.self, atMost: Limits.vaultKeyBytes,
            tells: ExchangeFacts.self
        ) { request, sent throws(ServiceError) in
            let (tenant, caller, actor, now, body) = (try tenant(request), try principal(request), try actor(request), instant(request), sent.body)
            let (one, other) = (body.parameters.forward, body.parameters.perfectForward)
            if let one, let other, one != other {
                throw sent.invalid("session_parameters.perfect_forward_secrecy", "must not say another thing than forward_secrecy")
            }
            let signatures = try signatures(sent)
            let otherwise = request.baseURL.hasPrefix("https:") ? ExchangeAuthentication.serverOnly : .none
            let exchange = try await using { () async throws(KeyVaultError) in
                var asked = ExchangeRequest(initiator: body.initiator, responder: body.responder ?? caller.id, publicKey: body.publicKey)
                asked.timeoutSeconds = body.parameters.timeout
                asked.signatures = signatures
                return try await keys.exchange(asked, caller: actor, mayNameAny: caller.isPlatform, otherwise: otherwise, tenant: tenant, now: now)
            }
            if one ?? other ?? false, exchange.seen != .new {
                let why =
                    exchange.seen == .known
                    ? "this public key was here before, so whoever gets its private half later opens this, too"
                    : "so many public keys were here that nobody can tell whether this one was among them"
                sent.note("NO_FORWARD_SECRECY", "session_parameters.forward_secrecy", why)
            }
            return ExchangeFacts(exchange, exchange.isMutual ? .mutual : otherwise)
        }.refusing(409)
    }

    /// All of them, or none.
    private static func signatures(_ sent: Sent<NewExchange>) throws(ServiceError) -> ExchangeSignatures? {
        let body = sent.body
        if body.initiatorSignature == nil, body.responderSignature == nil, body.signedAt == nil { return nil }
        func missing(_ field: String) -> ServiceError { .invalid(field: field, issue: "is missing: what is signed is signed by both", provided: nil) }
        guard let initiator = body.initiatorSignature else { throw missing("initiator_signature") }
        guard let responder = body.responderSignature else { throw missing("responder_signature") }
        guard let signedAt = body.signedAt else { throw missing("signed_at_ms") }
        return ExchangeSignatures(
            initiator: try decoded(initiator, "initiator_signature"), responder: try decoded(responder, "responder_signature"),
            signedAt: Instant(milliseconds: Int64(signedAt)))
    }

    private static func exchangeSessions(_ keys: KeyVault) -> [Endpoint] {
        [
            Endpoint(
                "GET", "\(vaultPath)/key-exchange/{exchange_id}", "quantum_encryption.exchange", .tenant(.crypto),
                "What became of an exchange; its secret is nowhere.", tells: ExchangeSession.self
            ) { request throws(ServiceError) in
                let (tenant, now, id) = (try tenant(request), instant(request), request.parameter("exchange_id"))
                let record = try await using { () async throws(KeyVaultError) in try await keys.exchangeSession(id, tenant: tenant, now: now) }
                return ExchangeSession(record, at: now)
            },
            Endpoint(
                "POST", "\(vaultPath)/key-exchange/{exchange_id}/confirm", "quantum_encryption.confirm", .tenant(.crypto),
                "The initiator shows that it has the secret, while the exchange lasts.", reads: ExchangeConfirmation.self, atMost: Limits.emptyBytes,
                tells: ExchangeSession.self
            ) { request, sent throws(ServiceError) in
                let (tenant, actor, now, id) = (try tenant(request), try actor(request), instant(request), request.parameter("exchange_id"))
                let confirmation = try decoded(sent.body.confirmation, "confirmation")
                let refusal = ServiceError.invalid(field: "confirmation", issue: "is not what this exchange's secret gives", provided: nil)
                let record = try await using(unopenable: refusal) { () async throws(KeyVaultError) in
                    try await keys.confirmExchange(id, confirmation, tenant: tenant, actor: actor, now: now)
                }
                return ExchangeSession(record, at: now)
            }.refusing(409),
        ]
    }

    private static func exchangeParties(_ keys: KeyVault) -> [Endpoint] {
        [
            Endpoint(
                "POST", "\(vaultPath)/parties", "quantum_encryption.register_party", .tenant(.crypto),
                "The key with which a party signs its exchanges, in place of the one before.", reads: NewParty.self, atMost: Limits.vaultKeyBytes,
                tells: PartyFacts.self, status: 201
            ) { request, sent throws(ServiceError) in
                let (tenant, caller, actor, now, body) = (try tenant(request), try principal(request), try actor(request), instant(request), sent.body)
                let proof = try decoded(body.proof, "proof")
                return try await using { () async throws(KeyVaultError) in
                    try PartyFacts(
                        try await keys.registerParty(
                            body.id ?? caller.id, pem: body.publicKey, proof: proof, caller: actor, mayNameAny: caller.isPlatform, tenant: tenant, now: now))
                }
            }.refusing(409),
            Endpoint(
                "GET", "\(vaultPath)/parties", "quantum_encryption.parties", .tenant(.crypto), "The tenant's parties and their keys.",
                query: [afterParty.field, partyLimit.field], tells: PartyList.self
            ) { request throws(ServiceError) in
                let (tenant, after, limit) = (try tenant(request), try afterParty(request) ?? "", try partyLimit(request) ?? 50)
                return try await using { () async throws(KeyVaultError) in
                    let page = try await keys.parties(tenant: tenant, after: after, limit: limit)
                    var facts: [PartyFacts] = []
                    for party in page.parties { facts.append(try PartyFacts(party)) }
                    return PartyList(parties: facts, next: page.next)
                }
            },
            Endpoint(
                "DELETE", "\(vaultPath)/parties/{party_id}", "quantum_encryption.remove_party", .tenant(.crypto),
                "Its key signs no more.", tells: RemovedParty.self
            ) { request throws(ServiceError) in
                let (tenant, caller, actor, now, id) = (
                    try tenant(request), try principal(request), try actor(request), instant(request), request.parameter("party_id")
                )
                try await using { () async throws(KeyVaultError) in
                    try await keys.removeParty(id, caller: actor, mayNameAny: caller.isPlatform, tenant: tenant, now: now)
                }
                return RemovedParty(id: id)
            },
        ]
    }
}
