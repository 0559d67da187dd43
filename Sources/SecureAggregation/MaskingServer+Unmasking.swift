import CryptoSuite

extension MaskingServer {
    /// Groups that still have their floor; nothing is asked, taken or put together of the others.
    private var goodGroups: [Int] {
        partition.groups.indices.filter { partition.countPresent(in: $0, among: stored) >= parameters.groupFloor }
    }

    mutating func take(_ response: UnmaskResponse) throws(SecureAggregationError) -> [Effect] {
        guard phase == .unmasking else {
            // Enough came before: what the others reveal is neither wrong nor used.
            if phase == .finished, stored.contains(response.holder) { return [] }
            throw .outOfOrder("shares in phase \(phase)")
        }
        guard response.transcript == transcript else { throw .otherTranscript }
        guard stored.contains(response.holder), let ring else { throw .contradiction("member \(response.holder) is no survivor") }
        guard !responded.contains(response.holder) else { return [] }
        let dealers = Set(ring.dealers(of: response.holder))
        for (a, b) in zip(response.items, response.items.dropFirst()) where a.dealer >= b.dealer { throw .malformed(field: "items") }
        for item in response.items {
            guard dealers.contains(item.dealer), confirmed.hasRising(item.dealer) else {
                throw .contradiction("a share of member \(item.dealer), whose holder is another")
            }
            guard item.kind == (stored.contains(item.dealer) ? .selfSeed : .maskKey) else {
                throw .contradiction("a share of member \(item.dealer) of the other kind")
            }
        }
        var effects: [Effect] = []
        let good = Set(goodGroups)
        for item in response.items {
            guard let group = partition.group(of: item.dealer), good.contains(group) else { continue }
            if let share = checked(item, holder: response.holder) {
                shares[item.dealer, default: [:]][response.holder] = share
            } else {
                effects.append(.report(.wrongShare(dealer: item.dealer, holder: response.holder)))
            }
        }
        responded.insert(response.holder)
        return effects + (responded.count == survivors.count || hasEnough ? closePhase() : [])
    }

    /// The share where it is the one the dealer committed to.
    private func checked(_ item: UnmaskResponse.Item, holder: Int) -> Share? {
        // In rising order of the holder, as it was taken.
        guard let shares = bundles[item.dealer]?.shares, let place = shares.place(ofRising: holder, { $0.holder }), item.salt.count == 16 else { return nil }
        let dealt = shares[place]
        let commitment = KeySchedule.shareCommitment(
            item.kind, share: item.share, salt: item.salt, dealer: item.dealer, holder: holder, first: first, suite: suite)
        guard commitment == (item.kind == .selfSeed ? dealt.selfCommitment : dealt.maskCommitment) else { return nil }
        return Share(bytes: item.share)
    }

    private var hasEnough: Bool {
        let good = goodGroups
        // Before so many have answered, nobody's secret has enough shares.
        guard good.isEmpty || responded.count >= parameters.threshold else { return false }
        return good.allSatisfy { group in
            partition.groups[group].allSatisfy { !confirmed.hasRising($0) || (shares[$0]?.count ?? 0) >= parameters.threshold }
        }
    }

    mutating func finish() throws(SecureAggregationError) -> [Effect] {
        var opened: [OpenedGroup] = []
        var void: [VoidGroup] = []
        var effects: [Effect] = []
        for group in partition.groups.indices {
            let members = partition.present(in: group, among: stored)
            guard members.count >= parameters.groupFloor else {
                void.append(VoidGroup(group: group, reason: .belowFloor(members.count)))
                continue
            }
            do throws(Unopened) {
                opened.append(OpenedGroup(group: group, members: members.sorted(), terms: try terms(of: group)))
            } catch {
                void.append(VoidGroup(group: group, reason: error.reason))
                if case .unopenable(let dealer) = error.reason { effects.append(.report(.unopenable(dealer: dealer))) }
            }
        }
        // The shares have done what they were revealed for.
        shares = [:]
        guard opened.count >= goodGroupsMin else {
            phase = .aborted
            return effects + [
                .abort(.tooFew("\(opened.count) of \(partition.groups.count) groups could be opened, and \(goodGroupsMin) have to: \(void)"))
            ]
        }
        phase = .finished
        return effects + [.open(opened, void: void)]
    }

