package import CryptoSuite

/// The hashes of a Merkle tree (RFC 6962 §2.1): a leaf is hashed behind the byte 0, a node behind the byte 1, so that no node can be
/// shown as a leaf.
package struct MerkleHasher: Sendable {
    private let sha256: @Sendable ([UInt8]) -> [UInt8]

    package init(_ suite: CryptoSuite) { sha256 = suite.sha256 }

    /// The root of the tree without leaves.
    package var empty: [UInt8] { sha256([]) }

    package func leaf(_ bytes: some Sequence<UInt8>) -> [UInt8] { sha256([0] + bytes) }

    package func node(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] { sha256([1] + left + right) }
}

/// A tree at one moment: all of it that one has to keep to tell later whether something in it was changed.
package struct TreeHead: Sendable, Hashable {
    /// Leaves.
    package var size: Int64
    /// 32 bytes.
    package var root: [UInt8]

    package init(size: Int64, root: [UInt8]) {
        self.size = size
        self.root = root
    }
}

/// The largest power of two below `count`, which is at least 2: where a tree parts into left and right.
func split(_ count: Int64) -> Int64 { 1 << (63 - (count - 1).leadingZeroBitCount) }
