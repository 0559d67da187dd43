import MerkleLog
import Testing

/// Against the definitions, for every size up to 70 and every pair of sizes below it.
@Suite struct PropertyTests {
    private static let most = 70

    private func leaves(_ seed: Int) -> [[UInt8]] {
        var draw = Draw(seed: seed)
        return (0..<Self.most).map { _ in draw.leaf() }
    }

    @Test func theFrontierHasTheRootOfTheDefinition() {
        let all = leaves(1)
        var frontier = MerkleFrontier()
        for (count, leaf) in all.enumerated() {
            #expect(frontier.size == Int64(count) && frontier.root(hasher) == Naive.root(all[..<count]))
            #expect(frontier.hashes.count == count.nonzeroBitCount)
            #expect(MerkleFrontier(size: frontier.size, hashes: frontier.hashes) == frontier)
            let isTaken = frontier.append(leafHash: hasher.leaf(leaf), hasher)
            #expect(isTaken)
        }
    }

    @Test func aFrontierThatIsNoneIsRefused() {
        let hash = [UInt8](repeating: 7, count: 32)
        #expect(MerkleFrontier(size: 2, hashes: [hash]) != nil && MerkleFrontier(size: 0, hashes: []) != nil)
        for (size, hashes) in [(2, []), (2, [hash, hash]), (3, [hash]), (2, [[7]]), (-1, [hash]), (.max, [hash]), (.min, [hash]), (1 << 53, [hash])]
            as [(Int64, [[UInt8]])]
        {
            #expect(MerkleFrontier(size: size, hashes: hashes) == nil, "\(size), \(hashes.count)")
        }
    }

    @Test func theLargestTreeTakesNoMore() {
        let hash = [UInt8](repeating: 7, count: 32)
        var frontier = MerkleFrontier(size: Limits.sizeMax - 1, hashes: Array(repeating: hash, count: (Limits.sizeMax - 1).nonzeroBitCount))
        for isTaken in [true, false] {
            let told = frontier?.append(leafHash: hash, hasher)
            #expect(told == isTaken && frontier?.size == Limits.sizeMax && frontier?.hashes.count == 53)
        }
    }

    @Test func everyLeafIsProvedAndNoOtherInItsPlace() {
        let all = leaves(2)
        for size in 1...Self.most {
            let tree = head(all.prefix(size))
            for index in 0..<size {
                let path = made(MerkleProof.inclusion(Int64(index), size: Int64(size)), all)
                #expect(path == Naive.path(index, all[..<size]))
                let leaf = hasher.leaf(all[index])
                #expect(hasher.isIncluded(leafHash: leaf, index: Int64(index), in: tree, proof: path ?? []))
                for wrong in [index - 1, index + 1, size, -1] {
                    #expect(!hasher.isIncluded(leafHash: leaf, index: Int64(wrong), in: tree, proof: path ?? []), "\(index) of \(size) as \(wrong)")
                }
                #expect(!hasher.isIncluded(leafHash: hasher.leaf([9, 9, 9]), index: Int64(index), in: tree, proof: path ?? []))
            }
        }
    }

