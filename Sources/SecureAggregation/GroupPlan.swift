/// Members a group has at least: when it is drawn, and when its sum is opened.
package struct GroupFloors: Equatable, Sendable {
    package var roster: Int
    package var opening: Int

    package init(roster: Int = 5, opening: Int = 4) {
        self.roster = roster
        self.opening = opening
    }

    /// The profile `local`: a sum of three hides little, and plan and status say so.
    package static let local = GroupFloors(roster: 3, opening: 3)
}

/// Into how many groups a cohort is cut, so that a robust rule over their means withstands `byzantine` modified clients: each
/// spoils its own group and no other.
package struct GroupPlan: Equatable, Sendable {
    package let members: Int
    /// f; 0 without a robust rule.
    package let byzantine: Int
    /// g.
    package let groups: Int
    package let floors: GroupFloors
    /// Groups that the rule needs beyond two for each modified client: 1, with Krum 3.
    package let beyond: Int

    /// Groups that have to be good: 2f + 1, with Krum 2f + 3.
    package var goodGroupsMin: Int { 2 * byzantine + beyond }
    /// v: groups that may be void besides.
    package var voidGroupsBorne: Int { groups - goodGroupsMin }
    package var smallest: Int { members / groups }
    package var largest: Int { (members + groups - 1) / groups }
    /// Members of each group: they differ by one at most, the larger ones first.
    package var sizes: [Int] { (0..<groups).map { members / groups + ($0 < members % groups ? 1 : 0) } }

    /// - Parameters:
    ///   - byzantine: f; nil: 5 % of the members, rounded up.
    ///   - isRobust: without a robust rule there is one group and f is not used.
    ///   - beyond: groups that the rule needs beyond two for each modified client, at least 1.
    ///   - needsMargin: 4f groups at least, for differential privacy pays for every group that is cut off.
    /// - Throws: `.plan` with the number of clients to wait for. f is never lowered here.
    package init(
        members n: Int, byzantine given: Int? = nil, floors: GroupFloors = GroupFloors(), isRobust: Bool = true, beyond: Int = 1,
        needsMargin: Bool = false
    ) throws(SecureAggregationError) {
        guard (1...Limits.clientsMax).contains(n) else { throw .plan("\(n) members: there are 1 to \(Limits.clientsMax)") }
        guard floors.opening >= 2, floors.roster >= floors.opening, floors.roster <= Limits.clientsMax else {
            throw .plan("the opening floor \(floors.opening) is at least 2 and at most the roster floor \(floors.roster)")
        }
        members = n
        self.floors = floors
        guard isRobust else {
            guard n >= floors.roster else { throw .plan("\(n) members, and a sum needs \(floors.roster): wait for more clients") }
            (byzantine, groups, self.beyond) = (0, 1, 1)
            return
        }
        let f = given ?? Self.byzantine(of: n)
        guard f >= 1, f < n else { throw .plan("byzantine_tolerance is \(f): with a robust rule it is 1 to \(n - 1)") }
        guard (1...Limits.clientsMax).contains(beyond) else { throw .plan("\(beyond) groups beyond two for each modified client: it is at least 1") }
        self.beyond = beyond
        let (least, most) = (2 * f + beyond, n / floors.roster)
        guard least <= most else {
            let needed = Self.clientsNeeded(byzantine: given, floor: floors.roster, beyond: beyond, atLeast: n)
            throw .plan(
                "\(f) modified clients need \(least) groups of \(floors.roster), which are \(least * floors.roster) clients, and there are \(n): "
                    + (needed.map { "wait for \($0) clients" } ?? "wait for more clients than there may be") + ", or set a lower byzantine_tolerance")
        }
        // One void group to spare where there is room; four groups for each modified client where they still have five members.
        let wanted = max(min(least + 1, most), min(4 * f, n / 5))
        let groups = min(max(wanted, least), most)
        if needsMargin, groups < 4 * f {
            throw .plan(
                "differential privacy over groups needs \(4 * f) groups for \(f) modified clients, which are \(4 * f * max(5, floors.roster)) clients, "
                    + "and there are \(n): wait for more clients, or set a lower byzantine_tolerance")
        }
        byzantine = f
        self.groups = groups
    }

    /// f where nobody says another: 5 %, rounded up.
    package static func byzantine(of members: Int) -> Int { SecureAggregationPlan.part(0.05, of: members) }

    /// The smallest number of clients, not below `atLeast`, that can be cut into 2f + `beyond` groups of `floor` members; nil beyond
    /// `Limits.clientsMax`. With f as a part of the cohort it grows with it: 20 clients bear one at a floor of 5, 21 would have to
    /// bear two, which takes 25.
    package static func clientsNeeded(byzantine: Int?, floor: Int, beyond: Int = 1, atLeast: Int = 1) -> Int? {
        var n = max(1, atLeast)
        while n <= Limits.clientsMax {
            let f = byzantine ?? self.byzantine(of: n)
            guard f >= 1, f <= Limits.clientsMax, floor >= 1, floor <= Limits.clientsMax else { return nil }
            if (2 * f + beyond) * floor <= n { return n }
            n += 1
        }
        return nil
    }
}
