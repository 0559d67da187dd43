internal import CryptoSuite
internal import Federation
internal import Learning
internal import SecureAggregation

/// One client: what its crash leaves (`state`, `bodies`), its rows, and the process while it is up.
final class ClientProcess {
    let index: Int
    let name: String
    let dataset: Dataset
    let schema = SimulatedData.schema
    private let seed: UInt64

    // Its folder
    private(set) var state: ClientState
    var bodies: [String: [UInt8]] = [:]
    var diskIsFullUntil: Int64 = 0
    /// What its disk says that it has written last.
    private(set) var promised: ClientState
    /// The state before the last, and when it was written over; what `PlantedBug.clientSyncLies` leaves after a crash.
    private var before: (state: ClientState, until: Int64)

    // Its machine and what the network and the clock do to it
    var isUp = false
    /// Crashed, and comes back only when all is healed.
    var staysAway = false
    var life = 0
    var outcome: ClientOutcome?
    /// What its clock is ahead of the world's.
    var ahead: Int64 = 0
    var cutToCoordinatorUntil: Int64 = 0
    var cutToClientUntil: Int64 = 0

    /// Nothing more is waited for from it.
    var hasEnded: Bool { outcome != nil || (staysAway && !isUp) }

    // The process
    private(set) var machine: ClientMachine?
    private var effects: [ClientEffect] = []
    private var done = 0
    /// States that are being written, in order.
    private var writing: [ClientState] = []
    var isWriting = false
    var link: Int?
    var timer: Int64?
    var model: (digest: String, file: ModelFile)?
    /// The server's control, and the one that was asked for.
    var control: (digest: String, file: [UInt8])?
    var controlsAsked: Set<String> = []
    /// The update of a masked round, until its masks are known.
    var encoded: (key: AttemptKey, update: EncodedUpdate)?
    private let protection: ClientProtection
    /// Raised to cancel the training under way.
    var serial = 0

    /// - Parameter pins: the members' keys, as every client was given them.
    init(index: Int, session: String, seed: UInt64, pins: PinnedKeys?) {
        self.index = index
        self.seed = seed
        name = SimulatedData.name(of: index)
        state = ClientState(session: session)
        promised = state
        before = (state, 0)
        dataset = SimulatedData.rows(of: index, seed: seed)
        protection = ClientProtection(
            suite: .simulated, floors: ClientFloors(members: 3, groupFloor: 3, corruptRate: 0.05, quorum: 0.5), identity: SimulatedData.identity(of: index),
            pins: pins)
    }

    /// - Parameter isForgetful: it begins with nothing, whatever lies in its folder.
    func makeMachine(isForgetful: Bool) {
        machine = ClientMachine(
            client: name, session: state.session, state: isForgetful ? ClientState(session: state.session) : state,
            seed: derivedSeed(seed, "waits", "\(index)", "\(life)"), protection: protection)
    }

    func handle(_ event: ClientEvent, _ now: Instant) {
        guard let new = machine?.handle(event, now: now) else { return }
        if effects.isEmpty { effects = new } else { effects += new }
    }

    /// When its timer is due; nil: nothing is to be armed.
    var newDeadline: Int64? {
        guard outcome == nil, let next = machine?.deadline()?.milliseconds, timer != next else { return nil }
        return next
    }

    /// The next effect; nil while a write is under way or nothing is left.
    func next() -> ClientEffect? {
        guard !isWriting, done < effects.count else {
            if done > 0 && done == effects.count {
                effects = []
                done = 0
            }
            return nil
        }
        done += 1
        return effects[done - 1]
    }

    func begin(_ state: ClientState) { writing.append(state) }

    /// The first write that was begun is done.
    func finishWrite(_ now: Int64) {
        guard !writing.isEmpty else { return }
        before = (state, now)
        state = writing.removeFirst()
        promised = state
    }

    var writesUnderWay: Int { writing.count }

    /// Memory is gone; of the writes under way the first `kept` are there.
    /// - Parameter lag: what was written so short a time ago is lost too.
    func crash(kept: Int, now: Int64, lag: Int64?) {
        if let lag, before.until > 0, now - before.until < lag {
            state = before.state
        } else if kept > 0 {
            state = writing[kept - 1]
            promised = state
        }
        (machine, effects, done, writing, isWriting) = (nil, [], 0, [], false)
        (isUp, link, timer, model, control, controlsAsked) = (false, nil, nil, nil, nil, [])
        encoded = nil
        serial += 1
    }
}

extension ClientMachine {
    /// In place: to ask an optional for a computed property copies all of it.
    mutating func deadline() -> Instant? { nextDeadline }
}
