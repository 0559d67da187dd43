/// What a growing tree needs to go on: the roots of its perfect subtrees, one for each bit of its size that is set. Appending takes
/// a hash and half of one more on average, and the state has at most 53 hashes however many leaves there are.
package struct MerkleFrontier: Sendable, Equatable {
    package private(set) var size: Int64 = 0
    /// The largest subtree first, which is the leftmost; 32 bytes each.
    package private(set) var hashes: [[UInt8]] = []

    package init() {}

    /// As it was kept. nil: there is no tree of this size with so many subtrees.
    package init?(size: Int64, hashes: [[UInt8]]) {
        guard (0...Limits.sizeMax).contains(size), hashes.count == size.nonzeroBitCount, hashes.allSatisfy({ $0.count == Limits.hashBytes }) else { return nil }
        self.size = size
        self.hashes = hashes
    }

    /// - Returns: false and no change when the tree has all the leaves it can have.
    package mutating func append(leafHash: [UInt8], _ hasher: MerkleHasher) -> Bool {
        guard size < Limits.sizeMax else { return false }
        var hash = leafHash
        // Two subtrees of one size become one, as in a binary counter.
        for _ in 0..<(~size).trailingZeroBitCount { hash = hasher.node(hashes.removeLast(), hash) }
        hashes.append(hash)
        size += 1
        return true
    }

    /// The smallest subtrees are joined first: the last leaves have the shortest way to the root.
    package func root(_ hasher: MerkleHasher) -> [UInt8] {
        guard var root = hashes.last else { return hasher.empty }
        for left in hashes.dropLast().reversed() { root = hasher.node(left, root) }
        return root
    }

    package func head(_ hasher: MerkleHasher) -> TreeHead { TreeHead(size: size, root: root(hasher)) }
}
