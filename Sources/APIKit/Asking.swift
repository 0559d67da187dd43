package import Platform
package import Storage
package import StrictJSON

// What services say, for a surface's envelope. Values are not repeated: some are secrets.

extension ServiceError {
    package init(_ error: StorageError) {
        if case .full = error { self = .insufficientStorage } else { self = .internalError(cause: "\(error)") }
    }

    package init(_ error: IdentityError, provided: JSON? = nil) {
        switch error {
        case .invalid(let field, let issue): self = .invalid(field: field, issue: issue, provided: provided)
        case .forbidden(let why): self = .forbidden(why)
        case .notFound(let what): self = .notFound(what)
        case .conflict(let why): self = .conflict(why, retryAfterSeconds: nil)
        case .busy(let seconds): self = .unavailable("too many passwords are being looked at", retryAfterSeconds: seconds)
        case .storage(let error): self = ServiceError(error)
        case .internalError(let cause): self = .internalError(cause: cause)
        }
    }

    package init(_ error: TenantError) {
        switch error {
        case .field(let name, let problem): self = .invalid(field: name, issue: problem, provided: nil)
        case .notFound(let id): self = .notFound("tenant \(id.clipped(Limits.nameBytes))")
        case .domainTaken: self = .disagreement(field: "domain", issue: error.description, provided: nil)
        case .allocationTooLarge(let asked, let limit):
            self = .invalid(field: "quantum_allocation", issue: "must be at most \(limit)", provided: JSON(asked))
        case .defaultCannotBeErased, .sessionsRunning, .tooMany: self = .conflict(error.description, retryAfterSeconds: nil)
        case .storage(let error): self = ServiceError(error)
        }
    }

    package init(_ error: WebhookError) {
        switch error {
        case .invalid(let field, let problem, let remedy): self = .invalid(field: field, issue: "cannot be used: \(problem). \(remedy)", provided: nil)
        case .missing(let what): self = .notFound(what)
        case .conflict: self = .conflict(error.description, retryAfterSeconds: nil)
        case .storage(let error): self = ServiceError(error)
        case .secrets: self = .internalError(cause: error.message)
        }
    }

    package init(_ failure: JobFailure) {
        switch failure {
        case .invalid(let field, let issue, let provided): self = .invalid(field: field, issue: issue, provided: provided)
        case .notFound(let what): self = .notFound(what)
        case .conflict(let why): self = .conflict(why, retryAfterSeconds: nil)
        case .tooMany(let limit):
            self = .conflict("there are \(limit) open jobs, the most there may be; wait for some to end or cancel them", retryAfterSeconds: nil)
        case .insufficientStorage: self = .insufficientStorage
        case .internalError(let cause): self = .internalError(cause: cause)
        }
    }
}

/// Runs a service call; what it throws goes to the envelope.
package func asking<Value: Sendable>(_ call: () async throws(IdentityError) -> Value) async throws(ServiceError) -> Value {
    do { return try await call() } catch { throw ServiceError(error) }
}

package func asking<Value: Sendable>(_ call: () async throws(TenantError) -> Value) async throws(ServiceError) -> Value {
    do { return try await call() } catch { throw ServiceError(error) }
}

package func asking<Value: Sendable>(_ call: () async throws(WebhookError) -> Value) async throws(ServiceError) -> Value {
    do { return try await call() } catch { throw ServiceError(error) }
}

package func asking<Value: Sendable>(_ call: () async throws(JobFailure) -> Value) async throws(ServiceError) -> Value {
    do { return try await call() } catch { throw ServiceError(error) }
}

package func asking<Value>(_ call: () throws(IdentityError) -> Value) throws(ServiceError) -> Value {
    do { return try call() } catch { throw ServiceError(error) }
}

/// Ids of all tenants but those that were erased.
package func everyTenant(_ tenants: Tenants) async throws(ServiceError) -> [String] {
    var (ids, after): ([String], String?) = ([], "")
    while let last = after {
        let page = try await asking { () async throws(TenantError) in try await tenants.list(after: last) }
        ids += page.tenants.map(\.id)
        after = page.next
    }
    return ids
}
