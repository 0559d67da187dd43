/// Reads a zlib stream (RFC 1950) of deflated data (RFC 1951) whose length is known, and hands it on piece by piece: no more than 128 KiB of it
/// are held.
struct Inflater {
    private static let window = 32_768
    private static let held = 131_072
    private static let longestMatch = 258
    private static let lengthBases = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258]
    private static let lengthBits = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0]
    private static let distanceBases = [
        1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12_289, 16_385, 24_577,
    ]
    private static let lengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]

    private var bits: BitReader
    private var out = [UInt8](repeating: 0, count: held)
    /// Where the next byte goes; how many of those that are held were handed on; how many were handed on at all.
    private var (position, given, total) = (0, 0, 0)
    private var sum = Adler32()
    private let expected: Int

    /// - Parameters:
    ///   - stream: the whole zlib stream and nothing else.
    ///   - expected: bytes that it inflates to.
    init(_ stream: [UInt8], expected: Int) throws(ImageError) {
        guard stream.count >= 2 else { throw .cutShort }
        let (method, flags) = (Int(stream[0]), Int(stream[1]))
        guard method & 15 == 8, method >> 4 <= 7, (method << 8 | flags) % 31 == 0 else { throw .damaged("its compressed data are no zlib stream") }
        guard flags & 32 == 0 else { throw .damaged("its compressed data need a dictionary") }
        bits = BitReader(stream, from: 2)
        self.expected = expected
    }

    /// - Throws: also where it is longer or shorter than expected, as soon as that is seen.
    mutating func run(_ sink: (ArraySlice<UInt8>) throws(ImageError) -> Void) throws(ImageError) {
        var isLast = false
        while !isLast {
            isLast = try bits.take(1) == 1
            switch try bits.take(2) {
            case 0: try stored(sink)
            case 1: try block(Self.fixed.literals, Self.fixed.distances, sink)
            case 2:
                let codes = try dynamicCodes()
                try block(codes.literals, codes.distances, sink)
            default: throw .damaged("its compressed data have a block of no kind")
            }
        }
        try give(sink)
        guard total == expected else { throw .damaged("it has \(total) bytes of pixels; its header says \(expected)") }
        try bits.alignToByte()
        var told: UInt32 = 0
        for _ in 0..<4 { told = told << 8 | UInt32(try bits.take(8)) }
        guard told == sum.value else { throw .damaged("the checksum of its pixels is wrong") }
        guard bits.isAtEnd else { throw .damaged("there are data behind its pixels") }
    }

    private mutating func stored(_ sink: (ArraySlice<UInt8>) throws(ImageError) -> Void) throws(ImageError) {
        try bits.alignToByte()
        let length = try bits.take(16)
        guard try bits.take(16) == length ^ 0xFFFF else { throw .damaged("the length of a stored block is wrong") }
        for _ in 0..<length {
            let byte = UInt8(try bits.take(8))
            try room(1, sink)
            out[position] = byte
            position += 1
        }
    }

    private mutating func block(
        _ literals: PrefixCode, _ distances: PrefixCode, _ sink: (ArraySlice<UInt8>) throws(ImageError) -> Void
    ) throws(ImageError) {
        while true {
            let symbol = try literals.next(&bits)
            if symbol < 256 {
                try room(1, sink)
                out[position] = UInt8(symbol)
                position += 1
                continue
            }
            if symbol == 256 { return }
            guard symbol < 286 else { throw .damaged("its compressed data have a length that is none") }
            let length = Self.lengthBases[symbol - 257] + (try bits.take(Self.lengthBits[symbol - 257]))
            let code = try distances.next(&bits)
            guard code < 30 else { throw .damaged("its compressed data have a distance that is none") }
            let distance = Self.distanceBases[code] + (try bits.take(max(0, code / 2 - 1)))
            try room(length, sink)
            // What is held never begins later than a window before here.
            guard distance <= min(produced, Self.window) else { throw .damaged("its compressed data point before their beginning") }
            for i in position..<(position + length) { out[i] = out[i - distance] }
            position += length
        }
    }

    /// Makes place for `count` more bytes.
    private mutating func room(_ count: Int, _ sink: (ArraySlice<UInt8>) throws(ImageError) -> Void) throws(ImageError) {
        guard produced + count <= expected else { throw .damaged("it has more bytes of pixels than its header says") }
        guard position + count > Self.held else { return }
        try give(sink)
        let kept = position - Self.window
        for i in 0..<Self.window { out[i] = out[kept + i] }
        position = Self.window
        given = Self.window
    }

    private var produced: Int { total + position - given }

    private mutating func give(_ sink: (ArraySlice<UInt8>) throws(ImageError) -> Void) throws(ImageError) {
        sum.add(out[given..<position])
        try sink(out[given..<position])
        total += position - given
        given = position
    }

    private static let fixed: (literals: PrefixCode, distances: PrefixCode) = {
        let lengths = [UInt8](repeating: 8, count: 144) + [UInt8](repeating: 9, count: 112) + [UInt8](repeating: 7, count: 24) + [UInt8](repeating: 8, count: 8)
        guard let literals = try? PrefixCode(lengths: lengths[...]), let distances = try? PrefixCode(lengths: [UInt8](repeating: 5, count: 32)[...]) else {
            preconditionFailure("the fixed codes of RFC 1951 are complete")
        }
        return (literals, distances)
    }()

    private mutating func dynamicCodes() throws(ImageError) -> (literals: PrefixCode, distances: PrefixCode) {
        let literals = try bits.take(5) + 257
        let distances = try bits.take(5) + 1
        let count = try bits.take(4) + 4
        guard literals <= 286, distances <= 30 else { throw .damaged("its compressed data have too many codes") }
        var codeLengths = [UInt8](repeating: 0, count: 19)
        for i in 0..<count { codeLengths[Self.lengthOrder[i]] = UInt8(try bits.take(3)) }
        let code = try PrefixCode(lengths: codeLengths[...])
        var lengths: [UInt8] = []
        lengths.reserveCapacity(literals + distances)
        while lengths.count < literals + distances {
            let symbol = try code.next(&bits)
            guard symbol >= 16 else {
                lengths.append(UInt8(symbol))
                continue
            }
            var repeated: UInt8 = 0
            var times: Int
            switch symbol {
            case 16:
                guard let last = lengths.last else { throw .damaged("its compressed data repeat a length before the first") }
                repeated = last
                times = try bits.take(2) + 3
            case 17: times = try bits.take(3) + 3
            default: times = try bits.take(7) + 11
            }
            guard lengths.count + times <= literals + distances else { throw .damaged("its compressed data repeat a length too often") }
            while times > 0 {
                lengths.append(repeated)
                times -= 1
            }
        }
        guard lengths[256] != 0 else { throw .damaged("a block of its compressed data has no end") }
        return (try PrefixCode(lengths: lengths[..<literals]), try PrefixCode(lengths: lengths[literals...]))
    }
}
