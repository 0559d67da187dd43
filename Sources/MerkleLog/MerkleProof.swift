/// A proof that is asked for: the subtrees whose hashes it consists of, and these hashes, gathered while all leaves pass by once in
/// order. So a proof needs no tree in memory, only the hashes of the leaves from whoever keeps them.
package struct MerkleProof: Sendable {
    /// In the order of the proof. No two of them overlap.
    package let ranges: [Range<Int64>]
    private var frontiers: [MerkleFrontier]
    /// Places in `ranges` by their first leaf, and how many of them are done.
    private let order: [Int]
    private var done = 0
    private var next: Int64

    private init(_ ranges: [Range<Int64>]) {
        self.ranges = ranges
        frontiers = Array(repeating: MerkleFrontier(), count: ranges.count)
        order = ranges.indices.sorted { ranges[$0].lowerBound < ranges[$1].lowerBound }
        next = order.first.map { ranges[$0].lowerBound } ?? 0
    }

    /// That leaf `index` is in the tree of the first `size` leaves: PATH(m, D[n]) of RFC 6962 §2.1.1.
    /// - Returns: nil when it is not among them.
    package static func inclusion(_ index: Int64, size: Int64) -> MerkleProof? {
        guard size <= Limits.sizeMax, index >= 0, index < size else { return nil }
        var (ranges, tree) = ([Range<Int64>](), 0..<size)
        while tree.count > 1 {
            let middle = tree.lowerBound + split(tree.upperBound - tree.lowerBound)
            let (left, right) = (tree.lowerBound..<middle, middle..<tree.upperBound)
            ranges.append(index < middle ? right : left)
            tree = index < middle ? left : right
        }
        return MerkleProof(ranges.reversed())
    }

    /// That the tree of the first `from` leaves is what the tree of the first `to` began with: PROOF(m, D[n]) of RFC 6962 §2.1.2.
    /// Empty where `from` is 0 or `to`.
    /// - Returns: nil when one of them is no size, or the first is the larger one.
    package static func consistency(from: Int64, to: Int64) -> MerkleProof? {
        guard to <= Limits.sizeMax, from >= 0, from <= to else { return nil }
        guard from > 0, from < to else { return MerkleProof([]) }
        var (ranges, tree, isWhole) = ([Range<Int64>](), 0..<to, true)
        while tree.upperBound != from {
            let middle = tree.lowerBound + split(tree.upperBound - tree.lowerBound)
            if from <= middle {
                ranges.append(middle..<tree.upperBound)
                tree = tree.lowerBound..<middle
            } else {
                ranges.append(tree.lowerBound..<middle)
                tree = middle..<tree.upperBound
                isWhole = false
            }
        }
        // What the reader knows, because it is the first tree, is left out.
        if !isWhole { ranges.append(tree) }
        return MerkleProof(ranges.reversed())
    }

    /// The next leaf whose hash is wanted; nil: the proof is complete.
    package var wanted: Int64? { done < order.count ? next : nil }

    /// - Parameter leafHash: of the leaf `wanted`.
    package mutating func absorb(leafHash: [UInt8], _ hasher: MerkleHasher) {
        guard done < order.count else { return }
        let place = order[done]
        _ = frontiers[place].append(leafHash: leafHash, hasher)
        next += 1
        guard next == ranges[place].upperBound else { return }
        done += 1
        if done < order.count { next = ranges[order[done]].lowerBound }
    }

    /// The proof; nil while leaves are wanted.
    package func hashes(_ hasher: MerkleHasher) -> [[UInt8]]? { wanted == nil ? frontiers.map { $0.root(hasher) } : nil }
}
