import CryptoSuite
import MerkleLog
import Trust

let hasher = MerkleHasher(.system)

/// The definitions of RFC 6962 §2.1, word for word: slow, and nothing to get wrong.
enum Naive {
    private static func split(_ count: Int) -> Int {
        var half = 1
        while half * 2 < count { half *= 2 }
        return half
    }

    static func root(_ leaves: ArraySlice<[UInt8]>) -> [UInt8] {
        if leaves.isEmpty { return hasher.empty }
        if leaves.count == 1 { return hasher.leaf(leaves.first ?? []) }
        let middle = leaves.startIndex + split(leaves.count)
        return hasher.node(root(leaves[..<middle]), root(leaves[middle...]))
    }

    static func path(_ index: Int, _ leaves: ArraySlice<[UInt8]>) -> [[UInt8]] {
        if leaves.count == 1 { return [] }
        let half = split(leaves.count), middle = leaves.startIndex + half
        return index < half
            ? path(index, leaves[..<middle]) + [root(leaves[middle...])] : path(index - half, leaves[middle...]) + [root(leaves[..<middle])]
    }

    static func proof(_ first: Int, _ leaves: ArraySlice<[UInt8]>, isWhole: Bool = true) -> [[UInt8]] {
        if first == leaves.count { return isWhole ? [] : [root(leaves)] }
        let half = split(leaves.count), middle = leaves.startIndex + half
        return first <= half
            ? proof(first, leaves[..<middle], isWhole: isWhole) + [root(leaves[middle...])]
            : proof(first - half, leaves[middle...], isWhole: false) + [root(leaves[..<middle])]
    }
}

func head(_ leaves: some Sequence<[UInt8]>) -> TreeHead {
    var frontier = MerkleFrontier()
    for leaf in leaves { _ = frontier.append(leafHash: hasher.leaf(leaf), hasher) }
    return frontier.head(hasher)
}

/// As a keeper of leaves makes it.
func made(_ proof: MerkleProof?, _ leaves: [[UInt8]]) -> [[UInt8]]? {
    guard var proof else { return nil }
    while let index = proof.wanted { proof.absorb(leafHash: hasher.leaf(leaves[Int(index)]), hasher) }
    return proof.hashes(hasher)
}

/// Leaves of any number and content; the same seed draws the same.
struct Draw {
    private var state: UInt64

    init(seed: Int) { state = UInt64(seed) &* 0x9e37_79b9_7f4a_7c15 | 1 }

    mutating func below(_ limit: Int) -> Int {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Int(state >> 1) % limit
    }

    mutating func leaf() -> [UInt8] { (0..<below(9)).map { _ in UInt8(below(256)) } }
}
