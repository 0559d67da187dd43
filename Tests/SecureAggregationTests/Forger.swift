import CryptoSuite
import SecureAggregation

/// A dealer whose commitments are right and whose shares are of something else than they should be.
struct Forger {
    enum Lie: Sendable { case otherSecrets, noPolynomial }

    let index: Int
    /// Sends no vector, so that its mask key is asked for instead of its seed.
    let dropsOut: Bool
    let lie: Lie
    private let maskSecret = [UInt8](repeating: 61, count: 32)
    private let shareSecret = [UInt8](repeating: 62, count: 32)

    init(index: Int, dropsOut: Bool, lie: Lie) {
        self.index = index
        self.dropsOut = dropsOut
        self.lie = lie
    }

    func advert(_ suite: CryptoSuite) -> Advert {
        Advert(
            index: index, maskKey: suite.keys.agreementKey(maskSecret), shareKey: suite.keys.agreementKey(shareSecret),
            nonce: [UInt8](repeating: 63, count: 32), signature: [UInt8](repeating: 0, count: 64))
    }

    func bundle(_ world: World, _ list: AdvertList) -> ShareBundle {
        let (suite, parameters) = (world.suite, world.parameters)
        let first = KeySchedule.firstTranscript(parameters: parameters.digest(suite), adverts: list.root(suite), suite: suite)
        let ring = HolderRing(
            members: list.adverts.map(\.index), seed: world.partition.seed, round: parameters.round, attempt: parameters.attempt,
            holders: parameters.holders, suite: suite)
        let holders = ring.holders(of: index)
        let seedCommitment = KeySchedule.seedCommitment(seed: [UInt8](repeating: 64, count: 32), dealer: index, first: first, suite: suite)
        let salt = [UInt8](repeating: 65, count: 16)
        var shares: [SealedShares] = []
        var plain: [[UInt8]] = []
        for (place, holder) in holders.enumerated() {
            let entropy = [UInt8](repeating: lie == .noPolynomial ? UInt8(holder) : 66, count: 32)
            let share = SecretSharing.split(
                [UInt8](repeating: 67, count: 32), threshold: parameters.threshold, holders: holders, entropy: entropy, suite: suite)[place].bytes
            func commitment(_ kind: ShareKind) -> [UInt8] {
                KeySchedule.shareCommitment(kind, share: share, salt: salt, dealer: index, holder: holder, first: first, suite: suite)
            }
            shares.append(SealedShares(holder: holder, selfCommitment: commitment(.selfSeed), maskCommitment: commitment(.maskKey), sealed: []))
            plain.append(share + salt + share + salt)
        }
        var bundle = ShareBundle(dealer: index, seedCommitment: seedCommitment, shares: shares)
        let digest = bundle.digest(first: first, suite: suite)
        for (place, holder) in holders.enumerated() {
            guard let recipient = list.adverts.first(where: { $0.index == holder })?.shareKey else { continue }
            bundle.shares[place].sealed =
                suite.keys.seal(
                    recipient, shareSecret, KeySchedule.sealingInfo(first: first),
                    KeySchedule.sealingContext(dealer: index, holder: holder, bundle: digest), plain[place], [UInt8](repeating: UInt8(holder), count: 32)) ?? []
        }
        return bundle
    }
}
