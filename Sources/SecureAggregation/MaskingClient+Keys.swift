import CryptoSuite

extension MaskingClient {
    /// Phase 0 and 1: parameters are checked against what this client knows and insists on, then it advertises fresh keys.
    mutating func begin(_ parameters: RoundParameters, modelHash: [UInt8], entropy: Secret) throws(SecureAggregationError) -> [Effect] {
        precondition(entropy.count == 32, "an attempt's entropy has 32 bytes")
        try parameters.check()
        try floors.check(parameters)
        let terms = partition.terms
        guard parameters.session == terms.session, parameters.epoch == terms.epoch, parameters.rosterHash == terms.rosterHash,
            parameters.partitionHash == partition.digest, parameters.groups == terms.groups, parameters.members == partition.members.count,
            parameters.planHash == planHash, parameters.modelHash == modelHash
        else { throw .otherTranscript }
        if parameters.mode == .maliciousServer {
            guard roster.isPinned, identity != nil else { throw .notAuthentic("malicious_server needs a roster with keys and this member's own") }
        }
        try checkOrder(parameters)
        let digest = parameters.digest(suite)
        let secrets = AttemptSecrets(entropy: entropy, parameters: digest, index: index, suite: suite)
        let sealing = parameters.keyExchange.sealing(suite)
        var advert = Advert(
            index: index, maskKey: sealing.publicKey(secrets.maskSecret.bytes), shareKey: sealing.publicKey(secrets.shareSecret.bytes),
            nonce: secrets.nonce(suite), signature: [UInt8](repeating: 0, count: 64))
        if parameters.mode == .maliciousServer, let identity {
            advert.signature = suite.keys.sign(identity.bytes, advert.signed(parameters: digest))
        }
        attempt = Attempt(parameters: parameters, digest: digest, advert: advert, secrets: secrets)
        return [.sendAdvert(advert)]
    }

    /// Rounds and attempts only go forward, and a round that was answered is over for this client.
    private func checkOrder(_ parameters: RoundParameters) throws(SecureAggregationError) {
        if let record, record.epoch == parameters.epoch {
            guard parameters.round >= record.round else { throw .outOfOrder("round \(parameters.round) after round \(record.round)") }
            if parameters.round == record.round, !record.answered.isEmpty { throw .alreadyAnswered }
            if parameters.round == record.round, parameters.attempt <= record.attempt { throw .secretsGone }
        }
        guard let old = attempt?.parameters else { return }
        guard parameters.round >= old.round else { throw .outOfOrder("round \(parameters.round) after round \(old.round)") }
        guard parameters.round > old.round || parameters.attempt > old.attempt else {
            throw .contradiction("attempt \(parameters.attempt) of round \(parameters.round) was begun already")
        }
    }

    /// Phase 2: the others' keys are checked, and this client's two secrets dealt to its holders.
    mutating func deal(_ list: AdvertList) throws(SecureAggregationError) -> [Effect] {
        guard var now = attempt else { throw .outOfOrder("adverts without an attempt") }
        let first = KeySchedule.firstTranscript(parameters: now.digest, adverts: list.root(suite), suite: suite)
        if let bundle = now.bundle {
            guard first == now.first else { throw .contradiction("a second list of adverts") }
            return [.sendBundle(bundle)]
        }
        guard now.stage == .advertised, let secrets = now.secrets else { throw .outOfOrder("adverts in stage \(now.stage)") }
        try check(list, now)
        let members = list.adverts.map(\.index)
        let parameters = now.parameters
        let ring = HolderRing(
            members: members, seed: partition.seed, round: parameters.round, attempt: parameters.attempt, holders: parameters.holders, suite: suite)
        // `check` has seen that they rise.
        let byIndex = AdvertTable(list.adverts)
        let holders = ring.holders(of: index)
        guard parameters.threshold <= holders.count else {
            throw .tooFew("\(holders.count) holders are there, and a secret needs \(parameters.threshold)")
        }
        let bundle = try seal(secrets, to: holders, adverts: byIndex, parameters, first: first)
        now.stage = .dealt
        now.first = first
        now.ring = ring
        now.adverts = byIndex
        now.bundle = bundle
        attempt = now
        lastMembers = (parameters.round, Set(members))
        return [.sendBundle(bundle)]
    }

    private func check(_ list: AdvertList, _ now: Attempt) throws(SecureAggregationError) {
        let adverts = list.adverts
        for (a, b) in zip(adverts, adverts.dropFirst()) where a.index >= b.index { throw .malformed(field: "adverts") }
        guard adverts.contains(now.advert) else { throw .contradiction("this member's advert is not in the list as it was sent") }
        guard adverts.count >= now.parameters.quorum else {
            throw .tooFew("\(adverts.count) of \(now.parameters.members) members are there, and the quorum is \(now.parameters.quorum)")
        }
        guard areDifferent(adverts, { $0.maskKey }), areDifferent(adverts, { $0.shareKey }) else {
            throw .contradiction("two members advertise one key")
        }
        if let lastMembers, lastMembers.round == now.parameters.round {
            for advert in adverts where !lastMembers.members.contains(advert.index) {
                throw .contradiction("member \(advert.index) was not in the attempt before: groups only shrink")
            }
        }
        for advert in adverts {
            guard advert.exchange == now.parameters.keyExchange else { throw .malformed(field: "mask_key") }
            guard partition.group(of: advert.index) != nil else { throw .contradiction("member \(advert.index) is not in the epoch's partition") }
            guard now.parameters.mode == .maliciousServer else { continue }
            guard suite.keys.verify(roster.members[advert.index].identity, advert.signed(parameters: now.digest), advert.signature) else {
                throw .notAuthentic("the advert of member \(advert.index) has not its signature")
            }
        }
    }

