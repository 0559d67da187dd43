import CryptoSuite
import SecureAggregation

/// A whole federation in one value: real machines, every message through its encoding, faults where a test wants them.
struct World {
    var suite: CryptoSuite
    var numbers: Numbers
    let plan: SecureAggregationPlan
    let roster: Roster
    let identities: [Secret]
    let partition: Partition
    var parameters: RoundParameters
    var clients: [MaskingClient]
    var server: MaskingServer
    var updates: [[Float]]
    /// What each client encoded, and the masked vectors the coordinator stored.
    var encoded: [EncodedUpdate] = []
    var storage: [Int: [UInt8]] = [:]

    /// Members that do not do the thing any more, from the phase of that name on.
    var gone: [String: Set<Int>] = [:]
    /// What the coordinator tells a member the model is, where it lies: other parameters, and a model that fits them.
    var modelOf: [Int: [UInt8]] = [:]
    /// Changes to what is sent; nil drops it.
    var tamperBundle: (ShareBundle) -> ShareBundle? = { $0 }
    var tamperResponse: (UnmaskResponse) -> UnmaskResponse? = { $0 }
    var tamperLanes: (Int, [UInt8]) -> [UInt8] = { $1 }
    /// A member that follows no rule, in place of the client of its index (which is gone from "advert" on).
    var forger: Forger?
    /// What the coordinator tells one member instead; nil tells it nothing.
    var tamperAdverts: (Int, AdvertList) -> AdvertList? = { $1 }
    var tamperDelivery: (Int, ShareDelivery) -> ShareDelivery? = { $1 }
    var tamperConfirmation: (Int, Confirmation) -> Confirmation? = { $1 }
    var tamperSurvivors: (Int, SurvivorNotice) -> SurvivorNotice? = { $1 }
    var tamperUnmask: (Int, UnmaskRequest) -> UnmaskRequest? = { $1 }

    var opened: [OpenedGroup] = []
    var void: [VoidGroup] = []
    var aborted: SecureAggregationError?
    var evidence: [Evidence] = []
    var clientRefusals: [(Int, SecureAggregationError)] = []
    var serverRefusals: [(Int, SecureAggregationError)] = []
    /// Every share the coordinator was sent: member, kind.
    var revealed: [Int: Set<ShareKind>] = [:]
    var sealedBeforeUnmask = true
    private var isSealed = false

    static let session = Array("fl_1".utf8)
    static let model = [UInt8](repeating: 1, count: 32)
    static let planHash = [UInt8](repeating: 2, count: 32)

    init(
        members: Int, mode: TrustMode = .honestButCurious, dimension: Int = 7, seed: UInt64, suite: CryptoSuite, weightMax: Int = 0, bits: Int = 16,
        change: (inout PlanRequest) -> Void = { _ in }
    ) throws {
        self.suite = suite
        self.numbers = Numbers(state: seed)
        var numbers = Numbers(state: seed &+ 77)
        var request = PlanRequest(members: members, dimension: dimension, l2Clip: 1, coordinateClip: 0.5)
        request.mode = mode
        request.identitiesPinned = true
        request.weightMax = weightMax
        request.robust = weightMax == 0
        request.bits = bits
        change(&request)
        plan = try SecureAggregationPlan(request)
        let identities = (0..<members).map { _ in Secret(numbers.bytes(32)) }
        self.identities = identities
        roster = try Roster(
            (0..<members).map { i in
                Roster.Member(name: Array("client-\(1000 + i)".utf8), identity: mode == .maliciousServer ? suite.keys.signingKey(identities[i].bytes) : [])
            })
        let terms = PartitionTerms(
            session: World.session, epoch: 1, rosterHash: roster.digest(suite), groups: plan.groups, rosterFloor: request.rosterFloor,
            missingMax: members - plan.quorum)
        partition = try World.draw(terms, members: members, &numbers, suite)
        parameters = RoundParameters(
            mode: mode, session: World.session, epoch: 1, round: 1, attempt: 1, modelHash: World.model, planHash: World.planHash,
            rosterHash: terms.rosterHash, partitionHash: partition.digest, plan: plan)
        let floors = ClientFloors(mode: mode, members: members, groupFloor: request.openingFloor, corruptRate: request.corruptRate, quorum: 0.5)
        clients = []
        for i in 0..<members {
            clients.append(
                try MaskingClient(
                    index: i, roster: roster, partition: partition, identity: mode == .maliciousServer ? identities[i] : nil, planHash: World.planHash,
                    floors: floors, record: nil, suite: suite))
        }
        server = try MaskingServer(parameters, partition: partition, roster: roster, goodGroupsMin: plan.groups - plan.voidGroupsBorne, suite: suite)
        updates = (0..<members).map { _ in (0..<dimension).map { _ in Float(numbers.next(below: 2001) - 1000) / 4000 } }
        try encode()
    }

