package import Learning
package import SecureAggregation

/// `initializing → waiting → training → completed | stopped | failed | budget_exhausted`.
package enum SessionStatus: String, Sendable, Codable, CaseIterable {
    /// Created; no client has joined and the model may not be known. Exits: waiting, stopped.
    case initializing
    /// Clients are joining, fewer than `min_clients` so far (or `auto_start` is off). Exits: training, stopped.
    case waiting
    /// Rounds run. Exits: completed, stopped, failed.
    case training
    case completed, stopped, failed
    /// The members' data may lose no more: the rounds that were run stand, and another one is not.
    case budgetExhausted = "budget_exhausted"

    package var isFinal: Bool {
        switch self {
        case .initializing, .waiting, .training: false
        case .completed, .stopped, .failed, .budgetExhausted: true
        }
    }
}

/// `planned → selecting → configured → collecting → sealed → unmasking → aggregated → committed | aborted`.
/// Without secure aggregation `unmasking` is passed over; only the states below are durable. A secure round whose groups could
/// not be opened is committed with the model it began with: nobody may be asked a second time.
package enum RoundState: String, Sendable, Codable, CaseIterable {
    case configured, sealed, committed, aborted
}

/// A session as stored. `tenant` is in every record from the first day.
package struct SessionRecord: Sendable, Equatable, Codable {
    package var id: String
    package var tenant: String
    package var spec: SessionSpec
    package var createdAt: Instant
    /// SHA-256 of the multi-use registration token; the token itself is shown once and never stored.
    package var registrationTokenHash: [UInt8]
    package var status: SessionStatus = .initializing
    package var statusReason: String?
    package var startedAt: Instant?
    package var endedAt: Instant?
    /// nil until the model is decided.
    package var model: ModelSpec?
    package var schema: DataSchema?
    /// `request`, `schema`, `initial_model` or `default`.
    package var modelSource: String?
    /// SHA-256 (hex) of the model file that training begins from, durable among the blobs; nil: version 0 is drawn from
    /// the seed, or it is not here yet.
    package var warmStart: String?
    /// The model the session gives away for good; nil until it has ended, and where that is the last one anyway.
    package var chosen: ChosenModel?
    /// Draws of groups that were begun; each has a number of its own. nil: none.
    package var draws: Int?
    /// The groups of secure aggregation, once drawn.
    package var epoch: SecureEpoch?
    /// The noise of differential privacy, once planned.
    package var privacy: SessionPrivacy?
    /// What members of the groups have done to the protocol, by roster index. nil: nothing.
    package var offenders: OffenderRecord?
    /// SHA-256 (hex) of the receipt among the blobs, once the session has ended and it was made.
    package var receipt: String?

    package init(id: String, tenant: String, spec: SessionSpec, createdAt: Instant, registrationTokenHash: [UInt8]) {
        self.id = id
        self.tenant = tenant
        self.spec = spec
        self.createdAt = createdAt
        self.registrationTokenHash = registrationTokenHash
    }
}

/// A client registered in a session.
package struct MemberRecord: Sendable, Equatable, Codable {
    package var client: String
    /// SHA-256 of the update token of a client that knows only the document; nil for a client with a certificate.
    package var updateTokenHash: [UInt8]?
    /// Rows of local data: the weight in plain averaging. 0: evaluates only.
    package var dataSize: Int64
    package var schema: DataSchema?
    package var joinedAt: Instant
    package var computationCapability: String = "unknown"
    package var networkBandwidth: String = "unknown"
    /// What this client's data may lose at most (ε), by its own word.
    package var maxPrivacyBudget: Double?
    package var dataMinimization = false
    /// Which of the client's data sets it trains on, for the ledger of privacy; nil: the only one.
    package var dataset: String?
    /// SCAFFOLD: the committed attempt in which this client's control was counted last.
    package var counted: AttemptKey?

    package init(client: String, dataSize: Int64, joinedAt: Instant) {
        self.client = client
        self.dataSize = dataSize
        self.joinedAt = joinedAt
    }
}

/// One accepted update. Primary key: (session, round, attempt, client).
package struct ContributionRecord: Sendable, Equatable, Codable {
    package var client: String
    package var round: Int
    package var attempt: Int
    /// SHA-256 of the (decompressed) body as the client sent it: the idempotency key of the upload.
    package var digest: [UInt8]
    package var samples: Int64
    /// Largest magnitude in the delta, for the exact sum.
    package var maxAbs: Float
    /// FedNova's normaliser, as the client says; nil with any other algorithm.
    package var steps: Double?
    /// SCAFFOLD: the client had lost its control, and began from zero. nil: it had not.
    package var hasLostControl: Bool?
    /// Of a masked update; nil: a plain one.
    package var masked: MaskedFacts?
    /// Bytes on the wire (compressed).
    package var wireBytes: Int64
    /// Loss and accuracy of the *received* model on the client's own rows, as the client says.
    package var loss: Double?
    package var accuracy: Double?
    package var receivedAt: Instant

    package init(
        client: String, round: Int, attempt: Int, digest: [UInt8], samples: Int64, maxAbs: Float, wireBytes: Int64,
        loss: Double?, accuracy: Double?, receivedAt: Instant
    ) {
        self.client = client
        self.round = round
        self.attempt = attempt
        self.digest = digest
        self.samples = samples
        self.maxAbs = maxAbs
        self.wireBytes = wireBytes
        self.loss = loss
        self.accuracy = accuracy
        self.receivedAt = receivedAt
    }
}

