/// The account of all that was lost: a value that decides and does nothing. Every answer is a change to be made durable first.
///
/// `charge` comes before the noise is drawn and `release` before the noise leaves. A crash in between loses the round and never the
/// account: what is charged stays charged, and no release is allowed twice.
package struct PrivacyLedger: Sendable {
    private var rows: [LedgerKey: LedgerRow] = [:]
    private var records: [String: ReleaseRecord] = [:]

    package init() {}

    /// From what was stored.
    package init(rows: [LedgerRow], records: [ReleaseRecord]) throws(PrivacyError) {
        for row in rows {
            guard self.rows.updateValue(row, forKey: row.key) == nil else {
                throw .contradiction("client \(row.key.client) has two rows for dataset \(row.key.dataset)")
            }
        }
        for record in records {
            guard self.records.updateValue(record, forKey: record.id) == nil else { throw .contradiction("release \(record.id) has two records") }
        }
    }

    package func row(_ key: LedgerKey) -> LedgerRow? { rows[key] }
    package func record(_ id: String) -> ReleaseRecord? { records[id] }
    /// By key.
    package var allRows: [LedgerRow] { rows.values.sorted { $0.key < $1.key } }

    /// Pays for a release with everybody's budget, or with nobody's.
    ///
    /// With a sampled model everybody who might have been drawn pays; where cohorts are known, those who were.
    /// - Parameters:
    ///   - budget: what each of these data sets may lose in all, earlier sessions included.
    ///   - accountant: whose ε counts; the one the plan was made with.
    /// - Returns: what to make durable; nil where this very charge stands already.
    /// - Throws: `budgetExhausted` for the first key, in order, that it would take too far; `contradiction` for another charge under
    ///   a known id; `invalid`.
    package mutating func charge(
        _ id: String, to keys: [LedgerKey], _ release: PrivateRelease, within budget: PrivacyBudget, by accountant: Accountant = .tighter
    ) throws(PrivacyError) -> LedgerChange? {
        guard !id.isEmpty, id.utf8.count <= Limits.nameBytesMax else {
            throw .invalid(field: "release_id", problem: "an id has 1 to \(Limits.nameBytesMax) bytes")
        }
        guard !keys.isEmpty, keys.count <= Limits.participantsMax else {
            throw .invalid(field: "participants", problem: "\(keys.count): a release is charged to 1 to \(Limits.participantsMax) data sets")
        }
        let participants = Set(keys).sorted()
        let record = ReleaseRecord(id: id, release: release, participants: participants.count, fingerprint: fingerprint(participants), state: .charged)
        if let known = records[id] {
            guard known.release == release, known.participants == record.participants, known.fingerprint == record.fingerprint else {
                throw .contradiction("release \(id) was charged before with other noise or other participants: give every release an id of its own")
            }
            return nil
        }
        let cost = release.renyiCurve
        var (changed, judged): ([LedgerRow], [[LedgerRow.Count]: Double]) = ([], [:])
        for key in participants {
            var row = rows[key] ?? LedgerRow(key, adjacency: release.model.adjacency)
            guard row.adjacency == release.model.adjacency else {
                throw .invalid(
                    field: "adjacency",
                    problem: "dataset \(key.dataset) of client \(key.client) is accounted by \(row.adjacency.rawValue), which does not add up with "
                        + "\(release.model.adjacency.rawValue): plan the session with \(row.adjacency.rawValue)")
            }
            row.add(release, cost)
            let epsilon = Self.epsilon(row, budget, accountant, &judged)
            guard epsilon <= budget.epsilon else { throw .budgetExhausted(key, epsilonWouldBe: epsilon, budget: budget) }
            changed.append(row)
        }
        for row in changed { rows[row.key] = row }
        records[id] = record
        return LedgerChange(rows: changed, record: record)
    }

    /// Allows the noise of a charged release to be drawn: once, and only after the change is durable.
    package mutating func release(_ id: String) throws(PrivacyError) -> LedgerChange { try move(id, to: .released) }

    /// Gives a charged release up: it stays paid for and is never drawn.
    package mutating func forfeit(_ id: String) throws(PrivacyError) -> LedgerChange { try move(id, to: .forfeited) }

    private mutating func move(_ id: String, to state: ReleaseRecord.State) throws(PrivacyError) -> LedgerChange {
        guard var record = records[id] else { throw .notReleasable("release \(id) was never charged: charge it first") }
        guard record.state == .charged else {
            throw .notReleasable("release \(id) is \(record.state.rawValue) already, and noise is drawn once: charge a new release")
        }
        record.state = state
        records[id] = record
        return LedgerChange(rows: [], record: record)
    }

    /// The second accountant is asked only where the first one says no, and once for all rows with the same history.
    private static func epsilon(_ row: LedgerRow, _ budget: PrivacyBudget, _ accountant: Accountant, _ judged: inout [[LedgerRow.Count]: Double]) -> Double {
        let renyi = accountant == .lossDistribution ? .infinity : row.renyiEpsilon(delta: budget.delta)
        guard renyi > budget.epsilon, accountant != .renyi, let kinds = row.kinds else { return renyi }
        if let known = judged[kinds] { return min(renyi, known) }
        let loss = row.lossEpsilon(delta: budget.delta) ?? .infinity
        judged[kinds] = loss
        return min(renyi, loss)
    }
}

/// FNV-1a over the names, each with an end that no UTF-8 has.
private func fingerprint(_ keys: [LedgerKey]) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for key in keys {
        for name in [key.tenant, key.client, key.dataset] {
            for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
            hash = (hash ^ 0xFF) &* 0x0000_0100_0000_01B3
        }
    }
    return hash
}
