import FaultHarness
import Foundation
import Testing

/// Chromium and the library that drives it, where they are installed.
private enum Browser {
    static let python = ProcessInfo.processInfo.environment["TUTTI_PYTHON"] ?? "python3"

    /// `TUTTI_PYTHON` names a Python that has playwright; Chromium is the system's.
    static let isThere: Bool = {
        guard (try? Programs.run("/usr/bin/env", ["chromium", "--version"]))?.status == 0 else { return false }
        return (try? Programs.run("/usr/bin/env", [python, "-c", "import playwright"]))?.status == 0
    }()
}

extension EndToEndTests {
    /// Rounds come in while Chromium looks; what it looks for is in `Tests/Browser/console.py`.
    @Test(.enabled(if: Browser.isThere, "needs chromium (apt-get install chromium) and playwright (pip install playwright, TUTTI_PYTHON names its Python)"))
    func theConsoleIsSeenInABrowserWhileASessionTrains() throws {
        let cluster = try Cluster()
        let shares = try Programs.client(
            "partition", "--dataset", "benchmarks/data/digits.csv", "--clients", "3", "--scheme", "dirichlet=0.5", "--holdout", "0.2", "--seed", "7", "--out",
            cluster.folder + "/data")
        #expect(shares.status == 0, "\(shares.err)")
        let names = ["client-01", "client-02", "client-03"]
        for name in names { try cluster.enrol(name) }
        func clients(_ session: String) throws {
            for name in names { _ = try cluster.startClient(name, session, dataset: "\(cluster.folder)/data/\(name).csv") }
        }
        // A short one for the chart of ε: what three clients learn with so much noise is nothing.
        let small = #""min_clients": 3, "seed": 7, "heartbeat_interval": 1, "model": {"kind": "mlp", "layers": [64, 128, 10]}"#
        let holdout = cluster.folder + "/data/holdout.csv"
        let priv = try cluster.session(
            #"{\#(small), "rounds": 12, "local_epochs": 2, "privacy_budget": 10, "differential_privacy": {"enabled": true, "l2_norm_clip": 1}}"#,
            evaluation: holdout)
        try clients(priv)
        _ = try eventually("the end of the private session") { try cluster.status(priv)["status"] as? String == "completed" ? true : nil }
        cluster.stopClients()
        // Many rounds of a quarter of a second or more: there are some left when the browser has seen enough, and stops the session.
        let session = try cluster.session(#"{\#(small), "rounds": 2000, "local_epochs": 100, "learning_rate": 0.0003}"#, evaluation: holdout)
        try clients(session)
        _ = try eventually("the first rounds") { (try cluster.status(session)["current_round"] as? Int ?? 0) >= 3 ? true : nil }
        var arguments = [
            Browser.python, "Tests/Browser/console.py", "--url", cluster.url, "--key-file", cluster.data + "/admin.key", "--session", session, "--private",
            priv, "--stop",
        ]
        if let pictures = ProcessInfo.processInfo.environment["TUTTI_SCREENSHOTS"] { arguments += ["--out", pictures] }
        let seen = try Programs.run("/usr/bin/env", arguments)
        #expect(seen.status == 0, "\(seen.err)\(seen.out)")
        #expect(try cluster.status(session)["status"] as? String == "stopped")
    }
}
