package import APIKit
internal import StrictJSON

/// The documented error: flat, with a word for its code.
struct ErrorBody: Described {
    static let name = "Error"
    var code: Enterprise.Code
    var message: String
    var details: ErrorDetails
    var requestID: String
    var at: Timestamp
    var retryAfter: Int?

    static let fields = [
        FieldOf<ErrorBody>("error", \.code, .rule("error.code")), FieldOf("message", \.message, .rule("error.message")),
        FieldOf("details", \.details, .rule("error.details")), FieldOf("request_id", \.requestID, .generated), FieldOf("timestamp", \.at, .clock),
        FieldOf("retry_after", \.retryAfter, .rule("error.retry_after"), unit: "s"),
    ]
}

/// With a quota the documented four, else the documented three. Those of the other kind are null.
struct ErrorDetails: Described {
    static let name = "ErrorDetails"
    var field: String?
    var code: Enterprise.Code
    var issue: String?
    var provided: JSON?
    var quota: Quota?

    static let fields = [
        FieldOf<ErrorDetails>("field", \.field, .rule("error.field")), FieldOf("code", \.code, .rule("error.code")),
        FieldOf("additional_info", \.issue, .rule("error.issue")), FieldOf("provided_value", \.provided, .request),
        FieldOf("quota_type", \.quota?.type, .rule("quota.type")), FieldOf("limit", \.quota?.limit, .stored), FieldOf("used", \.quota?.used, .counted),
        FieldOf("reset_date", \.resetsAt, .clock),
    ]

    var resetsAt: Timestamp? { quota?.resetsAtMilliseconds.map { Timestamp(milliseconds: $0) } }
}

extension Enterprise {
    /// The document's codes and those we add to them.
    enum Code: String, ChoiceValue {
        case invalidKey = "invalid_api_key"
        case insufficientPermissions = "insufficient_permissions"
        case tenantNotFound = "tenant_not_found"
        case quotaExceeded = "quota_exceeded"
        case quantumUnavailable = "quantum_unavailable"
        case engine = "ai_engine_error"
        case validation = "validation_error"
        case internalError = "internal_error"
        case notFound = "not_found"
        case methodNotAllowed = "method_not_allowed"
        case conflict = "conflict"
        case payloadTooLarge = "payload_too_large"
        case unsupportedMediaType = "unsupported_media_type"
        case unprocessable = "unprocessable"
        case notImplemented = "not_implemented"
        case unavailable = "service_unavailable"
        case insufficientStorage = "insufficient_storage"
        case upgradeRequired = "upgrade_required"

        var status: Int {
            switch self {
            case .validation: 400
            case .invalidKey: 401
            case .insufficientPermissions: 403
            case .tenantNotFound, .notFound: 404
            case .methodNotAllowed: 405
            case .conflict: 409
            case .payloadTooLarge: 413
            case .unsupportedMediaType: 415
            case .unprocessable: 422
            case .upgradeRequired: 426
            case .quotaExceeded: 429
            case .internalError: 500
            case .notImplemented: 501
            case .engine: 502
            case .quantumUnavailable, .unavailable: 503
            case .insufficientStorage: 507
            }
        }
    }

    /// An internal error tells no cause.
    @Sendable package static func envelope(_ error: ServiceError, _ request: APIRequest) -> APIReply {
        let told = Refusal(error)
        let code = code(error)
        let body = ErrorBody(
            code: code, message: told.message,
            details: ErrorDetails(field: told.field, code: code, issue: told.issue, provided: told.provided?.echoed, quota: told.quota),
            requestID: request.requestID, at: Timestamp(milliseconds: request.nowMilliseconds), retryAfter: told.retryAfterSeconds)
        return APIReply(code.status, headers: told.headers, .json(body.json))
    }

    private static func code(_ error: ServiceError) -> Code {
        switch error {
        case .invalid: .validation
        case .unauthenticated: .invalidKey
        case .forbidden: .insufficientPermissions
        case .notFound(let what): what.hasPrefix("tenant ") ? .tenantNotFound : .notFound
        case .methodNotAllowed: .methodNotAllowed
        case .conflict, .disagreement: .conflict
        case .unprocessable, .modelNotLoaded: .unprocessable
        case .tooLarge: .payloadTooLarge
        case .unsupportedMediaType: .unsupportedMediaType
        case .upgradeRequired: .upgradeRequired
        case .rateLimited, .quotaExceeded: .quotaExceeded
        case .notImplemented: .notImplemented
        case .unavailable(let what, _): what.hasPrefix(annealer) ? .quantumUnavailable : .unavailable
        case .upstream: .engine
        case .insufficientStorage: .insufficientStorage
        case .internalError: .internalError
        }
    }
}
