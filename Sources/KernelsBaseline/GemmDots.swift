import KernelTable

/// Fewer rows than a vector has lanes, times Bᵀ in its place: dot products of rows of A with rows of Bᵀ, four at a time.
/// To pack B would cost more than the product. Strides are those between the rows of each.
func multiplyDots(
    _ m: Int, _ n: Int, _ k: Int, _ a: F32, _ strideA: Int, _ b: F32, _ strideB: Int, _ c: MF32, _ strideC: Int, _ finish: Finish
) {
    var j = 0
    while j < n {
        // The last four overlap the ones before, and are then not added twice.
        let first = n < 4 || finish.accumulate ? j : least(j, n &- 4)
        let rows = b + first &* strideB
        for i in 0..<m {
            let (row, to) = (a + i &* strideA, c + (i &* strideC &+ first))
            if n &- first >= 4 {
                fourDots(row, rows, strideB, k, to, finish.accumulate)
            } else {
                for r in 0..<(n &- first) { to[r] = (finish.accumulate ? to[r] : 0) + dot(row, rows + r &* strideB, k) }
            }
        }
        j = first &+ 4
    }
    guard let bias = finish.bias else { return }
    for i in 0..<m { rectifyRow(c + i &* strideC, bias, n, finish.floor) }
}

@inline(__always) private func fourDots(_ x: F32, _ rows: F32, _ stride: Int, _ k: Int, _ to: MF32, _ accumulate: Bool) {
    var sums = InlineArray<4, V> { _ in V.zero }
    var p = 0
    while p &+ W <= k {
        let v = load(x, p)
        for r in 0..<4 { sums[r] = multiplyAdd(sums[r], v, load(rows + r &* stride, p)) }
        p &+= W
    }
    for r in 0..<4 {
        var sum = total(sums[r])
        for rest in p..<k { sum = multiplyAdd(sum, x[rest], rows[r &* stride &+ rest]) }
        to[r] = accumulate ? to[r] + sum : sum
    }
}

private func dot(_ x: F32, _ y: F32, _ k: Int) -> Float {
    var sums = V.zero
    var p = 0
    while p &+ W <= k {
        sums = multiplyAdd(sums, load(x, p), load(y, p))
        p &+= W
    }
    var sum = total(sums)
    while p < k {
        sum = multiplyAdd(sum, x[p], y[p])
        p &+= 1
    }
    return sum
}
