internal import CKernelIntrinsics
import KernelTable

// The mean of the survivors of a trimmed mean, in whole numbers, which add up without rounding: so no order of the rows
// changes a bit. Every value counts after it was brought between the lowest and the highest survivor; that adds each of
// the two once for every value cut off at its end, which is taken off again, exactly. No lie, however large, enters.

/// Rows whose whole numbers, up to 2^24, add up within 32 bits.
private let rowsOfSum = 120

/// The mean of the n − 2·`trim` values between `low` and `high` of a block of n vectors. Each is rounded to a multiple of the
/// last place of the largest of them, so the mean is off by at most half of that place, and by its own rounding.
@inline(never) func clampedMean(_ block: F32, _ n: Int, _ trim: Int, _ low: V, _ high: V) -> V {
    let magnitude = Bits(repeating: 0x7FFF_FFFF)
    let (a, b) = (unsafeBitCast(low, to: Bits.self) & magnitude, unsafeBitCast(high, to: Bits.self) & magnitude)
    let largest = a.replacing(with: b, where: b .> a)
    // The factor 2^(23 − exponent) makes the largest a whole number of 24 bits; 2^127 is the most there is.
    let smallest = Bits(repeating: 23 << 23)
    let exponent = largest.replacing(with: smallest, where: largest .< smallest) & Bits(repeating: 0x7F80_0000)
    let scale = unsafeBitCast(Bits(repeating: Int32(bitPattern: 277 << 23)) &- exponent, to: V.self)

    var sum = tutti_widened(tutti_rounded(low * scale) &+ tutti_rounded(high * scale))
    sum *= Sums(repeating: -Double(trim))
    var i = 0
    while i < n {
        let end = least(i &+ rowsOfSum, n)
        var part = Bits.zero
        while i < end {
            part &+= tutti_rounded(tutti_clamped(load(block, i &* W), low, high) * scale)
            i &+= 1
        }
        sum += tutti_widened(part)
    }
    let kept = Sums(repeating: Double(n &- 2 &* trim))
    let mean = tutti_narrowed(sum / (tutti_widened_floats(scale) * kept))
    // Below 2^-104 there is no such factor. Lanes of zeros only are right as they are.
    let tiny = (largest &- smallest) & (Bits.zero &- largest)
    return tutti_any_negative(tiny) == 0 ? mean : tinyMeans(block, n, trim, low, high, tiny, mean)
}

/// Numbers below 2^-104 are multiples of 2^-149 of 45 bits.
@inline(never) private func tinyMeans(
    _ block: F32, _ n: Int, _ trim: Int, _ low: V, _ high: V, _ tiny: Bits, _ mean: V
) -> V {
    var mean = mean
    for lane in 0..<W where tiny[lane] < 0 {
        @inline(__always) func whole(_ x: Float) -> Int64 { Int64(Double(x) * 0x1p149) }
        var sum = (whole(low[lane]) &+ whole(high[lane])) &* Int64(-trim)
        for i in 0..<n {
            let x = block[i &* W &+ lane]
            // NaN is refused when all is done; until then it must only not be converted.
            sum &+= whole(x > low[lane] ? x < high[lane] ? x : high[lane] : low[lane])
        }
        mean[lane] = Float(Double(sum) / Double(n &- 2 &* trim) * 0x1p-149)
    }
    return mean
}
