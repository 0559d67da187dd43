import KernelTable

// The accumulators of a tile fill the register file, less two vectors of B and one broadcast of A: 14x2 vectors of the
// 32 that AVX-512 has, 6x2 of 16, 8x2 of NEON's 32. Plain x86-64 destroys an operand of every multiplication, and needs
// room for the copies.
#if LEVEL_AVX512
    let tileRows = 14
#elseif LEVEL_AVX2
    let tileRows = 6
#elseif arch(arm64)
    let tileRows = 8
#else
    let tileRows = 4
#endif
let tileColumns = 2 &* W

/// A column of tiles: panels of A, one under the other, times one panel of B.
///
/// - a: panel p of A at a[p·panelStrideA + r·rowStrideA + i·columnStrideA].
/// - b: row i of B at b[i·rowStrideB]: one vector there, and a second one `secondB` floats further on.
/// - columns: of C in the tile, at most `tileColumns`; less than W only where C has no more. The second vector is the last
///   W of them.
/// - tile: room for one tile, which takes the place of C where the product is a gradient that is used up at once.
/// - bias: of the first column; nil where nothing is added, or not yet.
typealias TileColumn = (
    depth: Int, a: F32, panelStrideA: Int, rowStrideA: Int, columnStrideA: Int, b: F32, rowStrideB: Int, secondB: Int,
    c: MF32, rowStrideC: Int, columns: Int, accumulate: Bool, tile: MF32, bias: F32?, finish: Finish
)

/// Two vectors wide. Where the vectors overlap (`columns` < 2·W) both compute the shared columns alike, from the same old
/// C: a ragged edge costs neither padding nor a copy.
@inline(__always) private func wideTiles<let Rows: Int>(
    _ shared: inout TileColumn, _ panels: Int, _ zero: InlineArray<Rows, V>, _ rowStrideA: Int
) {
    let job = shared
    let isFinished = job.finish.steps || job.bias != nil
    var (a, c) = (job.a, job.c)
    let second = job.columns &- W
    for _ in 0..<panels {
        var (left, right) = (zero, zero)
        var (ap, bp, steps) = (a, job.b, job.depth)
        repeat {
            let (b0, b1) = (load(bp, 0), load(bp, job.secondB))
            for r in 0..<Rows {
                let x = V(repeating: ap[r &* rowStrideA])
                left[r] = multiplyAdd(left[r], x, b0)
                right[r] = multiplyAdd(right[r], x, b1)
            }
            ap += job.columnStrideA
            bp += job.rowStrideB
            steps &-= 1
        } while steps > 0
        let stride = job.finish.steps ? tileColumns : job.rowStrideC
        var row = job.finish.steps ? job.tile : c
        for r in 0..<Rows {
            if job.accumulate {
                left[r] += load(row, 0)
                right[r] += load(row, second)
            }
            store(row, 0, left[r])
            store(row, second, right[r])
            row += stride
        }
        if isFinished { finishTile(&shared, c, Rows) }
        c += Rows &* job.rowStrideC
        a += job.panelStrideA
    }
}

/// One vector wide, or the part of one that C has.
@inline(__always) private func narrowTiles<let Rows: Int>(
    _ shared: inout TileColumn, _ panels: Int, _ zero: InlineArray<Rows, V>, _ rowStrideA: Int
) {
    let job = shared
    let isFinished = job.finish.steps || job.bias != nil
    var (a, c) = (job.a, job.c)
    for _ in 0..<panels {
        var acc = zero
        var (ap, bp, steps) = (a, job.b, job.depth)
        repeat {
            let b0 = load(bp, 0)
            for r in 0..<Rows { acc[r] = multiplyAdd(acc[r], V(repeating: ap[r &* rowStrideA]), b0) }
            ap += job.columnStrideA
            bp += job.rowStrideB
            steps &-= 1
        } while steps > 0
        let stride = job.finish.steps ? tileColumns : job.rowStrideC
        var row = job.finish.steps ? job.tile : c
        for r in 0..<Rows {
            if job.columns >= W {
                store(row, 0, job.accumulate ? load(row, 0) + acc[r] : acc[r])
            } else {
                let old = job.accumulate ? loadPart(row, job.columns) : V.zero
                storePart(row, job.columns, old + acc[r])
            }
            row += stride
        }
        if isFinished { finishTile(&shared, c, Rows) }
        c += Rows &* job.rowStrideC
        a += job.panelStrideA
    }
}

@inline(__always) private func tiles<let Rows: Int>(_ job: inout TileColumn, _ panels: Int, _ zero: InlineArray<Rows, V>) {
    // A constant stride between the rows turns them into offsets of one pointer.
    if job.columns > W {
        if job.rowStrideA == 1 { wideTiles(&job, panels, zero, 1) } else { wideTiles(&job, panels, zero, job.rowStrideA) }
    } else {
        narrowTiles(&job, panels, zero, job.rowStrideA)
    }
}

/// A compiled tile for every number of rows up to `tileRows`.
@inline(never) func multiplyTiles(_ rows: Int, _ panels: Int, _ job: inout TileColumn) {
    switch rows {
    case 1: tiles(&job, panels, InlineArray<1, V> { _ in V.zero })
    case 2: tiles(&job, panels, InlineArray<2, V> { _ in V.zero })
    case 3: tiles(&job, panels, InlineArray<3, V> { _ in V.zero })
    case 4: tiles(&job, panels, InlineArray<4, V> { _ in V.zero })
    #if LEVEL_AVX2 || LEVEL_AVX512 || arch(arm64)
        case 5: tiles(&job, panels, InlineArray<5, V> { _ in V.zero })
        case 6: tiles(&job, panels, InlineArray<6, V> { _ in V.zero })
    #endif
    #if LEVEL_AVX512 || arch(arm64)
        case 7: tiles(&job, panels, InlineArray<7, V> { _ in V.zero })
        case 8: tiles(&job, panels, InlineArray<8, V> { _ in V.zero })
    #endif
    #if LEVEL_AVX512
        case 9: tiles(&job, panels, InlineArray<9, V> { _ in V.zero })
        case 10: tiles(&job, panels, InlineArray<10, V> { _ in V.zero })
        case 11: tiles(&job, panels, InlineArray<11, V> { _ in V.zero })
        case 12: tiles(&job, panels, InlineArray<12, V> { _ in V.zero })
        case 13: tiles(&job, panels, InlineArray<13, V> { _ in V.zero })
        case 14: tiles(&job, panels, InlineArray<14, V> { _ in V.zero })
    #endif
    default: break
    }
}
