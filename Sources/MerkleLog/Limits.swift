/// Every bound of the room.
package enum Limits {
    /// Leaves of a tree: what a Double holds exactly, so that sizes can stand in every JSON.
    package static let sizeMax: Int64 = (1 << 53) - 1
    /// Bytes of a hash.
    package static let hashBytes = 32
    /// Hashes of a proof; one for each level, and one more for consistency.
    package static let proofHashesMax = 64
}
