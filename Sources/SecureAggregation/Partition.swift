package import CryptoSuite

/// What the groups of an epoch are drawn with, fixed before anybody's nonce is known.
package struct PartitionTerms: Equatable, Sendable {
    package var session: [UInt8]
    package var epoch: Int
    package var rosterHash: [UInt8]
    package var groups: Int
    /// Members a group has at least when it is drawn.
    package var rosterFloor: Int
    /// Members that may fail to reveal. Each lets who chooses among the revealed choose among partitions, so they are few.
    package var missingMax: Int

    package init(session: [UInt8], epoch: Int, rosterHash: [UInt8], groups: Int, rosterFloor: Int, missingMax: Int) {
        self.session = session
        self.epoch = epoch
        self.rosterHash = rosterHash
        self.groups = groups
        self.rosterFloor = rosterFloor
        self.missingMax = missingMax
    }

    func write(_ writer: inout CanonicalWriter) {
        writer.string(session)
        writer.number32(epoch)
        writer.fixed(rosterHash)
        for number in [groups, rosterFloor, missingMax] { writer.number32(number) }
    }

    /// The commitment to a nonce of 32 bytes.
    package func commitment(index: Int, nonce: [UInt8], suite: CryptoSuite) -> [UInt8] {
        var writer = CanonicalWriter(.partitionCommit)
        write(&writer)
        writer.number32(index)
        writer.fixed(nonce)
        return suite.sha256(writer.bytes)
    }
}

/// A member's 32 bytes, a commitment or a nonce.
package struct IndexedBytes: Equatable, Sendable {
    package var index: Int
    package var bytes: [UInt8]
    package init(index: Int, bytes: [UInt8]) {
        self.index = index
        self.bytes = bytes
    }
}

/// The groups of an epoch: drawn once, from nonces that all members committed to before any was revealed.
package struct Partition: Equatable, Sendable {
    package let terms: PartitionTerms
    /// Those who revealed, in rising order.
    package let members: [Int]
    /// Each in the order it was drawn, which is the ring of its mask graph.
    package let groups: [[Int]]
    /// What the holder rings of the epoch are drawn from.
    package let seed: [UInt8]
    /// Goes into the parameters of every round of the epoch.
    package let digest: [UInt8]
    private let groupOf: [Int: Int]

    /// - Parameters:
    ///   - commitments: of all members, in rising order.
    ///   - nonces: those revealed, in rising order.
    package init(terms: PartitionTerms, commitments: [IndexedBytes], nonces: [IndexedBytes], suite: CryptoSuite) throws(SecureAggregationError) {
        guard isRising(commitments), isRising(nonces) else { throw .malformed(field: "partition") }
        let committed = Dictionary(uniqueKeysWithValues: commitments.map { ($0.index, $0.bytes) })
        for nonce in nonces {
            guard nonce.bytes.count == 32, committed[nonce.index] == terms.commitment(index: nonce.index, nonce: nonce.bytes, suite: suite) else {
                throw .contradiction("member \(nonce.index) revealed another nonce than it committed to")
            }
        }
        let missing = commitments.count - nonces.count
        guard missing <= terms.missingMax else {
            throw .tooFew("\(missing) of \(commitments.count) members did not reveal their nonce, and \(terms.missingMax) may: begin another epoch")
        }
        guard terms.groups >= 1, nonces.count / terms.groups >= terms.rosterFloor else {
            throw .tooFew("\(nonces.count) members in \(terms.groups) groups are fewer than \(terms.rosterFloor) in each: wait for more clients")
        }
        var writer = CanonicalWriter(.partition)
        terms.write(&writer)
        for list in [commitments, nonces] {
            writer.list(list) { writer, item in
                writer.number32(item.index)
                writer.fixed(item.bytes)
            }
        }
        let digest = suite.sha256(writer.bytes)
        let seed = suite.sha256(KeySchedule.label("partition") + digest)
        let members = nonces.map(\.index)
        let order = drawnOrder(members, seed: seed, label: "groups", suite: suite)
        var groups: [[Int]] = []
        var at = 0
        for group in 0..<terms.groups {
            // The first n mod g groups have one member more.
            let size = members.count / terms.groups + (group < members.count % terms.groups ? 1 : 0)
            groups.append(Array(order[at..<at + size]))
            at += size
        }
        var groupOf: [Int: Int] = [:]
        for (number, group) in groups.enumerated() { for member in group { groupOf[member] = number } }
        self.terms = terms
        self.members = members
        self.groups = groups
        self.seed = seed
        self.digest = digest
        self.groupOf = groupOf
    }

    package func group(of member: Int) -> Int? { groupOf[member] }

    /// The members of a group among those given, in the group's order.
    package func present(in group: Int, among members: Set<Int>) -> [Int] { groups[group].filter { members.contains($0) } }

    /// How many they are.
    package func countPresent(in group: Int, among members: Set<Int>) -> Int { groups[group].count { members.contains($0) } }
}