    private struct Unopened: Error { let reason: VoidGroup.Reason }

    /// What takes the masks off the group's sum: the survivors' own, and those that survivors share with the dropped.
    private func terms(of group: Int) throws(Unopened) -> [MaskTerm] {
        let (members, advertised, void) = (Set(confirmed), Set(adverts.keys), voidEdges)
        let present = partition.present(in: group, among: members)
        var terms: [MaskTerm] = []
        for member in present {
            let secret = try secret(of: member)
            if stored.contains(member) {
                guard KeySchedule.seedCommitment(seed: secret, dealer: member, first: first, suite: suite) == bundles[member]?.seedCommitment else {
                    throw Unopened(reason: .unopenable(dealer: member))
                }
                terms.append(MaskTerm(key: KeySchedule.selfKey(seed: secret, index: member, transcript: transcript, suite: suite), subtract: true))
                continue
            }
            guard let advert = adverts[member], parameters.keyExchange.sealing(suite).publicKey(secret) == advert.maskKey else {
                throw Unopened(reason: .unopenable(dealer: member))
            }
            let neighbours = MaskGraph.neighbours(of: member, in: group, of: partition, advertised: advertised, confirmed: members, void: void, parameters)
            for neighbour in neighbours where stored.contains(neighbour) {
                guard let other = adverts[neighbour] else { throw Unopened(reason: .unopenable(dealer: neighbour)) }
                let key = KeySchedule.pairKey(
                    agreed: try agreed(of: member, secret, with: neighbour, other), own: (member, advert.maskKey), other: (neighbour, other.maskKey),
                    transcript: transcript, suite: suite)
                // The neighbour subtracted where the dropped member's index is the lower one; this is the reverse.
                terms.append(MaskTerm(key: key, subtract: member > neighbour))
            }
        }
        return terms
    }

    /// What a dropped member, whose secret is open, has in common with a survivor.
    private func agreed(of member: Int, _ secret: [UInt8], with neighbour: Int, _ advert: Advert) throws(Unopened) -> [UInt8] {
        if parameters.keyExchange == .x25519 {
            guard let agreed = suite.keys.agree(secret, advert.maskKey) else { throw Unopened(reason: .unopenable(dealer: neighbour)) }
            return agreed
        }
        let (lower, higher) = (min(member, neighbour), max(member, neighbour))
        guard let bundle = bundles[lower], let edge = bundle.edges.first(where: { $0.member == higher }),
            let agreed = lower == member
                ? KeySchedule.edgeSecret(maskSecret: secret, lower: lower, higher: higher, first: first, suite: suite)
                : KeyExchange.xWing.sealing(suite).open(
                    secret, advert.maskKey, KeySchedule.edgeInfo(first: first),
                    KeySchedule.sealingContext(dealer: lower, holder: higher, bundle: bundle.digest(first: first, suite: suite)), edge.sealed),
            KeySchedule.edgeCommitment(secret: agreed, lower: lower, higher: higher, first: first, suite: suite) == edge.commitment
        else { throw Unopened(reason: .unopenable(dealer: lower)) }
        return agreed
    }

    private func secret(of dealer: Int) throws(Unopened) -> [UInt8] {
        let known = (shares[dealer] ?? [:]).sorted { $0.key < $1.key }.prefix(parameters.threshold)
        guard known.count == parameters.threshold else { throw Unopened(reason: .missingShares(of: dealer)) }
        guard let secret = SecretSharing.join(known.map { (holder: $0.key, share: $0.value) }) else { throw Unopened(reason: .unopenable(dealer: dealer)) }
        return secret
    }
}
