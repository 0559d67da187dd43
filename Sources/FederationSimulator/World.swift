internal import CryptoSuite
internal import Federation
internal import KernelTable
internal import Learning
internal import TensorKernels
internal import Wire

/// Events that carry much are indirect: most are small, and small they move fast.
enum WorldEvent {
    case coordinatorStarts, coordinatorCrashes
    case coordinatorTimer(epoch: Int, at: Int64)
    case written(epoch: Int, [DurableChange])
    indirect case contributionWritten(epoch: Int, ContributionRecord, delta: [UInt8], Upload)
    indirect case modelMade(epoch: Int, ModelSpec, DataSchema, seed: UInt64)
    indirect case aggregationDue(epoch: Int, AggregationJob)
    case operatorStops

    case clientStarts(Int), clientCrashes(Int)
    case clientTimer(Int, life: Int, at: Int64)
    indirect case trained(Int, life: Int, serial: Int, RoundStart)
    indirect case evaluated(Int, life: Int, EvaluationRequest)

    case joinArrives(Int, life: Int), joinAnswered(Int, life: Int, isIn: Bool)
    case connectArrives(Int, life: Int), connectAnswered(Int, life: Int, link: Int?)
    case frameToCoordinator(link: Int, [UInt8]), frameToClient(link: Int, [UInt8])
    case linkClosedAtCoordinator(Int), linkClosedAtClient(Int)
    indirect case modelAsked(Int, life: Int, digest: String, path: String)
    case modelAnswered(Int, life: Int, digest: String, [UInt8]?)
    indirect case uploadArrives(Upload)
    indirect case uploadAnswered(Upload, UploadAnswer)

    case linkBreaks(Int)
    case healed
}

/// One POST of an update.
struct Upload {
    var client: Int
    var life: Int
    var key: AttemptKey
    /// As it crosses: compressed where that pays, as in production.
    var body: [UInt8]
    var isCompressed = false
    /// Its number at the coordinator, once it has arrived.
    var id = 0
    /// Nobody waits for the answer: a copy that the network made, or what an attacker sent.
    var isStray = false
}

enum UploadAnswer { case accepted, failed(UploadFailure) }

/// One control channel, alive until either end breaks it.
struct Link {
    var client: Int
    var life: Int
    var isBroken = false
    /// The coordinator has seen the hello.
    var isGreeted = false
    var latestToClient: Int64 = 0
    var latestToCoordinator: Int64 = 0
}

/// All there is. `World+Coordinator` and `World+Uploads` are the coordinator's shell, `World+Clients` the clients'.
struct World {
    let configuration: SimulationConfiguration
    let session = "fl-session-simulated"
    private(set) var now: Int64 = 0
    private var queue = EventQueue<WorldEvent>()
    private var trace = 0x7475_7474_6900_0001 as UInt64
    private var events = 0
    private var log: [String] = []
    var weather: SeededGenerator
    var faults: Faults
    var checker = Checker()
    var store: DurableStore
    var coordinator: CoordinatorProcess?
    var epoch = 0
    var openSince: Int64 = 0
    var coordinatorRestarts = 0
    var clients: [ClientProcess]
    var links: [Link] = []
    /// Uploads that have arrived and have no answer yet; they fail when the coordinator dies.
    var openUploads: [Int: Upload] = [:]
    var nextUpload = 0
    /// Clients of whose update a second copy arrived; only `PlantedBug.countsDuplicates` looks here.
    var repeated: Set<DurableStore.Key> = []
    /// The lowest level: a seed gives the same trace on every machine.
    let kernels: KernelTable?
    /// Model files by the digest of their bytes. Everybody still checks the bytes that come; only the same file is not read
    /// twice.
    private var readModels: [String: ModelFile] = [:]
    /// One workspace for all local training.
    var computer: LocalComputer

    /// Nothing takes longer than this once all is healed: waits before a retry, the rounds, the last evaluation.
    private var latestEnd: Int64 {
        let round = Int64(min(configuration.spec.roundDeadlineSeconds, 60) * 1000) + 12_500
        return faults.until + Int64(configuration.spec.rounds + 2) * round
    }
    private static let mostEvents = 1_000_000
    /// Between a deadline and the moment the closed round is durable lie the writes that were already under way.
    var slack: Int64 { 20 * configuration.disk.upperBound + 50 }

    init(seed: UInt64, configuration: SimulationConfiguration) {
        self.configuration = configuration
        faults = configuration.faults
        kernels = Kernels.table(.baseline)
        computer = LocalComputer(kernels: kernels)
        weather = SeededGenerator(seed: derivedSeed(seed, "weather"))
        let record = SessionRecord(
            id: session, tenant: "default", spec: configuration.spec, createdAt: Instant(milliseconds: 0),
            registrationTokenHash: [UInt8](repeating: 0, count: 32))
        store = DurableStore(session: record)
        clients = (0..<configuration.clients).map { ClientProcess(index: $0, session: "fl-session-simulated", seed: seed) }
        checker.sums.rule = configuration.spec.aggregation
        checker.sums.strategy = StrategyTwin(
            configuration.spec.strategy, rows: Dictionary(uniqueKeysWithValues: clients.map { ($0.name, Int64($0.dataset.rows)) }))
        checker.choosesBest = configuration.spec.modelSelection == .best
        checker.quorum = configuration.spec.quorum ?? configuration.spec.minClients
        checker.sums.byzantineTolerance = configuration.spec.byzantineTolerance
        checker.sums.liars = Set(clients.prefix(configuration.faults.liars).map(\.name))
        planFaults()
    }

