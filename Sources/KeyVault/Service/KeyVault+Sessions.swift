internal import Crypto
package import CryptoSuite
package import Federation
package import Storage

/// Who is sure of whom.
package enum ExchangeAuthentication: String, Sendable, CaseIterable {
    /// The initiator does not know who asked for the secret, and nobody knows who the initiator is.
    case none
    /// The responder has it over TLS from this server.
    case serverOnly = "server_only"
    /// Both have signed the request with the keys that are registered for them.
    case mutual
}

/// What became of an exchange.
package enum ExchangeState: String, Sendable, CaseIterable { case active, confirmed, expired }

extension KeyExchangeRecord {
    /// Over is over: a clock that is set back changes nothing.
    package func state(at now: Instant) -> ExchangeState { isOver || expiresAt <= now ? .expired : confirmedAt == nil ? .active : .confirmed }
    package var info: [UInt8] { KeyVault.exchangeInfo(initiator: initiator, responder: responder, session: id) }
}

/// Exchanges while they last.
extension KeyVault {
    /// What became of it. The first look at one that is over makes that durable.
    /// - Throws: `unknownExchange`.
    package func exchangeSession(_ id: String, tenant: String, now: Instant) async throws(KeyVaultError) -> KeyExchangeRecord {
        guard let found = try await kept({ () async throws(StorageError) in try await store.exchange(id, tenant: tenant) }) else {
            throw .unknownExchange(Self.clipped(id))
        }
        guard found.expiresAt <= now, !found.isOver else { return found }
        let changed = try await kept { () async throws(StorageError) in
            try await store.changeExchange(id, tenant: tenant) { record in
                var record = record
                record.isOver = true
                return (record, nil)
            }
        }
        return changed ?? found
    }

    /// The initiator shows that it has the secret.
    /// - Parameter confirmation: what `exchangeConfirmation` makes of it.
    /// - Throws: `unknownExchange`, `exchangeOver`; `unopenable` for anything else than that.
    package func confirmExchange(
        _ id: String, _ confirmation: [UInt8], tenant: String, actor: AuditActor, now: Instant
    ) async throws(KeyVaultError) -> KeyExchangeRecord {
        let found = try await exchangeSession(id, tenant: tenant, now: now)
        guard found.state(at: now) != .expired else { throw .exchangeOver(id) }
        guard constantTimeEqual(Array(SHA256.hash(data: confirmation)), found.confirmation) else { throw .unopenable }
        let audit = AuditRecord(
            at: now, action: .vaultExchangeConfirmed, by: actor, of: id, details: ["initiator": found.initiator, "responder": found.responder])
        let changed = try await kept { () async throws(StorageError) in
            try await store.changeExchange(id, tenant: tenant) { record in
                guard record.confirmedAt == nil, record.state(at: now) != .expired else { return nil }
                var record = record
                record.confirmedAt = now
                return (record, audit)
            }
        }
        guard let changed else { throw .unknownExchange(id) }
        guard changed.state(at: now) != .expired else { throw .exchangeOver(id) }
        return changed
    }

    /// 32 bytes that whoever has the secret can show, and that tell nothing of it: HKDF-SHA384 of the shared secret, without salt, with the
    /// info `tutti key confirmation 1` and then the session behind its length in two bytes.
    package static func exchangeConfirmation(_ secret: Secret, session: String) -> [UInt8] {
        let info = lengthened("tutti key confirmation 1", [Array(session.utf8)])
        return HKDF<SHA384>.deriveKey(inputKeyMaterial: SymmetricKey(data: secret.bytes), info: info, outputByteCount: 32).withUnsafeBytes { Array($0) }
    }

    /// A label, and then each part behind its length in two bytes, big-endian.
    static func lengthened(_ label: String, _ parts: [[UInt8]]) -> [UInt8] {
        parts.reduce(Array(label.utf8)) { bytes, part in
            bytes + [UInt8(truncatingIfNeeded: part.count >> 8), UInt8(truncatingIfNeeded: part.count)] + part
        }
    }
}
