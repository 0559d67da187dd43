import APIKit
import FederationService
import StrictJSON
import Testing
import TrustStreamAPI

@Suite struct EnvelopeTests {
    private struct Row {
        var error: ServiceError
        var status: Int
        var code: String
        var field: String?
        var provided: JSON = .null
        var header: (name: String, value: String)?
    }

    /// Without a default: a new case does not compile until it has a row.
    private func name(_ error: ServiceError) -> String {
        switch error {
        case .invalid: "invalid"
        case .unauthenticated: "unauthenticated"
        case .forbidden: "forbidden"
        case .notFound: "notFound"
        case .methodNotAllowed: "methodNotAllowed"
        case .conflict: "conflict"
        case .disagreement: "disagreement"
        case .unprocessable: "unprocessable"
        case .modelNotLoaded: "modelNotLoaded"
        case .tooLarge: "tooLarge"
        case .unsupportedMediaType: "unsupportedMediaType"
        case .upgradeRequired: "upgradeRequired"
        case .rateLimited: "rateLimited"
        case .quotaExceeded: "quotaExceeded"
        case .notImplemented: "notImplemented"
        case .unavailable: "unavailable"
        case .upstream: "upstream"
        case .insufficientStorage: "insufficientStorage"
        case .internalError: "internalError"
        }
    }

    private let rows = [
        Row(error: .invalid(field: "rounds", issue: "must be less", provided: 15.5), status: 400, code: "VALIDATION_ERROR", field: "rounds", provided: 15.5),
        Row(error: .unauthenticated("why"), status: 401, code: "AUTHENTICATION_ERROR", header: ("www-authenticate", "Bearer")),
        Row(error: .forbidden("why"), status: 403, code: "AUTHORIZATION_ERROR"),
        Row(error: .notFound("it"), status: 404, code: "NOT_FOUND"),
        Row(error: .methodNotAllowed(allowed: ["GET", "PUT"]), status: 405, code: "METHOD_NOT_ALLOWED", header: ("allow", "GET, PUT")),
        Row(error: .conflict("why", retryAfterSeconds: 3), status: 409, code: "CONFLICT", header: ("retry-after", "3")),
        Row(error: .conflict("why", retryAfterSeconds: nil), status: 409, code: "CONFLICT"),
        Row(
            error: .disagreement(field: "data_schema.inputs", issue: "no", provided: 3), status: 409, code: "CONFLICT", field: "data_schema.inputs", provided: 3
        ),
        Row(error: .unprocessable(field: "body", issue: "no", provided: "x"), status: 422, code: "UNPROCESSABLE", field: "body", provided: "x"),
        Row(error: .modelNotLoaded(asked: "m", available: ["a"]), status: 422, code: "UNPROCESSABLE", field: "model", provided: "m"),
        Row(error: .tooLarge(limitBytes: 7), status: 413, code: "PAYLOAD_TOO_LARGE"),
        Row(error: .unsupportedMediaType("why"), status: 415, code: "UNSUPPORTED_MEDIA_TYPE"),
        Row(error: .upgradeRequired("why"), status: 426, code: "UPGRADE_REQUIRED", header: ("upgrade", "websocket")),
        Row(error: .rateLimited(retryAfterSeconds: 9), status: 429, code: "RATE_LIMIT_EXCEEDED", header: ("retry-after", "9")),
        Row(
            error: .quotaExceeded(Quota(type: "requests", limit: 5, used: 5, resetsAtMilliseconds: 0), retryAfterSeconds: 8), status: 429,
            code: "RATE_LIMIT_EXCEEDED", header: ("retry-after", "8")),
        Row(
            error: .notImplemented(feature: "model_type", "not yet", provided: "cnn"), status: 501, code: "NOT_IMPLEMENTED", field: "model_type",
            provided: "cnn"),
        Row(error: .unavailable("why", retryAfterSeconds: 5), status: 503, code: "SERVICE_UNAVAILABLE", header: ("retry-after", "5")),
        Row(error: .upstream("why"), status: 503, code: "SERVICE_UNAVAILABLE"),
        Row(error: .insufficientStorage, status: 507, code: "INSUFFICIENT_STORAGE"),
        Row(error: .internalError(cause: "a secret fault"), status: 500, code: "INTERNAL_ERROR"),
    ]

