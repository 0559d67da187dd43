internal import Federation
internal import Telemetry

/// What was measured of a session since this process began. Nothing is shown that was not.
struct Traffic {
    private(set) var up: Int64 = 0
    private(set) var down: Int64 = 0
    private var arrivals: [(at: Instant, seconds: Double)] = []
    /// Of committed rounds.
    private var rounds: (seconds: Double, count: Int) = (0, 0)

    mutating func arrived(at now: Instant, started: Instant, _ wireBytes: Int, _ metrics: Metrics) {
        let seconds = now.seconds(since: started)
        arrivals.append((now, seconds))
        if arrivals.count > Limits.arrivalsKept { arrivals.removeFirst(Limits.arrivalsKept / 2) }
        up += Int64(wireBytes)
        metrics.add("tutti_updates_total", [("outcome", "accepted")])
        metrics.add("tutti_bytes_total", [("direction", "up")], Double(wireBytes))
        metrics.observe("tutti_update_seconds", seconds: seconds)
    }

    mutating func served(_ bytes: Int, _ metrics: Metrics) {
        down += Int64(bytes)
        metrics.add("tutti_bytes_total", [("direction", "down")], Double(bytes))
    }

    mutating func closed(_ record: RoundRecord, _ metrics: Metrics) {
        guard let outcome = record.outcome else { return }
        metrics.add("tutti_rounds_total", [("outcome", record.state.rawValue)])
        guard record.state == .committed else { return }
        rounds = (rounds.seconds + outcome.seconds, rounds.count + 1)
        metrics.observe("tutti_round_seconds", seconds: outcome.seconds)
    }

    /// Mean duration of a committed round; nil before the first.
    var roundSeconds: Double? { rounds.count > 0 ? rounds.seconds / Double(rounds.count) : nil }

    func updatesPerMinute(_ now: Instant) -> Double? {
        guard let first = arrivals.first, arrivals.count > 1, now.seconds(since: first.at) > 0 else { return nil }
        return Double(arrivals.count) * 60 / now.seconds(since: first.at)
    }

    var latencyP99Milliseconds: Double? {
        guard arrivals.count > 1 else { return nil }
        let sorted = arrivals.map(\.seconds).sorted()
        return sorted[min(sorted.count - 1, sorted.count * 99 / 100)] * 1000
    }
}

extension SessionHost {
    func view() -> SessionView {
        let now = around.now()
        var view = SessionView(machine: machine, now: now)
        (view.bytesUp, view.bytesDown) = (traffic.up, traffic.down)
        view.updatesPerMinute = traffic.updatesPerMinute(now)
        view.updateLatencyP99Milliseconds = traffic.latencyP99Milliseconds
        if let seconds = traffic.roundSeconds, machine.session.status == .training {
            view.estimatedCompletion = now.adding(seconds: Double(machine.session.spec.rounds - machine.committedRounds) * seconds)
        }
        return view
    }
}
