internal import CryptoSuite
internal import Learning
internal import Wire

// The link to the coordinator, and what is heard on it.
extension ClientMachine {
    mutating func lostLink() -> [ClientEffect] {
        linkFailures += 1
        link = .offline(retryAt: backoff(linkFailures, least: 0.05))
        return []
    }

    /// Doubling waits up to 10 s, spread by ±25 %.
    mutating func backoff(_ failures: Int, least: Double) -> Instant {
        let base = min(10, least * Double(1 << min(failures - 1, 10)))
        return clock.adding(seconds: base * (0.75 + 0.5 * generator.uniform()))
    }

    mutating func tick() -> [ClientEffect] {
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
        case .idle, .paying, .fetching, .fetchingControl, .training, .masking, .uploading, .waitingToUpload, .fetchingToEvaluate, .evaluating: break
        }
        return effects
    }

    mutating func receive(_ message: ServerMessage) -> [ClientEffect] {
        switch message {
        case .welcome(let welcome):
            guard ControlCodec.negotiate(min: welcome.version, max: welcome.version) != nil else {
                return finish(.failed(reason: "the coordinator speaks version \(welcome.version) of the protocol, this client does not"))
            }
            linkFailures = 0
            heartbeatSeconds = welcome.heartbeatSeconds
            link = .online(nextHeartbeat: clock.adding(seconds: Double(heartbeatSeconds)))
            return follow(history: welcome.history)
        case .roundStart(let start): return roundStarted(start)
        case .secure(let frame): return secureFrame(frame)
        case .roundClosed(let message):
            let key = AttemptKey(round: message.round, attempt: message.attempt)
            return close(through: key)
        case .evaluate(let request):
            switch work {
            case .fetchingToEvaluate(request, _), .evaluating(request): return []
            case .idle, .paying, .fetching, .fetchingControl, .training, .masking, .uploading, .waitingToUpload, .fetchingToEvaluate, .evaluating: break
            }
            let effects = close(through: AttemptKey(round: request.round, attempt: .max))
            guard owner.allowsEvaluation else {
                // An answer without rows says that there is nothing to wait for.
                return effects + [
                    .notice("round \(request.round): how the model does on this node's rows is not told, as its owner wants"),
                    .send(.evaluation(EvaluationReport(sessionID: session, round: request.round, loss: 0, accuracy: nil, rows: 0))),
                ]
            }
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
}
