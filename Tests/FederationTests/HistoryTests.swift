import CryptoSuite
import Federation
import Testing
import Wire

/// A coordinator whose records were restored from a backup asks again for what its clients have delivered.
@Suite struct HistoryTests {
    private let now = Instant(milliseconds: 5000)
    private let digest = [UInt8](repeating: 7, count: 32)

    private func start(_ round: Int, phase: Phase = .plainUpdate) -> ServerMessage {
        var start = RoundStart(
            sessionID: "s", round: round, attempt: 1, modelSHA256: digest, modelPath: "/m", updatePath: "/u", deadlineMs: 99_000,
            training: TrainingPlan(learningRate: 0.1, momentum: 0, weightDecay: 0, proximalMu: 0, localEpochs: 1, batchSize: 4, seed: 1),
            uploadEncoding: .identity)
        start.phase = phase
        return .roundStart(start)
    }

    private func welcome(_ history: String?) -> ServerMessage {
        .welcome(Welcome(version: 1, sessionID: "s", heartbeatSeconds: 30, serverTimeMs: 0, status: "training", history: history))
    }

    private func machine(_ state: ClientState) -> ClientMachine {
        var machine = ClientMachine(client: "a", session: "s", state: state, seed: 1)
        _ = machine.handle(.started, now: now)
        _ = machine.handle(.connected, now: now)
        return machine
    }

    private var delivered: ClientState {
        var state = ClientState(session: "s")
        state.acknowledged = AttemptKey(round: 5, attempt: 1)
        state.closed = AttemptKey(round: 5, attempt: 1)
        return state
    }

    @Test func whatWasDeliveredToAnotherHistoryIsDeliveredAgain() {
        var machine = machine(delivered)
        #expect(machine.handle(.message(welcome(nil)), now: now).isEmpty)
        #expect(machine.handle(.message(start(3)), now: now).isEmpty, "old news, as long as nothing was restored")
        let told = machine.handle(.message(welcome("h1")), now: now)
        guard case .persist(let kept)? = told.first else {
            Issue.record("it must be durable before anything depends on it: \(told)")
            return
        }
        #expect(kept.history == "h1" && kept.acknowledged == nil && kept.closed == nil)
        #expect(machine.handle(.message(start(3)), now: now) == [.fetchModel(digest: hexadecimal(digest), path: "/m")])
        // The same history again is no news.
        #expect(machine.handle(.message(welcome("h1")), now: now).isEmpty)
        _ = machine.handle(.modelFetched(digest: hexadecimal(digest)), now: now)
        _ = machine.handle(.trained(AttemptKey(round: 3, attempt: 1), digest: "d"), now: now)
        _ = machine.handle(.uploaded(AttemptKey(round: 3, attempt: 1)), now: now)
        #expect(machine.handle(.message(start(3)), now: now).isEmpty, "never twice within one history")
    }

    /// Of the round that was under way nothing is left that could be counted for another one.
    @Test func whatWasUnderWayIsDropped() {
        var state = delivered
        state.pending = PendingUpdate(key: AttemptKey(round: 6, attempt: 1), digest: "d", path: "/u", deadline: now)
        var machine = machine(state)
        let told = machine.handle(.message(welcome("h1")), now: now)
        #expect(told.contains(.discard(digest: "d")) && machine.state.pending == nil)
        #expect(machine.handle(.message(start(6)), now: now) == [.fetchModel(digest: hexadecimal(digest), path: "/m")])
    }

    /// A second sum of one round over other members would tell what single ones sent: such rounds are refused, and said to be, so
    /// that nobody waits for them; later ones are not.
    @Test func withSecureAggregationNoRoundIsSummedTwice() {
        var state = delivered
        state.secure = SecureClientState(epoch: 1, commitment: "00")
        var machine = machine(state)
        _ = machine.handle(.message(welcome("h1")), now: now)
        #expect(machine.state.acknowledged == state.acknowledged && machine.state.bygone == state.acknowledged)
        let told = machine.handle(.message(start(5, phase: .maskedUpdate(parameters: []))), now: now)
        #expect(
            told.contains {
                if case .send(.roundFailed(let failed)) = $0 { failed.round == 5 && failed.reason.contains("restored from a backup") } else { false }
            }, "\(told)")
        // A coordinator that is in the middle of such a round asks for more of it than its start: it hears the same, once.
        let frame = ServerMessage.secure(SecureFrame(sessionID: "s", round: 4, attempt: 1, message: [1]))
        #expect(machine.handle(.message(frame), now: now).contains { if case .send(.roundFailed(let failed)) = $0 { failed.round == 4 } else { false } })
        #expect(machine.handle(.message(frame), now: now).isEmpty)
        _ = machine.handle(.message(welcome("h1")), now: now)
        #expect(!machine.handle(.message(frame), now: now).isEmpty, "a coordinator that began anew has not heard it")
        // Also after a restart of the client.
        var again = self.machine(machine.state)
        _ = again.handle(.message(welcome("h1")), now: now)
        #expect(!again.handle(.message(start(4, phase: .maskedUpdate(parameters: []))), now: now).isEmpty)
        let later = again.handle(.message(start(6, phase: .maskedUpdate(parameters: []))), now: now)
        #expect(!later.contains { if case .send(.roundFailed(let failed)) = $0 { failed.reason.contains("restored") } else { false } })
    }

    /// A round that is run again has cost the rows something again.
    @Test func aRoundThatIsRunAgainIsPaidForAgain() {
        var ids: Set<String> = []
        for history in [nil, "h1", "h2"] {
            var machine = machine(delivered)
            _ = machine.handle(.message(welcome(history)), now: now)
            ids.insert(machine.claimID(6))
        }
        #expect(ids == ["s/6", "s/6/h1", "s/6/h2"])
    }
}
