import KernelTable

/// Copies one vector's worth of columns of B, W or fewer, to to[i·stride]. Lanes without a column get any finite value.
func packColumns(
    _ b: F32, _ rowStride: Int, _ columnStride: Int, _ depth: Int, _ columns: Int, _ to: MF32, _ stride: Int
) {
    if columnStride == 1 {
        var (from, row) = (b, to)
        for _ in 0..<depth {
            store(row, 0, columns >= W ? load(from, 0) : loadPart(from, columns))
            from += rowStride
            row += stride
        }
    } else if rowStride == 1 {
        transpose(b, columnStride, least(W, columns), depth, to, stride)
    } else {
        for i in 0..<depth {
            let (from, row) = (b + i &* rowStride, to + i &* stride)
            for j in 0..<W { row[j] = j < columns ? from[j &* columnStride] : 0 }
        }
    }
}

/// Copies a panel of `rows` rows of A, column after column. May write up to W floats beyond it.
func packRows(_ a: F32, _ rowStride: Int, _ columnStride: Int, _ depth: Int, _ rows: Int, _ to: MF32) {
    if columnStride == 1 {
        var r = 0
        while r < rows {
            // What a vector holds beyond the panel's rows is overwritten by the next column.
            transpose(a + r &* rowStride, rowStride, least(W, rows &- r), depth, to + r, rows)
            r &+= W
        }
    } else {
        var (from, row, left) = (a, to, depth)
        if rowStride == 1 && columnStride >= W && rows <= W {
            // The next column overwrites what is too much, and lies behind what is read too much; the last has none.
            while left > 1 {
                store(row, 0, load(from, 0))
                from += columnStride
                row += rows
                left &-= 1
            }
        }
        while left > 0 {
            for r in 0..<rows { row[r] = from[r &* rowStride] }
            from += columnStride
            row += rows
            left &-= 1
        }
    }
}

/// to[i·stride + j] = from[j·lead + i] for j < `count` ≤ W and i < `length`. Whole vectors are stored, in ascending
/// order, with copies of the last j in the lanes from `count` on.
@inline(__always) private func transpose(
    _ from: F32, _ lead: Int, _ count: Int, _ length: Int, _ to: MF32, _ stride: Int
) {
    // Four consecutive elements of rows j, j + 4, j + 8, ... make one vector, so that only 4x4 blocks within a quarter
    // of it are left to transpose.
    @inline(__always) func quarters(_ i: Int, _ j: Int) -> V {
        var pairs = Doubles.zero
        for q in 0..<(W / 4) {
            let four = UnsafeRawPointer(from + (least(j &+ 4 &* q, count &- 1) &* lead &+ i))
                .loadUnaligned(as: SIMD2<Double>.self)
            pairs[2 &* q] = four[0]
            pairs[2 &* q &+ 1] = four[1]
        }
        return unsafeBitCast(pairs, to: V.self)
    }
    guard length >= 4 else {
        for i in 0..<length {
            for j in 0..<W { to[i &* stride &+ j] = from[least(j, count &- 1) &* lead &+ i] }
        }
        return
    }
    var i = 0
    while true {
        let row = to + i &* stride
        let (a, b, c, d) = (quarters(i, 0), quarters(i, 1), quarters(i, 2), quarters(i, 3))
        let (ab, cd) = (interleave(a, b, 0), interleave(c, d, 0))
        let (abUpper, cdUpper) = (interleave(a, b, 2), interleave(c, d, 2))
        store(row, 0, joinPairs(ab, cd, 0))
        store(row + stride, 0, joinPairs(ab, cd, 1))
        store(row + 2 &* stride, 0, joinPairs(abUpper, cdUpper, 0))
        store(row + 3 &* stride, 0, joinPairs(abUpper, cdUpper, 1))
        if i &+ 4 >= length { break }
        i = least(i &+ 4, length &- 4)  // the last block may overlap the one before
    }
}

/// In every quarter: (x[i], y[i], x[i + 1], y[i + 1]).
@inline(__always) private func interleave(_ x: V, _ y: V, _ i: Int) -> V {
    var v = V.zero
    for q in 0..<(W / 4) {
        v[4 &* q] = x[4 &* q &+ i]
        v[4 &* q &+ 1] = y[4 &* q &+ i]
        v[4 &* q &+ 2] = x[4 &* q &+ i &+ 1]
        v[4 &* q &+ 3] = y[4 &* q &+ i &+ 1]
    }
    return v
}

/// In every quarter: pair i of x, then pair i of y.
@inline(__always) private func joinPairs(_ x: V, _ y: V, _ i: Int) -> V {
    let (from, other) = (unsafeBitCast(x, to: Doubles.self), unsafeBitCast(y, to: Doubles.self))
    var pairs = Doubles.zero
    for q in 0..<(W / 4) {
        pairs[2 &* q] = from[2 &* q &+ i]
        pairs[2 &* q &+ 1] = other[2 &* q &+ i]
    }
    return unsafeBitCast(pairs, to: V.self)
}
