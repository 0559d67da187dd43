/// What the console takes from outside and shows at a time, at most.
package enum Limits {
    // MARK: Signing in

    /// People who are signed in; one more ends the one that was used longest ago.
    static let signIns = 64
    /// Without a page being asked for; what a page asks for by itself does not count.
    static let idleMilliseconds: Int64 = 60 * 60_000
    /// However busy.
    static let longestMilliseconds: Int64 = 12 * 3_600_000
    /// Wrong keys from one network in a row; then one more in each `attemptMilliseconds`.
    static let attempts = 8
    static let attemptMilliseconds: Int64 = 15_000
    /// Networks remembered.
    static let networks = 4096
    static let formBytes = 4096
    static let formFields = 16
    static let keyBytes = 256

    // MARK: Pages

    static let sessionsShown = 25
    static let pages = 100_000
    /// Rounds of a page: of charts and table alike.
    static let roundsShown = 200
    /// Closed attempts that are read for it: a round may take several.
    static let attemptsRead = 1000
    static let membersShown = 500
    static let nodesShown = 1000
}
