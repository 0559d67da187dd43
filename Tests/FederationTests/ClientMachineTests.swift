import CryptoSuite
import Federation
import Testing
import Wire

@Suite struct ClientMachineTests {
    private let now = Instant(milliseconds: 5000)
    private let digest = [UInt8](repeating: 7, count: 32)

    private func start(round: Int, attempt: Int = 1) -> RoundStart {
        RoundStart(
            sessionID: "s", round: round, attempt: attempt, modelSHA256: digest, modelPath: "/m", updatePath: "/u", deadlineMs: 99_000,
            training: TrainingPlan(learningRate: 0.1, momentum: 0, weightDecay: 0, proximalMu: 0, localEpochs: 1, batchSize: 4, seed: 1),
            uploadEncoding: .identity)
    }

    private func online(_ state: ClientState = ClientState(session: "s")) -> ClientMachine {
        var machine = ClientMachine(client: "a", session: "s", state: state, seed: 1)
        _ = machine.handle(.started, now: now)
        _ = machine.handle(.connected, now: now)
        _ = machine.handle(.message(.welcome(Welcome(version: 1, sessionID: "s", heartbeatSeconds: 30, serverTimeMs: 0, status: "training"))), now: now)
        return machine
    }

    @Test func aRoundGoesFromStartToReceipt() {
        var machine = online()
        let key = AttemptKey(round: 1, attempt: 1)
        #expect(machine.handle(.message(.roundStart(start(round: 1))), now: now) == [.fetchModel(digest: hexadecimal(digest), path: "/m")])
        #expect(machine.handle(.modelFetched(digest: hexadecimal(digest)), now: now) == [.train(start(round: 1), control: nil)])
        let trained = machine.handle(.trained(key, digest: "d"), now: now)
        guard case .persist(let state)? = trained.first, case .upload(let update, _)? = trained.last else {
            Issue.record("the update must be stored before it is sent: \(trained)")
            return
        }
        #expect(state.pending == update)
        let done = machine.handle(.uploaded(key), now: now)
        #expect(machine.state.acknowledged == key && machine.state.pending == nil)
        #expect(done.last == .discard(digest: "d"))
        #expect(machine.handle(.message(.roundStart(start(round: 1))), now: now).isEmpty, "never trains twice for one attempt")
    }

    /// Deadlines are the coordinator's, by its own clock; a client's may be a day off, or jump, and it trains and sends all the same.
    @Test func aWrongClockChangesNothing() {
        func effects(_ clock: (Int) -> Int64) -> [[ClientEffect]] {
            var machine = ClientMachine(client: "a", session: "s", state: ClientState(session: "s"), seed: 1)
            let key = AttemptKey(round: 1, attempt: 1)
            let welcome = Welcome(version: 1, sessionID: "s", heartbeatSeconds: 30, serverTimeMs: 5000, status: "training")
            let events: [ClientEvent] = [
                .started, .connected, .message(.welcome(welcome)), .message(.roundStart(start(round: 1))), .modelFetched(digest: hexadecimal(digest)),
                .trained(key, digest: "d"), .uploadFailed(key, .retry(afterSeconds: nil)),
            ]
            var seen = events.enumerated().map { machine.handle($1, now: Instant(milliseconds: clock($0))) }
            if let next = machine.nextDeadline { seen.append(machine.handle(.tick, now: next)) }
            return seen + [machine.handle(.uploaded(key), now: Instant(milliseconds: clock(events.count)))]
        }
        let right = effects { 5000 + Int64($0) * 100 }
        #expect(right.flatMap { $0 }.count >= 7)
        let day: Int64 = 86_400_000
        #expect(effects { 5000 + day + Int64($0) * 100 } == right)
        #expect(effects { 10 * day - 5 * day - Int64($0) * 100 } == right, "running backwards")
        #expect(effects { 5000 + ($0 % 2 == 0 ? 0 : day) } == right, "jumping")
    }

    @Test func aRestartedClientSendsWhatItHasTrained() {
        var state = ClientState(session: "s")
        state.pending = PendingUpdate(key: AttemptKey(round: 2, attempt: 1), digest: "d", path: "/u", deadline: now)
        var machine = online(state)
        #expect(machine.handle(.message(.roundStart(start(round: 2))), now: now) == [.upload(state.pending!, encoding: .identity)])
    }

