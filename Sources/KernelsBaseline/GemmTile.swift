import KernelTable

// The accumulators of one tile fill the register file: 14x2, 6x2 or 4x2 vectors, and what is left holds two vectors of
// B and one broadcast of A.
#if LEVEL_AVX512
let tileRows = 14
#elseif LEVEL_AVX2
let tileRows = 6
#else
let tileRows = 4
#endif
let tileColumns = 2 &* W

/// C tile (rows × vectors·W) = or += A·B over k. A is read at a[r·rowStrideA + i·columnStrideA], B as consecutive
/// vectors of row i. `Count` = rows·vectors.
@inline(__always) private func tile<let Rows: Int, let Vectors: Int, let Count: Int>(
    _: InlineArray<Rows, Void>, _: InlineArray<Vectors, Void>, _ zero: InlineArray<Count, V>,
    _ k: Int, _ a: F32, _ rowStrideA: Int, _ columnStrideA: Int, _ b: F32, _ rowStrideB: Int,
    _ c: MF32, _ rowStrideC: Int, _ accumulate: Bool
) {
    var acc = zero
    var (ap, bp, left) = (a, b, k)
    while left > 0 {
        var bv = InlineArray<Vectors, V>(repeating: V.zero)
        for v in 0..<Vectors { bv[v] = load(bp, v &* W) }
        for r in 0..<Rows {
            let x = V(repeating: ap[r &* rowStrideA])
            for v in 0..<Vectors { acc[r &* Vectors &+ v] = multiplyAdd(acc[r &* Vectors &+ v], x, bv[v]) }
        }
        ap += columnStrideA
        bp += rowStrideB
        left &-= 1
    }
    var cp = c
    for r in 0..<Rows {
        for v in 0..<Vectors {
            let value = acc[r &* Vectors &+ v]
            store(cp, v &* W, accumulate ? load(cp, v &* W) + value : value)
        }
        cp += rowStrideC
    }
}

@inline(__always) private func shape<let N: Int>() -> InlineArray<N, Void> { InlineArray(repeating: ()) }
@inline(__always) private func zeros<let N: Int>() -> InlineArray<N, V> { InlineArray(repeating: V.zero) }

/// A compiled tile for every number of rows up to `tileRows`, one or two vectors wide.
@inline(never) func multiplyTile(
    _ rows: Int, _ vectors: Int, _ k: Int, _ a: F32, _ ras: Int, _ cas: Int, _ b: F32, _ rbs: Int, _ c: MF32, _ rcs: Int,
    _ acc: Bool
) {
    @inline(__always) func run<let R: Int, let N1: Int, let N2: Int>(
        _ r: InlineArray<R, Void>, _ one: InlineArray<N1, V>, _ two: InlineArray<N2, V>
    ) {
        if vectors == 2 {
            tile(r, shape() as InlineArray<2, Void>, two, k, a, ras, cas, b, rbs, c, rcs, acc)
        } else {
            tile(r, shape() as InlineArray<1, Void>, one, k, a, ras, cas, b, rbs, c, rcs, acc)
        }
    }
    switch rows {
    case 1: run(shape() as InlineArray<1, Void>, zeros() as InlineArray<1, V>, zeros() as InlineArray<2, V>)
    case 2: run(shape() as InlineArray<2, Void>, zeros() as InlineArray<2, V>, zeros() as InlineArray<4, V>)
    case 3: run(shape() as InlineArray<3, Void>, zeros() as InlineArray<3, V>, zeros() as InlineArray<6, V>)
    case 4: run(shape() as InlineArray<4, Void>, zeros() as InlineArray<4, V>, zeros() as InlineArray<8, V>)
    #if LEVEL_AVX2 || LEVEL_AVX512
    case 5: run(shape() as InlineArray<5, Void>, zeros() as InlineArray<5, V>, zeros() as InlineArray<10, V>)
    case 6: run(shape() as InlineArray<6, Void>, zeros() as InlineArray<6, V>, zeros() as InlineArray<12, V>)
    #endif
    #if LEVEL_AVX512
    case 7: run(shape() as InlineArray<7, Void>, zeros() as InlineArray<7, V>, zeros() as InlineArray<14, V>)
    case 8: run(shape() as InlineArray<8, Void>, zeros() as InlineArray<8, V>, zeros() as InlineArray<16, V>)
    case 9: run(shape() as InlineArray<9, Void>, zeros() as InlineArray<9, V>, zeros() as InlineArray<18, V>)
    case 10: run(shape() as InlineArray<10, Void>, zeros() as InlineArray<10, V>, zeros() as InlineArray<20, V>)
    case 11: run(shape() as InlineArray<11, Void>, zeros() as InlineArray<11, V>, zeros() as InlineArray<22, V>)
    case 12: run(shape() as InlineArray<12, Void>, zeros() as InlineArray<12, V>, zeros() as InlineArray<24, V>)
    case 13: run(shape() as InlineArray<13, Void>, zeros() as InlineArray<13, V>, zeros() as InlineArray<26, V>)
    case 14: run(shape() as InlineArray<14, Void>, zeros() as InlineArray<14, V>, zeros() as InlineArray<28, V>)
    #endif
    default: break
    }
}
