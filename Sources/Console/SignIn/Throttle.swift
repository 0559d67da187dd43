/// How often a network may give a wrong key: a bucket of attempts that fills again with time. A key has 184 secret bits and cannot be
/// found by trying; this is for the work that trying makes.
package struct Throttle: Sendable {
    /// Milliseconds at which the bucket is full again.
    private var full: [String: Int64] = [:]

    package init() {}

    /// Seconds to wait before the next attempt; nil: it may be made now.
    package func wait(_ network: String, now: Int64) -> Int? {
        guard let full = full[network], full > now else { return nil }
        let (left, overflow) = full.subtractingReportingOverflow(now)
        // What is left is never more than a bucket; it seems more when the clock was set back.
        let over = (overflow ? Self.bucket : min(left, Self.bucket)) - (Self.bucket - Limits.attemptMilliseconds)
        return over > 0 ? Int((over + 999) / 1000) : nil
    }

    package mutating func failed(_ network: String, now: Int64) {
        if full[network] == nil, full.count >= Limits.networks {
            full = full.filter { $0.value > now }
            // All of them are trying: the one that is nearest to its end is forgotten.
            if full.count >= Limits.networks, let next = full.min(by: { ($0.value, $0.key) < ($1.value, $1.key) }) { full[next.key] = nil }
        }
        let most = Self.sum(now, Self.bucket)
        full[network] = min(Self.sum(max(full[network] ?? now, now), Limits.attemptMilliseconds), most)
    }

    private static let bucket = Int64(Limits.attempts) * Limits.attemptMilliseconds

    private static func sum(_ a: Int64, _ b: Int64) -> Int64 {
        let (sum, overflow) = a.addingReportingOverflow(b)
        return overflow ? .max : sum
    }

    package mutating func succeeded(_ network: String) { full[network] = nil }

    /// What counts as one: an IPv4 address, or the first 64 bits of an IPv6 address, since those are what one subscriber has.
    package static func network(of address: String) -> String {
        let plain = address.split(separator: "%", maxSplits: 1).first.map(String.init) ?? address
        guard plain.contains(":"), !plain.contains(".") else { return plain }
        let halves = plain.split(separator: ":", omittingEmptySubsequences: false)
        // `a::b` has an empty group in the middle; before it stand the first groups, and zeros fill what it leaves out.
        var groups: [Substring] = []
        for group in halves {
            if group.isEmpty, !groups.isEmpty { break }
            groups.append(group.isEmpty ? "0" : group)
        }
        if plain.hasPrefix("::") { groups = [] }
        groups = Array(groups.prefix(4))
        while groups.count < 4 { groups.append("0") }
        return groups.joined(separator: ":") + "::/64"
    }
}
