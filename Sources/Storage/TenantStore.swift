package import Federation

/// Who the coordinator serves, each with its plans. Every change writes its audit entry in the same transaction.
package protocol TenantStore: Sendable {
    /// - Parameter most: so many tenants there may be, erased ones not counted.
    func addTenant(_ tenant: TenantRecord, audit: AuditRecord, most: Int) async throws(StorageError) -> TenantAddition
    /// Also one that was erased.
    func tenant(_ id: String) async throws(StorageError) -> TenantRecord?
    /// With `id > after`, by id.
    func tenants(after: String, limit: Int) async throws(StorageError) -> [TenantRecord]
    /// Changes a tenant as it is at that moment: no other change and no new session of it comes in between.
    /// - Parameters:
    ///   - events: what webhooks are told of a change that was made, given the record before and afterwards; stored with it.
    ///   - change: called once inside the transaction with the record and the number of sessions that are not over; success with nil
    ///     changes nothing.
    /// - Returns: the record before and afterwards, changed or not; nil when there is no such tenant.
    func changeTenant<Failure: Error>(
        _ id: String, events: @escaping @Sendable (_ before: TenantRecord, _ after: TenantRecord) -> [OutboxEvent],
        _ change: @escaping @Sendable (TenantRecord, _ sessionsRunning: Int) -> Result<(record: TenantRecord, audit: AuditRecord)?, Failure>
    ) async throws(StorageError) -> Result<(before: TenantRecord, after: TenantRecord), Failure>?
}

extension TenantStore {
    /// The same with nothing that webhooks are told of.
    package func changeTenant<Failure: Error>(
        _ id: String,
        _ change: @escaping @Sendable (TenantRecord, _ sessionsRunning: Int) -> Result<(record: TenantRecord, audit: AuditRecord)?, Failure>
    ) async throws(StorageError) -> Result<(before: TenantRecord, after: TenantRecord), Failure>? {
        try await changeTenant(id, events: { _, _ in [] }, change)
    }
}

package enum TenantAddition: Sendable, Equatable {
    case added, idTaken, domainTaken, tooMany
}

/// The tier a tenant is given, which decides its plan in every family. In ascending order.
package enum PerformanceTier: String, Sendable, Codable, CaseIterable, Comparable {
    case basic, premium, enterprise, quantum

    package static func < (a: PerformanceTier, b: PerformanceTier) -> Bool {
        (allCases.firstIndex(of: a) ?? 0) < (allCases.firstIndex(of: b) ?? 0)
    }
}

/// The plans of family v2.
package enum PlanV2: String, Sendable, Codable, CaseIterable { case free, pro, enterprise }

/// The plans of family v4.
package enum PlanV4: String, Sendable, Codable, CaseIterable { case standard, professional, enterprise }

/// What keeps a tenant's data apart: rows, a data key of its own, workers of its own.
package enum IsolationLevel: String, Sendable, Codable, CaseIterable { case standard, enhanced, dedicated }

/// `enhanced` is a data key of the tenant's own.
package enum EncryptionLevel: String, Sendable, Codable, CaseIterable { case standard, enhanced }

/// What a tenant wants to comply with. A goal and no claim.
package enum ComplianceGoal: String, Sendable, Codable, CaseIterable {
    case gdpr, soc2, hipaa, iso27001, nist
    case euAIAct = "eu_ai_act"
}

/// A tenant as it was asked for. What is nil follows the tier, also when the tier changes.
package struct TenantRecord: Sendable, Equatable, Codable {
    package var id: String
    package var name: String
    /// Lower-case DNS name; no two tenants have the same.
    package var domain: String?
    package var performanceTier: PerformanceTier
    package var isolationLevel: IsolationLevel
    package var encryptionLevel: EncryptionLevel
    /// Names; nil: all of the tier.
    package var capabilities: [String]?
    package var billingTier: PerformanceTier?
    package var complianceGoals: [ComplianceGoal]
    package var planV2: PlanV2?
    package var planV4: PlanV4?
    /// The most qubits leased at a time; nil: the tier's cap.
    package var quantumAllocation: Int?
    /// Workers of the tenant's own that were asked for; nil: none ever were.
    package var computeInstances: Int?
    /// The tenant whose partners may act for it; nil: none.
    package var parent: String?
    package var createdAt: Instant
    package var updatedAt: Instant
    /// Since when it is only a tombstone: nobody may use it, and its id is never given again.
    package var erasedAt: Instant?

    package init(id: String, name: String, domain: String? = nil, performanceTier: PerformanceTier, createdAt: Instant) {
        self.id = id
        self.name = name
        self.domain = domain
        self.performanceTier = performanceTier
        isolationLevel = .standard
        encryptionLevel = .standard
        complianceGoals = []
        self.createdAt = createdAt
        updatedAt = createdAt
    }
}
