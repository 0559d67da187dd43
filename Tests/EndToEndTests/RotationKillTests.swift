import FaultHarness
import Foundation
import Testing

/// `kill -9` while certificates change hands, and a secure session whose coordinator is put back from a backup.
@Suite(.serialized) struct RotationKillTests {
    private static let names = ["client-01", "client-02", "client-03"]

    private func cluster(clients names: [String]) throws -> Cluster {
        let cluster = try Cluster()
        let dealt = try Programs.client(
            "partition", "--dataset", "benchmarks/data/digits.csv", "--clients", "\(names.count)", "--scheme", "dirichlet=0.5", "--seed", "7", "--out",
            cluster.folder + "/data")
        guard dealt.status == 0 else { throw Missing(what: "data: \(dealt.err)") }
        for name in names { try cluster.enrol(name) }
        return cluster
    }

    private func round(_ cluster: Cluster, _ session: String) throws -> Int { try cluster.status(session)["current_round"] as? Int ?? 0 }

    /// Moments up to a few times what a step takes, the same ones at every run; what a process does at such a moment is its own.
    private func wait(_ number: Int) { usleep(UInt32(number * 7919 % 60) * 1000) }

    /// At every step of a replacement the coordinator is killed, and a node that may be renewing its certificate. Whichever certificate
    /// each of them is left with, it starts with it, and the session goes on.
    @Test func killsDuringARollAndARenewalLeaveOneCertificateEach() throws {
        let cluster = try cluster(clients: Self.names)
        let session = try cluster.session(
            """
            {"min_clients": 3, "rounds": 100000, "learning_rate": 0.05, "local_epochs": 2, "seed": 7, "heartbeat_interval": 1, "round_deadline": 20,
             "model": {"kind": "mlp", "layers": [64, 64, 10]}, "require_client_certificate": true}
            """)
        func start(_ name: String) throws -> Process { try cluster.startClient(name, session, dataset: "\(cluster.folder)/data/\(name).csv") }
        var nodes: [String: Process] = [:]
        for name in Self.names { nodes[name] = try start(name) }
        _ = try eventually("the first rounds") { try round(cluster, session) >= 3 ? true : nil }
        var number = 0
        for step in ["prepare", "activate", "retire"] {
            for name in Self.names {
                number += 1
                let command = try Programs.process(
                    Programs.bin + "/tutti-coordinator", ["ca", step, "--data", cluster.data], log: "\(cluster.folder)/roll-\(number).log")
                try command.run()
                wait(number)
                _ = cluster.end(SIGKILL)
                command.waitUntilExit()
                try cluster.serve()
                // Now the nodes come back and hear of it.
                wait(number * 31)
                let node = try #require(nodes[name])
                kill(node.processIdentifier, SIGKILL)
                node.waitUntilExit()
                nodes[name] = try start(name)
            }
            let taken = try eventually("the step \(step)", every: 100) { () -> Programs.Result? in
                let result = try Programs.coordinator("ca", step, "--data", cluster.data, "--json")
                return result.status == 0 ? result : nil
            }
            #expect((taken.data["cut_off"] as? [String] ?? []).isEmpty, "\(taken.out)")
            for name in Self.names {
                let node = try #require(nodes[name])
                #expect(node.isRunning, "\(step): \(name): \(cluster.clientLog(name).suffix(500))")
                let doctor = try eventually("an identity that is good for \(name)", every: 200) { () -> Programs.Result? in
                    let result = try Programs.client("doctor", "--data", "\(cluster.folder)/\(name)")
                    return result.status == 0 ? result : nil
                }
                #expect(doctor.status == 0)
            }
            let done = try round(cluster, session)
            _ = try eventually("rounds after \(step)", within: 120) { try round(cluster, session) >= done + 3 ? true : nil }
        }
        _ = try Programs.coordinator("session", "stop", session, "--data", cluster.data)
        cluster.stopClients()
        #expect(cluster.end(SIGTERM) == 0)
        let check = try Programs.coordinator("check", cluster.data)
        #expect(check.status == 0, "\(check.err)")
        print("\(number) kills of the coordinator and as many of nodes within a replacement of the authority")
    }

    /// As docs/operations.md promises: members refuse the rounds that they had done with, and the session ends with that reason.
    @Test func aSecureSessionThatIsPutBackFromABackupSumsNoRoundTwice() throws {
        let names = (1...6).map { "client-0\($0)" }
        let cluster = try cluster(clients: names)
        let session = try cluster.session(
            """
            {"min_clients": 6, "quorum": 6, "rounds": 100000, "secure_aggregation": {"enabled": true, "group_floor": 4}, "round_deadline": 40,
             "learning_rate": 0.05, "local_epochs": 2, "seed": 7, "model": {"kind": "mlp", "layers": [64, 32, 10]}, "heartbeat_interval": 1,
             "require_client_certificate": true}
            """)
        for name in names { _ = try cluster.startClient(name, session, dataset: "\(cluster.folder)/data/\(name).csv") }
        _ = try eventually("the first rounds", within: 120) { try round(cluster, session) >= 3 ? true : nil }
        let backup = cluster.folder + "/backup"
        #expect(try Programs.coordinator("backup", cluster.data, backup).status == 0)
        let kept = try round(cluster, session)
        _ = try eventually("rounds after the backup", within: 120) { try round(cluster, session) >= kept + 4 ? true : nil }
        _ = cluster.end(SIGKILL)
        try FileManager.default.removeItem(atPath: cluster.data)
        let put = try Programs.coordinator("restore", backup, cluster.data)
        #expect(put.status == 0, "\(put.err)")
        try cluster.serve()
        let status = try eventually("the end of the session", within: 240, every: 200) { () -> [String: Any]? in
            let status = try cluster.status(session)
            return ["completed", "failed", "stopped"].contains(status["status"] as? String ?? "") ? status : nil
        }
        #expect(status["status"] as? String == "failed", "\(status)")
        #expect((status["status_reason"] as? String)?.contains("restored from a backup") == true, "\(status)")
        #expect(try round(cluster, session) <= kept + 1, "no round that members had done with was summed again")
        cluster.stopClients()
        #expect(cluster.end(SIGTERM) == 0)
        #expect(try Programs.coordinator("check", cluster.data).status == 0)
    }
}
