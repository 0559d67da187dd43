internal import CKernelIntrinsics
import KernelTable

// Exact sums: whole numbers add up without rounding, so neither order nor vector width can change a bit.

/// Adding 1.5·2^52 rounds a Double of magnitude below 2^51 to the nearest integer (ties to even) and leaves that
/// integer in the low bits.
private let roundingMagic = 6_755_399_441_055_744.0

extension Level {
    /// Four rows at a time, so that the sums are loaded and stored once for four values that are read.
    func accumulateFixedPoint(
        _ acc: UnsafeMutablePointer<Int64>, _ rows: F32Rows, _ factors: UnsafePointer<Double>, _ n: Int, _ count: Int,
        _ peaks: UnsafeMutablePointer<UInt32>
    ) {
        // What is read after these four: the next four, or the coordinates behind the first four's.
        @inline(__always) func next(_ first: Int) -> InlineArray<4, F32> {
            InlineArray<4, F32> { first &+ $0 < n ? rows[first &+ $0] : rows[least($0, n &- 1)] + count }
        }
        let four = InlineArray<4, Bits> { _ in Bits.zero }
        var first = 0
        while first &+ 4 <= n {
            if haveExactProducts(factors + first) {
                accumulate(four, acc, rows + first, factors + first, count, peaks + first, next(first &+ 4), fused)
            } else {
                accumulate(four, acc, rows + first, factors + first, count, peaks + first, next(first &+ 4), apart)
            }
            first &+= 4
        }
        let (row, factor, peak) = (rows + first, factors + first, peaks + first)
        switch n &- first {
        case 1: accumulate(InlineArray<1, Bits> { _ in Bits.zero }, acc, row, factor, count, peak, next(n), apart)
        case 2: accumulate(InlineArray<2, Bits> { _ in Bits.zero }, acc, row, factor, count, peak, next(n), apart)
        case 3: accumulate(InlineArray<3, Bits> { _ in Bits.zero }, acc, row, factor, count, peak, next(n), apart)
        default: break
        }
    }
}

/// Whether a float times each of these four factors is a Double without rounding: they have 29 significant bits or fewer,
/// as whole weights below 2^29 times a power of two have. Then it makes no difference to any bit whether the product is
/// rounded before the magic number is added.
private func haveExactProducts(_ factors: UnsafePointer<Double>) -> Bool {
    var bits: UInt64 = 0
    for i in 0..<4 { bits |= factors[i].bitPattern }
    return bits & ((1 << 24) - 1) == 0
}

@inline(__always) private func apart(_ x: Sums, _ factor: Sums) -> Sums { x * factor + Sums(repeating: roundingMagic) }

/// In one instruction where the processor has one; plain x86-64 would call `fma`.
@inline(__always) private func fused(_ x: Sums, _ factor: Sums) -> Sums {
    #if LEVEL_AVX512 || LEVEL_AVX2 || arch(arm64)
        Sums(repeating: roundingMagic).addingProduct(x, factor)
    #else
        apart(x, factor)
    #endif
}

/// How far ahead of the sum its rows are asked for, in floats.
private let prefetchDistance = 256

@inline(__always) private func accumulate<let N: Int>(
    _ zero: InlineArray<N, Bits>, _ acc: UnsafeMutablePointer<Int64>, _ rows: F32Rows, _ factors: UnsafePointer<Double>,
    _ count: Int, _ peaks: UnsafeMutablePointer<UInt32>, _ next: InlineArray<4, F32>, _ shifted: (_ x: Sums, _ factor: Sums) -> Sums
) {
    // Copies of one's own: the compiler cannot know that the sums do not lie over them.
    let row = InlineArray<N, F32> { rows[$0] }
    let factor = InlineArray<N, Sums> { Sums(repeating: factors[$0]) }
    var highest = zero
    var j = 0
    while j &+ 2 &* W <= count {
        // A line of the cache is two vectors or fewer.
        let ahead = j &+ prefetchDistance
        if ahead < count {
            for i in 0..<N { tutti_prefetch(row[i] + ahead) }
        } else {
            for i in 0..<4 { tutti_prefetch(next[i] + (ahead &- count)) }
        }
        addUp(&highest, row, factor, acc, j, shifted)
        addUp(&highest, row, factor, acc, j &+ W, shifted)
        j &+= 2 &* W
    }
    if j &+ W <= count {
        addUp(&highest, row, factor, acc, j, shifted)
        j &+= W
    }
    for i in 0..<N {
        var peak = peaks[i]
        for lane in 0..<W where UInt32(bitPattern: highest[i][lane]) > peak { peak = UInt32(bitPattern: highest[i][lane]) }
        for rest in j..<count {
            let x = row[i][rest]
            let bits = x.bitPattern & 0x7FFF_FFFF
            if bits > peak { peak = bits }
            let shifted = Double(x) * factors[i] + roundingMagic
            acc[rest] = acc[rest] &+ Int64(bitPattern: shifted.bitPattern &- roundingMagic.bitPattern)
        }
        peaks[i] = peak
    }
}

