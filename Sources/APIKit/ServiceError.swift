package import StrictJSON

/// Everything a service call can end in besides success. Each family maps it to its own envelope with one exhaustive
/// switch.
///
/// `provided` is what the caller sent, with its JSON type; nil when nothing was sent or when it must not be repeated.
package enum ServiceError: Error, Sendable, Equatable {
    case invalid(field: String, issue: String, provided: JSON?)
    case unauthenticated(String)
    case forbidden(String)
    case notFound(String)
    case methodNotAllowed(allowed: [String])
    case conflict(String, retryAfterSeconds: Int?)
    /// A conflict that one field is the reason of: it contradicts what others have agreed on.
    case disagreement(field: String, issue: String, provided: JSON?)
    case unprocessable(field: String, issue: String, provided: JSON?)
    /// The model that `model` names is not here; these are.
    case modelNotLoaded(asked: String, available: [String])
    case tooLarge(limitBytes: Int)
    case unsupportedMediaType(String)
    /// The path is a WebSocket's and was called without an upgrade.
    case upgradeRequired(String)
    case rateLimited(retryAfterSeconds: Int)
    /// A plan's limit is used up.
    case quotaExceeded(Quota, retryAfterSeconds: Int)
    /// A documented feature that is not built.
    case notImplemented(feature: String, String, provided: JSON? = nil)
    case unavailable(String, retryAfterSeconds: Int)
    /// A server of others, named in the text, gave no answer that can be used.
    case upstream(String)
    case insufficientStorage
    /// The cause is for the log (`APIReply.cause`) and never told.
    case internalError(cause: String)
}

/// What of a plan is used up, and when there is more.
package struct Quota: Sendable, Equatable {
    /// `requests`, `concurrent_operations`, …
    package var type: String
    package var limit: Int64
    package var used: Int64
    /// nil: nobody knows when.
    package var resetsAtMilliseconds: Int64?
    package init(type: String, limit: Int64, used: Int64, resetsAtMilliseconds: Int64?) {
        self.type = type
        self.limit = limit
        self.used = used
        self.resetsAtMilliseconds = resetsAtMilliseconds
    }
}

extension ServiceError {
    /// For families whose documents give no statuses of their own: what HTTP has for it (RFC 9110 §15).
    package var plainStatus: Int {
        switch self {
        case .invalid: 400
        case .unauthenticated: 401
        case .forbidden: 403
        case .notFound: 404
        case .methodNotAllowed: 405
        case .conflict, .disagreement: 409
        case .tooLarge: 413
        case .unsupportedMediaType: 415
        case .unprocessable, .modelNotLoaded: 422
        case .upgradeRequired: 426
        case .rateLimited, .quotaExceeded: 429
        case .internalError: 500
        case .notImplemented: 501
        case .upstream: 502
        case .unavailable: 503
        case .insufficientStorage: 507
        }
    }
}
