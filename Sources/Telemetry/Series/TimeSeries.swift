package import Federation
package import Storage

/// What was measured, in three tiers: every 10 seconds for a day, every minute for a week, every hour for 400 days.
///
/// Each sample is merged into the point of its step at every tier, so that a tier says of any time the same as the one below it.
/// That also holds when the clock is set back: the samples go where the clock says and are added to what is there. When it is
/// set far ahead by mistake, no more than a block at each tick is given up for it.
package struct TimeSeries: Sendable {
    struct Series: Sendable {
        var tiers = SeriesTier.allCases.map { _ in TierBlocks() }
    }

    private(set) var series: [SeriesKey: Series] = [:]
    /// The first block that is kept, by tier.
    private var horizons: [SeriesTier: Int64] = [:]
    /// The latest moment anything was measured at.
    package private(set) var newest: Instant?
    /// The step of the last `takeChanges`, by tier.
    private var taken: [SeriesTier: Int64] = [:]
    private let seriesMax: Int

    package init() { seriesMax = Limits.series }

    package init(seriesMax: Int) { self.seriesMax = seriesMax }

    package var keys: [SeriesKey] { series.keys.sorted() }

    /// How many points of a series a tier has.
    package func count(_ key: SeriesKey, _ tier: SeriesTier) -> Int {
        guard let blocks = series[key]?.tiers[tier.rawValue] else { return 0 }
        return blocks.numbers(in: 0...Int64.max).reduce(0) { sum, block in sum + (blocks.points(block) ?? []).count { $0 != nil } }
    }

    /// What there is no room for goes to the series that is called `other`.
    package mutating func record(_ samples: [(key: SeriesKey, point: Point)], at now: Instant) {
        if !samples.isEmpty { newest = max(now, newest ?? now) }
        for (wanted, point) in samples {
            guard let key = admitted(wanted) else { continue }
            for tier in SeriesTier.allCases {
                let step = tier.step(now)
                series[key, default: Series()].tiers[tier.rawValue].merge(point, tier.block(step), tier.place(step), max: tier.blocksMax)
            }
        }
    }

    private func admitted(_ key: SeriesKey) -> SeriesKey? {
        if series[key] != nil || series.count < seriesMax { return key }
        let other = key.inOther
        return series[other] != nil || series.count < seriesMax + Limits.seriesOfOthers ? other : nil
    }

    // MARK: Keeping

    /// What the store has to take over, and which blocks it may give up. Ten-second blocks are always among it; those of
    /// minutes and hours when their step is over, for until then they can be made from the finer ones.
    /// - Parameter all: at the end.
    package mutating func takeChanges(at now: Instant, all: Bool = false) -> SeriesChanges {
        var changes = SeriesChanges()
        for tier in SeriesTier.allCases {
            if moveHorizon(tier, now) {
                for key in series.keys { series[key]?.tiers[tier.rawValue].remove(before: horizons[tier] ?? .min) }
            }
            changes.horizons[tier.rawValue] = horizons[tier]
            guard all || tier == .tenSeconds || taken[tier] != tier.step(now) else { continue }
            taken[tier] = tier.step(now)
            for key in series.keys.sorted() {
                for block in series[key]?.tiers[tier.rawValue].takeChanged() ?? [] {
                    changes.blocks.append(
                        SeriesBlock(tenant: key.tenant, series: key.text, tier: tier.rawValue, number: block.number, points: block.bytes))
                }
            }
        }
        series = series.filter { entry in entry.value.tiers.contains { !$0.isEmpty } }
        return changes
    }

    /// The store could not take them: they come again with the next.
    package mutating func putBack(_ changes: SeriesChanges) {
        for block in changes.blocks {
            guard let key = SeriesKey(tenant: block.tenant, text: block.series), let tier = SeriesTier(rawValue: block.tier) else { continue }
            series[key]?.tiers[tier.rawValue].markChanged(block.number)
        }
    }

    /// - Returns: whether something is to be given up.
    private mutating func moveHorizon(_ tier: SeriesTier, _ now: Instant) -> Bool {
        let wanted = tier.horizon(now)
        guard wanted > horizons[tier] ?? .min else { return false }
        let oldest = series.values.compactMap { $0.tiers[tier.rawValue].oldest }.min()
        // An empty time is passed at once, and then one block at a time.
        let passed = min(wanted, oldest ?? wanted)
        guard let horizon = horizons[tier] else {
            horizons[tier] = passed
            return false
        }
        horizons[tier] = min(wanted, max(horizon, passed) + 1)
        return true
    }

    /// Blocks that were kept, of all tiers. What minutes and hours lack of the last time is made from ten-second points.
    /// - Returns: how many were no blocks.
    package mutating func restore(_ blocks: [SeriesBlock]) -> Int {
        var refused = 0
        for block in blocks {
            guard let key = SeriesKey(tenant: block.tenant, text: block.series), let tier = SeriesTier(rawValue: block.tier), tier.hasInstants(block.number),
                series[key] != nil || series.count < seriesMax + Limits.seriesOfOthers,
                series[key, default: Series()].tiers[tier.rawValue].restore(block.number, block.points)
            else {
                refused += 1
                continue
            }
        }
        for key in series.keys { rebuild(key) }
        let last = series.values.compactMap { $0.tiers[0].newest }.max()
        newest = last.map { Instant(milliseconds: ($0 + 1) * SeriesTier.tenSeconds.blockMilliseconds - 1) }
        return refused
    }

    /// The last two hours at the tier of minutes and the last three steps at that of hours.
    private mutating func rebuild(_ key: SeriesKey) {
        guard let fine = series[key]?.tiers[0], let last = fine.newest else { return }
        let end = (last + 1) * Int64(Limits.blockPoints)
        // Four hours hold both, however they begin.
        let first = last - 4 * 3_600_000 / SeriesTier.tenSeconds.blockMilliseconds
        let points = (first...last).flatMap { fine.points($0) ?? Array(repeating: nil, count: Limits.blockPoints) }
        for (tier, steps) in [(SeriesTier.minute, Int64(120)), (.hour, 3)] {
            let width = tier.stepMilliseconds / SeriesTier.tenSeconds.stepMilliseconds
            for step in (end / width - steps)...(end / width) {
                let from = step * width - first * Int64(Limits.blockPoints)
                var whole: Point?
                // Before 1970 the quotient is rounded up, and the last step lies behind the points.
                for place in Int64(0)..<width where points.indices.contains(Int(from + place)) {
                    guard let point = points[Int(from + place)] else { continue }
                    if whole == nil { whole = point } else { whole?.merge(point) }
                }
                if let whole { series[key]?.tiers[tier.rawValue].replace(whole, tier.block(step), tier.place(step), max: tier.blocksMax) }
            }
        }
    }
}

/// What a store is told at once.
package struct SeriesChanges: Sendable, Equatable {
    package internal(set) var blocks: [SeriesBlock] = []
    /// By tier: blocks before it are given up.
    package internal(set) var horizons: [Int: Int64] = [:]
}
