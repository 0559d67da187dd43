import CryptoSuite
import Foundation
import SecureAggregation
import Testing
import Trust

/// The vectors of docs/protocol, which Python wrote from the description: the same bytes come out here.
@Suite struct SecureAggregationVectorTests {
    private let suite = CryptoSuite.system
    private let vectors: ProtocolVectors

    init() throws { vectors = try ProtocolVectors("secure_aggregation") }

    private func vector(_ name: String) throws -> [UInt8] { try vectors[name] }
    private var maskSecrets: [[UInt8]] { (31...35).map { fill($0) } }
    private var shareSecrets: [[UInt8]] { (41...45).map { fill($0) } }

    private func partition() throws -> (Roster, Partition) {
        let roster = try Roster(
            (0..<5).map { Roster.Member(name: Array("client-\($0)".utf8), identity: suite.keys.signingKey(fill($0 + 1))) })
        let terms = PartitionTerms(session: Array("fl_1".utf8), epoch: 3, rosterHash: roster.digest(suite), groups: 2, rosterFloor: 2, missingMax: 0)
        var members = (0..<5).map { PartitionMember(terms: terms, index: $0, nonce: Secret(fill(11 + $0)), suite: suite) }
        let commitments = members.map(\.commitment)
        #expect(try commitments[0].bytes == vector("commitment_0"))
        let nonces = try members.indices.map { try members[$0].reveal(to: commitments) }
        return (roster, try members[0].accept(nonces: nonces))
    }

    @Test func rosterAndPartition() throws {
        let (roster, partition) = try partition()
        #expect(try roster.encoded == vector("roster") && roster.digest(suite) == vector("roster_hash"))
        #expect(try Roster(encoded: vector("roster")) == roster)
        #expect(try partition.digest == vector("partition_hash") && partition.seed == vector("partition_seed"))
        #expect(try partition.groups.map { $0.map(UInt8.init) } == vector("groups").split(separator: 255).map { Array($0) })
    }

    private func parameters() throws -> RoundParameters {
        let parameters = try RoundParameters(encoded: vector("parameters"))
        #expect(try parameters.encoded == vector("parameters") && parameters.digest(suite) == vector("parameters_hash"))
        return parameters
    }

    @Test func theParametersAreWhatTheyAreSaidToBe() throws {
        let parameters = try parameters()
        #expect(parameters.mode == .maliciousServer && parameters.epoch == 3 && parameters.round == 4 && parameters.attempt == 2)
        #expect(parameters.modelHash == fill(21) && parameters.planHash == fill(22))
        #expect(try parameters.rosterHash == vector("roster_hash") && parameters.partitionHash == vector("partition_hash"))
        #expect(parameters.members == 5 && parameters.groups == 2 && parameters.groupFloor == 2 && parameters.quorum == 4)
        #expect(parameters.holders == 3 && parameters.threshold == 2 && parameters.corrupt == 0 && parameters.maskDegree == 0 && parameters.dimension == 7)
        #expect(parameters.encoding == EncodingParameters(l2Clip: 1, coordinateClip: 0.5, bits: 16, width: 18, weightMax: 0))
        #expect(parameters.lanes == 11 && parameters.packedBytes == 25)
    }

    @Test func parametersWithNoiseAreAKindOfTheirOwn() throws {
        let noisy = try vector("noisy_parameters")
        let parameters = try RoundParameters(encoded: noisy)
        #expect(parameters.encoded == noisy && parameters.encoding.noise == ClientNoise(variance: 8191.875, bound: 1000))
        var silent = parameters
        silent.encoding.noise = nil
        #expect(try silent.encoded == vector("parameters"))
        // Neither kind is the other, and none is cut short.
        #expect(throws: SecureAggregationError.self) { try RoundParameters(encoded: [1, 1] + noisy.dropFirst(2)) }
        #expect(throws: SecureAggregationError.self) { try RoundParameters(encoded: [1, 31] + vector("parameters").dropFirst(2)) }
        #expect(throws: SecureAggregationError.self) { try RoundParameters(encoded: Array(noisy.dropLast())) }
        for (change, field) in [
            ({ $0.noise?.variance = 0 }, "noise_variance"), ({ $0.noise?.variance = .nan }, "noise_variance"), ({ $0.noise?.bound = 0 }, "noise_bound"),
            ({ $0.noise?.bound = 1 << 40 }, "noise_bound"), ({ $0.weightMax = 3 }, "noise_bound"), ({ $0.noise?.bound = 40_000 }, "width"),
        ] as [((inout EncodingParameters) -> Void, String)] {
            var changed = parameters
            change(&changed.encoding)
            #expect(throws: SecureAggregationError.malformed(field: field)) { try RoundParameters(encoded: changed.encoded) }
        }
    }

