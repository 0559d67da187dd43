package import APIKit
internal import DifferentialPrivacy
internal import Federation
package import FederationService
internal import Storage

/// The federated-learning service as the console's pages want to see it. The only file here that knows it.
package struct FederationSource<Service: FederatedLearning & SessionStandings>: SessionsSource, NodesSource {
    private let service: Service

    package init(_ service: Service) { self.service = service }

    package func overview(tenant: String, page: Int) async throws(ServiceError) -> OverviewModel {
        let views: [SessionView]
        do { views = try await service.sessions(tenant: tenant) } catch { throw told(error) }
        let first = (page - 1) * Limits.sessionsShown
        var shown: [SessionStanding] = []
        for view in views.dropFirst(first).prefix(Limits.sessionsShown) {
            // Of a session that ended before this process began only the record is in the list.
            let isBare = view.record.status.isFinal && view.totalClients == 0
            do { shown.append(SessionStanding(isBare ? try await service.status(view.record.id, tenant: tenant) : view)) } catch { throw told(error) }
        }
        return OverviewModel(sessions: shown, page: page, hasOlder: views.count > first + Limits.sessionsShown)
    }

    package func session(_ id: String, tenant: String, after: Int?) async throws(ServiceError) -> SessionModel {
        do {
            let view = try await service.status(id, tenant: tenant)
            let start = after ?? max(0, view.currentRound - Limits.roundsShown)
            // One more than is shown tells whether there are more. Attempts count as rounds do.
            var records = try await service.rounds(id, tenant: tenant, after: start, limit: Limits.attemptsRead)
            var model = SessionModel(standing: SessionStanding(view))
            if after == nil {
                model.hasEarlier = start > 0 || records.count > Limits.roundsShown
                records = Array(records.suffix(Limits.roundsShown))
            } else {
                model.hasEarlier = start > 0
                model.hasLater = records.count > Limits.roundsShown
                records = Array(records.prefix(Limits.roundsShown))
            }
            model.rows = records.compactMap(RoundRow.init)
            model.waits = view.blockedBy.map { Wait(what: $0.what, have: $0.have, asked: $0.asked, fix: $0.fix) }
            model.members = try await service.standings(id, tenant: tenant).map(MemberRow.init)
            model.protection = Protection(view)
            return model
        } catch { throw told(error) }
    }

    package func stop(_ id: String, tenant: String, by keyID: String) async throws(ServiceError) {
        do { _ = try await service.stop(id, tenant: tenant, reason: "stopped by the operator", by: AuditActor(keyID)) } catch { throw told(error) }
    }

    package func nodes(tenant: String) async throws(ServiceError) -> [NodeRow] {
        do {
            return try await service.nodes(tenant: tenant).map {
                NodeRow(
                    name: $0.name, enrolledAt: $0.enrolledAt.milliseconds, certificateEndsAt: $0.certificateExpiresAt.milliseconds,
                    revokedAt: $0.revokedAt?.milliseconds)
            }
        } catch { throw told(error) }
    }
}

private func told(_ failure: FederationFailure) -> ServiceError {
    switch failure {
    case .notFound(let what): .notFound(what)
    case .unauthenticated(let why): .unauthenticated(why)
    case .forbidden(let why): .forbidden(why)
    case .invalid(let field, let issue, let provided): .invalid(field: field, issue: issue, provided: provided)
    case .unprocessable(let field, let issue, let provided): .unprocessable(field: field, issue: issue, provided: provided)
    case .conflict(let why, let retry): .conflict(why, retryAfterSeconds: retry)
    case .disagreement(let field, let issue, let provided): .disagreement(field: field, issue: issue, provided: provided)
    case .tooLarge(let limit): .tooLarge(limitBytes: limit)
    case .unavailable(let why, let retry): .unavailable(why, retryAfterSeconds: retry)
    case .insufficientStorage: .insufficientStorage
    case .internalError(let cause): .internalError(cause: cause)
    }
}

