package import APIKit
internal import StrictJSON

/// The documented error envelope.
struct ErrorBody: Described {
    static let name = "Error"
    var error: ErrorFacts
    static let fields = [FieldOf<ErrorBody>("error", \.error, .rule("error"))]
}

struct ErrorFacts: Described {
    static let name = "ErrorFacts"
    var code: Aisemble.Code
    var message: String
    var details: ErrorDetails
    var requestID: String
    var at: Timestamp

    static let fields = [
        FieldOf<ErrorFacts>("code", \.code, .rule("error.code")), FieldOf("message", \.message, .rule("error.message")),
        FieldOf("details", \.details, .rule("error.details")), FieldOf("request_id", \.requestID, .generated), FieldOf("timestamp", \.at, .clock),
    ]
}

struct ErrorDetails: Described {
    static let name = "ErrorDetails"
    var field: String?
    var reason: String
    var provided: JSON?
    var quotaType: String?
    var available: [String]?

    static let fields = [
        FieldOf<ErrorDetails>("field", \.field, .rule("error.field")), FieldOf("reason", \.reason, .rule("error.issue")),
        FieldOf("provided_value", \.provided, .request),
        FieldOf("quota_type", \.quotaType, .rule("quota.type"), "what of the plan is used up").only { $0.quotaType != nil },
        FieldOf("available_models", \.available, .rule("models"), "where the one that was asked for is not here").only { $0.available != nil },
    ]
}

extension Aisemble {
    /// The document's codes and those we add to them.
    enum Code: String, ChoiceValue {
        case authenticationRequired = "AUTHENTICATION_REQUIRED"
        case insufficientPermissions = "INSUFFICIENT_PERMISSIONS"
        case notFound = "RESOURCE_NOT_FOUND"
        case invalidRequest = "INVALID_REQUEST"
        case rateLimited = "RATE_LIMIT_EXCEEDED"
        case unavailable = "SERVICE_UNAVAILABLE"
        case modelNotLoaded = "MODEL_NOT_LOADED"
        case quotaExceeded = "QUOTA_EXCEEDED"
        case internalError = "INTERNAL_ERROR"
        case conflict = "CONFLICT"
        case upstream = "UPSTREAM_ERROR"
        case payloadTooLarge = "PAYLOAD_TOO_LARGE"
        case methodNotAllowed = "METHOD_NOT_ALLOWED"
        case unsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE"
        case unprocessable = "UNPROCESSABLE"
        case notImplemented = "NOT_IMPLEMENTED"
        case insufficientStorage = "INSUFFICIENT_STORAGE"
        case upgradeRequired = "UPGRADE_REQUIRED"

        var status: Int {
            switch self {
            case .invalidRequest: 400
            case .authenticationRequired: 401
            case .quotaExceeded: 402
            case .insufficientPermissions: 403
            case .notFound: 404
            case .methodNotAllowed: 405
            case .conflict: 409
            case .payloadTooLarge: 413
            case .unsupportedMediaType: 415
            case .modelNotLoaded, .unprocessable: 422
            case .upgradeRequired: 426
            case .rateLimited: 429
            case .internalError: 500
            case .notImplemented: 501
            case .upstream: 502
            case .unavailable: 503
            case .insufficientStorage: 507
            }
        }
    }

    /// An internal error tells no cause.
    @Sendable package static func envelope(_ error: ServiceError, _ request: APIRequest) -> APIReply {
        let told = Refusal(error)
        let code = code(error)
        let body = ErrorBody(
            error: ErrorFacts(
                code: code, message: told.message,
                details: ErrorDetails(
                    field: told.field, reason: told.issue ?? told.message, provided: told.provided?.echoed, quotaType: told.quota?.type,
                    available: told.available),
                requestID: request.requestID, at: Timestamp(milliseconds: request.nowMilliseconds)))
        return APIReply(code.status, headers: told.headers, .json(body.json))
    }

    private static func code(_ error: ServiceError) -> Code {
        switch error {
        case .invalid: .invalidRequest
        case .unauthenticated: .authenticationRequired
        case .forbidden: .insufficientPermissions
        case .notFound: .notFound
        case .methodNotAllowed: .methodNotAllowed
        case .conflict, .disagreement: .conflict
        case .unprocessable: .unprocessable
        case .modelNotLoaded: .modelNotLoaded
        case .tooLarge: .payloadTooLarge
        case .unsupportedMediaType: .unsupportedMediaType
        case .upgradeRequired: .upgradeRequired
        // Requests by the hour are 429 in this document; 402 is for what was bought, such as tokens.
        case .rateLimited, .quotaExceeded: .rateLimited
        case .notImplemented: .notImplemented
        case .unavailable: .unavailable
        case .upstream: .upstream
        case .insufficientStorage: .insufficientStorage
        case .internalError: .internalError
        }
    }
}
