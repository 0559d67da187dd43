/// Where an axis has its ticks: multiples of 1, 2 or 5 times a power of ten (Heckbert, "Nice numbers for graph labels", Graphics Gems).
package struct Axis: Equatable {
    package var ticks: [Double]
    package var step: Double
    package var range: ClosedRange<Double>

    /// Covers `low...high` with about `count` steps.
    package init(low: Double, high: Double, count: Int) {
        var (low, high) = (min(low, high), max(low, high))
        // A range of no width, or of less than Doubles can tell apart, is widened around itself.
        let least = max(abs(low), abs(high)) * 1e-9
        if high - low <= least {
            let margin = max(abs(high) * 0.1, 0.001)
            (low, high) = (low - margin, high + margin)
        }
        let step = Self.nice((high - low) / Double(max(1, count)))
        let (first, last) = ((low / step).rounded(.down), (high / step).rounded(.up))
        self.step = step
        ticks = (0...min(max(0, Int(last - first)), 3 * max(1, count))).map { (first + Double($0)) * step }
        range = (ticks.first ?? low)...(ticks.last ?? high)
    }

    /// Whole numbers only, at most about `count` of them, inside the range.
    package init(whole: ClosedRange<Int>, count: Int) {
        let (low, high) = (whole.lowerBound, max(whole.upperBound, whole.lowerBound + 1))
        let step = max(1, Int(Self.nice(Double(high - low) / Double(max(1, count)))))
        // Round 1 is a better first tick than 0, which is no round.
        var ticks = [low]
        ticks += stride(from: (low / step + 1) * step, through: high, by: step)
        self.ticks = ticks.map(Double.init)
        self.step = Double(step)
        range = Double(low)...Double(high)
    }

    private static func nice(_ value: Double) -> Double {
        guard value.isFinite, value > 0 else { return 1 }
        var power = 1.0
        while value >= power * 10 { power *= 10 }
        while value < power { power /= 10 }
        let share = value / power
        return power * (share <= 1 ? 1 : share <= 2 ? 2 : share <= 5 ? 5 : 10)
    }

    /// With as many digits as tell neighbouring ticks apart.
    package func label(_ tick: Double) -> String {
        if max(abs(range.lowerBound), abs(range.upperBound)) >= 100_000 { return tick == 0 ? "0" : Words.power(tick) }
        var (digits, unit) = (0, 1.0)
        while digits < 6, step / unit < 0.999 { (digits, unit) = (digits + 1, unit / 10) }
        return Words.fixed(tick, digits)
    }
}
