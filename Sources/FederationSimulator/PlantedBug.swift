/// A fault in a simulated shell that a checker must find: the proof that the checkers can fail.
package enum PlantedBug: String, Sendable, CaseIterable {
    // The coordinator's disk

    /// An upload is acknowledged while it is still being written.
    case acknowledgesBeforeWriting
    /// Messages leave before the change they tell of is durable.
    case sendsBeforePersisting
    /// A round is committed while its model is still being written.
    case commitsBeforeModelIsDurable
    /// The disk says that it has written what it has only noted; a crash forgets it.
    case syncLies
    /// A crash leaves the last change of a transaction without those before it.
    case tearsTransactions
    /// Updates are not read back after a restart.
    case losesContributions
    /// Updates are deleted when the model is computed, not when it is committed.
    case discardsBeforeCommit

    // The arithmetic

    /// An update that was delivered twice is added twice.
    case countsDuplicates
    /// Every client weighs the same in the mean.
    case weighsWrongly
    /// The last client of the sealed set is left out of the sum.
    case forgetsLastUpdate
    /// A round is computed from the first model instead of the last one.
    case forksChain
    /// A round is computed from its model and the state before the first round.
    case forgetsServerState

    // The protocol

    /// A round is committed with fewer updates than the quorum.
    case commitsBelowQuorum
    /// The set that counts is written a second time, smaller.
    case sealsTwice
    /// An attempt that follows an aborted one has its number.
    case reusesAttempt
    /// An update that starts from another model is taken.
    case acceptsStaleBase
    /// An update with a value that is no number is taken.
    case acceptsNotFinite
    /// The coordinator's timer never fires.
    case ignoresDeadline
    /// A restart gives the open round more time.
    case restartExtendsDeadline
    /// An update that comes too late gets no answer at all.
    case dropsLateAnswer
    /// One client's signs of life never reach the machine.
    case overlooksOne
    /// The model of the round before is sent.
    case servesOldModel

    // Secure aggregation

    /// A restart has lost the groups, and draws others.
    case drawsAgain
    /// A restart has lost that the survivors were told, and begins another attempt.
    case opensTwice
    /// Half of the members are told of other survivors than the others.
    case tellsTwoSurvivorSets
    /// A client sends its update without masks.
    case masksNothing
    /// A client rounds every attempt anew.
    case roundsAnew
    /// A restart has lost who broke the protocol.
    case forgetsOffences

    // Differential privacy

    /// The ledger is charged when the round is committed, and not before its noise is drawn.
    case chargesAfterCommit
    /// The ledger is written and never synced.
    case forgetsLedger
    /// A crash between noise and commit: what was paid for is drawn again.
    case drawsNoiseAgain
    /// A round's result is released as it is.
    case addsNoNoise
    /// The ledger pays whatever is asked.
    case ignoresBudget
    /// A spent budget is taken for a failure that passes.
    case hidesSpentBudget
    /// A client takes part before its own ledger is durable.
    case clientPaysLate
    /// A client's own ledger has no cap.
    case clientIgnoresCap
    /// A client comes back with an empty ledger.
    case clientForgetsLedger

    // The clients

    /// A client does not read its state when it comes back.
    case clientForgets
    /// A client sends before its state is durable.
    case clientSendsBeforePersisting
    /// A client's disk says that it has written what it has only noted.
    case clientSyncLies
    /// A client that was called twice trains twice.
    case trainsTwice

    /// Whether it can show only where updates are masked; the others are looked for where they are not.
    package var isAboutMasks: Bool {
        [.drawsAgain, .opensTwice, .tellsTwoSurvivorSets, .masksNothing, .roundsAnew, .forgetsOffences].contains(self)
    }

    /// Whether it can show only where privacy is counted.
    package var isAboutPrivacy: Bool {
        switch self {
        case .chargesAfterCommit, .forgetsLedger, .drawsNoiseAgain, .addsNoNoise, .ignoresBudget, .hidesSpentBudget, .clientPaysLate, .clientIgnoresCap,
            .clientForgetsLedger:
            true
        default: false
        }
    }

    /// The promises it may break first.
    package var breaks: Set<Violation.Rule> {
        switch self {
        case .acknowledgesBeforeWriting: [.acknowledgedIsDurable]
        case .sendsBeforePersisting, .commitsBeforeModelIsDurable, .clientSendsBeforePersisting: [.durableBeforeVisible]
        case .syncLies, .clientSyncLies: [.durableStaysDurable]
        case .tearsTransactions, .forksChain: [.hashChain]
        case .losesContributions: [.acknowledgedIsDurable]
        case .discardsBeforeCommit: [.acknowledgedIsDurable]
        case .countsDuplicates: [.countedOnce]
        case .weighsWrongly, .forgetsLastUpdate: [.sumIsExact]
        case .forgetsServerState: [.stateIsExact]
        case .commitsBelowQuorum: [.quorumIsMet]
        case .sealsTwice: [.sealedIsFrozen]
        case .reusesAttempt: [.attemptIsNew]
        case .acceptsStaleBase, .acceptsNotFinite: [.refusesBadUpdates]
        case .ignoresDeadline, .restartExtendsDeadline: [.endsByDeadline]
        case .dropsLateAnswer: [.everyUploadIsAnswered]
        case .overlooksOne: [.selectionIsFair]
        case .servesOldModel: [.agreesOnTheModel]
        case .clientForgets, .trainsTwice: [.trainsOnce]
        case .drawsAgain: [.groupsAreKept]
        case .opensTwice, .tellsTwoSurvivorSets: [.opensOnce]
        case .masksNothing: [.neverInTheClear]
        case .roundsAnew: [.trainingIsReproducible]
        case .forgetsOffences: [.offendersAreKept]
        case .chargesAfterCommit: [.chargedBeforeReleased]
        case .forgetsLedger, .clientForgetsLedger: [.ledgerNeverFalls]
        case .drawsNoiseAgain: [.noiseIsDrawnOnce]
        case .addsNoNoise: [.sumIsExact]
        case .ignoresBudget, .clientIgnoresCap: [.capIsKept]
        case .hidesSpentBudget: [.budgetEndsSession]
        case .clientPaysLate: [.clientPaysFirst]
        }
    }
}
