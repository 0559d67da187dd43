/// Reads DEFLATE (RFC 1951). What comes out is handed on part by part, and never more than was asked for: 128 KiB of it are held at most, and no
/// more than the limit.
///
/// Strict as zlib is. A Huffman code must use up every pattern of bits, with two exceptions: literals and distances may have one code of one bit
/// (a tree of one symbol), and distances no code at all (a block of literals alone). Codes of lengths must be complete. Oversubscribed codes,
/// more than 286 literals and lengths or 30 distances, blocks without an end symbol, repeats beyond the last length, and distances beyond 32 KiB
/// or before the beginning are refused.
package struct Inflater {
    private static let window = 32_768
    private static let held = 131_072

    private var bits: BitReader
    private var out: [UInt8]
    /// Where the next byte goes, how many of those that are held were handed on, and how many were handed on at all.
    private var (position, given, total) = (0, 0, 0)
    private let limit: Int
    /// Where the limit is reached, or `out` ends.
    private var end: Int

    private init(_ input: ArraySlice<UInt8>, limit: Int) {
        bits = BitReader(input)
        self.limit = max(0, limit)
        // With a smaller limit than what is held, there is never a need to move the window.
        out = [UInt8](repeating: 0, count: min(Self.held, self.limit))
        end = out.count
    }

    /// - Parameters:
    ///   - input: begins with the stream; what is behind it is not looked at.
    ///   - limit: bytes that are handed on at most.
    ///   - receive: false: no more is wanted. Parts are not empty. When an error is thrown, parts may have been handed on before.
    /// - Returns: how many bytes of the input the stream takes.
    package static func run(_ input: ArraySlice<UInt8>, limit: Int, _ receive: (ArraySlice<UInt8>) -> Bool) throws(InflateError) -> Int {
        var inflater = Inflater(input, limit: limit)
        try inflater.blocks(receive)
        return inflater.bits.taken
    }

    /// All of it.
    package static func whole(_ input: ArraySlice<UInt8>, limit: Int) throws(InflateError) -> (bytes: [UInt8], taken: Int) {
        var out: [UInt8] = []
        let taken = try run(input, limit: limit) {
            out += $0
            return true
        }
        return (out, taken)
    }

    private mutating func blocks(_ receive: (ArraySlice<UInt8>) -> Bool) throws(InflateError) {
        var isLast = false
        while !isLast {
            isLast = try bits.take(1) == 1
            switch try bits.take(2) {
            case 0: try stored(receive)
            case 1: try block(BlockCodes.fixed, receive)
            case 2: try block(try BlockCodes(&bits), receive)
            default: throw .malformed(.blockKind)
            }
        }
        try give(receive)
    }

    private mutating func stored(_ receive: (ArraySlice<UInt8>) -> Bool) throws(InflateError) {
        bits.alignToByte()
        let length = try bits.take(16)
        guard try bits.take(16) == length ^ 0xFFFF else { throw .malformed(.storedLength) }
        var rest = try bits.takeBytes(length)
        guard length <= limit - produced else { throw .beyondLimit }
        while !rest.isEmpty {
            if position == out.count { try slide(receive) }
            let part = rest.prefix(out.count - position)
            out.replaceSubrange(position..<(position + part.count), with: part)
            position += part.count
            rest = rest.dropFirst(part.count)
        }
    }

    private mutating func block(_ codes: BlockCodes, _ receive: (ArraySlice<UInt8>) -> Bool) throws(InflateError) {
        while true {
            bits.fill()
            let symbol = try codes.literals.next(&bits)
            if symbol < 256 {
                if position == end { try room(1, receive) }
                out[position] = UInt8(truncatingIfNeeded: symbol)
                position += 1
                continue
            }
            if symbol == 256 { return }
            guard symbol < 286 else { throw .malformed(.length) }
            let length = Symbols.lengthBases[symbol - 257] + (try bits.takeHeld(Symbols.lengthBits[symbol - 257]))
            let code = try codes.distances.next(&bits)
            guard code < 30 else { throw .malformed(.distance) }
            let distance = Symbols.distanceBases[code] + (try bits.takeHeld(max(0, code / 2 - 1)))
            try room(length, receive)
            // What is held never begins later than a window before here, and no distance is longer than that.
            guard distance <= position else { throw .malformed(.beforeBeginning) }
            copy(length, from: distance)
        }
    }

    /// What is read may be written only by the same copy: byte after byte, from the front.
    private mutating func copy(_ length: Int, from distance: Int) {
        let (start, behind) = (position, position + length)
        precondition(distance > 0 && distance <= start && behind <= out.count)
        out.withUnsafeMutableBufferPointer { out in
            for i in start..<behind { out[i] = out[i &- distance] }
        }
        position = behind
    }

    /// Makes place for `count` more bytes, a match's at most.
    private mutating func room(_ count: Int, _ receive: (ArraySlice<UInt8>) -> Bool) throws(InflateError) {
        guard count <= limit - produced else { throw .beyondLimit }
        if position + count > out.count { try slide(receive) }
    }

    /// Hands on what is held, and keeps a window of it.
    private mutating func slide(_ receive: (ArraySlice<UInt8>) -> Bool) throws(InflateError) {
        try give(receive)
        let kept = position - Self.window
        for i in 0..<Self.window { out[i] = out[kept + i] }
        (position, given) = (Self.window, Self.window)
        end = min(out.count, Self.window + (limit - total))
    }

    private var produced: Int { total + position - given }

    private mutating func give(_ receive: (ArraySlice<UInt8>) -> Bool) throws(InflateError) {
        guard position > given else { return }
        guard receive(out[given..<position]) else { throw .stopped }
        total += position - given
        given = position
    }
}
