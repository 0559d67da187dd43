/// What the messages of an attempt weigh at one client when nobody is missing, in bytes: those of the protocol in their canonical
/// encoding, without the masked vector and without the frames around them.
package struct MessageBytes: Equatable, Sendable {
    package let up: Int
    package let down: Int

    package init(_ plan: SecureAggregationPlan) {
        let (n, held, exchange) = (plan.members, plan.holderGraph.holders, plan.keyExchange)
        // With X-Wing the lower member of every edge seals it to the higher one: all of a member's edges at most go one way.
        let neighbours = exchange == .xWing ? (plan.maskDegree > 0 ? plan.maskDegree : plan.largestGroup - 1) : 0
        func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }
        let digest = zeros(32)
        let advert = Advert(index: 0, maskKey: zeros(exchange.keyBytes), shareKey: zeros(exchange.keyBytes), nonce: digest, signature: zeros(64))
        let sealed = zeros(exchange.sealedSharesBytes)
        let bundle = ShareBundle(
            dealer: 0, seedCommitment: digest,
            shares: (0..<held).map { SealedShares(holder: $0, selfCommitment: digest, maskCommitment: digest, sealed: sealed) }, exchange: exchange,
            edges: (0..<neighbours).map { SealedEdge(member: $0, commitment: digest, sealed: zeros(exchange.sealedEdgeBytes)) })
        let delivery = ShareDelivery(
            (0..<held).map { ShareDelivery.Item(dealer: $0, bundle: digest, selfCommitment: digest, maskCommitment: digest, sealed: sealed) },
            exchange: exchange,
            edges: (0..<neighbours).map {
                ShareDelivery.Edge(dealer: $0, bundle: digest, commitment: digest, sealed: zeros(exchange.sealedEdgeBytes))
            })
        let response = UnmaskResponse(
            holder: 0, transcript: digest,
            items: (0..<held).map { UnmaskResponse.Item(dealer: $0, kind: .selfSeed, share: zeros(Share.byteCount), salt: zeros(16)) })
        let isMalicious = plan.mode == .maliciousServer
        let signatures = isMalicious ? (0..<n).map { SurvivorSignature(index: $0, signature: zeros(64)) } : []
        let request = UnmaskRequest(transcript: digest, survivors: Array(0..<n), dropped: [], signatures: signatures)
        let notice = isMalicious ? SurvivorNotice(transcript: digest, survivors: Array(0..<n)).encoded.count : 0
        up =
            advert.encoded.count + bundle.encoded.count + ShareReceipt(holder: 0, complaints: [], exchange: exchange).encoded.count
            + (signatures.first?.encoded.count ?? 0) + response.encoded.count
        down =
            AdvertList([Advert](repeating: advert, count: n)).encoded.count + delivery.encoded.count
            + Confirmation((0..<n).map { IndexedBytes(index: $0, bytes: digest) }, exchange: exchange).encoded.count + notice + request.encoded.count
    }
}
