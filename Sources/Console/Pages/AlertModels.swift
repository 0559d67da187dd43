/// An alert that fires, is about to, or is over. Instants are milliseconds since 1970.
package struct AlertRow: Sendable, Equatable {
    package var rule: String
    package var title: String
    /// `info`, `warning`, `high`, `critical`.
    package var severity: String
    /// Whom it is about, where a rule has several: an address.
    package var subject: String?
    /// Beyond the threshold since.
    package var since: Int64
    package var firedAt: Int64?
    package var endedAt: Int64?
    /// The last that was read.
    package var value: Double
    /// nil: the rule is not there any more.
    package var limit: AlertLimit?
    /// With the numbers that fired it.
    package var text: String
    package var action: String

    package init(rule: String, title: String, severity: String, subject: String?, since: Int64, value: Double, limit: AlertLimit?, text: String, action: String)
    {
        (self.rule, self.title, self.severity, self.subject) = (rule, title, severity, subject)
        (self.since, self.value, self.limit, self.text, self.action) = (since, value, limit, text, action)
    }
}

/// Where a rule begins to fire and where it ends.
package struct AlertLimit: Sendable, Equatable {
    package var threshold: Double
    package var clearsAt: Double
    /// Whether less than the threshold is too little; else more is too much.
    package var isFloor: Bool
    /// `%`, `s`, `days`; empty: a number.
    package var unit: String
    package init(threshold: Double, clearsAt: Double, isFloor: Bool, unit: String) {
        (self.threshold, self.clearsAt, self.isFloor, self.unit) = (threshold, clearsAt, isFloor, unit)
    }

    package func words(_ value: Double?) -> String {
        guard let value, value.isFinite else { return Words.unknown }
        return unit.isEmpty ? Words.short(value) : "\(Words.short(value)) \(unit)"
    }
    var fires: String { "\(isFloor ? "<" : ">") \(words(threshold))" }
}

/// A rule, what it looks at and what that is now.
package struct AlertRuleRow: Sendable, Equatable {
    package enum Standing: String, Sendable { case quiet, pending, firing }
    package var id: String
    package var title: String
    package var severity: String
    /// What it reads, in words.
    package var reads: String
    /// nil: nothing is known.
    package var value: Double?
    package var limit: AlertLimit
    package var holdSeconds: Double
    package var clearSeconds: Double
    /// With fewer values behind it a reading says nothing bad.
    package var countMin: Int64
    package var action: String
    package var standing: Standing

    package init(
        id: String, title: String, severity: String, reads: String, value: Double?, limit: AlertLimit, holdSeconds: Double, clearSeconds: Double,
        countMin: Int64, action: String, standing: Standing
    ) {
        (self.id, self.title, self.severity, self.reads, self.value, self.limit) = (id, title, severity, reads, value, limit)
        (self.holdSeconds, self.clearSeconds, self.countMin, self.action, self.standing) = (holdSeconds, clearSeconds, countMin, action, standing)
    }
}

package struct AlertsModel: Sendable, Equatable {
    /// `excellent`, `good`, `degraded`, `critical`.
    package var grade: String
    /// The most severe first.
    package var firing: [AlertRow]
    package var pending: [AlertRow]
    /// The newest first.
    package var over: [AlertRow]
    package var rules: [AlertRuleRow]
    package init(grade: String, firing: [AlertRow], pending: [AlertRow], over: [AlertRow], rules: [AlertRuleRow]) {
        (self.grade, self.firing, self.pending, self.over, self.rules) = (grade, firing, pending, over, rules)
    }
}
