package import Federation

package enum AlertSeverity: String, Sendable, CaseIterable, Comparable {
    case info, warning, high, critical

    package static func < (a: AlertSeverity, b: AlertSeverity) -> Bool {
        (allCases.firstIndex(of: a) ?? 0) < (allCases.firstIndex(of: b) ?? 0)
    }
}

/// What a rule looks at.
package enum AlertMeasure: Sendable, Equatable {
    /// One number of the last `windowSeconds`.
    case value(SeriesSelector, Aggregate, windowSeconds: Double)
    /// The part of the values among others that are these, in percent. Durations count by how many there were.
    case share(of: SeriesSelector, among: SeriesSelector, windowSeconds: Double)
    /// The same of what counters have grown by.
    case shareOfSums(of: SeriesSelector, among: SeriesSelector, windowSeconds: Double)
    /// One number for each address: failed logins in the last `FailedLogins.windowSeconds`.
    case failedLogins
    /// For each service that is asked, 1 when it has answered at least once in the last `windowSeconds`, else 0.
    case services(windowSeconds: Double)
}

/// A number that somebody wants to hear about.
///
/// A reading beyond `threshold` makes an alert pending, and firing when it stays for `holdSeconds`. It is over when readings are back
/// behind `clearsAt` for `clearSeconds`: between the two nothing changes, so that a number that trembles at the threshold does not
/// make a bell.
package struct AlertRule: Sendable, Equatable {
    package enum Side: Sendable, Equatable { case above, below }

    /// Its name for ever.
    package var id: String
    package var severity: AlertSeverity
    package var title: String
    package var measure: AlertMeasure
    package var side: Side
    package var threshold: Double
    package var clearsAt: Double
    package var holdSeconds: Double
    package var clearSeconds: Double
    /// With fewer values behind it a reading says nothing bad.
    package var countMin: Int64
    /// `{value}`, `{threshold}`, `{count}` and `{subject}` become what they were when the alert fired.
    package var text: String
    /// What to do.
    package var action: String

    package init(
        id: String, severity: AlertSeverity, title: String, measure: AlertMeasure, side: Side = .above, threshold: Double, clearsAt: Double? = nil,
        holdSeconds: Double = 0, clearSeconds: Double = 60, countMin: Int64 = 1, text: String, action: String
    ) {
        self.id = id
        self.severity = severity
        self.title = title
        self.measure = measure
        self.side = side
        self.threshold = threshold
        self.clearsAt = clearsAt ?? threshold
        self.holdSeconds = holdSeconds
        self.clearSeconds = clearSeconds
        self.countMin = countMin
        self.text = text
        self.action = action
    }

    /// At the threshold itself is not beyond it.
    func isBeyond(_ reading: AlertReading) -> Bool {
        guard reading.count >= countMin else { return false }
        return side == .above ? reading.value > threshold : reading.value < threshold
    }

    func isBack(_ reading: AlertReading) -> Bool {
        guard reading.count >= countMin else { return true }
        return side == .above ? reading.value <= min(threshold, clearsAt) : reading.value >= max(threshold, clearsAt)
    }

    func words(_ reading: AlertReading) -> String {
        var words = text
        for (place, value) in [
            ("{value}", shown(reading.value)), ("{threshold}", shown(threshold)), ("{count}", "\(reading.count)"), ("{subject}", reading.subject ?? "all"),
        ] { words = words.split(separator: place, omittingEmptySubsequences: false).joined(separator: value) }
        return words
    }

    /// To a hundredth, and what is smaller to three digits.
    private func shown(_ value: Double) -> String {
        guard value.isFinite, value != 0 else { return "\(value)" }
        var scale = 100.0
        while value.magnitude * scale < 100, scale < 1e9 { scale *= 10 }
        let rounded = (value * scale).rounded() / scale
        guard rounded == rounded.rounded(), rounded.magnitude < 1e15 else { return "\(rounded)" }
        return "\(Int64(rounded))"
    }
}

package struct AlertReading: Sendable, Equatable {
    /// Whom it is about, where a rule has several: an address.
    package var subject: String?
    package var value: Double
    /// How many values it rests on.
    package var count: Int64
    package init(subject: String? = nil, value: Double, count: Int64) {
        self.subject = subject
        self.value = value
        self.count = count
    }
}

extension TimeSeries {
    /// What a rule reads now; nil: nothing is known.
    package func reading(_ measure: AlertMeasure, at now: Instant) -> AlertReading? {
        switch measure {
        case .value(let selector, let aggregate, let window):
            guard let point = total(selector, from: now.adding(seconds: -window), to: now.adding(seconds: 0.001)) else { return nil }
            return point.value(aggregate, seconds: window).map { AlertReading(value: $0, count: point.count) }
        case .share(let part, let whole, let window): return share(part, whole, window, now) { Double($0.count) }
        case .shareOfSums(let part, let whole, let window): return share(part, whole, window, now) { $0.sum }
        case .failedLogins, .services: return nil
        }
    }

    private func share(_ part: SeriesSelector, _ whole: SeriesSelector, _ window: Double, _ now: Instant, _ size: (Point) -> Double) -> AlertReading? {
        let (from, to) = (now.adding(seconds: -window), now.adding(seconds: 0.001))
        guard let all = total(whole, from: from, to: to).map(size) else { return nil }
        guard all > 0 else { return AlertReading(value: 0, count: 0) }
        let some = total(part, from: from, to: to).map(size) ?? 0
        return AlertReading(value: 100 * some / all, count: Int64(exactly: all.rounded(.down)) ?? .max)
    }
}
