extension RateDecision {
    /// Header fields, their names in lower case, of a reply in this family, refused or not: v1 names the window's length too, `phi` documents none.
    /// `Retry-After` is sent with every refusal (RFC 9110 §10.2.3).
    package func headers(_ family: APIFamily) -> [(name: String, value: String)] {
        var fields: [(name: String, value: String)] = []
        if family != .phi {
            fields += [("x-ratelimit-limit", "\(limit)"), ("x-ratelimit-remaining", "\(remaining)"), ("x-ratelimit-reset", "\(resetUnixSeconds)")]
        }
        if family == .v1 { fields.append(("x-ratelimit-window", "\(QuotaLimits.windowSeconds)")) }
        if !allowed { fields.append(("retry-after", "\(retryAfterSeconds)")) }
        return fields
    }
}

extension Plan {
    /// Calls an hour of a key with a `rate_limit` of its own: below the plan's it always holds, above it only when the platform
    /// gave the key.
    package func requestsPerHour(keyLimit: Int?, givenByPlatform: Bool) -> Int {
        guard let keyLimit else { return requestsPerHour }
        return givenByPlatform ? max(0, keyLimit) : min(max(0, keyLimit), requestsPerHour)
    }
}
