/// What one client's data set has lost so far, over all sessions.
package struct LedgerRow: Equatable, Codable, Sendable {
    package let key: LedgerKey
    /// What neighbours mean in all releases of this row.
    package let adjacency: Adjacency
    /// All releases together.
    package internal(set) var curve: RenyiCurve
    /// Which releases, and how many of each, in the order of their first; nil when they are of more kinds than are kept.
    package internal(set) var kinds: [Count]?

    package struct Count: Equatable, Hashable, Codable, Sendable {
        package let release: PrivateRelease
        package internal(set) var count: Int
    }

    init(_ key: LedgerKey, adjacency: Adjacency) { (self.key, self.adjacency, curve, kinds) = (key, adjacency, .zero, []) }

    /// ε at δ, from the curve alone.
    package func renyiEpsilon(delta: Double) -> Double { curve.epsilon(delta: delta) }

    /// The smaller ε of the two accountants; the second one takes up to seconds.
    package func epsilon(delta: Double) -> Double { min(renyiEpsilon(delta: delta), lossEpsilon(delta: delta) ?? .infinity) }

    func lossEpsilon(delta: Double) -> Double? {
        guard let kinds, delta >= Limits.deltaMin, delta < 1 else { return nil }
        return LossAccountant.epsilon(kinds.map { ($0.release, $0.count) }, delta: delta)
    }

    mutating func add(_ release: PrivateRelease, _ cost: RenyiCurve) {
        curve = curve + cost
        guard var known = kinds else { return }
        if let place = known.firstIndex(where: { $0.release == release }) {
            // A count that no accountant takes is as good as none.
            kinds = known[place].count < Limits.roundsMax ? known : nil
            kinds?[place].count += 1
        } else {
            known.append(Count(release: release, count: 1))
            kinds = known.count <= Limits.lossKindsMax ? known : nil
        }
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        key = try values.decode(LedgerKey.self, forKey: .key)
        adjacency = try values.decode(Adjacency.self, forKey: .adjacency)
        curve = try values.decode(RenyiCurve.self, forKey: .curve)
        kinds = try values.decodeIfPresent([Count].self, forKey: .kinds)
        let same = adjacency
        guard kinds?.allSatisfy({ (1...Limits.roundsMax).contains($0.count) && $0.release.model.adjacency == same }) ?? true else {
            throw DecodingError.dataCorruptedError(
                forKey: .kinds, in: values, debugDescription: "a count is outside 1 to \(Limits.roundsMax), or neighbours differ")
        }
    }

    private enum CodingKeys: CodingKey { case key, adjacency, curve, kinds }
}

/// One release and how far it got. States go charged → released or charged → forfeited, and never back.
package struct ReleaseRecord: Equatable, Codable, Sendable {
    package enum State: String, Codable, Sendable {
        /// Paid for; nothing was drawn.
        case charged
        /// The noise may be drawn, once. What becomes of it does not matter to the ledger any more.
        case released
        /// Paid for, and never to be drawn.
        case forfeited
    }

    /// Unique for ever: session, round and attempt, say.
    package let id: String
    package let release: PrivateRelease
    package let participants: Int
    /// Of the participants' names: tells a repeated charge from another one under the same id. Against mistakes, not against lies.
    package let fingerprint: UInt64
    package internal(set) var state: State
}

/// What has to be durable before anything else happens: rows and a record that take the place of those with the same key or id.
/// All of it in one transaction.
package struct LedgerChange: Equatable, Sendable {
    package let rows: [LedgerRow]
    package let record: ReleaseRecord

    package init(rows: [LedgerRow], record: ReleaseRecord) { (self.rows, self.record) = (rows, record) }
}
