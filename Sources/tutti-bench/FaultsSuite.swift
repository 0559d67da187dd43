import FaultHarness
import Foundation

/// `tutti-bench run faults`: real programs, killed, left alone by the thousand, and overrun. The programs lie beside this one, or where
/// `TUTTI_BIN` says.
enum FaultsSuite {
    static func run(data: String, kills: Int, seed: UInt64, idle: Int, overload: Bool, _ progress: @escaping (String) -> Void) async throws -> [BenchRow] {
        var rows: [BenchRow] = []
        if kills > 0 { rows += try await killRows(data: data, kills: kills, seed: seed, progress) }
        if idle > 0 { rows += try idleRows(clients: idle, progress) }
        if overload { rows += try overloadRows(progress) }
        return rows
    }

    // MARK: Kills

    /// Kills are spread over three kinds of sessions: updates in the clear under a robust rule, masked updates, and a model of 10 MB.
    static func plans(kills: Int, seed: UInt64) -> [KillLoop.Plan] {
        let shares = [kills * 45 / 100, kills * 35 / 100]
        var large = KillLoop.Plan(name: "10 MB model", session: largeSession, clients: 3, kills: kills - shares[0] - shares[1])
        large.coordinatorShare = 0.75
        var secure = KillLoop.Plan(name: "secure aggregation", session: secureSession, clients: 6, kills: shares[1])
        secure.alone = [
            "--clients", "6", "--rounds", "12", "--seed", "7", "--local-epochs", "3", "--learning-rate", "0.05", "--secure", "on", "--quorum", "6",
        ]
        return [KillLoop.Plan(name: "trimmed mean", session: robustSession, clients: 5, kills: shares[0]), secure, large].filter { $0.kills > 0 }.map {
            var plan = $0
            plan.seed = seed
            return plan
        }
    }

    private static let robustSession = """
        {"min_clients": 5, "quorum": 5, "rounds": 30, "aggregation": "trimmed_mean", "byzantine_tolerance": 1, "round_deadline": 600,
         "learning_rate": 0.05, "momentum": 0.9, "local_epochs": 3, "seed": 7, "model": {"kind": "mlp", "layers": [64, 64, 10]},
         "heartbeat_interval": 1, "require_client_certificate": true}
        """
    private static let secureSession = """
        {"min_clients": 6, "quorum": 6, "rounds": 12, "secure_aggregation": {"enabled": true, "group_floor": 4}, "round_deadline": 600,
         "learning_rate": 0.05, "momentum": 0.9, "batch_size": 32, "local_epochs": 3, "seed": 7, "model": {"kind": "mlp", "layers": [64, 128, 10]},
         "heartbeat_interval": 1, "require_client_certificate": true}
        """
    /// 2.5 million numbers.
    private static let largeSession = """
        {"min_clients": 3, "quorum": 3, "rounds": 10, "round_deadline": 600, "learning_rate": 0.02, "local_epochs": 1, "batch_size": 128, "seed": 7,
         "model": {"kind": "mlp", "layers": [64, 1536, 1536, 10]}, "heartbeat_interval": 1, "require_client_certificate": true}
        """

    private static func killRows(data: String, kills: Int, seed: UInt64, _ progress: @escaping (String) -> Void) async throws -> [BenchRow] {
        progress("\(kills) kills, seed \(seed); again: tutti-bench run faults --kills \(kills) --seed \(seed)")
        var whole = KillReport()
        var ready: [Double] = []
        for plan in plans(kills: kills, seed: seed) {
            let report = try await KillLoop.run(plan, data: data, progress: progress)
            whole.add(report)
            // Of the last plan: the one with the large model.
            ready = report.readyMilliseconds
        }
        for problem in whole.problems.prefix(50) { progress("broken: \(problem)") }
        func count(_ name: String, _ value: Int, most: Double? = nil) -> BenchRow {
            BenchRow(name: "faults.\(name)", value: Double(value), unit: "count", spread: 0, most: most)
        }
        var rows = [
            count("kills", whole.kills), count("kills.coordinator", whole.coordinatorKills), count("sessions", whole.sessions),
            count("acknowledged", whole.acknowledged), count("acknowledged_lost", whole.acknowledgedLost, most: 0),
            count("committed", whole.roundsCommitted), count("committed.retried", whole.retried), count("committed_lost", whole.committedLost, most: 0),
            count("double_counted", whole.doubleCounted, most: 0), count("damages", whole.damages, most: 0),
            count("closed_unchanged", whole.closedUnchanged), count("broken_off", whole.brokenOff, most: 0), count("seed", Int(clamping: seed)),
            BenchRow(
                name: "faults.hash_equal", value: whole.otherModels == 0 ? 1 : 0, unit: "yes", spread: 0,
                beside: "sessions whose model is that of the undisturbed one, those with a round closed unchanged aside",
                ratio: Double(whole.sessions - whole.otherModels) / Double(max(1, whole.sessions)),
                goal: 1),
        ]
        if !ready.isEmpty {
            let sorted = ready.sorted()
            rows.append(
                BenchRow(
                    name: "faults.ready_ms_p99", value: sorted[min(sorted.count - 1, sorted.count * 99 / 100)], unit: "ms",
                    spread: (sorted[sorted.count - 1] - sorted[0]) / sorted[sorted.count / 2], most: 1000))
        }
        return rows
    }
}
