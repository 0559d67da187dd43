internal import Crypto
package import CryptoSuite
package import Federation
package import Storage
internal import Trust

/// A secret that two parties are to share.
package struct ExchangeRequest: Sendable {
    package var initiator: String
    /// Who gets the secret from the vault.
    package var responder: String
    /// The initiator's, as SubjectPublicKeyInfo in PEM.
    package var publicKey: String
    package var timeoutSeconds = VaultLimits.sessionSecondsUsual
    /// nil: nobody proves who it is.
    package var signatures: ExchangeSignatures?
    package init(initiator: String, responder: String, publicKey: String) {
        (self.initiator, self.responder, self.publicKey) = (initiator, responder, publicKey)
    }
}

package struct Exchange: Sendable {
    package var session: String
    package var algorithm: KeyAlgorithm
    package var fingerprint: String
    /// 32 bytes, for the responder. Nothing keeps it.
    package var secret: Secret
    /// For the initiator, who decapsulates it and derives the same secret with `info`.
    package var encapsulated: [UInt8]
    /// What HKDF-SHA384 has to bind the secret to both parties and to the session.
    package var info: [UInt8]
    /// Whether the public key was ever here before.
    package var seen: SeenKey
    package var expiresAt: Instant
    /// Whether both have signed the request with the keys that are registered for them.
    package var isMutual: Bool
}

extension KeyVault {
    /// Encapsulates to the initiator's key, on behalf of the responder.
    ///
    /// The shared secret is HKDF-SHA384 (RFC 5869) without salt of what was encapsulated, 32 bytes long, with the info `tutti key exchange 1`
    /// and then initiator, responder, session, each behind its length in two bytes, big-endian.
    /// - Parameters:
    ///   - caller: who asks.
    ///   - mayNameAny: whether it may ask for another responder than itself.
    ///   - otherwise: what the exchange is called where nobody has signed.
    /// - Throws: `field`, and after that `forbidden`; `repeated`, `tooManyExchanges`.
    package func exchange(
        _ request: ExchangeRequest, caller: AuditActor, mayNameAny: Bool, otherwise: ExchangeAuthentication = .none, tenant: String, now: Instant
    ) async throws(KeyVaultError) -> Exchange {
        for (field, name) in [("initiator_id", request.initiator), ("responder_id", request.responder)]
        where !VaultLimits.partyBytes.contains(name.utf8.count) {
            throw .field(field, problem: "must have \(VaultLimits.partyBytes.lowerBound) to \(VaultLimits.partyBytes.upperBound) bytes")
        }
        guard VaultLimits.sessionSeconds.contains(request.timeoutSeconds) else {
            throw .field("session_parameters.session_timeout", problem: "must be from 1 to \(VaultLimits.sessionSeconds.upperBound) seconds")
        }
        let key = try KeyDocuments.publicKey(pem: request.publicKey)
        let (shared, encapsulated) = try key.encapsulate()
        guard mayNameAny || Array(request.responder.utf8) == Array(caller.id.utf8) else {
            throw .forbidden("the secret is for the responder, and only an administrator asks in another's name")
        }
        let transcript = try await checked(request, key, tenant: tenant, now: now)
        let session = "qke-" + hexadecimal(random.bytes(16))
        let info = Self.exchangeInfo(initiator: request.initiator, responder: request.responder, session: session)
        let authentication = transcript == nil ? otherwise : .mutual
        let audit = AuditRecord(
            at: now, action: .vaultKeyExchanged, by: caller, of: session,
            details: [
                "operation": "key_exchange", "algorithm": key.algorithm.rawValue, "initiator": request.initiator, "responder": request.responder,
                "fingerprint": key.fingerprint, "authentication": authentication.rawValue,
            ])
        let secret = Self.exchangeSecret(shared, info: info)
        let record = KeyExchangeRecord(
            id: session, tenant: tenant, initiator: request.initiator, responder: request.responder, algorithm: key.algorithm.rawValue,
            fingerprint: key.digest, encapsulated: encapsulated,
            confirmation: Array(SHA256.hash(data: Self.exchangeConfirmation(secret, session: session))), authentication: authentication.rawValue,
            transcript: transcript, createdAt: now, expiresAt: now.adding(seconds: Double(request.timeoutSeconds)))
        let added = try await kept { () async throws(StorageError) in
            try await store.addExchange(
                record, forgetting: now.adding(seconds: -VaultLimits.exchangeKeptSeconds), audit: audit,
                limits: ExchangeLimits(exchanges: VaultLimits.exchangesMax, seen: VaultLimits.seenKeysMax))
        }
        let seen: SeenKey
        switch added {
        case .added(let what): seen = what
        case .repeated: throw .repeated
        case .tooMany: throw .tooManyExchanges(limit: VaultLimits.exchangesMax)
        }
        tell(.used("key_exchange", tenant: tenant))
        return Exchange(
            session: session, algorithm: key.algorithm, fingerprint: key.fingerprint, secret: secret, encapsulated: encapsulated, info: info, seen: seen,
            expiresAt: record.expiresAt, isMutual: transcript != nil)
    }

    package static func exchangeInfo(initiator: String, responder: String, session: String) -> [UInt8] {
        [initiator, responder, session].reduce(Array("tutti key exchange 1".utf8)) { bytes, text in
            let part = Array(text.utf8)
            return bytes + [UInt8(truncatingIfNeeded: part.count >> 8), UInt8(truncatingIfNeeded: part.count)] + part
        }
    }

    /// - Parameter shared: what was encapsulated.
    package static func exchangeSecret(_ shared: Secret, info: [UInt8]) -> Secret {
        let key = HKDF<SHA384>.deriveKey(inputKeyMaterial: SymmetricKey(data: shared.bytes), info: info, outputByteCount: 32)
        return key.withUnsafeBytes { Secret(Array($0)) }
    }
}
