package import Federation

/// A promise of the federation that did not hold.
package struct Violation: Sendable, Equatable, CustomStringConvertible {
    package enum Rule: String, Sendable, CaseIterable {
        // What is kept
        case acknowledgedIsDurable, durableBeforeVisible, durableStaysDurable
        // What is computed
        case oneModelPerRound, hashChain, countedOnce, sumIsExact, stateIsExact, withstandsLiars, trainingIsReproducible, agreesOnTheModel
        // How a round goes
        case attemptIsNew, selectionIsFair, quorumIsMet, sealedIsFrozen, refusesBadUpdates, endsByDeadline, everyUploadIsAnswered
        case trainsOnce, comesToItsEnd
        // Secure aggregation
        case groupsAreKept, opensOnce, neverInTheClear, offendersAreKept
        // Differential privacy
        case chargedBeforeReleased, clientPaysFirst, noiseIsDrawnOnce, ledgerNeverFalls, capIsKept, budgetEndsSession
    }
    package var rule: Rule
    package var milliseconds: Int64
    package var detail: String

    package var description: String { "\(milliseconds) ms: \(rule.rawValue): \(detail)" }
}

package struct SimulationReport: Sendable, Equatable {
    /// Of every event in order, with the bytes of every message: the same seed has the same.
    package var traceHash: UInt64
    package var events: Int
    package var status: SessionStatus
    package var committedRounds: Int
    package var abortedAttempts: Int
    /// Of the last committed model.
    package var modelDigest: String?
    package var coordinatorRestarts: Int
    package var clientRestarts: Int
    package var virtualMilliseconds: Int64
    package var violations: [Violation]
    /// Empty unless the configuration asks for it.
    package var log: [String]
}
