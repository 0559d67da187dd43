/// The one encoder of everything that is hashed, signed, sealed or sent: little-endian numbers of fixed width, byte strings and
/// lists with a length of four bytes. A value has one encoding, and a decoder takes no other.
package struct CanonicalWriter: Sendable {
    package private(set) var bytes: [UInt8] = []

    /// `kind` names the message, so that the encoding of one is never that of another.
    package init(_ kind: MessageKind) {
        self.init()
        bytes.append(CanonicalWriter.version)
        bytes.append(kind.rawValue)
    }
    init() { bytes.reserveCapacity(128) }

    /// The version of every encoding here.
    package static let version: UInt8 = 1

    mutating func number8(_ value: Int) { bytes.append(UInt8(truncatingIfNeeded: value)) }
    mutating func number32(_ value: Int) { word(UInt32(truncatingIfNeeded: value)) }
    mutating func number64(_ value: UInt64) { word(value) }
    /// What is hashed with one number after the other is written once.
    mutating func replaceLast32(_ value: Int) {
        let number = UInt32(truncatingIfNeeded: value)
        for i in 0..<4 { bytes[bytes.count - 4 + i] = UInt8(truncatingIfNeeded: number >> UInt32(8 * i)) }
    }
    private mutating func word(_ value: some FixedWidthInteger) { withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) } }
    /// `KeySchedule.label`, without an array of its own.
    mutating func label(_ text: StaticString) {
        bytes.append(contentsOf: KeySchedule.labelBegin)
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
        bytes.append(0)
    }
    /// Room for what is still to be written.
    mutating func reserve(_ count: Int) { bytes.reserveCapacity(bytes.count + count) }
    /// Bytes of a length both sides know.
    mutating func fixed(_ value: [UInt8]) { bytes += value }
    mutating func string(_ value: [UInt8]) {
        number32(value.count)
        bytes += value
    }
    mutating func list<Item>(_ items: [Item], _ body: (inout CanonicalWriter, Item) -> Void) {
        number32(items.count)
        for item in items { body(&self, item) }
    }
}

/// Every kind of encoding; the numbers are part of the protocol.
package enum MessageKind: UInt8, Sendable, CaseIterable {
    case parameters = 1
    case partitionCommit, partitionReveal, partition, roster
    case advert, adverts, shareBundle, shareDelivery, shareReceipt, confirmation
    case maskedInput, survivors, survivorSignature, unmaskRequest, unmaskResponse
    case clientRecord
    case epochInvitation, nonceCommitment, nonceCommitments, nonces
    /// Kept by the coordinator, not sent.
    case sealedAttempt
    case drawRefusal
    /// With longer keys (`KeyExchange.xWing`).
    case hybridAdvert, hybridAdverts, hybridShareBundle, hybridShareDelivery, hybridSealedAttempt
    case hybridShareReceipt, hybridConfirmation
    /// Parameters of a round whose members add noise.
    case noisyParameters
}

package struct CanonicalReader: Sendable {
    private let bytes: [UInt8]
    private var at = 0

    package init(_ bytes: [UInt8], _ kind: MessageKind) throws(SecureAggregationError) {
        self.bytes = bytes
        guard try number8("version") == Int(CanonicalWriter.version) else { throw .malformed(field: "version") }
        guard try number8("kind") == Int(kind.rawValue) else { throw .malformed(field: "kind") }
    }

    mutating func number8(_ field: String) throws(SecureAggregationError) -> Int { Int(try word(1, field)) }
    mutating func number32(_ field: String) throws(SecureAggregationError) -> Int { Int(try word(4, field)) }
    mutating func number64(_ field: String) throws(SecureAggregationError) -> UInt64 { try word(8, field) }

    private mutating func word(_ count: Int, _ field: String) throws(SecureAggregationError) -> UInt64 {
        guard count <= bytes.count - at else { throw .malformed(field: field) }
        var value: UInt64 = 0
        for i in 0..<count { value |= UInt64(bytes[at + i]) << UInt64(8 * i) }
        at += count
        return value
    }

    mutating func fixed(_ count: Int, _ field: String) throws(SecureAggregationError) -> [UInt8] {
        guard count <= bytes.count - at else { throw .malformed(field: field) }
        let begin = at
        at += count
        return bytes.withUnsafeBufferPointer { Array(UnsafeBufferPointer(rebasing: $0[begin..<begin + count])) }
    }

    mutating func string(_ field: String, max: Int) throws(SecureAggregationError) -> [UInt8] {
        let count = try number32(field)
        guard count <= max else { throw .malformed(field: field) }
        return try fixed(count, field)
    }

    /// At most `max` items, each of at least `itemBytesMin` bytes, so that a lie about the count allocates nothing.
    mutating func list<Item>(
        _ field: String, max: Int, itemBytesMin: Int, _ body: (inout CanonicalReader) throws(SecureAggregationError) -> Item
    ) throws(SecureAggregationError) -> [Item] {
        let count = try number32(field)
        guard count <= max, count * itemBytesMin <= bytes.count - at else { throw .malformed(field: field) }
        var items: [Item] = []
        items.reserveCapacity(count)
        for _ in 0..<count { items.append(try body(&self)) }
        return items
    }

    /// Roster indices in rising order, so that a set has one encoding.
    mutating func indices(_ field: String) throws(SecureAggregationError) -> [Int] {
        var last = -1
        return try list(field, max: Limits.clientsMax, itemBytesMin: 4) { (reader) throws(SecureAggregationError) in
            let index = try reader.index(field)
            guard index > last else { throw SecureAggregationError.malformed(field: field) }
            last = index
            return index
        }
    }

    mutating func index(_ field: String) throws(SecureAggregationError) -> Int {
        let index = try number32(field)
        guard index < Limits.clientsMax else { throw .malformed(field: field) }
        return index
    }

    /// Nothing may follow.
    func end() throws(SecureAggregationError) {
        guard at == bytes.count else { throw .malformed(field: "end") }
    }
}

extension CanonicalWriter {
    mutating func indices(_ items: [Int]) { list(items) { writer, index in writer.number32(index) } }
}
