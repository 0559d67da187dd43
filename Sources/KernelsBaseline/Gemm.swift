import KernelTable

// Goto and van de Geijn, "Anatomy of high-performance matrix multiplication" (ACM TOMS 2008): a block of B stays in the
// third cache, a block of A in the second, one panel of B in the first.
private let depthBlock: Int = 256
private let rowBlock: Int = 224
private let columnBlock: Int = 2048

func sgemmScratchCount(_ m: Int, _ n: Int, _ k: Int) -> Int {
    let depth = least(k, depthBlock)
    let rows = least(m, rowBlock) &+ tileRows
    let columns = least(n, columnBlock) &+ tileColumns
    return depth &* (rows &+ columns) &+ tileRows &* tileColumns &+ 64
}

func sgemm(
    _ m: Int, _ n: Int, _ k: Int, _ a: F32, _ ras: Int, _ cas: Int, _ b: F32, _ rbs: Int, _ cbs: Int,
    _ c: MF32, _ rcs: Int, _ accumulate: Bool, _ scratch: MF32
) {
    if m == 0 || n == 0 { return }
    if k == 0 {
        if !accumulate { for r in 0..<m { for j in 0..<n { c[r &* rcs &+ j] = 0 } } }
        return
    }
    let depth = least(k, depthBlock)
    let packedA = scratch
    let packedB = packedA + depth &* (least(m, rowBlock) &+ tileRows)
    let edge = packedB + depth &* (least(n, columnBlock) &+ tileColumns)
    // Packing costs a pass over the operand; it pays when the operand is used often enough.
    let readB = cbs == 1 && (m <= 8 &* tileRows || rbs <= 128)
    let readA = cas != 1 && ras == 1 || n <= 2 &* tileColumns || (m &* depth <= 4096)

    var jc = 0
    while jc < n {
        let nc = least(columnBlock, n &- jc)
        var pc = 0
        while pc < k {
            let kc = least(depthBlock, k &- pc)
            let add = accumulate || pc > 0
            let bBlock = b + (pc &* rbs &+ jc &* cbs)
            packColumns(bBlock, rbs, cbs, kc, nc, packedB, skipFull: readB)
            var ic = 0
            while ic < m {
                let mc = least(rowBlock, m &- ic)
                let panels = (mc &+ tileRows &- 1) / tileRows
                let tall = (mc &+ panels &- 1) / panels
                let tallPanels = mc &- (tall &- 1) &* panels  // the others have one row less
                let aBlock = a + (ic &* ras &+ pc &* cas)
                if !readA { packRows(aBlock, ras, cas, mc, kc, tall, tallPanels, packedA) }
                var jr = 0
                while jr < nc {
                    let nr = least(tileColumns, nc &- jr)
                    let direct = readB && nr % W == 0
                    let bp = direct ? bBlock + jr : F32(packedB + jr &* kc)
                    let bs = direct ? rbs : tileColumns
                    let vectors = (nr &+ W &- 1) / W
                    var ir = 0
                    var panel = 0
                    var packed = F32(packedA)
                    while ir < mc {
                        let mr = panel < tallPanels ? tall : tall &- 1
                        let ap = readA ? aBlock + ir &* ras : packed
                        let (apr, apc) = readA ? (ras, cas) : (1, mr)
                        let cp = c + ((ic &+ ir) &* rcs &+ jc &+ jr)
                        if nr == vectors &* W {
                            multiplyTile(mr, vectors, kc, ap, apr, apc, bp, bs, cp, rcs, add)
                        } else {
                            multiplyTile(mr, vectors, kc, ap, apr, apc, bp, bs, edge, tileColumns, false)
                            for r in 0..<mr {
                                let (to, from) = (cp + r &* rcs, edge + r &* tileColumns)
                                if add { for j in 0..<nr { to[j] += from[j] } } else { for j in 0..<nr { to[j] = from[j] } }
                            }
                        }
                        packed += mr &* kc
                        ir &+= mr
                        panel &+= 1
                    }
                    jr &+= tileColumns
                }
                ic &+= mc
            }
            pc &+= kc
        }
        jc &+= nc
    }
}

