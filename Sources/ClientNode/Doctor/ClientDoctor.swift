package import Diagnosis
package import Foundation
import Trust
import TuttiConfiguration

/// Looks at a node: its folder, settings, identity, machine, and the coordinator it belongs to. Changes nothing, and asks nothing that
/// a fault found before would answer.
package struct ClientDoctor: Sendable {
    let data: String
    let now: @Sendable () -> Date
    /// Open files that one node takes: a control channel, a connection, its own files.
    private static let descriptors = 132

    /// - Parameters:
    ///   - data: the node's folder.
    ///   - now: this machine's clock.
    package init(data: String, now: @escaping @Sendable () -> Date = { Date() }) {
        self.data = data
        self.now = now
    }

    package func examine() async -> [Finding] {
        guard FileLook(data).isThere else {
            return [.fail("folder", .folderMissing, "\(data) does not exist.", "Give the folder that 'tutti-client join' made, or enrol: \(Self.join(data))")]
        }
        let settings = settings()
        var findings = [
            Finding.disk("disk", data, TrialWrite(in: data), freeBytes: Machine.freeBytes(data)),
            .descriptors("open files", limit: Machine.descriptors, wanted: Self.descriptors, for: "a node"), settings.finding,
        ]
        guard NodeIdentity.exists(in: data) else {
            return findings + [.fail("identity", .notEnrolled, "\(data) holds no identity.", Self.join(data))]
        }
        findings.append(.closed("identity folder", NodeIdentity.folder(data), FileLook(NodeIdentity.folder(data)), missing: Self.again(data)))
        findings += memory(settings.value)
        let (identity, own) = identity()
        findings += own
        guard let identity else { return findings }
        let usable = own.allSatisfy { $0.verdict != .fail } ? identity : nil
        return await findings + coordinator(identity.card, identity.authorityPEM, usable, settings.value)
    }

    private func settings() -> (finding: Finding, value: ClientSettings?) {
        do throws(ClientNodeError) {
            let settings = try ClientSettings.load(data: data)
            let sessions = settings.sessions.isEmpty ? "every session" : "\(settings.sessions.count) sessions"
            let words = "\(sessions) with at least \(settings.smallestCohort) clients, models up to \(settings.maximumModelBytes) bytes"
            return (.ok("client.toml", words), settings)
        } catch { return (.fail("client.toml", .settingsUnreadable, error.message, "\(error.remedy) tutti-client config show --data \(data)"), nil) }
    }

    /// What the node keeps besides its identity.
    private func memory(_ settings: ClientSettings?) -> [Finding] {
        var findings: [Finding] = []
        if FileLook(MemberKey.path(data)).isThere {
            let exposure = Finding.closed("member key", MemberKey.path(data), FileLook(MemberKey.path(data)), missing: "")
            if exposure.verdict == .fail {
                findings.append(exposure)
            } else {
                do throws(ClientNodeError) { findings.append(.ok("member key", try MemberKey.loadOrMake(in: data).text)) } catch {
                    findings.append(.fail("member key", .memberKeyDamaged, error.message, "\(MemberKey.path(data)): \(error.remedy)"))
                }
            }
        }
        if let settings, !settings.pinnedKeys.isEmpty {
            do throws(ClientNodeError) {
                _ = try ClientPolicy(settings, data: data)
                findings.append(.ok("pinned keys", "\(settings.pinnedKeys) can be used"))
            } catch { findings.append(.fail("pinned keys", .pinsUnusable, error.message, error.remedy)) }
        }
        do throws(ClientNodeError) { try NodeLedger.examine(data: data) } catch {
            findings.append(.fail("ledger", .ledgerDamaged, error.message, error.remedy))
        }
        return findings
    }

    static func join(_ data: String) -> String { "tutti-client join URL --token TOKEN --ca-pin sha256:HEX --data \(data)" }
    static func again(_ data: String) -> String {
        "Restore \(NodeIdentity.folder(data)) from a backup, or ask the operator for a new token and enrol in a new folder: tutti-client join"
    }
}
