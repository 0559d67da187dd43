import FaultHarness
import Foundation
import Testing

/// What networks, disks and systems do to real processes. What comes out is what would have come out without it.
@Suite(.serialized) struct FaultTests {
    /// Sockets that stay open and say nothing.
    private final class Silent {
        private var descriptors: [Int32] = []
        deinit { hangUp() }

        func hangUp() {
            for descriptor in descriptors { close(descriptor) }
            descriptors = []
        }

        func connect(_ count: Int, port: Int) {
            for _ in 0..<count {
                let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
                guard descriptor >= 0 else { return }
                var address = sockaddr_in()
                address.sin_family = sa_family_t(AF_INET)
                address.sin_port = in_port_t(port).bigEndian
                address.sin_addr.s_addr = inet_addr("127.0.0.1")
                let result = withUnsafePointer(to: &address) {
                    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
                }
                guard result == 0 else {
                    close(descriptor)
                    return
                }
                descriptors.append(descriptor)
            }
        }
    }

    private let names = ["client-01", "client-02", "client-03"]
    private func request(rounds: Int) -> String {
        """
        {"min_clients": 3, "quorum": 3, "rounds": \(rounds), "round_deadline": 300, "learning_rate": 0.05, "momentum": 0.9, "local_epochs": 3, "seed": 7,
         "model": {"kind": "mlp", "layers": [64, 64, 10]}, "heartbeat_interval": 1, "require_client_certificate": true}
        """
    }

    /// Data for three clients, and a cluster that has them as nodes at this address.
    private func prepare(_ cluster: Cluster, url: String? = nil) throws {
        let dealt = try Programs.client(
            "partition", "--dataset", "benchmarks/data/digits.csv", "--clients", "3", "--scheme", "dirichlet=0.5", "--holdout", "0.2", "--seed", "7", "--out",
            cluster.folder + "/data")
        #expect(dealt.status == 0, "\(dealt.err)")
        for name in names {
            let joined = try Programs.client(
                "join", url ?? cluster.url, "--token", try cluster.token(name), "--ca-pin", cluster.pin, "--data", cluster.folder + "/" + name)
            #expect(joined.status == 0, "\(joined.err)")
        }
    }

    private func federate(_ cluster: Cluster, rounds: Int = 12, _ disturb: (String) async throws -> Void) async throws -> String {
        let session = try cluster.session(request(rounds: rounds))
        for name in names { _ = try cluster.startClient(name, session, dataset: "\(cluster.folder)/data/\(name).csv") }
        try await disturb(session)
        _ = try eventually("the end of the session", within: 240, every: 100) {
            try cluster.status(session)["status"] as? String == "completed" ? true : nil
        }
        let model = try cluster.status(session)["model_sha256"] as? String ?? ""
        cluster.stopClients()
        // A node that was away when the session ended hears how it came out.
        let late = try cluster.startClient(names[0], session, dataset: "\(cluster.folder)/data/\(names[0]).csv")
        late.waitUntilExit()
        #expect(late.terminationStatus == 0 && cluster.clientLog(names[0]).contains("completed"), "\(cluster.clientLog(names[0]))")
        return model
    }

    private func waits(_ cluster: Cluster, _ session: String, forRound round: Int) throws {
        _ = try eventually("round \(round)", within: 120) { try cluster.status(session)["current_round"] as? Int ?? 0 >= round ? true : nil }
    }

    /// Delay, small pieces, broken connections and partitions: three clients reach the coordinator only through that.
    @Test func aBadNetworkDoesNotChangeTheModel() async throws {
        let cluster = try Cluster()
        let network = try await Forwarder.start(to: cluster.port, seed: 3)
        try prepare(cluster, url: "https://127.0.0.1:\(network.port)")
        let undisturbed = try await federate(cluster) { _ in }
        #expect(undisturbed.count == 64)
        let disturbed = try await federate(cluster) { session in
            var weather = Forwarder.Weather()
            weather.delay = 0...0.03
            weather.piece = 700
            network.weather = weather
            try waits(cluster, session, forRound: 2)
            for round in 3...5 {
                #expect(network.breakAll() > 0)
                try waits(cluster, session, forRound: round)
            }
            weather.isParted = true
            network.weather = weather
            let parted = try cluster.status(session)["current_round"] as? Int ?? 0
            try await Task.sleep(for: .seconds(2))
            #expect(try cluster.status(session)["current_round"] as? Int ?? 99 <= parted + 1, "nothing goes through a partition")
            weather.isParted = false
            network.weather = weather
            try waits(cluster, session, forRound: parted + 2)
            network.weather = Forwarder.Weather()
        }
        await network.stop()
        #expect(disturbed == undisturbed)
    }

