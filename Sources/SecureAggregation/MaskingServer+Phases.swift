import CryptoSuite

extension MaskingServer {
    // MARK: adverts

    mutating func take(_ advert: Advert) throws(SecureAggregationError) -> [Effect] {
        if let old = adverts[advert.index] {
            guard old == advert else { throw .contradiction("a second advert in one attempt") }
            return []
        }
        guard phase == .adverts else { throw .outOfOrder("an advert in phase \(phase)") }
        guard allowed.contains(advert.index) else { throw .contradiction("member \(advert.index) is not in this epoch, or was not in the attempt before") }
        let keyBytes = parameters.keyExchange.keyBytes
        guard [advert.maskKey, advert.shareKey].allSatisfy({ $0.count == keyBytes }), advert.nonce.count == 32, advert.signature.count == 64 else {
            throw .malformed(field: "advert")
        }
        if parameters.mode == .maliciousServer {
            guard roster.members.indices.contains(advert.index),
                suite.keys.verify(roster.members[advert.index].identity, advert.signed(parameters: digest), advert.signature)
            else { throw .notAuthentic("the advert of member \(advert.index) has not its signature") }
        }
        let begins = [leadingWord(advert.maskKey), leadingWord(advert.shareKey)]
        if begins.contains(where: keyBegins.contains), adverts.values.contains(where: { $0.maskKey == advert.maskKey || $0.shareKey == advert.shareKey }) {
            throw .contradiction("another member advertised this key")
        }
        keyBegins.formUnion(begins)
        adverts[advert.index] = advert
        return adverts.count == allowed.count ? closePhase() : []
    }

    mutating func closeAdverts() throws(SecureAggregationError) -> [Effect] {
        try checkQuorum(adverts.count, "advertised")
        let members = adverts.keys.sorted()
        let list = AdvertList(members.compactMap { adverts[$0] })
        first = KeySchedule.firstTranscript(parameters: digest, adverts: list.root(suite), suite: suite)
        ring = HolderRing(
            members: members, seed: partition.seed, round: parameters.round, attempt: parameters.attempt, holders: parameters.holders, suite: suite)
        guard min(parameters.holders, members.count - 1) >= parameters.threshold else {
            throw .tooFew("\(members.count) members cannot hold shares of which \(parameters.threshold) open a secret")
        }
        phase = .bundles
        return [.sendAdverts(to: members, list)]
    }

    // MARK: shares

    mutating func take(_ bundle: ShareBundle) throws(SecureAggregationError) -> [Effect] {
        if let old = bundles[bundle.dealer] {
            guard old == bundle else { throw .contradiction("a second bundle in one attempt") }
            return []
        }
        guard phase == .bundles else { throw .outOfOrder("shares in phase \(phase)") }
        guard adverts[bundle.dealer] != nil, let ring else { throw .contradiction("member \(bundle.dealer) did not advertise") }
        guard bundle.shares.map(\.holder) == ring.holders(of: bundle.dealer) else { throw .contradiction("a bundle for other holders than its dealer's") }
        let exchange = parameters.keyExchange
        guard bundle.seedCommitment.count == 32, bundle.exchange == exchange,
            bundle.shares.allSatisfy({ $0.selfCommitment.count == 32 && $0.maskCommitment.count == 32 && $0.sealed.count == exchange.sealedSharesBytes })
        else { throw .malformed(field: "shares") }
        guard bundle.edges.map(\.member) == edges(of: bundle.dealer) else { throw .contradiction("a bundle with other edges than its dealer's") }
        guard bundle.edges.allSatisfy({ $0.commitment.count == 32 && $0.sealed.count == exchange.sealedEdgeBytes }) else { throw .malformed(field: "edges") }
        bundles[bundle.dealer] = bundle
        return bundles.count == adverts.count ? closePhase() : []
    }

