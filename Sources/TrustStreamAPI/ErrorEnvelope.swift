package import APIKit
internal import StrictJSON

/// The documented error envelope.
struct ErrorBody: Described {
    static let name = "Error"
    var success: Bool
    var error: ErrorFacts

    static let fields = [FieldOf<ErrorBody>("success", \.success, .fixed), FieldOf("error", \.error, .rule("error"))]
}

struct ErrorFacts: Described {
    static let name = "ErrorFacts"
    var code: ErrorCode
    var message: String
    var details: ErrorDetails
    var requestID: String
    var at: Timestamp
    var documentation: String

    static let fields = [
        FieldOf<ErrorFacts>("code", \.code, .rule("error.code")), FieldOf("message", \.message, .rule("error.message")),
        FieldOf("details", \.details, .rule("error.details")), FieldOf("request_id", \.requestID, .generated), FieldOf("timestamp", \.at, .clock),
        FieldOf("documentation_url", \.documentation, .fixed),
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

extension TrustStream {
    /// `details` always has its three keys; without a field its issue is the message. An internal error tells no cause.
    @Sendable package static func envelope(_ error: ServiceError, _ request: APIRequest) -> APIReply {
        let told = Refusal(error)
        let code = ErrorCode(error)
        let body = ErrorBody(
            success: false,
            error: ErrorFacts(
                code: code, message: told.message,
                details: ErrorDetails(field: told.field, issue: told.issue ?? told.message, provided: told.provided?.echoed, quotaType: told.quota?.type),
                requestID: request.requestID, at: Timestamp(milliseconds: request.nowMilliseconds),
                documentation: "\(request.baseURL)\(base)/docs/errors/\(code.page)"))
        return APIReply(code.status, headers: told.headers, .json(body.json))
    }

    static var errorPages: [Endpoint] {
        [
            Endpoint(
                "GET", "/docs/errors/{code}", "docs.error", .open, rate: .page,
                contract: Contract("What an error's code means.", replies: [(200, .bytes("text/plain"))])
            ) { request throws(ServiceError) in
                guard let code = ErrorCode.allCases.first(where: { $0.page == request.parameter("code") }) else { throw .notFound("this error page") }
                let text = "\(code.rawValue) (HTTP \(code.status))\n\n\(code.explanation)\n"
                return APIReply(200, .bytes(Array(text.utf8), type: "text/plain; charset=utf-8"))
            }
        ]
    }
}
