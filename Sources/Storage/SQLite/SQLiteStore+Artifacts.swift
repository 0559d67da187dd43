package import Federation
import Foundation
internal import CryptoSuite
internal import GRDB

extension SQLiteStore: ArtifactStore {
    package func putArtifact(
        _ artifact: ArtifactRecord, content: [UInt8], replaces: Bool, bytesMax: Int64, countMax: Int, audit: AuditRecord?
    ) async throws(StorageError) -> StoredArtifact {
        // Held while the file has no row: whoever removes the last other name meanwhile leaves it alone.
        heldArtifacts.hold(artifact.digest)
        let outcome: Result<(StoredArtifact, replaced: String?), StorageError>
        do throws(StorageError) {
            try await artifactFiles.put(content, digest: artifact.digest)
            outcome = .success(
                try await commits.write { [rows] database in
                    let existing = try rows.artifact(artifact.name, artifact.tenant, database)?.record(ArtifactRecord.self)
                    if let existing, existing.digest == artifact.digest, existing.mediaType == artifact.mediaType, existing.expiresAt == artifact.expiresAt {
                        return (.again(existing), nil)
                    }
                    if let existing, !replaces { return (.conflict(existing: existing), nil) }
                    let (bytes, count) = try rows.artifactUse(artifact.tenant, database)
                    let next = (bytes: bytes - Int64(existing?.bytes ?? 0) + Int64(artifact.bytes), count: count + (existing == nil ? 1 : 0))
                    guard next.bytes <= bytesMax, next.count <= countMax else { return (.tooMuch(bytes: bytes, count: count), nil) }
                    try rows.put(
                        [
                            "tenant": artifact.tenant, "name": artifact.name, "digest": artifact.digest, "bytes": artifact.bytes,
                            "expires_ms": artifact.expiresAt?.milliseconds, "record": try encode(artifact),
                        ], into: .artifact, database)
                    if let audit { try rows.append(audit, artifact.tenant, database) }
                    return (.stored(artifact), existing?.digest)
                })
        } catch { outcome = .failure(error) }
        heldArtifacts.release(artifact.digest)
        switch outcome {
        case .success((.stored, let replaced)): if let replaced { try? await removeArtifactFiles([replaced]) }
        case .success, .failure: try? await removeArtifactFiles([artifact.digest])
        }
        return try outcome.get().0
    }

    package func artifact(_ name: String, tenant: String) async throws(StorageError) -> ArtifactRecord? {
        try await commits.read { [rows] in try rows.artifact(name, tenant, $0)?.record(ArtifactRecord.self) }
    }

    package func artifactContent(_ name: String, tenant: String) async throws(StorageError) -> [UInt8]? {
        // It may be replaced between the look at its row and that at its file; then the next row has its file.
        for _ in 0..<Limits.artifactTries {
            guard let found = try await artifact(name, tenant: tenant) else { return nil }
            if let content = try await artifactFiles.get(found.digest) { return content }
        }
        throw .corrupt(path: "artifacts", problem: "the content of \(tenant)/\(name) is missing")
    }

    package func artifacts(tenant: String, prefix: String, after: String, limit: Int) async throws(StorageError) -> [ArtifactRecord] {
        try await commits.read { [rows] database in
            try rows.fetch(
                .artifact, database, where: "tenant = ? AND name > ? AND substr(name, 1, length(?3)) = ?3 ORDER BY name LIMIT ?4",
                [tenant, after, prefix, max(0, limit)]
            ).map { try $0.record(ArtifactRecord.self) }
        }
    }

    package func deleteArtifact(_ name: String, tenant: String, audit: AuditRecord) async throws(StorageError) -> Bool {
        let digest: String? = try await commits.write { [rows] database in
            guard let row = try rows.artifact(name, tenant, database) else { return nil }
            try rows.remove(row, database)
            try rows.append(audit, tenant, database)
            return try row.text("digest")
        }
        guard let digest else { return false }
        try await removeArtifactFiles([digest])
        return true
    }

    package func expireArtifacts(now: Instant, limit: Int) async throws(StorageError) -> [ArtifactRecord] {
        let gone = try await commits.write { [rows] database in
            let expired = try rows.fetch(
                .artifact, database, where: "expires_ms IS NOT NULL AND expires_ms <= ? ORDER BY expires_ms, tenant, name LIMIT ?",
                [now.milliseconds, max(0, limit)])
            for row in expired { try rows.remove(row, database) }
            return try expired.map { try $0.record(ArtifactRecord.self) }
        }
        if !gone.isEmpty { try await removeArtifactFiles(gone.map(\.digest)) }
        return gone
    }

    /// Rows first and files afterwards: a crash in between leaves files without rows, which the next start removes.
    private func removeArtifactFiles(_ digests: [String]) async throws(StorageError) {
        _ = try await commits.write { database in
            try digests.filter { digest in
                try Bool.fetchOne(database, sql: "SELECT NOT EXISTS (SELECT 1 FROM artifact WHERE digest = ?)", arguments: [digest]) ?? false
            }
        } committed: { [heldArtifacts, artifactFiles] unneeded in
            for digest in unneeded { heldArtifacts.unlessHeld(digest) { artifactFiles.remove(digest) } }
        }
    }
}

extension SealedRows {
    fileprivate func artifact(_ name: String, _ tenant: String, _ database: Database) throws -> SealedRow? {
        try fetchOne(.artifact, database, where: "tenant = ? AND name = ?", [tenant, name])
    }

    fileprivate func artifactUse(_ tenant: String, _ database: Database) throws -> (bytes: Int64, count: Int) {
        let row = try Row.fetchOne(database, sql: "SELECT coalesce(sum(bytes), 0), count(*) FROM artifact WHERE tenant = ?", arguments: [tenant])
        return (row.flatMap { Int64.fromDatabaseValue($0[0] as DatabaseValue) } ?? 0, row.flatMap { Int.fromDatabaseValue($0[1] as DatabaseValue) } ?? 0)
    }

    fileprivate func remove(_ artifact: SealedRow, _ database: Database) throws {
        try database.execute(sql: "DELETE FROM artifact WHERE tenant = ? AND name = ?", arguments: [artifact.value("tenant"), artifact.value("name")])
    }
}
