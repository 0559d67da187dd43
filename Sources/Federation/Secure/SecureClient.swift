package import CryptoSuite
package import SecureAggregation

/// What a client needs for secure aggregation besides its machine: the primitives, what its owner insists on, and, against a
/// lying coordinator, who it is and who the others are. Without the latter one is enough for all clients of a process.
package final class ClientProtection: Sendable {
    package let suite: CryptoSuite
    package let floors: ClientFloors
    /// Seed of this client's Ed25519 key, 32 bytes.
    package let identity: Secret?
    /// The members' keys as this client was given them outside the coordinator.
    package let pins: PinnedKeys?

    package init(suite: CryptoSuite, floors: ClientFloors, identity: Secret? = nil, pins: PinnedKeys? = nil) {
        self.suite = suite
        self.floors = floors
        self.identity = identity
        self.pins = pins
    }

    var identityKey: [UInt8] { identity.map { suite.keys.signingKey($0.bytes) } ?? [] }

    /// What this client insists on with these members: where keys are told, the coordinator is taken not to be trusted.
    func floors(with roster: Roster) -> ClientFloors {
        var floors = floors
        if roster.isPinned { floors.mode = .maliciousServer }
        return floors
    }

    /// - Throws: what is wrong with the keys that the coordinator tells of the members.
    func check(_ roster: Roster, index: Int) throws(SecureAggregationError) {
        guard roster.isPinned else {
            guard floors.mode == .honestButCurious else {
                throw .belowFloor(field: "mode", offered: TrustMode.honestButCurious.name, floor: floors.mode.name)
            }
            return
        }
        guard let pins else {
            throw .notAuthentic(
                "malicious_server needs the members' keys from outside the coordinator, and this client has none: name a file of them in "
                    + "secure_aggregation.pinned_keys of client.toml")
        }
        guard roster.members[index].identity == identityKey else {
            throw .notAuthentic("the coordinator tells the members another key for this client than its own")
        }
        try pins.check(roster)
    }
}

/// What 32 bytes of entropy are for. The shell draws them anew every time and keeps none.
package enum EntropyUse: Sendable, Hashable {
    /// The nonce of a draw of groups.
    case draw(Int)
    /// All keys of an attempt.
    case attempt(AttemptKey)
}

/// The secure side of a client: its part in the draw of groups, and the protocol's own machine. Secrets are in memory only.
struct SecureClient: Sendable {
    enum Step: Sendable {
        case send([UInt8], AttemptKey?)
        case persist(SecureClientState)
        case draw(EntropyUse)
        case mask(MaskingJob)
        /// The groups are known: rounds can begin.
        case ready
        /// Of the attempt under way: this client will not go on.
        case refuse(AttemptKey, String)
        /// The same of the draw of this number.
        case decline(Int, String)
        /// For the owner, once.
        case notice(String)
    }

    private let protection: ClientProtection
    private let name: String
    private let session: [UInt8]
    private(set) var state: SecureClientState?
    private var invitation: EpochInvitation?
    private var member: PartitionMember?
    private var commitments: [IndexedBytes]?
    /// Frames that overtook what they follow from: commitments before the invitation, nonces before the commitments.
    private var early: [MessageKind: (number: Int, message: [UInt8])] = [:]
    private var masking: MaskingClient?
    private var beginning: (key: AttemptKey, parameters: RoundParameters, model: [UInt8])?
    /// What was said of it while its entropy was drawn: to a member that comes back, all at once. Lost, everybody would wait for this
    /// client until the phase ends.
    private var overtaking: [[UInt8]] = []
    private static let mostOvertaking = 4

    init(_ protection: ClientProtection, name: String, session: String, state: SecureClientState?) {
        self.protection = protection
        self.name = name
        self.session = Array(session.utf8)
        self.state = state
    }

    private var suite: CryptoSuite { protection.suite }

    /// The groups are known.
    var isReady: Bool { masking != nil }

    private var key: AttemptKey? { masking?.parameters.map { AttemptKey(round: $0.round, attempt: $0.attempt) } }

    // MARK: The draw

