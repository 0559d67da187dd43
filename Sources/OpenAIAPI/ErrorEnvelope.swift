internal import APIKit

/// OpenAI's error envelope.
struct ErrorBody: Described {
    static let name = "Error"
    var error: ErrorFacts
    static let fields = [FieldOf<ErrorBody>("error", \.error, .rule("error"))]
}

struct ErrorFacts: Described {
    static let name = "ErrorFacts"
    var message: String
    var type: OpenAI.ErrorType
    /// The field that is wrong.
    var parameter: String?
    var code: String?
    static let fields = [
        FieldOf<ErrorFacts>("message", \.message, .rule("error.message")), FieldOf("type", \.type, .rule("error.type")),
        FieldOf("param", \.parameter, .rule("error.field")), FieldOf("code", \.code, .rule("error.code")),
    ]
}

extension OpenAI {
    enum ErrorType: String, ChoiceValue {
        case invalidRequest = "invalid_request_error"
        case authentication = "authentication_error"
        case permission = "permission_error"
        case notFound = "not_found_error"
        case rateLimit = "rate_limit_error"
        case server = "server_error"
    }

    @Sendable static func envelope(_ error: ServiceError, _ request: APIRequest) -> APIReply {
        let told = Refusal(error)
        let (status, type, code) = kind(error)
        let body = ErrorBody(error: ErrorFacts(message: told.message, type: type, parameter: told.field, code: code))
        return APIReply(status, headers: told.headers, .json(body.json))
    }

    /// A model that is not here is 404 there.
    private static func kind(_ error: ServiceError) -> (status: Int, type: ErrorType, code: String?) {
        switch error {
        case .invalid: (400, .invalidRequest, "invalid_value")
        case .unprocessable: (422, .invalidRequest, "unprocessable")
        case .modelNotLoaded: (404, .invalidRequest, "model_not_found")
        case .unauthenticated: (401, .authentication, "invalid_api_key")
        case .forbidden: (403, .permission, nil)
        case .notFound: (404, .notFound, nil)
        case .methodNotAllowed: (405, .invalidRequest, "method_not_allowed")
        case .conflict, .disagreement: (409, .invalidRequest, "conflict")
        case .tooLarge: (413, .invalidRequest, "payload_too_large")
        case .unsupportedMediaType: (415, .invalidRequest, "unsupported_media_type")
        case .upgradeRequired: (426, .invalidRequest, nil)
        case .rateLimited: (429, .rateLimit, "rate_limit_exceeded")
        case .quotaExceeded: (429, .rateLimit, "insufficient_quota")
        case .notImplemented: (501, .server, "not_implemented")
        case .upstream: (502, .server, "bad_gateway")
        case .unavailable: (503, .server, "overloaded")
        case .insufficientStorage: (507, .server, nil)
        case .internalError: (500, .server, nil)
        }
    }
}
