internal import Compute
internal import CryptoSuite
internal import Federation
import Foundation
internal import Logging
internal import Receipts
internal import Storage
internal import StrictJSON
internal import Trust

/// What a receipt is made with besides its session.
struct Notary: Sendable {
    var identities: any IdentityStore
    var authorities: any AuthorityKeeper
    var random: RandomSource
}

// Who vouches for the session afterwards. A receipt that cannot be stored now is made when it is asked for: no round depends on it, so
// nothing ends over it.
extension SessionHost {
    /// After the end: made once, and stored.
    func leaveReceipt() async {
        do throws(FederationFailure) { _ = try await receipt() } catch {
            around.log.warning("the receipt is made when it is asked for", metadata: ["session": "\(id)", "cause": "\(error)"])
        }
    }

    func receipt() async throws(FederationFailure) -> SessionReceipt {
        if let digest = machine.session.receipt { return try await stored(digest) }
        guard machine.session.status.isFinal else { return try await made(of: machine.session).receipt }
        // Its members are told of the end before the last of it is done.
        for _ in 0..<Limits.closingLooks where !isClosed { try? await Task.sleep(for: .milliseconds(10)) }
        guard isClosed else { throw .unavailable("the session is just ending; ask again", retryAfterSeconds: Limits.unavailableRetrySeconds) }
        let task =
            makingReceipt
            ?? Task {
                do throws(FederationFailure) { return .success(try await madeForGood()) } catch { return .failure(error) }
            }
        makingReceipt = task
        let result = await task.value
        makingReceipt = nil
        return try result.get()
    }

    private func madeForGood() async throws(FederationFailure) -> SessionReceipt {
        let (receipt, bytes) = try await made(of: machine.session)
        do throws(StorageError) {
            let digest = try await around.blobs.put(bytes)
            var record = machine.session
            record.receipt = digest
            try await around.sessions.apply([.session(record)], session: id, tenant: tenant)
            machine.keep(receipt: digest)
        } catch { throw storageFailure(error, around.log) }
        return receipt
    }

    private func stored(_ digest: String) async throws(FederationFailure) -> SessionReceipt {
        let bytes: [UInt8]?
        do { bytes = try await around.blobs.get(digest) } catch { throw storageFailure(error, around.log) }
        guard let kept = bytes.flatMap({ try? JSON(parsing: $0) }), let text = kept["receipt"]?.text, let roster = kept["roster"] else {
            throw .internalError("the receipt \(digest) of \(id) cannot be read")
        }
        return SessionReceipt(text: text, roster: roster)
    }

    // MARK: Making

    /// - Returns: also the bytes that are stored.
    private func made(of record: SessionRecord) async throws(FederationFailure) -> (receipt: SessionReceipt, bytes: [UInt8]) {
        guard let notary = around.notary else { throw .internalError("nobody signs receipts here") }
        let given = machine.given
        let snapshot: SessionSnapshot?
        let rounds: [ReceiptRound]
        let nodes: [NodeRecord]
        do throws(StorageError) {
            snapshot = try await around.sessions.snapshot(id, tenant: tenant)
            rounds = try await committedRounds()
            nodes = try await notary.identities.nodes(tenant: tenant)
        } catch { throw storageFailure(error, around.log) }
        guard let snapshot else { throw .notFound("session \(id)") }
        let roster = ReceiptRoster(record, snapshot.members, nodes, salt: notary.random.bytes(32))
        let now = around.now()
        // A running session may have gone on since its rounds were read.
        let newest = rounds.last.map { (digest: $0.model, round: $0.round) }
        let model = given.map { $0.round <= rounds.count ? $0 : newest ?? $0 }
        let result = await around.pool.run { [initialModel = snapshot.initialModel] () -> Result<(SessionReceipt, [UInt8]), any Error> in
            Result {
                let content = ReceiptContent(
                    madeAt: now.milliseconds, session: .init(record), configuration: record.receiptConfiguration, roster: try roster.digest(),
                    initialModel: initialModel, rounds: rounds,
                    model: model.map { .init(round: $0.round, sha256: $0.digest, selectedBy: record.chosen?.reason.rawValue) },
                    protection: record.receiptProtection(epsilon: rounds.compactMap(\.epsilon).last))
                let signer = try notary.authorities.current.signing.documentSigner(
                    try DocumentSubject(tenant: record.tenant, session: record.id), now: Date(timeIntervalSince1970: Double(now.milliseconds) / 1000),
                    random: notary.random)
                let receipt = SessionReceipt(text: try Receipt(content, by: signer).text, roster: roster.json)
                return (receipt, try JSON.object([.init("receipt", .string(receipt.text)), .init("roster", receipt.roster)]).canonical())
            }
        }
        switch result {
        case .success(let made): return made
        case .failure(let error): throw .internalError("the receipt of \(id) cannot be made: \(error)")
        }
    }

    private func committedRounds() async throws(StorageError) -> [ReceiptRound] {
        var rounds: [ReceiptRound] = []
        var after = 0
        while true {
            let page = try await around.sessions.rounds(id, tenant: tenant, after: after, limit: Limits.receiptPage)
            let isLast = page.count < Limits.receiptPage
            // A full page may end in the middle of a round.
            let whole = isLast ? page[...] : page.prefix { $0.round < page.last?.round ?? 0 }
            rounds += whole.compactMap { ReceiptRound($0) }
            guard !isLast, let last = whole.last else { return rounds }
            after = last.round
        }
    }
}

extension ReceiptRound {
    /// nil for an attempt that was given up.
    fileprivate init?(_ record: RoundRecord) {
        guard record.state == .committed, let outcome = record.outcome, let model = outcome.model else { return nil }
        let opened = outcome.secure?.groupSizes.filter { $0 > 0 }
        self.init(
            round: record.round, attempts: record.attempt, parent: record.baseModel, model: model, selected: outcome.selected,
            contributors: outcome.contributors, smallestGroup: opened.map { $0.min() ?? 0 }, epsilon: outcome.epsilon, endedAt: outcome.endedAt.milliseconds)
    }
}

extension ReceiptContent.Session {
    fileprivate init(_ record: SessionRecord) {
        self.init(
            id: record.id, tenant: record.tenant, status: record.status.rawValue, reason: record.statusReason, isFinal: record.status.isFinal,
            createdAt: record.createdAt.milliseconds, startedAt: record.startedAt?.milliseconds, endedAt: record.endedAt?.milliseconds)
    }
}

extension ReceiptRoster {
    fileprivate init(_ record: SessionRecord, _ members: [MemberRecord], _ nodes: [NodeRecord], salt: [UInt8]) {
        let certificates = Dictionary(nodes.map { ($0.name, hexadecimal($0.held.fingerprint)) }, uniquingKeysWith: { $1 })
        let keys = record.memberKeys
        self.init(
            session: record.id,
            members: members.map {
                Member(
                    client: $0.client, rows: $0.dataSize, joinedAt: $0.joinedAt.milliseconds,
                    certificate: $0.updateTokenHash == nil ? certificates[$0.client] : nil, memberKey: keys[$0.client])
            }, salt: salt)
    }
}
