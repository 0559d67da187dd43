internal import Learning

/// Which rows of one shared data set each client has: numbers, 4 bytes each, and no copies of rows.
package struct RowShares: Sendable, Equatable {
    private var rows: [UInt32] = []
    /// Where each client's rows end; they begin where those of the client before end.
    private var ends: [Int] = []

    /// - Parameter parts: numbers of rows for each client, below 2³².
    package init(_ parts: [[Int]]) {
        for part in parts { append(part) }
    }

    /// `rowsEach` rows for each of any number of clients, drawn with replacement: more clients than rows share some. With
    /// `alpha` every client draws its own mix of classes from a Dirichlet distribution (Hsu et al. 2019, arXiv 1909.06335);
    /// without, from all rows alike.
    /// - Parameters:
    ///   - labels: the class of each row, 0..<outputs; not empty.
    ///   - seed: the same seed draws the same rows.
    package static func drawn(
        clients: Int, rowsEach: Int, alpha: Double?, labels: [Int32], outputs: Int, seed: UInt64
    ) -> RowShares {
        precondition(!labels.isEmpty && labels.allSatisfy { 0 <= $0 && $0 < outputs })
        var members = [[Int]](repeating: [], count: outputs)
        for (row, label) in labels.enumerated() { members[Int(label)].append(row) }
        members.removeAll(where: \.isEmpty)
        var shares = RowShares([])
        shares.rows.reserveCapacity(clients * rowsEach)
        shares.ends.reserveCapacity(clients)
        for client in 0..<clients {
            var draw = SeededGenerator(seed: derivedSeed(seed, "virtual rows", "\(client)"))
            let weights = alpha.map { alpha in members.map { _ in draw.gamma(alpha) } }
            let part = (0..<rowsEach).map { _ in
                guard let weights else { return draw.below(labels.count) }
                let rows = members[pick(weights, draw.uniform())]
                return rows[draw.below(rows.count)]
            }
            shares.append(part.sorted())
        }
        return shares
    }

    /// The number of the weight in which `point` of the whole lies.
    private static func pick(_ weights: [Double], _ point: Double) -> Int {
        var left = point * weights.reduce(0, +)
        for (index, weight) in weights.enumerated() {
            if left < weight { return index }
            left -= weight
        }
        return weights.count - 1
    }

    private mutating func append(_ part: [Int]) {
        for row in part { rows.append(UInt32(row)) }
        ends.append(rows.count)
    }

    /// Clients.
    package var count: Int { ends.count }

    package func rowCount(of client: Int) -> Int { range(client).count }

    package func rows(of client: Int) -> [Int] { rows[range(client)].map(Int.init) }

    private func range(_ client: Int) -> Range<Int> { (client == 0 ? 0 : ends[client - 1])..<ends[client] }
}
