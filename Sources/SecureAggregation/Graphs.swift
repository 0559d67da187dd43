package import CryptoSuite

/// An order nobody chose: by the digest of the seed and the index.
func drawnOrder(_ members: [Int], seed: [UInt8], label: StaticString, suite: CryptoSuite) -> [Int] {
    var begin = CanonicalWriter()
    begin.label(label)
    begin.fixed(seed)
    begin.number32(0)
    let keyed = members.map { member in
        begin.replaceLast32(member)
        let key = suite.sha256(begin.bytes)
        return (member: member, first: leadingWord(key), key: key)
    }
    // Digests differ in their first bytes.
    return keyed.sorted { a, b in
        if a.first != b.first { return a.first < b.first }
        return a.key == b.key ? a.member < b.member : a.key.lexicographicallyPrecedes(b.key)
    }.map(\.member)
}

/// The first eight bytes as a number that orders as they do; fewer are filled with zeros.
func leadingWord(_ bytes: [UInt8]) -> UInt64 {
    var word: UInt64 = 0
    for i in 0..<8 { word = word << 8 | (i < bytes.count ? UInt64(bytes[i]) : 0) }
    return word
}

/// Who holds shares of whose secrets. The members stand in a ring drawn from the epoch's seed, round and attempt, so no advert
/// can move anybody; the holders of a member are its nearest neighbours, half of them on each side.
package struct HolderRing: Equatable, Sendable {
    private let ring: [Int]
    private let places: [Int: Int]
    private let holders: Int

    /// - Parameters:
    ///   - members: those who advertised.
    ///   - holders: k; all the others where there are not so many.
    package init(members: [Int], seed: [UInt8], round: Int, attempt: Int, holders: Int, suite: CryptoSuite) {
        var writer = CanonicalWriter()
        writer.fixed(seed)
        writer.number32(round)
        writer.number32(attempt)
        ring = drawnOrder(members, seed: writer.bytes, label: "holders", suite: suite)
        places = Dictionary(uniqueKeysWithValues: zip(ring, ring.indices))
        self.holders = max(0, min(holders, members.count - 1))
    }

    /// In rising order.
    package func holders(of dealer: Int) -> [Int] { neighbours(dealer, ahead: (holders + 1) / 2, behind: holders / 2) }

    /// Whose shares a holder holds, in rising order.
    package func dealers(of holder: Int) -> [Int] { neighbours(holder, ahead: holders / 2, behind: (holders + 1) / 2) }

    private func neighbours(_ member: Int, ahead: Int, behind: Int) -> [Int] {
        guard let place = places[member] else { return [] }
        let count = ring.count
        return ((1..<ahead + 1).map { ring[(place + $0) % count] } + (1..<behind + 1).map { ring[(place + count - $0) % count] }).sorted()
    }
}

extension MaskGraph {
    /// With whom a member of a group shares masks: all others, or its nearest in the ring of those present.
    /// - Parameter group: present members in the order of the partition.
    package static func neighbours(of member: Int, group: [Int], degree: Int) -> [Int] {
        guard let place = group.firstIndex(of: member) else { return [] }
        guard degree > 0, degree < group.count - 1 else { return group.filter { $0 != member }.sorted() }
        let count = group.count
        return (1...degree / 2).flatMap { [group[(place + $0) % count], group[(place + count - $0) % count]] }.sorted()
    }
}
