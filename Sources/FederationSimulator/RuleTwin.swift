internal import Federation

/// The rules of combination once more, from their papers in the plainest way, in Double.
struct RuleTwin {
    let rule: SessionSpec.Aggregation
    /// Updates that may be lies, where the rule asks.
    let byzantine: Int
    /// What the rule goes on from.
    let reference: [Double]
    /// The radius of clipping; nil: the median distance.
    let radius: Double?

    func combine(_ updates: [(delta: [Double], weight: Double)]) -> [Double] {
        let deltas = updates.map(\.delta)
        func column(_ i: Int) -> [Double] { deltas.map { $0[i] }.sorted() }
        switch rule {
        case .mean: return mean(deltas, updates.map(\.weight))
        case .median: return (deltas.first ?? []).indices.map { middle(column($0)) }
        case .trimmedMean:
            return (deltas.first ?? []).indices.map { i in
                let left = column(i).dropFirst(byzantine).dropLast(byzantine)
                return left.reduce(0, +) / Double(left.count)
            }
        case .krum: return mean(Array(leastSuspect(deltas).prefix(1)))
        case .multiKrum: return mean(Array(leastSuspect(deltas).prefix(deltas.count - byzantine)))
        case .geometricMedian: return geometricMedian(deltas)
        case .centeredClipping: return clipped(deltas, around: reference)
        case .normBounding: return clipped(deltas, around: [])
        }
    }

    private func middle(_ column: [Double]) -> Double { (column[(column.count - 1) / 2] + column[column.count / 2]) / 2 }

    private func mean(_ deltas: [[Double]], _ weights: [Double]? = nil) -> [Double] {
        let weights = weights ?? deltas.map { _ in 1 }
        let all = weights.reduce(0, +)
        return (deltas.first ?? []).indices.map { i in zip(deltas, weights).reduce(0) { $0 + $1.0[i] * $1.1 } / all }
    }

    private func distance(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot() }

    /// By the sum of squared distances to the n − f − 2 nearest others.
    private func leastSuspect(_ deltas: [[Double]]) -> [[Double]] {
        let scores = deltas.indices.map { i in
            deltas.indices.filter { $0 != i }.map { distance(deltas[i], deltas[$0]) * distance(deltas[i], deltas[$0]) }.sorted()
                .prefix(deltas.count - byzantine - 2).reduce(0, +)
        }
        return deltas.indices.sorted { (scores[$0], $0) < (scores[$1], $1) }.map { deltas[$0] }
    }

    private func geometricMedian(_ deltas: [[Double]]) -> [Double] {
        var centre = (deltas.first ?? []).indices.map { i in middle(deltas.map { $0[i] }.sorted()) }
        var before = Double.infinity
        for _ in 0..<32 {
            let distances = deltas.map { max(distance($0, centre), 1e-6) }
            let now = distances.reduce(0, +) / Double(distances.count)
            guard before - now > 1e-6 * now else { break }
            before = now
            centre = mean(deltas, distances.map { 1 / $0 })
        }
        return centre
    }

    private func clipped(_ deltas: [[Double]], around centre: [Double]) -> [Double] {
        let centre = centre.isEmpty ? (deltas.first ?? []).map { _ in 0 } : centre
        let distances = deltas.map { distance($0, centre) }
        let radius = radius ?? distances.sorted()[(distances.count - 1) / 2]
        return centre.indices.map { i in
            let steps = zip(deltas, distances).map { delta, far in (delta[i] - centre[i]) * (far <= radius ? 1 : radius / far) }
            return centre[i] + steps.reduce(0, +) / Double(deltas.count)
        }
    }
}
