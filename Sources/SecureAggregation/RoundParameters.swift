package import CryptoSuite

/// Whom the protocol protects from.
package enum TrustMode: UInt8, Sendable, Equatable {
    /// The coordinator follows the protocol and would like to know.
    case honestButCurious = 1
    /// The coordinator may lie to everybody differently; needs identity keys pinned outside it.
    case maliciousServer = 2

    /// As sessions and settings name it.
    package var name: String {
        switch self {
        case .honestButCurious: "honest_but_curious"
        case .maliciousServer: "malicious_server"
        }
    }
}

/// What every member of an attempt must agree on, bit for bit. Its digest goes into everything that follows.
package struct RoundParameters: Equatable, Sendable {
    package var mode: TrustMode
    package var keyExchange: KeyExchange
    package var session: [UInt8]
    package var epoch: Int
    package var round: Int
    package var attempt: Int
    /// SHA-256 of the model the round starts from.
    package var modelHash: [UInt8]
    /// SHA-256 of the session's plan.
    package var planHash: [UInt8]
    package var rosterHash: [UInt8]
    /// Digest of the epoch's partition.
    package var partitionHash: [UInt8]
    /// Members of the epoch (n).
    package var members: Int
    package var groups: Int
    /// Members of a group that its sum needs at least; below it nothing of the group is revealed.
    package var groupFloor: Int
    /// Members of the cohort that must be there in every phase.
    package var quorum: Int
    /// Holders of each secret (k) and the shares that open it (t).
    package var holders: Int
    package var threshold: Int
    /// Members that may work for the coordinator.
    package var corrupt: Int
    /// Neighbours in the mask graph of a group too large to be complete; 0 where every group is complete.
    package var maskDegree: Int
    /// Coordinates of the model (d).
    package var dimension: Int
    package var encoding: EncodingParameters

    package init(
        mode: TrustMode, session: [UInt8], epoch: Int, round: Int, attempt: Int, modelHash: [UInt8], planHash: [UInt8], rosterHash: [UInt8],
        partitionHash: [UInt8], plan: SecureAggregationPlan
    ) {
        self.mode = mode
        keyExchange = plan.keyExchange
        self.session = session
        self.epoch = epoch
        self.round = round
        self.attempt = attempt
        self.modelHash = modelHash
        self.planHash = planHash
        self.rosterHash = rosterHash
        self.partitionHash = partitionHash
        members = plan.members
        groups = plan.groups
        groupFloor = plan.groupFloor
        quorum = plan.quorum
        holders = plan.holderGraph.holders
        threshold = plan.holderGraph.threshold
        corrupt = plan.corrupt
        maskDegree = plan.maskDegree
        dimension = plan.dimension
        encoding = plan.encoding
    }

    /// Honest members whose updates are in every sum that is opened, at least.
    package var honestSummandsMin: Int { max(0, max(groupFloor, groups == 1 ? quorum : 0) - corrupt) }

    /// Elements of a masked vector: the coordinates, the weight where there is one, and the check lanes.
    package var lanes: Int { encoding.lanes(dimension: dimension) }

    /// Bytes of a masked vector.
    package var packedBytes: Int { encoding.packedBytes(dimension: dimension) }

    package func digest(_ suite: CryptoSuite) -> [UInt8] { suite.sha256(encoded) }

    package var encoded: [UInt8] {
        var writer = CanonicalWriter(encoding.noise == nil ? .parameters : .noisyParameters)
        writer.number8(Int(mode.rawValue))
        writer.number8(Int(keyExchange.rawValue))
        writer.string(session)
        for number in [epoch, round, attempt] { writer.number32(number) }
        for hash in [modelHash, planHash, rosterHash, partitionHash] { writer.fixed(hash) }
        for number in [members, groups, groupFloor, quorum, holders, threshold, corrupt, maskDegree] { writer.number32(number) }
        writer.number64(UInt64(dimension))
        writer.number64(encoding.l2Clip.bitPattern)
        writer.number64(encoding.coordinateClip.bitPattern)
        for number in [encoding.bits, encoding.width, encoding.weightMax] { writer.number32(number) }
        if let noise = encoding.noise {
            writer.number64(noise.variance.bitPattern)
            writer.number64(noise.bound)
        }
        return writer.bytes
    }

    package init(encoded: [UInt8]) throws(SecureAggregationError) {
        let isNoisy = MessageKind(of: encoded) == .noisyParameters
        var reader = try CanonicalReader(encoded, isNoisy ? .noisyParameters : .parameters)
        guard let mode = TrustMode(rawValue: UInt8(try reader.number8("mode"))) else { throw .malformed(field: "mode") }
        guard let exchange = KeyExchange(rawValue: UInt8(try reader.number8("key_exchange"))) else { throw .malformed(field: "key_exchange") }
        self.mode = mode
        keyExchange = exchange
        session = try reader.string("session", max: Limits.sessionBytesMax)
        epoch = try reader.number32("epoch")
        round = try reader.number32("round")
        attempt = try reader.number32("attempt")
        modelHash = try reader.fixed(32, "model_hash")
        planHash = try reader.fixed(32, "plan_hash")
        rosterHash = try reader.fixed(32, "roster_hash")
        partitionHash = try reader.fixed(32, "partition_hash")
        members = try reader.number32("members")
        groups = try reader.number32("groups")
        groupFloor = try reader.number32("group_floor")
        quorum = try reader.number32("quorum")
        holders = try reader.number32("holders")
        threshold = try reader.number32("threshold")
        corrupt = try reader.number32("corrupt")
        maskDegree = try reader.number32("mask_degree")
        let dimension = try reader.number64("dimension")
        guard dimension > 0, dimension < UInt64(Limits.lanesMax) else { throw .malformed(field: "dimension") }
        self.dimension = Int(dimension)
        let l2 = Double(bitPattern: try reader.number64("l2_clip"))
        let coordinate = Double(bitPattern: try reader.number64("coordinate_clip"))
        encoding = EncodingParameters(
            l2Clip: l2, coordinateClip: coordinate, bits: try reader.number32("bits"), width: try reader.number32("width"),
            weightMax: try reader.number32("weight_max"))
        if isNoisy {
            encoding.noise = ClientNoise(
                variance: Double(bitPattern: try reader.number64("noise_variance")), bound: try reader.number64("noise_bound"))
        }
        try reader.end()
        try check()
    }

    /// Refuses numbers no plan has, whoever sent them; a client's own floors come on top.
    package func check() throws(SecureAggregationError) {
        guard (1...Limits.attemptsMax).contains(attempt) else { throw .malformed(field: "attempt") }
        guard (2...Limits.clientsMax).contains(members) else { throw .malformed(field: "members") }
        guard groups >= 1, groups <= members / 2 else { throw .malformed(field: "groups") }
        let smallest = members / groups
        guard groupFloor >= 2, groupFloor <= smallest else { throw .malformed(field: "group_floor") }
        guard quorum >= 2, quorum <= members else { throw .malformed(field: "quorum") }
        guard holders >= 1, holders < members else { throw .malformed(field: "holders") }
        guard threshold >= 1, threshold <= holders else { throw .malformed(field: "threshold") }
        guard corrupt >= 0, corrupt < members else { throw .malformed(field: "corrupt") }
        let largest = (members + groups - 1) / groups
        guard largest <= Limits.completeGraphMax ? maskDegree == 0 : (maskDegree >= 2 && maskDegree < smallest && maskDegree % 2 == 0) else {
            throw .malformed(field: "mask_degree")
        }
        try encoding.check(groupMax: largest)
        if mode == .maliciousServer, rosterHash.allSatisfy({ $0 == 0 }) { throw .malformed(field: "roster_hash") }
    }
}
