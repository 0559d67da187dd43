import KernelTable

// Exact sums: whole numbers add up without rounding, so neither order nor vector width can change a bit.

/// Adding 1.5·2^52 rounds a Double of magnitude below 2^51 to the nearest integer (ties to even) and leaves that
/// integer in the low bits.
private let roundingMagic = 6_755_399_441_055_744.0

extension Level {
    func accumulateFixedPoint(_ acc: UnsafeMutablePointer<Int64>, _ x: F32, _ count: Int, _ factor: Double) {
        let magic = roundingMagic
        let magicBits = Int64(bitPattern: magic.bitPattern)
        for j in 0..<count {
            let shifted = Double(x[j]) * factor + magic
            acc[j] = acc[j] &+ (Int64(bitPattern: shifted.bitPattern) &- magicBits)
        }
    }

    /// The conversion to Double is written out for the vector units, which have none from 64-bit integers below AVX-512: the
    /// upper and the lower 32 bits become Doubles without rounding, as the low bits of 2^52, and their sum rounds once.
    func finishFixedPoint(_ out: MF32, _ acc: UnsafePointer<Int64>, _ count: Int, _ divisor: Double) {
        let (two32, two52, signed52) = (0x1p32, 0x1p52, 0x1p52 + 0x1p31)
        let exponentBits = two52.bitPattern
        for j in 0..<count {
            let biased = UInt64(bitPattern: acc[j]) ^ (1 << 63)
            let upper = Double(bitPattern: exponentBits | (biased >> 32)) - signed52
            let lower = Double(bitPattern: exponentBits | (biased & 0xFFFF_FFFF)) - two52
            out[j] = Float((upper * two32 + lower) / divisor)
        }
    }
}
