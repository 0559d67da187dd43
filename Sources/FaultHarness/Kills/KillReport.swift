/// What a loop of kills found. Every promise that is broken is in words in `problems`.
package struct KillReport: Sendable {
    package var sessions = 0
    package var coordinatorKills = 0
    package var clientKills = 0
    package var kills: Int { coordinatorKills + clientKills }
    /// Receipts that clients hold, all looked up in the coordinator's store afterwards.
    package var acknowledged = 0
    package var acknowledgedLost = 0
    package var roundsCommitted = 0
    /// Rounds that the coordinator had told as committed, and that were not there afterwards, or had another model.
    package var committedLost = 0
    /// Contributions that count more than once, or that count and nobody sent; clients that sent two updates for one attempt.
    package var doubleCounted = 0
    /// Sessions whose last model is not the undisturbed one's, though every round came to something.
    package var otherModels = 0
    /// Secure rounds that left the model as it was, since the keys of too many members had died with them.
    package var closedUnchanged = 0
    /// Runs that a session ended which did not come to its end, with the kills that were left.
    package var brokenOff = 0
    /// Rounds that needed another attempt.
    package var retried = 0
    package var damages = 0
    /// Of every start of the coordinator after a kill.
    package var readyMilliseconds: [Double] = []
    package var problems: [String] = []

    package init() {}

    package mutating func add(_ other: KillReport) {
        sessions += other.sessions
        coordinatorKills += other.coordinatorKills
        clientKills += other.clientKills
        acknowledged += other.acknowledged
        acknowledgedLost += other.acknowledgedLost
        roundsCommitted += other.roundsCommitted
        committedLost += other.committedLost
        doubleCounted += other.doubleCounted
        otherModels += other.otherModels
        closedUnchanged += other.closedUnchanged
        brokenOff += other.brokenOff
        retried += other.retried
        damages += other.damages
        readyMilliseconds += other.readyMilliseconds
        problems += other.problems
    }
}