    static func draw(_ terms: PartitionTerms, members: Int, _ numbers: inout Numbers, _ suite: CryptoSuite) throws -> Partition {
        var drawing = (0..<members).map { PartitionMember(terms: terms, index: $0, nonce: Secret(numbers.bytes(32)), suite: suite) }
        let commitments = drawing.map(\.commitment)
        let nonces = try drawing.indices.map { try drawing[$0].reveal(to: commitments) }
        return try drawing[0].accept(nonces: nonces)
    }

    private mutating func encode() throws {
        encoded = try updates.indices.map { i in
            try UpdateEncoder(
                parameters.encoding, clientSecret: Secret([UInt8](repeating: UInt8(i & 255), count: 32)), session: World.session, round: parameters.round,
                suite: suite
            ).encode(updates[i], weight: i + 1)
        }
    }

    func isGone(_ member: Int, _ phase: String) -> Bool { gone[phase]?.contains(member) == true }

    /// Runs the attempt to its end: rounds of messages, then the deadline of the phase.
    mutating func run() {
        begin()
        for _ in 0..<8 where server.phase != .finished && server.phase != .aborted { take(server.handle(.deadline)) }
    }

    mutating func begin() {
        if let forger { take(server.handle(.advert(forger.advert(suite)))) }
        for i in clients.indices where !isGone(i, "advert") {
            var told = parameters
            told.modelHash = modelOf[i] ?? World.model
            send(i, .begin(told, modelHash: told.modelHash, entropy: Secret(numbers.bytes(32))))
        }
    }

    /// To a client; what it does about it reaches the server.
    mutating func send(_ member: Int, _ event: MaskingClient.Event) {
        for effect in clients[member].handle(event) {
            switch effect {
            case .sendAdvert(let advert): if let sent = try? Advert(encoded: advert.encoded) { take(server.handle(.advert(sent))) }
            case .sendBundle(let bundle):
                guard !isGone(member, "bundle"), let changed = tamperBundle(bundle), let sent = try? ShareBundle(encoded: changed.encoded) else { continue }
                take(server.handle(.bundle(sent)))
            case .sendReceipt(let receipt):
                guard !isGone(member, "receipt"), let sent = try? ShareReceipt(encoded: receipt.encoded) else { continue }
                take(server.handle(.receipt(sent)))
            case .mask(let header, let terms):
                guard !isGone(member, "input"), let sent = try? MaskedInput(encoded: header.encoded) else { continue }
                var vector = MaskedVector(encoded[member], width: parameters.encoding.width)
                for term in terms { vector.add(term, suite: suite) }
                storage[member] = tamperLanes(member, vector.packed)
                take(server.handle(.stored(sent)))
            case .persist(let record): clients[member].checkPersisted(record)
            case .sendSignature(let signature):
                guard !isGone(member, "signature"), let sent = try? SurvivorSignature(encoded: signature.encoded) else { continue }
                take(server.handle(.signature(sent)))
            case .sendResponse(let response):
                guard !isGone(member, "response"), let changed = tamperResponse(response), let sent = try? UnmaskResponse(encoded: changed.encoded) else {
                    continue
                }
                for item in sent.items { revealed[item.dealer, default: []].insert(item.kind) }
                take(server.handle(.response(sent)))
            case .refuse(let error): clientRefusals.append((member, error))
            }
        }
    }

