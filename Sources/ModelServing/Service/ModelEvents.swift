package import CryptoSuite
package import Federation
package import Logging
internal import Platform
package import Storage
internal import StrictJSON

/// Tells of models that come and go: the audit log who did it, webhooks that it was done.
package struct ModelEvents: Sendable {
    private let store: any AuditStore & WebhookStore
    private let suite: CryptoSuite
    private let log: Logger
    private let now: @Sendable () -> Instant

    package init(store: any AuditStore & WebhookStore, suite: CryptoSuite, log: Logger, now: @escaping @Sendable () -> Instant) {
        (self.store, self.suite, self.log, self.now) = (store, suite, log, now)
    }

    /// What lies in memory is in no transaction: an event is stored when it is so, and lost only where the coordinator ends at that moment,
    /// which unloads the model, too.
    @Sendable package func tell(_ fact: ModelFact, actor: String) async {
        let at = now()
        let (record, event, data, action): (ServableModel, WebhookEvent, JSON, AuditRecord.Action)
        switch fact {
        case .loaded(let model, let seconds, let bytes):
            (record, event, action) = (model, .modelLoaded, .modelLoaded)
            data = [
                "model_id": .string(model.id), "status": "loaded", "sha256": .string(model.sha256), "load_seconds": JSON(seconds),
                "memory_mb": JSON(Double(bytes) / 1e6),
            ]
        case .unloaded(let model):
            (record, event, action) = (model, .modelUnloaded, .modelUnloaded)
            data = ["model_id": .string(model.id), "status": "unloaded"]
        }
        do throws(StorageError) {
            try await store.append(
                AuditRecord(at: at, action: action, by: AuditActor(actor), of: record.id, details: ["sha256": record.sha256]), tenant: record.tenant)
            // The same model comes and goes again and again: each time is a fact of its own.
            try await store.enqueue(event.outboxEvent(key: "\(record.id)/\(at.milliseconds)", tenant: record.tenant, at: at, data: data, suite))
        } catch { log.error("a model's event is not stored", metadata: ["model": "\(record.id)", "reason": "\(error)"]) }
    }
}

/// No models at all: of a coordinator without a registry.
package struct NoModels: ModelSource {
    package init() {}
    package func models(tenant: String) async throws(ModelFailure) -> [ServableModel] { [] }
    package func model(_ id: String, tenant: String) async throws(ModelFailure) -> ServableModel { throw .notFound(id) }
    package func bytes(of model: ServableModel) async throws(ModelFailure) -> [UInt8] { throw .notFound(model.id) }
}