    mutating func hear(draw number: Int, _ message: [UInt8]) -> [Step] {
        do throws(SecureAggregationError) {
            switch MessageKind(of: message) {
            case .epochInvitation: return try invited(try EpochInvitation(encoded: message)) + catchUp(.nonceCommitments)
            case .nonceCommitments:
                guard invitation?.terms.epoch == number, isReady || state?.epoch == number else { return hold(.nonceCommitments, number, message) }
                return try committed(try EpochEncoding.decodeList(message, .nonceCommitments)) + catchUp(.nonces)
            case .nonces:
                guard invitation?.terms.epoch == number, isReady || commitments != nil else { return hold(.nonces, number, message) }
                return try revealed(try EpochEncoding.decodeList(message, .nonces))
            default: return []
            }
        } catch {
            return [.decline(number, error.words)]
        }
    }

    private mutating func hold(_ kind: MessageKind, _ number: Int, _ message: [UInt8]) -> [Step] {
        early[kind] = (number, message)
        return []
    }

    private mutating func catchUp(_ kind: MessageKind) -> [Step] {
        guard let held = early.removeValue(forKey: kind), held.number == invitation?.terms.epoch else { return [] }
        return hear(draw: held.number, held.message)
    }

    private mutating func invited(_ offered: EpochInvitation) throws(SecureAggregationError) -> [Step] {
        let terms = offered.terms
        guard terms.session == session, terms.rosterHash == offered.roster.digest(suite) else { throw .otherTranscript }
        guard let index = offered.index(of: name) else { throw .contradiction("this client is not on the list of members") }
        try protection.check(offered.roster, index: index)
        if isReady || state?.partition != nil {
            guard terms.epoch == state?.epoch else { throw .contradiction("a second draw of groups: many draws would let single updates be solved for") }
            if !isReady { invitation = offered }
            return []
        }
        if let known = invitation, known.terms.epoch == terms.epoch {
            guard known == offered else { throw .contradiction("two draws with one number") }
            return member.map { [.send(EpochEncoding.encode($0.commitment, .nonceCommitment), nil)] } ?? []
        }
        guard terms.epoch >= state?.epoch ?? 0 else { return [] }
        invitation = offered
        (member, commitments) = (nil, nil)
        // Committed before a restart: the nonce is gone, and only the result can still be taken.
        if terms.epoch == state?.epoch { return [] }
        return [.draw(.draw(terms.epoch))]
    }

    private mutating func drawn(_ number: Int, _ nonce: Secret) -> [Step] {
        guard let invitation, invitation.terms.epoch == number, member == nil, let index = invitation.index(of: name) else { return [] }
        let member = PartitionMember(terms: invitation.terms, index: index, nonce: nonce, suite: suite)
        self.member = member
        let state = SecureClientState(epoch: number, commitment: hexadecimal(member.commitment.bytes))
        self.state = state
        return [.persist(state), .send(EpochEncoding.encode(member.commitment, .nonceCommitment), nil)] + catchUp(.nonceCommitments)
    }

    private mutating func committed(_ list: [IndexedBytes]) throws(SecureAggregationError) -> [Step] {
        if isReady { return [] }
        guard let own = invitation?.index(of: name), list.contains(where: { $0.index == own && hexadecimal($0.bytes) == state?.commitment }) else {
            throw .contradiction("this client's commitment is not in the list")
        }
        guard commitments == nil || commitments == list else { throw .contradiction("a second list of commitments in one draw") }
        commitments = list
        guard let nonce = try member?.reveal(to: list) else { return [] }
        return [.send(EpochEncoding.encode(nonce, .partitionReveal), nil)]
    }

    private mutating func revealed(_ nonces: [IndexedBytes]) throws(SecureAggregationError) -> [Step] {
        guard !isReady, let invitation, let commitments, var state, let index = invitation.index(of: name) else { return [] }
        let partition = try Partition(terms: invitation.terms, commitments: commitments, nonces: nonces, suite: suite)
        let digest = hexadecimal(partition.digest)
        guard state.partition == nil || state.partition == digest else { throw .contradiction("other groups than this client has taken part in") }
        var record: ClientRecord?
        if let kept = state.record {
            guard let encoded = bytes(hexadecimal: kept) else { throw .malformed(field: "record") }
            record = try ClientRecord(encoded: encoded)
        }
        masking = try MaskingClient(
            index: index, roster: invitation.roster, partition: partition, identity: invitation.roster.isPinned ? protection.identity : nil,
            planHash: suite.sha256(invitation.plan), floors: protection.floors(with: invitation.roster), record: record, suite: suite)
        let isNew = state.partition == nil
        state.partition = digest
        self.state = state
        member = nil
        let plan = String(decoding: invitation.plan, as: UTF8.self)
        return isNew ? [.persist(state), .notice("secure aggregation: \(plan)"), .ready] : [.ready]
    }

