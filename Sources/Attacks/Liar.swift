package import Learning

/// A client that lies, beside others that lie with it.
package struct Liar: Sendable {
    package let attack: Attack
    /// The rows of every honest client, for an attack that looks at their updates: the liars train on them what the honest clients
    /// would send, but for the order of the rows.
    package let honest: [Dataset]
    /// Clients that lie; together with the honest ones all of them.
    package let liars: Int

    /// - Parameter honest: not used by an attack that knows no more than its own rows.
    package init(_ attack: Attack, liars: Int = 1, honest: [Dataset] = []) throws(AttackError) {
        guard attack.knowledge == .own || !honest.isEmpty else { throw .needsHonestUpdates(attack.name) }
        guard liars >= 1 else { throw .parameter(field: "liars", value: "\(liars)", allowed: "at least 1") }
        self.attack = attack
        self.honest = attack.knowledge == .own ? [] : honest
        self.liars = liars
    }

    /// What the liar sends; nil when training was given up.
    ///
    /// - Parameters:
    ///   - rows: its own.
    ///   - seed: of its training in this round.
    ///   - values: the update's numbers.
    ///   - train: makes an honest update of rows, with everything random drawn from the seed.
    package func update<Update>(
        rows: Dataset, seed: UInt64, round: Int, values: WritableKeyPath<Update, [Float]>, train: (Dataset, UInt64) throws -> Update?
    ) throws -> Update? {
        let own = derivedSeed(seed, "attack")
        guard var update = try train(try attack.poisoned(rows, seed: own), seed) else { return nil }
        switch attack.knowledge {
        case .own: try attack.forge(&update[keyPath: values], seed: own)
        case .honestUpdates:
            var seen: [[Float]] = []
            for (index, rows) in honest.enumerated() {
                // All liars draw the same, and so see and send the same.
                guard let update = try train(rows, derivedSeed(UInt64(bitPattern: Int64(round)), "honest", "\(index)")) else { return nil }
                seen.append(update[keyPath: values])
            }
            let updates = try HonestUpdates(seen)
            var observer = MimicObserver(clients: seen.count, dimension: updates.mean.count, seed: derivedSeed(0, "mimic"))
            if attack == .mimic { try observer.observe(updates) }
            update[keyPath: values] = try attack.forged(updates, clients: seen.count + liars, liars: liars, copied: observer.copied)
        }
        return update
    }
}
