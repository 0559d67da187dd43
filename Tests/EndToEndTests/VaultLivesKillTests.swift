import FaultHarness
import Foundation
import StrictJSON
import Testing

/// `kill -9` through all that happens to a key: versions are given up, keys revoked, secrets exchanged, the master key replaced, a backup taken.
/// What was acknowledged holds afterwards, and in the backup, too, with a master key in a file and with one in a token.
@Suite(.serialized) struct VaultLivesKillTests {
    private static let path = "/quantum-encryption"
    private static let kills = 8

    /// What was acknowledged. What a call was under way for when the kill came is in none of these: it may have happened or not.
    private struct Acknowledged {
        struct Message {
            var key, data, plain: String
        }
        var opens: [Message] = []
        /// Its version was given up.
        var isLost: [Message] = []
        var revoked: [String] = []
        /// What the initiator decapsulates, by exchange.
        var exchanges: [String: String] = [:]
    }

    private func work(_ administrator: Administrator, _ number: Int, hardware: Bool) async -> Acknowledged {
        var seen = Acknowledged()
        func sealed(_ key: String, _ plain: String) async throws -> Acknowledged.Message {
            let reply = try await administrator.post(Self.path + "/encrypt", ["key_id": .string(key), "data": .string(plain)])
            guard let data = reply["encrypted_data"]?.text else { throw Missing(what: "a message in \(reply.encodedText)") }
            return Acknowledged.Message(key: key, data: data, plain: plain)
        }
        do {
            for step in 0..<10_000 {
                let body: JSON = ["algorithm": "ml_kem_768", "hsm_backed": .bool(hardware), "backup_enabled": true]
                let made = try await administrator.post(Self.path + "/keys/generate", body)
                guard let key = made["key_id"]?.text, let pem = made["public_key"] else { throw Missing(what: "a key in \(made.encodedText)") }
                if hardware, made["hsm_mode"] != "wrapped" { throw Missing(what: "a wrapped key in \(made.encodedText)") }
                let first = try await sealed(key, "first \(number).\(step)")
                seen.opens.append(first)
                let exchange = try await administrator.post(
                    Self.path + "/key-exchange", ["initiator_id": "somebody", "public_key": pem, "session_parameters": ["session_timeout": 86_400]])
                if let id = exchange["session_id"]?.text { seen.exchanges[id] = exchange["encapsulated_key"]?.text }
                seen.opens.removeLast()
                _ = try await administrator.post("\(Self.path)/keys/\(key)/rotate", ["min_version": 2])
                seen.isLost.append(first)
                seen.opens.append(try await sealed(key, "second \(number).\(step)"))
                guard step % 2 == 1 else { continue }
                seen.opens.removeLast()
                _ = try await administrator.post("\(Self.path)/keys/\(key)/revoke", ["reason": "a drill"])
                seen.isLost.removeLast()
                seen.revoked.append(key)
            }
        } catch {}
        return seen
    }

    private func failures(_ seen: Acknowledged, _ administrator: Administrator) async -> [String] {
        var failures: [String] = []
        for one in seen.opens {
            let opened = try? await administrator.post(Self.path + "/decrypt", ["key_id": .string(one.key), "encrypted_data": .string(one.data)])
            if opened?["data"]?.text != one.plain { failures.append("\(one.plain) does not open") }
        }
        for one in seen.isLost {
            let opened = try? await administrator.post(Self.path + "/decrypt", ["key_id": .string(one.key), "encrypted_data": .string(one.data)])
            let facts = await administrator.get("\(Self.path)/keys/\(one.key)")
            if opened != nil || facts?["min_version"] != 2 { failures.append("\(one.plain) is not given up") }
        }
        for key in seen.revoked where await administrator.get("\(Self.path)/keys/\(key)")?["status"] != "revoked" { failures.append("\(key) is not revoked") }
        for (id, encapsulated) in seen.exchanges.sorted(by: { $0.key < $1.key })
        where await administrator.get("\(Self.path)/key-exchange/\(id)")?["encapsulated_key"]?.text != encapsulated {
            failures.append("\(id) has lost its secret")
        }
        return failures
    }

