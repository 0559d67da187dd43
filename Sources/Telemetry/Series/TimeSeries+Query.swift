package import Federation

/// One step of an answer.
package struct SeriesStep: Sendable, Equatable {
    package var at: Instant
    /// nil: nothing was measured.
    package var point: Point?
}

/// Why a question about time series is not answered.
package enum SeriesError: Error, Equatable, Sendable, CustomStringConvertible {
    case range(problem: String)
    case step(problem: String)

    package var description: String {
        switch self {
        case .range(let problem): "The range \(problem)."
        case .step(let problem): "The step \(problem)."
        }
    }
}

extension TimeSeries {
    /// The points of all series that are meant, put together step by step. The first step holds `from`, the last ends at or
    /// after `to`.
    /// - Parameter stepSeconds: of one step: 10, 60, 3600, or a multiple of one of them.
    package func steps(_ selector: SeriesSelector, from: Instant, to: Instant, stepSeconds: Int) throws(SeriesError) -> [SeriesStep] {
        guard from < to else { throw .range(problem: "ends before it begins. Give an end after the beginning") }
        // Twice as far as calendars of four digits go.
        guard from.milliseconds.magnitude < 1 << 49, to.milliseconds.magnitude < 1 << 49 else { throw .range(problem: "is not of this age") }
        guard stepSeconds > 0, stepSeconds % 10 == 0, stepSeconds <= 366 * 86_400 else {
            throw .step(problem: "must be 10 s, 60 s, 3600 s or a multiple of one of them")
        }
        let width = Int64(stepSeconds) * 1000
        let first = from.milliseconds / width - (from.milliseconds % width < 0 ? 1 : 0)
        let last = (to.milliseconds - 1) / width - ((to.milliseconds - 1) % width < 0 ? 1 : 0)
        let (count, overflow) = last.subtractingReportingOverflow(first)
        guard !overflow, count < Int64(Limits.steps) else { throw .range(problem: "has more than \(Limits.steps) steps. Give a larger step or less time") }
        // The coarsest that fits says the same as a finer one, and is kept longer.
        let tier = SeriesTier.allCases.last { width % $0.stepMilliseconds == 0 } ?? .tenSeconds
        var points = [Point?](repeating: nil, count: Int(count) + 1)
        let perStep = width / tier.stepMilliseconds
        visit(selector, tier, first * perStep..<(last + 1) * perStep) { step, point in
            let place = Int(step / perStep - (step % perStep < 0 ? 1 : 0) - first)
            if points[place] == nil { points[place] = point } else { points[place]?.merge(point) }
        }
        return points.indices.map { SeriesStep(at: Instant(milliseconds: (first + Int64($0)) * width), point: points[$0]) }
    }

    /// Everything of a time put together, so that a quantile over a day is one of all its values. The tier: ten seconds up to
    /// two hours, minutes up to two days, hours beyond, and coarser where the finer has been given up; the time begins with a whole
    /// step of it. nil: nothing was measured.
    package func total(_ selector: SeriesSelector, from: Instant, to: Instant) -> Point? {
        guard from < to else { return nil }
        var whole: Point?
        let tier = tier(from: from, to: to)
        let end = tier.step(Instant(milliseconds: to.milliseconds - 1))
        visit(selector, tier, tier.step(from)..<end + 1) { _, point in
            if whole == nil { whole = point } else { whole?.merge(point) }
        }
        return whole
    }

    /// A quantile over the averages of steps: for gauges, of which no histogram is kept. Nearest rank.
    package func quantileOfSteps(_ q: Double, _ selector: SeriesSelector, from: Instant, to: Instant) -> Double? {
        guard from < to, !q.isNaN else { return nil }
        var averages: [Double] = []
        let tier = tier(from: from, to: to)
        let end = tier.step(Instant(milliseconds: to.milliseconds - 1))
        visit(selector, tier, tier.step(from)..<end + 1) { _, point in averages.append(point.average) }
        guard !averages.isEmpty else { return nil }
        averages.sort()
        return averages[Int(nearestRank(q, of: Int64(averages.count))) - 1]
    }

    private func tier(from: Instant, to: Instant) -> SeriesTier {
        let (length, overflow) = to.milliseconds.subtractingReportingOverflow(from.milliseconds)
        if overflow || length > 2 * 86_400_000 { return .hour }
        // Blocks are given up whole, so that what a tier keeps is always there.
        func keeps(_ tier: SeriesTier) -> Bool { from >= (newest ?? to).adding(seconds: -Double(tier.keepMilliseconds) / 1000) }
        if length <= 2 * 3_600_000, keeps(.tenSeconds) { return .tenSeconds }
        return keeps(.minute) ? .minute : .hour
    }

    /// Points of the series that are meant, series by series, by time.
    private func visit(_ selector: SeriesSelector, _ tier: SeriesTier, _ steps: Range<Int64>, _ body: (Int64, Point) -> Void) {
        for key in series.keys.filter(selector.matches).sorted() {
            guard let blocks = series[key]?.tiers[tier.rawValue] else { continue }
            for number in blocks.numbers(in: tier.block(steps.lowerBound)...tier.block(steps.upperBound)) {
                for (place, point) in (blocks.points(number) ?? []).enumerated() {
                    let step = number * Int64(Limits.blockPoints) + Int64(place)
                    if let point, steps.contains(step) { body(step, point) }
                }
            }
        }
    }
}
