import KernelTable

/// e^x by range reduction to 2^n·e^r, |r| ≤ ln2/2, and the polynomial of Cephes' expf; at most 2 ulp off. Below `smallest` it is 0; below
/// −87.3 the result would not be a normal number.
@inline(__always) func exponential(_ x: V, from smallest: Float = -87.3) -> V {
    let smallest = V(repeating: smallest)
    let clamped = upper(x, smallest)  // in this order NaN stays NaN
    let magic = V(repeating: 12_582_912)  // 1.5·2^23: adding it rounds to an integer and leaves that in the low bits
    let shifted = multiplyAdd(magic, clamped, V(repeating: 1.442_695_04))
    let n = shifted - magic
    // ln2 in two parts: the first has so few digits that n times it is exact.
    var r = multiplyAdd(clamped, n, V(repeating: -0.693_359_375))
    r = multiplyAdd(r, n, V(repeating: 2.121_944_40e-4))
    var p = V(repeating: 1.987_569_150_0e-4)
    p = multiplyAdd(V(repeating: 1.398_199_950_7e-3), p, r)
    p = multiplyAdd(V(repeating: 8.333_451_907_3e-3), p, r)
    p = multiplyAdd(V(repeating: 4.166_579_589_4e-2), p, r)
    p = multiplyAdd(V(repeating: 1.666_666_545_9e-1), p, r)
    p = multiplyAdd(V(repeating: 5.000_000_120_1e-1), p, r)
    let y = multiplyAdd(r + V(repeating: 1), p, r * r)
    let exponent = unsafeBitCast(shifted, to: Bits.self) &- Bits(repeating: 0x4B40_0000 &- 127)
    let power = unsafeBitCast(exponent &<< Bits(repeating: 23), to: V.self)
    return (y * power).replacing(with: V.zero, where: x .< smallest)
}

/// e^x for x below the largest element of a softmax, of which it is 0. What is less than e^−44 of the largest is lost in the last bit of the
/// sum, and is nothing: its products on the way back would be subnormal numbers, over which a processor takes a hundred times as long. A
/// transformer that was sure of what it attends to took twice as long for a step.
@inline(__always) private func share(_ x: V) -> V { exponential(x, from: -44) }

