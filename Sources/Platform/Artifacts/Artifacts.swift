package import CryptoSuite
package import Federation
package import Logging
package import Storage

/// Why an artifact could not be had or kept.
package enum ArtifactFailure: Error, Sendable, Equatable {
    case invalid(field: String, issue: String)
    /// There is none, or it is another tenant's.
    case notFound(String)
    /// Other content lies under this name.
    case conflict(String)
    case tooLarge(limitBytes: Int)
    /// The tenant would have more than it may.
    case tooMuch(limitBytes: Int64, limitCount: Int)
    case insufficientStorage
    /// For the log; never told.
    case internalError(String)

    /// What may be told.
    var told: String {
        switch self {
        case .invalid(let field, let issue): "\(field) \(issue)."
        case .notFound(let what): "There is no \(what)."
        case .conflict(let what): what
        case .tooLarge(let limit): "At most \(limit) bytes are kept under one name."
        case .tooMuch(let bytes, let count): "The tenant may keep \(bytes) bytes under \(count) names; delete what is not needed."
        case .insufficientStorage: "The coordinator's disk is full."
        case .internalError: "The store failed; the coordinator's log says how."
        }
    }
}

package struct ArtifactLimits: Sendable {
    /// Of one content.
    package var bytes = 64 << 20
    /// Of one tenant.
    package var tenantBytes: Int64 = 2 << 30
    package var tenantCount = 20_000
    package init() {}
}

/// A tenant's named content: what jobs leave, what they read. Names are a tenant's own, contents are kept once.
package struct Artifacts: Sendable {
    private static let nameBytes = 256
    private static let mediaTypeBytes = 128
    package static let pageMax = 1000
    private static let expiredAtOnce = 1000

    private let store: any ArtifactStore
    private let suite: CryptoSuite
    private let limits: ArtifactLimits
    private let log: Logger

    package init(store: any ArtifactStore, suite: CryptoSuite, log: Logger, limits: ArtifactLimits = ArtifactLimits()) {
        self.store = store
        self.suite = suite
        self.log = log
        self.limits = limits
    }

    /// What is wrong with a name; nil: nothing. It never becomes a path here, and is safe where it does elsewhere.
    package static func nameProblem(_ name: String) -> String? {
        guard (1...nameBytes).contains(name.utf8.count) else { return "must be 1 to \(nameBytes) bytes long" }
        let isPlain = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
            case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "/"): true
            default: false
            }
        }
        guard isPlain else { return "must be letters, digits, '.', '_', '-' and '/'" }
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        return parts.contains { $0.isEmpty || $0 == "." || $0 == ".." } ? "must have parts between slashes, none of them '.' or '..'" : nil
    }

    /// Durable when it returns. The same content under the same name again changes nothing.
    /// - Parameters:
    ///   - lifetimeSeconds: nil: until it is deleted.
    ///   - replaces: whether other content under this name gives way.
    package func put(
        _ content: [UInt8], name: String, mediaType: String, tenant: String, actor: AuditActor, lifetimeSeconds: Double? = nil, replaces: Bool = false,
        now: Instant
    ) async throws(ArtifactFailure) -> ArtifactRecord {
        if let problem = Self.nameProblem(name) { throw .invalid(field: "name", issue: problem) }
        guard (1...Self.mediaTypeBytes).contains(mediaType.utf8.count), mediaType.utf8.allSatisfy({ (0x20...0x7e).contains($0) }) else {
            throw .invalid(field: "media_type", issue: "must be 1 to \(Self.mediaTypeBytes) printable ASCII characters")
        }
        guard content.count <= limits.bytes else { throw .tooLarge(limitBytes: limits.bytes) }
        let artifact = ArtifactRecord(
            tenant: tenant, name: name, digest: hexadecimal(suite.sha256(content)), bytes: content.count, mediaType: mediaType, createdAt: now,
            expiresAt: lifetimeSeconds.map { now.adding(seconds: $0) })
        let audit = AuditRecord(at: now, action: .artifactStored, by: actor, of: name, details: ["sha256": artifact.digest])
        let stored: StoredArtifact
        do throws(StorageError) {
            stored = try await store.putArtifact(
                artifact, content: content, replaces: replaces, bytesMax: limits.tenantBytes, countMax: limits.tenantCount, audit: audit)
        } catch { throw failure(error) }
        switch stored {
        case .stored(let record), .again(let record): return record
        case .conflict: throw .conflict("\(name) has other content; delete it first, or take another name")
        case .tooMuch: throw .tooMuch(limitBytes: limits.tenantBytes, limitCount: limits.tenantCount)
        }
    }

    package func find(_ name: String, tenant: String, now: Instant) async throws(ArtifactFailure) -> ArtifactRecord {
        let found: ArtifactRecord?
        do { found = try await store.artifact(name, tenant: tenant) } catch { throw failure(error) }
        guard let found, found.expiresAt.map({ $0 > now }) ?? true else { throw .notFound("artifact \(name.clipped(Self.nameBytes))") }
        return found
    }

    /// Verified against its digest.
    package func get(_ name: String, tenant: String, now: Instant) async throws(ArtifactFailure) -> (record: ArtifactRecord, content: [UInt8]) {
        let found = try await find(name, tenant: tenant, now: now)
        let content: [UInt8]?
        do { content = try await store.artifactContent(name, tenant: tenant) } catch { throw failure(error) }
        guard let content else { throw .notFound("artifact \(name)") }
        // Replaced between the two looks: the next one has both of one moment.
        guard hexadecimal(suite.sha256(content)) == found.digest else { throw .conflict("\(name) is being replaced; ask again") }
        return (found, content)
    }

    /// By name.
    /// - Parameter after: the last name of the page before.
    package func list(tenant: String, prefix: String = "", after: String = "", limit: Int, now: Instant) async throws(ArtifactFailure) -> [ArtifactRecord] {
        guard (1...Self.pageMax).contains(limit) else { throw .invalid(field: "limit", issue: "must be 1 to \(Self.pageMax)") }
        do {
            return try await store.artifacts(tenant: tenant, prefix: prefix, after: after, limit: limit).filter { $0.expiresAt.map { $0 > now } ?? true }
        } catch { throw failure(error) }
    }

    package func delete(_ name: String, tenant: String, actor: AuditActor, now: Instant) async throws(ArtifactFailure) {
        let isGone: Bool
        do {
            isGone = try await store.deleteArtifact(
                name, tenant: tenant, audit: AuditRecord(at: now, action: .artifactDeleted, by: actor, of: name.clipped(Self.nameBytes)))
        } catch { throw failure(error) }
        guard isGone else { throw .notFound("artifact \(name.clipped(Self.nameBytes))") }
    }

    /// Removes what has expired.
    package func expire(now: Instant) async {
        do {
            let gone = try await store.expireArtifacts(now: now, limit: Self.expiredAtOnce)
            if !gone.isEmpty { log.info("artifacts expired", metadata: ["count": "\(gone.count)"]) }
        } catch { log.warning("expired artifacts could not be removed", metadata: ["reason": "\(error)"]) }
    }

    private func failure(_ error: StorageError) -> ArtifactFailure {
        log.error("store", metadata: ["cause": "\(error)"])
        if case .full = error { return .insufficientStorage }
        return .internalError("\(error)")
    }
}
