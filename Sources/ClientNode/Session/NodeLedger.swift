import DifferentialPrivacy
import Federation
import Foundation

/// A node's own account of what its rows have lost, in all sessions: kept in its folder, whatever the coordinator keeps.
actor NodeLedger {
    private struct Kept: Codable {
        var rows: [LedgerRow] = []
        var releases: [ReleaseRecord] = []
    }

    private let path: String
    private let key: LedgerKey
    private let cap: PrivacyBudget
    private var kept: Kept
    private var ledger: ClientPrivacyLedger

    /// - Parameter cap: what the rows may lose at most; nil: any sum is borne, and counted.
    init(data: String, card: NodeIdentity.Card, dataset: String, cap: Double?, delta: Double) throws(ClientNodeError) {
        path = Self.path(data)
        let stored = try Self.read(path)
        do {
            key = try LedgerKey(tenant: card.tenant, client: card.client, dataset: dataset)
            self.cap = try PrivacyBudget(epsilon: cap ?? .greatestFiniteMagnitude, delta: delta)
            ledger = try ClientPrivacyLedger(cap: self.cap, rows: stored.rows, records: stored.releases)
        } catch { throw ClientNodeError(.configuration, "\(error)", remedy: "Look at policy.max_epsilon, policy.delta and data.name in client.toml.") }
        kept = stored
    }

    private static func path(_ data: String) -> String { data + "/privacy.ledger" }

    private static func read(_ path: String) throws(ClientNodeError) -> Kept {
        guard let payload = try DurableFile.read(path) else { return Kept() }
        do { return try JSONDecoder().decode(Kept.self, from: Data(payload)) } catch {
            throw ClientNodeError(
                .integrity, "\(path) cannot be read: \(error).",
                remedy: "Restore it from a backup. Without it this node cannot know what its rows have lost already.")
        }
    }

    /// - Throws: when what lies there is not what was written.
    static func examine(data: String) throws(ClientNodeError) { _ = try read(path(data)) }

    /// Counts a round, durably. nil: it is counted; else why it may not be taken part in.
    func pay(_ claim: PrivacyClaim) throws(ClientNodeError) -> String? {
        var next = ledger
        let change: LedgerChange?
        do { change = try next.admit(claim.id, key, try claim.release()) } catch { return "\(error)" }
        guard let change else { return nil }
        var after = kept
        for row in change.rows {
            after.rows.removeAll { $0.key == row.key }
            after.rows.append(row)
        }
        after.releases.append(change.record)
        do { try DurableFile.write([UInt8](try JSONEncoder().encode(after)), to: path) } catch {
            throw error as? ClientNodeError ?? ClientNodeError(.failed, "The ledger cannot be encoded: \(error).", remedy: "Report this as a bug.")
        }
        (kept, ledger) = (after, next)
        return nil
    }
}