/// Natural logarithm of a positive normal number: the mantissa by the series of 2·artanh((m − 1)/(m + 1)) for
/// √½ < m ≤ √2, where its terms fall below 2⁻⁵³ after ten.
private func logarithm(_ x: Double) -> Double {
    var exponent = Int(x.bitPattern >> 52) &- 1023
    var m = Double(bitPattern: (x.bitPattern & 0x000F_FFFF_FFFF_FFFF) | 0x3FF0_0000_0000_0000)
    if m > 1.414_213_562_373_095_1 {
        m *= 0.5
        exponent &+= 1
    }
    let s = (m - 1) / (m + 1)
    let s2 = s * s
    var series = 1.0 / 21
    series = series * s2 + 1.0 / 19
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

/// How rows of one length are gone through: the last vector ends with the row and overlaps the one before; `own` masks
/// the lanes that are its own.
private struct RowShape {
    var columns: Int
    var whole: Int
    var own: V

    @inline(__always) init(_ columns: Int) {
        self.columns = columns
        whole = columns & ~(W &- 1)
        own = laneMask(whole == columns || columns < W ? 0 : W &- (columns &- whole))
    }
}

/// Turns one row z into factor·softmax(z). Returns its largest element, and Σ e^(z − largest).
@inline(__always) private func softmaxRow(_ p: MF32, _ shape: RowShape, _ factor: Float) -> (top: Float, sum: Float) {
    if shape.columns > 2 &* W { return softmaxLongRow(p, shape, factor) }
    if shape.columns <= W { return softmaxShortRow(p, shape.columns, factor) }
    let (first, last) = (load(p, 0), load(p, shape.columns &- W))
    let top = largest(upper(first, last))
    let topv = V(repeating: top)
    let (e0, e1) = (share(first - topv), share(last - topv))
    let own = shape.columns == 2 &* W ? e1 : masked(e1, shape.own)
    let sum = total(e0 + own)
    let scale = V(repeating: factor / sum)
    store(p, 0, e0 * scale)
    store(p, shape.columns &- W, e1 * scale)
    return (top, sum)
}

@inline(never) private func softmaxShortRow(_ p: MF32, _ columns: Int, _ factor: Float) -> (top: Float, sum: Float) {
    var row = V(repeating: -.infinity)
    for lane in 0..<W where lane < columns { row[lane] = p[lane] }
    let top = largest(row)
    let e = share(row - V(repeating: top))
    let sum = total(e)
    let scaled = e * V(repeating: factor / sum)
    // Not as one part: the caller goes on with one of these elements, and would wait for a masked store.
    for lane in 0..<W where lane < columns { p[lane] = scaled[lane] }
    return (top, sum)
}

/// Cross-entropy of W rows of no more than `laneColumns` classes, a row to a lane: nothing has to be added up across the lanes, and no element
/// of a vector is of no row. The rows become factor·(softmax(z) − [label]).
@inline(never) private func crossEntropyLanes(
    _ p: MF32, _ labels: Indices, _ columns: Int, _ factor: Float, _ loss: inout Double, _ product: inout Double
) {
    var z = InlineArray<16, V> { _ in V.zero }
    var top = V(repeating: -.infinity)
    for j in 0..<columns {
        for lane in 0..<W { z[j][lane] = p[lane &* columns &+ j] }
        top = upper(z[j], top)
    }
    var sum = V.zero
    for j in 0..<columns {
        z[j] = share(z[j] - top)
        sum += z[j]
    }
    for lane in 0..<W {
        loss -= Double(p[lane &* columns &+ Int(labels[lane])]) - Double(top[lane])
        product *= Double(sum[lane])
    }
    let scale = V(repeating: factor) / sum
    for j in 0..<columns {
        let scaled = z[j] * scale
        for lane in 0..<W { p[lane &* columns &+ j] = scaled[lane] }
    }
    for lane in 0..<W { p[lane &* columns &+ Int(labels[lane])] -= factor }
}
private let laneColumns = 16

@inline(never) private func softmaxLongRow(
    _ p: MF32, _ shape: RowShape, _ factor: Float
) -> (top: Float, sum: Float) {
    // The last vector is read before anything is written.
    let last = load(p, shape.columns &- W)
    var tops = last
    var j = 0
    while j < shape.whole {
        tops = upper(tops, load(p, j))
        j &+= W
    }
    let top = largest(tops)
    let topv = V(repeating: top)
    let tail = share(last - topv)
    var sums = shape.whole == shape.columns ? V.zero : masked(tail, shape.own)
    j = 0
    while j < shape.whole {
        let e = share(load(p, j) - topv)
        store(p, j, e)
        sums += e
        j &+= W
    }
    let sum = total(sums)
    let scale = V(repeating: factor / sum)
    j = 0
    while j < shape.whole {
        store(p, j, load(p, j) * scale)
        j &+= W
    }
    store(p, shape.columns &- W, tail * scale)
    return (top, sum)
}

extension Level {
    func softmax(_ logits: MF32, _ rows: Int, _ columns: Int) {
        guard columns > 0 else { return }
        let shape = RowShape(columns)
        for r in 0..<rows { _ = softmaxRow(logits + r &* columns, shape, 1) }
    }

    /// −log softmax[label] = log Σ − (z[label] − top). The logarithms of many rows are taken at once, as that of the product
    /// of their sums, which are between 1 and the number of columns.
    func softmaxCrossEntropy(
        _ logits: MF32, _ labels: UnsafePointer<Int32>, _ rows: Int, _ columns: Int, _ factor: Float
    ) -> Double {
        guard columns > 0 else { return 0 }
        let shape = RowShape(columns)
        var (loss, product) = (0.0, 1.0)
        var r = 0
        while columns <= laneColumns && r &+ W <= rows {
            crossEntropyLanes(logits + r &* columns, labels + r, columns, factor, &loss, &product)
            // It was no more than 2⁹⁰⁰, and has become no more than 16¹⁶ times as large.
            if product > 0x1p900 {
                loss += logarithm(product)
                product = 1
            }
            r &+= W
        }
        while r < rows {
            let p = logits + r &* columns
            let label = Int(labels[r])
            let logit = p[label]
            let (top, sum) = softmaxRow(p, shape, factor)
            loss -= Double(logit) - Double(top)
            product *= Double(sum)
            if product > 0x1p900 {
                loss += logarithm(product)
                product = 1
            }
            p[label] -= factor
            r &+= 1
        }
        // A sum that is not finite comes from a logit that is not.
        return product < .infinity ? loss + logarithm(product) : .nan
    }

    func argmaxCorrect(_ logits: F32, _ labels: UnsafePointer<Int32>, _ rows: Int, _ columns: Int) -> Int {
        var correct = 0
        for r in 0..<rows {
            let p = logits + r &* columns
            var best = 0
            for j in 0..<columns where p[j] > p[best] { best = j }
            if best == Int(labels[r]) { correct &+= 1 }
        }
        return correct
    }
}
