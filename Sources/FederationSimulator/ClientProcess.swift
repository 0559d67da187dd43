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
    private var folder: Kept
    var state: ClientState { folder.state }
    var bodies: [String: [UInt8]] = [:]
    var diskIsFullUntil: Int64 = 0
    /// What its rows have lost in all sessions; nil in one that counts nothing.
    var own: OwnLedger?
    /// What its disk says that it has written last.
    private var promised: Kept
    /// The state before the last, and when it was written over; what `PlantedBug.clientSyncLies` leaves after a crash.
    private var before: (kept: Kept, until: Int64)
    /// A state as it lies on the disk: one that is written is kept in three places, and copied to none.
    private final class Kept {
        let state: ClientState
        init(_ state: ClientState) { self.state = state }
    }
    /// What it finds is what it was told is there.
    var findsWhatWasPromised: Bool { folder === promised || folder.state == promised.state }

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
    private var effects = EffectQueue<ClientEffect>()
    /// States that are being written, in order.
    private var writing: [Write] = []
    private indirect enum Write { case state(ClientState), ledger(OwnLedger, AttemptKey) }
    var isWriting: Bool {
        get { effects.isWriting }
        set { effects.isWriting = newValue }
    }
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
    init(index: Int, session: String, seed: UInt64, pins: PinnedKeys?, spec: SessionSpec) {
        self.index = index
        self.seed = seed
        name = SimulatedData.name(of: index)
        folder = Kept(ClientState(session: session))
        promised = folder
        before = (folder, 0)
        dataset = SimulatedData.rows(of: index, seed: seed)
        own = OwnLedger(cap: nil, spec, nil)
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
        effects.add(new)
    }

    /// When its timer is due; nil: nothing is to be armed.
    var newDeadline: Int64? {
        guard outcome == nil, let next = machine?.deadline()?.milliseconds, timer != next else { return nil }
        return next
    }

    /// The next effect; nil while a write is under way or nothing is left.
    func next() -> ClientEffect? { effects.next() }

    func begin(_ state: ClientState) { writing.append(.state(state)) }
    func begin(_ ledger: OwnLedger, for key: AttemptKey) { writing.append(.ledger(ledger, key)) }

    /// The first write that was begun is done.
    /// - Returns: the attempt that its own ledger has paid for with it.
    func finishWrite(_ now: Int64) -> AttemptKey? {
        guard !writing.isEmpty else { return nil }
        switch writing.removeFirst() {
        case .state(let written):
            before = (folder, now)
            folder = Kept(written)
            promised = folder
            return nil
        case .ledger(let written, let key):
            own = written
            return key
        }
    }

    /// Only `PlantedBug.clientForgetsLedger` does this.
    func forgetLedger() { own?.forget() }

    var writesUnderWay: Int { writing.count }

    /// Memory is gone; of the writes under way the first `kept` are there.
    /// - Parameter lag: what was written so short a time ago is lost too.
    func crash(kept: Int, now: Int64, lag: Int64?) {
        let isForgetful = lag.map { before.until > 0 && now - before.until < $0 } ?? false
        if isForgetful { folder = before.kept }
        for write in writing.prefix(kept) {
            switch write {
            case .state(let written):
                if isForgetful { continue }
                folder = Kept(written)
                promised = folder
            case .ledger(let written, _): own = written
            }
        }
        (machine, effects, writing) = (nil, EffectQueue(), [])
        (isUp, link, timer, model, control, controlsAsked) = (false, nil, nil, nil, nil, [])
        encoded = nil
        serial += 1
    }
}

extension ClientMachine {
    /// In place: to ask an optional for a computed property copies all of it.
    mutating func deadline() -> Instant? { nextDeadline }
}
