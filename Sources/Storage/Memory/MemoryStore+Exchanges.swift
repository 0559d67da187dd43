package import Federation
import Synchronization

extension MemoryStore: KeyExchangeStore {
    package func addExchange(
        _ exchange: KeyExchangeRecord, forgetting before: Instant, audit: AuditRecord, limits: ExchangeLimits
    ) async throws(StorageError) -> AddedExchange {
        tables.withLock { tables in
            tables.exchanges = tables.exchanges.filter { !same($0.value.tenant, exchange.tenant) || $0.value.expiresAt >= before }
            let own = tables.exchanges.values.filter { same($0.tenant, exchange.tenant) }
            if let transcript = exchange.transcript, own.contains(where: { $0.transcript == transcript }) { return .repeated }
            guard own.count < limits.exchanges else { return .tooMany }
            tables.exchanges[MemoryKey(exchange.id)] = exchange
            tables.audit.append(.init(tenant: exchange.tenant, value: audit))
            let key = SeenKeyRecord(tenant: exchange.tenant, fingerprint: exchange.fingerprint, session: exchange.id, seenAt: exchange.createdAt)
            if tables.seenKeys[MemoryKey(key.tenant, key.fingerprint)] != nil { return .added(.known) }
            guard tables.seenKeys.values.count(where: { same($0.tenant, key.tenant) }) < limits.seen else { return .added(.tooMany) }
            tables.see(key)
            return .added(.new)
        }
    }

    package func exchange(_ id: String, tenant: String) async throws(StorageError) -> KeyExchangeRecord? {
        tables.withLock { $0.exchange(id, tenant) }
    }

    package func changeExchange(
        _ id: String, tenant: String, _ change: @escaping @Sendable (KeyExchangeRecord) -> (record: KeyExchangeRecord, audit: AuditRecord?)?
    ) async throws(StorageError) -> KeyExchangeRecord? {
        tables.withLock { tables in
            guard let exchange = tables.exchange(id, tenant) else { return nil }
            guard let (changed, entry) = change(exchange) else { return exchange }
            tables.exchanges[MemoryKey(id)] = changed
            if let entry { tables.audit.append(.init(tenant: tenant, value: entry)) }
            return changed
        }
    }

    package func putParty(_ party: ExchangePartyRecord, audit: AuditRecord, limit: Int) async throws(StorageError) -> Bool {
        tables.withLock { tables in
            let others = tables.parties.values.count { same($0.tenant, party.tenant) && !same($0.id, party.id) }
            guard others < limit else { return false }
            tables.parties[MemoryKey(party.tenant, party.id)] = party
            tables.audit.append(.init(tenant: party.tenant, value: audit))
            return true
        }
    }

    package func party(_ id: String, tenant: String) async throws(StorageError) -> ExchangePartyRecord? {
        tables.withLock { $0.parties[MemoryKey(tenant, id)] }
    }

    package func parties(tenant: String, after: String, limit: Int) async throws(StorageError) -> [ExchangePartyRecord] {
        tables.withLock { tables in
            let behind = MemoryKey(after)
            return Array(tables.parties.inOrder.filter { same($0.tenant, tenant) && MemoryKey($0.id) > behind }.prefix(max(0, limit)))
        }
    }

    package func removeParty(_ id: String, tenant: String, audit: AuditRecord) async throws(StorageError) -> Bool {
        tables.withLock { tables in
            guard tables.parties.removeValue(forKey: MemoryKey(tenant, id)) != nil else { return false }
            tables.audit.append(.init(tenant: tenant, value: audit))
            return true
        }
    }
}

extension MemoryStore.Tables {
    fileprivate func exchange(_ id: String, _ tenant: String) -> KeyExchangeRecord? {
        exchanges[MemoryKey(id)].flatMap { same($0.tenant, tenant) ? $0 : nil }
    }
}