/// One vector of each of N rows onto their sums.
@inline(__always) private func addUp<let N: Int>(
    _ highest: inout InlineArray<N, Bits>, _ row: InlineArray<N, F32>, _ factor: InlineArray<N, Sums>,
    _ acc: UnsafeMutablePointer<Int64>, _ j: Int, _ shifted: (_ x: Sums, _ factor: Sums) -> Sums
) {
    let place = UnsafeMutableRawPointer(acc + j)
    // Each row brings the bits of the magic number along: they are taken off in advance.
    let magicBits = Int64(bitPattern: roundingMagic.bitPattern)
    var sums = place.loadUnaligned(as: WideIntegers.self) &- WideIntegers(repeating: magicBits &* Int64(N))
    for i in 0..<N {
        let x = load(row[i], j)
        let bits = unsafeBitCast(x, to: Bits.self) & Bits(repeating: 0x7FFF_FFFF)
        highest[i] = highest[i].replacing(with: bits, where: bits .> highest[i])
        sums &+= unsafeBitCast(shifted(tutti_widened_floats(x), factor[i]), to: WideIntegers.self)
    }
    place.storeBytes(of: sums, as: WideIntegers.self)
}

extension Level {
    /// NaN and infinity have the largest bits of all.
    func largestMagnitude(_ x: F32, _ count: Int) -> UInt32 {
        @inline(__always) func larger(_ a: Bits, _ offset: Int) -> Bits {
            let b = unsafeBitCast(load(x, offset), to: Bits.self) & Bits(repeating: 0x7FFF_FFFF)
            return a.replacing(with: b, where: b .> a)
        }
        let quarter = count / (4 &* W) &* W
        var (a, b, c, d) = (Bits.zero, Bits.zero, Bits.zero, Bits.zero)
        var j = 0
        while j < quarter {
            a = larger(a, j)
            b = larger(b, quarter &+ j)
            c = larger(c, 2 &* quarter &+ j)
            d = larger(d, 3 &* quarter &+ j)
            j &+= W
        }
        a = a.replacing(with: b, where: b .> a)
        c = c.replacing(with: d, where: d .> c)
        a = a.replacing(with: c, where: c .> a)
        var largest: UInt32 = 0
        for lane in 0..<W where UInt32(bitPattern: a[lane]) > largest { largest = UInt32(bitPattern: a[lane]) }
        for rest in (4 &* quarter)..<most(4 &* quarter, count) {
            let bits = x[rest].bitPattern & 0x7FFF_FFFF
            if bits > largest { largest = bits }
        }
        return largest
    }
}

extension Level {
    func finishFixedPoint(_ out: MF32, _ acc: UnsafePointer<Int64>, _ count: Int, _ divisor: Double) {
        // Within these bounds nothing on the way to the quotient overflows or is lost below the normal numbers.
        guard divisor > 0x1p-500 && divisor < 0x1p500 else {
            for j in 0..<count { out[j] = Float(converted(acc[j]) / divisor) }
            return
        }
        let inverse = 1 / divisor
        for j in 0..<count { out[j] = Float(quotient(converted(acc[j]), divisor, inverse)) }
    }
}

/// The nearest Double. Written out for vector units that have no conversion from 64-bit integers, as below AVX-512: the
/// upper and the lower 32 bits become Doubles without rounding, as the low bits of 2^52, and their sum rounds once.
@inline(__always) private func converted(_ x: Int64) -> Double {
    #if LEVEL_AVX512
        return Double(x)
    #else
        let (two32, two52, signed52) = (0x1p32, 0x1p52, 0x1p52 + 0x1p31)
        let biased = UInt64(bitPattern: x) ^ (1 << 63)
        let upper = Double(bitPattern: two52.bitPattern | (biased >> 32)) - signed52
        let lower = Double(bitPattern: two52.bitPattern | (biased & 0xFFFF_FFFF)) - two52
        return upper * two32 + lower
    #endif
}

/// x / divisor to the last bit, without the division, which takes the processor as long as everything else here: with the
/// rounded inverse, the first correction brings the quotient to within one unit of the last place, and the second makes it
/// the nearest (Markstein, IBM J. Res. Dev. 34, 1990).
@inline(__always) private func quotient(_ x: Double, _ divisor: Double, _ inverse: Double) -> Double {
    #if LEVEL_AVX512 || LEVEL_AVX2 || arch(arm64)
        let near = x * inverse
        let nearer = near.addingProduct(x.addingProduct(-near, divisor), inverse)
        return nearer.addingProduct(x.addingProduct(-nearer, divisor), inverse)
    #else
        return x / divisor
    #endif
}
