internal import Federation
import Synchronization

extension MemoryStore: UseStore {
    package func storedBytes(tenant: String) async throws(StorageError) -> StoredBytes {
        tables.withLock { tables in
            var artifacts: [String: Int64] = [:]
            for artifact in tables.artifacts.values where same(artifact.record.tenant, tenant) {
                artifacts[artifact.record.digest] = Int64(artifact.record.bytes)
            }
            var models: Set<String> = []
            for session in tables.sessions.values where same(session.record.tenant, tenant) {
                models.formUnion([session.initialModel, session.record.warmStart, session.record.receipt, session.evaluationSet?.file].compactMap { $0 })
            }
            for round in tables.rounds.values where same(round.tenant, tenant) {
                models.formUnion([round.value.record.outcome?.model, round.value.record.outcome?.state].compactMap { $0 })
            }
            // Small ones lie in their rows and large ones in files that may be shared; here all lie in rows.
            let updates = tables.bodies.values.filter { same($0.tenant, tenant) }.reduce(Int64(0)) { $0 + Int64($1.value.body.count) }
            return StoredBytes(
                artifacts: artifacts.values.reduce(0, +), models: models.reduce(0) { $0 + Int64(tables.blobs[$1.lowercased()]?.count ?? 0) }, updates: updates)
        }
    }
}
