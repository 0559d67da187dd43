package import CryptoSuite
internal import DifferentialPrivacy
package import Federation
package import KernelTable
package import Learning
internal import SecureAggregation
internal import Strategies
package import Wire
package import WorkSharing

/// What a client that lies sends, made from its rows, the round's start, and the training that an honest client would do.
package typealias LyingUpdate = @Sendable (Dataset, RoundStart, (Dataset, RoundStart) throws -> UpdateBody?) throws -> UpdateBody?

/// A whole federation in one process, without sockets, disks and clocks: the production machines, their messages as bytes
/// through the production codec, the production arithmetic. The same session, names, rows and seed give the same model
/// as real nodes do.
///
/// Thousands of clients share one data set and one decoded model, and a worker's workspace; a client that is not selected
/// costs its machine and its place in the coordinator's tables. Time stands still unless everybody waits for it.
package struct InProcessFederation {
    /// Names of the clients, ascending.
    let names: [String]
    let schema: DataSchema
    let holdout: Dataset?
    let kernels: KernelTable?
    var common: Common
    var clients: [VirtualClient]
    var computers: [LocalComputer] = []
    // The coordinator, in `+Coordinator`.
    var machine: CoordinatorMachine
    var effects: [CoordinatorEffect] = []
    var nextEffect = 0
    var isPumping = false
    var reply: CoordinatorReply?
    var tickets: UInt64 = 0
    // Differential privacy, in `+Privacy`.
    var ledger = PrivacyLedger()
    let noise: (@Sendable (_ release: String) -> Secret)?
    /// Deltas of the attempt under way, by client; in a masked round the packed lanes.
    var deltas: [Int: [Float]] = [:]
    var packed: [Int: [UInt8]] = [:]
    // Frames on their way to clients, in `+Delivery`.
    var mail: [Delivery] = []
    var delivered = 0
    var batch: Int32 = 0

    package internal(set) var report = InProcessReport()

    /// - Parameters:
    ///   - session: its spec is valid; it starts when all have joined, whatever `auto_start` says.
    ///   - names: of the clients, ascending, one for each share.
    ///   - dataset: rows of all clients, scaled as `schema` says; or pieces of text.
    ///   - holdout: what the coordinator evaluates every model on.
    ///   - kernels: nil: the best the machine has.
    ///   - secrets: what secure aggregation draws at each client; needed where the session asks for it.
    ///   - noise: 32 fresh bytes for each release; needed with differential privacy.
    package init(
        session: SessionRecord, names: [String], dataset: Dataset, schema: DataSchema, shares: RowShares, holdout: Dataset? = nil,
        suite: CryptoSuite, kernels: KernelTable? = nil, secrets: ClientSecrets? = nil, noise: (@Sendable (_ release: String) -> Secret)? = nil
    ) {
        precondition(session.spec.secureAggregation == nil || secrets != nil, "secure aggregation needs secrets")
        precondition(
            session.spec.privacy == nil || session.spec.noiseBy == .clients || noise != nil, "differential privacy needs something to draw noise from")
        precondition(names.count == shares.count && zip(names, names.dropFirst()).allSatisfy(<), "one name a share, ascending")
        var record = session
        record.spec.autoStart = false
        self.names = names
        self.schema = schema
        self.holdout = holdout
        self.kernels = kernels
        self.noise = noise
        common = Common(suite: suite, dataset: dataset, shares: shares)
        common.rule = record.spec.strategy.client
        common.secrets = secrets
        machine = CoordinatorMachine(session: record, suite: suite)
        // Whoever runs the whole federation is the owner of every node: nothing is below its floors.
        let floors = ClientFloors(members: 3, groupFloor: 2, corruptRate: 0, quorum: 0.5)
        let protections = Self.protections(names, record.spec, suite, floors, secrets)
        clients = names.map { name in
            VirtualClient(
                machine: ClientMachine(
                    client: name, session: record.id, state: ClientState(session: record.id), seed: derivedSeed(0, name + record.id),
                    protection: protections(name)))
        }
    }

    /// Against a lying coordinator every client has a key of its own, and those of all the others.
    private static func protections(
        _ names: [String], _ spec: SessionSpec, _ suite: CryptoSuite, _ floors: ClientFloors, _ secrets: ClientSecrets?
    ) -> (String) -> ClientProtection? {
        guard let secrets else { return { _ in nil } }
        guard spec.secureAggregation?.mode == .maliciousServer else {
            let shared = ClientProtection(suite: suite, floors: floors)
            return { _ in shared }
        }
        let keys = names.map { ($0, suite.keys.signingKey(secrets.identity($0).bytes)) }
        let pins = try? PinnedKeys(Dictionary(uniqueKeysWithValues: keys))
        return { ClientProtection(suite: suite, floors: floors, identity: secrets.identity($0), pins: pins) }
    }

    /// These clients never send their masked update in this round, and never answer again in it: what is left to do is done
    /// without them.
    package mutating func drop(_ clients: Set<String>, inRound round: Int) {
        common.dropped[round] = Set(clients.compactMap { name in names.firstIndex(of: name) })
    }

    /// The first `count` clients send what `update` makes of their rows.
    package mutating func corrupt(first count: Int, _ update: @escaping LyingUpdate) {
        common.liars = Liars(clients: Set(0..<min(count, names.count)), update: update)
    }

    /// Its rows, as the client trains on them.
    package func rows(of client: Int) -> Dataset { common.rows(of: client) }

    /// The newest model, and the rows that it is evaluated on.
    /// The newest model's file, as the session's blobs would have it.
    package var newestFile: [UInt8]? { common.models.last?.file.encode() }

    package var newest: (model: ModelFile, holdout: Dataset)? {
        guard let model = common.models.last?.file, let holdout else { return nil }
        return (model, holdout)
    }

    // MARK: Running it

    /// Everybody joins and opens a channel; then the session starts.
    package mutating func gather(crew: Crew = .alone) throws(InProcessError) {
        hire(crew)
        for (index, name) in names.enumerated() {
            var request = JoinRequest(client: name)
            request.dataSize = Int64(common.samples(of: index))
            request.schema = schema
            if case .refused(let refused)? = ask({ .join(request, $0) }) { throw .refused(client: name, refused) }
        }
        for index in clients.indices { tell(index, .started) }
        while deliverBatch(crew) {}
        if case .refused(let refused)? = ask({ .start($0) }) { throw .refused(client: nil, refused) }
    }

    /// Runs until one more attempt of a round is closed. false: the session has ended, and every client knows it.
    package mutating func runRound(crew: Crew = .alone) -> Bool {
        hire(crew)
        let closed = report.rounds.count
        while report.rounds.count == closed {
            if deliverBatch(crew) { continue }
            if machine.session.status.isFinal { return false }
            // Everybody waits: then time passes.
            guard let next = machine.nextDeadline else { return false }
            common.now = max(common.now, next)
            tell(.tick)
        }
        return true
    }

    /// To the end of the session.
    package mutating func run(crew: Crew = .alone) -> InProcessReport {
        while runRound(crew: crew) {}
        return report
    }

    private mutating func hire(_ crew: Crew) {
        while computers.count < crew.workers { computers.append(LocalComputer(kernels: kernels)) }
    }
}
