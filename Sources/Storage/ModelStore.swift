package import Federation

package enum ModelStatus: String, Sendable, Codable, CaseIterable {
    /// Its bytes are on their way.
    case pending
    case ready
    /// Its bytes could not be had, or are not taken; `reason` says why.
    case failed
    /// It was deleted while something still needs it: nothing new begins with it.
    case archived
}

/// Who vouches for a model's file: a signature over the 32 bytes of its SHA-256.
package struct ModelSignature: Sendable, Equatable, Codable {
    package var algorithm: String
    /// The public key that the tenant named, in SPKI PEM.
    package var publicKey: String
    package var signature: [UInt8]

    package init(algorithm: String, publicKey: String, signature: [UInt8]) {
        (self.algorithm, self.publicKey, self.signature) = (algorithm, publicKey, signature)
    }
}

/// One version of a model of a tenant.
package struct ModelRecord: Sendable, Equatable, Codable {
    /// Where its bytes are kept.
    package enum Place: String, Sendable, Codable {
        /// Among the artifacts, under `artifactName`.
        case artifact
        /// Among the blobs, beside the models of the session that made it.
        case blob
    }

    /// Unique in its tenant: what callers name.
    package var id: String
    package var tenant: String
    package var name: String
    package var version: String
    /// As whoever registered it said.
    package var framework: String
    /// Whence it comes.
    package var source: String
    /// What the file must have, where that was said; 64 hexadecimal digits.
    package var expectedSHA256: String?
    package var status = ModelStatus.pending
    package var reason: String?
    /// What the file is by its bytes, and what it is loaded as; nil: it is not here.
    package var kind: String?
    package var format: String?
    package var sha256: String?
    package var bytes: Int?
    package var place = Place.artifact
    /// JSON: what the scan of the file found.
    package var scan: [UInt8]?
    /// JSON: what is known of it.
    package var card: [UInt8]?
    /// JSON: its columns, with their types, categories, and which may not change or are protected.
    package var features: [UInt8]?
    /// JSON: rows to compare with.
    package var background: [UInt8]?
    package var signature: ModelSignature?
    /// The session that made it.
    package var session: String?
    package var createdAt: Instant
    package var createdBy: String
    /// When its bytes were taken or refused.
    package var endedAt: Instant?
    package var attempts = 0
    /// When its bytes are asked for again; nil: at once.
    package var retryAt: Instant?
    /// Nothing here can fetch its file: it waits until something can.
    package var waits = false

    package init(
        id: String, tenant: String, name: String, version: String, framework: String, source: String, expectedSHA256: String? = nil, createdAt: Instant,
        createdBy: String
    ) {
        (self.id, self.tenant, self.name, self.version) = (id, tenant, name, version)
        (self.framework, self.source, self.expectedSHA256) = (framework, source, expectedSHA256)
        (self.createdAt, self.createdBy) = (createdAt, createdBy)
    }

    /// Names are a tenant's own; contents are kept once.
    package static func artifactName(sha256: String) -> String { "models/\(sha256)" }
}

/// A model that is to answer, on so many nodes.
package struct DeploymentRecord: Sendable, Equatable, Codable {
    package enum State: String, Sendable, Codable, CaseIterable {
        /// Something that was asked for is not there yet.
        case pending
        /// Its replicas answer.
        case active
        case stopped
    }
    package struct Event: Sendable, Equatable, Codable {
        package var at: Instant
        package var event: String
        package init(at: Instant, event: String) { (self.at, self.event) = (at, event) }
    }

    package var id: String
    package var tenant: String
    package var model: String
    package var state = State.pending
    package var isDistributed: Bool
    /// JSON: the resources that were asked for.
    package var resources: [UInt8]
    package var scalesByItself: Bool
    /// JSON: the rule it is scaled by, as it was given; nil: none was.
    package var scaling: [UInt8]?
    package var replicas = 0
    package var createdAt: Instant
    package var createdBy: String
    /// The last ones, in order.
    package private(set) var events: [Event] = []
    /// How many earlier ones are not kept any more; nil: none is gone.
    private var forgotten: Int?

    /// The number of the first of `events`: they are counted from 1, and a number never changes.
    package var firstEvent: Int { 1 + (forgotten ?? 0) }

    package init(
        id: String, tenant: String, model: String, isDistributed: Bool, resources: [UInt8], scalesByItself: Bool, createdAt: Instant, createdBy: String
    ) {
        (self.id, self.tenant, self.model) = (id, tenant, model)
        (self.isDistributed, self.resources, self.scalesByItself) = (isDistributed, resources, scalesByItself)
        (self.createdAt, self.createdBy) = (createdAt, createdBy)
    }

    package mutating func note(_ event: String, at: Instant) {
        events.append(Event(at: at, event: event))
        let excess = events.count - Limits.deploymentEvents
        guard excess > 0 else { return }
        events.removeFirst(excess)
        forgotten = (forgotten ?? 0) + excess
    }
}

