package import Learning
package import RobustAggregation
package import Strategies
package import Wire

/// Names the request an answer belongs to. The shell makes tickets; the machine only hands them back.
package struct Ticket: Hashable, Sendable {
    package var value: UInt64
    package init(_ value: UInt64) { self.value = value }
}

package struct JoinRequest: Sendable, Equatable {
    package var client: String
    /// The shell has checked the registration token or the certificate; a document-only client gets an update token.
    package var updateTokenHash: [UInt8]?
    package var dataSize: Int64 = 1
    package var schema: DataSchema?
    package var computationCapability = "unknown"
    package var networkBandwidth = "unknown"
    package var maxPrivacyBudget: Double?
    package var dataMinimization = false
    package var dataset: String?

    package init(client: String) { self.client = client }
}

package enum CoordinatorEvent: Sendable {
    case join(JoinRequest, Ticket)
    /// The client's control socket for this session is open (after version negotiation) or gone.
    /// `identity`: its public key for secure aggregation against a lying coordinator; empty: none.
    case connected(client: String, identity: [UInt8] = [])
    case disconnected(client: String)
    case heartbeat(client: String)
    /// Asked before a body is read: may this client send this update now?
    case updateOffered(client: String, round: Int, attempt: Int, Ticket)
    /// The update is valid and durable. The ticket is nil when it is read back after a restart.
    case updateStored(ContributionRecord, Ticket?)
    /// The body was not acceptable; nothing was stored.
    case updateRejected(client: String, round: Int, attempt: Int, reason: String)
    /// An update was turned away before it was stored, because its attempt was sealed.
    case updateTooLate(client: String)
    /// The client says that it cannot deliver this attempt.
    case roundFailed(client: String, round: Int, attempt: Int, reason: String)
    /// A message of secure aggregation; the shell vouches for who sent it.
    case secureFrame(client: String, SecureFrame)
    /// `accuracy`: nil in a regression.
    case evaluationReported(client: String, round: Int, loss: Double, accuracy: Double?, rows: Int64)
    /// Model version 0 is durable under this digest (hex).
    case modelInitialised(digest: String)
    /// The operator's model to begin from is durable under this digest (hex).
    case initialModelGiven(digest: String, ModelSpec, DataSchema, Ticket)
    case aggregated(round: Int, attempt: Int, AggregationResult)
    case aggregationFailed(round: Int, attempt: Int, reason: String)
    /// The noise of the session, planned with what the members have lost before.
    case privacyPlanned(SessionPrivacy)
    /// No noise keeps the budget, or the ledger does not pay for the round of this attempt (nil: for none). Nothing was drawn.
    case budgetRefused(AttemptKey?, reason: String)
    /// Bytes of models served to clients since the last report.
    case bytesServed(Int64)
    case start(Ticket)
    case stop(reason: String, Ticket?)
    /// `nextDeadline` has passed.
    case tick
}

package struct AggregationJob: Sendable, Equatable {
    package var round: Int
    package var attempt: Int
    package var baseModel: String
    package var rule: AggregationRule
    /// In client order. Weights are sample counts with the mean, 1 with robust rules.
    package var contributions: [ContributionRecord]
    package var weights: [Int64]
    package var strategy: Strategy
    /// SHA-256 (hex) of the server's state that belongs to `baseModel`; nil: the strategy's initial one, or none.
    package var state: String?
    /// Of all members, where the strategy asks for it.
    package var allWeights: Int64 = 0
    /// Masked updates, and how the sums of their groups are opened; nil: plain updates.
    package var masked: MaskedJob?
    /// With differential privacy: its charge is to be durable before anything is computed.
    package var privacy: PrivacyJob?

    package init(
        round: Int, attempt: Int, baseModel: String, rule: AggregationRule, contributions: [ContributionRecord],
        weights: [Int64], strategy: Strategy = Strategy()
    ) {
        self.strategy = strategy
        self.round = round
        self.attempt = attempt
        self.baseModel = baseModel
        self.rule = rule
        self.contributions = contributions
        self.weights = weights
    }
}

package struct AggregationResult: Sendable, Equatable {
    /// SHA-256 (hex) of the new model file, already durable.
    package var model: String
    /// SHA-256 (hex) of the server's state that goes with it, already durable; nil when there is none.
    package var state: String?
    package var heldOutLoss: Double?
    package var heldOutAccuracy: Double?
    package var milliseconds: Double
    /// Of masked updates.
    package var sums: MaskedSums?
    /// With differential privacy: ε of the member that lost most, as the ledger has it now.
    package var epsilon: Double?

    package init(model: String, heldOutLoss: Double?, heldOutAccuracy: Double?, milliseconds: Double) {
        self.model = model
        self.heldOutLoss = heldOutLoss
        self.heldOutAccuracy = heldOutAccuracy
        self.milliseconds = milliseconds
    }
}

/// In order. What must be durable stands before what may be sent: the shell runs one effect after the other, and
/// neighbouring `persist` effects in one transaction. Indirect: they are passed on more often than they are made.
package indirect enum CoordinatorEffect: Sendable, Equatable {
    case persist(DurableChange)
    /// Make model version 0 from the seed, store it, answer with `modelInitialised`.
    case initialiseModel(ModelSpec, DataSchema, seed: UInt64)
    case send(ServerMessage, to: String)
    /// Ask the ledger what these members have lost, plan, answer with `privacyPlanned` or `budgetRefused`.
    case planPrivacy(PrivacyDemand)
    case reply(Ticket, CoordinatorReply)
    case aggregate(AggregationJob)
    /// Bodies of these attempts are no longer needed.
    case discardContributions(throughRound: Int)
    /// The session is final; the shell may drop the machine once its answers are out.
    case finished(SessionStatus)
}

package enum DurableChange: Sendable, Equatable {
    case member(MemberRecord)
    case session(SessionRecord)
    case initialModel(digest: String)
    case round(RoundRecord)
    case evaluation(EvaluationRecord)
}

package enum CoordinatorReply: Sendable, Equatable {
    case joined(MemberRecord, assignedRound: Int, blockedBy: [Blocker])
    case admitted
    case accepted(ContributionRecord)
    case done
    case refused(Refused)
}

/// Something a session waits for, in the words of the API: `{what, asked, have, fix}`.
package struct Blocker: Sendable, Equatable {
    package var what: String
    package var asked: Int
    package var have: Int
    package var fix: String
    package init(what: String, asked: Int, have: Int, fix: String) {
        self.what = what
        self.asked = asked
        self.have = have
        self.fix = fix
    }
}

/// Why a request was not taken. Nothing has changed.
package enum Refused: Sendable, Equatable {
    case sessionClosed(SessionStatus)
    case sessionFull(Int)
    case schemaDisagrees(field: String, session: String, client: String)
    /// Something the operator gave does not fit the session.
    case unfit(field: String, issue: String)
    case certificateRequired
    case notAMember
    case notInCohort(round: Int, retryAfterSeconds: Int)
    /// The round asked for is not the one that is open.
    case stale(round: Int, attempt: Int, open: Int?)
    case late(round: Int)
    /// Another body is already stored for this (round, attempt, client).
    case duplicateDiffers(round: Int)
    case noRoundOpen(retryAfterSeconds: Int)
    case invalidState(String)
}
