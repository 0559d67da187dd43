internal import Foundation
internal import Learning
internal import StrictJSON

/// Kills coordinator and clients at random moments of real sessions (`SIGKILL`), starts them again, and looks afterwards whether
/// anything was lost, counted twice or computed otherwise than without it.
package struct KillLoop {
    package struct Plan: Sendable {
        package var name: String
        /// The body of the request that makes the session. Its quorum must be all clients, and its deadline long: then every round has
        /// the same contributors with and without kills, and so the same model.
        package var session: String
        package var clients: Int
        package var kills: Int
        /// A third of the kills hit the coordinator unless told otherwise.
        package var coordinatorShare = 1.0 / 3
        /// Seconds between two kills: uniform in this range.
        package var pause: ClosedRange<Double> = 0.05...0.6
        /// Of the moments, and of who is hit. What a process does at such a moment is its own, so that the same seed makes the same kills
        /// and not the same run.
        package var seed: UInt64 = 1
        /// Masked updates are rounded by chance, drawn from the session's id and a secret of each client: another session has another
        /// model. Then what is undisturbed is one process that is given both: `tutti-bench federate` with these options.
        package var alone: [String]?

        package init(name: String, session: String, clients: Int, kills: Int) {
            self.name = name
            self.session = session
            self.clients = clients
            self.kills = kills
        }
    }

    private let plan: Plan
    private let cluster: Cluster
    private let progress: (String) -> Void
    private var random: SeededGenerator
    private var nodes: [String: Process] = [:]
    private var report = KillReport()

    /// - Parameter data: the digits.
    package static func run(_ plan: Plan, data: String, progress: @escaping (String) -> Void) async throws -> KillReport {
        var loop = try KillLoop(plan, data, progress)
        return try await loop.run()
    }

    private init(_ plan: Plan, _ data: String, _ progress: @escaping (String) -> Void) throws {
        self.plan = plan
        self.progress = progress
        random = SeededGenerator(seed: plan.seed)
        cluster = try Cluster()
        let dealt = try Programs.client(
            "partition", "--dataset", data, "--clients", "\(plan.clients)", "--scheme", "dirichlet=0.5", "--holdout", "0.2", "--seed", "7", "--out",
            cluster.folder + "/data")
        guard dealt.status == 0 else { throw Missing(what: "the clients' data: \(dealt.err)") }
        for name in Self.names(plan.clients) { try cluster.enrol(name) }
    }

    private static func names(_ count: Int) -> [String] { (1...count).map { $0 < 10 ? "client-0\($0)" : "client-\($0)" } }

    private mutating func run() async throws -> KillReport {
        let began = ContinuousClock.now
        let undisturbed = try await session(disturbed: false)
        progress("\(plan.name): undisturbed in \(seconds(began)) s")
        while report.kills < plan.kills {
            let unchanged = report.closedUnchanged
            let (id, model): (String, String)
            do { (id, model) = try await session(disturbed: true) } catch {
                // What was found before is worth more than an error in its place.
                report.brokenOff += 1
                report.problems.append("\(plan.name), seed \(plan.seed), after \(report.kills) kills in \(report.sessions) sessions: \(error)")
                return report
            }
            report.sessions += 1
            let expected = try plan.alone.map { try alone(id, $0) } ?? undisturbed.model
            // A round that came to nothing trains nothing: then another model is what it has to be.
            if model != expected, report.closedUnchanged == unchanged {
                report.otherModels += 1
                report.problems.append("session \(report.sessions) made another model than the undisturbed one")
            }
            progress(
                "\(plan.name): \(report.kills) kills (\(report.coordinatorKills) of the coordinator) in \(report.sessions) sessions, \(seconds(began)) s: "
                    + "\(report.acknowledged) receipts, \(report.acknowledgedLost) lost, \(report.otherModels) other models")
        }
        return report
    }

    private func seconds(_ since: ContinuousClock.Instant) -> Int { Int(since.duration(to: .now) / .seconds(1)) }

    // MARK: One session

    /// Runs a session to its end. Gives its id and the SHA-256 of its model.
    private mutating func session(disturbed: Bool) async throws -> (id: String, model: String) {
        let id = try cluster.session(plan.session)
        for name in Self.names(plan.clients) { try start(name, id) }
        var told: [Int: String] = [:]
        let model = try await watch(id, disturbed: disturbed, &told)
        for (name, node) in nodes.sorted(by: { $0.key < $1.key }) {
            node.waitUntilExit()
            if node.terminationStatus != 0 { report.problems.append("\(name) ended with exit code \(node.terminationStatus)") }
        }
        nodes = [:]
        guard cluster.end(SIGTERM) == 0 else { throw Missing(what: "a coordinator that stops in peace: \(cluster.log)") }
        if disturbed {
            let logs = Self.names(plan.clients).map { ($0, Sent(log: "\(cluster.folder)/\($0)/sent.jsonl")) }
            try await Evidence(session: id, nodes: Dictionary(uniqueKeysWithValues: logs), told: told).judge(folder: cluster.data, &report)
        }
        try cluster.serve()
        return (id, model)
    }

    /// What one process without sockets or disks makes of the same session.
    private func alone(_ session: String, _ options: [String]) throws -> String {
        let secrets = "\(cluster.folder)/secrets-\(session)"
        try FileManager.default.createDirectory(atPath: secrets, withIntermediateDirectories: true)
        for name in Self.names(plan.clients) {
            try FileManager.default.copyItem(atPath: "\(cluster.folder)/\(name)/sessions/\(session)/rounding.secret", toPath: "\(secrets)/\(name).secret")
        }
        let result = try Programs.run(Programs.bin + "/tutti-bench", ["federate"] + options + ["--session", session, "--rounding", secrets, "--json"])
        guard let model = result.data["model_sha256"] as? String else { throw Missing(what: "the model of one process: \(result.err)") }
        return model
    }

    private mutating func start(_ name: String, _ session: String) throws {
        nodes[name] = try cluster.startClient(name, session, dataset: "\(cluster.folder)/data/\(name).csv")
    }

    private mutating func watch(_ id: String, disturbed: Bool, _ told: inout [Int: String]) async throws -> String {
        let administrator = try Administrator(url: cluster.url, data: cluster.data)
        let result: Result<String, any Error>
        do { result = .success(try await watch(id, administrator, disturbed: disturbed, &told)) } catch { result = .failure(error) }
        await administrator.shutdown()
        return try result.get()
    }

    private mutating func watch(_ id: String, _ administrator: Administrator, disturbed: Bool, _ told: inout [Int: String]) async throws -> String {
        let path = "/federated-learning/sessions/\(id)"
        let patience = ContinuousClock.now + .seconds(600)
        var next = ContinuousClock.now + .seconds(random.uniform(plan.pause))
        while ContinuousClock.now < patience {
            if disturbed, report.kills < plan.kills, ContinuousClock.now >= next {
                try kill(in: id)
                next = .now + .seconds(random.uniform(plan.pause))
            }
            if let rounds = await administrator.get(path + "/rounds?after=\(told.keys.max() ?? 0)&limit=1000") {
                for round in rounds["rounds"]?.elements ?? [] where round["state"]?.text == "committed" {
                    guard let number = round["round"]?.whole, let model = round["model_sha256"]?.text else { continue }
                    told[Int(number)] = model
                }
            }
            if let status = await administrator.get(path) {
                switch status["status"]?.text {
                case "completed": return status["model_sha256"]?.text ?? ""
                case "failed", "stopped": throw Missing(what: "a session that completes: \(status["status_reason"]?.text ?? "")")
                default: break
                }
            }
            for (name, node) in nodes.sorted(by: { $0.key < $1.key }) where !node.isRunning && node.terminationStatus != 0 {
                throw Missing(what: "\(name), which ended with exit code \(node.terminationStatus): \(cluster.clientLog(name).suffix(500))")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw Missing(what: "the end of session \(id) within ten minutes")
    }

    // MARK: Kills

    private mutating func kill(in session: String) throws {
        let delay = random.uniform(0...0.08)
        if random.uniform() < plan.coordinatorShare {
            cluster.end(SIGKILL)
            report.coordinatorKills += 1
            usleep(UInt32(delay * 1e6))
            try cluster.serve()
            report.readyMilliseconds.append(cluster.startMilliseconds.last ?? 0)
            return
        }
        let names = nodes.keys.sorted()
        let name = names[min(names.count - 1, Int(random.uniform() * Double(names.count)))]
        guard let node = nodes[name] else { return }
        Foundation.kill(node.processIdentifier, SIGKILL)
        node.waitUntilExit()
        report.clientKills += 1
        usleep(UInt32(delay * 1e6))
        try start(name, session)
    }
}

extension SeededGenerator {
    fileprivate mutating func uniform(_ range: ClosedRange<Double>) -> Double { range.lowerBound + uniform() * (range.upperBound - range.lowerBound) }
}
