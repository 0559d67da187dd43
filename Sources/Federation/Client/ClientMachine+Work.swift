internal import CryptoSuite
internal import Learning
internal import Wire

// From the model to the receipt.
extension ClientMachine {
    mutating func modelFetched(_ digest: String) -> [ClientEffect] {
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
        case .idle, .paying, .fetching, .fetchingControl, .training, .masking, .uploading, .waitingToUpload, .fetchingToEvaluate, .evaluating: return []
        }
    }

    mutating func train(_ start: RoundStart) -> [ClientEffect] {
        work = .training(start)
        return [.train(start, control: state.controls?.counted?.digest)]
    }

    mutating func modelFetchFailed(_ digest: String, _ reason: String) -> [ClientEffect] {
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
        case .idle, .paying, .fetching, .fetchingControl, .training, .masking, .uploading, .waitingToUpload, .fetchingToEvaluate, .evaluating: break
        }
        return []
    }

    mutating func giveUp(_ key: AttemptKey, _ reason: String) -> [ClientEffect] {
        work = .idle
        return [
            .send(.roundFailed(RoundFailed(sessionID: session, round: key.round, attempt: key.attempt, reason: reason)))
        ]
    }

    mutating func trained(_ key: AttemptKey, _ digest: String, _ control: String?) -> [ClientEffect] {
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

    mutating func masked(_ key: AttemptKey, _ digest: String) -> [ClientEffect] {
        guard case .masking(let start) = work, start.key == key else { return [.discard(digest: digest)] }
        return send(start, digest)
    }

    /// What was trained lies durable under `digest`.
    mutating func send(_ start: RoundStart, _ digest: String) -> [ClientEffect] {
        let update = PendingUpdate(
            key: start.key, digest: digest, path: start.updatePath, deadline: Instant(milliseconds: start.deadlineMs))
        state.pending = update
        workFailures = 0
        work = .uploading(update)
        return [.persist(state), .upload(update, encoding: encoding)]
    }

    mutating func uploaded(_ key: AttemptKey) -> [ClientEffect] {
        guard let pending = state.pending, pending.key == key else { return [] }
        state.pending = nil
        state.acknowledged = max(state.acknowledged ?? key, key)
        if currentKey == key { work = .idle }
        return [.persist(state), .discard(digest: pending.digest)]
    }

    mutating func uploadFailed(_ key: AttemptKey, _ failure: UploadFailure) -> [ClientEffect] {
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
