/// How many members hold shares of a member's secrets (k), and how many shares open one (t).
package struct HolderGraphSize: Equatable, Sendable {
    package var holders: Int
    package var threshold: Int

    package init(holders: Int, threshold: Int) {
        self.holders = holders
        self.threshold = threshold
    }
}

/// What a choice of (k, t) has to withstand.
package struct HolderAssumptions: Equatable, Sendable {
    /// Members of the cohort (n).
    package var members: Int
    /// Members that work for the coordinator.
    package var corrupt: Int
    /// Members whose shares are wrong.
    package var wrong: Int
    /// Members that drop out.
    package var absent: Int
    package var mode: TrustMode

    package init(members: Int, corrupt: Int, wrong: Int, absent: Int, mode: TrustMode) {
        self.members = members
        self.corrupt = corrupt
        self.wrong = wrong
        self.absent = absent
        self.mode = mode
    }

    /// 2^-40: the probability that anybody's secret is open to the coordinator's own clients (both secrets of all dealers).
    package static let privacyMax = 0x1p-40
    /// 2^-20: the probability that somebody's secret cannot be opened, which costs a round.
    package static let failureMax = 0x1p-20

    /// Whether curious holders are too few to open a secret. Against a lying coordinator besides: that it cannot gather t
    /// answers of one kind and t of the other, for which honest holders would have to be told two sets (2t > k + corrupt).
    package func isPrivate(_ size: HolderGraphSize) -> Bool {
        let secrets = 2 * Double(members)
        func tail(_ atLeast: Int) -> Double {
            secrets * Tails.atLeast(atLeast, population: members - 1, marked: corrupt, drawn: size.holders)
        }
        guard tail(size.threshold) <= Self.privacyMax else { return false }
        return mode == .honestButCurious || tail(2 * size.threshold - size.holders) <= Self.privacyMax
    }

    /// Whether enough right shares are left.
    package func isReliable(_ size: HolderGraphSize) -> Bool {
        let bad = min(wrong + absent, members - 1)
        let fails = Tails.atLeast(size.holders - size.threshold + 1, population: members - 1, marked: bad, drawn: size.holders)
        return Double(members) * fails <= Self.failureMax
    }

    /// The fewest holders that do, with the lowest threshold that is private; nil where even all the others are too few.
    package func smallest() -> HolderGraphSize? {
        guard members >= 2 else { return nil }
        var threshold = 1
        for holders in 1..<members {
            threshold = max(threshold, 1)
            // More holders never allow a lower threshold.
            while threshold <= holders, !isPrivate(HolderGraphSize(holders: holders, threshold: threshold)) { threshold += 1 }
            guard threshold <= holders else { continue }
            let size = HolderGraphSize(holders: holders, threshold: threshold)
            if isReliable(size) { return size }
        }
        return nil
    }
}

/// The degree of the mask graph inside a group: complete up to 64 members, else a ring whose members also know their next
/// neighbours (Harary).
package enum MaskGraph {
    /// 0: complete. The ring falls apart only where two runs of degree/2 neighbours are all curious or gone; the probability
    /// over all pairs of places stays below 2^-40. nil: the group does not bear so many.
    package static func degree(group: Int, corrupt: Int, absent: Int) -> Int? {
        guard group > Limits.completeGraphMax else { return 0 }
        let bad = corrupt + absent
        var probability = Double(group) * Double(group - 1) / 2
        var degree = 0
        while degree + 2 < group {
            for _ in 0..<2 {
                probability *= Double(max(bad - degree, 0)) / Double(group - degree)
                degree += 1
            }
            if probability <= HolderAssumptions.privacyMax { return degree }
        }
        return nil
    }
}
