import CryptoSuite

extension MaskingClient {
    /// Phase 3: with U2 known, the masks of this client's vector.
    mutating func mask(_ confirmation: Confirmation) throws(SecureAggregationError) -> [Effect] {
        guard var now = attempt else { throw .outOfOrder("a confirmation without an attempt") }
        let transcript = KeySchedule.transcript(first: now.first, confirmed: confirmation.root(suite), suite: suite)
        if now.stage == .masked || now.stage == .answered {
            guard transcript == now.transcript else { throw .contradiction("a second set of members") }
            // The vector is on its way or stored; its masks are gone.
            return []
        }
        guard now.stage == .received, let secrets = now.secrets, let bundle = now.bundle else { throw .outOfOrder("a confirmation in stage \(now.stage)") }
        let members = confirmation.members
        guard isRising(members) else { throw .malformed(field: "members") }
        guard members.count >= now.parameters.quorum else {
            throw .tooFew("\(members.count) of \(now.parameters.members) members dealt their shares, and the quorum is \(now.parameters.quorum)")
        }
        guard members.contains(IndexedBytes(index: index, bytes: bundle.digest(first: now.first, suite: suite))) else {
            throw .contradiction("this member's bundle is not among the confirmed as it was sent")
        }
        for member in members {
            guard now.adverts.has(member.index) else { throw .contradiction("member \(member.index) did not advertise") }
            // A dealer that shows others another bundle than this holder.
            for seen in [now.held[member.index]?.bundle, now.edges[member.index]?.bundle] where seen != nil && seen != member.bytes {
                throw .contradiction("member \(member.index) has two bundles")
            }
        }
        now.confirmed = members.map(\.index)
        now.transcript = transcript
        let void = try check(confirmation, now)
        let terms = try terms(now, secrets, void: void)
        now.stage = .masked
        // What unmasking needs are the others' shares: this client's own secrets are done with.
        now.secrets = nil
        now.edges = [:]
        attempt = now
        return [.mask(MaskedInput(index: index, transcript: transcript), terms)]
    }

    /// The void edges of a confirmation: of this member's, those it has complained of itself, and no others.
    private func check(_ confirmation: Confirmation, _ now: Attempt) throws(SecureAggregationError) -> Set<VoidEdge> {
        guard confirmation.exchange == now.parameters.keyExchange else { throw .malformed(field: "void") }
        let void = Set(confirmation.void)
        guard VoidEdge.rises(confirmation.void), confirmation.void.allSatisfy({ now.confirmed.contains($0.lower) && now.confirmed.contains($0.higher) }) else {
            throw .malformed(field: "void")
        }
        // Not of this client as a whole, which a closure would copy.
        let index = self.index
        let own = (now.receipt?.edges ?? []).filter { now.confirmed.contains($0) }
        guard Set(void.filter { $0.higher == index }.map(\.lower)) == Set(own) else {
            throw .contradiction("this member's edges are said to have opened otherwise than they did")
        }
        return void
    }

    private func terms(_ now: Attempt, _ secrets: AttemptSecrets, void: Set<VoidEdge>) throws(SecureAggregationError) -> [MaskTerm] {
        guard let group = partition.group(of: index) else { throw .otherTranscript }
        let confirmed = Set(now.confirmed)
        let present = partition.countPresent(in: group, among: confirmed)
        guard present >= now.parameters.groupFloor else {
            throw .tooFew("\(present) members are left in group \(group), and its floor is \(now.parameters.groupFloor)")
        }
        let own = KeySchedule.selfKey(seed: secrets.selfSeed.bytes, index: index, transcript: now.transcript, suite: suite)
        var terms = [MaskTerm(key: own, subtract: false)]
        let neighbours = MaskGraph.neighbours(
            of: index, in: group, of: partition, advertised: Set(now.adverts.members), confirmed: confirmed, void: void, now.parameters)
        for neighbour in neighbours {
            guard let other = now.adverts[neighbour], let agreed = agreed(with: neighbour, other, now, secrets) else {
                throw .notAuthentic("member \(neighbour) advertises a key that is none, or its edge was not delivered")
            }
            let key = KeySchedule.pairKey(
                agreed: agreed, own: (index, now.advert.maskKey), other: (neighbour, other.maskKey), transcript: now.transcript, suite: suite)
            terms.append(MaskTerm(key: key, subtract: neighbour < index))
        }
        return terms
    }

    private func agreed(with neighbour: Int, _ advert: Advert, _ now: Attempt, _ secrets: AttemptSecrets) -> [UInt8]? {
        switch now.parameters.keyExchange {
        case .x25519: suite.keys.agree(secrets.maskSecret.bytes, advert.maskKey)
        case .xWing:
            neighbour > index
                ? KeySchedule.edgeSecret(maskSecret: secrets.maskSecret.bytes, lower: index, higher: neighbour, first: now.first, suite: suite)
                : now.edges[neighbour]?.secret.bytes
        }
    }

