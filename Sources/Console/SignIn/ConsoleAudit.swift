internal import APIKit
internal import Federation
package import Storage

/// Where it is written down for good who came in and what was done here. Keys are named by their public part.
package struct ConsoleAudit: Sendable {
    private let write: @Sendable (AuditRecord, _ tenant: String) async throws(StorageError) -> Void
    /// Of the coordinator's own administration: nobody knows whose a wrong key was meant to be.
    private let home: String

    package init(_ store: some AuditStore, home: String) {
        write = { (entry, tenant) async throws(StorageError) in try await store.append(entry, tenant: tenant) }
        self.home = home
    }

    func signedIn(_ keyID: String, tenant: String, _ request: APIRequest) async throws(ServiceError) {
        try await append(entry(.consoleSignedIn, by: keyID, of: ("api_key", keyID), request), tenant)
    }

    func signedOut(_ keyID: String, tenant: String, _ request: APIRequest) async throws(ServiceError) {
        try await append(entry(.consoleSignedOut, by: keyID, of: ("api_key", keyID), request), tenant)
    }

    /// - Parameter untold: those before it that were not written down.
    func refused(untold: Int, _ request: APIRequest) async throws(ServiceError) {
        var entry = entry(.consoleSignInRefused, by: "anonymous", of: nil, request, status: 401, .warning)
        if untold > 0 { entry.details["not_written_before"] = "\(untold)" }
        try await append(entry, home)
    }

    func done(_ note: Section.Note, by keyID: String, tenant: String, _ request: APIRequest) async throws(ServiceError) {
        try await append(entry(note.action, by: keyID, of: (note.kind, request.parameter(note.parameter)), request), tenant)
    }

    private func entry(
        _ action: AuditRecord.Action, by actor: String, of resource: (kind: String, id: String)?, _ request: APIRequest, status: Int = 303,
        _ level: AuditRecord.Level = .info
    ) -> AuditRecord {
        AuditRecord(
            at: Instant(milliseconds: request.nowMilliseconds), action: action, actor: actor, subject: resource?.id ?? "console", resourceType: resource?.kind,
            resourceID: resource?.id, ipAddress: request.remoteAddress, status: status, level: level)
    }

    private func append(_ entry: AuditRecord, _ tenant: String) async throws(ServiceError) {
        do { try await write(entry, tenant) } catch { throw ServiceError(error) }
    }
}
