import CryptoSuite
import Federation
import Foundation
import Storage
import Trust

let now = Instant(milliseconds: 1000)

/// A folder of its own for a test, gone afterwards.
func withFolder(_ body: (String) async throws -> Void) async throws {
    let folder = NSTemporaryDirectory() + "tutti-store-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    // The kernel names files by their real paths.
    try await body(URL(fileURLWithPath: folder).resolvingSymlinksInPath().path)
}

func withStore(inlineBytes: Int? = nil, disk: Disk = .system, _ body: (SQLiteStore, String) async throws -> Void) async throws {
    try await withFolder { folder in
        let store = try SQLiteStore(folder: folder, suite: .system, disk: disk, inlineBytes: inlineBytes)
        try await body(store, folder)
        await store.close()
    }
}

func session(_ id: String, tenant: String = "default") -> SessionRecord {
    SessionRecord(id: id, tenant: tenant, spec: SessionSpec(), createdAt: now, registrationTokenHash: [1, 2])
}

func contribution(_ client: String, round: Int = 1, digest: UInt8 = 1) -> ContributionRecord {
    ContributionRecord(
        client: client, round: round, attempt: 1, digest: [digest], samples: 3, maxAbs: 0.5, wireBytes: 9, loss: 0.25, accuracy: nil, receivedAt: now)
}

func key(_ client: String, round: Int = 1, session: String = "s", tenant: String = "default") -> ContributionKey {
    ContributionKey(tenant: tenant, session: session, round: round, attempt: 1, client: client)
}

func round(_ number: Int, _ state: RoundState, sealed: [String]? = nil) -> RoundRecord {
    var record = RoundRecord(round: number, attempt: 1, state: state, cohort: ["a"], baseModel: "m", configuredAt: now, deadline: now)
    record.sealed = sealed
    return record
}

func job(_ id: String, tenant: String = "default", type: JobType = .report, at: Instant = now, key: JobSubmissionKey? = nil) -> JobRecord {
    JobRecord(
        id: id, tenant: tenant, name: "a job", type: type, service: "analytics", priority: .normal, parameters: "{}", input: nil, output: "application/json",
        createdBy: "a", createdAt: at, scheduledAt: nil, maxWaitSeconds: 9, submission: key)
}

func changed<Value>(_ value: Value, _ change: (inout Value) -> Void) -> Value {
    var next = value
    change(&next)
    return next
}

func keepArtifact(
    _ store: any ArtifactStore, _ name: String, _ content: [UInt8], tenant: String = "default", expires: Instant? = nil, replaces: Bool = false,
    bytesMax: Int64 = 1 << 30, countMax: Int = 100
) async throws(StorageError) -> StoredArtifact {
    let record = ArtifactRecord(
        tenant: tenant, name: name, digest: hexadecimal(CryptoSuite.system.sha256(content)), bytes: content.count, mediaType: "text/csv", createdAt: now,
        expiresAt: expires)
    let audit = AuditRecord(at: now, action: .artifactStored, actor: "a", subject: name)
    return try await store.putArtifact(record, content: content, replaces: replaces, bytesMax: bytesMax, countMax: countMax, audit: audit)
}

func files(_ folder: String) -> [String] { ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted() }

/// Notes what a test wants to know of calls from other threads.
final class Notes: @unchecked Sendable {
    private let lock = NSLock()
    private var notes: [String] = []
    func add(_ note: String) { lock.withLock { notes.append(note) } }
    var all: [String] { lock.withLock { notes } }
}

/// A switch that another thread reads.
final class Switch: @unchecked Sendable {
    private let lock = NSLock()
    private var value = false
    var isOn: Bool {
        get { lock.withLock { value } }
        set { lock.withLock { value = newValue } }
    }
}
