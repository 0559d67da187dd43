/// A mask over whole numbers modulo 2^width, as secure aggregation adds it to a client's and takes it off the sum.
///
/// Number j of the mask is bits [width·j, width·j + width) of the keystream of AES-128 in counter mode, from counter block
/// `block` on; bits are counted from the lowest of the first byte. Every 128 numbers begin at a block, so a vector can be
/// masked in parts of a multiple of 128 numbers.
package struct Mask: Sendable {
    /// 16 bytes.
    package let key: [UInt8]
    package let block: UInt64
    /// Bits of a number, 1 to 32.
    package let width: Int
    /// Whether the mask is taken off.
    package let subtract: Bool

    /// Bytes of the numbers that are masked at a time, and of keystream at most: a quarter of the first cache.
    package static let partBytes = 8192

    package init(key: [UInt8], block: UInt64 = 0, width: Int, subtract: Bool) {
        precondition(key.count == 16, "AES-128 has a key of 16 bytes")
        precondition((1...32).contains(width), "a number has 1 to 32 bits")
        self.key = key
        self.block = block
        self.width = width
        self.subtract = subtract
    }

    /// The mask from number `128·groups` on.
    package func advanced(groups: Int) -> Mask {
        Mask(key: key, block: block &+ UInt64(groups * width), width: width, subtract: subtract)
    }

    /// Calls `body` with parts of `count` numbers, the blocks of a mask's keystream before each, and its bytes of keystream:
    /// few enough for the processor's first cache, the numbers beside them.
    package static func inParts(_ count: Int, width: Int, _ body: (_ part: Range<Int>, _ blocks: UInt64, _ byteCount: Int) -> Void) {
        // A part is whole groups of 128 numbers, 16·width bytes of keystream.
        let numbers = partBytes / 4
        for start in stride(from: 0, to: count, by: numbers) {
            let end = min(count, start + numbers)
            body(start..<end, UInt64(start / 128 * width), ((end - start) * width + 7) / 8)
        }
    }

    /// Adds the mask whose keystream is `bytes`, at least ⌈width·count / 8⌉ of them, modulo 2^width.
    package func add(_ bytes: [UInt8], to numbers: UnsafeMutableBufferPointer<UInt32>) {
        bytes.withUnsafeBytes { add($0, to: numbers) }
    }

    /// The same of bytes anywhere.
    package func add(_ bytes: UnsafeRawBufferPointer, to numbers: UnsafeMutableBufferPointer<UInt32>) {
        precondition(bytes.count >= (numbers.count * width + 7) / 8, "the keystream is too short")
        let modulus = UInt32.max >> UInt32(32 - width)
        // A number and the bits before it lie within eight bytes; the last ones may have fewer behind them.
        let whole = bytes.count < 8 ? 0 : min(numbers.count, ((bytes.count - 8) * 8 + 7) / width + 1)
        for j in 0..<whole {
            let (first, shift) = ((j &* width) >> 3, (j &* width) & 7)
            let bits = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: first, as: UInt64.self)) &>> UInt64(shift)
            let mask = UInt32(truncatingIfNeeded: bits)
            numbers[j] = (subtract ? numbers[j] &- mask : numbers[j] &+ mask) & modulus
        }
        for j in whole..<numbers.count {
            let (first, shift) = ((j * width) / 8, (j * width) % 8)
            var bits: UInt64 = 0
            for i in first..<min(first + 5, bytes.count) { bits |= UInt64(bytes[i]) << UInt64(8 * (i - first)) }
            let mask = UInt32(truncatingIfNeeded: bits >> UInt64(shift))
            numbers[j] = (subtract ? numbers[j] &- mask : numbers[j] &+ mask) & modulus
        }
    }
}

extension CryptoSuite {
    /// lanes[i] = (lanes[i] ± number `first` + i of the mask) mod 2^width; `first` is a multiple of 128. See `Mask`.
    package func maskAdd(_ lanes: inout [UInt32], _ key: [UInt8], _ first: Int, _ width: Int, _ subtract: Bool) {
        precondition(first >= 0 && first % 128 == 0, "masks begin at whole groups of 128 numbers")
        let mask = Mask(key: key, width: width, subtract: subtract).advanced(groups: first / 128)
        lanes.withUnsafeMutableBufferPointer { addMask(mask, $0) }
    }
}
