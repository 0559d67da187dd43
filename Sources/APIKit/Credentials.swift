/// What a request says about who sends it. `Authorization: Bearer` and `X-API-Key` are two ways to say the same thing;
/// a request that says different things is nobody's.
package func bearer(of request: APIRequest) throws(ServiceError) -> String? {
    var token: String?
    for (name, value) in request.headers where name == "authorization" || name == "x-api-key" {
        var said = value
        if name == "authorization" {
            let parts = value.split(separator: " ", maxSplits: 1)
            guard parts.count == 2, parts[0].lowercased() == "bearer" else {
                throw .unauthenticated("the Authorization header must be 'Bearer' and a token")
            }
            said = parts[1].trimmingSpaces
        }
        guard !said.isEmpty else { throw .unauthenticated("the key is empty") }
        guard token == nil || token == said else { throw .unauthenticated("Authorization and X-API-Key say different things") }
        token = said
    }
    return token
}

/// RFC 3339 in UTC with milliseconds.
package func timestamp(_ milliseconds: Int64) -> String {
    let days = (milliseconds >= 0 ? milliseconds : milliseconds - 86_399_999) / 86_400_000
    let rest = milliseconds - days * 86_400_000
    // Days to a civil date (Hinnant, "chrono-compatible low-level date algorithms").
    let z = days + 719_468
    let era = (z >= 0 ? z : z - 146_096) / 146_097
    let dayOfEra = z - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let mp = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * mp + 2) / 5 + 1
    let month = mp < 10 ? mp + 3 : mp - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    var text: [UInt8] = []
    text.reserveCapacity(24)
    func put(_ value: Int64, _ width: Int, _ after: Unicode.Scalar) {
        let digits = "\(value)".utf8
        for _ in digits.count..<max(digits.count, width) { text.append(UInt8(ascii: "0")) }
        text += digits
        text.append(UInt8(ascii: after))
    }
    put(year, 4, "-")
    put(month, 2, "-")
    put(day, 2, "T")
    put(rest / 3_600_000, 2, ":")
    put(rest / 60_000 % 60, 2, ":")
    put(rest / 1000 % 60, 2, ".")
    put(rest % 1000, 3, "Z")
    return String(decoding: text, as: UTF8.self)
}
