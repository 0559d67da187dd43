package import Federation
package import Storage

/// Whose calls are counted together: one principal of a tenant in one family.
package struct QuotaSubject: Sendable, Hashable {
    package var tenant: String
    /// As the identity names it: a key's id, a user's, a client's.
    package var principal: String
    package var family: APIFamily
    package init(tenant: String, principal: String, family: APIFamily) {
        self.tenant = tenant
        self.principal = principal
        self.family = family
    }

    var key: QuotaWindowKey { QuotaWindowKey(tenant: tenant, principal: principal, family: family.rawValue) }

    init?(_ key: QuotaWindowKey) {
        guard let family = APIFamily(rawValue: key.family) else { return nil }
        self.init(tenant: key.tenant, principal: key.principal, family: family)
    }
}

/// All windows, and which of them are other than they were written last. Windows that are over are dropped, a few with each
/// call; so memory is a matter of who called within the last hour.
package struct RateLimiter: Sendable {
    private struct Entry {
        var window: FixedWindow
        /// Whether `changed` names it.
        var isChanged: Bool
    }

    /// What a store has to learn.
    package struct Changes: Sendable {
        package var windows: [QuotaWindowRecord] = []
        package var dropped: [QuotaWindowKey] = []
    }

    private let windowsMax: Int
    private var entries: [QuotaSubject: Entry] = [:]
    private var expiry = Expiry<QuotaSubject>()
    private var changed: [QuotaSubject] = []
    private var dropped: [QuotaWindowKey] = []

    package init(windowsMax: Int = QuotaLimits.windows) { self.windowsMax = windowsMax }

    package var count: Int { entries.count }

    /// Goes on with what was stored. Windows that are over are dropped from the store.
    package mutating func restore(_ records: [QuotaWindowRecord], now: Instant) {
        for record in records.sorted(by: { $0.openedAt < $1.openedAt }) {
            let window = FixedWindow(openedAt: record.openedAt, used: record.used)
            guard let subject = QuotaSubject(record.key), !window.isOver(now), entries[subject] == nil else {
                dropped.append(record.key)
                continue
            }
            entries[subject] = Entry(window: window, isChanged: false)
            expiry.append(subject, window.openedAt)
        }
    }

    /// - Returns: nil when there is no room for one more window. Nothing is counted then, and nobody's count is given up for it.
    package mutating func take(_ subject: QuotaSubject, limit: Int, now: Instant) -> RateDecision? {
        clear(now)
        var entry: Entry
        if let present = entries[subject] {
            entry = present
        } else {
            guard entries.count < windowsMax else { return nil }
            entry = Entry(window: FixedWindow(openedAt: now), isChanged: false)
            expiry.append(subject, now)
        }
        let before = entry.window
        let decision = entry.window.take(now, limit: limit)
        if entry.window.openedAt != before.openedAt { expiry.append(subject, entry.window.openedAt) }
        if entry.window != before, !entry.isChanged {
            entry.isChanged = true
            changed.append(subject)
        }
        entries[subject] = entry
        return decision
    }

    package func look(_ subject: QuotaSubject, limit: Int, now: Instant) -> RateDecision {
        (entries[subject]?.window ?? FixedWindow(openedAt: now)).look(now, limit: limit)
    }

    /// When room for another window is certain, in whole seconds.
    package func roomAfterSeconds(_ now: Instant) -> Int {
        guard let head = expiry.head else { return 1 }
        let wait = FixedWindow.milliseconds - min(max(0, FixedWindow.elapsed(head.began, now)), FixedWindow.milliseconds)
        return max(1, Int(clamping: roundedUp(wait)))
    }

    /// A few that are over; as many as it takes while there is no room.
    private mutating func clear(_ now: Instant) {
        var steps = 0
        while steps < QuotaLimits.clearedPerCall || entries.count >= windowsMax, let (subject, began) = expiry.head {
            steps += 1
            guard var entry = entries[subject], entry.window.openedAt == began else {
                expiry.removeHead()
                continue
            }
            if entry.window.isOver(now) {
                expiry.removeHead()
                drop(subject)
            } else if now < began {
                // The clock stepped back: from now on an hour, as for a call.
                expiry.removeHead()
                entry.window.settle(now)
                entries[subject] = entry
                mark(subject)
                expiry.append(subject, now)
            } else {
                return
            }
        }
    }

    private mutating func drop(_ subject: QuotaSubject) {
        entries[subject] = nil
        dropped.append(subject.key)
    }

    private mutating func mark(_ subject: QuotaSubject) {
        guard entries[subject]?.isChanged == false else { return }
        entries[subject]?.isChanged = true
        changed.append(subject)
    }

    // MARK: Writing

    /// What was changed since the last time, as it is now, in parts of which each is one transaction. In this order: what was
    /// dropped may have been opened again.
    package mutating func drain(_ most: Int = QuotaLimits.windowsPerCommit) -> [Changes] {
        var windows: [QuotaWindowRecord] = []
        for subject in changed {
            // Not one that was dropped since; one that was dropped and opened again is named twice.
            guard let entry = entries[subject], entry.isChanged else { continue }
            entries[subject]?.isChanged = false
            windows.append(QuotaWindowRecord(key: subject.key, openedAt: entry.window.openedAt, used: entry.window.used))
        }
        let parts =
            Self.parts(dropped, most).map { Changes(dropped: $0) } + Self.parts(windows, most).map { Changes(windows: $0) }
        changed = []
        dropped = []
        return parts
    }

    private static func parts<Element>(_ all: [Element], _ most: Int) -> [[Element]] {
        stride(from: 0, to: all.count, by: max(1, most)).map { Array(all[$0..<min($0 + max(1, most), all.count)]) }
    }

    /// What could not be written is written next time, as it is then.
    package mutating func putBack(_ parts: some Sequence<Changes>) {
        var earlier: [QuotaWindowKey] = []
        for part in parts {
            earlier += part.dropped
            for window in part.windows {
                if let subject = QuotaSubject(window.key) { mark(subject) }
            }
        }
        dropped = earlier + dropped
    }
}
