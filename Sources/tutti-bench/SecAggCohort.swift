import CryptoSuite
import SecureAggregation
import Trust

/// A cohort that goes through one attempt of secure aggregation in this process: real machines, real primitives, every message
/// encoded; what each step costs is measured where it happens.
struct SecAggCohort {
    struct Seconds {
        /// Keys, shares and their checks, everything but the vector; one entry a client.
        var clientKeys: [Double] = []
        var encode: [Double] = []
        /// Masks added to the encoded vector, and the vector packed; one entry a client.
        var mask: [Double] = []
        var serverKeys = 0.0
    }

    let plan: SecureAggregationPlan
    private(set) var seconds = Seconds()
    /// Bytes a client sends and hears, vectors included.
    private(set) var sent: [Int]
    private(set) var heard: [Int]
    private(set) var stored: [Int: [UInt8]] = [:]
    private(set) var opened: [OpenedGroup] = []
    private(set) var failure: String?

    private let suite = CryptoSuite.system
    private var parameters: RoundParameters
    private var clients: [MaskingClient] = []
    private var server: MaskingServer
    private var encoded: [[UInt32]]
    private let absent: Set<Int>
    private let update: [Float]
    /// Clients whose vector is masked; the others' is left out of memory and time, and nothing is opened.
    private let vectors: Bool
    private var spent = [Double]()
    private static let session = Array("fl-session-bench".utf8)

    /// - Parameters:
    ///   - absent: members that drop out after their shares are dealt.
    ///   - neighbours: in the mask graph; nil: as few as the plan needs.
    init(_ request: PlanRequest, absent: Set<Int>, vectors: Bool, neighbours: Int? = nil) throws(SecureAggregationError) {
        let suite = CryptoSuite.system
        let plan = try SecureAggregationPlan(request)
        let n = request.members
        let roster = try Roster((0..<n).map { Roster.Member(name: Array("client-\(100_000 + $0)".utf8), identity: []) })
        let terms = PartitionTerms(
            session: Self.session, epoch: 1, rosterHash: roster.digest(suite), groups: plan.groups, rosterFloor: request.rosterFloor,
            missingMax: n - plan.quorum)
        var drawing: [PartitionMember] = []
        for i in 0..<n { drawing.append(PartitionMember(terms: terms, index: i, nonce: Self.secret(i, 1), suite: suite)) }
        let commitments = drawing.map(\.commitment)
        var nonces: [IndexedBytes] = []
        for i in 0..<n { nonces.append(try drawing[i].reveal(to: commitments)) }
        let partition = try drawing[0].accept(nonces: nonces)
        parameters = RoundParameters(
            mode: .honestButCurious, session: Self.session, epoch: 1, round: 1, attempt: 1, modelHash: [UInt8](repeating: 1, count: 32),
            planHash: [UInt8](repeating: 2, count: 32), rosterHash: terms.rosterHash, partitionHash: partition.digest, plan: plan)
        parameters.maskDegree = neighbours ?? parameters.maskDegree
        let floors = ClientFloors(members: n, groupFloor: request.openingFloor, quorum: 0.5)
        for i in 0..<n {
            clients.append(
                try MaskingClient(
                    index: i, roster: roster, partition: partition, identity: nil, planHash: parameters.planHash, floors: floors, record: nil, suite: suite))
        }
        server = try MaskingServer(parameters, partition: partition, roster: roster, goodGroupsMin: plan.groups - plan.voidGroupsBorne, suite: suite)
        self.plan = plan
        self.absent = absent
        self.vectors = vectors
        let scale = Float(0.9 / Double(request.dimension).squareRoot())
        update = (0..<request.dimension).map { Float(($0 &* 2_654_435_761) % 2001 - 1000) / 1000 * scale }
        encoded = [[UInt32]](repeating: [], count: n)
        (sent, heard, spent) = ([Int](repeating: 0, count: n), [Int](repeating: 0, count: n), [Double](repeating: 0, count: n))
    }

    private static func secret(_ index: Int, _ label: UInt8) -> Secret {
        Secret(CryptoSuite.system.sha256([label] + Array("\(index)".utf8)))
    }

    mutating func run() {
        let parameters = parameters
        for i in clients.indices {
            tell(i, parameters.encoded.count) { $0.handle(.begin(parameters, modelHash: parameters.modelHash, entropy: Self.secret(i, 2))) }
        }
        for _ in 0..<8 where server.phase != .finished && server.phase != .aborted { serve { $0.handle(.deadline) } }
        seconds.clientKeys = spent
    }

