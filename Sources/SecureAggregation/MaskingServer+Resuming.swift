package import CryptoSuite

// What outlives a restart, and what a member that was away missed.
extension MaskingServer {
    /// Of whom the present phase still waits.
    package var waitingFor: Set<Int> {
        switch phase {
        case .adverts: allowed.subtracting(adverts.keys)
        case .bundles: Set(adverts.keys).subtracting(bundles.keys)
        case .receipts: Set(bundles.keys).subtracting(receipts.keys)
        case .inputs: Set(confirmed).subtracting(stored)
        case .consistency: Set(survivors).subtracting(signatures.keys)
        case .unmasking: Set(survivors).subtracting(responded)
        case .finished, .aborted: []
        }
    }

    /// U2; empty before it is known.
    package var confirmedMembers: [Int] { confirmed }
    package func isConfirmed(_ member: Int) -> Bool { confirmed.hasRising(member) }

    /// What stands before a member's masked vector, its lanes and the bits of each; nil while no vector is taken from it. All in one, so that
    /// the caller holds no copy of this machine.
    package func input(of member: Int) -> (header: MaskedInput, lanes: Int, width: Int)? {
        guard phase == .inputs, isConfirmed(member) else { return nil }
        return (MaskedInput(index: member, transcript: transcript), parameters.lanes, parameters.encoding.width)
    }

    /// Members that took part in the first phase, once the list of them is out: a retry may have no others.
    package var advertised: [Int]? { ring == nil ? nil : adverts.keys.sorted() }

    /// What was said to this member so far and it needs, in order, in case it did not hear it.
    package func missed(by index: Int) -> [Effect] {
        guard adverts[index] != nil, ring != nil else { return [] }
        if stored.contains(index) {
            switch phase {
            case .consistency: return [.sendSurvivors(to: [index], SurvivorNotice(transcript: transcript, survivors: survivors))]
            case .unmasking: return responded.contains(index) ? [] : [.sendUnmask(to: [index], request)]
            case .adverts, .bundles, .receipts, .inputs, .finished, .aborted: return []
            }
        }
        guard phase == .bundles || phase == .receipts || phase == .inputs else { return [] }
        var effects: [Effect] = [.sendAdverts(to: [index], AdvertList(adverts.keys.sorted().compactMap { adverts[$0] }))]
        guard phase != .bundles, bundles[index] != nil else { return effects }
        effects.append(.sendDelivery(to: index, deliveries()[index] ?? ShareDelivery([], exchange: parameters.keyExchange)))
        guard phase == .inputs, let confirmation, confirmed.contains(index) else { return effects }
        effects.append(.sendConfirmation(to: [index], confirmation))
        return effects
    }

    /// What unmasking needs to go on after a restart: the keys, what the confirmed dealers committed to, and who survived.
    /// No secret is in it. To be durable before the first unmask request leaves.
    package var sealedState: [UInt8] {
        let dropped = Set(confirmed).subtracting(stored)
        var writer = CanonicalWriter(.sealedAttempt.with(parameters.keyExchange))
        writer.list(adverts.keys.sorted().compactMap { adverts[$0] }) { writer, advert in advert.write(&writer) }
        writer.list(confirmed.compactMap { bundles[$0] }) { writer, bundle in
            writer.number32(bundle.dealer)
            writer.fixed(bundle.seedCommitment)
            writer.list(bundle.shares) { writer, share in
                writer.number32(share.holder)
                writer.fixed(share.selfCommitment)
                writer.fixed(share.maskCommitment)
            }
            guard bundle.exchange == .xWing else { return }
            // Of edges that are sealed, only those to members that dropped out will be opened.
            writer.list(bundle.edges) { writer, edge in
                writer.number32(edge.member)
                writer.fixed(edge.commitment)
                writer.string(dropped.contains(edge.member) ? edge.sealed : [])
            }
        }
        if parameters.keyExchange == .xWing { writer.edges(confirmation?.void ?? []) }
        writer.indices(survivors)
        writer.list(signatures.keys.sorted().compactMap { signatures[$0] }) { writer, signature in
            writer.number32(signature.index)
            writer.fixed(signature.signature)
        }
        return writer.bytes
    }

    /// The attempt as it was sealed: the same set of survivors is asked again, and no other can be.
    package init(
        resuming sealed: [UInt8], _ parameters: RoundParameters, partition: Partition, roster: Roster, goodGroupsMin: Int, suite: CryptoSuite
    ) throws(SecureAggregationError) {
        try self.init(parameters, partition: partition, roster: roster, goodGroupsMin: goodGroupsMin, suite: suite)
        var (reader, exchange) = try CanonicalReader.exchanging(sealed, .sealedAttempt)
        guard exchange == parameters.keyExchange else { throw .malformed(field: "kind") }
        let list = try reader.adverts(exchange)
        let dealt = try reader.rising(
            "bundles", itemBytesMin: 40,
            { (reader) throws(SecureAggregationError) in
                ShareBundle(
                    dealer: try reader.index("dealer"), seedCommitment: try reader.fixed(32, "seed_commitment"),
                    shares: try reader.rising(
                        "shares", itemBytesMin: 68,
                        { (reader) throws(SecureAggregationError) in
                            SealedShares(
                                holder: try reader.index("holder"), selfCommitment: try reader.fixed(32, "self_commitment"),
                                maskCommitment: try reader.fixed(32, "mask_commitment"), sealed: [])
                        }, \.holder),
                    exchange: exchange,
                    edges: exchange == .x25519
                        ? []
                        : try reader.rising(
                            "edges", itemBytesMin: 40,
                            { (reader) throws(SecureAggregationError) in
                                SealedEdge(
                                    member: try reader.index("member"), commitment: try reader.fixed(32, "commitment"),
                                    sealed: try reader.string("sealed", max: exchange.sealedEdgeBytes))
                            }, \.member))
            }, \.dealer)
        let void = exchange == .x25519 ? [] : try reader.edges("void")
        survivors = try reader.indices("survivors")
        let signed = try reader.rising(
            "signatures", itemBytesMin: 68,
            { (reader) throws(SecureAggregationError) in
                SurvivorSignature(index: try reader.index("index"), signature: try reader.fixed(64, "signature"))
            }, \.index)
        try reader.end()
        adverts = Dictionary(uniqueKeysWithValues: list.map { ($0.index, $0) })
        bundles = Dictionary(uniqueKeysWithValues: dealt.map { ($0.dealer, $0) })
        signatures = Dictionary(uniqueKeysWithValues: signed.map { ($0.index, $0) })
        confirmed = dealt.map(\.dealer)
        stored = Set(survivors)
        guard stored.isSubset(of: confirmed), Set(confirmed).isSubset(of: adverts.keys) else { throw .malformed(field: "survivors") }
        first = KeySchedule.firstTranscript(parameters: digest, adverts: AdvertList(list).root(suite), suite: suite)
        ring = HolderRing(
            members: list.map(\.index), seed: partition.seed, round: parameters.round, attempt: parameters.attempt, holders: parameters.holders,
            suite: suite)
        let confirmation = Confirmation(
            dealt.map { IndexedBytes(index: $0.dealer, bytes: $0.digest(first: first, suite: suite)) }, exchange: exchange, void: void)
        self.confirmation = confirmation
        transcript = KeySchedule.transcript(first: first, confirmed: confirmation.root(suite), suite: suite)
        phase = parameters.mode == .maliciousServer && signatures.count < signaturesNeeded ? .consistency : .unmasking
        survivorsWereTold = true
    }
}
