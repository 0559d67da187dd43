import KernelTable

/// exp by range reduction to 2^n·e^r, |r| ≤ ln2/2, and a polynomial of degree 6 (Cephes expf; 2 ulp). Below −87 it is 0,
/// which is what a softmax wants.
@inline(__always) private func exponential(_ x: V) -> V {
    let clamped = upper(x, V(repeating: -87.3))
    let magic = V(repeating: 12_582_912)  // 1.5·2^23: adding it rounds to an integer
    let shifted = multiplyAdd(magic, clamped, V(repeating: 1.442_695_04))
    let n = shifted - magic
    var r = multiplyAdd(clamped, n, V(repeating: -0.693_359_375))
    r = multiplyAdd(r, n, V(repeating: 2.121_944_40e-4))
    var p = V(repeating: 1.987_569_150_0e-4)
    p = multiplyAdd(V(repeating: 1.398_199_950_7e-3), p, r)
    p = multiplyAdd(V(repeating: 8.333_451_907_3e-3), p, r)
    p = multiplyAdd(V(repeating: 4.166_579_589_4e-2), p, r)
    p = multiplyAdd(V(repeating: 1.666_666_545_9e-1), p, r)
    p = multiplyAdd(V(repeating: 5.000_000_120_1e-1), p, r)
    let y = multiplyAdd(r + V(repeating: 1), p, r * r)
    #if LEVEL_AVX512
    typealias Bits = SIMD16<Int32>
    #elseif LEVEL_AVX2
    typealias Bits = SIMD8<Int32>
    #else
    typealias Bits = SIMD4<Int32>
    #endif
    let integer = unsafeBitCast(shifted, to: Bits.self) &- Bits(repeating: 0x4B40_0000)
    let power = unsafeBitCast((integer &+ Bits(repeating: 127)) &<< Bits(repeating: 23), to: V.self)
    return (y * power).replacing(with: V.zero, where: x .< V(repeating: -87.3))
}

@inline(__always) private func exponential(_ x: Float) -> Float { exponential(V(repeating: x))[0] }

/// Natural logarithm of a positive, finite number, in Double: a table-free series good to 1e-14, enough for a loss.
@inline(__always) private func logarithm(_ x: Float) -> Double {
    let bits = Double(x).bitPattern
    var exponent = Int(bits >> 52) &- 1023
    var m = Double(bitPattern: (bits & 0x000F_FFFF_FFFF_FFFF) | 0x3FF0_0000_0000_0000)
    if m > 1.414_213_562_373_095_1 {
        m *= 0.5
        exponent &+= 1
    }
    let s = (m - 1) / (m + 1)
    let s2 = s * s
    var series = 1.0 / 19
    series = series * s2 + 1.0 / 17
    series = series * s2 + 1.0 / 15
    series = series * s2 + 1.0 / 13
    series = series * s2 + 1.0 / 11
    series = series * s2 + 1.0 / 9
    series = series * s2 + 1.0 / 7
    series = series * s2 + 1.0 / 5
    series = series * s2 + 1.0 / 3
    series = series * s2 + 1
    return Double(exponent) * 0.693_147_180_559_945_3 + 2 * s * series
}

/// Turns one row into e^(z − max) and returns (max, Σ).
@inline(__always) private func exponentiate(_ p: MF32, _ columns: Int) -> (Float, Float) {
    var top = p[0]
    for j in 1..<most(1, columns) where p[j] > top { top = p[j] }
    let topv = V(repeating: top)
    var sums = V.zero
    var j = 0
    while j &+ W <= columns {
        let e = exponential(load(p, j) - topv)
        store(p, j, e)
        sums += e
        j &+= W
    }
    var sum = sums.sum()
    while j < columns {
        let e = exponential(p[j] - top)
        p[j] = e
        sum += e
        j &+= 1
    }
    return (top, sum)
}

func softmax(_ logits: MF32, _ rows: Int, _ columns: Int) {
    guard columns > 0 else { return }
    for r in 0..<rows {
        let p = logits + r &* columns
        let (_, sum) = exponentiate(p, columns)
        scale(p, 1 / sum, columns)
    }
}

func softmaxCrossEntropy(
    _ logits: MF32, _ labels: UnsafePointer<Int32>, _ rows: Int, _ columns: Int, _ factor: Float
) -> Double {
    guard columns > 0 else { return 0 }
    var loss = 0.0
    for r in 0..<rows {
        let p = logits + r &* columns
        let label = Int(labels[r])
        let logit = p[label]
        let (top, sum) = exponentiate(p, columns)
        loss += logarithm(sum) - (Double(logit) - Double(top))
        scale(p, factor / sum, columns)
        p[label] -= factor
    }
    return loss
}
