import FaultHarness
import Foundation
import Testing

/// Masked rounds with real processes over TLS, some of which are killed. What comes out is what one process makes of the updates
/// of the same survivors.
@Suite(.serialized) struct SecureTests {
    private static let clients = (1...10).map { $0 < 10 ? "client-0\($0)" : "client-10" }

    /// A cluster whose clients train for a second or so, so that there is time to kill somebody.
    private final class Federation {
        let cluster: Cluster
        var nodes: [String: Process] = [:]
        private(set) var session = ""
        private let rounds: Int

        init(rounds: Int, quorum: Int, deadline: Double) throws {
            cluster = try Cluster()
            self.rounds = rounds
            let dealt = try Programs.client(
                "partition", "--dataset", "benchmarks/data/digits.csv", "--clients", "10", "--scheme", "dirichlet=0.5", "--holdout", "0.2", "--seed", "42",
                "--out", cluster.folder + "/data")
            guard dealt.status == 0 else { throw Missing(what: "data: \(dealt.err)") }
            session = try cluster.session(
                """
                {"model_type": "neural_network", "min_clients": 10, "rounds": \(rounds), "quorum": \(quorum), "learning_rate": 0.05, "momentum": 0.9,
                 "batch_size": 32, "local_epochs": \(Federation.epochs), "seed": 42, "model": {"kind": "mlp", "layers": [64, 128, 10]},
                 "round_deadline": \(deadline), "require_client_certificate": true, "secure_aggregation": true}
                """)
            for name in SecureTests.clients {
                let token = try cluster.token(name)
                let joined = try Programs.client("join", cluster.url, "--token", token, "--ca-pin", cluster.pin, "--data", cluster.folder + "/" + name)
                guard joined.status == 0 else { throw Missing(what: "\(name): \(joined.err)") }
            }
        }

        static let epochs = 1000

        func start() throws {
            for name in SecureTests.clients {
                nodes[name] = try cluster.startClient(name, session, dataset: cluster.folder + "/data/\(name).csv")
            }
        }

        func signal(_ signal: Int32, _ names: [String]) { for name in names { if let node = nodes[name] { kill(node.processIdentifier, signal) } } }

        func waits(forRound round: Int) throws {
            _ = try eventually("round \(round)", within: 120) { try cluster.status(session)["current_round"] as? Int ?? 0 >= round ? true : nil }
        }

        /// The client's state says that its masked update of this round has a receipt.
        func waits(forReceipt name: String, _ round: Int) throws {
            let path = "\(cluster.folder)/\(name)/sessions/\(session)/state"
            _ = try eventually("the receipt of \(name)", within: 60) {
                let text = String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
                return text.contains(#""acknowledged":{"#) && text.contains("\"round\":\(round)") && !text.contains(#""pending":{"#) ? true : nil
            }
        }

        /// Rows of the coordinator's table of rounds: state and sealed names.
        func stored(_ round: Int) throws -> [[String: Any]] {
            // The coordinator has its file for itself: a copy of it and of its log is read, as after a crash.
            let code = """
                import json, os, shutil, sqlite3, sys, tempfile
                with tempfile.TemporaryDirectory() as folder:
                    for end in ("", "-wal"):
                        if os.path.exists(sys.argv[1] + end): shutil.copy(sys.argv[1] + end, folder + "/copy" + end)
                    rows = sqlite3.connect(folder + "/copy").execute("select record from round where round = ? order by attempt", (int(sys.argv[2]),))
                    print(json.dumps([json.loads(bytes(row[0])) for row in rows]))
                """
            let result = try Programs.run("python3", ["-c", code, cluster.data + "/tutti.sqlite", "\(round)"])
            guard result.status == 0 else { throw Missing(what: "rounds: \(result.err)") }
            return try JSONSerialization.jsonObject(with: Data(result.out.utf8)) as? [[String: Any]] ?? []
        }

        func ends() throws -> [String: Any] {
            try eventually("the end", within: 180) {
                let status = try cluster.status(session)
                return ["completed", "failed"].contains(status["status"] as? String ?? "") ? status : nil
            }
        }

        /// What one process makes of the same sealed sets, with the rounding secrets of these nodes.
        func alone() throws -> String {
            let secrets = cluster.folder + "/secrets"
            try FileManager.default.createDirectory(atPath: secrets, withIntermediateDirectories: true)
            for name in SecureTests.clients {
                try FileManager.default.copyItem(
                    atPath: "\(cluster.folder)/\(name)/sessions/\(session)/rounding.secret", toPath: "\(secrets)/\(name).secret")
            }
            var absent: [String] = []
            for round in 1...rounds {
                let sealed = try stored(round).last?["sealed"] as? [String] ?? []
                absent += SecureTests.clients.filter { !sealed.contains($0) }.map { "\(round):\($0)" }
            }
            let result = try Programs.run(
                Programs.bin + "/tutti-bench",
                [
                    "federate", "--clients", "10", "--rounds", "\(rounds)", "--seed", "42", "--local-epochs", "\(Federation.epochs)", "--learning-rate", "0.05",
                    "--secure", "on",
                    "--quorum", "6",
                    "--session", session, "--rounding", secrets, "--json",
                ] + (absent.isEmpty ? [] : ["--absent", absent.joined(separator: ",")]))
            return result.data["model_sha256"] as? String ?? result.err
        }
    }

