package import APIKit
package import FederationService
internal import StrictJSON

/// The family of `/api/v4`: its endpoint table, its envelope, its version negotiation.
package enum TrustStream {
    package static func family(_ service: any FederatedLearning, authorityPin: String) -> Family {
        Family(
            bases: ["/api/v4", "/v4"],
            endpoints: federatedLearning(service) + nodes(service, authorityPin: authorityPin) + errorPages + notBuilt,
            envelope: envelope, negotiate: negotiate)
    }

    /// `API-Version: 4.3` or `4.4`; absent means 4.4. The reply says which one it speaks.
    @Sendable static func negotiate(_ request: APIRequest) throws(ServiceError) -> [(name: String, value: String)] {
        let asked = request.header("api-version") ?? "4.4"
        guard asked == "4.4" || asked == "4.3" else {
            throw .invalid(field: "API-Version", issue: "must be 4.3 or 4.4", provided: String(asked.prefix(40)))
        }
        return [(name: "api-version", value: asked)]
    }

    /// The documented error envelope. 5xx replies carry the request id and no cause.
    @Sendable static func envelope(_ error: ServiceError, _ request: APIRequest) -> APIReply {
        var headers: [(name: String, value: String)] = []
        let (status, code, message): (Int, String, String)
        var details: [JSON.Member] = []
        func field(_ field: String, _ issue: String, _ provided: String?) {
            details = [
                .init("field", .string(field)), .init("issue", .string(issue)), .init("provided_value", JSON(provided.map { String($0.prefix(200)) })),
            ]
        }
        switch error {
        case .invalid(let name, let issue, let provided):
            (status, code, message) = (400, "VALIDATION_ERROR", "Invalid input: \(name) \(issue)")
            field(name, issue, provided)
        case .unprocessable(let name, let issue, let provided):
            (status, code, message) = (422, "UNPROCESSABLE", "Cannot be processed: \(name) \(issue)")
            field(name, issue, provided)
        case .unauthenticated(let why):
            (status, code, message) = (401, "AUTHENTICATION_ERROR", why)
            headers.append((name: "www-authenticate", value: "Bearer"))
        case .forbidden(let why): (status, code, message) = (403, "AUTHORIZATION_ERROR", why)
        case .notFound(let what): (status, code, message) = (404, "NOT_FOUND", "Not found: \(what)")
        case .methodNotAllowed(let allowed):
            (status, code, message) = (405, "METHOD_NOT_ALLOWED", "This path takes \(allowed.joined(separator: ", "))")
            headers.append((name: "allow", value: allowed.joined(separator: ", ")))
        case .conflict(let why, let retry):
            (status, code, message) = (409, "CONFLICT", why)
            if let retry { headers.append((name: "retry-after", value: "\(retry)")) }
        case .tooLarge(let limit): (status, code, message) = (413, "PAYLOAD_TOO_LARGE", "The body is larger than the \(limit) bytes taken here")
        case .unsupportedMediaType(let why): (status, code, message) = (415, "UNSUPPORTED_MEDIA_TYPE", why)
        case .rateLimited(let retry):
            (status, code, message) = (429, "RATE_LIMIT_EXCEEDED", "Too many requests; wait \(retry) s")
            headers.append((name: "retry-after", value: "\(retry)"))
        case .notImplemented(let feature, let why):
            (status, code, message) = (501, "NOT_IMPLEMENTED", why)
            field(feature, "is not built yet", nil)
        case .unavailable(let why, let retry):
            (status, code, message) = (503, "SERVICE_UNAVAILABLE", why)
            headers.append((name: "retry-after", value: "\(retry)"))
        case .insufficientStorage: (status, code, message) = (507, "INSUFFICIENT_STORAGE", "The disk is full; nothing that was acknowledged is lost")
        case .internalError: (status, code, message) = (500, "INTERNAL_ERROR", "Server error; quote the request_id")
        }
        let page = code.lowercased().replacing("_", with: "-")
        return APIReply(
            status, headers: headers,
            .json([
                "success": false,
                "error": [
                    "code": .string(code), "message": .string(message), "details": .object(details), "request_id": .string(request.requestID),
                    "timestamp": .string(timestamp(request.nowMilliseconds)),
                    "documentation_url": .string("\(request.baseURL)/api/v4/docs/errors/\(page)"),
                ],
            ]))
    }

    private static let pages: [(name: String, status: Int, text: String)] = [
        ("validation-error", 400, "A field is missing, has the wrong type or is out of range. details.field names it, details.issue says what is allowed."),
        ("authentication-error", 401, "Send a key as 'Authorization: Bearer KEY' or 'X-API-Key: KEY', a session's update token as Bearer, or a client certificate."),
        ("authorization-error", 403, "You are known, but this is not yours to do."),
        ("not-found", 404, "There is no such path or object, or it belongs to another tenant."),
        ("method-not-allowed", 405, "The Allow header lists the methods of this path."),
        ("conflict", 409, "The state does not allow it now: a closed round, another update already stored, a model not decided yet. Retry-After says when to ask again, if that helps."),
        ("payload-too-large", 413, "The body is larger than what this path takes."),
        ("unsupported-media-type", 415, "Send JSON as application/json, updates as application/octet-stream (safetensors)."),
        ("unprocessable", 422, "The content was understood but cannot be used, such as an update with the wrong shapes or a NaN."),
        ("rate-limit-exceeded", 429, "Wait as long as Retry-After says."),
        ("internal-error", 500, "A fault of the server. Quote the request_id."),
        ("not-implemented", 501, "This part of the documented API is not built yet; details.field names it."),
        ("service-unavailable", 503, "Wait as long as Retry-After says."),
        ("insufficient-storage", 507, "The coordinator's disk is full. Send the same update again later."),
    ]

    private static var errorPages: [Endpoint] {
        [
            Endpoint("GET", "/docs/errors/{code}", "error_page", .open) { request throws(ServiceError) in
                guard let page = pages.first(where: { $0.name == request.parameter("code") }) else { throw .notFound("this error page") }
                return APIReply(200, .bytes(Array("\(page.name) (HTTP \(page.status))\n\n\(page.text)\n".utf8), type: "text/plain; charset=utf-8"))
            }
        ]
    }

    /// Documented, not built: they say so, and need credentials like everything else.
    private static var notBuilt: [Endpoint] {
        [
            ("POST", "/multi-cloud/workloads", "multi_cloud.deploy"), ("GET", "/multi-cloud/workloads/{workload_id}/metrics", "multi_cloud.metrics"),
            ("POST", "/ai-explainability/explain", "ai_explainability.explain"),
            ("POST", "/ai-explainability/dashboards", "ai_explainability.dashboards"),
            ("GET", "/ai-explainability/dashboards/{dashboard_id}/data", "ai_explainability.dashboard_data"),
            ("GET", "/ai-explainability/dashboards/{dashboard_id}/export", "ai_explainability.dashboard_export"),
            ("POST", "/quantum-encryption/keys/generate", "quantum_encryption.generate"), ("POST", "/quantum-encryption/encrypt", "quantum_encryption.encrypt"),
            ("POST", "/quantum-encryption/key-exchange", "quantum_encryption.key_exchange"),
            ("POST", "/enterprise-integration/workflows", "enterprise_integration.workflows"),
            ("POST", "/enterprise-integration/events", "enterprise_integration.events"),
            ("GET", "/enterprise-integration/workflows/{workflow_id}/status", "enterprise_integration.workflow_status"),
            ("GET", "/enterprise-integration/workflows/{workflow_id}/metrics", "enterprise_integration.workflow_metrics"),
            ("GET", "/enterprise-integration/workflows/{workflow_id}/logs", "enterprise_integration.workflow_logs"),
            ("GET", "/monitoring/performance", "monitoring.performance"),
        ].map { method, path, operation in
            Endpoint(method, path, operation, .administrator) { _ throws(ServiceError) in
                throw .notImplemented(feature: operation, "This documented endpoint is not built yet")
            }
        }
    }
}

/// What a service call throws, for the envelope.
func calling<Value: Sendable>(
    _ call: @Sendable () async throws(FederationFailure) -> Value
) async throws(ServiceError) -> Value {
    do { return try await call() } catch {
        switch error {
        case .notFound(let what): throw .notFound(what)
        case .unauthenticated(let why): throw .unauthenticated(why)
        case .forbidden(let why): throw .forbidden(why)
        case .invalid(let field, let issue, let provided): throw .invalid(field: field, issue: issue, provided: provided)
        case .unprocessable(let field, let issue, let provided): throw .unprocessable(field: field, issue: issue, provided: provided)
        case .conflict(let why, let retry): throw .conflict(why, retryAfterSeconds: retry)
        case .tooLarge(let limit): throw .tooLarge(limitBytes: limit)
        case .unavailable(let why, let retry): throw .unavailable(why, retryAfterSeconds: retry)
        case .insufficientStorage: throw .insufficientStorage
        case .internalError: throw .internalError
        }
    }
}
