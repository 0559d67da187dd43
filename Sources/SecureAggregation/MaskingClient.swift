package import CryptoSuite

/// A member's side of one session: phases 0 to 5 of every attempt at every round of an epoch.
///
/// A value without clock, randomness or sockets. What it refuses changes nothing. Its secrets live in memory only: after a
/// restart it is a dropped holder, while a masked vector that the coordinator has stored still counts.
package struct MaskingClient: Sendable {
    package enum Event: Sendable {
        /// Phase 0. `modelHash`: of the model this client trains from; `entropy`: 32 fresh random bytes.
        case begin(RoundParameters, modelHash: [UInt8], entropy: Secret)
        case adverts(AdvertList)
        case delivery(ShareDelivery)
        case confirmation(Confirmation)
        case survivors(SurvivorNotice)
        case unmask(UnmaskRequest)
        /// The attempt ended without an answer of this client: its secrets go.
        case abandon
    }

    package enum Effect: Sendable {
        case sendAdvert(Advert)
        case sendBundle(ShareBundle)
        case sendReceipt(ShareReceipt)
        /// Add these to the encoded update, send it behind the header, and let go of them.
        case mask(MaskedInput, [MaskTerm])
        /// Durable before any later effect.
        case persist(ClientRecord)
        case sendSignature(SurvivorSignature)
        case sendResponse(UnmaskResponse)
        case refuse(SecureAggregationError)
    }

    package let index: Int
    let suite: CryptoSuite
    let partition: Partition
    let roster: Roster
    let identity: Secret?
    let planHash: [UInt8]
    let floors: ClientFloors
    package internal(set) var record: ClientRecord?
    var attempt: Attempt?
    /// Members of the last attempt of a round that was begun: a retry may only have fewer.
    var lastMembers: (round: Int, members: Set<Int>)?

    /// - Parameters:
    ///   - roster: from outside the coordinator in malicious mode.
    ///   - identity: seed of this member's Ed25519 key (32 bytes); nil in honest-but-curious mode.
    ///   - planHash: SHA-256 of the plan this client was shown.
    ///   - record: what was kept over a restart.
    package init(
        index: Int, roster: Roster, partition: Partition, identity: Secret?, planHash: [UInt8], floors: ClientFloors, record: ClientRecord?, suite: CryptoSuite
    ) throws(SecureAggregationError) {
        guard roster.members.indices.contains(index) else { throw .malformed(field: "index") }
        guard partition.group(of: index) != nil else { throw .tooFew("member \(index) is not in the epoch's partition: it did not reveal its nonce") }
        guard partition.terms.rosterHash == roster.digest(suite) else { throw .otherTranscript }
        if let record, record.epoch == partition.terms.epoch, record.partitionHash != partition.digest {
            throw .contradiction("a second partition in epoch \(record.epoch)")
        }
        if let identity {
            guard suite.keys.signingKey(identity.bytes) == roster.members[index].identity else {
                throw .notAuthentic("the roster has another key for member \(index): have it corrected")
            }
        }
        self.index = index
        self.roster = roster
        self.partition = partition
        self.identity = identity
        self.planHash = planHash
        self.floors = floors
        self.record = record
        self.suite = suite
    }

    package mutating func handle(_ event: Event) -> [Effect] {
        do throws(SecureAggregationError) {
            switch event {
            case .begin(let parameters, let modelHash, let entropy): return try begin(parameters, modelHash: modelHash, entropy: entropy)
            case .adverts(let list): return try deal(list)
            case .delivery(let delivery): return try receive(delivery)
            case .confirmation(let confirmation): return try mask(confirmation)
            case .survivors(let notice): return try sign(notice)
            case .unmask(let request): return try answer(request)
            case .abandon:
                attempt = nil
                return []
            }
        } catch {
            return [.refuse(error)]
        }
    }

    /// What this client advertised in the attempt under way, to be sent again.
    package var advert: Advert? { attempt?.advert }

    /// The parameters of the attempt under way.
    package var parameters: RoundParameters? { attempt?.parameters }

    /// Whether secrets of an attempt are in memory.
    package var holdsSecrets: Bool { attempt?.secrets != nil || attempt?.held.isEmpty == false || attempt?.edges.isEmpty == false }
}

/// One attempt, as far as it has come.
struct Attempt: Sendable {
    /// Each has one exit, to the next; `.begin` of a later attempt and `.abandon` leave all of them.
    enum Stage: Sendable, Equatable { case advertised, dealt, received, masked, answered }

    /// The two shares of a dealer.
    struct Held: Sendable {
        let bundle: [UInt8]
        let selfShare: Secret
        let selfSalt: [UInt8]
        let maskShare: Secret
        let maskSalt: [UInt8]
    }

    /// What a lower member dealt (X-Wing).
    struct Edge: Sendable {
        let bundle: [UInt8]
        let secret: Secret
    }

    let parameters: RoundParameters
    let digest: [UInt8]
    var stage = Stage.advertised
    let advert: Advert
    var secrets: AttemptSecrets?
    var adverts = AdvertTable([])
    var ring: HolderRing?
    var first: [UInt8] = []
    /// What was sent, so that a message that comes again gets the same answer.
    var bundle: ShareBundle?
    var receipt: ShareReceipt?
    var held: [Int: Held] = [:]
    var edges: [Int: Edge] = [:]
    var transcript: [UInt8] = []
    var confirmed: [Int] = []
    var signed: (survivors: [Int], signature: SurvivorSignature)?
    var response: (request: [UInt8], response: UnmaskResponse)?
}
