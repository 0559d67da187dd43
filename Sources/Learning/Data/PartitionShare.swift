/// One node's share of a common file, as the command line says it: `K/N:dirichlet=0.5:holdout=0.2:seed=42`, K from 1,
/// or `holdout/N:…` for the test share. Without a scheme it is `iid`, without `holdout` 0, without `seed` 42.
package struct PartitionShare: Sendable, Equatable {
    package enum Which: Sendable, Equatable {
        /// From 1.
        case client(Int)
        case holdout
    }
    package var which: Which
    package var clients: Int
    package var scheme: Partition = .iid
    package var holdout = 0.0
    package var seed: UInt64 = 42

    private static let example = "for example 3/10:dirichlet=0.5:holdout=0.2:seed=42, or holdout/10:holdout=0.2:seed=42"

    package init(parsing text: String) throws(DatasetError) {
        func refuse(_ problem: String) -> DatasetError { .partition("\(problem); \(Self.example)") }
        guard text.utf8.count <= 200 else { throw refuse("the partition is longer than 200 characters") }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        let head = (parts.first ?? "").split(separator: "/", omittingEmptySubsequences: false)
        guard head.count == 2, let clients = Int(head[1]), (1...Limits.clients).contains(clients) else {
            throw refuse("the partition '\(text)' must begin with K/N, N from 1 to \(Limits.clients)")
        }
        self.clients = clients
        if head[0] == "holdout" {
            which = .holdout
        } else if let k = Int(head[0]), (1...clients).contains(k) {
            which = .client(k)
        } else {
            throw refuse("the share '\(head[0])' must be 1 to \(clients), or holdout")
        }
        var given: [Substring] = []
        for part in parts.dropFirst() {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = pair.count == 2 ? pair[1] : ""
            // The schemes exclude each other.
            let topic = ["iid", "dirichlet", "shards"].contains(pair[0]) ? "scheme" : pair[0]
            guard !given.contains(topic) else { throw refuse("'\(part)' says the \(topic) again") }
            given.append(topic)
            switch pair[0] {
            case "iid" where pair.count == 1: scheme = .iid
            case "dirichlet":
                guard let alpha = Double(value), alpha > 0, alpha <= Limits.dirichletAlpha else {
                    throw refuse("dirichlet needs a number above 0 and at most \(Limits.dirichletAlpha), not '\(value)'")
                }
                scheme = .dirichlet(alpha: alpha)
            case "shards":
                guard let per = Int(value), (1...Limits.shardsPerClient).contains(per) else {
                    throw refuse("shards needs a whole number from 1 to \(Limits.shardsPerClient), not '\(value)'")
                }
                scheme = .shards(perClient: per)
            case "holdout":
                guard let share = Double(value), share >= 0, share < 1 else {
                    throw refuse("holdout needs a share from 0 to below 1, not '\(value)'")
                }
                holdout = share
            case "seed":
                guard let seed = UInt64(value) else { throw refuse("seed needs a whole number from 0, not '\(value)'") }
                self.seed = seed
            default: throw refuse("'\(part)' is not part of a partition")
            }
        }
        if which == .holdout && holdout == 0 { throw refuse("the partition has no hold-out share; add holdout=0.2") }
    }

    /// The rows of this share.
    package func select(from dataset: Dataset) throws(DatasetError) -> Dataset {
        dataset.selecting(try rows(of: try deal(dataset)))
    }

    /// Deals out to all clients.
    package func deal(_ dataset: Dataset) throws(DatasetError) -> PartitionResult {
        try dataset.partitioned(clients: clients, scheme: scheme, holdout: holdout, seed: seed)
    }

    /// Whether the two are shares of one deal.
    package func isDealt(with other: PartitionShare) -> Bool {
        var same = other
        same.which = which
        return self == same
    }

    /// The numbers of this share's rows, ascending.
    package func rows(of parts: PartitionResult) throws(DatasetError) -> [Int] {
        switch which {
        case .client(let k): return parts.clients[k - 1]
        case .holdout:
            guard !parts.holdout.isEmpty else {
                throw .partition("the hold-out share of all rows is less than one; take a larger share or more rows")
            }
            return parts.holdout
        }
    }
}