    mutating func closeBundles() throws(SecureAggregationError) -> [Effect] {
        try checkQuorum(bundles.count, "dealt their shares")
        bundleDigests = bundles.mapValues { $0.digest(first: first, suite: suite) }
        phase = .receipts
        let deliveries = deliveries()
        return bundles.keys.sorted().map { .sendDelivery(to: $0, deliveries[$0] ?? ShareDelivery([], exchange: parameters.keyExchange)) }
    }

    /// To whom a member deals the secrets of its edges, in rising order; none with X25519.
    func edges(of dealer: Int) -> [Int] {
        guard parameters.keyExchange == .xWing, let group = partition.group(of: dealer) else { return [] }
        let members = Set(adverts.keys)
        return MaskGraph.neighbours(of: dealer, in: group, of: partition, advertised: members, confirmed: members, void: [], parameters).filter { $0 > dealer }
    }

    /// What those that dealt get from the others that did.
    func deliveries() -> [Int: ShareDelivery] {
        var deliveries: [Int: ShareDelivery] = [:]
        let empty = ShareDelivery([], exchange: parameters.keyExchange)
        for dealer in bundles.keys.sorted() {
            guard let bundle = bundles[dealer], let digest = bundleDigests[dealer] else { continue }
            for share in bundle.shares where bundles[share.holder] != nil {
                deliveries[share.holder, default: empty].items.append(
                    ShareDelivery.Item(
                        dealer: dealer, bundle: digest, selfCommitment: share.selfCommitment, maskCommitment: share.maskCommitment, sealed: share.sealed))
            }
            for edge in bundle.edges where bundles[edge.member] != nil {
                deliveries[edge.member, default: empty].edges.append(
                    ShareDelivery.Edge(dealer: dealer, bundle: digest, commitment: edge.commitment, sealed: edge.sealed))
            }
        }
        return deliveries
    }

    mutating func take(_ receipt: ShareReceipt) throws(SecureAggregationError) -> [Effect] {
        if let old = receipts[receipt.holder] {
            guard old == receipt else { throw .contradiction("a second receipt in one attempt") }
            return []
        }
        guard phase == .receipts else { throw .outOfOrder("a receipt in phase \(phase)") }
        guard bundles[receipt.holder] != nil else { throw .contradiction("member \(receipt.holder) dealt nothing") }
        guard receipt.exchange == parameters.keyExchange, receipt.edges.allSatisfy({ edges(of: $0).contains(receipt.holder) }) else {
            throw .malformed(field: "edges")
        }
        receipts[receipt.holder] = receipt
        return receipts.count == bundles.count ? closePhase() : []
    }

    /// U2: who dealt and answered, and of whose secrets enough right shares are with members of U2.
    mutating func closeReceipts() throws(SecureAggregationError) -> [Effect] {
        guard let ring else { throw .outOfOrder("receipts before adverts") }
        var effects: [Effect] = []
        var members = Set(receipts.keys)
        var reported: Set<Int> = []
        while true {
            let short = members.sorted().filter { dealer in
                ring.holders(of: dealer).count { members.contains($0) && receipts[$0]?.complaints.contains(dealer) == false } < parameters.threshold
            }
            guard !short.isEmpty else { break }
            for dealer in short where reported.insert(dealer).inserted {
                let count = ring.holders(of: dealer).count { receipts[$0]?.complaints.contains(dealer) == true }
                if count > 0 { effects.append(.report(.complaints(dealer: dealer, count: count))) }
            }
            members.subtract(short)
        }
        confirmed = members.sorted()
        try checkQuorum(confirmed.count, "dealt shares that can be used")
        let confirmation = Confirmation(
            confirmed.compactMap { dealer in bundleDigests[dealer].map { IndexedBytes(index: dealer, bytes: $0) } }, exchange: parameters.keyExchange,
            void: unopenedEdges())
        effects += confirmation.void.map { .report(.edge(dealer: $0.lower, member: $0.higher)) }
        self.confirmation = confirmation
        transcript = KeySchedule.transcript(first: first, confirmed: confirmation.root(suite), suite: suite)
        phase = .inputs
        return effects + [.sendConfirmation(to: confirmed, confirmation)]
    }

