/// The honest clients' updates of a round, as liars see them that know everything: the strongest assumption of the papers.
package struct HonestUpdates: Sendable {
    package let updates: [[Float]]
    package let mean: [Double]
    /// Of each coordinate, the sample's (divided by count − 1, as in ByzFL); 0 of one update.
    package let deviation: [Double]

    package init(_ updates: [[Float]]) throws(AttackError) {
        guard let dimension = updates.first?.count else {
            throw .parameter(field: "honest updates", value: "0", allowed: "at least one update")
        }
        for (index, update) in updates.enumerated() {
            guard update.count == dimension else { throw .dimension(index: index, has: update.count, needs: dimension) }
            if let bad = update.firstIndex(where: { !$0.isFinite }) { throw .notFinite(update: index, coordinate: bad) }
        }
        let count = Double(updates.count)
        var mean = [Double](repeating: 0, count: dimension)
        for update in updates { for j in 0..<dimension { mean[j] += Double(update[j]) } }
        for j in 0..<dimension { mean[j] /= count }
        var deviation = [Double](repeating: 0, count: dimension)
        for update in updates { for j in 0..<dimension { deviation[j] += (Double(update[j]) - mean[j]) * (Double(update[j]) - mean[j]) } }
        for j in 0..<dimension { deviation[j] = (deviation[j] / max(1, count - 1)).squareRoot() }
        self.updates = updates
        self.mean = mean
        self.deviation = deviation
    }
}

extension Attack {
    /// What all liars of a round send, for an attack that sees the honest updates.
    ///
    /// - Parameters:
    ///   - liars: how many of the `clients` lie.
    ///   - copied: the honest update that `mimic` repeats.
    package func forged(_ honest: HonestUpdates, clients: Int, liars: Int, copied: Int = 0) throws(AttackError) -> [Float] {
        switch self {
        case .littleIsEnough(let given):
            let z: Double
            if let given { z = given } else { z = try littleIsEnoughZ(clients: clients, liars: liars) }
            guard z.isFinite else { throw .parameter(field: "z", value: "\(z)", allowed: "a finite number") }
            return zip(honest.mean, honest.deviation).map { bounded($0 - z * $1) }
        case .innerProduct(let factor):
            guard factor.isFinite, factor > 0 else { throw .parameter(field: "factor", value: "\(factor)", allowed: "above 0 and finite") }
            return honest.mean.map { bounded(-factor * $0) }
        case .minMax(let perturbation):
            let direction = perturbation.direction(honest)
            return along(honest.mean, direction, minMaxLength(honest, direction))
        case .minSum(let perturbation):
            let direction = perturbation.direction(honest)
            return along(honest.mean, direction, minSumLength(honest, direction))
        case .mimic:
            guard honest.updates.indices.contains(copied) else {
                throw .parameter(field: "copied", value: "\(copied)", allowed: "0 to \(honest.updates.count - 1)")
            }
            return honest.updates[copied]
        case .signFlip, .gaussian, .labelFlip, .scaling, .backdoor:
            throw .parameter(field: "attack", value: name, allowed: "one that sees the honest updates; this one is made by `forge`")
        }
    }
}

private func along(_ mean: [Double], _ direction: [Double], _ length: Double) -> [Float] {
    zip(mean, direction).map { bounded($0 + length * $1) }
}

extension Attack.Perturbation {
    func direction(_ honest: HonestUpdates) -> [Double] {
        switch self {
        case .inverseUnit:
            let norm = dot(honest.mean, honest.mean).squareRoot()
            return honest.mean.map { norm > 0 ? -$0 / norm : 0 }
        case .inverseDeviation: return honest.deviation.map { -$0 }
        case .inverseSign: return honest.mean.map { $0 > 0 ? -1 : $0 < 0 ? 1 : 0 }
        }
    }
}
