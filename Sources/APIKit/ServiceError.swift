/// Everything a service call can end in besides success. Each family maps it to its own envelope with one exhaustive
/// switch.
package enum ServiceError: Error, Sendable, Equatable {
    case invalid(field: String, issue: String, provided: String?)
    case unauthenticated(String)
    case forbidden(String)
    case notFound(String)
    case methodNotAllowed(allowed: [String])
    case conflict(String, retryAfterSeconds: Int?)
    case unprocessable(field: String, issue: String, provided: String?)
    case tooLarge(limitBytes: Int)
    case unsupportedMediaType(String)
    case rateLimited(retryAfterSeconds: Int)
    /// A documented feature that is not built.
    case notImplemented(feature: String, String)
    case unavailable(String, retryAfterSeconds: Int)
    case insufficientStorage
    /// Its cause is logged, never told.
    case internalError
}
