package import Federation

/// What one call is told about its window.
package struct RateDecision: Sendable, Equatable {
    package var allowed: Bool
    package var limit: Int
    package var remaining: Int
    /// When the window is over.
    package var resetAt: Instant
    /// Whole seconds, after which a call is allowed; 0 for one that is.
    package var retryAfterSeconds: Int

    package init(allowed: Bool, limit: Int, remaining: Int, resetAt: Instant, retryAfterSeconds: Int) {
        self.allowed = allowed
        self.limit = limit
        self.remaining = remaining
        self.resetAt = resetAt
        self.retryAfterSeconds = retryAfterSeconds
    }

    /// Unix time in whole seconds, rounded up: at that second the window is over, never a moment before.
    package var resetUnixSeconds: Int64 { roundedUp(resetAt.milliseconds) }
}

/// An hour in which calls are counted, from the first of them on. The first call after it opens the next.
///
/// Clocks step. Forward, a window is over sooner. Backward to before its beginning, it begins anew with its count as it is: nobody
/// gains a call by it, and nobody waits for longer than an hour.
package struct FixedWindow: Sendable, Equatable {
    static let milliseconds = Int64(QuotaLimits.windowSeconds) * 1000

    package private(set) var openedAt: Instant
    /// Calls that were allowed.
    package private(set) var used: Int

    package init(openedAt: Instant, used: Int = 0) {
        self.openedAt = openedAt
        self.used = max(0, used)
    }

    package func isOver(_ now: Instant) -> Bool { Self.elapsed(openedAt, now) >= Self.milliseconds }

    package var resetAt: Instant { openedAt.adding(seconds: Double(QuotaLimits.windowSeconds)) }

    /// Counts a call where there is one left. A refused call is not counted.
    package mutating func take(_ now: Instant, limit: Int) -> RateDecision {
        settle(now)
        guard used < limit else { return decision(false, limit, now) }
        used += 1
        return decision(true, limit, now)
    }

    /// What stands at that moment, without counting; `allowed` says whether a call would be.
    package func look(_ now: Instant, limit: Int) -> RateDecision {
        var window = self
        window.settle(now)
        return window.decision(window.used < limit, limit, now)
    }

    /// The window that `now` is in: this one or a new one.
    package mutating func settle(_ now: Instant) {
        if isOver(now) { self = FixedWindow(openedAt: now) } else if now < openedAt { openedAt = now }
    }

    private func decision(_ allowed: Bool, _ limit: Int, _ now: Instant) -> RateDecision {
        let wait = max(0, Self.milliseconds - max(0, Self.elapsed(openedAt, now)))
        return RateDecision(
            allowed: allowed, limit: max(0, limit), remaining: max(0, max(0, limit) - used), resetAt: resetAt,
            retryAfterSeconds: allowed ? 0 : max(1, Int(clamping: roundedUp(wait))))
    }

    static func elapsed(_ from: Instant, _ to: Instant) -> Int64 {
        let (difference, overflow) = to.milliseconds.subtractingReportingOverflow(from.milliseconds)
        return overflow ? (to < from ? .min : .max) : difference
    }
}

/// Milliseconds in whole seconds, a part of one for a whole.
func roundedUp(_ milliseconds: Int64) -> Int64 {
    let (seconds, rest) = milliseconds.quotientAndRemainder(dividingBy: 1000)
    return rest > 0 ? seconds + 1 : seconds
}
