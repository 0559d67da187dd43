internal import CryptoSuite
internal import SecureAggregation
internal import Wire

// A secure attempt: the protocol runs in `SecureAttempt`; what becomes durable, who is told, and when the round ends is
// decided here.
extension CoordinatorMachine {
    // MARK: Beginning

    mutating func selectSecure(attempt: Int, since: Instant, _ now: Instant) -> [CoordinatorEffect] {
        if let why = cannotGoOnWithout { return end(.failed, why, now) }
        let gathering = secureGathering()
        let isPatient = now < graceEnd(since)
        guard let epoch else {
            guard gathering.there.count >= (isPatient ? gathering.all : gathering.least) else { return [] }
            // A part of the clients is drawn once, with the groups that stay.
            let wanted = session.spec.cohortSize(registered: trainers.count, needed: needed.count)
            return beginDraw(sample(gathering.there, wanted, round: 0, attempt: (session.draws ?? 0) + 1), now)
        }
        if gathering.isHopeless && !isPatient { return closeHopeless(attempt, gathering, now) }
        guard gathering.there.count >= (isPatient ? gathering.all : gathering.least), let model, let suite else { return [] }
        if let first = beforePrivateRound(cohort: epoch.plan.members, now) { return first }
        let round = committedRounds + 1
        let parameters = epoch.parameters(session: session.id, round: round, attempt: attempt, model: digestBytes(model.digest), noise: session.privacy?.share)
        let allowed = gathering.there.compactMap { epoch.index(of: $0) }.sorted()
        guard
            let server = try? MaskingServer(
                parameters, partition: epoch.partition, roster: epoch.invitation.roster, goodGroupsMin: epoch.plan.grouping.goodGroupsMin,
                retryOf: Set(allowed), suite: suite)
        else { return end(.failed, "the groups of this session cannot be used any more", now) }
        var record = RoundRecord(
            round: round, attempt: attempt, state: .configured, cohort: gathering.there.sorted(), baseModel: model.digest, configuredAt: now,
            deadline: now.adding(seconds: session.spec.roundDeadlineSeconds))
        record.secure = SecureRound(allowed: allowed, parameters: hexadecimal(parameters.encoded))
        var open = OpenRound(record: record)
        open.secure = SecureAttempt(server, deadlines: SecureAttempt.Deadlines(from: now, to: record.deadline))
        phase = .collecting(open)
        return [.persist(.round(record))] + roundStarts(record, to: record.cohort)
    }

    // MARK: What members say

    mutating func secureFrame(_ client: String, _ frame: SecureFrame, _ now: Instant) -> [CoordinatorEffect] {
        seen(client, now)
        guard frame.round > 0 else { return drawReply(client, frame, now) }
        guard let key = secureKey, key == AttemptKey(round: frame.round, attempt: frame.attempt), let index = epoch?.index(of: client),
            let (sender, event) = Self.event(frame.message), sender == index
        else { return [] }
        return withAttempt(now) { attempt in
            attempt.keyBytesUp += Int64(frame.message.count)
            return attempt.server.handle(event)
        } + secureDue(now)
    }

    /// Who says it, by its own word, and what. The caller knows who sent it.
    private static func event(_ message: [UInt8]) -> (Int, MaskingServer.Event)? {
        do throws(SecureAggregationError) {
            switch MessageKind(of: message)?.plain {
            case .advert:
                let advert = try Advert(encoded: message)
                return (advert.index, .advert(advert))
            case .shareBundle:
                let bundle = try ShareBundle(encoded: message)
                return (bundle.dealer, .bundle(bundle))
            case .shareReceipt:
                let receipt = try ShareReceipt(encoded: message)
                return (receipt.holder, .receipt(receipt))
            case .survivorSignature:
                let signature = try SurvivorSignature(encoded: message)
                return (signature.index, .signature(signature))
            case .unmaskResponse:
                let response = try UnmaskResponse(encoded: message)
                return (response.holder, .response(response))
            default: return nil
            }
        } catch { return nil }
    }

    private var secureKey: AttemptKey? {
        switch phase {
        case .collecting(let open), .unmasking(let open): open.isSecure ? open.key : nil
        case .gathering, .initialising, .selecting, .drawing, .aggregating, .evaluating, .ended: nil
        }
    }

    /// A member that cannot or will not go on, in its own words.
    mutating func secureFailed(_ client: String, _ key: AttemptKey, _ reason: String, _ now: Instant) -> [CoordinatorEffect] {
        guard secureKey == key, let index = epoch?.index(of: client) else { return [] }
        return withAttempt(now) { attempt in
            attempt.gives(up: index, client, reason)
            return []
        } + secureDue(now)
    }

    /// A masked vector is durable.
    mutating func secureStored(_ record: ContributionRecord, _ now: Instant) -> [CoordinatorEffect] {
        guard let index = epoch?.index(of: record.client), let facts = record.masked else { return [] }
        return withAttempt(now) { $0.server.handle(.stored(MaskedInput(index: index, transcript: facts.transcript))) } + secureDue(now)
    }