    @Test func advertsAndTranscripts() throws {
        let digest = try parameters().digest(suite)
        let list = try AdvertList(encoded: vector("adverts"))
        #expect(try list.encoded == vector("adverts"))
        for (i, advert) in list.adverts.enumerated() {
            #expect(advert.maskKey == suite.keys.agreementKey(maskSecrets[i]) && advert.shareKey == suite.keys.agreementKey(shareSecrets[i]))
            #expect(advert.index == i && advert.nonce == fill(51 + i))
            #expect(suite.keys.verify(suite.keys.signingKey(fill(i + 1)), advert.signed(parameters: digest), advert.signature))
        }
        #expect(try list.adverts[0].signed(parameters: digest) == vector("advert_0_signed"))
        #expect(try KeySchedule.firstTranscript(parameters: digest, adverts: list.root(suite), suite: suite) == vector("transcript_1"))
        let confirmation = try Confirmation(encoded: vector("confirmation"))
        #expect(try confirmation.encoded == vector("confirmation"))
        #expect(try KeySchedule.transcript(first: vector("transcript_1"), confirmed: confirmation.root(suite), suite: suite) == vector("transcript"))
    }

    @Test func bundles() throws {
        let (_, partition) = try partition()
        let ring = HolderRing(members: Array(0..<5), seed: partition.seed, round: 4, attempt: 2, holders: 3, suite: suite)
        let holders = ring.holders(of: 0)
        #expect(try holders.map(UInt8.init) == vector("holders_of_0"))
        let (first, b) = (try vector("transcript_1"), fill(61))
        let selfShares = SecretSharing.split(b, threshold: 2, holders: holders, entropy: fill(62), suite: suite)
        let maskShares = SecretSharing.split(maskSecrets[0], threshold: 2, holders: holders, entropy: fill(63), suite: suite)
        let bundle = try ShareBundle(encoded: vector("bundle"))
        #expect(try bundle.encoded == vector("bundle") && bundle.digest(first: first, suite: suite) == vector("bundle_digest"))
        #expect(try bundle.seedCommitment == vector("seed_commitment"))
        #expect(KeySchedule.seedCommitment(seed: b, dealer: 0, first: first, suite: suite) == bundle.seedCommitment)
        for (place, holder) in holders.enumerated() {
            let dealt = bundle.shares[place]
            func commitment(_ kind: ShareKind, _ share: Share, _ salt: [UInt8]) -> [UInt8] {
                KeySchedule.shareCommitment(kind, share: share.bytes, salt: salt, dealer: 0, holder: holder, first: first, suite: suite)
            }
            let salts = (fill(64 + holder, 16), fill(74 + holder, 16))
            #expect(commitment(.selfSeed, selfShares[place], salts.0) == dealt.selfCommitment)
            #expect(commitment(.maskKey, maskShares[place], salts.1) == dealt.maskCommitment)
            let opened = suite.keys.open(
                shareSecrets[holder], suite.keys.agreementKey(shareSecrets[0]), KeySchedule.sealingInfo(first: first),
                KeySchedule.sealingContext(dealer: 0, holder: holder, bundle: try vector("bundle_digest")), dealt.sealed)
            #expect(opened == selfShares[place].bytes + salts.0 + maskShares[place].bytes + salts.1)
        }
    }

