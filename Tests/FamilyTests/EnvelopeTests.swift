import APIKit
import StrictJSON
import Testing

/// Every error of a service in every family: the status that its document gives it, in the document's form.
@Suite struct EnvelopeTests {
    /// Without a default: a new case does not compile until it has a row.
    private func statuses(_ error: ServiceError) -> (all: Int, word: (enterprise: String, aisemble: String, phi: String)) {
        switch error {
        case .invalid: (400, ("validation_error", "INVALID_REQUEST", "bad_request"))
        case .unauthenticated: (401, ("invalid_api_key", "AUTHENTICATION_REQUIRED", "unauthorized"))
        case .forbidden: (403, ("insufficient_permissions", "INSUFFICIENT_PERMISSIONS", "forbidden"))
        case .notFound: (404, ("not_found", "RESOURCE_NOT_FOUND", "not_found"))
        case .methodNotAllowed: (405, ("method_not_allowed", "METHOD_NOT_ALLOWED", "method_not_allowed"))
        case .conflict, .disagreement: (409, ("conflict", "CONFLICT", "conflict"))
        case .unprocessable: (422, ("unprocessable", "UNPROCESSABLE", "unprocessable_content"))
        case .modelNotLoaded: (422, ("unprocessable", "MODEL_NOT_LOADED", "unprocessable_content"))
        case .tooLarge: (413, ("payload_too_large", "PAYLOAD_TOO_LARGE", "content_too_large"))
        case .unsupportedMediaType: (415, ("unsupported_media_type", "UNSUPPORTED_MEDIA_TYPE", "unsupported_media_type"))
        case .upgradeRequired: (426, ("upgrade_required", "UPGRADE_REQUIRED", "upgrade_required"))
        case .rateLimited, .quotaExceeded: (429, ("quota_exceeded", "RATE_LIMIT_EXCEEDED", "too_many_requests"))
        case .notImplemented: (501, ("not_implemented", "NOT_IMPLEMENTED", "not_implemented"))
        case .upstream: (502, ("ai_engine_error", "UPSTREAM_ERROR", "bad_gateway"))
        case .unavailable: (503, ("service_unavailable", "SERVICE_UNAVAILABLE", "service_unavailable"))
        case .insufficientStorage: (507, ("insufficient_storage", "INSUFFICIENT_STORAGE", "insufficient_storage"))
        case .internalError: (500, ("internal_error", "INTERNAL_ERROR", "internal_server_error"))
        }
    }

    private let errors: [ServiceError] = [
        .invalid(field: "a", issue: "must be less", provided: 3), .unauthenticated("why"), .forbidden("why"), .notFound("it"),
        .methodNotAllowed(allowed: ["GET"]), .conflict("why", retryAfterSeconds: 3), .disagreement(field: "a", issue: "no", provided: "x"),
        .unprocessable(field: "a", issue: "no", provided: nil), .modelNotLoaded(asked: "m", available: ["a"]),
        .tooLarge(limitBytes: 7), .unsupportedMediaType("why"), .upgradeRequired("why"),
        .rateLimited(retryAfterSeconds: 9),
        .quotaExceeded(Quota(type: "requests", limit: 1000, used: 1000, resetsAtMilliseconds: 1_758_506_403_000), retryAfterSeconds: 9),
        .notImplemented(feature: "x", "not yet"), .upstream("The upstream 'lab' failed."),
        .unavailable("why", retryAfterSeconds: 5), .insufficientStorage, .internalError(cause: "a secret fault"),
    ]

    @Test func everyErrorHasItsStatusAndWordInEveryFamily() async throws {
        let families = try await World().families
        for error in errors {
            let (status, words) = statuses(error)
            for ((name, family, _, _), word) in zip(families, [words.enterprise, words.aisemble, words.phi]) {
                let reply = family.refusal(error, request("GET", family.bases[0]))
                #expect(reply.status == status, "\(name): \(error)")
                #expect(family.errorShape.problem(with: reply.json, at: "") == nil, "\(name): \(reply.json.encodedText)")
                let said = reply.json["error"]?.text ?? reply.json["error"]?["code"]?.text
                #expect(said == word, "\(name): \(error)")
                #expect(!reply.json.encodedText.contains("secret"), "\(name) tells the cause")
            }
        }
    }

    @Test func aQuotaSaysWhatOfWhatAndUntilWhen() async throws {
        let reply = try await World().enterprise.refusal(
            .quotaExceeded(Quota(type: "quantum_qubits", limit: 750, used: 750, resetsAtMilliseconds: 1_758_506_403_000), retryAfterSeconds: 3600),
            request("GET", "/api/v1"))
        let details = reply.json["details"]
        #expect(details?["quota_type"] == "quantum_qubits" && details?["limit"] == 750 && details?["used"] == 750)
        #expect(details?["reset_date"] == "2025-09-22T02:00:03.000Z" && reply.json["retry_after"] == 3600)
        #expect(reply.headers.contains { $0 == ("retry-after", "3600") })
    }

    /// What goes beyond the whole plan is not promised for later.
    @Test func aPlanThatIsTooSmallSaysHowMuchThereIs() {
        func said(used: Int64) -> String {
            Refusal(.quotaExceeded(Quota(type: "quantum_qubits", limit: 50, used: used, resetsAtMilliseconds: 0), retryAfterSeconds: 60)).message
        }
        #expect(said(used: 0) == "This goes beyond the plan's 50 quantum qubits; ask for at most 50")
        #expect(said(used: 20).hasSuffix("ask for less or wait 60 s") && said(used: 50).hasSuffix("are used up; wait 60 s"))
    }
}
