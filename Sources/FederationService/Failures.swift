internal import Federation
internal import Learning
internal import StrictJSON

extension Refused {
    /// In words for a client: what is the matter and what to do.
    var failure: FederationFailure {
        switch self {
        case .sessionClosed(let status): .conflict("the session is \(status.rawValue); nothing more is taken", retryAfterSeconds: nil)
        case .sessionFull(let limit): .conflict("the session has all its \(limit) clients (max_clients)", retryAfterSeconds: nil)
        case .schemaDisagrees(let field, let session, let client):
            .disagreement(field: field, issue: "the session has \(session.prefix(200)); join with data of the same form", provided: .string(client))
        case .unfit(let field, let issue): .unprocessable(field: field, issue: issue, provided: nil)
        case .certificateRequired: .forbidden("this session takes only clients with a certificate; enrol first with 'tutti-client join'")
        case .notAMember: .forbidden("this client has not joined the session; POST …/join first")
        case .notInCohort(let round, let retry): .conflict("this client is not selected for round \(round)", retryAfterSeconds: retry)
        case .stale(let round, let attempt, let open):
            .conflict(
                "round \(round), attempt \(attempt) is not open" + (open.map { "; round \($0) is" } ?? "") + "; fetch the weights again",
                retryAfterSeconds: nil)
        case .late(let round): .conflict("round \(round) is closed; fetch the weights of the next one", retryAfterSeconds: nil)
        case .duplicateDiffers(let round): .conflict("another update for round \(round) is stored already; it stands", retryAfterSeconds: nil)
        case .noRoundOpen(let retry): .conflict("no round is open; ask again", retryAfterSeconds: retry)
        case .invalidState(let what): .conflict(what, retryAfterSeconds: nil)
        }
    }
}

extension DatasetError {
    /// An evaluation set that cannot be used. The issue says in which line and column, `provided_value` what is there.
    var failure: FederationFailure { .unprocessable(field: "evaluation", issue: description, provided: value.map(JSON.string)) }

    private var value: String? {
        switch self {
        case .notANumber(_, _, let value), .labelRange(_, _, let value, _), .labelNotAClass(_, _, let value), .unknownClass(_, _, let value, _),
            .perhapsHeader(_, _, let value), .targetNotANumber(_, _, let value):
            value
        case .oneClass(let text, _), .noSuchColumn(let text, _), .ambiguousColumn(let text, _), .sklearnLine(let text), .notSklearn(let text),
            .classOption(let text):
            text
        case .empty, .oneColumn, .notText, .lineTooLong, .quote, .width, .missing, .missingLabel, .emptyColumn, .classNames, .tooManyClasses,
            .announcedRows, .announcedColumns, .noLabels, .inputs, .scaledToInfinity, .schema, .partition, .arrayFile,
            .noLabelArray, .labelsBesideCSV, .task, .noText, .longText, .tableForText:
            nil
        }
    }
}

extension UpdateError {
    var failure: FederationFailure {
        switch self {
        case .file(let error): .unprocessable(field: "body", issue: error.description, provided: nil)
        case .claim(let field, let issue, let provided): .unprocessable(field: field, issue: issue, provided: provided.map(JSON.string))
        case .notFinite(let tensor): .unprocessable(field: tensor, issue: description, provided: nil)
        case .wrongBase: .conflict(description, retryAfterSeconds: nil)
        }
    }
}

extension SessionView {
    init(machine: CoordinatorMachine, now: Instant) {
        self.init(record: machine.session)
        currentRound = machine.currentRound
        activeClients = machine.session.status.isFinal ? 0 : machine.activeClients(now)
        totalClients = machine.totalClients
        cohort = machine.cohort
        // The last federated evaluation: of the last model once that is done, else what the last round's clients said.
        loss = machine.evaluation?.loss ?? machine.lastCommitted?.federatedLoss
        accuracy = machine.evaluation?.accuracy ?? machine.lastCommitted?.federatedAccuracy
        heldOutLoss = machine.lastCommitted?.heldOutLoss
        heldOutAccuracy = machine.lastCommitted?.heldOutAccuracy
        if let chosen = machine.session.chosen { show(chosen, machine.evaluation) }
        rejectedUpdates = machine.rejectedUpdates
        secure = machine.lastOutcome?.secure
        epsilon = machine.lastOutcome?.epsilon
        blockedBy = machine.blockers(now)
        model = machine.given?.digest
        modelRound = machine.given?.round
        lateUpdates = machine.lateUpdates
    }

    /// The figures of the model that was chosen, which need not be the last.
    private mutating func show(_ chosen: ChosenModel, _ evaluation: EvaluationRecord?) {
        let measured = evaluation.flatMap { $0.round == chosen.round ? $0 : nil }
        switch chosen.reason {
        case .heldOutLoss:
            (heldOutLoss, heldOutAccuracy) = (chosen.loss, chosen.accuracy)
            (loss, accuracy) = (measured?.loss, measured?.accuracy)
        case .federatedLoss: (loss, accuracy) = (chosen.loss, chosen.accuracy)
        case .last: break
        }
    }
}
