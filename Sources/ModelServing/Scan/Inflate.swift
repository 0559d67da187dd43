/// DEFLATE (RFC 1951), part by part: what comes out is handed on 32 KiB at a time, and never more than was asked for.
package struct Inflate {
    package enum End: Sendable, Equatable {
        /// How many bytes of the input it took.
        case done(Int)
        case malformed
        /// More would come than may.
        case beyondLimit
        /// Whoever receives wanted no more.
        case stopped
    }

    private let input: ArraySlice<UInt8>
    private var at: Int
    private var (bits, bitCount): (UInt32, Int) = (0, 0)
    private var window = [UInt8](repeating: 0, count: 1 << 16)
    private var (filled, flushed): (Int, Int) = (0, 0)
    private var total = 0
    private let limit: Int

    private struct Failure: Error { var end: End }

    private init(_ input: ArraySlice<UInt8>, limit: Int) {
        (self.input, at, self.limit) = (input, input.startIndex, limit)
    }

    /// - Parameter receive: false: no more is wanted.
    package static func run(_ input: ArraySlice<UInt8>, limit: Int, _ receive: (ArraySlice<UInt8>) -> Bool) -> End {
        var inflate = Inflate(input, limit: limit)
        do throws(Failure) {
            try inflate.blocks(receive)
            return .done(inflate.at - input.startIndex)
        } catch { return error.end }
    }

    /// All of it; nil: it cannot be read, or is longer than `limit`.
    package static func whole(_ input: ArraySlice<UInt8>, limit: Int) -> [UInt8]? {
        var out: [UInt8] = []
        let end = run(input, limit: limit) {
            out += $0
            return true
        }
        if case .done = end { return out }
        return nil
    }

    private mutating func blocks(_ receive: (ArraySlice<UInt8>) -> Bool) throws(Failure) {
        var isLast = false
        while !isLast {
            isLast = try take(1) == 1
            switch try take(2) {
            case 0: try stored(receive)
            case 1: try codes(Self.fixedLengths, Self.fixedDistances, receive)
            case 2:
                let (lengths, distances) = try dynamicTables()
                try codes(lengths, distances, receive)
            default: throw Failure(end: .malformed)
            }
        }
        try flush(receive)
    }

    // MARK: Bits

    private mutating func need(_ count: Int) throws(Failure) {
        while bitCount < count {
            guard at < input.endIndex else { throw Failure(end: .malformed) }
            bits |= UInt32(input[at]) << UInt32(bitCount)
            at += 1
            bitCount += 8
        }
    }

    /// - Parameter count: up to 13.
    private mutating func take(_ count: Int) throws(Failure) -> Int {
        try need(count)
        let value = Int(bits & (1 << UInt32(count) - 1))
        bits >>= UInt32(count)
        bitCount -= count
        return value
    }

    // MARK: Output

    private mutating func put(_ byte: UInt8, _ receive: (ArraySlice<UInt8>) -> Bool) throws(Failure) {
        total += 1
        guard total <= limit else { throw Failure(end: .beyondLimit) }
        window[filled] = byte
        filled += 1
        guard filled == window.count else { return }
        try flush(receive)
        // The last 32 KiB stay: distances reach so far back.
        for i in 0..<(1 << 15) { window[i] = window[i + 1 << 15] }
        (filled, flushed) = (1 << 15, 1 << 15)
    }

    private mutating func flush(_ receive: (ArraySlice<UInt8>) -> Bool) throws(Failure) {
        guard filled > flushed else { return }
        guard receive(window[flushed..<filled]) else { throw Failure(end: .stopped) }
        flushed = filled
    }

    // MARK: Blocks

    private mutating func stored(_ receive: (ArraySlice<UInt8>) -> Bool) throws(Failure) {
        // Whole bytes that were read ahead are given back; there are at most three.
        at -= bitCount / 8
        (bits, bitCount) = (0, 0)
        guard let length = little(input, at, 2), let check = little(input, at + 2, 2), length == ~check & 0xFFFF, Int(length) <= input.endIndex - at - 4 else {
            throw Failure(end: .malformed)
        }
        at += 4
        for byte in input[at..<at + Int(length)] { try put(byte, receive) }
        at += Int(length)
    }

    private static let lengthBase = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258]
    private static let lengthBits = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0]
    private static let distanceBase = [
        1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577,
    ]
    private static let distanceBits = [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13]

    private mutating func codes(_ lengths: HuffmanTable, _ distances: HuffmanTable, _ receive: (ArraySlice<UInt8>) -> Bool) throws(Failure) {
        while true {
            let symbol = try decode(lengths)
            if symbol < 256 {
                try put(UInt8(symbol), receive)
                continue
            }
            if symbol == 256 { return }
            guard symbol - 257 < Self.lengthBase.count else { throw Failure(end: .malformed) }
            let length = Self.lengthBase[symbol - 257] + (try take(Self.lengthBits[symbol - 257]))
            let code = try decode(distances)
            guard code < Self.distanceBase.count else { throw Failure(end: .malformed) }
            let distance = Self.distanceBase[code] + (try take(Self.distanceBits[code]))
            guard distance <= filled else { throw Failure(end: .malformed) }
            for _ in 0..<length { try put(window[filled - distance], receive) }
        }
    }

    private static let order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]

    private mutating func dynamicTables() throws(Failure) -> (HuffmanTable, HuffmanTable) {
        let (literals, distances, codes) = (try take(5) + 257, try take(5) + 1, try take(4) + 4)
        guard literals <= 286, distances <= 30 else { throw Failure(end: .malformed) }
        var lengths = [UInt8](repeating: 0, count: 19)
        for i in 0..<codes { lengths[Self.order[i]] = UInt8(try take(3)) }
        guard let table = HuffmanTable(lengths[...], mayBeIncomplete: false) else { throw Failure(end: .malformed) }
        lengths = []
        while lengths.count < literals + distances {
            let symbol = try decode(table)
            switch symbol {
            case 0..<16: lengths.append(UInt8(symbol))
            case 16:
                guard let last = lengths.last else { throw Failure(end: .malformed) }
                lengths += repeatElement(last, count: 3 + (try take(2)))
            case 17: lengths += repeatElement(0, count: 3 + (try take(3)))
            default: lengths += repeatElement(0, count: 11 + (try take(7)))
            }
        }
        guard lengths.count == literals + distances, lengths[256] != 0, let first = HuffmanTable(lengths[..<literals], mayBeIncomplete: true),
            let second = HuffmanTable(lengths[literals...], mayBeIncomplete: true)
        else { throw Failure(end: .malformed) }
        return (first, second)
    }

    /// Bit by bit, as canonical codes are read: the first code of each length and how many there are.
    private mutating func decode(_ table: HuffmanTable) throws(Failure) -> Int {
        var (code, first, index) = (0, 0, 0)
        for length in 1...15 {
            code |= try take(1)
            let count = Int(table.counts[length])
            if code - count < first { return Int(table.symbols[index + code - first]) }
            index += count
            first = (first + count) << 1
            code <<= 1
        }
        throw Failure(end: .malformed)
    }

    private static let fixedLengths: HuffmanTable = {
        let lengths = (0..<288).map { UInt8($0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8) }
        guard let table = HuffmanTable(lengths[...], mayBeIncomplete: false) else { preconditionFailure("RFC 1951 §3.2.6") }
        return table
    }()
    private static let fixedDistances: HuffmanTable = {
        guard let table = HuffmanTable([UInt8](repeating: 5, count: 30)[...], mayBeIncomplete: true) else { preconditionFailure("RFC 1951 §3.2.6") }
        return table
    }()
}

/// Codes by their lengths.
private struct HuffmanTable {
    let counts: [UInt16]
    let symbols: [UInt16]

    /// nil where there are more codes than bits allow, or fewer than there must be.
    init?(_ lengths: ArraySlice<UInt8>, mayBeIncomplete: Bool) {
        var counts = [UInt16](repeating: 0, count: 16)
        for length in lengths { counts[Int(length)] += 1 }
        let used = lengths.count - Int(counts[0])
        counts[0] = 0
        var left = 1
        for length in 1...15 {
            left = left << 1 - Int(counts[length])
            if left < 0 { return nil }
        }
        // One code of one bit is what a tree of one symbol looks like; none: no distances.
        guard left == 0 || (mayBeIncomplete && (used <= 1 || lengths.count == 30)) else { return nil }
        var offsets = [0, 0]
        for length in 1..<15 { offsets.append(offsets[length] + Int(counts[length])) }
        var symbols = [UInt16](repeating: 0, count: used)
        for (symbol, length) in lengths.enumerated() where length != 0 {
            symbols[offsets[Int(length)]] = UInt16(symbol)
            offsets[Int(length)] += 1
        }
        (self.counts, self.symbols) = (counts, symbols)
    }
}
