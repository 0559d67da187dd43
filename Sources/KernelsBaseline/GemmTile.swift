internal import CKernelIntrinsics
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
/// - runs: A's columns come in so many runs of `depth`, `runStrideA` apart; B's rows follow one another.
/// - b: row i of B at b[i·rowStrideB]: one vector there, and a second one `secondB` floats further on.
/// - columns: of C in the tile, at most `tileColumns`; less than W only where C has no more. The second vector is the last
///   W of them.
/// - tile: room for one tile, which takes the place of C where the product is a gradient that is used up at once.
/// - bias: of the first column; nil where nothing is added, or not yet.
typealias TileColumn = (
    depth: Int, a: F32, panelStrideA: Int, rowStrideA: Int, columnStrideA: Int, runs: Int, runStrideA: Int, b: F32, rowStrideB: Int, secondB: Int,
    c: MF32, rowStrideC: Int, columns: Int, accumulate: Bool, tile: MF32, bias: F32?, finish: Finish
)

/// Where the rows of a panel begin. As many pointers as there are rows are more than the processor has registers for: a
/// row is reached from the one before it or from the second before it, and every third has a pointer of its own.
@inline(__always) private func starts(_ a: F32, _ stride: Int) -> InlineArray<5, F32> {
    InlineArray<5, F32> { tutti_as_written(a + 3 &* $0 &* stride) }
}

/// Two vectors wide. Where the vectors overlap (`columns` < 2·W) both compute the shared columns alike, from the same old
/// C: a ragged edge costs neither padding nor a copy.
@inline(__always) private func wideTiles<let Rows: Int>(
    _ shared: inout TileColumn, _ panels: Int, _ zero: InlineArray<Rows, V>, isPacked: Bool
) {
    let job = shared
    var (a, c) = (job.a, job.c)
    let second = job.columns &- W
    let stepsInPlace = job.finish.steps && job.columns == tileColumns && job.finish.momentum != 0
    let ahead = job.columnStrideA >= 64 ? 12 &* job.columnStrideA : 0
    for _ in 0..<panels {
        var (left, right) = (zero, zero)
        if job.finish.steps { prefetchStep(job, c, Rows) } else if job.depth >= deepEnough { prefetchTile(job, c, Rows) }
        var (run, bp, runsLeft) = (a, job.b, job.runs)
        repeat {
            var steps = job.depth
            if isPacked {
                var ap = run
                repeat {
                    let (b0, b1) = (load(bp, 0), load(bp, job.secondB))
                    for r in 0..<Rows {
                        let x = V(repeating: ap[r])
                        left[r] = multiplyAdd(left[r], x, b0)
                        right[r] = multiplyAdd(right[r], x, b1)
                    }
                    // Columns of A that lie far apart are more than the processor foresees.
                    tutti_prefetch(ap + ahead)
                    ap += job.columnStrideA
                    bp += job.rowStrideB
                    steps &-= 1
                } while steps > 0
            } else {
                var rows = starts(run, job.rowStrideA)
                repeat {
                    let (b0, b1) = (load(bp, 0), load(bp, job.secondB))
                    for r in 0..<Rows {
                        let x = V(repeating: rows[r / 3][r % 3 &* job.rowStrideA])
                        left[r] = multiplyAdd(left[r], x, b0)
                        right[r] = multiplyAdd(right[r], x, b1)
                    }
                    for i in 0..<((Rows &+ 2) / 3) { rows[i] += job.columnStrideA }
                    bp += job.rowStrideB
                    steps &-= 1
                } while steps > 0
            }
            run += job.runStrideA
            runsLeft &-= 1
        } while runsLeft > 0
        if stepsInPlace {
            var row = c
            for r in 0..<Rows {
                stepVector(row, left[r], job)
                stepVector(row + W, right[r], job)
                row += job.rowStrideC
            }
        } else {
            let stride = job.finish.steps ? tileColumns : job.rowStrideC
            var row = job.finish.steps ? job.tile : c
            for r in 0..<Rows {
                if job.accumulate {
                    left[r] += load(row, 0)
                    right[r] += load(row, second)
                }
                if let bias = job.bias {
                    left[r] = upper(left[r] + load(bias, 0), V(repeating: job.finish.floor))
                    right[r] = upper(right[r] + load(bias, second), V(repeating: job.finish.floor))
                }
                store(row, 0, left[r])
                store(row, second, right[r])
                row += stride
            }
            if job.finish.steps { stepTile(&shared, c, Rows) }
        }
        c += Rows &* job.rowStrideC
        a += job.panelStrideA
    }
}