    @Test func keysAndSignatures() throws {
        let transcript = try vector("transcript")
        let keys = maskSecrets.map { suite.keys.agreementKey($0) }
        for (own, other) in [(0, 2), (2, 0)] {
            let agreed = try #require(suite.keys.agree(maskSecrets[own], keys[other]))
            let key = KeySchedule.pairKey(agreed: agreed, own: (own, keys[own]), other: (other, keys[other]), transcript: transcript, suite: suite)
            #expect(try key.bytes == vector("pair_key_0_2"))
        }
        #expect(try KeySchedule.selfKey(seed: fill(61), index: 0, transcript: transcript, suite: suite).bytes == vector("self_key_0"))
        let notice = SurvivorNotice(transcript: transcript, survivors: [0, 1, 4])
        #expect(try notice.encoded == vector("survivors"))
        let signature = try SurvivorSignature(encoded: vector("survivor_signature_0"))
        #expect(suite.keys.verify(suite.keys.signingKey(fill(1)), notice.encoded, signature.signature))
    }

    /// Kinds 3 and 18 to 21, and 23.
    @Test func theDraw() throws {
        let (roster, _) = try partition()
        let invitation = try EpochInvitation(encoded: vector("invitation"))
        #expect(try invitation.encoded == vector("invitation") && invitation.roster == roster && invitation.plan == Array("sums of groups".utf8))
        #expect(invitation.terms.epoch == 3 && invitation.terms.groups == 2 && invitation.index(of: "client-4") == 4)
        let commitment = IndexedBytes(index: 1, bytes: invitation.terms.commitment(index: 1, nonce: fill(12), suite: suite))
        #expect(try EpochEncoding.encode(commitment, .nonceCommitment) == vector("nonce_commitment_1"))
        #expect(try EpochEncoding.decode(vector("nonce_commitment_1"), .nonceCommitment) == commitment)
        #expect(try EpochEncoding.encode(IndexedBytes(index: 1, bytes: fill(12)), .partitionReveal) == vector("nonce_1"))
        let all = (0..<5).map { IndexedBytes(index: $0, bytes: invitation.terms.commitment(index: $0, nonce: fill(11 + $0), suite: suite)) }
        #expect(try EpochEncoding.encode(all, .nonceCommitments) == vector("nonce_commitments"))
        #expect(try EpochEncoding.decodeList(vector("nonces"), .nonces) == (0..<5).map { IndexedBytes(index: $0, bytes: fill(11 + $0)) })
        #expect(try EpochEncoding.encode(EpochEncoding.decodeList(vector("nonces"), .nonces), .nonces) == vector("nonces"))
        let refusal = DrawRefusal(reason: Array("member client-2 is not among the pinned keys".utf8))
        #expect(try refusal.encoded == vector("draw_refusal"))
    }

    /// Kind 22: what a coordinator goes on from.
    @Test func aSealedAttempt() throws {
        let (roster, partition) = try partition()
        let server = try MaskingServer(
            resuming: vector("sealed_attempt"), parameters(), partition: partition, roster: roster, goodGroupsMin: 1, suite: suite)
        #expect(try server.sealedState == vector("sealed_attempt") && server.transcript == vector("sealed_transcript"))
        #expect(server.phase == .unmasking && server.survivors == [0, 1, 4] && server.confirmedMembers == [0, 1, 2, 4] && server.retryMembers == nil)
    }

    @Test func encodingAndMasking() throws {
        let parameters = try parameters()
        let encoded = try UpdateEncoder(
            parameters.encoding, clientSecret: Secret(fill(95)), session: parameters.session, round: parameters.round, suite: suite
        ).encode([0.25, -0.5, 0.6, 0, 0.1, -0.1, 0.3])
        let words = encoded.lanes.flatMap { lane in (0..<4).map { UInt8(truncatingIfNeeded: lane >> UInt32(8 * $0)) } }
        #expect(try words == vector("encoded") && encoded.saturated == 1)
        var masked = MaskedVector(encoded, width: parameters.encoding.width)
        masked.add(MaskTerm(key: Secret(try vector("self_key_0")), subtract: false), suite: suite)
        #expect(try masked.packed == vector("masked_lanes"))
    }
}
