/// What the console takes from outside and shows at a time, at most.
package enum Limits {
    // MARK: Signing in

    /// People who are signed in; one more ends the one that was used longest ago.
    package static let signIns = 64
    /// Without a page being asked for; what a page asks for by itself does not count.
    package static let idleMilliseconds: Int64 = 60 * 60_000
    /// However busy.
    package static let longestMilliseconds: Int64 = 12 * 3_600_000
    /// Wrong keys from one network in a row; then one more in each `attemptMilliseconds`.
    package static let attempts = 8
    package static let attemptMilliseconds: Int64 = 15_000
    /// Networks remembered.
    package static let networks = 4096
    /// Wrong keys that are written into the audit in a row; then one more in each `refusalMilliseconds`.
    package static let refusalsTold = 64
    package static let refusalMilliseconds: Int64 = 60_000
    package static let formBytes = 4096
    package static let formFields = 16
    package static let keyBytes = 256

    // MARK: Pages

    package static let sessionsShown = 25
    package static let pages = 100_000
    /// Rounds of a page: of charts and table alike.
    package static let roundsShown = 200
    /// Closed attempts that are read for it: a round may take several.
    package static let attemptsRead = 1000
    package static let membersShown = 500
    package static let nodesShown = 1000
    package static let jobsShown = 25
    /// As many as the queue passes over.
    package static let jobPages = 40_000
    /// Figures of a job's result.
    package static let figuresShown = 100
    /// Alerts of each table.
    package static let alertsShown = 256
}