extension Array {
    /// Where `key` is among keys that rise; nil: nowhere.
    func place(ofRising key: Int, _ keyOf: (Element) -> Int) -> Int? {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if keyOf(self[middle]) < key { low = middle + 1 } else { high = middle }
        }
        return low < count && keyOf(self[low]) == key ? low : nil
    }
}

extension [Int] {
    /// Of members in rising order.
    func hasRising(_ member: Int) -> Bool { place(ofRising: member) { $0 } != nil }
}

func isRising(_ items: [IndexedBytes]) -> Bool {
    zip(items, items.dropFirst()).allSatisfy { $0.index < $1.index } && items.allSatisfy { (0..<Limits.clientsMax).contains($0.index) && $0.bytes.count == 32 }
}

/// A member's side of the draw. It reveals only after it has seen everybody's commitment, and takes one partition an epoch.
package struct PartitionMember: Sendable {
    package let terms: PartitionTerms
    package let index: Int
    private let nonce: Secret
    private var commitments: [IndexedBytes]?
    package private(set) var partition: Partition?
    private let suite: CryptoSuite

    /// `nonce`: 32 random bytes for this epoch alone.
    package init(terms: PartitionTerms, index: Int, nonce: Secret, suite: CryptoSuite) {
        precondition(nonce.count == 32, "a nonce has 32 bytes")
        self.terms = terms
        self.index = index
        self.nonce = nonce
        self.suite = suite
    }

    package var commitment: IndexedBytes { IndexedBytes(index: index, bytes: terms.commitment(index: index, nonce: nonce.bytes, suite: suite)) }

    /// Gives the nonce away for one list of commitments, and for no other.
    package mutating func reveal(to commitments: [IndexedBytes]) throws(SecureAggregationError) -> IndexedBytes {
        guard isRising(commitments) else { throw .malformed(field: "commitments") }
        guard commitments.contains(commitment) else { throw .contradiction("the commitment of member \(index) is not in the list") }
        guard self.commitments == nil || self.commitments == commitments else {
            throw .contradiction("a second list of commitments in epoch \(terms.epoch)")
        }
        self.commitments = commitments
        return IndexedBytes(index: index, bytes: nonce.bytes)
    }

    package mutating func accept(nonces: [IndexedBytes]) throws(SecureAggregationError) -> Partition {
        guard let commitments else { throw .outOfOrder("nonces before commitments") }
        guard nonces.contains(IndexedBytes(index: index, bytes: nonce.bytes)) else { throw .contradiction("the nonce of member \(index) is not in the list") }
        let drawn = try Partition(terms: terms, commitments: commitments, nonces: nonces, suite: suite)
        guard partition == nil || partition == drawn else { throw .contradiction("a second partition in epoch \(terms.epoch)") }
        partition = drawn
        return drawn
    }
}
