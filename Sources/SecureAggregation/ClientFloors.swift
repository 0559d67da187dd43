/// What a client insists on, whatever the coordinator proposes. It comes from the node owner's policy.
package struct ClientFloors: Equatable, Sendable {
    package var mode: TrustMode
    package var keyExchange: KeyExchange
    package var members: Int
    package var groupFloor: Int
    /// Part of the members that may work for the coordinator, for which (k, t) has to be private.
    package var corruptRate: Double
    /// Part of the members that has to be there.
    package var quorum: Double

    package init(
        mode: TrustMode = .honestButCurious, keyExchange: KeyExchange = .x25519, members: Int = 5, groupFloor: Int = 4, corruptRate: Double = 0.05,
        quorum: Double = 0.5
    ) {
        self.mode = mode
        self.keyExchange = keyExchange
        self.members = members
        self.groupFloor = groupFloor
        self.corruptRate = corruptRate
        self.quorum = quorum
    }

    func check(_ offered: RoundParameters) throws(SecureAggregationError) {
        func refuse(_ field: String, _ value: Int, _ floor: Int) -> SecureAggregationError {
            .belowFloor(field: field, offered: "\(value)", floor: "\(floor)")
        }
        guard offered.mode.rawValue >= mode.rawValue else { throw .belowFloor(field: "mode", offered: offered.mode.name, floor: mode.name) }
        guard offered.keyExchange.rawValue >= keyExchange.rawValue else {
            throw .belowFloor(field: "key_agreement", offered: offered.keyExchange.name, floor: keyExchange.name)
        }
        guard offered.members >= members else { throw refuse("members", offered.members, members) }
        guard offered.groupFloor >= groupFloor else { throw refuse("group_floor", offered.groupFloor, groupFloor) }
        let corruptMin = SecureAggregationPlan.part(corruptRate, of: offered.members)
        guard offered.corrupt >= corruptMin else { throw refuse("corrupt", offered.corrupt, corruptMin) }
        let quorumMin = SecureAggregationPlan.part(quorum, of: offered.members)
        guard offered.quorum >= quorumMin else { throw refuse("quorum", offered.quorum, quorumMin) }
        let assumptions = HolderAssumptions(members: offered.members, corrupt: offered.corrupt, wrong: 0, absent: 0, mode: offered.mode)
        let size = HolderGraphSize(holders: offered.holders, threshold: offered.threshold)
        guard assumptions.isPrivate(size) else {
            throw .belowFloor(
                field: "threshold", offered: "\(size.threshold) of \(size.holders)", floor: "curious holders too few to open a secret but for 2^-40")
        }
        let absent = offered.members - offered.quorum
        guard let degree = MaskGraph.degree(group: offered.members / offered.groups, corrupt: offered.corrupt, absent: absent),
            offered.maskDegree >= degree
        else { throw .belowFloor(field: "mask_degree", offered: "\(offered.maskDegree)", floor: "a ring that stays whole but for 2^-40") }
    }
}
