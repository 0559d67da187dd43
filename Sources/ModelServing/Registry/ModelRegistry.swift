package import Compute
package import CryptoSuite
package import Federation
internal import Foundation
package import Logging
package import Platform
package import Storage
internal import StrictJSON
package import Trust

/// The models of every tenant: who registered what, whence its file comes, what it is. Files are fetched in the background, looked
/// into and kept; a record that waits for its file is taken up again at the next start.
package final class ModelRegistry: Sendable {
    package typealias Store = ModelStore & ArtifactStore & BlobStore
    let store: any Store
    let settings: RegistrySettings
    package let sources: ContentSources
    let pool: ComputePool
    let suite: CryptoSuite
    let now: @Sendable () -> Instant
    private let random: RandomSource
    let log: Logger
    /// Files that are being fetched, so that no two do the same.
    let busy = BusyModels()
    private let (told, tell) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

    package init(
        store: any Store, settings: RegistrySettings = RegistrySettings(), client: GuardedClient?, pool: ComputePool, suite: CryptoSuite,
        random: RandomSource, log: Logger, now: @escaping @Sendable () -> Instant
    ) {
        (self.store, self.settings, self.pool, self.suite) = (store, settings, pool, suite)
        sources = ContentSources(store: store, roots: settings.roots, client: client, pool: pool, objects: settings.objectStores, now: now)
        (self.random, self.log, self.now) = (random, log, now)
    }

    // MARK: Models

    /// Writes it down; a file that lies here already is taken at once, any other in the background.
    /// - Throws: `conflict` for a name and version that another file has.
    package func register(_ new: NewModel, tenant: String, actor: AuditActor) async throws(RegistryFailure) -> ModelRecord {
        let location = try check(new)
        let at = now()
        var record = ModelRecord(
            id: "model_" + hexadecimal(random.bytes(8)), tenant: tenant, name: new.name, version: new.version, framework: new.framework, source: new.source,
            expectedSHA256: new.sha256?.lowercased(), createdAt: at, createdBy: actor.id)
        record.card = new.card?.encoded()
        record.features = new.features?.json.encoded()
        record.background = new.background?.encoded()
        record.signature = new.signature
        let lacks = sources.missing(for: new.source, tenant: tenant)
        (record.waits, record.reason) = (lacks != nil, lacks)
        let entry = AuditRecord(
            at: at, action: .modelRegistered, by: actor, of: record.id,
            details: ["name": new.name, "version": new.version, "source": ModelLocation.shown(new.source)])
        let addition: ModelAddition
        do { addition = try await store.addModel(record, audit: entry, most: settings.modelsMax) } catch { throw .storage(error) }
        switch addition {
        case .added: break
        case .again(let known): record = known
        case .conflict(let existing):
            let why = existing.status == .archived ? "which was deleted and is still needed" : "with another file"
            throw .conflict(
                field: "version", issue: "\(existing.name) \(existing.version) is \(existing.id) already, \(why); give another version")
        case .tooMany: throw .tooMany(what: "models", limit: settings.modelsMax)
        }
        // What it waited for is there by now.
        if record.waits, record.status == .pending, lacks == nil { record = try await endWaiting(record) }
        guard record.status == .pending, !record.waits else { return record }
        switch location {
        case .https, .objectStore:
            tell.yield()
            return record
        case .file, .upload: return try await fetch(record)
        }
    }

    private func check(_ new: NewModel) throws(RegistryFailure) -> ModelLocation {
        func text(_ value: String, _ field: String, _ most: Int) throws(RegistryFailure) {
            guard (1...most).contains(value.utf8.count), value.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }) else {
                throw .invalid(field: field, issue: "must be 1 to \(most) bytes without control characters")
            }
        }
        try text(new.name, "model_name", RegistryLimits.nameBytes)
        try text(new.version, "version", RegistryLimits.versionBytes)
        try text(new.framework, "framework", RegistryLimits.versionBytes)
        if let digest = new.sha256, digest.utf8.count != 64 || bytes(hexadecimal: digest) == nil {
            throw .invalid(field: "sha256", issue: "must be 64 hexadecimal digits")
        }
        for (json, field, most) in [(new.card, "model_card", RegistryLimits.cardBytes), (new.background, "background_data", RegistryLimits.backgroundBytes)] {
            if let json, json.encoded().count > most { throw .invalid(field: field, issue: "must be at most \(most) bytes") }
        }
        return try ModelLocation(new.source)
    }

    package func find(_ id: String, tenant: String) async throws(RegistryFailure) -> ModelRecord {
        let found: ModelRecord?
        do { found = try await store.model(id, tenant: tenant) } catch { throw .storage(error) }
        guard let found else { throw .notFound("model \(id.clipped(RegistryLimits.nameBytes))") }
        return found
    }

    /// By id.
    package func list(tenant: String, after: String = "", limit: Int) async throws(RegistryFailure) -> [ModelRecord] {
        do { return try await store.models(tenant: tenant, after: after, limit: limit) } catch { throw .storage(error) }
    }

    /// - Returns: the model where it is archived, because something needs it; nil: it is gone.
    package func remove(_ id: String, tenant: String, actor: AuditActor) async throws(RegistryFailure) -> ModelRecord? {
        let entry = AuditRecord(at: now(), action: .modelRemoved, by: actor, of: id.clipped(RegistryLimits.nameBytes))
        let removal: ModelRemoval
        do { removal = try await store.removeModel(id, tenant: tenant, audit: entry) } catch { throw .storage(error) }
        switch removal {
        case .missing: throw .notFound("model \(id.clipped(RegistryLimits.nameBytes))")
        case .archived(let record): return record
        case .removed(let record):
            await discardFile(of: record, by: actor)
            return nil
        }
    }

    /// The row is gone first: a crash in between leaves a file without a name in the registry, and never a name without its file.
    private func discardFile(of record: ModelRecord, by actor: AuditActor) async {
        guard let digest = record.sha256, record.place == .artifact else { return }
        do {
            guard try await store.modelCount(sha256: digest, tenant: record.tenant) == 0 else { return }
            let name = ModelRecord.artifactName(sha256: digest)
            _ = try await store.deleteArtifact(
                name, tenant: record.tenant, audit: AuditRecord(at: now(), action: .artifactDeleted, by: actor, of: name))
        } catch { log.warning("a model's file could not be removed", metadata: ["model": "\(record.id)", "cause": "\(error)"]) }
    }

    /// The file. nil: it is not here.
    /// - Throws: `corrupt` where it is not the one that was kept.
    func file(of record: ModelRecord) async throws(StorageError) -> [UInt8]? {
        guard let digest = record.sha256 else { return nil }
        switch record.place {
        case .artifact: return try await store.artifactContent(ModelRecord.artifactName(sha256: digest), tenant: record.tenant)
        case .blob: return try await store.get(digest)
        }
    }

    // MARK: In the background

    /// Fetches what is pending until the task is cancelled: at once what is registered, and every few seconds what is to be tried again.
    package func run() async {
        do { try await awaken() } catch { log.error("models wait for the store", metadata: ["cause": "\(error)"]) }
        await withTaskGroup(of: Void.self) { group in
            // One reader for as long as this runs: a stream whose reader is cancelled is over.
            group.addTask { [self] in
                for await _ in told { await look() }
            }
            group.addTask { [self] in
                while !Task.isCancelled {
                    await look()
                    try? await Task.sleep(for: .seconds(RegistryLimits.lookSeconds))
                }
            }
        }
    }

    /// What has waited for a source that can be asked by now is pending like everything else.
    package func awaken() async throws(RegistryFailure) {
        var last = (tenant: "", id: "")
        while !Task.isCancelled {
            let waiting: [ModelRecord]
            do { waiting = try await store.waitingModels(after: last, limit: RegistryLimits.fetchedAtOnce) } catch { throw .storage(error) }
            guard let newest = waiting.last else { return }
            last = (newest.tenant, newest.id)
            for record in waiting where sources.missing(for: record.source, tenant: record.tenant) == nil { _ = try await endWaiting(record) }
        }
    }

    private func endWaiting(_ record: ModelRecord) async throws(RegistryFailure) -> ModelRecord {
        do {
            return
                try await store.changeModel(record.id, tenant: record.tenant) { current in
                    guard current.status == .pending, current.waits else { return nil }
                    var next = current
                    (next.waits, next.reason) = (false, nil)
                    return (next, nil)
                } ?? record
        } catch { throw .storage(error) }
    }

    private func look() async {
        do { _ = try await fetchPending() } catch { log.error("models wait for the store", metadata: ["cause": "\(error)"]) }
    }

    /// Fetches what is pending and due.
    /// - Returns: when the next one is due; nil: none is left.
    package func fetchPending() async throws(RegistryFailure) -> Instant? {
        let pending: [ModelRecord]
        do { pending = try await store.pendingModels(limit: RegistryLimits.fetchedAtOnce) } catch { throw .storage(error) }
        var next: Instant?
        for record in pending where !Task.isCancelled {
            var left = record
            if record.retryAt.map({ $0 <= now() }) ?? true { left = try await fetch(record) }
            guard left.status == .pending, let at = left.retryAt else { continue }
            next = min(next ?? at, at)
        }
        return next
    }
}

/// Ids of models that somebody is at work on.
actor BusyModels {
    private var ids: Set<String> = []
    func begin(_ id: String) -> Bool { ids.insert(id).inserted }
    func end(_ id: String) { ids.remove(id) }
}
