/// How rows are dealt out to clients. In a regression, parts of the targets' distribution stand for classes.
package enum Partition: Sendable, Equatable {
    case iid
    /// Each class is dealt out in shares drawn from a Dirichlet distribution (Hsu et al. 2019, arXiv 1909.06335; per
    /// class as in Yurochkin et al. 2019, arXiv 1905.12022): the smaller alpha, the more the clients differ.
    case dirichlet(alpha: Double)
    /// Rows sorted by class, cut into equal shards, `perClient` of them each (McMahan et al. 2017, arXiv 1602.05629).
    case shards(perClient: Int)
}

/// Row numbers of every client and of the hold-out share, each in ascending order: disjoint, and together all rows.
package struct PartitionResult: Sendable, Equatable {
    package var clients: [[Int]]
    package var holdout: [Int]

    package init(clients: [[Int]], holdout: [Int]) {
        self.clients = clients
        self.holdout = holdout
    }
}

/// Deals rows out. The hold-out share is drawn first and depends on the seed and the number of rows alone, so that
/// federations of any size and scheme are tested on the same rows.
///
/// - Parameters:
///   - labels: the class of each row, 0..<outputs.
///   - holdout: share of all rows set aside for testing, in [0, 1); rounded to whole rows.
///   - seed: the same seed gives the same partition, on every machine with the same C library.
/// - Throws: `DatasetError.partition` when a number is out of range or a client would be left without rows.
package func partition(
    labels: [Int32], outputs: Int, clients count: Int, scheme: Partition, holdout share: Double, seed: UInt64
) throws(DatasetError) -> PartitionResult {
    guard (1...Limits.clients).contains(count) else {
        throw .partition("the number of clients must be 1 to \(Limits.clients), not \(count)")
    }
    guard share >= 0, share < 1 else {
        throw .partition("the hold-out share must be at least 0 and below 1, not \(share)")
    }
    precondition(labels.allSatisfy { 0 <= $0 && $0 < outputs })
    var order = Array(labels.indices)
    var generator = SeededGenerator(seed: derivedSeed(seed, "holdout"))
    generator.shuffle(&order)
    let held = Int((Double(labels.count) * share).rounded())
    let rows = Array(order.dropFirst(held))
    guard rows.count >= count else {
        throw .partition("\(rows.count) rows are too few for \(count) clients; take fewer clients or more rows")
    }
    generator = SeededGenerator(seed: derivedSeed(seed, "partition"))
    let clients: [[Int]]
    switch scheme {
    case .iid: clients = equalParts(rows, count)
    case .dirichlet(let alpha):
        guard alpha > 0, alpha <= Limits.dirichletAlpha else {
            throw .partition("dirichlet's alpha must be above 0 and at most \(Limits.dirichletAlpha), not \(alpha)")
        }
        clients = try dirichletParts(rows, labels, outputs, count, alpha, &generator)
    case .shards(let per):
        guard (1...Limits.shardsPerClient).contains(per) else {
            throw .partition("shards must be 1 to \(Limits.shardsPerClient) for each client, not \(per)")
        }
        guard rows.count >= count * per else {
            throw .partition("\(rows.count) rows are too few for \(count * per) shards; take fewer shards or clients")
        }
        clients = shardParts(rows, labels, count, per, &generator)
    }
    return PartitionResult(clients: clients.map { $0.sorted() }, holdout: order.prefix(held).sorted())
}

/// `rows` cut into `count` runs whose lengths differ by one at most.
private func equalParts(_ rows: [Int], _ count: Int) -> [[Int]] {
    (0..<count).map { Array(rows[(rows.count * $0 / count)..<(rows.count * ($0 + 1) / count)]) }
}

private func dirichletParts(
    _ rows: [Int], _ labels: [Int32], _ outputs: Int, _ count: Int, _ alpha: Double, _ generator: inout SeededGenerator
) throws(DatasetError) -> [[Int]] {
    var members = [[Int]](repeating: [], count: outputs)
    for row in rows { members[Int(labels[row])].append(row) }
    members.removeAll(where: \.isEmpty)
    // A draw that leaves a client without rows is drawn again, whole.
    for _ in 0..<Limits.partitionDraws {
        var clients = [[Int]](repeating: [], count: count)
        for member in members {
            let weights = (0..<count).map { _ in generator.gamma(alpha) }
            deal(member, weights, to: &clients)
        }
        if clients.allSatisfy({ !$0.isEmpty }) { return clients }
    }
    throw .partition(
        "in \(Limits.partitionDraws) draws with alpha \(alpha) some of \(count) clients always got no row; take a larger alpha, fewer clients or more rows"
    )
}

/// Cuts `members` into runs as long as the weights say, one for each client.
private func deal(_ members: [Int], _ weights: [Double], to clients: inout [[Int]]) {
    // A very small alpha can make every weight underflow to 0: then the last client's share is all.
    let total = max(weights.reduce(0, +), .leastNonzeroMagnitude)
    var (cumulative, start) = (0.0, 0)
    for (client, weight) in weights.enumerated() {
        cumulative += weight
        let share = min(1, cumulative / total)
        let end = client == weights.count - 1 ? members.count : max(start, Int((Double(members.count) * share).rounded()))
        clients[client] += members[start..<end]
        start = end
    }
}

private func shardParts(
    _ rows: [Int], _ labels: [Int32], _ count: Int, _ per: Int, _ generator: inout SeededGenerator
) -> [[Int]] {
    // Within a class the rows stay as the hold-out draw shuffled them.
    let sorted = rows.indices.sorted { (labels[rows[$0]], $0) < (labels[rows[$1]], $1) }.map { rows[$0] }
    let shards = equalParts(sorted, count * per)
    var order = Array(shards.indices)
    generator.shuffle(&order)
    return (0..<count).map { client in (0..<per).flatMap { shards[order[client * per + $0]] } }
}