/// One attempt of one round. `sealed` is frozen before anything is computed from it.
package struct RoundRecord: Sendable, Equatable, Codable {
    package var round: Int
    package var attempt: Int
    package var state: RoundState
    /// Sorted client names.
    package var cohort: [String]
    /// SHA-256 (hex) of the model the cohort starts from.
    package var baseModel: String
    package var configuredAt: Instant
    package var deadline: Instant
    /// Sorted names of the clients whose updates count, once sealed.
    package var sealed: [String]?
    /// So many updates seal the attempt; nil: those of the whole cohort.
    package var wanted: Int?
    /// What each sealed client counts for, and all members together; decided when the attempt is sealed. nil: the rows
    /// that updates name, or all alike.
    package var weighing: Weighing?
    /// With secure aggregation, until the round is committed.
    package var secure: SecureRound?
    package var outcome: RoundOutcome?

    package init(
        round: Int, attempt: Int, state: RoundState, cohort: [String], baseModel: String, configuredAt: Instant,
        deadline: Instant
    ) {
        self.round = round
        self.attempt = attempt
        self.state = state
        self.cohort = cohort
        self.baseModel = baseModel
        self.configuredAt = configuredAt
        self.deadline = deadline
    }
}

/// Weights that do not come from the updates themselves.
package struct Weighing: Sendable, Equatable, Codable {
    /// In the order of `RoundRecord.sealed`; each at least 1.
    package var counted: [Int64]
    package var all: Int64
    package init(counted: [Int64], all: Int64) {
        self.counted = counted
        self.all = all
    }
}

/// How an attempt ended, with what was measured. Unknown is nil.
package struct RoundOutcome: Sendable, Equatable, Codable {
    /// SHA-256 (hex) of the new model; nil when aborted.
    package var model: String?
    /// SHA-256 (hex) of what the server keeps besides the model (`ServerState`), which goes with exactly this model;
    /// nil when the algorithm keeps nothing.
    package var state: String?
    package var reason: String?
    /// On the coordinator's own labelled set, of the new model.
    package var heldOutLoss: Double?
    package var heldOutAccuracy: Double?
    /// Sample-weighted over the clients' reports, of the model the round started from.
    package var federatedLoss: Double?
    package var federatedAccuracy: Double?
    package var selected: Int
    package var contributors: Int
    /// Updates that came while this attempt was under way, for one that was sealed already: this one or one before it.
    package var late: Int
    package var dropped: Int
    package var rejected: Int
    /// SCAFFOLD: updates of clients that had lost their control, and began from zero; nil with any other algorithm.
    package var lostControls: Int?
    package var bytesUp: Int64
    package var bytesDown: Int64
    package var aggregateMilliseconds: Double
    package var seconds: Double
    package var endedAt: Instant
    /// The best models up to here; nil where the session gives away the last one.
    package var best: BestModels?
    /// What early stopping has seen up to here.
    package var progress: Progress?
    /// With secure aggregation.
    package var secure: SecureOutcome?
    /// With differential privacy: what the member that lost most has lost by now, earlier sessions included (ε).
    package var epsilon: Double?

    package init(selected: Int, contributors: Int, seconds: Double, endedAt: Instant) {
        self.selected = selected
        self.contributors = contributors
        self.seconds = seconds
        self.endedAt = endedAt
        late = 0
        dropped = 0
        rejected = 0
        bytesUp = 0
        bytesDown = 0
        aggregateMilliseconds = 0
    }
}

/// Federated evaluation of the last model, or of any model between rounds.
package struct EvaluationRecord: Sendable, Equatable, Codable {
    package var round: Int
    package var loss: Double
    /// nil in a regression.
    package var accuracy: Double?
    package var rows: Int64
    package var clients: Int

    package init(round: Int, loss: Double, accuracy: Double?, rows: Int64, clients: Int) {
        self.round = round
        self.loss = loss
        self.accuracy = accuracy
        self.rows = rows
        self.clients = clients
    }
}

/// All that a machine needs to go on after a restart. Rounds: the last committed one and every later attempt.
package struct SessionSnapshot: Sendable, Equatable {
    package var session: SessionRecord
    package var members: [MemberRecord]
    package var rounds: [RoundRecord]
    /// SHA-256 (hex) of model version 0, once made.
    package var initialModel: String?
    /// Contributions of the attempt that is not yet committed or aborted.
    package var contributions: [ContributionRecord]
    package var evaluation: EvaluationRecord?

    package init(session: SessionRecord) {
        self.session = session
        members = []
        rounds = []
        contributions = []
    }
}