    @Test func everyTreeGrowsFromEachBefore() {
        let all = leaves(3)
        let heads = (0...Self.most).map { head(all.prefix($0)) }
        for to in 0...Self.most {
            for from in 0...to {
                let proof = made(MerkleProof.consistency(from: Int64(from), to: Int64(to)), all)
                if from > 0 { #expect(proof == Naive.proof(from, all[..<to]), "\(from) to \(to)") }
                #expect(hasher.isConsistent(heads[from], heads[to], proof: proof ?? []))
                if from > 0, from < to {
                    #expect(!hasher.isConsistent(TreeHead(size: Int64(from), root: heads[to].root), heads[to], proof: proof ?? []))
                    #expect(!hasher.isConsistent(heads[from], TreeHead(size: Int64(to), root: heads[from].root), proof: proof ?? []))
                    #expect(!hasher.isConsistent(heads[from - 1], heads[to], proof: proof ?? []))
                    #expect(!hasher.isConsistent(heads[from], heads[to - 1], proof: proof ?? []))
                }
            }
        }
        // A tree of another history.
        var other = all
        other[10] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
        for from in 11...20 {
            let proof = made(MerkleProof.consistency(from: Int64(from), to: 30), other) ?? []
            #expect(!hasher.isConsistent(heads[from], head(other.prefix(30)), proof: proof))
        }
    }

    @Test func onlySizesHaveProofs() {
        for (index, size) in [(0, 0), (1, 1), (-1, 3), (3, 3), (.max, .max), (0, .max), (.min, .min), (0, 1 << 53)] as [(Int64, Int64)] {
            #expect(MerkleProof.inclusion(index, size: size) == nil, "\(index) of \(size)")
        }
        for (from, to) in [(-1, 0), (2, 1), (.min, .max), (0, .max), (1, 1 << 53)] as [(Int64, Int64)] {
            #expect(MerkleProof.consistency(from: from, to: to) == nil, "\(from) to \(to)")
        }
        // No deeper than the tree, however large it is.
        #expect(MerkleProof.inclusion(Limits.sizeMax - 1, size: Limits.sizeMax)?.ranges.count == 52)
        #expect(MerkleProof.consistency(from: Limits.sizeMax - 1, to: Limits.sizeMax)?.ranges.count == 53)
        #expect(MerkleProof.inclusion(5, size: 6)?.hashes(hasher) == nil, "leaves are wanted yet")
    }

    /// Each byte of a proof, each hash missing, doubled or out of place; and noise of every length and size.
    @Test func noOtherProofIsTaken() {
        let all = leaves(4)
        let tree = head(all.prefix(37)), old = head(all.prefix(22))
        let path = Naive.path(20, all[..<37]), proof = Naive.proof(22, all[..<37])
        var changed: [([[UInt8]]) -> [[UInt8]]] = [{ $0 + [$0[0]] }, { Array($0.dropLast()) }, { Array($0.dropFirst()) }, { $0.reversed() }, { _ in [] }]
        for at in 0..<160 {
            changed.append { hashes in
                var hashes = hashes
                hashes[at / 32 % hashes.count][at % 32] ^= 1 << UInt8(at % 8)
                return hashes
            }
        }
        changed.append { $0.map { Array($0.dropLast()) } }
        changed.append { Array(repeating: $0[0], count: 65) }
        for change in changed {
            #expect(!hasher.isIncluded(leafHash: hasher.leaf(all[20]), index: 20, in: tree, proof: change(path)))
            #expect(!hasher.isConsistent(old, tree, proof: change(proof)))
        }
        #expect(hasher.isIncluded(leafHash: hasher.leaf(all[20]), index: 20, in: tree, proof: path) && hasher.isConsistent(old, tree, proof: proof))
    }

    @Test func noiseTrapsNothing() {
        var draw = Draw(seed: 5)
        let sizes: [Int64] = [.min, -1, 0, 1, 2, 3, 7, 8, 1 << 31, 1 << 52, Limits.sizeMax, 1 << 53, .max - 1, .max]
        for _ in 0..<4000 {
            func hash() -> [UInt8] { (0..<(draw.below(20) == 0 ? draw.below(40) : 32)).map { _ in UInt8(draw.below(256)) } }
            let proof = (0..<draw.below(draw.below(10) == 0 ? 70 : 6)).map { _ in hash() }
            let first = TreeHead(size: sizes[draw.below(sizes.count)], root: hash())
            let second = TreeHead(size: sizes[draw.below(sizes.count)], root: hash())
            let index = sizes[draw.below(sizes.count)]
            #expect(!hasher.isIncluded(leafHash: hash(), index: index, in: second, proof: proof))
            // The tree without leaves has one root, which noise does not hit.
            #expect(!hasher.isConsistent(first, second, proof: proof))
        }
    }
}
