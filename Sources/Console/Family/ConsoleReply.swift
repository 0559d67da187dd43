internal import APIKit

/// Replies with the headers that every answer of the console has.
package enum ConsoleReply {
    /// Nothing from elsewhere, no script and no style but ours, nobody frames us.
    package static let policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    static let headers: [(name: String, value: String)] = [
        (name: "content-security-policy", value: policy), (name: "x-content-type-options", value: "nosniff"), (name: "referrer-policy", value: "no-referrer"),
        (name: "cross-origin-opener-policy", value: "same-origin"), (name: "cross-origin-resource-policy", value: "same-origin"),
    ]
    private static let unkept = (name: "cache-control", value: "no-store")

    static func page(_ status: Int, _ document: [UInt8], headers more: [(name: String, value: String)] = []) -> APIReply {
        APIReply(status, headers: headers + [unkept] + more, .bytes(document, type: "text/html; charset=utf-8"))
    }

    /// To a page that asks for itself again and has it already.
    static func unchanged(_ tag: String) -> APIReply {
        APIReply(304, headers: headers + [unkept, (name: "etag", value: "\"\(tag)\"")], .empty)
    }

    /// A file that is kept and never shown: what is in it came from elsewhere, and must not become a page of this server.
    static func download(_ file: ConsoleFile) -> APIReply {
        let name = String(
            file.name.unicodeScalars.filter { $0.isASCII && ($0.properties.isAlphabetic || ("0"..."9").contains($0) || "._-".unicodeScalars.contains($0)) })
        let kept = headers.map { $0.name == "content-security-policy" ? (name: $0.name, value: policy + "; sandbox") : $0 }
        return APIReply(
            200, headers: kept + [unkept, (name: "content-disposition", value: "attachment; filename=\"\(name)\"")], .bytes(file.content, type: file.mediaType))
    }

    /// After a form, and to the sign-in.
    static func see(_ link: Link, headers more: [(name: String, value: String)] = []) -> APIReply {
        APIReply(303, headers: headers + [unkept, (name: "location", value: link.text)] + more, .empty)
    }

    /// Something without a secret in it, which the browser may keep and asks about.
    static func asset(_ content: [UInt8], type: String, tag: String, _ request: APIRequest) -> APIReply {
        let kept = headers + [(name: "etag", value: "\"\(tag)\""), (name: "cache-control", value: "no-cache")]
        if isHeld(tag, request) { return APIReply(304, headers: kept, .empty) }
        return APIReply(200, headers: kept, .bytes(content, type: type))
    }

    static func isHeld(_ tag: String, _ request: APIRequest) -> Bool { request.list("if-none-match").flatMap(EntityTags.init)?.contains(tag) ?? false }

    /// The family's envelope: an error as a page. It tells no cause of an internal one.
    @Sendable static func envelope(_ error: ServiceError, _ request: APIRequest) -> APIReply {
        var more: [(name: String, value: String)] = []
        func retry(_ seconds: Int?) { if let seconds { more.append((name: "retry-after", value: "\(seconds)")) } }
        let (status, title, words): (Int, String, String)
        switch error {
        case .invalid(let field, let issue, _): (status, title, words) = (400, "That could not be read", "\(field) \(issue).")
        case .unprocessable(let field, let issue, _): (status, title, words) = (422, "That cannot be done", "\(field) \(issue).")
        case .modelNotLoaded(let asked, _): (status, title, words) = (422, "That cannot be done", "The model \(asked) is not here.")
        case .disagreement(let field, let issue, _): (status, title, words) = (409, "That does not agree", "\(field): \(issue).")
        case .notImplemented(_, let why, _): (status, title, words) = (501, "Not built", why)
        case .unauthenticated(let why):
            (status, title, words) = (401, "Not signed in", why)
            more.append((name: "www-authenticate", value: "Bearer"))
        case .forbidden(let why): (status, title, words) = (403, "Not allowed", why)
        case .notFound(let what): (status, title, words) = (404, "Not found", "Not found: \(what).")
        case .methodNotAllowed(let allowed):
            (status, title, words) = (405, "Not this way", "This page takes \(allowed.joined(separator: ", ")).")
            more.append((name: "allow", value: allowed.joined(separator: ", ")))
        case .conflict(let why, let seconds):
            (status, title, words) = (409, "Not now", why)
            retry(seconds)
        case .tooLarge(let limit): (status, title, words) = (413, "Too large", "At most \(limit) bytes are taken here.")
        case .unsupportedMediaType(let why): (status, title, words) = (415, "That could not be read", why)
        case .upgradeRequired(let why): (status, title, words) = (426, "Not this way", why)
        case .rateLimited(let seconds):
            (status, title, words) = (429, "Too many attempts", "Wait \(Words.count(seconds, "second")) and try again.")
            retry(seconds)
        case .quotaExceeded(_, let seconds):
            (status, title, words) = (429, "Too many requests", "Wait \(Words.count(seconds, "second")) and try again.")
            retry(seconds)
        case .unavailable(let why, let seconds):
            (status, title, words) = (503, "Not now", why)
            retry(seconds)
        case .upstream(let why): (status, title, words) = (502, "Another server did not answer", why)
        case .insufficientStorage: (status, title, words) = (507, "The disk is full", "Nothing that was acknowledged is lost.")
        case .internalError: (status, title, words) = (500, "Something went wrong", "The coordinator’s log has the cause, under the request’s id.")
        }
        return page(status, ErrorPage.content(title: title, words: words, requestID: request.requestID).document(nil), headers: more)
    }
}
