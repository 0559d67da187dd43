internal import CryptoSuite
internal import Federation
internal import Platform
internal import Storage
internal import StrictJSON
internal import Trust

/// What webhooks are told of a session. The events go into the transaction of the changes that they tell of.
enum SessionEvents {
    static func events(of changes: [DurableChange], session id: String, tenant: String) -> [OutboxEvent] {
        changes.compactMap { change in
            switch change {
            case .session(let record) where record.status.isFinal: ended(record)
            case .round(let record) where record.state == .committed: committed(record, id, tenant)
            case .session, .round, .member, .initialModel, .evaluation: nil
            }
        }
    }

    /// Also of one that was stopped or has failed; `status` says which. It is stored again with its receipt, and told once.
    private static func ended(_ record: SessionRecord) -> OutboxEvent {
        let at = record.endedAt ?? record.createdAt
        let data: JSON = [
            "session_id": .string(record.id), "tenant_id": .string(record.tenant), "status": .string(record.status.rawValue),
            "reason": JSON(record.statusReason), "started_at": JSON(record.startedAt.map(WebhookEvent.timestamp)),
            "ended_at": .string(WebhookEvent.timestamp(at)),
        ]
        return WebhookEvent.sessionCompleted.outboxEvent(key: record.id, tenant: record.tenant, at: at, data: data, .system)
    }

    private static func committed(_ record: RoundRecord, _ id: String, _ tenant: String) -> OutboxEvent? {
        guard let outcome = record.outcome else { return nil }
        let data: JSON = [
            "session_id": .string(id), "tenant_id": .string(tenant), "round": JSON(record.round), "attempt": JSON(record.attempt),
            "status": .string(record.state.rawValue), "selected": JSON(outcome.selected), "contributors": JSON(outcome.contributors),
            "loss": JSON(outcome.heldOutLoss ?? outcome.federatedLoss), "accuracy": JSON(outcome.heldOutAccuracy ?? outcome.federatedAccuracy),
            "model_sha256": JSON(outcome.model),
        ]
        return WebhookEvent.roundCompleted.outboxEvent(
            key: "\(id)/\(record.round)/\(record.attempt)", tenant: tenant, at: outcome.endedAt, data: data, .system)
    }
}
