package import Federation

/// A secret that two parties shared through the vault. The secret is not in it.
package struct KeyExchangeRecord: Sendable, Equatable, Codable {
    package var id: String
    package var tenant: String
    package var initiator: String
    package var responder: String
    package var algorithm: String
    /// SHA-256 of the initiator's SubjectPublicKeyInfo.
    package var fingerprint: [UInt8]
    /// What the initiator decapsulates.
    package var encapsulated: [UInt8]
    /// SHA-256 of what whoever has the secret can show.
    package var confirmation: [UInt8]
    package var authentication: String
    /// SHA-256 of the request that both have signed; nil: nobody has.
    package var transcript: [UInt8]?
    package var createdAt: Instant
    package var expiresAt: Instant
    package var confirmedAt: Instant?
    /// It was found to be over; a clock that is set back does not bring it back.
    package var isOver = false

    package init(
        id: String, tenant: String, initiator: String, responder: String, algorithm: String, fingerprint: [UInt8], encapsulated: [UInt8],
        confirmation: [UInt8], authentication: String, transcript: [UInt8]?, createdAt: Instant, expiresAt: Instant
    ) {
        (self.id, self.tenant, self.initiator, self.responder, self.algorithm) = (id, tenant, initiator, responder, algorithm)
        (self.fingerprint, self.encapsulated, self.confirmation) = (fingerprint, encapsulated, confirmation)
        (self.authentication, self.transcript, self.createdAt, self.expiresAt) = (authentication, transcript, createdAt, expiresAt)
    }
}

/// Who signs requests for exchanges, and with which key.
package struct ExchangePartyRecord: Sendable, Equatable, Codable {
    package var tenant: String
    package var id: String
    package var algorithm: String
    /// As its standard writes it.
    package var publicKey: [UInt8]
    package var registeredAt: Instant
    package init(tenant: String, id: String, algorithm: String, publicKey: [UInt8], registeredAt: Instant) {
        (self.tenant, self.id, self.algorithm, self.publicKey, self.registeredAt) = (tenant, id, algorithm, publicKey, registeredAt)
    }
}

package enum AddedExchange: Sendable, Equatable {
    /// With what became of the public key.
    case added(SeenKey)
    /// An exchange has this transcript.
    case repeated
    case tooMany
}

package struct ExchangeLimits: Sendable {
    /// Exchanges of a tenant that are kept.
    package var exchanges: Int
    /// Public keys of a tenant that are remembered.
    package var seen: Int
    package init(exchanges: Int, seen: Int) { (self.exchanges, self.seen) = (exchanges, seen) }
}

/// Exchanges, and the parties that sign them. What is another tenant's is not there.
package protocol KeyExchangeStore: Sendable {
    /// With its public key among those that were seen, unless that is known or there are too many.
    /// - Parameter before: exchanges of the tenant that ended earlier are forgotten.
    func addExchange(
        _ exchange: KeyExchangeRecord, forgetting before: Instant, audit: AuditRecord, limits: ExchangeLimits
    ) async throws(StorageError) -> AddedExchange
    func exchange(_ id: String, tenant: String) async throws(StorageError) -> KeyExchangeRecord?
    /// - Parameter change: called once inside the transaction; nil changes nothing.
    /// - Returns: the record afterwards, changed or not; nil when there is no such exchange.
    func changeExchange(
        _ id: String, tenant: String, _ change: @escaping @Sendable (KeyExchangeRecord) -> (record: KeyExchangeRecord, audit: AuditRecord?)?
    ) async throws(StorageError) -> KeyExchangeRecord?
    /// In the place of the one with its id, if there is one.
    /// - Returns: false when the tenant has `limit` others.
    func putParty(_ party: ExchangePartyRecord, audit: AuditRecord, limit: Int) async throws(StorageError) -> Bool
    func party(_ id: String, tenant: String) async throws(StorageError) -> ExchangePartyRecord?
    /// In the order of their ids, those behind `after`.
    func parties(tenant: String, after: String, limit: Int) async throws(StorageError) -> [ExchangePartyRecord]
    /// - Returns: whether it was there.
    func removeParty(_ id: String, tenant: String, audit: AuditRecord) async throws(StorageError) -> Bool
}
