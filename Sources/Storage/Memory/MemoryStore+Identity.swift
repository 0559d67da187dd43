package import Federation
import Synchronization

extension MemoryStore: IdentityStore {
    package func addEnrolmentTokens(_ tokens: [EnrolmentTokenRecord]) async throws(StorageError) {
        try change { (tables) throws(StorageError) in
            var added = tables.tokens
            for token in tokens {
                guard added.updateValue(token, forKey: MemoryKey(token.hash)) == nil else { throw .exists("an enrolment token of \(token.node)") }
            }
            tables.tokens = added
        }
    }

    package func enrolmentToken(hash: [UInt8]) async throws(StorageError) -> EnrolmentTokenRecord? {
        tables.withLock { $0.tokens[MemoryKey(hash)] }
    }

    package func enrol(tokenHash: [UInt8], node: NodeRecord, now: Instant, by actor: AuditActor) async throws(StorageError) -> EnrolmentOutcome {
        tables.withLock { tables in
            guard let token = tables.tokens[MemoryKey(tokenHash)] else { return .unknownToken }
            if token.usedAt != nil { return .alreadyUsed }
            if token.withdrawnAt != nil { return .withdrawn }
            if token.expiresAt <= now { return .expired }
            guard token.tenant == node.tenant, token.node == node.name else { return .unknownToken }
            tables.tokens[MemoryKey(tokenHash)]?.usedAt = now
            tables.nodes[MemoryKey(node.tenant, node.name)] = node
            tables.audit.append(
                .init(tenant: node.tenant, value: AuditRecord(at: now, action: .nodeEnrolled, by: actor, of: node.name)))
            return .enrolled
        }
    }

    package func node(tenant: String, name: String) async throws(StorageError) -> NodeRecord? {
        tables.withLock { $0.nodes[MemoryKey(tenant, name)] }
    }

    package func nodes(tenant: String?) async throws(StorageError) -> [NodeRecord] {
        tables.withLock { tables in tables.nodes.inOrder.filter { node in tenant.map { same(node.tenant, $0) } ?? true } }
    }

    package func changeNode(
        tenant: String, name: String, _ change: @escaping @Sendable (NodeRecord) -> (record: NodeRecord, audit: AuditRecord?)?
    ) async throws(StorageError) -> NodeRecord? {
        tables.withLock { tables in
            guard let node = tables.nodes[MemoryKey(tenant, name)] else { return nil }
            guard let (changed, entry) = change(node) else { return node }
            tables.nodes[MemoryKey(tenant, name)] = changed
            if let entry { tables.audit.append(.init(tenant: tenant, value: entry)) }
            return changed
        }
    }

    package func revokeNode(tenant: String, name: String, now: Instant, by actor: AuditActor) async throws(StorageError) -> Bool {
        tables.withLock { tables in
            var withdrawn = false
            for (key, token) in tables.tokens
            where same(token.tenant, tenant) && same(token.node, name) && token.usedAt == nil && token.withdrawnAt == nil {
                tables.tokens[key]?.withdrawnAt = now
                withdrawn = true
            }
            guard let node = tables.nodes[MemoryKey(tenant, name)] else { return withdrawn }
            guard node.revokedAt == nil else { return true }
            tables.nodes[MemoryKey(tenant, name)]?.revokedAt = now
            tables.audit.append(
                .init(tenant: tenant, value: AuditRecord(at: now, action: .nodeRevoked, by: actor, of: name)))
            return true
        }
    }

    package func addKey(_ key: APIKeyRecord) async throws(StorageError) {
        try change { (tables) throws(StorageError) in
            guard tables.keys[MemoryKey(key.id)] == nil else { throw .exists("API key \(key.id)") }
            tables.keys[MemoryKey(key.id)] = key
        }
    }

    package func key(id: String) async throws(StorageError) -> APIKeyRecord? { tables.withLock { $0.keys[MemoryKey(id)] } }
}
