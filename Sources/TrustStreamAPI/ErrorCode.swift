package import APIKit

/// The codes of the documented envelope and those we add to it, each with its status and the page that explains it.
package enum ErrorCode: String, ChoiceValue {
    case validation = "VALIDATION_ERROR"
    case authentication = "AUTHENTICATION_ERROR"
    case authorization = "AUTHORIZATION_ERROR"
    case notFound = "NOT_FOUND"
    case methodNotAllowed = "METHOD_NOT_ALLOWED"
    case conflict = "CONFLICT"
    case payloadTooLarge = "PAYLOAD_TOO_LARGE"
    case unsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE"
    case unprocessable = "UNPROCESSABLE"
    case upgradeRequired = "UPGRADE_REQUIRED"
    case rateLimited = "RATE_LIMIT_EXCEEDED"
    case internalError = "INTERNAL_ERROR"
    case notImplemented = "NOT_IMPLEMENTED"
    case unavailable = "SERVICE_UNAVAILABLE"
    case insufficientStorage = "INSUFFICIENT_STORAGE"

    package init(_ error: ServiceError) {
        self =
            switch error {
            case .invalid: .validation
            case .unauthenticated: .authentication
            case .forbidden: .authorization
            case .notFound: .notFound
            case .methodNotAllowed: .methodNotAllowed
            case .conflict, .disagreement: .conflict
            case .unprocessable, .modelNotLoaded: .unprocessable
            case .tooLarge: .payloadTooLarge
            case .unsupportedMediaType: .unsupportedMediaType
            case .upgradeRequired: .upgradeRequired
            case .rateLimited, .quotaExceeded: .rateLimited
            case .notImplemented: .notImplemented
            // The document has no word for a bad gateway; none of this family's models is on one.
            case .unavailable, .upstream: .unavailable
            case .insufficientStorage: .insufficientStorage
            case .internalError: .internalError
            }
    }

    package var status: Int {
        switch self {
        case .validation: 400
        case .authentication: 401
        case .authorization: 403
        case .notFound: 404
        case .methodNotAllowed: 405
        case .conflict: 409
        case .payloadTooLarge: 413
        case .unsupportedMediaType: 415
        case .unprocessable: 422
        case .upgradeRequired: 426
        case .rateLimited: 429
        case .internalError: 500
        case .notImplemented: 501
        case .unavailable: 503
        case .insufficientStorage: 507
        }
    }

    /// The last part of `documentation_url`: `validation-error`.
    var page: String { String(rawValue.lowercased().map { $0 == "_" ? "-" : $0 }) }

    var explanation: String {
        switch self {
        case .validation: "A field is missing, has the wrong type or is out of range. details.field names it, details.issue says what is allowed."
        case .authentication:
            "Send a key as 'Authorization: Bearer KEY' or 'X-API-Key: KEY', a session's update token as Bearer, or a client certificate."
        case .authorization: "You are known, but this is not yours to do."
        case .notFound: "There is no such path or object, or it belongs to another tenant."
        case .methodNotAllowed: "The Allow header lists the methods of this path."
        case .conflict:
            "The state does not allow it now: a closed round, another update already stored, a model not decided yet, data of another form than the session's. Retry-After says when to ask again, if that helps."
        case .payloadTooLarge: "The body is larger than what this path takes."
        case .unsupportedMediaType: "Send JSON as application/json, updates as application/octet-stream holding a safetensors file. Pickles are never read."
        case .unprocessable: "The content was understood but cannot be used, such as an update with the wrong shapes or a NaN."
        case .upgradeRequired: "This path is a WebSocket: connect to it as wss://."
        case .rateLimited: "Wait as long as Retry-After says."
        case .internalError: "A fault of the server. Quote the request_id: the log has the cause under it."
        case .notImplemented: "This part of the documented API is not built yet; details.field names it."
        case .unavailable: "Wait as long as Retry-After says."
        case .insufficientStorage: "The coordinator's disk is full. Send the same update again later."
        }
    }
}
