internal import CryptoSuite
internal import Learning
internal import Wire

/// One client's part in one session, as a value. See `ClientEvent` and `ClientEffect`.
///
/// Two things go on side by side: the link (offline → connecting → greeting → online → offline) and the work
/// (idle → paying → fetching → training → uploading → idle). The link may break without hurting the work.
package struct ClientMachine: Sendable {
    enum Link: Sendable, Equatable {
        case offline(retryAt: Instant)
        case connecting
        /// The channel is open; the coordinator's welcome is awaited.
        case greeting
        case online(nextHeartbeat: Instant)
        case ended
    }
    enum Work: Sendable, Equatable {
        case idle
        /// With differential privacy: the client's own ledger is asked first.
        case paying(RoundStart)
        case fetching(RoundStart, retryAt: Instant?)
        /// The model is here.
        case fetchingControl(RoundStart, ControlStart, retryAt: Instant?)
        case training(RoundStart)
        /// Trained; the masks, or the masked body, are awaited.
        case masking(RoundStart)
        case uploading(PendingUpdate)
        case waitingToUpload(PendingUpdate, at: Instant)
        case fetchingToEvaluate(EvaluationRequest, retryAt: Instant?)
        case evaluating(EvaluationRequest)
    }

    package let client: String
    package let session: String
    package internal(set) var state: ClientState
    var link: Link = .offline(retryAt: Instant(milliseconds: .min))
    var work = Work.idle
    var encoding = UploadEncoding.identity
    var heartbeatSeconds = 30
    var linkFailures = 0
    var workFailures = 0
    var generator: SeededGenerator
    var clock = Instant(milliseconds: .min)
    static let maximumWorkFailures = 20
    let owner: OwnerTerms
    // Secure aggregation, in `Secure/`.
    let protection: ClientProtection?
    var secure = SecureSide()
    /// The masks of the attempt under way, until the update is encoded.
    var masks: MaskingJob?
    /// A masked round that waits for the groups to be known.
    var heldStart: RoundStart?
    /// An attempt this client will not take part in.
    var refused: AttemptKey?

    /// - Parameters:
    ///   - state: what this client last persisted for the session.
    ///   - seed: spreads the waits before a retry, so that clients do not come back all at once.
    ///   - protection: nil: this client knows no secure aggregation, and says so.
    package init(
        client: String, session: String, state: ClientState, seed: UInt64, protection: ClientProtection? = nil, owner: OwnerTerms = OwnerTerms()
    ) {
        self.owner = owner
        self.protection = protection
        self.client = client
        self.session = session
        self.state = state
        generator = SeededGenerator(seed: seed)
    }

    package mutating func handle(_ event: ClientEvent, now: Instant) -> [ClientEffect] {
        clock = max(clock, now)
        if link == .ended { return [] }
        switch event {
        case .started:
            link = .connecting
            return [.connect]
        case .connected:
            link = .greeting
            return [
                .send(
                    .hello(
                        Hello(
                            versionMin: ControlCodec.oldest, versionMax: ControlCodec.version, software: "tutti-client",
                            sessionID: session, clientID: client, lastRound: state.acknowledged?.round ?? 0,
                            knows: Capability.allCases.filter { ![.secureAggregation, .xWing, .clientNoise].contains($0) || protection != nil }.map(\.rawValue),
                            identityKey: protection?.identityKey ?? [])))
            ]
        case .connectFailed(let reason, let fatal):
            if fatal { return finish(.failed(reason: reason)) }
            return lostLink()
        case .disconnected: return lostLink()
        case .message(let message): return receive(message)
        case .modelFetched(let digest): return modelFetched(digest)
        case .modelFetchFailed(let digest, let reason): return modelFetchFailed(digest, reason)
        case .trained(let key, let digest, let control): return trained(key, digest, control)
        case .encoded(let key):
            guard case .training(let start) = work, start.key == key else { return [] }
            work = .masking(start)
            return maskIfReady()
        case .masked(let key, let digest): return masked(key, digest)
        case .maskingFailed(let key, let reason):
            guard case .masking(let start) = work, start.key == key else { return [] }
            return giveUp(key, reason)
        case .paid(let key):
            guard case .paying(let start) = work, start.key == key else { return [] }
            return fetch(start)
        case .unpayable(let key, let reason):
            guard case .paying(let start) = work, start.key == key else { return [] }
            return giveUp(key, reason) + finish(.budgetExhausted(reason: reason))
        case .entropy(let use, let secret): return withSecure { $0.drew(use, secret) }
        case .trainingFailed(let key, let reason):
            guard case .training(let start) = work, start.key == key else { return [] }
            return giveUp(key, reason)
        case .evaluated(let round, let loss, let accuracy, let rows):
            guard case .evaluating(let request) = work, request.round == round else { return [] }
            work = .idle
            // A model that has diverged has no loss: an answer without rows says that there is nothing to wait for.
            let isMeasured = (0...ValidUpdate.maximumLoss).contains(loss) && accuracy.map { (0...1).contains($0) } ?? true
            return [
                .send(
                    .evaluation(
                        EvaluationReport(
                            sessionID: session, round: round, loss: isMeasured ? loss : 0, accuracy: isMeasured ? accuracy : nil,
                            rows: isMeasured ? rows : 0)))
            ]
        case .uploaded(let key): return uploaded(key)
        case .uploadFailed(let key, let failure): return uploadFailed(key, failure)
        case .stop: return finish(.stopped)
        case .tick: return tick()
        }
    }

    /// When `tick` is due; nil while only other events matter.
    package var nextDeadline: Instant? {
        var next: Instant?
        switch link {
        case .offline(let at): next = at
        case .online(let at): next = at
        case .connecting, .greeting, .ended: break
        }
        switch work {
        case .fetching(_, let at?), .fetchingControl(_, _, let at?), .fetchingToEvaluate(_, let at?), .waitingToUpload(_, let at):
            next = min(next ?? at, at)
        case .idle, .paying, .fetching, .fetchingControl, .training, .masking, .uploading, .fetchingToEvaluate, .evaluating: break
        }
        return next
    }

    mutating func finish(_ outcome: ClientOutcome) -> [ClientEffect] {
        var effects: [ClientEffect] = []
        if case .training = work { effects.append(.cancelTraining) }
        link = .ended
        work = .idle
        return effects + [.finished(outcome)]
    }
}

extension RoundStart {
    var key: AttemptKey { AttemptKey(round: round, attempt: attempt) }
}
