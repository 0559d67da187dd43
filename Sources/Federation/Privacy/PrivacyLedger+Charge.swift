package import DifferentialPrivacy

extension PrivacyLedger {
    /// Pays for a round and allows its noise to be drawn, once: the two in one step, so that they become durable together.
    /// - Returns: what to make durable; nil: the round is paid for, and its noise is in what was sent, so that the same is released again.
    /// - Throws: `notReleasable` for another round that was paid for before: its noise may have been drawn, and a crash has lost it.
    package mutating func pay(_ charge: PrivacyCharge, tenant: String, by accountant: Accountant = .tighter) throws(PrivacyError) -> LedgerChange? {
        var keys: [LedgerKey] = []
        for member in charge.members { keys.append(try member.key(tenant: tenant)) }
        if let known = record(charge.id) {
            guard charge.isRepeatable, known.state == .released else {
                throw .notReleasable("round \(charge.id) was \(known.state.rawValue) before: what was paid is spent, and its noise is not drawn again")
            }
            // Refuses other participants and another release under the same id.
            return try self.charge(charge.id, to: keys, charge.release, within: charge.budget, by: accountant)
        }
        guard let paid = try self.charge(charge.id, to: keys, charge.release, within: charge.budget, by: accountant) else {
            throw .notReleasable("round \(charge.id) was charged before")
        }
        return LedgerChange(rows: paid.rows, record: try release(charge.id).record)
    }

    /// ε of the one of these that has lost most, as far as Rényi curves and loss distributions together can tell; nil: none is known.
    package func spent(_ members: [LedgerEntry], tenant: String, delta: Double) -> Double? {
        let rows = members.compactMap { (try? $0.key(tenant: tenant)).flatMap { row($0) } }
        // Most have the same history: the second accountant looks at the worst alone.
        return rows.max { $0.renyiEpsilon(delta: delta) < $1.renyiEpsilon(delta: delta) }.map { $0.epsilon(delta: delta) }
    }

    /// At every order the most that any of these has lost.
    package func past(_ members: [LedgerEntry], tenant: String) -> RenyiCurve {
        members.compactMap { (try? $0.key(tenant: tenant)).flatMap { row($0)?.curve } }.reduce(.zero) { RenyiCurve.larger($0, $1) }
    }
}
