/// What an operator asks for; rates are parts of the cohort.
package struct PlanRequest: Equatable, Sendable {
    /// Members of the epoch (n).
    package var members: Int
    package var mode: TrustMode = .honestButCurious
    package var keyExchange: KeyExchange = .x25519
    /// Identity keys come from outside the coordinator: an external authority or a roster file at the clients.
    package var identitiesPinned = false
    /// Group means are combined by a robust rule.
    package var robust = true
    /// Groups that the rule needs beyond two for each modified client: 1, with Krum 3.
    package var groupsBeyond = 1
    /// Modified clients that must be borne; nil: 5 % of the cohort, rounded up.
    package var byzantine: Int?
    package var differentialPrivacy = false
    /// Members a group has at least when it is drawn, and when its sum is opened.
    package var rosterFloor = 5
    package var openingFloor = 4
    package var corruptRate = 0.05
    package var wrongShareRate = 0.05
    /// Part of the cohort that must stay; what may be missing is 1 - quorum.
    package var quorum = 0.9
    package var dimension: Int
    package var l2Clip: Double
    package var coordinateClip: Double
    package var bits = 16
    /// Largest weight of a client; 0: uniform.
    package var weightMax = 0
    /// Rounds after which the groups are drawn again; nil: they are kept for the whole session.
    package var regroupAfterRounds: Int?
    /// The operator's switch for regrouping without differential privacy.
    package var regroupingIsAccepted = false

    package init(members: Int, dimension: Int, l2Clip: Double, coordinateClip: Double) {
        self.members = members
        self.dimension = dimension
        self.l2Clip = l2Clip
        self.coordinateClip = coordinateClip
    }
}

