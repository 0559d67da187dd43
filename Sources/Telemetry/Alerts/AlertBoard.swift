/// The alerts and the rules behind them, as they stand together at one moment.
package struct AlertBoard: Sendable, Equatable {
    /// A rule and what it reads.
    package struct Line: Sendable, Equatable {
        package var rule: AlertRule
        /// nil: nothing is known.
        package var value: Double?
        package init(rule: AlertRule, value: Double?) { (self.rule, self.value) = (rule, value) }
    }
    package var grade: HealthGrade
    /// The most severe first, then by age; so are those that are pending.
    package var firing: [Alert]
    package var pending: [Alert]
    /// The newest last.
    package var resolved: [Alert]
    package var rules: [Line]

    package init(grade: HealthGrade, firing: [Alert], pending: [Alert], resolved: [Alert], rules: [Line]) {
        (self.grade, self.firing, self.pending, self.resolved, self.rules) = (grade, firing, pending, resolved, rules)
    }
}
