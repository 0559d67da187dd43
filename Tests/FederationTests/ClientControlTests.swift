import CryptoSuite
import Federation
import Foundation
import Testing
import Wire

/// Which of its two controls a client goes on with: the coordinator's word on what it counted decides.
@Suite struct ClientControlTests {
    private let now = Instant(milliseconds: 5000)
    private let model = [UInt8](repeating: 7, count: 32)
    private let server = [UInt8](repeating: 9, count: 32)

    private func start(_ round: Int, _ attempt: Int = 1, counted: AttemptKey?) -> RoundStart {
        RoundStart(
            sessionID: "s", round: round, attempt: attempt, modelSHA256: model, modelPath: "/m", updatePath: "/u", deadlineMs: 99_000,
            training: TrainingPlan(learningRate: 0.1, momentum: 0, weightDecay: 0, proximalMu: 0, localEpochs: 1, batchSize: 4, seed: 1),
            uploadEncoding: .identity,
            rule: .controlled(
                ControlStart(
                    sha256: round == 1 ? [] : server, path: round == 1 ? "" : "/c", countedRound: counted?.round ?? 0, countedAttempt: counted?.attempt ?? 0)))
    }

    private func online(_ state: ClientState) -> ClientMachine {
        var machine = ClientMachine(client: "a", session: "s", state: state, seed: 1)
        _ = machine.handle(.started, now: now)
        let hello = machine.handle(.connected, now: now)
        guard case .send(.hello(let said))? = hello.first, said.knows.contains(Capability.controlled.rawValue) else {
            Issue.record("it does not say what it can: \(hello)")
            return machine
        }
        _ = machine.handle(.message(.welcome(Welcome(version: 1, sessionID: "s", heartbeatSeconds: 30, serverTimeMs: 0, status: "training"))), now: now)
        return machine
    }

    /// Through fetching and training; gives the effects of the end of training.
    private func train(_ machine: inout ClientMachine, _ start: RoundStart, own: String?, makes control: String) -> [ClientEffect] {
        _ = machine.handle(.message(.roundStart(start)), now: now)
        var effects = machine.handle(.modelFetched(digest: hexadecimal(model)), now: now)
        if start.round > 1 {
            #expect(effects == [.fetchControl(digest: hexadecimal(server), path: "/c")])
            effects = machine.handle(.modelFetched(digest: hexadecimal(server)), now: now)
        }
        #expect(effects == [.train(start, control: own)])
        return machine.handle(.trained(AttemptKey(round: start.round, attempt: start.attempt), digest: "u", control: control), now: now)
    }

    private let first = AttemptKey(round: 1, attempt: 1)

    @Test func aCountedControlIsTheNextOnesBeginning() {
        var machine = online(ClientState(session: "s"))
        let sent = train(&machine, start(1, counted: nil), own: nil, makes: "c1")
        guard case .persist(let state)? = sent.first else {
            Issue.record("the control is pending before anything is sent: \(sent)")
            return
        }
        #expect(state.controls?.pending == ClientControls.Kept(key: first, digest: "c1") && state.controls?.counted == nil)
        _ = machine.handle(.uploaded(first), now: now)
        _ = train(&machine, start(2, counted: first), own: "c1", makes: "c2")
        #expect(machine.state.controls?.counted?.digest == "c1" && machine.state.controls?.pending?.digest == "c2")
    }

    /// Aborted, or too late: the attempt is repeated, or the round goes without it.
    @Test(arguments: [(1, 2), (2, 1)]) func aControlThatWasNotCountedNeverWas(round: Int, attempt: Int) {
        var machine = online(ClientState(session: "s"))
        _ = train(&machine, start(1, counted: nil), own: nil, makes: "c1")
        _ = machine.handle(.uploaded(first), now: now)
        let effects = machine.handle(.message(.roundStart(start(round, attempt, counted: nil))), now: now)
        #expect(effects.contains(.discard(digest: "c1")))
        #expect(machine.state.controls == ClientControls())
    }

