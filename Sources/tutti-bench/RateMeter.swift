/// Something whose rate is to be measured.
struct RateCase {
    var name: String
    var unit: String
    /// What one iteration is worth, in units of `unit`·seconds: 2·m·n·k·1e-9 for a product in GFLOP/s.
    var amount: Double
    /// The name of an earlier case whose rate this one is compared with.
    var beside: String?
    /// The share of that rate, or without `beside` the rate, that has to be reached.
    var goal: Double?
    /// Does the work that many times.
    var work: (_ iterations: Int) -> Void
}

/// Measures rates side by side: every repetition takes one sample of each case in turn, so that a slow second of the
/// machine falls on all of them and not on one.
struct RateMeter {
    var repetitions = 9
    /// The shortest time a sample takes; short work is repeated until it does.
    var sampleSeconds = 0.01

    func measure(_ cases: [RateCase], progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }) -> [BenchRow] {
        let iterations = cases.map(calibrate)
        var samples = [[Double]](repeating: [], count: cases.count)
        for repetition in 0..<max(1, repetitions) {
            for (index, item) in cases.enumerated() {
                item.work(1)  // brings code and data back into the caches that the case before has filled
                let seconds = time { item.work(iterations[index]) }
                samples[index].append(item.amount * Double(iterations[index]) / seconds)
            }
            progress(repetition + 1, repetitions)
        }
        var rows: [BenchRow] = []
        for (item, values) in zip(cases, samples) {
            let sorted = values.sorted()
            let middle = quantile(sorted, 0.5)
            let other = item.beside.flatMap { name in rows.first { $0.name == name } }
            rows.append(
                BenchRow(
                    name: item.name, value: middle, unit: item.unit,
                    spread: (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / middle, beside: other?.name,
                    ratio: other.map { middle / $0.value }, goal: item.goal))
        }
        return rows
    }

    /// Doubles the number of iterations until they take long enough to be timed.
    private func calibrate(_ item: RateCase) -> Int {
        var iterations = 1
        item.work(1)
        while iterations < 1 << 30 {
            let seconds = time { item.work(iterations) }
            if seconds >= sampleSeconds { break }
            iterations = seconds * 4 < sampleSeconds
                ? iterations * 2 : Int((Double(iterations) * 1.2 * sampleSeconds / seconds).rounded(.up))
        }
        return iterations
    }

    private func time(_ body: () -> Void) -> Double {
        let elapsed = ContinuousClock().measure(body)
        return max(1e-9, Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18)
    }

    /// Linear interpolation between the neighbours, of values in ascending order.
    private func quantile(_ sorted: [Double], _ share: Double) -> Double {
        let at = share * Double(sorted.count - 1)
        let low = Int(at)
        let high = min(low + 1, sorted.count - 1)
        return sorted[low] + (sorted[high] - sorted[low]) * (at - Double(low))
    }
}
