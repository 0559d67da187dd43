package import APIKit
package import FederationService
package import Platform
internal import Storage
package import StrictJSON

extension ServiceError {
    /// What the federated-learning service says, for a surface's envelope.
    package init(_ failure: FederationFailure) {
        switch failure {
        case .notFound(let what): self = .notFound(what)
        case .unauthenticated(let why): self = .unauthenticated(why)
        case .forbidden(let why): self = .forbidden(why)
        case .invalid(let field, let issue, let provided): self = .invalid(field: field, issue: issue, provided: provided)
        case .unprocessable(let field, let issue, let provided): self = .unprocessable(field: field, issue: issue, provided: provided)
        case .conflict(let why, let retry): self = .conflict(why, retryAfterSeconds: retry)
        case .disagreement(let field, let issue, let provided): self = .disagreement(field: field, issue: issue, provided: provided)
        case .tooLarge(let limit): self = .tooLarge(limitBytes: limit)
        case .unavailable(let why, let retry): self = .unavailable(why, retryAfterSeconds: retry)
        case .insufficientStorage: self = .insufficientStorage
        case .internalError(let cause): self = .internalError(cause: cause)
        }
    }
}

/// Runs a service call; what it throws goes to the envelope.
func calling<Value: Sendable>(_ call: @Sendable () async throws(FederationFailure) -> Value) async throws(ServiceError) -> Value {
    do { return try await call() } catch { throw ServiceError(error) }
}

extension ServiceError {
    /// What the identity service says, for a surface's envelope. Values are not repeated: some are secrets.
    package init(_ error: IdentityError, provided: JSON? = nil) {
        switch error {
        case .invalid(let field, let issue): self = .invalid(field: field, issue: issue, provided: provided)
        case .forbidden(let why): self = .forbidden(why)
        case .notFound(let what): self = .notFound(what)
        case .conflict(let why): self = .conflict(why, retryAfterSeconds: nil)
        case .busy(let seconds): self = .unavailable("too many passwords are being looked at", retryAfterSeconds: seconds)
        case .storage(.full): self = .insufficientStorage
        case .storage(let error): self = .internalError(cause: "\(error)")
        case .internalError(let cause): self = .internalError(cause: cause)
        }
    }
}
