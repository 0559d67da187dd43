package import APIKit
package import FederationService
package import KeyVault
internal import StrictJSON

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

extension ServiceError {
    /// What the vault says. Values are not repeated: they may be what was to be sealed.
    package init(_ error: KeyVaultError) {
        switch error {
        case .field(let name, let problem): self = .invalid(field: name, issue: problem, provided: nil)
        case .unknownKey(let id): self = .notFound("key \(id)")
        case .unknownExchange(let id): self = .notFound("key exchange \(id)")
        case .unknownParty(let id): self = .notFound("party \(id)")
        case .unusable, .tooManyKeys, .exchangeOver, .repeated, .tooManyExchanges, .tooManyParties: self = .conflict("\(error)", retryAfterSeconds: nil)
        case .wrongUse, .forbidden: self = .forbidden("\(error)")
        case .noHardware: self = .unprocessable(field: "hsm_backed", issue: "\(error)", provided: true)
        // What is wrong with it is the operator's to know.
        case .tokenGone: self = .unavailable("hsm_unavailable: the token that this key lies in cannot be used now", retryAfterSeconds: 30)
        case .busy: self = .unavailable("\(error)", retryAfterSeconds: 2)
        case .storage(let cause): self = ServiceError(cause)
        case .unopenable, .keeping: self = .internalError(cause: "\(error)")
        }
    }
}

/// Runs a service call; what it throws goes to the envelope.
func calling<Value: Sendable>(_ call: @Sendable () async throws(FederationFailure) -> Value) async throws(ServiceError) -> Value {
    do { return try await call() } catch { throw ServiceError(error) }
}
