package import Federation
import Synchronization

extension MemoryStore: ArtifactStore {
    package func putArtifact(
        _ artifact: ArtifactRecord, content: [UInt8], replaces: Bool, bytesMax: Int64, countMax: Int, audit: AuditRecord?
    ) async throws(StorageError) -> StoredArtifact {
        tables.withLock { tables in
            let key = MemoryKey(artifact.tenant, artifact.name)
            let existing = tables.artifacts[key]?.record
            if let existing, existing.digest == artifact.digest, existing.mediaType == artifact.mediaType, existing.expiresAt == artifact.expiresAt {
                return .again(existing)
            }
            if let existing, !replaces { return .conflict(existing: existing) }
            let own = tables.artifacts.values.filter { same($0.record.tenant, artifact.tenant) }
            let bytes = own.reduce(Int64(0)) { $0 + Int64($1.record.bytes) }
            let next = (bytes: bytes - Int64(existing?.bytes ?? 0) + Int64(artifact.bytes), count: own.count + (existing == nil ? 1 : 0))
            guard next.bytes <= bytesMax, next.count <= countMax else { return .tooMuch(bytes: bytes, count: own.count) }
            tables.artifacts[key] = (artifact, content)
            if let audit { tables.audit.append(.init(tenant: artifact.tenant, value: audit)) }
            return .stored(artifact)
        }
    }

    package func artifact(_ name: String, tenant: String) async throws(StorageError) -> ArtifactRecord? {
        tables.withLock { $0.artifacts[MemoryKey(tenant, name)]?.record }
    }

    package func artifactContent(_ name: String, tenant: String) async throws(StorageError) -> [UInt8]? {
        tables.withLock { $0.artifacts[MemoryKey(tenant, name)]?.content }
    }

    package func artifacts(tenant: String, prefix: String, after: String, limit: Int) async throws(StorageError) -> [ArtifactRecord] {
        let all = tables.withLock { tables in tables.artifacts.inOrder.map(\.record).filter { same($0.tenant, tenant) } }
        let found = all.filter { $0.name.utf8.starts(with: prefix.utf8) && after.utf8.lexicographicallyPrecedes($0.name.utf8) }
        return Array(found.prefix(max(0, limit)))
    }

    package func deleteArtifact(_ name: String, tenant: String, audit: AuditRecord) async throws(StorageError) -> Bool {
        tables.withLock { tables in
            guard tables.artifacts.removeValue(forKey: MemoryKey(tenant, name)) != nil else { return false }
            tables.audit.append(.init(tenant: tenant, value: audit))
            return true
        }
    }

    package func expireArtifacts(now: Instant, limit: Int) async throws(StorageError) -> [ArtifactRecord] {
        tables.withLock { tables in
            let expired = tables.artifacts.inOrder.map(\.record).filter { $0.expiresAt.map { $0 <= now } ?? false }
            let gone = expired.sorted { ($0.expiresAt ?? now) < ($1.expiresAt ?? now) }.prefix(max(0, limit))
            for one in gone { tables.artifacts[MemoryKey(one.tenant, one.name)] = nil }
            return Array(gone)
        }
    }
}
