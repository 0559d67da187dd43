internal import CKernelIntrinsics
import KernelTable

/// Rows of A that are multiplied together: as many sums as the registers hold, and the additions across the lanes of
/// sixteen sums are shared.
#if LEVEL_AVX512
    let dotRows = 4
#else
    let dotRows = 1
#endif

/// Fewer rows or columns than a vector has lanes, times Bᵀ in its place: dot products of rows of A with rows of Bᵀ, four at
/// a time. To pack B would cost more than the product. Strides are those between the rows of each.
func multiplyDots(
    _ m: Int, _ n: Int, _ k: Int, _ a: F32, _ strideA: Int, _ b: F32, _ strideB: Int, _ c: MF32, _ strideC: Int, _ finish: Finish
) {
    var j = 0
    while j < n {
        // The last four overlap the ones before, and are then not added twice.
        let first = n < 4 || finish.accumulate ? j : least(j, n &- 4)
        let rows = b + first &* strideB
        var i = 0
        #if LEVEL_AVX512
            if n &- first >= 4 && m >= 4 {
                while i < m {
                    if finish.accumulate && m &- i < 4 { break }
                    let top = least(i, m &- 4)
                    let to = c + (top &* strideC &+ first)
                    sixteenDots(a + top &* strideA, strideA, rows, strideB, k, to, strideC, finish.accumulate)
                    i &+= 4
                }
            }
        #endif
        while i < m {
            let (row, to) = (a + i &* strideA, c + (i &* strideC &+ first))
            if n &- first >= 4 {
                fourDots(row, rows, strideB, k, to, finish.accumulate)
            } else {
                for r in 0..<(n &- first) { to[r] = (finish.accumulate ? to[r] : 0) + dot(row, rows + r &* strideB, k) }
            }
            i &+= 1
        }
        j = first &+ 4
    }
    guard let bias = finish.bias else { return }
    for i in 0..<m { rectifyRow(c + i &* strideC, bias, n, finish.floor) }
}

#if LEVEL_AVX512
    /// Four rows of A with four of Bᵀ.
    @inline(never) private func sixteenDots(
        _ a: F32, _ strideA: Int, _ b: F32, _ strideB: Int, _ k: Int, _ c: MF32, _ strideC: Int, _ accumulate: Bool
    ) {
        var sums = InlineArray<16, V> { _ in V.zero }
        var (ap, bp, left) = (a, b, k)
        @inline(__always) func add(_ part: (F32) -> V) {
            let columns = InlineArray<4, V> { part(bp + $0 &* strideB) }
            for r in 0..<4 {
                let row = part(ap + r &* strideA)
                for j in 0..<4 { sums[4 &* r &+ j] = multiplyAdd(sums[4 &* r &+ j], row, columns[j]) }
            }
        }
        while left >= W {
            add { load($0, 0) }
            ap += W
            bp += W
            left &-= W
        }
        if left > 0 { add { loadPart($0, left) } }
        let quarters = InlineArray<4, V> {
            tutti_quarter_sums(sums[4 &* $0], sums[4 &* $0 &+ 1], sums[4 &* $0 &+ 2], sums[4 &* $0 &+ 3])
        }
        let dots = tutti_sums_of_quarters(quarters[0], quarters[1], quarters[2], quarters[3])
        put(dots.lowHalf.lowHalf, c, accumulate)
        put(dots.lowHalf.highHalf, c + strideC, accumulate)
        put(dots.highHalf.lowHalf, c + 2 &* strideC, accumulate)
        put(dots.highHalf.highHalf, c + 3 &* strideC, accumulate)
    }

    @inline(__always) private func put(_ dots: SIMD4<Float>, _ to: MF32, _ accumulate: Bool) {
        let place = UnsafeMutableRawPointer(to)
        place.storeBytes(of: accumulate ? place.loadUnaligned(as: SIMD4<Float>.self) + dots : dots, as: SIMD4<Float>.self)
    }
#endif

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