    // MARK: An attempt

    /// Phase 0 comes with the start of a round.
    mutating func begin(_ key: AttemptKey, _ encoded: [UInt8], model: [UInt8]) -> [Step] {
        do throws(SecureAggregationError) {
            let parameters = try RoundParameters(encoded: encoded)
            guard parameters.round == key.round, parameters.attempt == key.attempt else { throw .otherTranscript }
            guard isReady else { throw .outOfOrder("a secure round before the groups are drawn") }
            beginning = (key, parameters, model)
            overtaking = []
            return [.draw(.attempt(key))]
        } catch {
            return [.refuse(key, error.words)]
        }
    }

    mutating func drew(_ use: EntropyUse, _ secret: Secret) -> [Step] {
        switch use {
        case .draw(let number): return drawn(number, secret)
        case .attempt(let key):
            guard let start = beginning, start.key == key else { return [] }
            let heard = overtaking
            (beginning, overtaking) = (nil, [])
            return handle(.begin(start.parameters, modelHash: start.model, entropy: secret), key) + heard.flatMap { hear(key, $0) }
        }
    }

    /// The coordinator starts the attempt under way again: it may not have heard the first word of it.
    func advertAgain(_ key: AttemptKey) -> [Step] {
        guard self.key == key, let advert = masking?.advert else { return [] }
        return [.send(advert.encoded, key)]
    }

    mutating func hear(_ key: AttemptKey, _ message: [UInt8]) -> [Step] {
        guard self.key == key else {
            if beginning?.key == key {
                if overtaking.count < Self.mostOvertaking { overtaking.append(message) }
                return []
            }
            // Asked to sign for or to open an attempt of before a restart: it is told so, and need not wait.
            let isAsked = [.unmaskRequest, .survivors].contains(MessageKind(of: message))
            return isAsked && isReady ? [.refuse(key, SecureAggregationError.secretsGone.words)] : []
        }
        do throws(SecureAggregationError) {
            let event: MaskingClient.Event
            switch MessageKind(of: message)?.plain {
            case .adverts: event = .adverts(try AdvertList(encoded: message))
            case .shareDelivery: event = .delivery(try ShareDelivery(encoded: message))
            case .confirmation: event = .confirmation(try Confirmation(encoded: message))
            case .survivors: event = .survivors(try SurvivorNotice(encoded: message))
            case .unmaskRequest: event = .unmask(try UnmaskRequest(encoded: message))
            default: return []
            }
            return handle(event, key)
        } catch {
            return [.refuse(key, error.words)]
        }
    }

    /// The attempt is over for this client: its secrets go.
    mutating func abandon(through key: AttemptKey) {
        if let beginning, beginning.key <= key { (self.beginning, overtaking) = (nil, []) }
        if let current = self.key, current <= key { _ = masking?.handle(.abandon) }
    }

    private mutating func handle(_ event: MaskingClient.Event, _ key: AttemptKey) -> [Step] {
        var steps: [Step] = []
        for effect in masking?.handle(event) ?? [] {
            switch effect {
            case .sendAdvert(let advert): steps.append(.send(advert.encoded, key))
            case .sendBundle(let bundle): steps.append(.send(bundle.encoded, key))
            case .sendReceipt(let receipt): steps.append(.send(receipt.encoded, key))
            case .mask(let header, let terms):
                steps.append(.mask(MaskingJob(key: key, header: header, terms: terms, width: masking?.parameters?.encoding.width ?? 0)))
            case .persist(let record):
                state?.record = hexadecimal(record.encoded)
                if let state { steps.append(.persist(state)) }
            case .sendSignature(let signature): steps.append(.send(signature.encoded, key))
            case .sendResponse(let response): steps.append(.send(response.encoded, key))
            case .refuse(let error):
                // What comes twice, or overtakes, is no reason to give up.
                if case .outOfOrder = error { continue }
                steps.append(.refuse(key, error.words))
            }
        }
        return steps
    }
}
