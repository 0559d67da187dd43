internal import Crypto
internal import CryptoSuite
package import Federation
package import Storage

/// What both parties have signed, with ML-DSA and the context `initiator` and `responder`.
package struct ExchangeSignatures: Sendable {
    package var initiator: [UInt8]
    package var responder: [UInt8]
    package var signedAt: Instant
    package init(initiator: [UInt8], responder: [UInt8], signedAt: Instant) {
        (self.initiator, self.responder, self.signedAt) = (initiator, responder, signedAt)
    }
}

/// Parties that sign requests for exchanges. Their private halves are their own, and never here.
extension KeyVault {
    /// What both sign: `tutti key exchange request 1`, then tenant, initiator, responder, `kem_encapsulation`, SHA-256 of the initiator's
    /// SubjectPublicKeyInfo, the seconds that it lasts and the milliseconds since 1970 of the signature (8 bytes each, big-endian), each
    /// behind its length in two bytes.
    package static func exchangeTranscript(_ request: ExchangeRequest, _ key: PublicKey, signedAt: Instant, tenant: String) -> [UInt8] {
        func number(_ value: Int64) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }
        return lengthened(
            "tutti key exchange request 1",
            [tenant, request.initiator, request.responder, "kem_encapsulation"].map { Array($0.utf8) } + [
                key.digest, number(Int64(request.timeoutSeconds)), number(signedAt.milliseconds),
            ])
    }

    /// What a party signs to register its key, with the context `registration`: `tutti exchange party 1`, then tenant, party and SHA-256 of the
    /// key's SubjectPublicKeyInfo, each behind its length in two bytes.
    package static func partyTranscript(_ id: String, _ key: PublicKey, tenant: String) -> [UInt8] {
        lengthened("tutti exchange party 1", [Array(tenant.utf8), Array(id.utf8), key.digest])
    }

    /// - Returns: SHA-256 of the transcript; nil: nobody has signed.
    func checked(_ request: ExchangeRequest, _ key: PublicKey, tenant: String, now: Instant) async throws(KeyVaultError) -> [UInt8]? {
        guard let signatures = request.signatures else { return nil }
        let limit = VaultLimits.signedSeconds * 1000
        // From outside, and of any size: differences could overflow.
        let (difference, overflows) = signatures.signedAt.milliseconds.subtractingReportingOverflow(now.milliseconds)
        guard !overflows, (-limit...limit).contains(difference) else {
            throw .field("signed_at_ms", problem: "is more than \(VaultLimits.signedSeconds) seconds from this server's clock")
        }
        let transcript = Self.exchangeTranscript(request, key, signedAt: signatures.signedAt, tenant: tenant)
        for (role, id, signature) in [
            ("initiator", request.initiator, signatures.initiator), ("responder", request.responder, signatures.responder),
        ] {
            guard let party = try await kept({ () async throws(StorageError) in try await store.party(id, tenant: tenant) }) else {
                throw .field("\(role)_id", problem: "has no registered key, so it cannot sign")
            }
            guard try Self.key(of: party).isValid(signature, of: transcript, context: Array(role.utf8)) else {
                throw .field("\(role)_signature", problem: "is not that of the registered key over this request")
            }
        }
        return Array(SHA256.hash(data: transcript))
    }

    // MARK: Registering

    /// In the place of the key that was registered for it, if there is one.
    /// - Parameters:
    ///   - pem: of ML-DSA.
    ///   - proof: its signature of `partyTranscript`.
    /// - Throws: `field`, and after that `forbidden`; `tooManyParties`.
    package func registerParty(
        _ id: String, pem: String, proof: [UInt8], caller: AuditActor, mayNameAny: Bool, tenant: String, now: Instant
    ) async throws(KeyVaultError) -> ExchangePartyRecord {
        guard VaultLimits.partyBytes.contains(id.utf8.count) else {
            throw .field("party_id", problem: "must have \(VaultLimits.partyBytes.lowerBound) to \(VaultLimits.partyBytes.upperBound) bytes")
        }
        let key = try KeyDocuments.publicKey(pem: pem)
        guard key.algorithm.signs else { throw .field("public_key", problem: "is of \(key.algorithm.rawValue), which signs nothing") }
        guard key.isValid(proof, of: Self.partyTranscript(id, key, tenant: tenant), context: Array("registration".utf8)) else {
            throw .field("proof", problem: "is not the key's signature of tenant, party and key")
        }
        try Self.mayChange(id, caller, mayNameAny)
        let party = ExchangePartyRecord(tenant: tenant, id: id, algorithm: key.algorithm.rawValue, publicKey: key.bytes, registeredAt: now)
        let audit = AuditRecord(
            at: now, action: .vaultPartyRegistered, by: caller, of: id, details: ["algorithm": key.algorithm.rawValue, "fingerprint": key.fingerprint])
        let isKept = try await kept { () async throws(StorageError) in try await store.putParty(party, audit: audit, limit: VaultLimits.partiesMax) }
        guard isKept else { throw .tooManyParties(limit: VaultLimits.partiesMax) }
        return party
    }

    /// In the order of their ids.
    /// - Returns: at most `limit`, and where there may be more, after which to go on.
    package func parties(tenant: String, after: String, limit: Int) async throws(KeyVaultError) -> (parties: [ExchangePartyRecord], next: String?) {
        let found = try await kept { () async throws(StorageError) in try await store.parties(tenant: tenant, after: after, limit: limit) }
        return (found, found.count == limit ? found.last?.id : nil)
    }

    /// - Throws: `unknownParty`, and after that `forbidden`.
    package func removeParty(_ id: String, caller: AuditActor, mayNameAny: Bool, tenant: String, now: Instant) async throws(KeyVaultError) {
        guard try await kept({ () async throws(StorageError) in try await store.party(id, tenant: tenant) }) != nil else {
            throw .unknownParty(Self.clipped(id))
        }
        try Self.mayChange(id, caller, mayNameAny)
        let audit = AuditRecord(at: now, action: .vaultPartyRemoved, by: caller, of: id)
        let wasThere = try await kept { () async throws(StorageError) in try await store.removeParty(id, tenant: tenant, audit: audit) }
        guard wasThere else { throw .unknownParty(Self.clipped(id)) }
    }

    /// - Throws: `unopenable` for a record that no vault wrote.
    package static func key(of party: ExchangePartyRecord) throws(KeyVaultError) -> PublicKey {
        guard let algorithm = KeyAlgorithm(rawValue: party.algorithm), algorithm.signs, let key = try? PublicKey(algorithm, party.publicKey) else {
            throw .unopenable
        }
        return key
    }

    private static func mayChange(_ id: String, _ caller: AuditActor, _ mayNameAny: Bool) throws(KeyVaultError) {
        guard mayNameAny || Array(id.utf8) == Array(caller.id.utf8) else {
            throw .forbidden("a party's key is its own, and only an administrator registers or removes another's")
        }
    }
}