package enum ModelAddition: Sendable, Equatable {
    case added
    /// It is there already, or on its way.
    case again(ModelRecord)
    /// Another file has this name and version, or this id.
    case conflict(existing: ModelRecord)
    case tooMany(Int)
}

package enum ModelRemoval: Sendable, Equatable {
    case removed(ModelRecord)
    /// A deployment needs it, or it is what a session has made: it is kept, and nothing new begins with it.
    case archived(ModelRecord)
    case missing
}

/// Models and their deployments. Every change writes its audit entry in the same transaction.
package protocol ModelStore: Sendable {
    /// Adds a model unless its name and version are taken. One that has failed gives way.
    func addModel(_ model: ModelRecord, audit: AuditRecord, most: Int) async throws(StorageError) -> ModelAddition
    func model(_ id: String, tenant: String) async throws(StorageError) -> ModelRecord?
    /// By id.
    func models(tenant: String, after: String, limit: Int) async throws(StorageError) -> [ModelRecord]
    /// Of every tenant, the earliest first; without those that nothing here can fetch.
    func pendingModels(limit: Int) async throws(StorageError) -> [ModelRecord]
    /// Of every tenant, those that nothing here could fetch when they were registered, by tenant and id.
    func waitingModels(after: (tenant: String, id: String), limit: Int) async throws(StorageError) -> [ModelRecord]
    /// Changes a model as it is at that moment.
    /// - Parameter change: called once inside the transaction; nil changes nothing.
    /// - Returns: the record afterwards, changed or not; nil when there is none.
    func changeModel(_ id: String, tenant: String, _ change: @escaping @Sendable (ModelRecord) -> (record: ModelRecord, audit: AuditRecord?)?)
        async throws(StorageError) -> ModelRecord?
    func removeModel(_ id: String, tenant: String, audit: AuditRecord) async throws(StorageError) -> ModelRemoval
    /// How many of a tenant's models have this file.
    func modelCount(sha256: String, tenant: String) async throws(StorageError) -> Int
    /// Sessions of every tenant that have ended and no model is registered of, by id.
    func sessionsWithoutModel(after: String, limit: Int) async throws(StorageError) -> [SessionRecord]

    /// false: the tenant has as many as it may.
    func addDeployment(_ deployment: DeploymentRecord, audit: AuditRecord, most: Int) async throws(StorageError) -> Bool
    func deployment(_ id: String, tenant: String) async throws(StorageError) -> DeploymentRecord?
    /// The newest first.
    func deployments(tenant: String, limit: Int) async throws(StorageError) -> [DeploymentRecord]
    /// Of every tenant, those that are not stopped, the earliest first.
    func openDeployments(limit: Int) async throws(StorageError) -> [DeploymentRecord]
    func changeDeployment(
        _ id: String, tenant: String, _ change: @escaping @Sendable (DeploymentRecord) -> (record: DeploymentRecord, audit: AuditRecord?)?
    ) async throws(StorageError) -> DeploymentRecord?
}

extension ModelRecord {
    /// What is answered to `model` where this one has its name and version.
    func answer(to model: ModelRecord) -> ModelAddition? {
        let own = sha256 ?? expectedSHA256
        switch status {
        case .failed: return nil
        case .archived: return .conflict(existing: self)
        case .pending, .ready:
            if let asked = model.sha256 ?? model.expectedSHA256, let own { return own == asked ? .again(self) : .conflict(existing: self) }
            return model.source == source ? .again(self) : .conflict(existing: self)
        }
    }

    /// Whether it stays where it is deleted.
    func isNeeded(_ openDeployments: Int) -> Bool { openDeployments > 0 || session != nil }
}
