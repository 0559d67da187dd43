import StrictJSON

/// One measured figure. `ratio` is to what `beside` names, measured in the same run; `goal` is the least it
/// should be, and `most` what `value` should not be above. `holds` says whether that is so.
struct BenchRow: Sendable {
    var name: String
    /// Median of the repetitions.
    var value: Double
    var unit: String
    /// (maximum − minimum) / median.
    var spread: Double
    var beside: String?
    var ratio: Double?
    var goal: Double?
    var most: Double?
    /// In which what is measured lies with 95 %: the ratio where there is one, else the value.
    var low: Double?
    var high: Double?
    var holds: Bool? { most.map { value <= $0 } ?? goal.flatMap { goal in ratio.map { $0 >= goal } } }

    var json: JSON {
        .object([
            .init("name", .string(name)), .init("value", JSON(value)), .init("unit", .string(unit)), .init("spread", JSON(spread)),
            .init("beside", JSON(beside)), .init("ratio", JSON(ratio)), .init("goal", JSON(goal ?? most)), .init("holds", holds.map(JSON.bool) ?? .null),
            .init("ci95", low == nil && high == nil ? .null : .array([JSON(low), JSON(high)])),
        ])
    }
}

/// Times several things in turn, so that a change in the machine's speed hits all of them alike.
struct Interleaved {
    private var things: [(name: String, run: () -> Void)] = []
    mutating func add(_ name: String, _ run: @escaping () -> Void) { things.append((name, run)) }

    /// Seconds of one call: median and spread over `repetitions`, each of at least `atLeast` seconds.
    func seconds(repetitions: Int = 9, atLeast: Double = 0.02) -> [String: (median: Double, spread: Double)] {
        let clock = ContinuousClock()
        func time(_ calls: Int, _ run: () -> Void) -> Double {
            let elapsed = clock.measure { for _ in 0..<calls { run() } }
            return Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18
        }
        let calls = things.map { thing -> Int in
            var count = 1
            while time(count, thing.run) < atLeast / 2 { count *= 2 }
            return count
        }
        var times = things.map { _ in [Double]() }
        for _ in 0..<repetitions {
            for (i, thing) in things.enumerated() { times[i].append(time(calls[i], thing.run) / Double(calls[i])) }
        }
        var results: [String: (median: Double, spread: Double)] = [:]
        for (i, thing) in things.enumerated() {
            let sorted = times[i].sorted()
            let median = sorted[sorted.count / 2]
            results[thing.name] = (median, (sorted[sorted.count - 1] - sorted[0]) / median)
        }
        return results
    }
}
