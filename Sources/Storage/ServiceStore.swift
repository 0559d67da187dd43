package import Federation

/// Whether a service of the coordinator's answers, as somebody has decided.
package struct ServiceStateRecord: Sendable, Equatable, Codable {
    package var service: String
    /// Of the platform: no tenant's.
    package var tenant = ""
    package var isOpen: Bool
    package var changedAt: Instant
    package var changedBy: String

    package init(service: String, isOpen: Bool, changedAt: Instant, changedBy: String) {
        (self.service, self.isOpen, self.changedAt, self.changedBy) = (service, isOpen, changedAt, changedBy)
    }
}

/// What was decided of services. Of one that nobody has decided anything of there is nothing.
package protocol ServiceStore: Sendable {
    /// By name.
    func serviceStates() async throws(StorageError) -> [ServiceStateRecord]
    /// - Parameters:
    ///   - audit: written in the same transaction, where anything changes.
    ///   - tenant: in whose log that stands.
    /// - Returns: false: it was so already; nothing changes.
    func putServiceState(_ record: ServiceStateRecord, audit: AuditRecord, tenant: String) async throws(StorageError) -> Bool
}