    private func seal(
        _ secrets: AttemptSecrets, to holders: [Int], adverts: AdvertTable, _ parameters: RoundParameters, first: [UInt8]
    ) throws(SecureAggregationError) -> ShareBundle {
        let suite = self.suite
        let (threshold, exchange) = (parameters.threshold, parameters.keyExchange)
        let sealing = exchange.sealing(suite)
        let seed = secrets.selfSeed.bytes
        let selfShares = SecretSharing.split(seed, threshold: threshold, holders: holders, entropy: secrets.polynomial(.selfSeed, suite), suite: suite)
        let maskShares = SecretSharing.split(
            secrets.maskSecret.bytes, threshold: threshold, holders: holders, entropy: secrets.polynomial(.maskKey, suite), suite: suite)
        let seedCommitment = KeySchedule.seedCommitment(seed: seed, dealer: index, first: first, suite: suite)
        var shares: [SealedShares] = []
        var plain: [[UInt8]] = []
        shares.reserveCapacity(holders.count)
        plain.reserveCapacity(holders.count)
        let sealingInfo = KeySchedule.sealingInfo(first: first)
        for (place, holder) in holders.enumerated() {
            let (selfShare, maskShare) = (selfShares[place].bytes, maskShares[place].bytes)
            let (selfSalt, maskSalt) = (secrets.salt(.selfSeed, holder: holder, suite), secrets.salt(.maskKey, holder: holder, suite))
            func commitment(_ kind: ShareKind, _ share: [UInt8], _ salt: [UInt8]) -> [UInt8] {
                KeySchedule.shareCommitment(kind, share: share, salt: salt, dealer: index, holder: holder, first: first, suite: suite)
            }
            shares.append(
                SealedShares(
                    holder: holder, selfCommitment: commitment(.selfSeed, selfShare, selfSalt),
                    maskCommitment: commitment(.maskKey, maskShare, maskSalt), sealed: []))
            var both: [UInt8] = []
            both.reserveCapacity(2 * (Share.byteCount + 16))
            both += selfShare
            both += selfSalt
            both += maskShare
            both += maskSalt
            plain.append(both)
        }
        let edgeSecrets = edgeSecrets(secrets, among: adverts, parameters, first: first)
        let edges = edgeSecrets.map { edge in
            let commitment = KeySchedule.edgeCommitment(secret: edge.secret, lower: index, higher: edge.member, first: first, suite: suite)
            return SealedEdge(member: edge.member, commitment: commitment, sealed: [])
        }
        var bundle = ShareBundle(dealer: index, seedCommitment: seedCommitment, shares: shares, exchange: exchange, edges: edges)
        let digest = bundle.digest(first: first, suite: suite)
        for (place, edge) in edgeSecrets.enumerated() {
            guard let recipient = adverts[edge.member]?.maskKey,
                let sealed = sealing.seal(
                    recipient, secrets.maskSecret.bytes, KeySchedule.edgeInfo(first: first),
                    KeySchedule.sealingContext(dealer: index, holder: edge.member, bundle: digest), edge.secret, secrets.edgeSealing(member: edge.member, suite)
                )
            else { throw .notAuthentic("member \(edge.member) advertises a key that is none") }
            bundle.edges[place].sealed = sealed
        }
        let shareSecret = secrets.shareSecret.bytes
        for (place, holder) in holders.enumerated() {
            guard let recipient = adverts[holder]?.shareKey,
                let sealed = sealing.seal(
                    recipient, shareSecret, sealingInfo,
                    KeySchedule.sealingContext(dealer: index, holder: holder, bundle: digest), plain[place], secrets.sealing(holder: holder, suite))
            else { throw .notAuthentic("member \(holder) advertises a key that is none") }
            bundle.shares[place].sealed = sealed
        }
        return bundle
    }

    /// Of this member's edges to higher ones; none with X25519.
    private func edgeSecrets(
        _ secrets: AttemptSecrets, among adverts: AdvertTable, _ parameters: RoundParameters, first: [UInt8]
    ) -> [(member: Int, secret: [UInt8])] {
        guard parameters.keyExchange == .xWing, let group = partition.group(of: index) else { return [] }
        let members = Set(adverts.members)
        return MaskGraph.neighbours(of: index, in: group, of: partition, advertised: members, confirmed: members, void: [], parameters).filter { $0 > index }
            .map {
                ($0, KeySchedule.edgeSecret(maskSecret: secrets.maskSecret.bytes, lower: index, higher: $0, first: first, suite: suite))
            }
    }

