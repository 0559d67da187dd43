internal import CryptoSuite
internal import SecureAggregation

/// The draw of groups under way: everybody commits to a nonce, then everybody reveals it. Whoever is silent ends the draw
/// with its deadline; the next one goes without it.
struct EpochDraw: Sendable {
    let invitation: EpochInvitation
    let plan: SecureAggregationPlan
    let names: [String]
    let deadline: Instant
    private(set) var commitments: [Int: [UInt8]] = [:]
    private(set) var nonces: [Int: [UInt8]] = [:]

    /// - Parameter identities: of the members, by name; asked for against a lying coordinator alone.
    init(
        number: Int, session: String, names: [String], identities: (String) -> [UInt8], plan: SecureAggregationPlan, spec: SecureAggregationSpec,
        deadline: Instant, suite: CryptoSuite
    ) throws(SecureAggregationError) {
        let isSigned = plan.mode == .maliciousServer
        let roster = try Roster(names.map { Roster.Member(name: Array($0.utf8), identity: isSigned ? identities($0) : []) })
        let terms = PartitionTerms(
            session: Array(session.utf8), epoch: number, rosterHash: roster.digest(suite), groups: plan.groups, rosterFloor: spec.rosterFloor, missingMax: 0)
        let words =
            "\(plan.members) members; \(plan.disclosure). Secrets are shared over \(plan.holderGraph.holders) holders, of whom \(plan.holderGraph.threshold) open one; "
            + "a round needs \(plan.quorum) members. Updates are clipped to the norm \(spec.clip), coordinates to ±\(spec.coordinateRange), \(spec.bits) bits each. "
            + (plan.keyExchange == .xWing ? "Keys are agreed on with X25519 and X-Wing. " : "")
            + (isSigned
                ? "The coordinator may lie: all members' keys are held against those they were given outside it." : "The coordinator follows the protocol.")
        invitation = EpochInvitation(terms: terms, roster: roster, plan: Array(words.utf8))
        self.plan = plan
        self.names = names
        self.deadline = deadline
    }

    var number: Int { invitation.terms.epoch }

    /// All have committed; from now on nonces are revealed.
    var commitmentList: [IndexedBytes]? { commitments.count == names.count ? Self.list(commitments) : nil }
    var nonceList: [IndexedBytes]? { nonces.count == names.count ? Self.list(nonces) : nil }

    private static func list(_ items: [Int: [UInt8]]) -> [IndexedBytes] {
        items.sorted { $0.key < $1.key }.map { IndexedBytes(index: $0.key, bytes: $0.value) }
    }

    /// The first word of each member stands.
    mutating func take(commitment: IndexedBytes) {
        if commitments[commitment.index] == nil { commitments[commitment.index] = commitment.bytes }
    }

    /// false: not what the member committed to.
    mutating func take(nonce: IndexedBytes, suite: CryptoSuite) -> Bool {
        guard commitmentList != nil, invitation.terms.commitment(index: nonce.index, nonce: nonce.bytes, suite: suite) == commitments[nonce.index] else {
            return false
        }
        nonces[nonce.index] = nonce.bytes
        return true
    }

    /// Of whom it still waits.
    var silent: [String] {
        let heard = commitmentList == nil ? commitments : nonces
        return names.indices.filter { heard[$0] == nil }.map { names[$0] }
    }

    /// What a member is told, in order.
    var messages: [[UInt8]] {
        [invitation.encoded] + (commitmentList.map { [EpochEncoding.encode($0, .nonceCommitments)] } ?? [])
    }
}
