package import Federation

/// When to try again. The waits double, from `delaySeconds` on.
package struct RetryPolicy: Sendable, Equatable {
    package static let usual = RetryPolicy(checkedRetries: 5, delaySeconds: 60)
    package let maxRetries: Int
    package let delaySeconds: Int

    /// - Throws: `invalid` for a field of `retry_policy`.
    package init(maxRetries: Int, delaySeconds: Int) throws(WebhookError) {
        let (retries, delays) = (WebhookLimits.webhookRetries, WebhookLimits.webhookRetryDelaySeconds)
        guard retries.contains(maxRetries) else {
            throw .invalid(field: "retry_policy.max_retries", problem: "it is \(maxRetries)", remedy: "Give \(retries.lowerBound) to \(retries.upperBound).")
        }
        guard delays.contains(delaySeconds) else {
            throw .invalid(
                field: "retry_policy.retry_delay", problem: "it is \(delaySeconds)", remedy: "Give \(delays.lowerBound) to \(delays.upperBound) seconds.")
        }
        self.init(checkedRetries: maxRetries, delaySeconds: delaySeconds)
    }

    /// What was checked when it was stored.
    init(checkedRetries: Int, delaySeconds: Int) {
        maxRetries = min(max(0, checkedRetries), WebhookLimits.webhookRetries.upperBound)
        self.delaySeconds = max(1, delaySeconds)
    }

    /// Seconds before each retry, without chance, for the reply that shows them.
    package var schedule: [Double] { (0..<maxRetries).map { wait(failures: $0 + 1, jitter: 0, retryAfter: nil) } }

    /// Seconds until the next attempt.
    /// - Parameters:
    ///   - failures: attempts that have failed, at least 1.
    ///   - jitter: 0..<1, by chance: many receivers that fell together do not rise together.
    ///   - retryAfter: what the receiver asks for, in seconds; it is obeyed within `retrySecondsMax`.
    package func wait(failures: Int, jitter: Double, retryAfter: Double?) -> Double {
        var wait = Double(delaySeconds)
        for _ in 1..<max(1, min(failures, 64)) { wait = min(wait * 2, WebhookLimits.retrySecondsMax) }
        wait *= 1 + WebhookLimits.jitterShare * min(max(0, jitter), 1)
        return min(max(wait, retryAfter ?? 0), WebhookLimits.retrySecondsMax)
    }
}

/// `Retry-After` (RFC 9110 §10.2.3).
package enum RetryAfter {
    /// Seconds from `now` on; nil: it is neither a number of seconds nor a date of the form that is in use.
    package static func seconds(_ text: String, now: Instant) -> Double? {
        if (1...10).contains(text.utf8.count), text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) { return Double(text) }
        return date(text).map { max(0, Double($0) - Double(now.milliseconds) / 1000) }
    }

    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// Unix time of an IMF-fixdate: `Sun, 06 Nov 1994 08:49:37 GMT`.
    private static func date(_ text: String) -> Int64? {
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        guard text.utf8.count == 29, words.count == 6, words[0].hasSuffix(","), words[5] == "GMT", let month = months.firstIndex(of: String(words[2])) else {
            return nil
        }
        let clock = words[4].split(separator: ":", omittingEmptySubsequences: false)
        guard let day = whole(words[1], 2, 1...31), let year = whole(words[3], 4, 1970...9999), clock.count == 3, let hour = whole(clock[0], 2, 0...23),
            let minute = whole(clock[1], 2, 0...59), let second = whole(clock[2], 2, 0...60)
        else { return nil }
        // Days since 1970 (Hinnant, "chrono-compatible low-level date algorithms").
        let y = month < 2 ? year - 1 : year
        let dayOfYear = (153 * Int64((month + 10) % 12) + 2) / 5 + day - 1
        let days = 365 * y + y / 4 - y / 100 + y / 400 + dayOfYear - 719_468
        return days * 86_400 + hour * 3600 + minute * 60 + second
    }

    private static func whole(_ text: Substring, _ digits: Int, _ range: ClosedRange<Int64>) -> Int64? {
        guard text.utf8.count == digits, text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let number = Int64(text), range.contains(number) else {
            return nil
        }
        return number
    }
}
