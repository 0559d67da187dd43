internal import Learning

/// Finds the honest client whose repetition hurts most: the one that stands out most along the direction in which honest updates
/// differ most (Karimireddy, He, Jaggi 2022, arXiv 2006.09365). The direction is learnt round by round, each a step of
/// the power method on that round's differences from the mean; the client is the one with the largest sum along it so far.
package struct MimicObserver: Sendable, Equatable {
    private var direction: [Double]
    private var sums: [Double]
    private var rounds = 0.0

    /// - Parameter clients: honest ones; every round brings all their updates in one order.
    package init(clients: Int, dimension: Int, seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        direction = (0..<max(0, dimension)).map { _ in generator.normal() }
        sums = [Double](repeating: 0, count: max(0, clients))
    }

    /// Takes a round in.
    package mutating func observe(_ honest: HonestUpdates) throws(AttackError) {
        guard honest.updates.count == sums.count, honest.mean.count == direction.count else {
            throw .parameter(
                field: "honest updates", value: "\(honest.updates.count) of \(honest.mean.count) values",
                allowed: "\(sums.count) of \(direction.count) values")
        }
        var next = [Double](repeating: 0, count: direction.count)
        for update in honest.updates {
            var along = 0.0
            for j in update.indices { along += (Double(update[j]) - honest.mean[j]) * direction[j] }
            for j in update.indices { next[j] += along * (Double(update[j]) - honest.mean[j]) }
        }
        let norm = dot(next, next).squareRoot()
        if norm > 0 {
            // The mean over the rounds so far, as in the paper.
            let length = max(dot(direction, direction).squareRoot(), .leastNormalMagnitude)
            for j in next.indices { direction[j] = (rounds * direction[j] / length + next[j] / norm) / (rounds + 1) }
        }
        rounds += 1
        for (client, update) in honest.updates.enumerated() {
            for j in update.indices { sums[client] += Double(update[j]) * direction[j] }
        }
    }

    /// The honest update to repeat; the first of several. 0 before any round.
    package var copied: Int {
        sums.indices.max { (abs(sums[$0]), $1) < (abs(sums[$1]), $0) } ?? 0
    }
}
