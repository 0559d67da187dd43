/// What length and distance symbols stand for (RFC 1951 §3.2.5).
enum Symbols {
    static let lengthBases = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258]
    static let lengthBits = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0]
    static let distanceBases = [
        1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12_289, 16_385, 24_577,
    ]
}

/// The two codes of a block.
struct BlockCodes {
    private static let lengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]

    let literals: PrefixCode
    let distances: PrefixCode

    /// RFC 1951 §3.2.6.
    static let fixed: BlockCodes = {
        let lengths = (0..<288).map { UInt8($0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8) }
        guard let literals = try? PrefixCode(lengths: lengths[...], mayBeSingle: false),
            let distances = try? PrefixCode(lengths: [UInt8](repeating: 5, count: 32)[...], mayBeSingle: false)
        else { preconditionFailure("the fixed codes of RFC 1951 are complete") }
        return BlockCodes(literals: literals, distances: distances)
    }()

    private init(literals: PrefixCode, distances: PrefixCode) { (self.literals, self.distances) = (literals, distances) }

    /// RFC 1951 §3.2.7.
    init(_ bits: inout BitReader) throws(InflateError) {
        let literals = try bits.take(5) + 257
        let distances = try bits.take(5) + 1
        let count = try bits.take(4) + 4
        guard literals <= 286, distances <= 30 else { throw .malformed(.tooManyCodes) }
        var codeLengths = [UInt8](repeating: 0, count: 19)
        for i in 0..<count { codeLengths[Self.lengthOrder[i]] = UInt8(try bits.take(3)) }
        let code = try PrefixCode(lengths: codeLengths[...], mayBeSingle: false)
        var lengths: [UInt8] = []
        lengths.reserveCapacity(literals + distances)
        while lengths.count < literals + distances {
            bits.fill()
            let symbol = try code.next(&bits)
            guard symbol >= 16 else {
                lengths.append(UInt8(symbol))
                continue
            }
            var (repeated, times): (UInt8, Int) = (0, 0)
            switch symbol {
            case 16:
                guard let last = lengths.last else { throw .malformed(.repeatedNothing) }
                (repeated, times) = (last, try bits.takeHeld(2) + 3)
            case 17: times = try bits.takeHeld(3) + 3
            default: times = try bits.takeHeld(7) + 11
            }
            guard lengths.count + times <= literals + distances else { throw .malformed(.repeatedTooOften) }
            lengths += repeatElement(repeated, count: times)
        }
        guard lengths[256] != 0 else { throw .malformed(.noEnd) }
        self.literals = try PrefixCode(lengths: lengths[..<literals], mayBeSingle: true)
        self.distances = try PrefixCode(lengths: lengths[literals...], mayBeSingle: true)
    }
}
