import FaultHarness
import Foundation
import Testing

/// What scripts rely on: one envelope on stdout for every ending, and the exit codes.
extension EndToEndTests {
    private func envelope(_ text: String) -> [String: Any]? {
        let lines = text.split(separator: "\n")
        guard lines.count == 1 else { return nil }
        return try? JSONSerialization.jsonObject(with: Data(lines[0].utf8)) as? [String: Any]
    }

    private func code(_ result: Programs.Result) -> String? { (envelope(result.out)?["error"] as? [String: Any])?["code"] as? String }

    /// A program in the background, with stdout and stderr in files of their own.
    private func start(_ cluster: Cluster, _ program: String, _ arguments: [String], name: String) throws -> Process {
        let process = try Programs.process(Programs.bin + "/" + program, arguments)
        for end in ["out", "err"] { _ = FileManager.default.createFile(atPath: "\(cluster.folder)/\(name).\(end)", contents: nil) }
        process.standardOutput = FileHandle(forWritingAtPath: "\(cluster.folder)/\(name).out")
        process.standardError = FileHandle(forWritingAtPath: "\(cluster.folder)/\(name).err")
        try process.run()
        return process
    }

    private func text(_ cluster: Cluster, _ name: String) -> String {
        String(decoding: FileManager.default.contents(atPath: "\(cluster.folder)/\(name)") ?? Data(), as: UTF8.self)
    }

    private func join(_ cluster: Cluster, _ name: String) throws -> String {
        let folder = cluster.folder + "/" + name
        let joined = try Programs.client("join", cluster.url, "--token", try cluster.token(name), "--ca-pin", cluster.pin, "--data", folder)
        #expect(joined.status == 0, "\(joined.err)")
        return folder
    }

    private static let waiting = #"{"min_clients": 2, "rounds": 3, "local_epochs": 1, "model": {"kind": "softmax_regression", "layers": [64, 10]}}"#

    @Test func everyEndingIsOneEnvelope() throws {
        let cluster = try Cluster()
        let session = try cluster.session(Self.waiting)
        let shown = try Programs.coordinator("session", "show", session, "--data", cluster.data, "--json")
        #expect(envelope(shown.out)?["command"] as? String == "session show" && envelope(shown.out)?["ok"] as? Bool == true)
        let unknown = try Programs.coordinator("session", "show", "fl-session-0", "--data", cluster.data, "--json")
        #expect(unknown.status == 1 && code(unknown) == "failed")
        let climbing = try Programs.coordinator("session", "show", "../nodes", "--data", cluster.data, "--json")
        #expect(climbing.status == 2 && code(climbing) == "usage")
        for wrong in [
            try Programs.coordinator("session", "show", "--json"), try Programs.coordinator("sesion", "--json"), try Programs.client("run", "--json"),
        ] {
            #expect(wrong.status == 2 && code(wrong) == "usage", "\(wrong.out)")
        }
        let nowhere = try Programs.coordinator("session", "list", "--data", "/nowhere", "--json")
        #expect(nowhere.status == 3 && code(nowhere) == "configuration")
        let late = try Programs.coordinator("session", "watch", session, "--data", cluster.data, "--timeout", "0.3", "--json")
        #expect(late.status == 124 && code(late) == "timeout")
        #expect(cluster.end(SIGTERM) == 0)
        let gone = try Programs.coordinator("session", "list", "--data", cluster.data, "--json")
        #expect(gone.status == 4 && code(gone) == "connection")
        let wrongKey = try Programs.coordinator("init", cluster.folder + "/other", "--json")
        #expect(wrongKey.status == 0 && envelope(wrongKey.out)?["command"] as? String == "init")
        try FileManager.default.removeItem(atPath: cluster.data + "/admin.key")
        try FileManager.default.copyItem(atPath: cluster.folder + "/other/admin.key", toPath: cluster.data + "/admin.key")
        try cluster.serve()
        let stranger = try Programs.coordinator("session", "list", "--data", cluster.data, "--json")
        #expect(stranger.status == 5 && code(stranger) == "authentication", "\(stranger.out)")
    }