    /// Phase 4, against a lying coordinator: one signature over one set of survivors.
    mutating func sign(_ notice: SurvivorNotice) throws(SecureAggregationError) -> [Effect] {
        guard var now = attempt, now.stage == .masked || now.stage == .answered else { throw .secretsGone }
        guard now.parameters.mode == .maliciousServer, let identity else { throw .outOfOrder("nothing is signed in honest-but-curious mode") }
        guard notice.transcript == now.transcript else { throw .otherTranscript }
        if let signed = now.signed {
            guard signed.survivors == notice.survivors else { throw .contradiction("a second set of survivors") }
            return [.sendSignature(signed.signature)]
        }
        try check(survivors: notice.survivors, now)
        let message = notice.encoded
        let signature = SurvivorSignature(index: index, signature: suite.keys.sign(identity.bytes, message))
        let kept = record(now, signed: suite.sha256(message), answered: [])
        now.signed = (notice.survivors, signature)
        attempt = now
        record = kept
        return [.persist(kept), .sendSignature(signature)]
    }

    /// Phase 5: one share of each member, of one kind, for one set; then nothing is left.
    mutating func answer(_ request: UnmaskRequest) throws(SecureAggregationError) -> [Effect] {
        guard var now = attempt, now.stage == .masked || now.stage == .answered else { throw .secretsGone }
        guard request.transcript == now.transcript else { throw .otherTranscript }
        // Signatures aside: another quorum of them for the same set is the same request.
        let digest = suite.sha256(SurvivorNotice(transcript: request.transcript, survivors: request.survivors).encoded)
        let survivors = Set(request.survivors)
        guard survivors.isDisjoint(with: request.dropped) else { throw .contradiction("a member is both a survivor and dropped") }
        guard zip(request.dropped, request.dropped.dropFirst()).allSatisfy({ $0 < $1 }), (request.survivors + request.dropped).sorted() == now.confirmed else {
            throw .contradiction("survivors and dropped are not together the members confirmed")
        }
        if let answered = now.response {
            guard answered.request == digest else { throw .alreadyAnswered }
            return [.sendResponse(answered.response)]
        }
        try check(survivors: request.survivors, now)
        if now.parameters.mode == .maliciousServer {
            try check(request.signatures, request, now)
            // Enough others signed before this member was asked to: from now on it is held to their set as if it had signed.
            if now.signed == nil, let identity {
                let message = SurvivorNotice(transcript: request.transcript, survivors: request.survivors).encoded
                now.signed = (request.survivors, SurvivorSignature(index: index, signature: suite.keys.sign(identity.bytes, message)))
            }
        }

        let dropped = Set(request.dropped)
        let present = partition.groups.indices.map { partition.countPresent(in: $0, among: survivors) }
        var items: [UnmaskResponse.Item] = []
        items.reserveCapacity(now.held.count)
        for (dealer, held) in now.held.sorted(by: { $0.key < $1.key }) {
            guard let group = partition.group(of: dealer), survivors.contains(dealer) || dropped.contains(dealer) else { continue }
            // A group below the floor stays closed: no share of any of its members.
            guard present[group] >= now.parameters.groupFloor else { continue }
            items.append(
                dropped.contains(dealer)
                    ? UnmaskResponse.Item(dealer: dealer, kind: .maskKey, share: held.maskShare.bytes, salt: held.maskSalt)
                    : UnmaskResponse.Item(dealer: dealer, kind: .selfSeed, share: held.selfShare.bytes, salt: held.selfSalt))
        }
        let response = UnmaskResponse(holder: index, transcript: now.transcript, items: items)
        let kept = record(now, signed: now.signed == nil ? [] : digest, answered: digest)
        now.stage = .answered
        now.response = (digest, response)
        now.held = [:]
        attempt = now
        record = kept
        return [.persist(kept), .sendResponse(response)]
    }

    private func record(_ now: Attempt, signed: [UInt8], answered: [UInt8]) -> ClientRecord {
        ClientRecord(
            epoch: now.parameters.epoch, round: now.parameters.round, attempt: now.parameters.attempt, partitionHash: partition.digest, signed: signed,
            answered: answered)
    }

    private func check(survivors: [Int], _ now: Attempt) throws(SecureAggregationError) {
        for (a, b) in zip(survivors, survivors.dropFirst()) where a >= b { throw .malformed(field: "survivors") }
        guard Set(survivors).isSubset(of: now.confirmed) else { throw .contradiction("a survivor was never confirmed") }
        guard survivors.contains(index) else { throw .contradiction("this member is said to have dropped out") }
        guard survivors.count >= now.parameters.quorum else {
            throw .tooFew("\(survivors.count) of \(now.parameters.members) members survived, and the quorum is \(now.parameters.quorum)")
        }
    }

    /// q signatures over this very set with 2q > |U2| + corrupt: two sets cannot both have so many.
    private func check(_ signatures: [SurvivorSignature], _ request: UnmaskRequest, _ now: Attempt) throws(SecureAggregationError) {
        if let signed = now.signed?.survivors, signed != request.survivors { throw .contradiction("not the survivors this member signed for") }
        let needed = (now.confirmed.count + now.parameters.corrupt) / 2 + 1
        for (a, b) in zip(signatures, signatures.dropFirst()) where a.index >= b.index { throw .malformed(field: "signatures") }
        let message = SurvivorNotice(transcript: request.transcript, survivors: request.survivors).encoded
        let survivors = Set(request.survivors)
        var valid = 0
        for signature in signatures {
            guard survivors.contains(signature.index), roster.members.indices.contains(signature.index),
                suite.keys.verify(roster.members[signature.index].identity, message, signature.signature)
            else { throw .notAuthentic("the signature of member \(signature.index) over the survivors is not its own") }
            valid += 1
        }
        guard valid >= needed else { throw .tooFew("\(valid) members signed for these survivors, and \(needed) have to") }
    }
}
