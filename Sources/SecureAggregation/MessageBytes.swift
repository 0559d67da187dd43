/// What the messages of an attempt weigh at one client when nobody is missing, in bytes: those of the protocol in their canonical
/// encoding, without the masked vector and without the frames around them.
package struct MessageBytes: Equatable, Sendable {
    package let up: Int
    package let down: Int

    package init(_ plan: SecureAggregationPlan) {
        let (n, held) = (plan.members, plan.holderGraph.holders)
        let (key, digest, zeros) = ([UInt8](repeating: 0, count: 32), [UInt8](repeating: 0, count: 32), [UInt8](repeating: 0, count: 64))
        let advert = Advert(index: 0, maskKey: key, shareKey: key, nonce: key, signature: zeros)
        let sealed = [UInt8](repeating: 0, count: SealedShares.sealedBytes)
        let bundle = ShareBundle(
            dealer: 0, seedCommitment: digest,
            shares: (0..<held).map { SealedShares(holder: $0, selfCommitment: digest, maskCommitment: digest, sealed: sealed) })
        let delivery = ShareDelivery(
            (0..<held).map { ShareDelivery.Item(dealer: $0, bundle: digest, selfCommitment: digest, maskCommitment: digest, sealed: sealed) })
        let response = UnmaskResponse(
            holder: 0, transcript: digest,
            items: (0..<held).map {
                UnmaskResponse.Item(
                    dealer: $0, kind: .selfSeed, share: [UInt8](repeating: 0, count: Share.byteCount), salt: [UInt8](repeating: 0, count: 16))
            })
        let signatures = plan.mode == .maliciousServer ? (0..<n).map { SurvivorSignature(index: $0, signature: zeros) } : []
        let request = UnmaskRequest(transcript: digest, survivors: Array(0..<n), dropped: [], signatures: signatures)
        let notice = plan.mode == .maliciousServer ? SurvivorNotice(transcript: digest, survivors: Array(0..<n)).encoded.count : 0
        let signature = plan.mode == .maliciousServer ? SurvivorSignature(index: 0, signature: zeros).encoded.count : 0
        up = advert.encoded.count + bundle.encoded.count + ShareReceipt(holder: 0, complaints: []).encoded.count + signature + response.encoded.count
        down =
            AdvertList([Advert](repeating: advert, count: n)).encoded.count + delivery.encoded.count
            + Confirmation((0..<n).map { IndexedBytes(index: $0, bytes: digest) }).encoded.count + notice + request.encoded.count
    }
}
