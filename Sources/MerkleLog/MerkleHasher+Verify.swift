// Proofs from outside. Whatever they hold, they are right or wrong, and nothing traps: sizes that are none, hashes of another length,
// too many hashes or too few.
extension MerkleHasher {
    /// RFC 9162 §2.1.3.2.
    /// - Parameter proof: as PATH(m, D[n]) of RFC 6962 §2.1.1 has it.
    package func isIncluded(leafHash: [UInt8], index: Int64, in head: TreeHead, proof: [[UInt8]]) -> Bool {
        guard head.isTree, index >= 0, index < head.size, leafHash.count == Limits.hashBytes, isProof(proof) else { return false }
        var (at, last, hash) = (index, head.size - 1, leafHash)
        for other in proof {
            guard last > 0 else { return false }
            if at & 1 == 1 || at == last {
                hash = node(other, hash)
                while at & 1 == 0 && at != 0 { (at, last) = (at >> 1, last >> 1) }
            } else {
                hash = node(hash, other)
            }
            (at, last) = (at >> 1, last >> 1)
        }
        return last == 0 && hash == head.root
    }

    /// RFC 9162 §2.1.4.2, and what goes without saying there: a tree is consistent with itself, and every tree with the empty one.
    /// - Parameter proof: as PROOF(m, D[n]) of RFC 6962 §2.1.2 has it.
    package func isConsistent(_ first: TreeHead, _ second: TreeHead, proof: [[UInt8]]) -> Bool {
        guard first.isTree, second.isTree, first.size <= second.size, isProof(proof), isRight(first), isRight(second) else { return false }
        if first.size == second.size { return proof.isEmpty && first.root == second.root }
        if first.size == 0 { return proof.isEmpty }
        guard !proof.isEmpty else { return false }
        var rest = proof[...]
        var (at, last) = (first.size - 1, second.size - 1)
        while at & 1 == 1 { (at, last) = (at >> 1, last >> 1) }
        // A first tree that is a perfect subtree of the second is not sent.
        let start = first.size & (first.size - 1) == 0 ? first.root : rest.removeFirst()
        var (old, new) = (start, start)
        for other in rest {
            guard last > 0 else { return false }
            if at & 1 == 1 || at == last {
                (old, new) = (node(other, old), node(other, new))
                while at & 1 == 0 && at != 0 { (at, last) = (at >> 1, last >> 1) }
            } else {
                new = node(new, other)
            }
            (at, last) = (at >> 1, last >> 1)
        }
        return last == 0 && old == first.root && new == second.root
    }

    private func isProof(_ hashes: [[UInt8]]) -> Bool {
        hashes.count <= Limits.proofHashesMax && hashes.allSatisfy { $0.count == Limits.hashBytes }
    }

    /// There is one tree without leaves.
    private func isRight(_ head: TreeHead) -> Bool { head.size > 0 || head.root == empty }
}

extension TreeHead {
    fileprivate var isTree: Bool { (0...Limits.sizeMax).contains(size) && root.count == Limits.hashBytes }
}
