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
    package func content(_ types: [String], as what: String, limit: Int = .max) async throws(ServiceError) -> [UInt8] {
        let header = header("content-type")
        func refuse(_ found: String) -> ServiceError { .unsupportedMediaType("send \(what) as Content-Type: \(types.joined(separator: " or ")); \(found)") }
        if let header, body.declaredBytes != 0 {
            let parts = header.split(separator: ";", omittingEmptySubsequences: false).map { $0.trimmingSpaces.lowercased() }
            guard types.contains(parts[0]) else { throw refuse("this says '\(parts[0].clipped(60))'") }
            let charset = parts.dropFirst().first { $0.hasPrefix("charset=") }?.dropFirst("charset=".count).filter { $0 != "\"" }
            if let charset, charset != "utf-8", charset != "utf8", charset != "us-ascii" { throw refuse("the charset must be UTF-8") }
        }
        let bytes = try await body.collect(min(limit, bodyLimitBytes))
        if header == nil, !bytes.isEmpty { throw refuse("this does not say what it is") }
        return bytes
    }
}
