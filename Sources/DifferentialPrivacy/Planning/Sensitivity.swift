/// How far, in L2, one client can move what is released; in the units of the model.
package enum Sensitivity {
    /// The norm an update has at most after it is clipped to `l2Clip` and rounded at random to steps, being drawn again until it
    /// holds: min(C + γ√d, √(C² + γ²d/4 + √(2 log(1/β))·γ(C + γ√d/2))) with β = e^(-1/2) (Kairouz, Liu, Steinke 2021,
    /// arXiv 2102.06387, theorem 1). `step` 0: it is not rounded.
    package static func roundedNorm(l2Clip: Double, step: Double, dimension: Int) throws(PrivacyError) -> Double {
        try positive("l2_clip", l2Clip)
        guard step >= 0, step.isFinite else { throw .invalid(field: "step", problem: "\(step): the distance of two quantised values is at least 0") }
        let d = try checked(dimension).squareRoot()
        let always = l2Clip + step * d
        let often = l2Clip * l2Clip + step * step * d * d / 4 + step * (l2Clip + step * d / 2)
        return try finite(min(always, often.squareRoot()))
    }

    /// The trimmed mean of group means, f cut off at either end of every coordinate: 2C̃/(s(g - 2f)) for a replaced client.
    ///
    /// One client is in one group. Its vector moves by 2C̃ at most (C̃ when it becomes zero), so its group's mean by 2C̃/s in L2.
    /// The sum of the middle g - 2f of g sorted numbers grows by at most as much as one of them, so coordinate j of the trimmed mean
    /// moves by at most the group mean's coordinate j over g - 2f, and the L2 norms do the same. Both s and g are the planned
    /// floors: the actual numbers can only be larger, and what depends on who was there could itself tell.
    /// - Parameters:
    ///   - norm: C̃, in the units of the model.
    ///   - smallestGroup: members whose sum is opened at least (s).
    ///   - groups: groups that a round commits with at least (g).
    ///   - trimmed: f.
    package static func trimmedGroups(norm: Double, smallestGroup: Int, groups: Int, trimmed: Int, adjacency: Adjacency) throws(PrivacyError) -> Double {
        try positive("norm", norm)
        guard (1...Limits.participantsMax).contains(smallestGroup) else {
            throw .invalid(field: "smallest_group", problem: "\(smallestGroup) members: a group that is opened has at least 1")
        }
        guard trimmed >= 0, (1...Limits.participantsMax).contains(groups), trimmed < groups, groups - trimmed > trimmed else {
            throw .invalid(
                field: "groups",
                problem: "\(groups) groups with \(trimmed) cut off on each side leave nothing: plan more than twice as many groups as are cut off")
        }
        return try finite(moved(norm, adjacency) / Double(smallestGroup) / Double(groups - 2 * trimmed))
    }

    /// The sum over a fixed, public divisor m: 2C̃/m for a replaced client, C̃/m for one whose part becomes zero. A divisor that
    /// followed the number of clients would change with the neighbour.
    package static func fixedMean(norm: Double, divisor: Double, adjacency: Adjacency) throws(PrivacyError) -> Double {
        try positive("norm", norm)
        try positive("divisor", divisor)
        return try finite(moved(norm, adjacency) / divisor)
    }

    /// After every coordinate is rounded to the nearest point of a lattice: two results that are Δ apart are then at most Δ + γ√d.
    package static func onLattice(_ sensitivity: Double, step: Double, dimension: Int) throws(PrivacyError) -> Double {
        try positive("sensitivity", sensitivity)
        try positive("step", step)
        return try finite(sensitivity + step * checked(dimension).squareRoot())
    }

    /// How far one client moves a sum of quantised updates, in steps: L2 and L1.
    ///
    /// Two quantised updates are 2C̃ apart at most. Zero lies half a step beside the lattice, for 2^b - 1 steps are cut in the middle: a
    /// client whose part becomes the lattice's nearest to zero moves the sum by C̃ and half a step on every coordinate.
    /// - Parameters:
    ///   - norm: C̃, in the units of the model.
    ///   - step: the distance of two quantised values.
    package static func steps(norm: Double, step: Double, dimension: Int, adjacency: Adjacency) throws(PrivacyError) -> (l2: Double, l1: Double) {
        try positive("norm", norm)
        try positive("step", step)
        let halves = try checked(dimension).squareRoot() / 2
        let l2 = max(1, try finite(adjacency == .replaceOne ? 2 * norm / step : norm / step + halves))
        return (l2, max(l2, try l1Steps(l2Steps: l2, dimension: dimension)))
    }

    /// The L1 norm of a whole-numbered vector whose L2 norm is known: at most √d of it, and at most its square.
    package static func l1Steps(l2Steps: Double, dimension: Int) throws(PrivacyError) -> Double {
        guard l2Steps >= 1, l2Steps.isFinite else {
            throw .invalid(field: "l2_steps", problem: "\(l2Steps): a whole-numbered difference has a norm of at least 1")
        }
        return try finite(min(checked(dimension).squareRoot() * l2Steps, l2Steps * l2Steps))
    }

    private static func moved(_ norm: Double, _ adjacency: Adjacency) -> Double { adjacency == .replaceOne ? 2 * norm : norm }

    private static func positive(_ field: String, _ value: Double) throws(PrivacyError) {
        guard value > 0, value.isFinite else { throw .invalid(field: field, problem: "\(value): take a number above 0") }
    }

    private static func checked(_ dimension: Int) throws(PrivacyError) -> Double {
        guard (1...Limits.dimensionMax).contains(dimension) else {
            throw .invalid(field: "dimension", problem: "\(dimension): a model has 1 to \(Limits.dimensionMax) parameters")
        }
        return Double(dimension)
    }

    private static func finite(_ value: Double) throws(PrivacyError) -> Double {
        guard value > 0, value.isFinite else { throw .invalid(field: "sensitivity", problem: "these numbers give \(value), which no noise can be measured by") }
        return value
    }
}