    /// The server's effects, in their order.
    mutating func take(_ effects: [MaskingServer.Effect]) {
        for effect in effects {
            switch effect {
            case .sendAdverts(let to, let list):
                guard let sent = try? AdvertList(encoded: list.encoded) else { continue }
                for member in to where !isGone(member, "bundle") { if let told = tamperAdverts(member, sent) { send(member, .adverts(told)) } }
                if let forger { take(server.handle(.bundle(forger.bundle(self, sent)))) }
            case .sendDelivery(let member, let delivery):
                if member == forger?.index { take(server.handle(.receipt(ShareReceipt(holder: member, complaints: [])))) }
                guard !isGone(member, "receipt"), let sent = try? ShareDelivery(encoded: delivery.encoded) else { continue }
                if let told = tamperDelivery(member, sent) { send(member, .delivery(told)) }
            case .sendConfirmation(let to, let confirmation):
                guard let sent = try? Confirmation(encoded: confirmation.encoded) else { continue }
                for member in to where !isGone(member, "input") { if let told = tamperConfirmation(member, sent) { send(member, .confirmation(told)) } }
                if let forger, !forger.dropsOut {
                    storage[forger.index] = [UInt8](repeating: 0, count: parameters.packedBytes)
                    take(server.handle(.stored(MaskedInput(index: forger.index, transcript: server.transcript))))
                }
            case .sendSurvivors(let to, let notice):
                guard let sent = try? SurvivorNotice(encoded: notice.encoded) else { continue }
                for member in to where !isGone(member, "signature") { if let told = tamperSurvivors(member, sent) { send(member, .survivors(told)) } }
            case .persistSealed: isSealed = true
            case .sendUnmask(let to, let request):
                sealedBeforeUnmask = sealedBeforeUnmask && isSealed
                guard let sent = try? UnmaskRequest(encoded: request.encoded) else { continue }
                for member in to where !isGone(member, "response") { if let told = tamperUnmask(member, sent) { send(member, .unmask(told)) } }
            case .open(let groups, let none): (opened, void) = (groups, none)
            case .refuse(let from, let error): serverRefusals.append((from, error))
            case .report(let one): evidence.append(one)
            case .abort(let error): aborted = error
            }
        }
    }

    /// What the coordinator computes: stored vectors added, masks taken off.
    func sum(_ group: OpenedGroup) throws -> MaskedVector {
        var sum = MaskedVector(zeros: parameters.lanes, width: parameters.encoding.width)
        for member in group.members { try sum.add(packed: storage[member] ?? []) }
        for term in group.terms { sum.add(term, suite: suite) }
        return sum
    }

    /// What it must be: the plain sum of the encoded updates.
    func plainSum(_ members: [Int]) -> [UInt32] {
        var sum = [UInt32](repeating: 0, count: parameters.lanes)
        for member in members { for (i, lane) in encoded[member].lanes.enumerated() { sum[i] += lane } }
        return sum
    }

    /// The checker of every run; gives what is wrong.
    func violations() throws -> [String] {
        var wrong: [String] = []
        for group in opened {
            if try sum(group).lanes != plainSum(group.members) { wrong.append("group \(group.group): the sum is not that of its members") }
            if group.members.count < parameters.groupFloor { wrong.append("group \(group.group) was opened below its floor") }
        }
        for (member, kinds) in revealed where kinds.count > 1 { wrong.append("both shares of member \(member) were revealed") }
        let survivors = Set(server.survivors)
        for member in revealed.keys {
            guard let group = partition.group(of: member) else { continue }
            if partition.present(in: group, among: survivors).count < parameters.groupFloor {
                wrong.append("a share of group \(group) below its floor was revealed")
            }
        }
        if !sealedBeforeUnmask { wrong.append("unmasking began before the survivors were durable") }
        return wrong
    }
}

extension MaskingClient {
    /// A record survives its encoding, and is the one the client goes on with.
    func checkPersisted(_ record: ClientRecord) {
        precondition((try? ClientRecord(encoded: record.encoded)) == record && record == self.record, "the record that is kept is not the client's")
    }
}