    private mutating func planFaults() {
        plan(.coordinatorStarts, in: 0)
        for client in clients.indices { plan(.clientStarts(client), in: Int64(weather.below(200))) }
        guard faults != .none else { return }
        let span = Int(faults.until)
        for _ in 0..<faults.coordinatorCrashes { plan(.coordinatorCrashes, in: Int64(weather.below(span))) }
        for _ in 0..<faults.clientCrashes { plan(.clientCrashes(weather.below(clients.count)), in: Int64(weather.below(span))) }
        for _ in 0..<faults.brokenLinks { plan(.linkBreaks(weather.below(clients.count)), in: Int64(weather.below(span))) }
        for gone in 0..<min(faults.dropouts, clients.count) {
            clients[gone].staysAway = true
            plan(.clientCrashes(gone), in: Int64(weather.below(span)))
        }
        if let stop = configuration.stopAt { plan(.operatorStops, in: stop) }
        plan(.healed, in: faults.until)
    }

    // MARK: Time

    mutating func plan(_ event: WorldEvent, in delay: Int64) { queue.push(event, at: now + max(0, delay)) }

    mutating func happens(_ probability: Double) -> Bool { probability > 0 && weather.uniform() < probability }

    mutating func pick(_ range: ClosedRange<Int64>) -> Int64 {
        range.lowerBound + Int64(weather.below(Int(range.upperBound - range.lowerBound) + 1))
    }

    mutating func networkDelay() -> Int64 {
        let delay = pick(faults.delay)
        return happens(faults.straggle) ? 20 * delay : delay
    }

    var instant: Instant { Instant(milliseconds: now) }

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
        store.session.status.isFinal && clients.allSatisfy { $0.outcome != nil || ($0.staysAway && !$0.isUp) }
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
        if !bytes.isEmpty { trace = mixed(trace ^ fold(bytes)) }
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
        case .written(let epoch, let changes): written(epoch, changes)
        case .contributionWritten(let epoch, let record, let delta, let upload): contributionWritten(epoch, record, delta, upload)
        case .modelMade(let epoch, let spec, let schema, let seed): modelMade(epoch, spec, schema, seed)
        case .aggregationDue(let epoch, let job): aggregate(epoch, job)
        case .operatorStops: tell(.stop(reason: "asked to", nil))
        case .clientStarts(let client): startClient(client)
        case .clientCrashes(let client): crashClient(client)
        case .clientTimer(let client, let life, let at): clientTimer(client, life, at)
        case .trained(let client, let life, let serial, let start): trained(client, life, serial, start)
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
        case .linkBreaks(let client):
            if let link = clients[client].link { breakLink(link) }
        case .healed: heal()
        }
        if coordinator != nil { checker.checkOpenRound(now, openSince: openSince, slack: slack) }
    }

    private mutating func heal() {
        note("healed", 0)
        let until = faults.until
        faults = .none
        faults.until = until
        if coordinator == nil { plan(.coordinatorStarts, in: 1) }
        for index in clients.indices {
            clients[index].staysAway = false
            if !clients[index].isUp { plan(.clientStarts(index), in: 1) }
        }
    }

    // MARK: Models

    /// - Returns: nil when the bytes are no model, or another one than `digest` names.
    mutating func model(_ digest: String, _ bytes: [UInt8]) -> ModelFile? {
        guard hexadecimal(CryptoSuite.simulated.sha256(bytes)) == digest else { return nil }
        if let known = readModels[digest] { return known }
        guard let file = try? ModelFile(decoding: bytes) else { return nil }
        readModels[digest] = file
        return file
    }

    // MARK: Links

    /// Both ends learn of it, each in its own time; what is under way is lost.
    mutating func breakLink(_ link: Int) {
        guard !links[link].isBroken else { return }
        links[link].isBroken = true
        plan(.linkClosedAtCoordinator(link), in: networkDelay())
        plan(.linkClosedAtClient(link), in: networkDelay())
    }

    /// Frames keep their order, unless the weather says otherwise.
    mutating func frameTime(_ link: Int, toClient: Bool) -> Int64 {
        let earliest = now + networkDelay()
        if happens(faults.reordering) { return earliest - now }
        let before = toClient ? links[link].latestToClient : links[link].latestToCoordinator
        let time = max(earliest, before)
        if toClient { links[link].latestToClient = time } else { links[link].latestToCoordinator = time }
        return time - now
    }
}