    /// Between two members of U2, as the higher ones say.
    private func unopenedEdges() -> [VoidEdge] {
        let members = Set(confirmed)
        return confirmed.flatMap { higher in (receipts[higher]?.edges ?? []).filter { members.contains($0) }.map { VoidEdge(lower: $0, higher: higher) } }
            .sorted { ($0.lower, $0.higher) < ($1.lower, $1.higher) }
    }

    // MARK: masked vectors

    mutating func take(_ input: MaskedInput) throws(SecureAggregationError) -> [Effect] {
        guard input.transcript == transcript, !transcript.isEmpty else { throw .otherTranscript }
        guard phase == .inputs else {
            if stored.contains(input.index) { return [] }
            throw .outOfOrder("a masked vector in phase \(phase)")
        }
        guard confirmed.hasRising(input.index) else { throw .contradiction("member \(input.index) was not confirmed") }
        stored.insert(input.index)
        return stored.count == confirmed.count ? closePhase() : []
    }

    mutating func closeInputs() throws(SecureAggregationError) -> [Effect] {
        try checkQuorum(stored.count, "sent their vector")
        survivors = stored.sorted()
        let good = partition.groups.indices.count { partition.countPresent(in: $0, among: stored) >= parameters.groupFloor }
        guard good >= goodGroupsMin else {
            throw .tooFew("\(good) of \(partition.groups.count) groups have \(parameters.groupFloor) members left, and \(goodGroupsMin) have to")
        }
        let notice = SurvivorNotice(transcript: transcript, survivors: survivors)
        switch parameters.mode {
        case .honestButCurious:
            phase = .unmasking
            survivorsWereTold = true
            return [.persistSealed(notice), .sendUnmask(to: survivors, request)]
        case .maliciousServer:
            phase = .consistency
            return [.persistSealed(notice), .sendSurvivors(to: survivors, notice)]
        }
    }

    // MARK: consistency

    /// q of 2q > |U2| + corrupt.
    var signaturesNeeded: Int { (confirmed.count + parameters.corrupt) / 2 + 1 }

    mutating func take(_ signature: SurvivorSignature) throws(SecureAggregationError) -> [Effect] {
        guard phase == .consistency else {
            // Enough came before: what the others sign is neither wrong nor used.
            let isLate = parameters.mode == .maliciousServer && (phase == .unmasking || phase == .finished)
            if isLate, stored.contains(signature.index) { return [] }
            throw .outOfOrder("a signature in phase \(phase)")
        }
        let message = SurvivorNotice(transcript: transcript, survivors: survivors).encoded
        guard stored.contains(signature.index), roster.members.indices.contains(signature.index),
            suite.keys.verify(roster.members[signature.index].identity, message, signature.signature)
        else { throw .notAuthentic("the signature of member \(signature.index) over the survivors is not its own") }
        signatures[signature.index] = signature
        // So many for one set are enough: who dropped out since is not waited for.
        return signatures.count >= signaturesNeeded ? closePhase() : []
    }

    mutating func closeConsistency() throws(SecureAggregationError) -> [Effect] {
        guard signatures.count >= signaturesNeeded else {
            throw .tooFew("\(signatures.count) members signed for the survivors, and \(signaturesNeeded) have to")
        }
        phase = .unmasking
        survivorsWereTold = true
        return [.sendUnmask(to: survivors, request)]
    }

    /// The one request of this attempt, however often it is sent.
    var request: UnmaskRequest {
        UnmaskRequest(
            transcript: transcript, survivors: survivors, dropped: confirmed.filter { !stored.contains($0) },
            signatures: signatures.keys.sorted().compactMap { signatures[$0] })
    }
}