/// Panels of `tileColumns` columns, padded with zeros. With `skipFull`, panels that can be read in place are left out.
private func packColumns(
    _ b: F32, _ rbs: Int, _ cbs: Int, _ kc: Int, _ nc: Int, _ packed: MF32, skipFull: Bool
) {
    var jr = 0
    while jr < nc {
        let nr = least(tileColumns, nc &- jr)
        let to = packed + jr &* kc
        if skipFull && nr % W == 0 {
            // read in place
        } else if cbs == 1 {
            if nr == tileColumns {
                for i in 0..<kc {
                    let (from, row) = (b + (jr &+ i &* rbs), to + i &* tileColumns)
                    store(row, 0, load(from, 0))
                    store(row, W, load(from, W))
                }
            } else {
                for i in 0..<kc {
                    let (from, row) = (b + (jr &+ i &* rbs), to + i &* tileColumns)
                    for j in 0..<nr { row[j] = from[j] }
                    for j in nr..<tileColumns { row[j] = 0 }
                }
            }
        } else {
            let whole = rbs == 1 ? nr & ~3 : 0
            transpose(b + jr &* cbs, cbs, whole, kc, to, tileColumns)
            for j in whole..<nr {
                let from = b + (jr &+ j) &* cbs
                for i in 0..<kc { to[i &* tileColumns &+ j] = from[i &* rbs] }
            }
            for j in nr..<tileColumns { for i in 0..<kc { to[i &* tileColumns &+ j] = 0 } }
        }
        jr &+= tileColumns
    }
}

/// Panels of `tall` rows (the first `tallPanels`) or `tall − 1` rows, column after column.
private func packRows(
    _ a: F32, _ ras: Int, _ cas: Int, _ mc: Int, _ kc: Int, _ tall: Int, _ tallPanels: Int, _ packed: MF32
) {
    var to = packed
    var (ir, panel) = (0, 0)
    while ir < mc {
        let mr = panel < tallPanels ? tall : tall &- 1
        let from = a + ir &* ras
        if cas == 1 {
            let whole = mr & ~3
            transpose(from, ras, whole, kc, to, mr)
            for r in whole..<mr { for i in 0..<kc { to[i &* mr &+ r] = from[r &* ras &+ i] } }
        } else {
            for i in 0..<kc { for r in 0..<mr { to[i &* mr &+ r] = from[r &* ras &+ i &* cas] } }
        }
        to += mr &* kc
        ir &+= mr
        panel &+= 1
    }
}

/// to[i·stride + j] = from[j·lead + i] for j < `count` (a multiple of 4), i < `length`: 4x4 blocks in registers.
@inline(__always) private func transpose(
    _ from: F32, _ lead: Int, _ count: Int, _ length: Int, _ to: MF32, _ stride: Int
) {
    typealias Q = SIMD4<Float>
    @inline(__always) func row(_ p: F32) -> Q { UnsafeRawPointer(p).loadUnaligned(as: Q.self) }
    @inline(__always) func put(_ p: MF32, _ q: Q) { UnsafeMutableRawPointer(p).storeBytes(of: q, as: Q.self) }
    var i = 0
    while i &+ 4 <= length {
        var j = 0
        while j < count {
            let p = from + (j &* lead &+ i)
            let (a, b, c, d) = (row(p), row(p + lead), row(p + 2 &* lead), row(p + 3 &* lead))
            let q = to + (i &* stride &+ j)
            put(q, Q(a[0], b[0], c[0], d[0]))
            put(q + stride, Q(a[1], b[1], c[1], d[1]))
            put(q + 2 &* stride, Q(a[2], b[2], c[2], d[2]))
            put(q + 3 &* stride, Q(a[3], b[3], c[3], d[3]))
            j &+= 4
        }
        i &+= 4
    }
    while i < length {
        for j in 0..<count { to[i &* stride &+ j] = from[j &* lead &+ i] }
        i &+= 1
    }
}
