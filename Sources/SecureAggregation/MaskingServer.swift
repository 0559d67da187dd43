package import CryptoSuite

/// The coordinator's side of one attempt, phases 1 to 5. It sees keys, sealed shares, digests and, at the end, the shares that
/// were revealed; never a vector: those stay with whoever stores and adds them, and come here as `.stored`.
///
/// A value without clock, randomness or sockets. The same events give the same state again, so a restart replays what was
/// accepted. The caller vouches for who sent a message.
package struct MaskingServer: Sendable {
    package enum Event: Sendable {
        case advert(Advert)
        case bundle(ShareBundle)
        case receipt(ShareReceipt)
        /// A masked vector with this header is durable.
        case stored(MaskedInput)
        case signature(SurvivorSignature)
        case response(UnmaskResponse)
        /// The phase's time is over: go on with who is there, or end.
        case deadline
        /// Ask those who have not answered the unmask request again, for the same set.
        case askAgain
    }

    package enum Effect: Sendable {
        case sendAdverts(to: [Int], AdvertList)
        case sendDelivery(to: Int, ShareDelivery)
        case sendConfirmation(to: [Int], Confirmation)
        case sendSurvivors(to: [Int], SurvivorNotice)
        /// The set of survivors is fixed: durable before any later effect.
        case persistSealed(SurvivorNotice)
        case sendUnmask(to: [Int], UnmaskRequest)
        /// Add the terms to the sum of the members' vectors, and the group's sum is open.
        case open([OpenedGroup], void: [VoidGroup])
        case refuse(from: Int, SecureAggregationError)
        case report(Evidence)
        case abort(SecureAggregationError)
    }

    /// Each is left for the next when all have answered or the time is over with a quorum; with fewer, for `aborted`.
    package enum Phase: Sendable, Equatable { case adverts, bundles, receipts, inputs, consistency, unmasking, finished, aborted }

    package let parameters: RoundParameters
    package internal(set) var phase = Phase.adverts
    let suite: CryptoSuite
    let partition: Partition
    let roster: Roster
    let digest: [UInt8]
    /// Who may take part: all of the partition, or those of the attempt before.
    let allowed: Set<Int>
    /// Groups that the result needs (2f + 1 under a robust rule).
    let goodGroupsMin: Int

    var adverts: [Int: Advert] = [:]
    /// How the keys advertised so far begin: keys differ in that, and one that does not is looked at whole.
    var keyBegins: Set<UInt64> = []
    var ring: HolderRing?
    var first: [UInt8] = []
    var bundles: [Int: ShareBundle] = [:]
    /// Of the bundles, once all are in.
    var bundleDigests: [Int: [UInt8]] = [:]
    var receipts: [Int: ShareReceipt] = [:]
    var confirmed: [Int] = []
    var confirmation: Confirmation?
    var voidEdges: Set<VoidEdge> { Set(confirmation?.void ?? []) }
    package internal(set) var transcript: [UInt8] = []
    var stored: Set<Int> = []
    package internal(set) var survivors: [Int] = []
    var signatures: [Int: SurvivorSignature] = [:]
    var responded: Set<Int> = []
    var shares: [Int: [Int: Share]] = [:]

    package init(
        _ parameters: RoundParameters, partition: Partition, roster: Roster, goodGroupsMin: Int, retryOf members: Set<Int>? = nil, suite: CryptoSuite
    ) throws(SecureAggregationError) {
        try parameters.check()
        guard parameters.partitionHash == partition.digest, parameters.members == partition.members.count, parameters.groups == partition.groups.count,
            parameters.rosterHash == roster.digest(suite)
        else { throw .otherTranscript }
        self.parameters = parameters
        self.partition = partition
        self.roster = roster
        self.goodGroupsMin = goodGroupsMin
        self.suite = suite
        allowed = members ?? Set(partition.members)
        digest = parameters.digest(suite)
    }

    /// A retry is allowed as long as no unmask request went out; it may have these members and no others.
    package var retryMembers: Set<Int>? {
        switch phase {
        case .adverts, .bundles, .receipts, .inputs, .consistency: Set(adverts.keys)
        case .aborted: survivorsWereTold ? nil : Set(adverts.keys)
        case .unmasking, .finished: nil
        }
    }

    package internal(set) var survivorsWereTold = false

    package mutating func handle(_ event: Event) -> [Effect] {
        switch event {
        case .advert(let advert): refusing(advert.index) { (server) throws(SecureAggregationError) in try server.take(advert) }
        case .bundle(let bundle): refusing(bundle.dealer) { (server) throws(SecureAggregationError) in try server.take(bundle) }
        case .receipt(let receipt): refusing(receipt.holder) { (server) throws(SecureAggregationError) in try server.take(receipt) }
        case .stored(let input): refusing(input.index) { (server) throws(SecureAggregationError) in try server.take(input) }
        case .signature(let signature): refusing(signature.index) { (server) throws(SecureAggregationError) in try server.take(signature) }
        case .response(let response): refusing(response.holder) { (server) throws(SecureAggregationError) in try server.take(response) }
        case .deadline: closePhase()
        case .askAgain: phase == .unmasking ? [.sendUnmask(to: survivors.filter { !responded.contains($0) }, request)] : []
        }
    }

    private mutating func refusing(_ index: Int, _ body: (inout MaskingServer) throws(SecureAggregationError) -> [Effect]) -> [Effect] {
        do throws(SecureAggregationError) { return try body(&self) } catch { return [.refuse(from: index, error)] }
    }

    /// What the deadline does; also called when everybody has answered.
    mutating func closePhase() -> [Effect] {
        do throws(SecureAggregationError) {
            switch phase {
            case .adverts: return try closeAdverts()
            case .bundles: return try closeBundles()
            case .receipts: return try closeReceipts()
            case .inputs: return try closeInputs()
            case .consistency: return try closeConsistency()
            case .unmasking: return try finish()
            case .finished, .aborted: return []
            }
        } catch {
            phase = .aborted
            return [.abort(error)]
        }
    }

    func checkQuorum(_ count: Int, _ what: String) throws(SecureAggregationError) {
        guard count >= parameters.quorum else {
            throw .tooFew("\(count) of \(parameters.members) members \(what), and the quorum is \(parameters.quorum)")
        }
    }
}

/// A group whose sum can be opened.
package struct OpenedGroup: Equatable, Sendable {
    package let group: Int
    /// Whose vectors are in the sum, in rising order.
    package let members: [Int]
    package let terms: [MaskTerm]
}

package struct VoidGroup: Equatable, Sendable {
    package enum Reason: Equatable, Sendable {
        /// Fewer members than the floor: nothing was revealed.
        case belowFloor(Int)
        /// A secret of this member could not be put together from the shares that came.
        case missingShares(of: Int)
        /// The member dealt shares of something else than it committed to.
        case unopenable(dealer: Int)
    }
    package let group: Int
    package let reason: Reason

    package init(group: Int, reason: Reason) {
        self.group = group
        self.reason = reason
    }
}

/// What the operator is told about members that break the protocol.
package enum Evidence: Equatable, Sendable, Codable {
    /// The holder's share does not match the dealer's commitment; it was left out.
    case wrongShare(dealer: Int, holder: Int)
    /// The dealer's shares match its commitments and give no secret of its own.
    case unopenable(dealer: Int)
    /// The member could not open the edge that the dealer sealed to it: the two have no mask in common.
    case edge(dealer: Int, member: Int)
    /// So many holders could not open the dealer's shares that it was left out.
    case complaints(dealer: Int, count: Int)
}