    /// Phase 2: shares that do not open, or are not what was committed to, are named.
    mutating func receive(_ delivery: ShareDelivery) throws(SecureAggregationError) -> [Effect] {
        guard var now = attempt else { throw .outOfOrder("shares without an attempt") }
        if let receipt = now.receipt { return [.sendReceipt(receipt)] }
        guard now.stage == .dealt, let ring = now.ring, let secrets = now.secrets else { throw .outOfOrder("shares in stage \(now.stage)") }
        guard delivery.exchange == now.parameters.keyExchange else { throw .malformed(field: "items") }
        for (a, b) in zip(delivery.items, delivery.items.dropFirst()) where a.dealer >= b.dealer { throw .malformed(field: "items") }
        let dealers = Set(ring.dealers(of: index))
        var complaints: [Int] = []
        for item in delivery.items {
            guard dealers.contains(item.dealer) else { throw .contradiction("member \(item.dealer) deals to others") }
            if let held = open(item, secrets, now) { now.held[item.dealer] = held } else { complaints.append(item.dealer) }
        }
        for (a, b) in zip(delivery.edges, delivery.edges.dropFirst()) where a.dealer >= b.dealer { throw .malformed(field: "edges") }
        var unopened: [Int] = []
        for edge in delivery.edges {
            if let held = try open(edge, secrets, now) { now.edges[edge.dealer] = held } else { unopened.append(edge.dealer) }
        }
        now.stage = .received
        let receipt = ShareReceipt(holder: index, complaints: complaints, exchange: now.parameters.keyExchange, edges: unopened)
        now.receipt = receipt
        attempt = now
        return [.sendReceipt(receipt)]
    }

    /// The secret of an edge to a lower member; nil where it does not open or is not the one promised.
    private func open(_ edge: ShareDelivery.Edge, _ secrets: AttemptSecrets, _ now: Attempt) throws(SecureAggregationError) -> Attempt.Edge? {
        guard edge.dealer < index, let dealer = now.adverts[edge.dealer], partition.group(of: edge.dealer) == partition.group(of: index) else {
            throw .contradiction("member \(edge.dealer) deals edges to others")
        }
        guard
            let secret = now.parameters.keyExchange.sealing(suite).open(
                secrets.maskSecret.bytes, dealer.maskKey, KeySchedule.edgeInfo(first: now.first),
                KeySchedule.sealingContext(dealer: edge.dealer, holder: index, bundle: edge.bundle), edge.sealed),
            KeySchedule.edgeCommitment(secret: secret, lower: edge.dealer, higher: index, first: now.first, suite: suite) == edge.commitment
        else { return nil }
        return Attempt.Edge(bundle: edge.bundle, secret: Secret(secret))
    }

    private func open(_ item: ShareDelivery.Item, _ secrets: AttemptSecrets, _ now: Attempt) -> Attempt.Held? {
        guard let dealer = now.adverts[item.dealer],
            let plain = now.parameters.keyExchange.sealing(suite).open(
                secrets.shareSecret.bytes, dealer.shareKey, KeySchedule.sealingInfo(first: now.first),
                KeySchedule.sealingContext(dealer: item.dealer, holder: index, bundle: item.bundle), item.sealed),
            plain.count == 2 * (Share.byteCount + 16)
        else { return nil }
        let part = Share.byteCount
        let selfShare = Array(plain[0..<part])
        let selfSalt = Array(plain[part..<part + 16])
        let maskShare = Array(plain[part + 16..<2 * part + 16])
        let maskSalt = Array(plain[(2 * part + 16)...])
        guard Share(bytes: selfShare) != nil, Share(bytes: maskShare) != nil else { return nil }
        func commitment(_ kind: ShareKind, _ share: [UInt8], _ salt: [UInt8]) -> [UInt8] {
            KeySchedule.shareCommitment(kind, share: share, salt: salt, dealer: item.dealer, holder: index, first: now.first, suite: suite)
        }
        guard commitment(.selfSeed, selfShare, selfSalt) == item.selfCommitment, commitment(.maskKey, maskShare, maskSalt) == item.maskCommitment else {
            return nil
        }
        return Attempt.Held(
            bundle: item.bundle, selfShare: Secret(selfShare), selfSalt: selfSalt, maskShare: Secret(maskShare), maskSalt: maskSalt)
    }
}

/// Keys differ in their first bytes, so that to sort these takes less than to hash all that they are long.
private func areDifferent(_ adverts: [Advert], _ key: (Advert) -> [UInt8]) -> Bool {
    let words = adverts.map { leadingWord(key($0)) }.sorted()
    if zip(words, words.dropFirst()).allSatisfy({ $0 != $1 }) { return true }
    let keys = adverts.map(key).sorted { $0.lexicographicallyPrecedes($1) }
    return zip(keys, keys.dropFirst()).allSatisfy { $0 != $1 }
}