    /// What a masked update of this client has to be; nil while none is taken from it.
    package func maskedUpload(_ client: String) -> MaskedUpload? {
        guard case .collecting(let open) = phase, let index = epoch?.index(of: client), !open.has(client), let input = open.secure?.input(of: index)
        else { return nil }
        return MaskedUpload(key: open.key, header: input.header, lanes: input.lanes, width: input.width)
    }

    // MARK: Going on

    /// Closes phases whose time is over, one after the other.
    mutating func secureDue(_ now: Instant) -> [CoordinatorEffect] {
        var effects: [CoordinatorEffect] = []
        while isSecureDue(now) { effects += withAttempt(now) { $0.server.handle(.deadline) } }
        return effects
    }

    private func isSecureDue(_ now: Instant) -> Bool {
        switch phase {
        case .collecting(let open), .unmasking(let open): open.isSecureDue(now)
        case .gathering, .initialising, .selecting, .drawing, .aggregating, .evaluating, .ended: false
        }
    }

    /// Lets the attempt under way do something, and does what follows from it.
    private mutating func withAttempt(_ now: Instant, _ body: (inout SecureAttempt) -> [MaskingServer.Effect]) -> [CoordinatorEffect] {
        switch phase {
        case .collecting(var open), .unmasking(var open):
            guard var attempt = open.secure else { return [] }
            // Nothing else holds the attempt while it is changed.
            phase = .ended
            open.secure = nil
            let effects = body(&attempt)
            open.secure = attempt
            return follow(effects, open, now)
        case .gathering, .initialising, .selecting, .drawing, .aggregating, .evaluating, .ended: return []
        }
    }

    private mutating func follow(_ effects: [MaskingServer.Effect], _ opened: OpenRound, _ now: Instant) -> [CoordinatorEffect] {
        var open = opened
        var out: [CoordinatorEffect] = []
        func settle() { phase = open.record.state == .sealed ? .unmasking(open) : .collecting(open) }
        for effect in effects {
            switch effect {
            case .sendAdverts(let members, let list):
                // Who is on the list is durable before it is sent: a later attempt may have nobody else.
                open.record.secure?.advertised = members
                out.append(.persist(.round(open.record)))
                out += send(list.encoded, to: members, &open)
            case .sendDelivery(let member, let delivery): out += send(delivery.encoded, to: [member], &open)
            case .sendConfirmation(let members, let confirmation): out += send(confirmation.encoded, to: members, &open)
            case .sendSurvivors(let members, let notice): out += send(notice.encoded, to: members, &open)
            case .persistSealed(let notice):
                open.record.state = .sealed
                open.record.sealed = notice.survivors.compactMap { epoch?.names[$0] }.sorted()
                let (offences, sealedState) = (open.secure?.offences, open.secure.map { base64URL($0.server.sealedState) })
                open.record.secure?.offences = offences
                open.record.secure?.sealedState = sealedState
                out.append(.persist(.round(open.record)))
            case .sendUnmask(let members, let request): out += send(request.encoded, to: members, &open)
            case .open(let groups, let void):
                open.secure?.void = void
                settle()
                return out + openGroups(groups, open, now)
            case .report(let evidence):
                open.secure?.note(evidence)
                open.secure?.noteEvidence(evidence.words(epoch?.names ?? []))
            case .refuse(let member, let error):
                // Frames that come twice or late are no evidence of anything.
                if case .outOfOrder = error { continue }
                open.secure?.noteEvidence("\(epoch?.names[member] ?? "member \(member)"): \(error.words)")
            case .abort(let error):
                if case .tooFew = error {
                    let void = belowFloor(open)
                    open.secure?.void = void
                    open.secure?.hadTooFewGroups = true
                }
                settle()
                return out + closeSecure(open, open.secure?.reason(error) ?? error.words, now)
            }
        }
        settle()
        return out
    }

    private func send(_ message: [UInt8], to members: [Int], _ open: inout OpenRound) -> [CoordinatorEffect] {
        let frames = members.flatMap { secureFrames([message], round: open.record.round, attempt: open.record.attempt, to: epoch?.names[$0] ?? "") }
        open.secure?.keyBytesDown += Int64(frames.count * message.count)
        return frames
    }

    private mutating func openGroups(_ groups: [OpenedGroup], _ open: OpenRound, _ now: Instant) -> [CoordinatorEffect] {
        guard let epoch, let attempt = open.secure, var job = aggregationJob(open),
            let grouping = try? GroupedAggregation(epoch.plan.grouping, sizes: epoch.partition.groups.map(\.count))
        else { return closeSecure(open, "the groups cannot be combined", now) }
        job.masked = MaskedJob(
            parameters: attempt.server.parameters, groups: groups, names: epoch.names, grouping: grouping)
        phase = .aggregating(open)
        return [.aggregate(job)]
    }

    // MARK: Ending