/// A checked plan: it can be carried out, and means what it says.
package struct SecureAggregationPlan: Equatable, Sendable {
    package let members: Int
    package let mode: TrustMode
    package let keyExchange: KeyExchange
    package let grouping: GroupPlan
    /// Members that must be there in every phase.
    package let quorum: Int
    package let corrupt: Int
    package let holderGraph: HolderGraphSize
    package let maskDegree: Int
    package let dimension: Int
    package let encoding: EncodingParameters
    /// With groups that are drawn again: the round after which as many sums are known as there are members, so that every single
    /// member's part can be solved for. nil: never, the groups are kept.
    package let solvableAfterRounds: Int?

    /// Modified clients that are borne (f); 0 without a robust rule.
    package var byzantine: Int { grouping.byzantine }
    /// Groups (g) and the groups that may be void besides 2f + 1 good ones (v).
    package var groups: Int { grouping.groups }
    package var voidGroupsBorne: Int { grouping.voidGroupsBorne }
    package var groupFloor: Int { grouping.floors.opening }
    /// Members of the smallest and of the largest group.
    package var smallestGroup: Int { grouping.smallest }
    package var largestGroup: Int { grouping.largest }

    /// Members in the smallest sum that is opened: with one group nobody opens a sum of fewer than the quorum.
    package var smallestOpened: Int { max(groupFloor, groups == 1 ? quorum : 0) }

    /// Honest summands in every opened sum, whoever works for the coordinator.
    package var honestSummandsMin: Int { max(0, smallestOpened - corrupt) }

    /// Refuses with the numbers and the remedy.
    package init(_ request: PlanRequest) throws(SecureAggregationError) {
        try Self.checkRanges(request)
        let n = request.members
        mode = request.mode
        keyExchange = request.keyExchange
        members = n
        dimension = request.dimension
        corrupt = Self.part(request.corruptRate, of: n)
        let absent = n - Self.part(request.quorum, of: n)
        quorum = n - absent
        let grouping = try GroupPlan(
            members: n, byzantine: request.byzantine, floors: GroupFloors(roster: request.rosterFloor, opening: request.openingFloor),
            isRobust: request.robust, beyond: request.groupsBeyond, needsMargin: request.differentialPrivacy)
        self.grouping = grouping
        let assumptions = HolderAssumptions(
            members: n, corrupt: corrupt, wrong: Self.part(request.wrongShareRate, of: n), absent: absent, mode: request.mode)
        guard let size = assumptions.smallest() else {
            throw .plan(
                "\(n) members with \(corrupt) curious, \(assumptions.wrong) wrong shares and \(absent) drop-outs cannot hold each other's shares"
                    + (mode == .maliciousServer ? " against a lying coordinator" : "") + ": take more members, or raise the quorum")
        }
        holderGraph = size
        guard let degree = MaskGraph.degree(group: grouping.smallest, corrupt: corrupt, absent: absent) else {
            throw .plan("a group of \(grouping.smallest) falls apart with \(corrupt) curious members and \(absent) drop-outs: take a higher quorum")
        }
        // Groups of 64 and 65 side by side: what is complete for the smaller is a ring for the larger.
        maskDegree = grouping.largest > Limits.completeGraphMax && degree == 0 ? Limits.completeGraphMax - 2 : degree
        let width = EncodingParameters.width(bits: request.bits, clients: grouping.largest)
        guard width <= Limits.widthMax else {
            throw .plan(
                "\(grouping.largest) clients of \(request.bits) bits need a ring of \(width) bits, and there are \(Limits.widthMax): take at most "
                    + "\(Limits.widthMax - (width - request.bits)) bits, or smaller groups")
        }
        encoding = EncodingParameters(
            l2Clip: request.l2Clip, coordinateClip: request.coordinateClip, bits: request.bits, width: width, weightMax: request.weightMax)
        solvableAfterRounds = try Self.solvable(request, groups: grouping.groups)
    }

    /// What the coordinator learns, for the operator and the members.
    package var disclosure: String {
        let size = smallestGroup == largestGroup ? "\(smallestGroup)" : "\(smallestGroup) to \(largestGroup)"
        let sums = groups == 1 ? "one sum over all members" : "\(groups) sums over groups of \(size) members"
        let over =
            solvableAfterRounds.map { "the groups are drawn again: after round \($0) every member's part can be solved for" }
            ?? "the groups stay: over many rounds it sees the same groups' sums"
        return "each round the coordinator sees \(sums), none of fewer than \(smallestOpened), of which \(honestSummandsMin) at least are honest; \(over)"
    }

    /// Every partition adds g - 1 independent sums to the first of them, for all have the same total.
    private static func solvable(_ request: PlanRequest, groups: Int) throws(SecureAggregationError) -> Int? {
        guard let rounds = request.regroupAfterRounds, groups > 1 else { return nil }
        guard rounds >= 1 else { throw .plan("regrouping after \(rounds) rounds: it is at least 1") }
        let partitions = (request.members - 1 + groups - 2) / (groups - 1)
        let solvable = (partitions - 1) * rounds + 1
        guard request.differentialPrivacy || request.regroupingIsAccepted else {
            throw .plan(
                "with groups drawn again every \(rounds) rounds, the parts of all \(request.members) members can be solved for after round \(solvable): "
                    + "keep the groups, turn on differential privacy, or accept it explicitly")
        }
        return solvable
    }

    /// A part of n, rounded up, as the design counts it; 0.05 of 100 is 5 and not 6 for the error of a binary fraction.
    static func part(_ rate: Double, of n: Int) -> Int { Int((rate * Double(n) - 1e-9).rounded(.up)) }

    private static func checkRanges(_ request: PlanRequest) throws(SecureAggregationError) {
        func refuse(_ text: String) -> SecureAggregationError { .plan(text) }
        guard (3...Limits.clientsMax).contains(request.members) else {
            throw refuse("secure aggregation needs 3 to \(Limits.clientsMax) members, not \(request.members)")
        }
        for (name, rate) in [("corrupt", request.corruptRate), ("wrong-share", request.wrongShareRate)] where !(rate >= 0 && rate < 0.5) {
            throw refuse("the \(name) rate is \(rate): it is at least 0 and below 0.5")
        }
        guard request.quorum > 0.5, request.quorum <= 1 else { throw refuse("the quorum is \(request.quorum): it is above 0.5 and at most 1") }
        guard request.dimension > 0, request.dimension < Limits.lanesMax else { throw refuse("a model has 1 to \(Limits.lanesMax - 1) parameters") }
        guard (1...Limits.bitsMax).contains(request.bits) else { throw refuse("bits is \(request.bits): take 1 to \(Limits.bitsMax)") }
        guard request.l2Clip.isFinite, request.l2Clip > 0 else { throw refuse("l2_clip is \(request.l2Clip): it is above 0") }
        guard request.coordinateClip.isFinite, request.coordinateClip > 0 else { throw refuse("coordinate_clip is \(request.coordinateClip): it is above 0") }
        if request.mode == .maliciousServer, !request.identitiesPinned {
            throw refuse(
                "malicious_server needs identity keys pinned outside the coordinator, whose own authority could issue anybody's again: "
                    + "give the clients a roster file or an external authority, or take honest_but_curious")
        }
        guard request.weightMax >= 0 else { throw refuse("weight_max is \(request.weightMax): it is at least 0") }
        if request.weightMax > 0, request.robust || request.differentialPrivacy {
            throw refuse("weights by samples cannot be verified: with a robust rule or differential privacy every client counts the same (weight_max 0)")
        }
        guard request.weightMax < 1 << request.bits else {
            throw refuse("weight_max \(request.weightMax) does not fit in \(request.bits) bits: at most \((1 << request.bits) - 1)")
        }
    }
}
