package import APIKit
internal import StrictJSON

extension TrustStream {
    /// The documented error envelope. `details` always has its three keys; without a field its issue is the message. An
    /// internal error tells no cause.
    @Sendable package static func envelope(_ error: ServiceError, _ request: APIRequest) -> APIReply {
        var headers: [(name: String, value: String)] = []
        var (field, provided): (String?, JSON?) = (nil, nil)
        var issue: String?
        let (code, message): (ErrorCode, String)
        func retry(_ seconds: Int?) { if let seconds { headers.append((name: "retry-after", value: "\(seconds)")) } }

        switch error {
        case .invalid(let name, let what, let value):
            (code, message) = (.validation, "Invalid input: \(name) \(what)")
            (field, issue, provided) = (name, what, value)
        case .unprocessable(let name, let what, let value):
            (code, message) = (.unprocessable, "Cannot be processed: \(name) \(what)")
            (field, issue, provided) = (name, what, value)
        case .disagreement(let name, let what, let value):
            (code, message) = (.conflict, "Does not agree: \(name): \(what)")
            (field, issue, provided) = (name, what, value)
        case .notImplemented(let feature, let why, let value):
            (code, message) = (.notImplemented, why)
            (field, provided) = (feature, value)
        case .unauthenticated(let why):
            (code, message) = (.authentication, why)
            headers.append((name: "www-authenticate", value: "Bearer"))
        case .forbidden(let why): (code, message) = (.authorization, why)
        case .notFound(let what): (code, message) = (.notFound, "Not found: \(what)")
        case .methodNotAllowed(let allowed):
            (code, message) = (.methodNotAllowed, "This path takes \(allowed.joined(separator: ", "))")
            headers.append((name: "allow", value: allowed.joined(separator: ", ")))
        case .conflict(let why, let seconds):
            (code, message) = (.conflict, why)
            retry(seconds)
        case .tooLarge(let limit):
            (code, message) = (.payloadTooLarge, limit == 0 ? "No body is taken here" : "The body is larger than the \(limit) bytes taken here")
        case .unsupportedMediaType(let why): (code, message) = (.unsupportedMediaType, why)
        case .upgradeRequired(let why):
            (code, message) = (.upgradeRequired, why)
            headers += [(name: "upgrade", value: "websocket"), (name: "connection", value: "upgrade")]
        case .rateLimited(let seconds):
            (code, message) = (.rateLimited, "Too many requests; wait \(seconds) s")
            retry(seconds)
        case .unavailable(let why, let seconds):
            (code, message) = (.unavailable, why)
            retry(seconds)
        case .insufficientStorage: (code, message) = (.insufficientStorage, "The disk is full; nothing that was acknowledged is lost")
        case .internalError: (code, message) = (.internalError, "Server error; quote the request_id")
        }
        return APIReply(
            code.status, headers: headers,
            .json([
                "success": false,
                "error": [
                    "code": .string(code.rawValue), "message": .string(message),
                    "details": ["field": JSON(field), "issue": .string(issue ?? message), "provided_value": provided?.echoed ?? .null],
                    "request_id": .string(request.requestID), "timestamp": .string(timestamp(request.nowMilliseconds)),
                    "documentation_url": .string("\(request.baseURL)\(base)/docs/errors/\(code.page)"),
                ],
            ]))
    }

    static var errorPages: [Endpoint] {
        [
            Endpoint("GET", "/docs/errors/{code}", "docs.error", .open, rate: .page) { request throws(ServiceError) in
                guard let code = ErrorCode.allCases.first(where: { $0.page == request.parameter("code") }) else { throw .notFound("this error page") }
                let text = "\(code.rawValue) (HTTP \(code.status))\n\n\(code.explanation)\n"
                return APIReply(200, .bytes(Array(text.utf8), type: "text/plain; charset=utf-8"))
            }
        ]
    }
}
