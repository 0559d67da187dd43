/// What was done, counted beside the coordinator and without asking it.
struct Tally {
    /// Calls by tenant and status.
    private(set) var statuses: [String: [Int: Int]] = [:]
    /// Calls by service, as scrapers see them: success or error.
    private(set) var services: [String: [String: Int]] = [:]
    /// Calls by window: tenant, who calls, family.
    private(set) var windows: [String: Int] = [:]
    /// Entries of the audit by tenant and action.
    private(set) var audit: [String: [String: Int]] = [:]

    mutating func called(_ service: String, _ status: Int, tenant: String?) {
        services[service, default: [:]][status < 400 ? "success" : "error", default: 0] += 1
        if let tenant { statuses[tenant, default: [:]][status, default: 0] += 1 }
    }

    /// - Returns: calls in the window with this one.
    mutating func counted(_ window: String) -> Int {
        windows[window, default: 0] += 1
        return windows[window] ?? 0
    }

    mutating func audited(_ action: String, tenant: String) { audit[tenant, default: [:]][action, default: 0] += 1 }

    func calls(_ tenant: String, where isMeant: (Int) -> Bool = { _ in true }) -> Int {
        (statuses[tenant] ?? [:]).filter { isMeant($0.key) }.reduce(0) { $0 + $1.value }
    }
}

/// The same numbers from the same seed (SplitMix64, Steele et al. 2014).
struct SeededNumbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