extension SessionStage {
    fileprivate init(_ status: SessionStatus) {
        switch status {
        case .initializing: self = .initializing
        case .waiting: self = .waiting
        case .training: self = .training
        case .completed: self = .completed
        case .stopped: self = .stopped
        case .failed: self = .failed
        case .budgetExhausted: self = .budgetExhausted
        }
    }
}

extension SessionStanding {
    fileprivate init(_ view: SessionView) {
        let record = view.record
        self.init(
            id: record.id, progress: SessionStage(record.status), createdAt: record.createdAt.milliseconds, algorithm: record.spec.algorithm.rawValue,
            rule: record.spec.aggregation.rawValue, round: view.currentRound, rounds: record.spec.rounds, activeClients: view.activeClients,
            clients: view.totalClients)
        reason = record.statusReason
        // Held-out figures are of the same model as the others, and measured.
        accuracy = view.heldOutAccuracy ?? view.accuracy
        loss = view.heldOutLoss ?? view.loss
        epsilon = view.epsilon
        isText = record.spec.modelType == .languageModel
        if record.spec.privacy != nil { epsilonBudget = record.privacy?.budget.epsilon ?? record.spec.privacyCap }
    }
}

extension RoundRow {
    /// nil while the attempt is under way.
    fileprivate init?(_ record: RoundRecord) {
        guard let outcome = record.outcome else { return nil }
        let reason = outcome.reason ?? "no reason was kept"
        let ending: Ending = record.state == .aborted ? .aborted(reason) : outcome.secure?.isUnchanged == true ? .unchanged(reason) : .committed
        self.init(round: record.round, attempt: record.attempt, ending: ending, selected: outcome.selected, contributors: outcome.contributors)
        (late, dropped, rejected) = (outcome.late, outcome.dropped, outcome.rejected)
        loss = outcome.heldOutLoss ?? outcome.federatedLoss
        accuracy = outcome.heldOutAccuracy ?? outcome.federatedAccuracy
        isHeldOut = outcome.heldOutLoss != nil || outcome.heldOutAccuracy != nil
        epsilon = outcome.epsilon
        (bytesUp, bytesDown) = (outcome.bytesUp, outcome.bytesDown)
        (aggregateMilliseconds, seconds) = (outcome.aggregateMilliseconds, outcome.seconds)
        groupSizes = outcome.secure?.groupSizes
        valuesCut = outcome.secure?.saturated ?? 0
    }
}

extension MemberRow {
    fileprivate init(_ standing: MemberStanding) {
        self.init(
            name: standing.client, presence: standing.isConnected ? .connected : standing.isHere ? .heard : .away, rows: standing.dataSize,
            joinedAt: standing.joinedAt.milliseconds, hasCertificate: standing.hasCertificate)
        lastSeen = standing.lastSeen?.milliseconds
        excluded = standing.excluded
        switch standing.part {
        case nil: part = nil
        case .notAsked: part = .notAsked
        case .asked: part = .training
        case .sent: part = .sent
        case .failed: part = .failed
        }
    }
}

extension Protection {
    fileprivate init(_ view: SessionView) {
        self.init()
        let spec = view.record.spec
        isRobust = spec.aggregation.withstandsLiars
        if let secure = spec.secureAggregation {
            let groups = Groups(floor: secure.groupFloor, sizes: view.secure?.groupSizes ?? [], weakness: secure.weakness)
            masking = secure.mode == .maliciousServer ? .maliciousServer(groups) : .honestButCurious(groups)
        }
        guard let privacy = spec.privacy else { return }
        let plan = view.record.privacy
        let loss = Loss(
            budget: plan?.budget.epsilon ?? spec.privacyCap, delta: plan?.budget.delta ?? privacy.delta, spent: view.epsilon,
            adjacency: spec.adjacency.rawValue)
        // What was planned counts, and before that what was asked for.
        let byClients = plan.map { $0.share != nil } ?? (spec.noiseBy == .clients)
        noise = byClients ? .clients(loss) : .coordinator(loss)
    }
}
