internal import CryptoSuite
internal import Learning
internal import Wire

/// One client's part in one session, as a value. See `ClientEvent` and `ClientEffect`.
///
/// Two things go on side by side: the link (offline → connecting → greeting → online → offline) and the work
/// (idle → fetching → training → uploading → idle). The link may break without hurting the work.
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
    private var link: Link = .offline(retryAt: Instant(milliseconds: .min))
    var work = Work.idle
    private var encoding = UploadEncoding.identity
    private var heartbeatSeconds = 30
    private var linkFailures = 0
    private var workFailures = 0
    private var generator: SeededGenerator
    private var clock = Instant(milliseconds: .min)
    private static let maximumWorkFailures = 20
    // Secure aggregation, in `Secure/`.
    let protection: ClientProtection?
    var secure = SecureSide.none
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
    package init(client: String, session: String, state: ClientState, seed: UInt64, protection: ClientProtection? = nil) {
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
                            knows: Capability.allCases.filter { $0 != .secureAggregation || protection != nil }.map(\.rawValue))))
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
        var deadlines: [Instant] = []
        switch link {
        case .offline(let at): deadlines.append(at)
        case .online(let at): deadlines.append(at)
        case .connecting, .greeting, .ended: break
        }
        switch work {
        case .fetching(_, let at?), .fetchingControl(_, _, let at?), .fetchingToEvaluate(_, let at?), .waitingToUpload(_, let at):
            deadlines.append(at)
        case .idle, .fetching, .fetchingControl, .training, .masking, .uploading, .fetchingToEvaluate, .evaluating: break
        }
        return deadlines.min()
    }

    // MARK: Link

    private mutating func lostLink() -> [ClientEffect] {
        linkFailures += 1
        link = .offline(retryAt: backoff(linkFailures, least: 0.05))
        return []
    }

    /// Doubling waits up to 10 s, spread by ±25 %.
    private mutating func backoff(_ failures: Int, least: Double) -> Instant {
        let base = min(10, least * Double(1 << min(failures - 1, 10)))
        return clock.adding(seconds: base * (0.75 + 0.5 * generator.uniform()))
    }

    private mutating func tick() -> [ClientEffect] {
        var effects: [ClientEffect] = []
        switch link {
        case .offline(let at) where clock >= at:
            link = .connecting
            effects.append(.connect)
        case .online(let at) where clock >= at:
            link = .online(nextHeartbeat: clock.adding(seconds: Double(heartbeatSeconds)))
            effects.append(.send(.heartbeat(Heartbeat(sessionID: session, round: state.acknowledged?.round ?? 0))))
        case .offline, .online, .connecting, .greeting, .ended: break
        }
        switch work {
        case .fetching(let start, let at?) where clock >= at:
            work = .fetching(start, retryAt: nil)
            effects.append(.fetchModel(digest: hexadecimal(start.modelSHA256), path: start.modelPath))
        case .fetchingControl(let start, let control, let at?) where clock >= at:
            work = .fetchingControl(start, control, retryAt: nil)
            effects.append(.fetchControl(digest: hexadecimal(control.sha256), path: control.path))
        case .fetchingToEvaluate(let request, let at?) where clock >= at:
            work = .fetchingToEvaluate(request, retryAt: nil)
            effects.append(.fetchModel(digest: hexadecimal(request.modelSHA256), path: request.modelPath))
        case .waitingToUpload(let update, let at) where clock >= at:
            work = .uploading(update)
            effects.append(.upload(update, encoding: encoding))
        case .idle, .fetching, .fetchingControl, .training, .masking, .uploading, .waitingToUpload, .fetchingToEvaluate, .evaluating: break
        }
        return effects
    }

    // MARK: Messages

    private mutating func receive(_ message: ServerMessage) -> [ClientEffect] {
        switch message {
        case .welcome(let welcome):
            guard ControlCodec.negotiate(min: welcome.version, max: welcome.version) != nil else {
                return finish(.failed(reason: "the coordinator speaks version \(welcome.version) of the protocol, this client does not"))
            }
            linkFailures = 0
            heartbeatSeconds = welcome.heartbeatSeconds
            link = .online(nextHeartbeat: clock.adding(seconds: Double(heartbeatSeconds)))
            return []
        case .roundStart(let start): return roundStarted(start)
        case .secure(let frame): return secureFrame(frame)
        case .roundClosed(let message):
            let key = AttemptKey(round: message.round, attempt: message.attempt)
            return close(through: key)
        case .evaluate(let request):
            switch work {
            case .fetchingToEvaluate(request, _), .evaluating(request): return []
            case .idle, .fetching, .fetchingControl, .training, .masking, .uploading, .waitingToUpload, .fetchingToEvaluate, .evaluating: break
            }
            let effects = close(through: AttemptKey(round: request.round, attempt: .max))
            work = .fetchingToEvaluate(request, retryAt: nil)
            return effects + [.fetchModel(digest: hexadecimal(request.modelSHA256), path: request.modelPath)]
        case .sessionEnded(let ended):
            let effects = close(through: AttemptKey(round: .max, attempt: .max))
            let outcome: ClientOutcome =
                ended.status == "completed"
                ? .completed(model: hexadecimal(ended.modelSHA256)) : .ended(status: ended.status, reason: ended.reason)
            return effects + finish(outcome)
        case .refused(let refusal):
            return refusal.code == "version" ? finish(.failed(reason: refusal.message)) : []
        }
    }

    private mutating func finish(_ outcome: ClientOutcome) -> [ClientEffect] {
        var effects: [ClientEffect] = []
        if case .training = work { effects.append(.cancelTraining) }
        link = .ended
        work = .idle
        return effects + [.finished(outcome)]
    }

    // MARK: Work

    mutating func roundStarted(_ start: RoundStart) -> [ClientEffect] {
        let key = start.key
        encoding = start.uploadEncoding
        if let done = state.acknowledged, key <= done { return [] }
        if let closed = state.closed, key <= closed { return [] }
        if case .waitingToUpload(let update, _) = work, update.key == key {
            // The coordinator is back and asks: no reason to wait any longer.
            work = .uploading(update)
            return [.upload(update, encoding: encoding)]
        }
        if let current = currentKey, key <= current { return current == key ? withSecure { $0.advertAgain(key) } : [] }
        if let refused, key <= refused { return [] }
        if let pending = state.pending, pending.key == key {
            // Trained before a restart: never a second time.
            work = .uploading(pending)
            return [.upload(pending, encoding: encoding)]
        }
        var effects = close(through: AttemptKey(round: key.round, attempt: key.attempt - 1))
        if case .controlled(let control) = start.rule { effects += followControl(control, key) }
        workFailures = 0
        if let begun = beginSecurely(start) { return effects + begun }
        work = .fetching(start, retryAt: nil)
        return effects + [.fetchModel(digest: hexadecimal(start.modelSHA256), path: start.modelPath)]
    }

    private mutating func followControl(_ control: ControlStart, _ key: AttemptKey) -> [ClientEffect] {
        let before = state.controls ?? ClientControls()
        var after = before
        let counted = control.countedRound > 0 ? AttemptKey(round: control.countedRound, attempt: control.countedAttempt) : nil
        let unneeded = after.follow(counted, beginning: key)
        guard after != before else { return [] }
        state.controls = after
        let notice = after.lost == before.lost ? nil : after.lost.map { ClientEffect.notice(ClientControls.notice(of: $0)) }
        return [.persist(state)] + unneeded.map { .discard(digest: $0) } + (notice.map { [$0] } ?? [])
    }

    var currentKey: AttemptKey? {
        switch work {
        case .fetching(let start, _), .fetchingControl(let start, _, _), .training(let start), .masking(let start): start.key
        case .uploading(let update), .waitingToUpload(let update, _): update.key
        case .idle, .fetchingToEvaluate, .evaluating: nil
        }
    }

    /// The coordinator has done with these attempts, however this client has come to know it.
    private mutating func close(through key: AttemptKey) -> [ClientEffect] {
        state.closed = max(state.closed ?? key, key)
        return abandon(through: key)
    }

    /// Drops work and a pending update that nobody waits for any more.
    private mutating func abandon(through key: AttemptKey) -> [ClientEffect] {
        var effects: [ClientEffect] = []
        if case .some = secure {
            _ = withSecure { side in
                side.abandon(through: key)
                return []
            }
        }
        if let job = masks, job.key <= key { masks = nil }
        if let held = heldStart, held.key <= key { heldStart = nil }
        if let current = currentKey, current <= key {
            if case .training = work { effects.append(.cancelTraining) }
            work = .idle
        }
        if let pending = state.pending, pending.key <= key {
            state.pending = nil
            effects += [.persist(state), .discard(digest: pending.digest)]
        }
        return effects
    }

    private mutating func modelFetched(_ digest: String) -> [ClientEffect] {
        switch work {
        case .fetching(let start, _) where hexadecimal(start.modelSHA256) == digest:
            if case .controlled(let control) = start.rule, !control.sha256.isEmpty {
                work = .fetchingControl(start, control, retryAt: nil)
                return [.fetchControl(digest: hexadecimal(control.sha256), path: control.path)]
            }
            return train(start)
        case .fetchingControl(let start, let control, _) where hexadecimal(control.sha256) == digest: return train(start)
        case .fetchingToEvaluate(let request, _) where hexadecimal(request.modelSHA256) == digest:
            work = .evaluating(request)
            return [.evaluate(request)]
        case .idle, .fetching, .fetchingControl, .training, .masking, .uploading, .waitingToUpload, .fetchingToEvaluate, .evaluating: return []
        }
    }

    private mutating func train(_ start: RoundStart) -> [ClientEffect] {
        work = .training(start)
        return [.train(start, control: state.controls?.counted?.digest)]
    }

    private mutating func modelFetchFailed(_ digest: String, _ reason: String) -> [ClientEffect] {
        switch work {
        case .fetching(let start, _) where hexadecimal(start.modelSHA256) == digest:
            workFailures += 1
            guard workFailures < Self.maximumWorkFailures else { return giveUp(start.key, reason) }
            work = .fetching(start, retryAt: backoff(workFailures, least: 0.1))
        case .fetchingControl(let start, let control, _) where hexadecimal(control.sha256) == digest:
            workFailures += 1
            guard workFailures < Self.maximumWorkFailures else { return giveUp(start.key, reason) }
            work = .fetchingControl(start, control, retryAt: backoff(workFailures, least: 0.1))
        case .fetchingToEvaluate(let request, _) where hexadecimal(request.modelSHA256) == digest:
            workFailures += 1
            work =
                workFailures < Self.maximumWorkFailures
                ? .fetchingToEvaluate(request, retryAt: backoff(workFailures, least: 0.1)) : .idle
        case .idle, .fetching, .fetchingControl, .training, .masking, .uploading, .waitingToUpload, .fetchingToEvaluate, .evaluating: break
        }
        return []
    }

    private mutating func giveUp(_ key: AttemptKey, _ reason: String) -> [ClientEffect] {
        work = .idle
        return [
            .send(.roundFailed(RoundFailed(sessionID: session, round: key.round, attempt: key.attempt, reason: reason)))
        ]
    }

    private mutating func trained(_ key: AttemptKey, _ digest: String, _ control: String?) -> [ClientEffect] {
        guard case .training(let start) = work, start.key == key else {
            var effects: [ClientEffect] = [.discard(digest: digest)]
            // The control's file may be that of a control which is kept: equal contents have one name.
            let kept = [state.controls?.counted?.digest, state.controls?.pending?.digest]
            if let control, !kept.contains(control) { effects.append(.discard(digest: control)) }
            return effects
        }
        if let control {
            var controls = state.controls ?? ClientControls()
            controls.pending = ClientControls.Kept(key: key, digest: control)
            state.controls = controls
        }
        return send(start, digest)
    }

    private mutating func masked(_ key: AttemptKey, _ digest: String) -> [ClientEffect] {
        guard case .masking(let start) = work, start.key == key else { return [.discard(digest: digest)] }
        return send(start, digest)
    }

    /// What was trained lies durable under `digest`.
    private mutating func send(_ start: RoundStart, _ digest: String) -> [ClientEffect] {
        let update = PendingUpdate(
            key: start.key, digest: digest, path: start.updatePath, deadline: Instant(milliseconds: start.deadlineMs))
        state.pending = update
        workFailures = 0
        work = .uploading(update)
        return [.persist(state), .upload(update, encoding: encoding)]
    }

    private mutating func uploaded(_ key: AttemptKey) -> [ClientEffect] {
        guard let pending = state.pending, pending.key == key else { return [] }
        state.pending = nil
        state.acknowledged = max(state.acknowledged ?? key, key)
        if currentKey == key { work = .idle }
        return [.persist(state), .discard(digest: pending.digest)]
    }

    private mutating func uploadFailed(_ key: AttemptKey, _ failure: UploadFailure) -> [ClientEffect] {
        guard case .uploading(let update) = work, update.key == key else { return [] }
        switch failure {
        case .retry(let after):
            workFailures += 1
            let earliest = clock.adding(seconds: max(0, after ?? 0))
            work = .waitingToUpload(update, at: max(earliest, backoff(workFailures, least: 0.1)))
            return []
        case .superseded: return close(through: key)
        case .refused(let reason): return abandon(through: key) + giveUp(key, reason)
        }
    }
}

extension RoundStart {
    var key: AttemptKey { AttemptKey(round: round, attempt: attempt) }
}
