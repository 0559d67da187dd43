internal import CryptoSuite
internal import DifferentialPrivacy
internal import SecureAggregation

/// The groups of a session and what follows from them.
struct EpochContext: Sendable {
    let invitation: EpochInvitation
    let commitments: [IndexedBytes]
    let nonces: [IndexedBytes]
    let partition: Partition
    let plan: SecureAggregationPlan
    /// Names by roster index.
    let names: [String]
    private let indices: [String: Int]
    let planHash: [UInt8]
    /// What a member is told of the epoch, in order: made once, sent with every connection.
    let messages: [[UInt8]]

    init(
        invitation: EpochInvitation, commitments: [IndexedBytes], nonces: [IndexedBytes], plan: SecureAggregationPlan, suite: CryptoSuite
    ) throws(SecureAggregationError) {
        self.invitation = invitation
        self.commitments = commitments
        self.nonces = nonces
        self.plan = plan
        partition = try Partition(terms: invitation.terms, commitments: commitments, nonces: nonces, suite: suite)
        guard plan.members == partition.members.count, plan.groups == partition.groups.count else { throw .otherTranscript }
        names = invitation.roster.members.map { String(decoding: $0.name, as: UTF8.self) }
        indices = Dictionary(uniqueKeysWithValues: zip(names, names.indices))
        planHash = suite.sha256(invitation.plan)
        messages = [invitation.encoded, EpochEncoding.encode(commitments, .nonceCommitments), EpochEncoding.encode(nonces, .nonces)]
    }

    /// As it was kept.
    init(_ kept: SecureEpoch, spec: SessionSpec, dimension: Int, suite: CryptoSuite) throws(SecureAggregationError) {
        guard let invited = bytes(hexadecimal: kept.invitation), let committed = bytes(hexadecimal: kept.commitments),
            let revealed = bytes(hexadecimal: kept.nonces)
        else { throw .malformed(field: "epoch") }
        let invitation = try EpochInvitation(encoded: invited)
        guard let plan = try spec.securePlan(members: invitation.roster.members.count, dimension: dimension) else { throw .malformed(field: "epoch") }
        try self.init(
            invitation: invitation, commitments: try EpochEncoding.decodeList(committed, .nonceCommitments),
            nonces: try EpochEncoding.decodeList(revealed, .nonces), plan: plan, suite: suite)
    }

    var kept: SecureEpoch {
        SecureEpoch(
            invitation: hexadecimal(messages[0]), commitments: hexadecimal(messages[1]), nonces: hexadecimal(messages[2]))
    }

    /// nil: not a member of this epoch.
    func index(of name: String) -> Int? { indices[name] }

    var number: Int { invitation.terms.epoch }

    /// - Parameter noise: that each member adds; nil: none.
    func parameters(session: String, round: Int, attempt: Int, model: [UInt8], noise: SkellamShare?) -> RoundParameters {
        var parameters = RoundParameters(
            mode: plan.mode, session: Array(session.utf8), epoch: number, round: round, attempt: attempt, modelHash: model, planHash: planHash,
            rosterHash: invitation.terms.rosterHash, partitionHash: partition.digest, plan: plan)
        if let noise { parameters.encoding = parameters.encoding.with(noise) }
        return parameters
    }
}