    /// An attempt that came to nothing: tried again with fresh keys as long as nobody was asked to open anything and enough may
    /// take part, else the round is closed with its model as it was.
    mutating func closeSecure(_ open: OpenRound, _ reason: String, _ now: Instant) -> [CoordinatorEffect] {
        let allowed = open.record.secure?.advertised ?? retryMembers ?? epoch?.partition.members ?? []
        guard open.record.state != .sealed, open.secure?.server.survivorsWereTold != true, allowed.count >= epoch?.plan.quorum ?? .max else {
            return closeUnchanged(open, reason, now)
        }
        retry = (open.record.round, allowed)
        return abort(open, reason, now)
    }

    private mutating func closeHopeless(_ attempt: Int, _ gathering: Gathering, _ now: Instant) -> [CoordinatorEffect] {
        guard let model else { return [] }
        let record = RoundRecord(
            round: committedRounds + 1, attempt: attempt, state: .configured, cohort: [], baseModel: model.digest, configuredAt: now, deadline: now)
        let reason = "\(gathering.there.count) of the \(gathering.all) members that took part before are left, and \(gathering.least) have to be"
        return closeUnchanged(OpenRound(record: record), reason, now)
    }

    /// What is measured of the open attempt.
    func secureOutcome(_ open: OpenRound, _ sums: MaskedSums?) -> SecureOutcome? {
        guard let epoch, open.record.secure != nil || open.record.cohort.isEmpty else { return nil }
        var outcome = SecureOutcome(groups: epoch.plan.groups)
        outcome.groupSizes = sums?.groupSizes ?? [Int](repeating: 0, count: epoch.plan.groups)
        guard let attempt = open.secure else { return outcome }
        outcome.void = attempt.void.map { $0.words(epoch.names) } + (sums?.void ?? [])
        outcome.confirmed = attempt.server.confirmedMembers.count
        outcome.survivors = open.record.sealed?.count ?? 0
        for record in (open.record.sealed ?? []).compactMap({ open.contributions[$0]?.masked }) {
            outcome.saturated += Int64(record.saturated)
            outcome.scaled += record.wasScaled ? 1 : 0
        }
        (outcome.keyBytesUp, outcome.keyBytesDown) = (attempt.keyBytesUp, attempt.keyBytesDown)
        (outcome.refusals, outcome.evidence) = (attempt.refusals, attempt.evidence)
        return outcome
    }

    // MARK: After a restart or a broken channel

    /// What a member that connects needs of the attempt under way.
    mutating func missedFrames(_ client: String, _ open: OpenRound) -> [CoordinatorEffect] {
        guard let attempt = open.secure, let index = epoch?.index(of: client), open.record.cohort.hasSorted(client) else { return [] }
        var open = open
        var out: [CoordinatorEffect] = []
        let isIn = attempt.server.phase == .adverts || attempt.server.advertised?.contains(index) == true
        if isIn, open.record.state == .configured, open.contributions[client] == nil, !attempt.failed.contains(index) {
            out.append(.send(.roundStart(roundStart(open.record, client)), to: client))
        }
        for effect in attempt.server.missed(by: index) {
            switch effect {
            case .sendAdverts(_, let list): out += send(list.encoded, to: [index], &open)
            case .sendDelivery(_, let delivery): out += send(delivery.encoded, to: [index], &open)
            case .sendConfirmation(_, let confirmation): out += send(confirmation.encoded, to: [index], &open)
            case .sendSurvivors(_, let notice): out += send(notice.encoded, to: [index], &open)
            case .sendUnmask(_, let request): out += send(request.encoded, to: [index], &open)
            case .persistSealed, .open, .refuse, .report, .abort: break
            }
        }
        phase = open.record.state == .sealed ? .unmasking(open) : .collecting(open)
        return out
    }

    /// Before the unmask request left, keys in memory are gone and the attempt with them; afterwards the same set is asked again.
    mutating func resumeSecure(_ open: OpenRound, _ now: Instant) -> [CoordinatorEffect] {
        guard open.record.state == .sealed else { return closeSecure(open, "the coordinator was restarted while keys were exchanged", now) }
        guard let epoch, let suite, let kept = open.record.secure, let state = kept.sealedBytes,
            let parameters = bytes(hexadecimal: kept.parameters).flatMap({ try? RoundParameters(encoded: $0) }),
            open.contributions.count == open.record.sealed?.count,
            let server = try? MaskingServer(
                resuming: state, parameters, partition: epoch.partition, roster: epoch.invitation.roster,
                goodGroupsMin: epoch.plan.grouping.goodGroupsMin, suite: suite)
        else { return closeUnchanged(open, "what unmasking needs is missing after a restart", now) }
        var open = open
        open.secure = SecureAttempt(
            server, deadlines: SecureAttempt.Deadlines(from: open.record.configuredAt, to: open.record.deadline), offences: kept.offences ?? [])
        phase = .unmasking(open)
        return secureDue(now)
    }
}
