/// One figure over the rounds, as a value: what is drawn follows from it alone.
package struct Chart: Equatable {
    package struct Point: Equatable {
        package var round: Int
        package var value: Double
        /// As the table shows it.
        package var shown: String
        /// What a pointer that rests on it is told besides.
        var note = ""
        /// Not filled: measured another way than the others.
        var isHollow = false
    }
    package struct Series: Equatable {
        /// Beside its last point; empty where there is one series.
        var name: String
        package var points: [Point]
    }
    /// A line across that something should not pass.
    struct Bound: Equatable {
        var value: Double
        var label: String
    }

    /// Of the figure within the page.
    var id: String
    var title: String
    /// Of the values; empty: they have none.
    var unit = ""
    /// What is shown, in a sentence, for who cannot see it.
    var about: String
    package var series: [Series]
    var rounds: ClosedRange<Int>
    var bound: Bound?
    /// Whether the axis of values begins at zero.
    var fromZero = false
    /// No tick is beyond this.
    var most: Double?

    package static let width = 440.0
    package static let height = 236.0
    static let left = 54.0
    package static let right = 76.0
    package static let top = 18.0
    package static let bottom = 42.0
    private static let valueTicks = 4
    private static let roundTicks = 6

    /// Infinite and unknown values have no place in a chart; the table has them as they are.
    init(id: String, title: String, unit: String = "", about: String, series: [Series], rounds: ClosedRange<Int>) {
        (self.id, self.title, self.unit, self.about, self.rounds) = (id, title, unit, about, rounds)
        self.series = series.map { Series(name: $0.name, points: $0.points.filter { $0.value.isFinite && abs($0.value) < 1e300 }) }
    }

    var isEmpty: Bool { series.allSatisfy(\.points.isEmpty) }

    package var values: Axis {
        let all = series.flatMap(\.points).map(\.value) + (bound.map { [$0.value] } ?? [])
        let low = fromZero ? min(0, all.min() ?? 0) : all.min() ?? 0
        var axis = Axis(low: low, high: all.max() ?? 1, count: Self.valueTicks)
        // Padding must not show what cannot be: an accuracy above 1, bytes below nothing.
        if low >= 0, axis.range.lowerBound < 0 {
            axis.ticks.removeAll { $0 < 0 }
            axis.range = 0...axis.range.upperBound
        }
        if let most, axis.range.upperBound > most, axis.range.lowerBound < most {
            axis.ticks.removeAll { $0 > most }
            axis.range = axis.range.lowerBound...most
        }
        return axis
    }

    var roundAxis: Axis { Axis(whole: rounds, count: Self.roundTicks) }

    package func x(_ round: Double) -> Double {
        let range = roundAxis.range
        return Self.left + (round - range.lowerBound) / (range.upperBound - range.lowerBound) * (Self.width - Self.left - Self.right)
    }

    package func y(_ value: Double, _ axis: Axis) -> Double {
        let share = (value - axis.range.lowerBound) / (axis.range.upperBound - axis.range.lowerBound)
        return Self.height - Self.bottom - share * (Self.height - Self.top - Self.bottom)
    }

    /// First, last and best, for who cannot see the line.
    var summary: String {
        var said = [about]
        for series in series {
            guard let first = series.points.first, let last = series.points.last else { continue }
            let name = series.name.isEmpty ? "" : "\(series.name): "
            let suffix = unit.isEmpty ? "" : " \(unit)"
            said.append("\(name)\(first.shown)\(suffix) in round \(first.round), \(last.shown)\(suffix) in round \(last.round).")
        }
        if let bound { said.append("The line across is \(bound.label).") }
        return said.joined(separator: " ") + " The table of rounds has every number."
    }
}
