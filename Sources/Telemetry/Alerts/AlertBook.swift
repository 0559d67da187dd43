package import Federation
package import Storage

/// One rule and one subject of it.
package struct Alert: Sendable, Equatable {
    package enum State: String, Sendable {
        /// Beyond the threshold, not yet for long enough. Exits: firing, or gone.
        case pending
        /// Exit: resolved.
        case firing
        /// Over; it is listed for a while. Exit: gone. What comes again is another alert.
        case resolved
    }
    package var rule: String
    package var severity: AlertSeverity
    package var title: String
    package var subject: String?
    package internal(set) var state: State
    package internal(set) var since: Instant
    package internal(set) var firedAt: Instant?
    package internal(set) var resolvedAt: Instant?
    /// The last that was read.
    package internal(set) var value: Double
    /// With the numbers that fired it.
    package internal(set) var text: String
    package var action: String
    /// Since when readings have been back.
    var backSince: Instant?

    /// Of one firing: the rule, the subject and the moment.
    package var id: String { "\(rule)@\((firedAt ?? since).milliseconds)" + (subject.map { "/\($0)" } ?? "") }
}

/// The states of all rules. Pure: readings and instants come in, changes go out.
package struct AlertBook: Sendable {
    private struct Place: Hashable, Comparable {
        var rule: String
        var subject: String?
        static func < (a: Place, b: Place) -> Bool { (a.rule, a.subject ?? "") < (b.rule, b.subject ?? "") }
    }

    package let rules: [AlertRule]
    private var open: [Place: Alert] = [:]
    /// The newest last.
    package private(set) var resolved: [Alert] = []
    private var lastNow: Instant?

    package init(rules: [AlertRule]) { self.rules = rules }

    /// The most severe first, then by age.
    package var firing: [Alert] { sorted(.firing) }
    package var pending: [Alert] { sorted(.pending) }
    package var worst: AlertSeverity? { firing.map(\.severity).max() }

    private func sorted(_ state: Alert.State) -> [Alert] {
        open.sorted { $0.key < $1.key }.map(\.value).filter { $0.state == state }
            .sorted { ($1.severity, $0.since, $0.rule) < ($0.severity, $1.since, $1.rule) }
    }

    /// What has fired, to be kept: all that fires, and what was over last.
    package var records: [AlertRecord] { (resolved + firing).compactMap(AlertRecord.init) }

    /// Goes on with what was kept; before the first look. What a rule said that is gone is forgotten, and so is what was pending: nobody looked in
    /// between.
    package mutating func restore(_ records: [AlertRecord]) {
        for record in records {
            guard let rule = rules.first(where: { $0.id == record.rule }) else { continue }
            let alert = Alert(record, rule)
            guard record.resolvedAt == nil else {
                resolved = (resolved + [alert]).suffix(Limits.resolvedAlerts)
                continue
            }
            if open.count < Limits.alertStates { open[Place(rule: rule.id, subject: record.subject)] = alert }
        }
    }

    /// - Parameter readings: of one rule now, one for each subject. nil: nothing is known, so what fires goes on firing and what is
    ///   pending is forgotten. A subject that is not among them is as good as at 0 for rules that look for too much, and forgotten by
    ///   rules that look for too little.
    /// - Returns: alerts that began to fire or are over, in the order of the rules.
    package mutating func evaluate(at moment: Instant, _ readings: (AlertRule) -> [AlertReading]?) -> [Alert] {
        // A clock that is set back makes nothing last longer.
        let now = max(moment, lastNow ?? moment)
        lastNow = now
        var changes: [Alert] = []
        for rule in rules {
            let mine = open.keys.filter { $0.rule == rule.id }.sorted()
            guard let read = readings(rule) else {
                for place in mine where open[place]?.state == .pending { open[place] = nil }
                continue
            }
            var seen: Set<Place> = []
            for reading in read where !reading.value.isNaN {
                let place = Place(rule: rule.id, subject: reading.subject)
                guard seen.insert(place).inserted else { continue }
                step(rule, place, reading, now, &changes)
            }
            for place in mine where !seen.contains(place) {
                step(rule, place, AlertReading(subject: place.subject, value: rule.side == .above ? 0 : rule.threshold, count: 0), now, &changes)
            }
        }
        return changes
    }

    private mutating func step(_ rule: AlertRule, _ place: Place, _ reading: AlertReading, _ now: Instant, _ changes: inout [Alert]) {
        var alert: Alert
        switch open[place] {
        case nil:
            guard rule.isBeyond(reading), open.count < Limits.alertStates else { return }
            alert = Alert(
                rule: rule.id, severity: rule.severity, title: rule.title, subject: reading.subject, state: .pending, since: now, value: reading.value,
                text: rule.words(reading), action: rule.action)
        case let present?: alert = present
        }
        alert.value = reading.value
        switch alert.state {
        case .pending:
            guard rule.isBeyond(reading) else {
                open[place] = nil
                return
            }
            if now.seconds(since: alert.since) >= rule.holdSeconds {
                alert.state = .firing
                alert.firedAt = now
                alert.text = rule.words(reading)
                changes.append(alert)
            }
        case .firing:
            // Between the two thresholds it is not back, and the time begins anew.
            guard rule.isBack(reading) else {
                alert.backSince = nil
                break
            }
            let since = alert.backSince ?? now
            alert.backSince = since
            if now.seconds(since: since) >= rule.clearSeconds {
                alert.state = .resolved
                (alert.resolvedAt, alert.backSince) = (now, nil)
                changes.append(alert)
                resolved.append(alert)
                if resolved.count > Limits.resolvedAlerts { resolved.removeFirst() }
                open[place] = nil
                return
            }
        case .resolved: return
        }
        open[place] = alert
    }
}

extension Alert {
    fileprivate init(_ record: AlertRecord, _ rule: AlertRule) {
        self.init(
            rule: rule.id, severity: rule.severity, title: rule.title, subject: record.subject, state: record.resolvedAt == nil ? .firing : .resolved,
            since: record.since, firedAt: record.firedAt, resolvedAt: record.resolvedAt, value: record.value, text: record.text, action: rule.action)
    }
}

extension AlertRecord {
    /// nil: it has not fired.
    fileprivate init?(_ alert: Alert) {
        guard let firedAt = alert.firedAt else { return nil }
        self.init(
            rule: alert.rule, subject: alert.subject, since: alert.since, firedAt: firedAt, resolvedAt: alert.resolvedAt, value: alert.value, text: alert.text)
    }
}

/// How the whole is, from the worst that fires.
package enum HealthGrade: String, Sendable, CaseIterable {
    case excellent, good, degraded, critical

    package init(worst: AlertSeverity?) {
        self =
            switch worst {
            case nil: .excellent
            case .info, .warning: .good
            case .high: .degraded
            case .critical: .critical
            }
    }
}
