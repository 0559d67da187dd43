extension Dataset {
    /// What takes the place of classes when a regression's rows are dealt out by what they say: with `dirichlet` the part of
    /// the targets' distribution that a row lies in, `Limits.targetParts` parts of equal size; with `shards` its rank.
    /// Equal targets are never told apart.
    func targetClasses(for scheme: Partition) -> (labels: [Int32], outputs: Int) {
        let parts: Int
        switch scheme {
        // Equal shares look at no class.
        case .iid: parts = 1
        case .dirichlet: parts = Limits.targetParts
        case .shards: parts = max(1, rows)
        }
        let ascending = targets.indices.sorted { (targets[$0], $0) < (targets[$1], $1) }
        var labels = [Int32](repeating: 0, count: rows)
        var first = 0
        for (rank, row) in ascending.enumerated() {
            if targets[row] != targets[ascending[first]] { first = rank }
            labels[row] = Int32(first * parts / rows)
        }
        return (labels, parts)
    }
}
