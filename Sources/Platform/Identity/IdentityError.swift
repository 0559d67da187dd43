package import Storage

/// Why a key, user or client is not made or changed. No case repeats a secret.
package enum IdentityError: Error, Sendable, Equatable, CustomStringConvertible {
    case invalid(field: String, issue: String)
    /// More than the caller has, or another tenant's.
    case forbidden(String)
    case notFound(String)
    /// A name that is taken, or a bound that is reached.
    case conflict(String)
    /// Too many passwords are being hashed.
    case busy(retryAfterSeconds: Int)
    case storage(StorageError)
    case internalError(cause: String)

    package var description: String {
        switch self {
        case .invalid(let field, let issue): "\(field) \(issue)."
        case .forbidden(let why): "This is not allowed: \(why)."
        case .notFound(let what): "There is no \(what)."
        case .conflict(let why): "This cannot be done: \(why)."
        case .busy(let seconds): "Too many passwords are being looked at; come again in \(seconds) s."
        case .storage(let error): "\(error)"
        case .internalError(let cause): "Internal error: \(cause)."
        }
    }
}

/// Runs a call of the store; what it throws becomes an `IdentityError`.
func storing<Value: Sendable>(_ call: () async throws(StorageError) -> Value) async throws(IdentityError) -> Value {
    do { return try await call() } catch { throw .storage(error) }
}
