internal import CryptoSuite
internal import Federation
internal import Storage
internal import StrictJSON
internal import Trust

/// What webhooks are told of a tenant's change: those of the tenant itself.
enum TenantEvents {
    /// - Parameter actor: who changed it.
    /// - Returns: nothing unless the tier is higher than before.
    static func events(from before: TenantRecord, to after: TenantRecord, actor: String) -> [OutboxEvent] {
        guard after.performanceTier > before.performanceTier else { return [] }
        let data: JSON = [
            "tenant_id": .string(after.id), "previous_tier": .string(before.performanceTier.rawValue), "new_tier": .string(after.performanceTier.rawValue),
            "quantum_allocation": JSON(after.quantumAllocation ?? after.performanceTier.qubits), "changed_by": .string(actor),
        ]
        // The same step may come again later; what comes twice in one millisecond is told once.
        let key = "\(after.id)/\(after.updatedAt.milliseconds)/\(before.performanceTier.rawValue)/\(after.performanceTier.rawValue)"
        return [WebhookEvent.tierUpgraded.outboxEvent(key: key, tenant: after.id, at: after.updatedAt, data: data, .system)]
    }
}
