import CryptoSuite
import FederationSimulator
import SecureAggregation
import Testing

/// Why the groups are kept: an honest-but-curious coordinator that solves for its members by least squares over the sums of
/// many rounds. With groups drawn again every round it finds them; with kept groups it finds nothing but the groups.
@Suite struct RegroupingTests {
    private static let (clients, dimension) = (30, 40)

    /// Every client pulls into a direction of its own in every round, with noise as large on top.
    private func directions(_ numbers: inout Numbers, _ count: Int) -> [[Double]] {
        (0..<count).map { _ in (0..<Self.dimension).map { _ in Double(numbers.next(below: 2001) - 1000) / 1000 } }
    }

    private func partition(epoch: Int, _ numbers: inout Numbers) throws -> Partition {
        let terms = PartitionTerms(session: [1], epoch: epoch, rosterHash: [UInt8](repeating: 0, count: 32), groups: 5, rosterFloor: 5, missingMax: 0)
        return try World.draw(terms, members: Self.clients, &numbers, .simulated)
    }

    /// The part of the clients that are nearest to their own estimate, and the mean cosine with it.
    private func attack(rounds: Int, isRedrawn: Bool, seed: UInt64) throws -> (identified: Double, cosine: Double) {
        var numbers = Numbers(state: seed)
        let truth = directions(&numbers, Self.clients)
        var partition = try partition(epoch: 1, &numbers)
        var equations: [(members: [Int], sum: [Double])] = []
        for round in 1...rounds {
            if isRedrawn { partition = try self.partition(epoch: round, &numbers) }
            let noise = directions(&numbers, Self.clients)
            for group in partition.groups {
                equations.append((group, (0..<Self.dimension).map { k in group.reduce(0) { $0 + truth[$1][k] + noise[$1][k] } }))
            }
        }
        let estimates = leastSquares(equations)
        var (identified, cosines) = (0, 0.0)
        for i in 0..<Self.clients {
            let scores = truth.map { cosine($0, estimates[i]) }
            if scores.indices.max(by: { scores[$0] < scores[$1] }) == i { identified += 1 }
            cosines += scores[i]
        }
        return (Double(identified) / Double(Self.clients), cosines / Double(Self.clients))
    }

    /// Conjugate gradients on the normal equations, from zero: the solution of least norm.
    private func leastSquares(_ equations: [(members: [Int], sum: [Double])]) -> [[Double]] {
        var solution = [[Double]](repeating: [Double](repeating: 0, count: Self.dimension), count: Self.clients)
        for k in 0..<Self.dimension {
            var residual = [Double](repeating: 0, count: Self.clients)
            for equation in equations { for member in equation.members { residual[member] += equation.sum[k] } }
            var (x, direction) = ([Double](repeating: 0, count: Self.clients), residual)
            var norm = residual.reduce(0) { $0 + $1 * $1 }
            for _ in 0..<Self.clients where norm > 1e-18 {
                var image = [Double](repeating: 0, count: Self.clients)
                for equation in equations {
                    let sum = equation.members.reduce(0) { $0 + direction[$1] }
                    for member in equation.members { image[member] += sum }
                }
                let step = norm / zip(direction, image).reduce(0) { $0 + $1.0 * $1.1 }
                for i in x.indices {
                    x[i] += step * direction[i]
                    residual[i] -= step * image[i]
                }
                let next = residual.reduce(0) { $0 + $1 * $1 }
                for i in x.indices { direction[i] = residual[i] + next / norm * direction[i] }
                norm = next
            }
            for i in x.indices { solution[i][k] = x[i] }
        }
        return solution
    }

    private func cosine(_ a: [Double], _ b: [Double]) -> Double {
        let (aa, bb, ab) = zip(a, b).reduce((1e-30, 1e-30, 0.0)) { ($0.0 + $1.0 * $1.0, $0.1 + $1.1 * $1.1, $0.2 + $1.0 * $1.1) }
        return ab / (aa * bb).squareRoot()
    }

    @Test func redrawnGroupsGiveEverybodyAway() throws {
        for seed in 1...3 as ClosedRange<UInt64> {
            let (identified, cosine) = try attack(rounds: 30, isRedrawn: true, seed: seed)
            #expect(identified >= 0.9 && cosine > 0.7, "seed \(seed): \(identified), \(cosine)")
        }
    }

    /// All members of a group look alike, so one in six is right by chance; the cosine is that of a member with its group's mean.
    @Test func keptGroupsGiveTheGroupsAway() throws {
        for seed in 1...3 as ClosedRange<UInt64> {
            let (identified, cosine) = try attack(rounds: 30, isRedrawn: false, seed: seed)
            #expect(identified <= 0.2 && cosine < 0.5, "seed \(seed): \(identified), \(cosine)")
        }
    }
}
