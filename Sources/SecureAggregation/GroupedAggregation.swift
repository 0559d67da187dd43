/// Decides which group means a robust rule combines, and whether there are enough: what comes between the opening of the groups
/// and the rule. A group's mean is one update to the rule, and all count the same.
package struct GroupedAggregation: Equatable, Sendable {
    /// A group whose sum was opened.
    package struct GoodGroup: Equatable, Sendable {
        package var group: Int
        /// Members whose vectors are in the sum.
        package var members: Int
        package init(group: Int, members: Int) {
            self.group = group
            self.members = members
        }
    }

    /// What the rule gets.
    package struct Decision: Equatable, Sendable {
        /// The groups whose means are combined, in rising order.
        package let groups: [Int]
        /// Summands of each; a mean is the sum divided by it.
        package let members: [Int]
        /// f of the rule: what a trimmed mean cuts off at each end.
        package let byzantine: Int
        /// Groups that were planned and are not here, in rising order.
        package let void: [Int]
        /// Clients in all the means together.
        package var clients: Int { members.reduce(0, +) }
    }

    package let plan: GroupPlan
    /// Members each group was drawn with.
    package let sizes: [Int]

    /// - Parameter sizes: of the partition, where members were missing when it was drawn; nil: as planned.
    package init(_ plan: GroupPlan, sizes: [Int]? = nil) throws(SecureAggregationError) {
        let sizes = sizes ?? plan.sizes
        guard sizes.count == plan.groups, sizes.allSatisfy({ (0...plan.members).contains($0) }) else {
            throw .contradiction("groups of \(sizes) members, and the plan has \(plan.groups) groups of \(plan.members) members")
        }
        self.plan = plan
        self.sizes = sizes
    }

    /// Skips void groups, and groups below the opening floor.
    /// - Throws: `.tooFew` with fewer than 2f + 1 good groups: the round aborts, f stays what it is. `.contradiction` for a group
    ///   that was not planned, comes twice, or has more members than it was drawn with.
    package func decide(_ opened: [GoodGroup]) throws(SecureAggregationError) -> Decision {
        var present = [Int?](repeating: nil, count: sizes.count)
        for item in opened {
            guard sizes.indices.contains(item.group) else { throw .contradiction("group \(item.group) of \(sizes.count)") }
            guard present[item.group] == nil else { throw .contradiction("group \(item.group) twice") }
            guard (0...sizes[item.group]).contains(item.members) else {
                throw .contradiction("group \(item.group) with \(item.members) members, and \(sizes[item.group]) were drawn")
            }
            present[item.group] = item.members
        }
        let good = sizes.indices.filter { (present[$0] ?? 0) >= plan.floors.opening }
        guard good.count >= plan.goodGroupsMin else {
            throw .tooFew(
                "\(good.count) of \(sizes.count) groups are good, and \(plan.byzantine) modified clients need \(plan.goodGroupsMin): "
                    + "the round aborts")
        }
        return Decision(
            groups: good, members: good.map { present[$0] ?? 0 }, byzantine: plan.byzantine, void: sizes.indices.filter { !good.contains($0) })
    }
}
