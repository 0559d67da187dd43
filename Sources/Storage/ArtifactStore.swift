package import Federation

/// A tenant's named content: results, inputs, exports.
package struct ArtifactRecord: Sendable, Equatable, Codable {
    package var tenant: String
    package var name: String
    /// SHA-256 of the content in lower-case hex.
    package var digest: String
    package var bytes: Int
    package var mediaType: String
    package var createdAt: Instant
    /// nil: kept until it is deleted.
    package var expiresAt: Instant?
    package init(tenant: String, name: String, digest: String, bytes: Int, mediaType: String, createdAt: Instant, expiresAt: Instant?) {
        self.tenant = tenant
        self.name = name
        self.digest = digest
        self.bytes = bytes
        self.mediaType = mediaType
        self.createdAt = createdAt
        self.expiresAt = expiresAt
    }
}

package enum StoredArtifact: Sendable, Equatable {
    case stored(ArtifactRecord)
    /// The same content lies there under this name.
    case again(ArtifactRecord)
    /// Other content lies there under this name.
    case conflict(existing: ArtifactRecord)
    /// The tenant would have more than it may.
    case tooMuch(bytes: Int64, count: Int)
}

/// Content by name, kept once however many names it has. Files lie apart from models, so that what is thrown away is never
/// near what is kept.
package protocol ArtifactStore: Sendable {
    /// - Parameters:
    ///   - artifact: its digest and bytes are those of `content`.
    ///   - replaces: whether other content under this name gives way.
    ///   - bytesMax: what the tenant may have in all, counted by names.
    func putArtifact(_ artifact: ArtifactRecord, content: [UInt8], replaces: Bool, bytesMax: Int64, countMax: Int, audit: AuditRecord?)
        async throws(StorageError) -> StoredArtifact
    func artifact(_ name: String, tenant: String) async throws(StorageError) -> ArtifactRecord?
    /// Verified against its digest. nil: there is none of this name.
    func artifactContent(_ name: String, tenant: String) async throws(StorageError) -> [UInt8]?
    /// Names with this prefix and `name > after`, in order.
    func artifacts(tenant: String, prefix: String, after: String, limit: Int) async throws(StorageError) -> [ArtifactRecord]
    /// false: there was none.
    func deleteArtifact(_ name: String, tenant: String, audit: AuditRecord) async throws(StorageError) -> Bool
    /// Removes what expired then or before, of every tenant, at most `limit`. Gives what it was.
    func expireArtifacts(now: Instant, limit: Int) async throws(StorageError) -> [ArtifactRecord]
}