    private func attempts(_ rows: [[String: Any]]) -> [String] { rows.map { $0["state"] as? String ?? "" } }

    @Test func whoIsKilledBeforeOrAfterItsUpdateEndsNoRound() throws {
        let federation = try Federation(rounds: 3, quorum: 8, deadline: 20)
        try federation.start()
        try federation.waits(forRound: 2)
        // It has a receipt and dies, so that it holds shares and cannot give them.
        try federation.waits(forReceipt: "client-03", 2)
        federation.signal(SIGKILL, ["client-03"])
        try federation.waits(forRound: 3)
        federation.signal(SIGKILL, ["client-07"])
        let status = try federation.ends()
        #expect(status["status"] as? String == "completed", "\(status)")
        let alone = try federation.alone()
        #expect(alone == status["model_sha256"] as? String)
        let sealed = try (1...3).map { try federation.stored($0).last?["sealed"] as? [String] ?? [] }
        #expect(sealed[0].count == 10 && sealed[1].contains("client-03"))
        #expect(!sealed[2].contains("client-03") && sealed[2].count >= 8)
    }

    /// On a busy machine the last client may be done before it can be stopped: then the moment has passed, and all is done again.
    private func again(_ scenario: () throws -> Bool) throws {
        for _ in 1...4 where try scenario() { return }
        Issue.record("the moment to kill was missed four times")
    }

    /// Keys were in memory: the round is tried again with fresh ones, and rounds as it did before.
    @Test func aCoordinatorKilledBeforeTheRequestTriesTheRoundAgain() throws { try again(killedBeforeTheRequest) }

    private func killedBeforeTheRequest() throws -> Bool {
        let federation = try Federation(rounds: 2, quorum: 9, deadline: 60)
        try federation.start()
        try federation.waits(forRound: 2)
        // Its update is written, and it waits for the others: they are still training, or nobody was asked yet.
        federation.signal(SIGSTOP, ["client-10"])
        try federation.waits(forReceipt: "client-01", 2)
        _ = federation.cluster.end(SIGKILL)
        try federation.cluster.serve()
        let status = try federation.ends()
        #expect(status["status"] as? String == "completed", "\(status)")
        let rows = try federation.stored(2)
        let alone = try federation.alone()
        #expect(alone == status["model_sha256"] as? String)
        // With the stopped client's update the round had all it waits for; so it had where that client was stopped before it had sent its keys.
        if rows.count == 1 { return false }
        #expect(attempts(rows) == ["aborted", "committed"], "\(rows)")
        return true
    }

    /// The set is durable: the same members are asked again, and the round ends as it would have.
    @Test func aCoordinatorKilledAfterTheRequestOpensTheSameGroups() throws { try again(killedAfterTheRequest) }

    private func killedAfterTheRequest() throws -> Bool {
        let federation = try Federation(rounds: 2, quorum: 9, deadline: 60)
        try federation.start()
        try federation.waits(forRound: 2)
        // The last one sends its update when nobody else can answer.
        federation.signal(SIGSTOP, ["client-10"])
        for name in Self.clients.dropLast() { try federation.waits(forReceipt: name, 2) }
        federation.signal(SIGSTOP, Array(Self.clients.dropLast()))
        federation.signal(SIGCONT, ["client-10"])
        let round = try eventually("the sealed set") { try federation.stored(2).last.flatMap { $0["state"] as? String == "configured" ? nil : $0 } }
        // On a busy machine the others may have been done before the last one was stopped, or it may have been given up.
        guard round["state"] as? String == "sealed", (round["sealed"] as? [String])?.count == 10 else {
            federation.signal(SIGCONT, Self.clients)
            return false
        }
        _ = federation.cluster.end(SIGKILL)
        try federation.cluster.serve()
        federation.signal(SIGCONT, Self.clients)
        let status = try federation.ends()
        #expect(status["status"] as? String == "completed", "\(status)")
        let rows = try federation.stored(2)
        #expect(attempts(rows) == ["committed"] && (rows.first?["sealed"] as? [String])?.count == 10, "\(rows)")
        let alone = try federation.alone()
        #expect(alone == status["model_sha256"] as? String)
        return true
    }
}
