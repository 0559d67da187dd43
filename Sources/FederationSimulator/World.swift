internal import Federation
internal import KernelTable
internal import Learning
internal import TensorKernels

/// All there is. `World+Coordinator` and its neighbours are the coordinator's shell, `World+Clients` the clients',
/// `World+Weather` what goes wrong.
struct World {
    let configuration: SimulationConfiguration
    let session = "fl-session-simulated"
    let paths = SessionPaths(session: "fl-session-simulated")
    private(set) var now: Int64 = 0
    private var queue = EventQueue<WorldEvent>()
    private var trace = 0x7475_7474_6900_0001 as UInt64
    private var events = 0
    private var log: [String] = []
    var weather: SeededGenerator
    var faults: Faults
    var checker: Checker

    // The coordinator
    var store: DurableStore
    /// What `PlantedBug.syncLies` leaves after a crash.
    var platter: (store: DurableStore, at: Int64)
    /// Writes under way, in the order in which they were begun.
    var writes: [PendingWrite] = []
    var nextWrite = 0
    var diskIsFullUntil: Int64 = 0
    var coordinator: CoordinatorProcess?
    var epoch = 0
    /// Since when the coordinator is up and its disk takes writes.
    var openSince: Int64 = 0
    var coordinatorRestarts = 0
    /// What the coordinator's clock is ahead of the world's.
    var coordinatorAhead: Int64 = 0
    /// Uploads that have arrived and have no answer yet; they fail when the coordinator dies.
    var openUploads: [Int: Upload] = [:]
    var nextUpload = 0
    /// No open upload has a smaller number.
    var oldestUpload = 0
    /// Clients of whose update a second copy arrived; only `PlantedBug.countsDuplicates` looks here.
    var repeated: Set<DurableStore.Key> = []

    // The clients, and what lies between
    var clients: [ClientProcess]
    var links: [Link] = []
    var archive = Archive()
    var frames = FrameMemo()
    /// The arithmetic of all clients, at the lowest level: a seed gives the same trace on every machine.
    var computer = LocalComputer(kernels: Kernels.table(.baseline))
    /// Model files by the digest of their bytes. Everybody still checks the bytes that come; only the same file is not read
    /// twice.
    var readModels: [String: ModelFile] = [:]
    /// By how much clocks were set back or ahead in all: so much later may all be over.
    var clockSteps: Int64 = 0

    /// A date on which both clocks may be set back.
    static let epochStart: Int64 = 1_750_000_000_000
    private static let mostEvents = 1_000_000

    /// Nothing takes longer than this once all is healed: waits before a retry, the rounds, the last evaluation.
    private var latestEnd: Int64 {
        let round = Int64(min(configuration.spec.roundDeadlineSeconds, 60) * 1000) + 12_500
        return faults.until + Int64(configuration.spec.rounds + (configuration.spec.secureAggregation == nil ? 2 : 6)) * round + clockSteps
    }

    /// Between a deadline and the moment the closed round is durable lie the writes that were already under way.
    var slack: Int64 {
        let write = configuration.disk.upperBound * (configuration.faults.slowWrite > 0 ? Self.slowFactor : 1)
        return 20 * configuration.disk.upperBound + 4 * write + 50
    }

    init(seed: UInt64, configuration: SimulationConfiguration) {
        self.configuration = configuration
        faults = configuration.faults
        weather = SeededGenerator(seed: derivedSeed(seed, "weather"))
        let record = SessionRecord(
            id: session, tenant: "default", spec: configuration.spec, createdAt: Instant(milliseconds: Self.epochStart),
            registrationTokenHash: [UInt8](repeating: 0, count: 32))
        store = DurableStore(session: record)
        platter = (store, 0)
        let pins = configuration.spec.secureAggregation == nil ? nil : SimulatedData.pins(clients: configuration.clients)
        clients = (0..<configuration.clients).map {
            ClientProcess(index: $0, session: "fl-session-simulated", seed: seed, pins: pins, spec: configuration.spec)
        }
        let liars = faults.lie.isRefused ? 0 : faults.liars
        let rows = Dictionary(uniqueKeysWithValues: clients.map { ($0.name, Int64($0.dataset.rows)) })
        checker = Checker(
            session: session, spec: configuration.spec, rows: rows, liars: Set(clients.prefix(liars).map(\.name)),
            forgers: Set(clients.suffix(faults.shareForgers).map(\.name)), healedAt: faults.until)
        if let cap = configuration.ownCap { clients.last?.own = OwnLedger(cap: cap, configuration.spec, configuration.plantedBug) }
        planFaults()
    }

    // MARK: Time

    mutating func plan(_ event: WorldEvent, in delay: Int64) { queue.push(event, at: now + max(0, delay)) }

    mutating func happens(_ probability: Double) -> Bool { probability > 0 && weather.uniform() < probability }

    mutating func pick(_ range: ClosedRange<Int64>) -> Int64 {
        range.lowerBound + Int64(weather.below(Int(range.upperBound - range.lowerBound) + 1))
    }

    /// What the coordinator's clock shows.
    var coordinatorClock: Int64 { Self.epochStart + now + coordinatorAhead }