    private var request: APIRequest {
        APIRequest(
            method: "GET", path: "/api/v4", body: RequestBody([]), requestID: "req-9", nowMilliseconds: 1_758_506_403_000, baseURL: "https://c:8443",
            socketBaseURL: "")
    }

    @Test func everyCaseHasItsStatusCodeAndTheDocumentedKeys() async throws {
        let documented = try JSON(parsing: Documented.error)
        #expect(Set(rows.map { name($0.error) }).count == 19)
        #expect(Set(rows.map(\.code)) == Set(ErrorCode.allCases.map(\.rawValue)))
        for row in rows {
            let reply = Surface().family.envelope(row.error, request)
            let body = reply.json
            let differences = Documented.differences(documented, body, mayBeNull: ["error.details.field", "error.details.provided_value"])
                .filter { !$0.hasPrefix("error.details.provided_value is") }
            #expect(differences.isEmpty, "\(row.code): \(differences)")
            #expect(reply.status == row.status && body["success"] == false && body["error"]?["code"]?.text == row.code)
            let details = body["error"]?["details"]
            #expect(details?["field"] == JSON(row.field) && details?["provided_value"] == row.provided, "\(row.code)")
            let quota = row.code == "RATE_LIMIT_EXCEEDED" && details?["quota_type"] != nil ? ["quota_type"] : []
            #expect(details?.members?.map(\.name) == ["field", "issue", "provided_value"] + quota)
            #expect(body["error"]?["request_id"] == "req-9")
            if let header = row.header { #expect(reply.headers.contains { $0 == header }, "\(row.code)") }
        }
        for (code, status) in Documented.codes { #expect(ErrorCode(rawValue: code)?.status == status) }
    }

    @Test func aFaultTellsNoCause() throws {
        let body = Surface().family.envelope(.internalError(cause: "a secret fault"), request).json
        #expect(body["success"] == false && !body.encodedText.contains("secret"))
    }

    @Test func everyDocumentationURLResolves() async throws {
        let surface = Surface()
        for row in rows {
            let url = try #require(Surface().family.envelope(row.error, request).json["error"]?["documentation_url"]?.text)
            #expect(url.hasPrefix("https://c:8443/"))
            let answer = await surface.call("GET", String(url.dropFirst("https://c:8443".count)), as: .anonymous)
            #expect(answer.status == 200, "\(url)")
            #expect(answer.text.contains(row.code))
        }
    }

    @Test func everyFailureOfTheServiceArrives() async throws {
        let failures: [(FederationFailure, Int)] = [
            (.notFound("x"), 404), (.unauthenticated("x"), 401), (.forbidden("x"), 403), (.invalid(field: "f", issue: "i", provided: 1), 400),
            (.unprocessable(field: "f", issue: "i", provided: [1]), 422), (.conflict("x", retryAfterSeconds: 1), 409),
            (.disagreement(field: "f", issue: "i", provided: 2), 409), (.tooLarge(limitBytes: 1), 413), (.unavailable("x", retryAfterSeconds: 1), 503),
            (.insufficientStorage, 507), (.internalError("the cause"), 500),
        ]
        for (failure, status) in failures {
            let surface = Surface()
            surface.service.set { $0.failure = failure }
            let answer = await surface.call("GET", sessions + "/fl-session-1")
            #expect(answer.status == status, "\(failure)")
            #expect(answer.cause == (status == 500 ? "the cause" : nil) && !answer.json.encodedText.contains("the cause"))
        }
    }
}
