package import APIKit
internal import StrictJSON

/// An error. The document has statuses only; the body is ours.
struct ErrorBody: Described {
    static let name = "Error"
    let status = Word.error
    /// What RFC 9110 calls the status, in lower case: `not_found`.
    var error: String
    var message: String
    var details: ErrorDetails
    var requestID: String

    enum Word: String, ChoiceValue { case error }

    static let fields = [
        FieldOf<ErrorBody>("status", \.status, .fixed), FieldOf("error", \.error, .rule("error.code")), FieldOf("message", \.message, .rule("error.message")),
        FieldOf("details", \.details, .rule("error.details")), FieldOf("request_id", \.requestID, .generated),
    ]
}

struct ErrorDetails: Described {
    static let name = "ErrorDetails"
    var field: String?
    var issue: String
    var provided: JSON?
    var quotaType: String?

    static let fields = [
        FieldOf<ErrorDetails>("field", \.field, .rule("error.field")), FieldOf("issue", \.issue, .rule("error.issue")),
        FieldOf("provided_value", \.provided, .request),
        FieldOf("quota_type", \.quotaType, .rule("quota.type"), "what of the plan is used up").only { $0.quotaType != nil },
    ]
}

extension Phi {
    /// An internal error tells no cause.
    @Sendable package static func envelope(_ error: ServiceError, _ request: APIRequest) -> APIReply {
        let told = Refusal(error)
        let status = error.plainStatus
        let word = String(reason(status).lowercased().map { $0 == " " ? "_" : $0 })
        let body = ErrorBody(
            error: word, message: told.message,
            details: ErrorDetails(field: told.field, issue: told.issue ?? told.message, provided: told.provided?.echoed, quotaType: told.quota?.type),
            requestID: request.requestID)
        return APIReply(status, headers: told.headers, .json(body.json))
    }
}
