import FaultHarness
import Foundation
import StrictJSON
import Testing

/// `kill -9` while keys are made, rotated and used: what was acknowledged is there afterwards, and opens what it sealed.
@Suite(.serialized) struct VaultKillTests {
    private static let path = "/quantum-encryption"
    private static let kills = 12

    /// A message that was sealed to a version of a key, both of them acknowledged.
    private struct Sealed {
        var key: String
        var version: Int64
        var data: String
        var plain: String
    }

    /// Makes, rotates and seals until a call fails: the coordinator was killed. What was acknowledged until then is kept.
    private func work(_ administrator: Administrator, _ number: Int) async -> (sealed: [Sealed], versions: [String: Int64]) {
        var (sealed, versions): ([Sealed], [String: Int64]) = ([], [:])
        do {
            for step in 0..<10_000 {
                let made = try await administrator.post(Self.path + "/keys/generate", ["algorithm": "ml_kem_768"])
                guard let key = made["key_id"]?.text else { throw Missing(what: "a key in \(made.encodedText)") }
                versions[key] = 1
                for version in 1...2 as ClosedRange<Int64> {
                    if version == 2 {
                        _ = try await administrator.post("\(Self.path)/keys/\(key)/rotate", [:])
                        versions[key] = 2
                    }
                    let plain = "message \(number).\(step).\(version)"
                    let reply = try await administrator.post(Self.path + "/encrypt", ["key_id": .string(key), "data": .string(plain)])
                    guard let data = reply["encrypted_data"]?.text else { throw Missing(what: "a message in \(reply.encodedText)") }
                    sealed.append(Sealed(key: key, version: version, data: data, plain: plain))
                }
            }
        } catch {}
        return (sealed, versions)
    }

    @Test func whatWasAcknowledgedOpensAfterEveryKill() async throws {
        let cluster = try Cluster()
        var (sealed, versions): ([Sealed], [String: Int64]) = ([], [:])
        for number in 1...Self.kills {
            let administrator = try Administrator(url: cluster.url, data: cluster.data)
            let working = Task { await work(administrator, number) }
            // Moments from the first call to some keys later, the same ones at every run.
            try await Task.sleep(for: .milliseconds(20 + number * 7919 % 400))
            _ = cluster.end(SIGKILL)
            let done = await working.value
            await administrator.shutdown()
            sealed += done.sealed
            versions.merge(done.versions) { $1 }
            try cluster.serve()
        }
        #expect(!sealed.isEmpty, "nothing was acknowledged between \(Self.kills) kills")
        let administrator = try Administrator(url: cluster.url, data: cluster.data)
        var failures: [String] = []
        for one in sealed {
            let body: JSON = ["key_id": .string(one.key), "encrypted_data": .string(one.data)]
            let opened = try? await administrator.post(Self.path + "/decrypt", body)
            if opened?["data"]?.text != one.plain || opened?["key_version"]?.whole != one.version { failures.append("\(one.key) \(one.plain)") }
        }
        for (key, version) in versions.sorted(by: { $0.key < $1.key }) {
            let facts = await administrator.get("\(Self.path)/keys/\(key)/export-public?key_version=\(version)")
            if facts == nil { failures.append("\(key) has lost version \(version)") }
        }
        await administrator.shutdown()
        #expect(failures.isEmpty, "\(failures.count): \(failures.prefix(5))")
        #expect(cluster.end(SIGTERM) == 0)
        // Every row, every seal, and the audit's tree with an entry for every use.
        let check = try Programs.coordinator("check", cluster.data)
        #expect(check.status == 0, "\(check.err)")
        print("\(Self.kills) kills of the vault, \(versions.count) keys and \(sealed.count) messages acknowledged, all there")
    }
}
