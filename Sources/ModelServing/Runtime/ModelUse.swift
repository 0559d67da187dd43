package import Telemetry

/// What was measured of one model since it was loaded.
package struct ModelUse: Sendable {
    package var succeeded: Int64 = 0
    /// Refused by the model, shed, or past their deadline.
    package var failed: Int64 = 0
    /// From the question to the answer, in seconds.
    package var answers = Histogram()
    /// Of runs alone, in seconds.
    package var runs = Histogram()
    /// Rows of a run.
    package var runRows = Histogram()
    /// Time of the processor on the threads that ran it.
    package var processorSeconds = 0.0
    private var hour = HourCount()
    private let loadedAt: Double

    /// - Parameter at: seconds of a clock that never goes back, as everywhere here.
    package init(loadedAt: Double) { self.loadedAt = loadedAt }

    package var total: Int64 { succeeded + failed }
    /// nil before the first.
    package var successPercent: Double? { total > 0 ? 100 * Double(succeeded) / Double(total) : nil }
    package var errorPercent: Double? { total > 0 ? 100 * Double(failed) / Double(total) : nil }

    package mutating func answered(seconds: Double, at now: Double) {
        succeeded += 1
        answers.observe(seconds)
        hour.add(at: now)
    }

    package mutating func refused(at now: Double) {
        failed += 1
        hour.add(at: now)
    }

    package mutating func ran(rows: Int, seconds: Double, processorSeconds: Double) {
        runs.observe(seconds)
        runRows.observe(Double(rows))
        self.processorSeconds += max(0, processorSeconds)
    }

    /// Of the last hour, to the minute.
    package func lastHour(at now: Double) -> Int64 { hour.total(at: now) }
    /// Of one processor; nil in the first instant.
    package func processorPercent(at now: Double) -> Double? { now > loadedAt ? 100 * processorSeconds / (now - loadedAt) : nil }
}

/// Counts of the last sixty minutes, each minute by itself.
struct HourCount: Sendable {
    private var counts = [Int64](repeating: 0, count: 60)
    private var minutes = [Int64](repeating: -1, count: 60)

    private func minute(_ seconds: Double) -> Int64 { Int64(exactly: (max(0, seconds) / 60).rounded(.down)) ?? 0 }

    mutating func add(at now: Double) {
        let minute = minute(now)
        let place = Int(minute % 60)
        if minutes[place] != minute { (minutes[place], counts[place]) = (minute, 0) }
        counts[place] += 1
    }

    func total(at now: Double) -> Int64 {
        let latest = minute(now)
        return zip(minutes, counts).reduce(0) { $0 + ($1.0 > latest - 60 && $1.0 <= latest ? $1.1 : 0) }
    }
}
