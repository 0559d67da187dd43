internal import StrictJSON

extension APIRequest {
    /// The body as a JSON object; an empty body is an empty object.
    package func object() async throws(ServiceError) -> ObjectReader {
        let bytes = try await content(["application/json"], as: "a JSON object")
        if bytes.isEmpty { return ObjectReader(.object([])) }
        let value: JSON
        do { value = try JSON(parsing: bytes) } catch {
            throw .invalid(field: "body", issue: error.description, provided: nil)
        }
        guard value.members != nil else { throw .invalid(field: "body", issue: "must be a JSON object", provided: value) }
        return ObjectReader(value)
    }

    /// The body's bytes. A wrong media type is refused before any of them is read.
    ///
    /// - Parameters:
    ///   - types: media types that are taken; the first one is recommended.
    ///   - what: the content in words.
    ///   - limit: bytes, when it is less than the endpoint's.
    ///   - takesUnsaid: a body that says nothing of itself is taken, also with what curl says when it was told nothing. For files that people put
    ///     here: their bytes are looked into in any case, and credentials never come by themselves, so that a form of somebody else's page can
    ///     send nothing in anybody's name.
    package func content(_ types: [String], as what: String, limit: Int = .max, takesUnsaid: Bool = false) async throws(ServiceError) -> [UInt8] {
        let header = header("content-type")
        func refuse(_ found: String) -> ServiceError { .unsupportedMediaType("send \(what) as Content-Type: \(types.joined(separator: " or ")); \(found)") }
        if let header, body.declaredBytes != 0, !(takesUnsaid && saysNothing) {
            let parts = header.split(separator: ";", omittingEmptySubsequences: false).map { $0.trimmingSpaces.lowercased() }
            guard types.contains(parts[0]) else { throw refuse("this says '\(parts[0].clipped(60))'") }
            let charset = parts.dropFirst().first { $0.hasPrefix("charset=") }?.dropFirst("charset=".count).filter { $0 != "\"" }
            if let charset, charset != "utf-8", charset != "utf8", charset != "us-ascii" { throw refuse("the charset must be UTF-8") }
        }
        let bytes = try await body.collect(min(limit, bodyLimitBytes))
        if header == nil, !bytes.isEmpty, !takesUnsaid { throw refuse("this does not say what it is") }
        return bytes
    }

    package static var plainBytes: String { "application/octet-stream" }

    /// Whether its content type says nothing of the body: there is none, or it is the one that curl has for all it was told nothing of.
    package var saysNothing: Bool {
        guard let header = header("content-type") else { return true }
        return header.prefix { $0 != ";" }.filter { $0 != " " }.lowercased() == "application/x-www-form-urlencoded"
    }
}