    /// The process may have 200 open files, and half a thousand connections come and say nothing. Who is in stays in; when they are
    /// gone everybody gets in.
    @Test func withoutFileDescriptorsTheCoordinatorGoesOn() async throws {
        let cluster = try Cluster(wrapper: ["sh", "-c", "ulimit -n 200; exec \"$0\" \"$@\""])
        try prepare(cluster)
        let crowd = Silent()
        let model = try await federate(cluster) { session in
            try waits(cluster, session, forRound: 2)
            crowd.connect(500, port: cluster.port)
            try await Task.sleep(for: .seconds(1))
            #expect(cluster.server?.isRunning == true)
            crowd.hangUp()
        }
        #expect(model.count == 64)
        #expect(try cluster.curl("\(cluster.url)/readyz").status == 200)
        #expect(cluster.end(SIGTERM) == 0)
    }

    /// A disk of a few megabytes fills up in the middle of a session: whoever uploads is told so, nothing that was acknowledged is lost,
    /// and when there is room the session goes on to the same model.
    @Test(.enabled(if: Tmpfs.canMount, "only root may mount a small disk")) func aFullDiskHoldsTheSessionUp() async throws {
        let disk = try Tmpfs(megabytes: 24)
        let cluster = try Cluster(disk: disk.path)
        try prepare(cluster)
        // So many rounds that even a fast machine is in the midst of them when the disk is full.
        let undisturbed = try await federate(cluster, rounds: 60) { _ in }
        let disturbed = try await federate(cluster, rounds: 60) { session in
            try waits(cluster, session, forRound: 2)
            disk.fill()
            _ = try eventually("a coordinator that says why it waits", within: 60) { cluster.log.contains("is full") ? true : nil }
            let held = try cluster.status(session)["current_round"] as? Int ?? 0
            try await Task.sleep(for: .seconds(2))
            #expect(try cluster.status(session)["current_round"] as? Int == held, "no round is committed on a full disk")
            #expect(cluster.server?.isRunning == true, "\(cluster.log.suffix(500))")
            disk.makeRoom()
            try waits(cluster, session, forRound: held + 1)
        }
        #expect(disturbed == undisturbed && disturbed.count == 64)
        #expect(cluster.end(SIGTERM) == 0)
        let checked = try Programs.coordinator("check", cluster.data)
        #expect(checked.status == 0, "\(checked.err)")
    }

    /// Two hundred kills at random moments, in as many sessions as that takes.
    @Test func nothingIsLostOverTwoHundredKills() throws {
        let file = NSTemporaryDirectory() + "tutti-faults-" + UUID().uuidString + ".json"
        defer { try? FileManager.default.removeItem(atPath: file) }
        let run = try Programs.run(Programs.bin + "/tutti-bench", ["run", "faults", "--kills", "200", "--idle", "0", "--json", file])
        #expect(run.status == 0, "\(run.err.suffix(2000))")
        let report = try JSONSerialization.jsonObject(with: FileManager.default.contents(atPath: file) ?? Data()) as? [String: Any]
        var rows: [String: Double] = [:]
        for row in report?["rows"] as? [[String: Any]] ?? [] { rows[row["name"] as? String ?? ""] = row["value"] as? Double }
        #expect(rows["faults.kills"] == 200 && rows["faults.acknowledged"] ?? 0 > 500, "\(rows)")
        for name in ["acknowledged_lost", "committed_lost", "double_counted", "damages", "broken_off"] {
            #expect(rows["faults.\(name)"] == 0, "\(name): \(run.err.suffix(2000))")
        }
        #expect(rows["faults.hash_equal"] == 1, "\(run.err.suffix(2000))")
    }
}

/// A disk of its own, in memory.
private final class Tmpfs {
    let path = NSTemporaryDirectory() + "tutti-disk-" + UUID().uuidString

    /// Whether this process may mount anything.
    static let canMount: Bool = {
        guard let disk = try? Tmpfs(megabytes: 1) else { return false }
        return FileManager.default.fileExists(atPath: disk.path)
    }()

    init(megabytes: Int) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        guard mount("tmpfs", path, "tmpfs", 0, "size=\(megabytes)m") == 0 else {
            try? FileManager.default.removeItem(atPath: path)
            throw Missing(what: "a small disk")
        }
    }

    deinit {
        umount2(path, Int32(MNT_DETACH))
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Takes every byte that is left.
    func fill() {
        let descriptor = open(path + "/filler", O_WRONLY | O_CREAT | O_APPEND, 0o600)
        defer { close(descriptor) }
        var block = [UInt8](repeating: 1, count: 1 << 16)
        while !block.isEmpty {
            if write(descriptor, block, block.count) < 0 { block.removeLast(max(1, block.count / 2)) }
        }
    }

    func makeRoom() { unlink(path + "/filler") }
}