    @Test func anInterruptIsAnEndingToo() throws {
        let cluster = try Cluster()
        let session = try cluster.session(Self.waiting)
        let watch = try start(cluster, "tutti-coordinator", ["session", "watch", session, "--data", cluster.data, "--json"], name: "watch")
        _ = try eventually("the watch") { text(cluster, "watch.err").contains("waiting for") ? true : nil }
        kill(watch.processIdentifier, SIGINT)
        watch.waitUntilExit()
        #expect(watch.terminationStatus == 130)
        #expect((envelope(text(cluster, "watch.out"))?["error"] as? [String: Any])?["code"] as? String == "interrupted")
        let folder = try join(cluster, "client-01")
        let run = try start(
            cluster, "tutti-client", ["run", "--session", session, "--data", folder, "--dataset", "benchmarks/data/digits.csv", "--classes", "10", "--json"],
            name: "run")
        _ = try eventually("the client") { text(cluster, "run.err").contains("taking part") ? true : nil }
        kill(run.processIdentifier, SIGINT)
        run.waitUntilExit()
        #expect(run.terminationStatus == 130 && envelope(text(cluster, "run.out"))?["ok"] as? Bool == false)
        #expect(cluster.end(SIGINT) == 130)
    }

    /// A session that trains, with two clients that never send anything.
    private func idleSession(_ cluster: Cluster, deadline: Double) throws -> String {
        let body = #"{"min_clients": 2, "rounds": 1, "round_deadline": \#(deadline), "model": {"kind": "softmax_regression", "layers": [4, 2]}}"#
        try Data(body.utf8).write(to: URL(fileURLWithPath: cluster.folder + "/q.json"))
        let created = try Programs.coordinator("session", "create", cluster.folder + "/q.json", "--data", cluster.data, "--json").data
        let (id, token) = (created["session_id"] as? String ?? "", created["client_registration_token"] as? String ?? "")
        for name in ["a", "b"] {
            let joined = try cluster.curl(
                "-X", "POST", "\(cluster.url)/api/v4/federated-learning/sessions/\(id)/join", "-H", "Content-Type: application/json", "-d",
                #"{"client_id": "\#(name)", "registration_token": "\#(token)", "data_size": 10}"#)
            #expect(joined.status == 200)
        }
        return id
    }

    @Test func aSessionWithoutItsQuorumEndsTheWatchWithSeven() throws {
        let cluster = try Cluster()
        let id = try idleSession(cluster, deadline: 0.1)
        let watched = try Programs.coordinator("session", "watch", id, "--data", cluster.data, "--timeout", "60", "--json")
        #expect(watched.status == 7 && code(watched) == "quorum", "\(watched.err)")
        #expect(watched.err.contains("aborted"))
    }

    @Test func aWatchGoesOnOverARestartAndOneProcessHoldsManyClients() throws {
        let cluster = try Cluster()
        let session = try cluster.session(
            #"{"min_clients": 3, "rounds": 30, "local_epochs": 2, "learning_rate": 0.05, "seed": 7, "model": {"kind": "mlp", "layers": [64, 32, 10]}, "heartbeat_interval": 1}"#
        )
        let folders = try (1...3).map { try join(cluster, "client-0\($0)") }
        let watch = try start(cluster, "tutti-coordinator", ["session", "watch", session, "--data", cluster.data, "--json"], name: "watch")
        let clients = try start(
            cluster, "tutti-client",
            ["run", "--session", session] + folders.flatMap { ["--data", $0] }
                + [
                    "--dataset", "benchmarks/data/digits.csv", "--scale", "constant=16", "--partition", "{}/3:dirichlet=0.5:seed=7", "--classes", "10",
                    "--json",
                ],
            name: "clients")
        _ = try eventually("the first rounds") { (try cluster.status(session)["current_round"] as? Int ?? 0) >= 3 ? true : nil }
        _ = cluster.end(SIGKILL)
        try cluster.serve()
        watch.waitUntilExit()
        clients.waitUntilExit()
        #expect(watch.terminationStatus == 0, "\(text(cluster, "watch.err"))")
        #expect(text(cluster, "watch.err").contains("session completed"))
        let data = envelope(text(cluster, "watch.out"))?["data"] as? [String: Any]
        #expect(Set((data?["rounds"] as? [[String: Any]] ?? []).compactMap { $0["round"] as? Int }) == Set(1...30))
        #expect(clients.terminationStatus == 0, "\(text(cluster, "clients.err"))")
        let taken = (envelope(text(cluster, "clients.out"))?["data"] as? [String: Any])?["sessions"] as? [[String: Any]]
        #expect(taken?.count == 3 && taken?.allSatisfy { $0["outcome"] as? String == "completed" } == true)
        try hasItsReceipt(cluster, session, member: folders[0])
    }

    /// What is left of a session for others: verified with nothing but the pin.
    private func hasItsReceipt(_ cluster: Cluster, _ session: String, member: String) throws {
        let (receipt, roster, model) = (cluster.folder + "/receipt", cluster.folder + "/roster.json", cluster.folder + "/model.safetensors")
        func save(_ path: String) throws -> Programs.Result {
            try Programs.coordinator("receipt", "save", session, "--data", cluster.data, "--out", path, "--roster", roster, "--json")
        }
        func verify(_ arguments: String...) throws -> Programs.Result {
            try Programs.run(Programs.bin + "/tutti-client", ["receipt", "verify", receipt, "--json"] + arguments)
        }
        #expect(try save(receipt).status == 0)
        #expect(try Programs.coordinator("model", "export", "--session", session, "--out", model, "--data", cluster.data).status == 0)
        let good = try verify("--ca-pin", cluster.pin, "--model", model, "--roster", roster)
        #expect(good.status == 0 && good.data["rounds"] as? Int == 30 && good.data["members"] as? Int == 3, "\(good.err)")
        #expect(good.data["model_file_matches"] as? Bool == true && good.data["roster_file_matches"] as? Bool == true && good.data["final"] as? Bool == true)
        #expect(good.data["model_sha256"] as? String == (try cluster.status(session)["model_sha256"] as? String))
        let shown = try Programs.coordinator("receipt", "show", session, "--data", cluster.data, "--json")
        #expect((shown.data["roster"] as? [String: Any])?["members"] is [Any] && shown.data["payload"] is [String: Any], "\(shown.err)")
        // A member has the same receipt, and not the list.
        let path = "\(cluster.url)/api/v4/federated-learning/sessions/\(session)/receipt"
        let told = try cluster.curl(path, "--cert", member + "/identity/client.pem", "--key", member + "/identity/client.key")
        let reply = (try? JSONSerialization.jsonObject(with: told.body)) as? [String: Any]
        let text = try String(contentsOfFile: receipt, encoding: .utf8)
        #expect(told.status == 200 && reply?["roster"] is NSNull && (reply?["receipt"] as? String)?.appending("\n") == text)
        // The same after a restart.
        #expect(cluster.end(SIGTERM) == 0)
        try cluster.serve()
        #expect(try save(receipt + "-2").status == 0)
        #expect(try String(contentsOfFile: receipt + "-2", encoding: .utf8) == text)
        #expect(try Programs.coordinator("receipt", "verify", receipt + "-2", "--ca", cluster.data + "/ca.pem").status == 0)
        // Without the coordinator, and against it.
        let other = try verify("--ca-pin", "sha256:" + String(repeating: "0", count: 64))
        #expect(other.status == 9 && code(other) == "integrity" && other.err.contains("--ca-pin"), "\(other.err)")
        let wrongModel = try verify("--ca-pin", cluster.pin, "--model", roster)
        #expect(wrongModel.status == 9 && wrongModel.err.contains("SHA-256"), "\(wrongModel.err)")
        #expect(try verify().status == 2)
        var changed = Array(text.utf8)
        changed[changed.count / 2] = changed[changed.count / 2] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
        try Data(changed).write(to: URL(fileURLWithPath: receipt))
        #expect(try verify("--ca-pin", cluster.pin).status == 9)
    }

    @Test func aDamagedFolderIsFound() throws {
        let cluster = try Cluster()
        _ = try idleSession(cluster, deadline: 600)
        let busy = try Programs.coordinator("check", cluster.data, "--json")
        #expect(busy.status == 1 && busy.err.contains("in use"), "\(busy.err)")
        #expect(cluster.end(SIGTERM) == 0)
        let sound = try Programs.coordinator("check", cluster.data, "--json")
        #expect(sound.status == 0 && (sound.data["counts"] as? [String: Any])?["session"] as? Int == 1, "\(sound.err)")
        let blob = try #require(try FileManager.default.contentsOfDirectory(atPath: cluster.data + "/blobs").first, "the first model")
        let path = cluster.data + "/blobs/" + blob
        var bytes = try #require(FileManager.default.contents(atPath: path))
        bytes[bytes.count / 2] ^= 1
        try bytes.write(to: URL(fileURLWithPath: path))
        let flipped = try Programs.coordinator("check", cluster.data, "--json")
        #expect(flipped.status == 9 && code(flipped) == "integrity" && flipped.err.contains(blob), "\(flipped.err)")
        try FileManager.default.removeItem(atPath: path)
        let missing = try Programs.coordinator("check", cluster.data)
        #expect(missing.status == 9 && missing.err.contains("missing"), "\(missing.err)")
        try Data(repeating: 0x55, count: 4096).write(to: URL(fileURLWithPath: cluster.data + "/tutti.sqlite"))
        #expect(try Programs.coordinator("check", cluster.data).status == 9)
    }

    @Test func aPlanSaysWhatASessionWouldCost() throws {
        let file = NSTemporaryDirectory() + "tutti-plan-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: file) }
        func plan(_ body: String, _ arguments: String...) throws -> Programs.Result {
            try Data(body.utf8).write(to: URL(fileURLWithPath: file))
            return try Programs.run(Programs.bin + "/tutti-coordinator", ["session", "plan", file, "--json"] + arguments)
        }
        let body = #"{"min_clients": 4, "rounds": 10, "client_fraction": 0.5, "round_deadline": 60, "model": {"kind": "mlp", "layers": [64, 128, 10]}}"#
        let planned = try plan(body, "--clients", "20").data
        #expect(planned["cohort"] as? Int == 10 && planned["parameters"] as? Int == 9610 && planned["bytes_down_per_client"] as? Int == 38_440)
        #expect(planned["expected_seconds"] is NSNull && planned["longest_seconds"] as? Double == 600)
        let wrong = try plan(#"{"min_clients": 0}"#)
        #expect(wrong.status == 3 && wrong.err.contains("min_clients"))
        // Two clients are asked for, and a sum takes more: the session would wait, and the plan is of those it waits for.
        let waits = try plan(#"{"secure_aggregation": true, "model": {"kind": "mlp", "layers": [64, 128, 10]}}"#)
        let needed = try #require(waits.data["clients_needed"] as? Int, "\(waits.err)")
        #expect(waits.status == 0 && needed >= 5 && waits.data["clients"] as? Int == needed && waits.data["waits"] is NSNull)
        #expect((waits.data["clients_needed_because"] as? String)?.contains("5 clients") == true)
        #expect((waits.data["server_sees"] as? String)?.contains("one sum over all members") == true)
        let short = try plan(#"{"min_clients": 2, "aggregation": "trimmed_mean", "secure_aggregation": true}"#, "--clients", "9")
        #expect(short.status == 0 && (short.data["waits"] as? String)?.contains("9 clients of") == true)
    }

    /// The code of every check of a doctor, also where one failed.
    private func codes(_ result: Programs.Result) -> [String: String] {
        let told = result.json["data"] as? [String: Any] ?? (result.json["error"] as? [String: Any])?["details"] as? [String: Any]
        let checks = (told?["checks"] as? [[String: Any]] ?? []).map { ($0["check"] as? String ?? "", $0["code"] as? String ?? "") }
        return Dictionary(checks) { $0 == "ok" ? $1 : $0 }
    }

    @Test func doctorsSayWhatToDo() throws {
        let cluster = try Cluster()
        let folder = try join(cluster, "client-01")
        func client(_ arguments: String...) throws -> Programs.Result {
            try Programs.run(Programs.bin + "/tutti-client", ["doctor", "--data", folder, "--json"] + arguments)
        }
        let well = try client("--dataset", "benchmarks/data/digits.csv")
        #expect(well.status == 0 && codes(well)["data set"] == "ok" && Set(codes(well).values) == ["ok"], "\(well.err)")
        let serving = try Programs.coordinator("doctor", cluster.data, "--json")
        #expect(serving.status == 0 && codes(serving)["admin key"] == "ok" && Set(codes(serving).values) == ["ok"], "\(serving.err)")
        // A shell's limit is that of what it starts.
        func limited(_ command: String) throws -> Programs.Result { try Programs.run("sh", ["-c", "ulimit -n 64; exec \(Programs.bin)/\(command) --json"]) }
        for (command, remedy) in [
            ("tutti-client doctor --data '\(folder)'", "ulimit -n 132"), ("tutti-coordinator doctor '\(cluster.data)'", "server.max_connections"),
        ] {
            let low = try limited(command)
            #expect(low.status == 0 && codes(low).filter { $0.value != "ok" } == ["open files": "descriptors_low"] && low.err.contains(remedy), "\(low.err)")
        }
        #expect(cluster.end(SIGTERM) == 0)
        let alone = try client("--dataset", "/nowhere.csv")
        #expect(alone.status == 1 && codes(alone)["coordinator"] == "port_closed" && codes(alone)["data set"] == "data_set_unreadable", "\(alone.err)")
        #expect(alone.err.contains("fail  coordinator       port_closed: "), "\(alone.err)")
        #expect(try Programs.coordinator("doctor", cluster.data).status == 0)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: cluster.data + "/ca.key")
        let open = try Programs.coordinator("doctor", cluster.data, "--json")
        #expect(open.status == 1 && open.err.contains("chmod 600") && code(open) == "failed" && codes(open)["ca.key"] == "key_exposed", "\(open.err)")
    }

    @Test func profileProdWantsToBeTold() throws {
        let folder = NSTemporaryDirectory() + "tutti-prod-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        func make(_ arguments: String...) throws -> Programs.Result {
            try Programs.run(Programs.bin + "/tutti-coordinator", ["init", folder, "--profile", "prod"] + arguments)
        }
        #expect(try make("--name", "fed.example.org").err.contains("--listen"))
        #expect(try make("--listen", "0.0.0.0:8443").status == 3)
        #expect(try make("--listen", "0.0.0.0:8443", "--name", "localhost").status == 3)
        let made = try make("--listen", "0.0.0.0:8443", "--name", "fed.example.org")
        #expect(made.status == 0, "\(made.err)")
        let key = try String(contentsOfFile: folder + "/admin.key", encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(!key.isEmpty && !(made.out + made.err).contains(key) && made.err.contains("admin.key"))
        let shown = try Programs.coordinator("config", "show", folder, "--json").data
        #expect((shown["server.profile"] as? [String: Any])?["value"] as? String == "prod")
        try Data("[server]\nprofile = \"prod\"\n".utf8).write(to: URL(fileURLWithPath: folder + "/config.toml"))
        let bare = try Programs.coordinator("serve", folder, "--json")
        #expect(bare.status == 3 && code(bare) == "configuration", "\(bare.err)")
    }

    @Test func aNodesOwnerHasTheLastWord() throws {
        let cluster = try Cluster()
        let folder = try join(cluster, "client-01")
        let session = try cluster.session(Self.waiting)
        try Data("[policy]\nmin_cohort = 10\n".utf8).write(to: URL(fileURLWithPath: folder + "/client.toml"))
        let run = try Programs.client("run", "--session", session, "--data", folder, "--dataset", "benchmarks/data/digits.csv", "--classes", "10", "--json")
        #expect(run.status == 3 && run.err.contains("policy.min_cohort"), "\(run.err)")
        #expect(!FileManager.default.fileExists(atPath: folder + "/sent.jsonl"))
        let shown = try Programs.client("config", "show", "--data", folder)
        #expect(shown.out.contains("policy.min_cohort = 10    # file: \(folder)/client.toml line 2"), "\(shown.out)")
        try Data("[policy]\nmin_cohorts = 10\n".utf8).write(to: URL(fileURLWithPath: folder + "/client.toml"))
        let typo = try Programs.client("config", "show", "--data", folder, "--json")
        #expect(typo.status == 3 && typo.err.contains("policy.min_cohort"), "\(typo.err)")
    }
}
