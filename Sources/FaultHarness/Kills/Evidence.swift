internal import CryptoSuite
internal import Federation
internal import Foundation
internal import Storage
internal import StrictJSON
internal import Trust

/// What a node's own log says it sent and has receipts for.
struct Sent {
    struct Line: Hashable {
        var session: String
        var round: Int
        var attempt: Int
        var sha256: String
    }
    var updates: [Line] = []
    var receipts: [Line] = []

    /// A line that a kill cut short is none.
    init(log path: String) {
        for text in (FileManager.default.contents(atPath: path) ?? Data()).split(separator: UInt8(ascii: "\n")) {
            guard let line = try? JSON(parsing: [UInt8](text)), let what = line["what"]?.text, let session = line["session"]?.text,
                let round = line["round"]?.whole, let attempt = line["attempt"]?.whole, let digest = line["sha256"]?.text
            else { continue }
            let found = Line(session: session, round: Int(round), attempt: Int(attempt), sha256: digest)
            if what == "update" { updates.append(found) }
            if what == "receipt" { receipts.append(found) }
        }
    }
}

/// Compares what the clients know with what the coordinator's store holds, when the session is over and nobody serves.
struct Evidence {
    let session: String
    /// What each node's log says, by its name.
    let nodes: [String: Sent]
    /// Rounds that were told as committed while the session ran, with their models.
    let told: [Int: String]

    func judge(folder: String, _ report: inout KillReport) async throws {
        let store = try SQLiteStore(folder: folder, suite: .system)
        let damages = try await store.verify(folder: folder, suite: .system).damages
        report.damages += damages.count
        report.problems += damages
        let tenant = "default"
        let committed = try await store.rounds(session, tenant: tenant, after: 0, limit: 100_000).filter { $0.state == .committed }
        judgeRounds(committed, &report)
        for (name, sent) in nodes.sorted(by: { $0.key < $1.key }) {
            for receipt in Set(sent.receipts.filter { $0.session == session }) {
                report.acknowledged += 1
                let kept = try await store.contribution(
                    ContributionKey(tenant: tenant, session: session, round: receipt.round, attempt: receipt.attempt, client: name))
                if kept.map({ hexadecimal($0.record.digest) }) != receipt.sha256 {
                    report.acknowledgedLost += 1
                    report.problems.append("the update of \(name) for round \(receipt.round).\(receipt.attempt) has a receipt and is not in the store")
                }
            }
        }
        for round in committed { try await judgeCounts(round, store, tenant, &report) }
        await store.close()
    }

    private func judgeRounds(_ committed: [RoundRecord], _ report: inout KillReport) {
        report.roundsCommitted += committed.count
        report.retried += committed.count { $0.attempt > 1 }
        for (round, model) in told.sorted(by: { $0.key < $1.key })
        where committed.first(where: { $0.round == round })?.outcome?.model != model {
            report.committedLost += 1
            report.problems.append("round \(round) was told as committed and is gone, or has another model")
        }
        if Set(committed.map(\.round)).count != committed.count {
            report.doubleCounted += 1
            report.problems.append("a round was committed twice")
        }
    }

    /// As many contributions lie in the store as the round says it has counted, each sent by its client as it lies there, and no client
    /// has sent two that differ.
    private func judgeCounts(_ round: RoundRecord, _ store: SQLiteStore, _ tenant: String, _ report: inout KillReport) async throws {
        var counted = 0
        for (name, sent) in nodes.sorted(by: { $0.key < $1.key }) {
            let digests = Set(sent.updates.filter { $0.session == session && $0.round == round.round && $0.attempt == round.attempt }.map(\.sha256))
            let kept = try await store.contribution(
                ContributionKey(tenant: tenant, session: session, round: round.round, attempt: round.attempt, client: name))
            if digests.count > 1 {
                report.doubleCounted += 1
                report.problems.append("\(name) sent \(digests.count) updates that differ for round \(round.round).\(round.attempt)")
            }
            guard let kept, kept.counts else { continue }
            counted += 1
            if !digests.contains(hexadecimal(kept.record.digest)) {
                report.doubleCounted += 1
                report.problems.append("round \(round.round) counts an update of \(name) that it did not send")
            }
        }
        // Keys are in memory only: where too many die between the seal and the unmasking, nobody can open the sum, and nobody counts.
        if round.outcome?.secure?.isUnchanged == true, round.outcome?.model == round.baseModel, round.outcome?.contributors == 0 {
            report.closedUnchanged += 1
            return
        }
        if round.outcome?.contributors != counted {
            report.doubleCounted += 1
            report.problems.append("round \(round.round) says \(round.outcome?.contributors ?? -1) contributors, and \(counted) lie in the store")
        }
    }
}