    private mutating func tell(_ i: Int, _ bytes: Int, _ body: (inout MaskingClient) -> [MaskingClient.Effect]) {
        heard[i] += bytes
        var effects: [MaskingClient.Effect] = []
        spent[i] += ContinuousClock().measure { effects = body(&clients[i]) } / .seconds(1)
        for effect in effects {
            switch effect {
            case .sendAdvert(let message): up(i, message.encoded.count) { $0.handle(.advert(message)) }
            case .sendBundle(let message): up(i, message.encoded.count) { $0.handle(.bundle(message)) }
            case .sendReceipt(let message): up(i, message.encoded.count) { $0.handle(.receipt(message)) }
            case .mask(let header, let terms):
                guard !absent.contains(i) else { continue }
                if vectors { mask(i, terms) }
                up(i, header.encoded.count + parameters.packedBytes) { $0.handle(.stored(header)) }
            case .persist: continue
            case .sendSignature(let message): up(i, message.encoded.count) { $0.handle(.signature(message)) }
            case .sendResponse(let message): up(i, message.encoded.count) { $0.handle(.response(message)) }
            case .refuse(let error): failure = "client \(i): \(error)"
            }
        }
    }

    private mutating func mask(_ i: Int, _ terms: [MaskTerm]) {
        let clock = ContinuousClock()
        var done: EncodedUpdate?
        let encoder = UpdateEncoder(parameters.encoding, clientSecret: Self.secret(i, 3), session: Self.session, round: 1, suite: suite)
        let encoding = clock.measure { done = try? encoder.encode(update) } / .seconds(1)
        guard let done else { return failure = "client \(i) cannot encode its update" }
        var packed: [UInt8] = []
        let masking = clock.measure {
            var vector = MaskedVector(done, width: parameters.encoding.width)
            vector.add(terms, suite: suite)
            packed = vector.packed
        }
        seconds.encode.append(encoding)
        seconds.mask.append(masking / .seconds(1))
        encoded[i] = done.lanes
        stored[i] = packed
    }

    private mutating func up(_ i: Int, _ bytes: Int, _ body: (inout MaskingServer) -> [MaskingServer.Effect]) {
        sent[i] += bytes
        serve(body)
    }

    private mutating func serve(_ body: (inout MaskingServer) -> [MaskingServer.Effect]) {
        var effects: [MaskingServer.Effect] = []
        seconds.serverKeys += ContinuousClock().measure { effects = body(&server) } / .seconds(1)
        for effect in effects {
            switch effect {
            case .sendAdverts(let to, let list):
                let bytes = list.encoded.count
                for i in to { tell(i, bytes) { $0.handle(.adverts(list)) } }
            case .sendDelivery(let i, let delivery): tell(i, delivery.encoded.count) { $0.handle(.delivery(delivery)) }
            case .sendConfirmation(let to, let confirmation):
                let bytes = confirmation.encoded.count
                for i in to { tell(i, bytes) { $0.handle(.confirmation(confirmation)) } }
            case .sendSurvivors(let to, let notice): for i in to { tell(i, notice.encoded.count) { $0.handle(.survivors(notice)) } }
            case .persistSealed: continue
            case .sendUnmask(let to, let request):
                let bytes = request.encoded.count
                for i in to { tell(i, bytes) { $0.handle(.unmask(request)) } }
            case .open(let groups, _): opened = groups
            case .refuse(let from, let error): failure = "the server refuses client \(from): \(error)"
            case .report(let evidence): failure = "\(evidence)"
            case .abort(let error): failure = "\(error)"
            }
        }
    }

    /// The stored vectors of every group added up: what the server has before it takes a mask off.
    func sums() throws(SecureAggregationError) -> [MaskedVector] {
        var out: [MaskedVector] = []
        for group in opened {
            var sum = MaskedVector(zeros: parameters.lanes, width: parameters.encoding.width)
            for member in group.members { try sum.add(packed: stored[member] ?? []) }
            out.append(sum)
        }
        return out
    }

    /// The masks taken off.
    func unmasked(_ sums: [MaskedVector]) -> [MaskedVector] {
        var out = sums
        for (place, group) in opened.enumerated() { out[place].add(group.terms, suite: suite) }
        return out
    }

    /// Whether every opened sum is that of its members' encoded updates.
    func isRight(_ sums: [MaskedVector]) -> Bool {
        guard sums.count == opened.count, !sums.isEmpty else { return false }
        return zip(opened, sums).allSatisfy { group, sum in
            var plain = [UInt32](repeating: 0, count: parameters.lanes)
            for member in group.members { for (lane, value) in encoded[member].enumerated() { plain[lane] &+= value } }
            return plain == sum.lanes
        }
    }

    /// Masks that a client of a whole group adds: its own and one a neighbour.
    var masksEach: Int { 1 + (parameters.maskDegree > 0 ? parameters.maskDegree : plan.smallestGroup - 1) }
    var packedBytes: Int { parameters.packedBytes }
    var termsOfAll: Int { opened.reduce(0) { $0 + $1.terms.count } }
}