    @Test func aNewerRoundReplacesOlderWork() {
        var machine = online()
        _ = machine.handle(.message(.roundStart(start(round: 1))), now: now)
        _ = machine.handle(.modelFetched(digest: hexadecimal(digest)), now: now)
        let effects = machine.handle(.message(.roundStart(start(round: 2))), now: now)
        #expect(effects.first == .cancelTraining)
        #expect(machine.handle(.trained(AttemptKey(round: 1, attempt: 1), digest: "old"), now: now) == [.discard(digest: "old")])
    }

    @Test func aLostLinkIsOpenedAgainWithGrowingWaits() {
        var machine = online()
        var time = now
        var waits: [Double] = []
        for _ in 0..<12 {
            _ = machine.handle(.disconnected(reason: ""), now: time)
            let next = machine.nextDeadline!
            waits.append(next.seconds(since: time))
            time = next
            #expect(machine.handle(.tick, now: time) == [.connect])
        }
        #expect(waits[0] < 0.1 && waits[11] > 7 && waits[11] <= 12.5)
    }

    @Test func aFailedUploadIsRepeatedAndASupersededOneDropped() {
        var machine = online()
        let key = AttemptKey(round: 1, attempt: 1)
        _ = machine.handle(.message(.roundStart(start(round: 1))), now: now)
        _ = machine.handle(.modelFetched(digest: hexadecimal(digest)), now: now)
        _ = machine.handle(.trained(key, digest: "d"), now: now)
        _ = machine.handle(.uploadFailed(key, .retry(afterSeconds: 3)), now: now)
        let again = machine.nextDeadline!
        #expect(again.seconds(since: now) >= 3)
        guard case .upload? = machine.handle(.tick, now: again).last else {
            Issue.record("the same bytes must be sent again")
            return
        }
        _ = machine.handle(.uploadFailed(key, .superseded), now: again)
        #expect(machine.state.pending == nil && machine.state.acknowledged == nil)
    }

    @Test func aStartThatComesAfterTheEndOfItsAttemptIsNotTrained() {
        var machine = online()
        let closed = RoundClosed(sessionID: "s", round: 2, attempt: 1, committed: false, modelSHA256: [], reason: "deadline")
        _ = machine.handle(.message(.roundClosed(closed)), now: now)
        #expect(machine.handle(.message(.roundStart(start(round: 2))), now: now).isEmpty, "it was overtaken by its end")
        #expect(machine.handle(.message(.roundStart(start(round: 2, attempt: 2))), now: now).isEmpty == false)
    }

    @Test func aWaitingUploadGoesAtOnceWhenTheCoordinatorAsksAgain() {
        var machine = online()
        let key = AttemptKey(round: 1, attempt: 1)
        _ = machine.handle(.message(.roundStart(start(round: 1))), now: now)
        _ = machine.handle(.modelFetched(digest: hexadecimal(digest)), now: now)
        _ = machine.handle(.trained(key, digest: "d"), now: now)
        _ = machine.handle(.uploadFailed(key, .retry(afterSeconds: 60)), now: now)
        guard case .upload(let update, _)? = machine.handle(.message(.roundStart(start(round: 1))), now: now).last else {
            Issue.record("the coordinator is back and asks: nothing to wait for")
            return
        }
        #expect(update.key == key)
    }

    @Test func aDivergedModelIsAnsweredWithoutRows() {
        var machine = online()
        let request = EvaluationRequest(sessionID: "s", round: 3, modelSHA256: digest, modelPath: "/m", deadlineMs: 99_000)
        _ = machine.handle(.message(.evaluate(request)), now: now)
        _ = machine.handle(.modelFetched(digest: hexadecimal(digest)), now: now)
        let effects = machine.handle(.evaluated(round: 3, loss: .nan, accuracy: 0.5, rows: 10), now: now)
        #expect(effects == [.send(.evaluation(EvaluationReport(sessionID: "s", round: 3, loss: 0, accuracy: nil, rows: 0)))])
    }
}
