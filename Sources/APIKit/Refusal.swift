package import StrictJSON

/// An error as all families tell it: the words, the field, the headers. A family adds its code, its names and its envelope.
package struct Refusal: Sendable {
    package var message: String
    package var field: String?
    package var issue: String?
    /// As it was sent; a family echoes it (`JSON.echoed`).
    package var provided: JSON?
    package var quota: Quota?
    /// Ids of the models that could be asked for instead.
    package var available: [String]?
    package var retryAfterSeconds: Int?
    package var headers: [(name: String, value: String)] = []

    package init(_ error: ServiceError) {
        switch error {
        case .invalid(let name, let what, let value):
            message = "Invalid input: \(name) \(what)"
            (field, issue, provided) = (name, what, value)
        case .unprocessable(let name, let what, let value):
            message = "Cannot be processed: \(name) \(what)"
            (field, issue, provided) = (name, what, value)
        case .modelNotLoaded(let asked, let models):
            message = "The model '\(asked.clipped(Limits.nameBytes))' is not here; there is \(models.isEmpty ? "none" : models.joined(separator: ", "))"
            (field, issue, provided, available) = ("model", "names a model that is not here", .string(asked), models)
        case .disagreement(let name, let what, let value):
            message = "Does not agree: \(name): \(what)"
            (field, issue, provided) = (name, what, value)
        case .notImplemented(let feature, let why, let value):
            message = why
            (field, provided) = (feature, value)
        case .unauthenticated(let why):
            message = why
            headers.append((name: "www-authenticate", value: "Bearer"))
        case .forbidden(let why): message = why
        case .notFound(let what): message = "Not found: \(what)"
        case .methodNotAllowed(let allowed):
            message = "This path takes \(allowed.joined(separator: ", "))"
            headers.append((name: "allow", value: allowed.joined(separator: ", ")))
        case .conflict(let why, let seconds): (message, retryAfterSeconds) = (why, seconds)
        case .tooLarge(let limit): message = limit == 0 ? "No body is taken here" : "The body is larger than the \(limit) bytes taken here"
        case .unsupportedMediaType(let why): message = why
        case .upgradeRequired(let why):
            message = why
            headers += [(name: "upgrade", value: "websocket"), (name: "connection", value: "upgrade")]
        case .rateLimited(let seconds): (message, retryAfterSeconds) = ("Too many requests; wait \(seconds) s", seconds)
        case .quotaExceeded(let excess, let seconds):
            let things = String(excess.type.map { $0 == "_" ? " " : $0 })
            // Where nothing is used, nothing becomes free.
            message =
                excess.used == 0 && excess.limit > 0
                ? "This goes beyond the plan's \(excess.limit) \(things); ask for at most \(excess.limit)"
                : excess.used < excess.limit
                    ? "This goes beyond the plan's \(excess.limit) \(things), of which \(excess.used) are used; ask for less or wait \(seconds) s"
                    : "The plan's \(excess.limit) \(things) are used up; wait \(seconds) s"
            (quota, retryAfterSeconds) = (excess, seconds)
        case .unavailable(let why, let seconds): (message, retryAfterSeconds) = (why, seconds)
        case .upstream(let why): message = why
        case .insufficientStorage: message = "The disk is full; nothing that was acknowledged is lost"
        case .internalError: message = "Server error; quote the request_id"
        }
        if let retryAfterSeconds { headers.append((name: "retry-after", value: "\(retryAfterSeconds)")) }
    }
}