    mutating func run() -> SimulationReport {
        while let (time, event) = queue.pop() {
            now = time
            events += 1
            step(event)
            if isOver { break }
            if now > latestEnd || events > Self.mostEvents {
                checker.violated(.comesToItsEnd, now, "the session is \(store.session.status.rawValue) after \(events) events")
                break
            }
        }
        checkEnd()
        return SimulationReport(
            traceHash: trace, events: events, status: store.session.status, committedRounds: store.committedRounds,
            abortedAttempts: checker.abortedAttempts, modelDigest: checker.chain.last, coordinatorRestarts: coordinatorRestarts,
            clientRestarts: clients.reduce(0) { $0 + max(0, $1.life - 1) }, virtualMilliseconds: now,
            violations: checker.violations, log: log)
    }

    /// The session has its end, and every client knows it.
    private var isOver: Bool {
        store.session.status.isFinal && clients.indices.allSatisfy { clients[$0].hasEnded }
    }

    private mutating func checkEnd() {
        guard checker.violations.isEmpty else { return }
        let status = store.session.status
        let isEarly = configuration.spec.earlyStopping != nil && store.session.statusReason?.hasPrefix("early stopping") == true
        if status == .completed && store.committedRounds != configuration.spec.rounds && !isEarly {
            checker.violated(.comesToItsEnd, now, "completed after \(store.committedRounds) rounds")
        }
        if status == .failed && checker.abortedAttempts < 10 {
            checker.violated(.comesToItsEnd, now, "failed: \(store.session.statusReason ?? "")")
        }
        if configuration.stopAt == nil && status == .stopped { checker.violated(.comesToItsEnd, now, "stopped by nobody") }
        for client in clients {
            guard case .completed(let model) = client.outcome, model != checker.given else { continue }
            checker.violated(.agreesOnTheModel, now, "\(client.name) ends with another model")
        }
    }

    // MARK: Events

    /// Adds to the trace: the same seed must give the same.
    mutating func note(_ kind: StaticString, _ subject: Int, _ bytes: [UInt8] = []) {
        trace = mixed(trace ^ UInt64(bitPattern: now))
        trace = mixed(trace ^ UInt64(UInt(bitPattern: subject)) &+ UInt64(kind.utf8CodeUnitCount))
        trace = mixed(trace ^ kind.withUTF8Buffer { fold(UnsafeRawBufferPointer($0)) })
        if !bytes.isEmpty { trace = mixed(trace ^ foldFast(bytes)) }
        record("\(kind) \(subject)")
    }

    mutating func record(_ line: @autoclosure () -> String) {
        if configuration.keepsLog { log.append("\(now) " + line()) }
    }

    private mutating func step(_ event: WorldEvent) {
        switch event {
        case .coordinatorStarts: startCoordinator()
        case .coordinatorCrashes: crashCoordinator()
        case .coordinatorTimer(let epoch, let at): coordinatorTimer(epoch, at)
        case .written(let epoch, let id): written(epoch, id)
        case .modelMade(let epoch, let spec, let schema, let seed): modelMade(epoch, spec, schema, seed)
        case .aggregationDue(let epoch, let job): aggregate(epoch, job)
        case .privacyPlanned(let epoch, let demand): privacyPlanned(epoch, demand)
        case .privateResult(let epoch, let job, let noise): privateResult(epoch, job, noise)
        case .neighbourPays(let number): neighbourPays(number)
        case .operatorStops: tell(.stop(reason: "asked to", nil))
        case .clientStarts(let client): startClient(client)
        case .clientCrashes(let client): crashClient(client)
        case .clientLeaves(let client): crashClient(client, away: 500...3000)
        case .clientTimer(let client, let life, let at): clientTimer(client, life, at)
        case .clientWritten(let client, let life): clientWritten(client, life)
        case .trained(let client, let life, let serial, let start): trained(client, life, serial, start)
        case .bodyWritten(let client, let life, let key, let body, let control): bodyWritten(client, life, key, body, control)
        case .bodyMasked(let client, let life, let key, let body): bodyMasked(client, life, key, body)
        case .evaluated(let client, let life, let request): evaluated(client, life, request)
        case .joinArrives(let client, let life): joinArrives(client, life)
        case .joinAnswered(let client, let life, let isIn): joinAnswered(client, life, isIn)
        case .connectArrives(let client, let life): connectArrives(client, life)
        case .connectAnswered(let client, let life, let link): connectAnswered(client, life, link)
        case .frameToCoordinator(let link, let bytes): frameToCoordinator(link, bytes)
        case .frameToClient(let link, let bytes): frameToClient(link, bytes)
        case .linkClosedAtCoordinator(let link): linkClosedAtCoordinator(link)
        case .linkClosedAtClient(let link): linkClosedAtClient(link)
        case .modelAsked(let client, let life, let digest, let path): modelAsked(client, life, digest, path)
        case .modelAnswered(let client, let life, let digest, let bytes): modelAnswered(client, life, digest, bytes)
        case .uploadArrives(let upload): uploadArrives(upload)
        case .uploadAnswered(let upload, let answer): uploadAnswered(upload, answer)
        case .linkBreaks(let client): if let link = clients[client].link { breakLink(link) }
        case .partitionBegins: beginPartition()
        case .clockJumps: jumpClock()
        case .diskFills: fillDisk()
        case .replay: replay()
        case .healed: heal()
        }
        // While a change waits for room on the disk, nothing can be closed or answered.
        guard coordinator?.isFull == false else { return }
        checker.checkOpenRound(now, openSince: openSince, slack: slack)
        checkOldestUpload()
    }
}