/// From this depth on a tile of C takes long enough for its lines to come from the third cache.
private let deepEnough = 48

@inline(__always) private func prefetchTile(_ job: TileColumn, _ c: MF32, _ rows: Int) {
    var row = c
    for _ in 0..<rows {
        tutti_prefetch(row)
        tutti_prefetch(row + W)
        row += job.rowStrideC
    }
}

/// The weights and velocities of a tile are asked for before its gradient is computed.
@inline(__always) private func prefetchStep(_ job: TileColumn, _ c: MF32, _ rows: Int) {
    var row = c
    for _ in 0..<rows {
        let velocity = floats(row, job.finish.velocityBytes)
        var j = 0
        while j < tileColumns {
            tutti_prefetch(row + j)
            tutti_prefetch(velocity + j)
            j &+= 16
        }
        row += job.rowStrideC
    }
}

/// `stepRow` of one vector, by a gradient that was never stored.
@inline(__always) private func stepVector(_ w: MF32, _ gradient: V, _ job: TileColumn) {
    let v = floats(w, job.finish.velocityBytes)
    let weight = load(w, 0)
    let velocity = multiplyAdd(
        multiplyAdd(gradient, weight, V(repeating: job.finish.weightDecay)), load(v, 0), V(repeating: job.finish.momentum))
    store(v, 0, velocity)
    store(w, 0, multiplyAdd(weight, velocity, V(repeating: -job.finish.learningRate)))
}

/// The part of a row of B or C that a narrow tile has. Where parts cannot be loaded B has been packed.
@inline(__always) private func narrowLoad(_ p: F32, _ columns: Int) -> V { hasParts ? loadPart(p, columns) : load(p, 0) }

/// One vector wide, or the part of one that C has.
@inline(__always) private func narrowTiles<let Rows: Int>(
    _ shared: inout TileColumn, _ panels: Int, _ zero: InlineArray<Rows, V>, isPacked: Bool
) {
    let job = shared
    var (a, c) = (job.a, job.c)
    let columns = job.columns
    for _ in 0..<panels {
        var acc = zero
        var (run, bp, runsLeft) = (a, job.b, job.runs)
        repeat {
            var steps = job.depth
            if isPacked {
                var ap = run
                repeat {
                    let b0 = narrowLoad(bp, columns)
                    for r in 0..<Rows { acc[r] = multiplyAdd(acc[r], V(repeating: ap[r]), b0) }
                    ap += job.columnStrideA
                    bp += job.rowStrideB
                    steps &-= 1
                } while steps > 0
            } else {
                var rows = starts(run, job.rowStrideA)
                repeat {
                    let b0 = narrowLoad(bp, columns)
                    for r in 0..<Rows { acc[r] = multiplyAdd(acc[r], V(repeating: rows[r / 3][r % 3 &* job.rowStrideA]), b0) }
                    for i in 0..<((Rows &+ 2) / 3) { rows[i] += job.columnStrideA }
                    bp += job.rowStrideB
                    steps &-= 1
                } while steps > 0
            }
            run += job.runStrideA
            runsLeft &-= 1
        } while runsLeft > 0
        // What is added is read before anything is written: a read waits for a part written across it.
        if job.accumulate { for r in 0..<Rows { acc[r] += loadPart(c + r &* job.rowStrideC, columns) } }
        if let bias = job.bias {
            let (b, floor) = (loadPart(bias, columns), V(repeating: job.finish.floor))
            for r in 0..<Rows { acc[r] = upper(acc[r] + b, floor) }
        }
        let stride = job.finish.steps ? tileColumns : job.rowStrideC
        var row = job.finish.steps ? job.tile : c
        for r in 0..<Rows {
            if columns >= W { store(row, 0, acc[r]) } else { storePart(row, columns, acc[r]) }
            row += stride
        }
        if job.finish.steps { stepTile(&shared, c, Rows) }
        c += Rows &* job.rowStrideC
        a += job.panelStrideA
    }
}

@inline(__always) private func tiles<let Rows: Int>(_ job: inout TileColumn, _ panels: Int, _ zero: InlineArray<Rows, V>) {
    // A constant stride between the rows turns them into offsets of one pointer.
    if job.columns > W {
        if job.rowStrideA == 1 { wideTiles(&job, panels, zero, isPacked: true) } else { wideTiles(&job, panels, zero, isPacked: false) }
    } else {
        if job.rowStrideA == 1 { narrowTiles(&job, panels, zero, isPacked: true) } else { narrowTiles(&job, panels, zero, isPacked: false) }
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
