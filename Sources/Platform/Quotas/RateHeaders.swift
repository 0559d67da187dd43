extension RateDecision {
    /// Header fields of a reply in this family, refused or not: v1 names the window's length too, `phi` documents none.
    /// `Retry-After` is sent with every refusal (RFC 9110 §10.2.3).
    package func headers(_ family: APIFamily) -> [(name: String, value: String)] {
        var fields: [(name: String, value: String)] = []
        if family != .phi {
            fields += [("X-RateLimit-Limit", "\(limit)"), ("X-RateLimit-Remaining", "\(remaining)"), ("X-RateLimit-Reset", "\(resetUnixSeconds)")]
        }
        if family == .v1 { fields.append(("X-RateLimit-Window", "\(QuotaLimits.windowSeconds)")) }
        if !allowed { fields.append(("Retry-After", "\(retryAfterSeconds)")) }
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