    @Test func aRestartBetweenTrainingAndReceiptCountsOnce() throws {
        var machine = online(ClientState(session: "s"))
        let sent = train(&machine, start(1, counted: nil), own: nil, makes: "c1")
        guard case .persist(let state)? = sent.first else { return }
        // The state on disk, as another process reads it.
        let read = try JSONDecoder().decode(ClientState.self, from: JSONEncoder().encode(state))
        var second = online(read)
        let effects = second.handle(.message(.roundStart(start(1, counted: nil))), now: now)
        #expect(effects == [.upload(read.pending!, encoding: .identity)], "it is not trained again")
        _ = second.handle(.uploaded(first), now: now)
        _ = train(&second, start(2, counted: first), own: "c1", makes: "c2")
        // A round was sat out; the same word again changes nothing.
        var third = online(second.state)
        let again = third.handle(.message(.roundStart(start(3, counted: AttemptKey(round: 2, attempt: 1)))), now: now)
        #expect(third.state.controls?.counted?.digest == "c2" && third.state.controls?.pending == nil)
        #expect(again.contains(.discard(digest: "c1")) && !again.contains(.discard(digest: "c2")))
    }

    private func notices(_ effects: [ClientEffect]) -> [String] {
        effects.compactMap { if case .notice(let text) = $0 { text } else { nil } }
    }

    @Test func aClientThatLostItsFolderGoesOnFromZeroAndSaysSoOnce() throws {
        var machine = online(ClientState(session: "s"))
        let third = AttemptKey(round: 3, attempt: 1)
        let said = machine.handle(.message(.roundStart(start(4, counted: third))), now: now)
        #expect(notices(said).count == 1 && notices(said)[0].contains("round 3"), "\(said)")
        _ = machine.handle(.modelFetched(digest: hexadecimal(model)), now: now)
        #expect(machine.handle(.modelFetched(digest: hexadecimal(server)), now: now) == [.train(start(4, counted: third), control: nil)])
        _ = machine.handle(.trained(AttemptKey(round: 4, attempt: 1), digest: "u", control: "c4"), now: now)
        #expect(machine.state.controls?.pending?.digest == "c4" && machine.state.controls?.lost == third)
        // The attempt is aborted: it is the same loss, also for another process.
        var second = online(try JSONDecoder().decode(ClientState.self, from: JSONEncoder().encode(machine.state)))
        #expect(notices(second.handle(.message(.roundStart(start(4, 2, counted: third))), now: now)).isEmpty)
        // Once one is counted, all is well, and the next loss is another.
        var well = online(machine.state)
        _ = well.handle(.message(.roundStart(start(5, counted: AttemptKey(round: 4, attempt: 1)))), now: now)
        #expect(well.state.controls?.lost == nil && well.state.controls?.counted?.digest == "c4")
    }

    @Test func aClientThatLostNothingSaysNothing() {
        var machine = online(ClientState(session: "s"))
        #expect(notices(machine.handle(.message(.roundStart(start(1, counted: nil))), now: now)).isEmpty)
        _ = machine.handle(.modelFetched(digest: hexadecimal(model)), now: now)
        _ = machine.handle(.trained(first, digest: "u", control: "c1"), now: now)
        #expect(notices(machine.handle(.message(.roundStart(start(2, counted: first))), now: now)).isEmpty)
    }

    @Test func aStateOfAnOlderVersionIsRead() throws {
        let state = try JSONDecoder().decode(ClientState.self, from: Data(#"{"session": "s"}"#.utf8))
        #expect(state == ClientState(session: "s"))
    }

    @Test func aControlThatCannotBeFetchedIsAskedForAgain() {
        var machine = online(ClientState(session: "s"))
        let start = start(2, counted: nil)
        _ = machine.handle(.message(.roundStart(start)), now: now)
        _ = machine.handle(.modelFetched(digest: hexadecimal(model)), now: now)
        var time = now
        for _ in 0..<3 {
            #expect(machine.handle(.modelFetchFailed(digest: hexadecimal(server), reason: "no answer"), now: time).isEmpty)
            time = max(time, machine.nextDeadline!)
            #expect(machine.handle(.tick, now: time).contains(.fetchControl(digest: hexadecimal(server), path: "/c")))
        }
    }
}