    private func live(_ settings: String?, hardware: Bool) async throws {
        let cluster = try Cluster(settings: settings)
        var seen = Acknowledged()
        for number in 1...Self.kills {
            let administrator = try Administrator(url: cluster.url, data: cluster.data)
            let working = Task { await work(administrator, number, hardware: hardware) }
            // The same moments at every run.
            try await Task.sleep(for: .milliseconds(40 + number * 7919 % 600))
            _ = cluster.end(SIGKILL)
            let done = await working.value
            await administrator.shutdown()
            seen.opens += done.opens
            seen.isLost += done.isLost
            seen.revoked += done.revoked
            seen.exchanges.merge(done.exchanges) { $1 }
            if number.isMultiple(of: 2), !hardware {
                // The master key is replaced, and that is killed, too, in its midst or before. Not with SoftHSM, which empties its
                // own file for a moment at every login: a kill in that moment is the end of the token, whoever logs in.
                let rotating = try Programs.process(
                    Programs.bin + "/tutti-coordinator", ["secrets", "rotate", cluster.data], log: cluster.folder + "/rotate.log")
                try rotating.run()
                // Every other one comes to its end, however slow the machine is.
                if !number.isMultiple(of: 4) {
                    try await Task.sleep(for: .milliseconds(number * 7919 % 150))
                    kill(rotating.processIdentifier, SIGKILL)
                }
                rotating.waitUntilExit()
            }
            try cluster.serve()
        }
        #expect(!seen.opens.isEmpty && !seen.exchanges.isEmpty, "too little was acknowledged between \(Self.kills) kills")
        let backup = cluster.folder + "/backup"
        let taken = try Programs.coordinator("backup", cluster.data, backup)
        #expect(taken.status == 0, "\(taken.err)")
        let administrator = try Administrator(url: cluster.url, data: cluster.data)
        let here = await failures(seen, administrator)
        await administrator.shutdown()
        #expect(here.isEmpty, "\(here.count): \(here.prefix(5))")
        _ = cluster.end(SIGKILL)
        let check = try Programs.coordinator("check", cluster.data)
        #expect(check.status == 0, "\(check.err)")

        let restored = try Programs.coordinator("restore", backup, cluster.folder + "/restored")
        #expect(restored.status == 0, "\(restored.err)")
        let second = try Cluster(serving: cluster.folder + "/restored")
        let other = try Administrator(url: second.url, data: cluster.folder + "/restored")
        let there = await failures(seen, other)
        await other.shutdown()
        #expect(there.isEmpty, "restored, \(there.count): \(there.prefix(5))")
        #expect(second.end(SIGTERM) == 0)
        print(
            "\(Self.kills) kills\(hardware ? " with a token" : ""): \(seen.opens.count) messages open, \(seen.isLost.count) are given up, "
                + "\(seen.revoked.count) keys revoked, \(seen.exchanges.count) exchanges, here and restored")
    }

    @Test func whatWasAcknowledgedHoldsWithAFile() async throws { try await live(nil, hardware: false) }

    @Test(.enabled(if: SoftToken.isThere, Comment(rawValue: SoftToken.absence)))
    func whatWasAcknowledgedHoldsWithAToken() async throws {
        let pin = NSTemporaryDirectory() + "tutti-pin-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: pin) }
        let isWritten = FileManager.default.createFile(atPath: pin, contents: Data(SoftToken.pinText.utf8), attributes: [.posixPermissions: 0o600])
        #expect(isWritten)
        let settings = """
            [trust]
            pkcs11_module = "\(SoftToken.module ?? "")"
            pkcs11_token = "tutti-kills"
            pkcs11_pin_file = "\(pin)"

            """
        try await live(settings, hardware: true)
    }
}
