import KernelTable

/// Up to so many rows, a product with a transposed B is made as Cᵀ = Bᵀ·Aᵀ: B, which is larger, is then read in place,
/// and only A and C are copied.
private let flipRows = 64
/// Up to this depth a panel of B in its place fits the first cache even when every row of it is a line of its own.
private let shallow = 64

func plain(accumulate: Bool = false) -> Finish {
    (
        accumulate: accumulate, bias: nil, floor: 0, steps: false, velocityBytes: 0, learningRate: 0, momentum: 0,
        weightDecay: 0
    )
}

extension Level {
    func sgemmScratchCount(_ m: Int, _ n: Int, _ k: Int) -> Int {
        let rows = least(m, flipRows)
        return most(blockScratch(m, n, k, deepest(k)), n &* rows &+ blockScratch(n, rows, k, deepest(k)))
    }

    func sgemmStepScratchCount(_ m: Int, _ n: Int, _ k: Int) -> Int { blockScratch(m, n, k, k) &+ tileRows &* tileColumns }

    func sgemm(
        _ m: Int, _ n: Int, _ k: Int, _ a: F32, _ rowStrideA: Int, _ columnStrideA: Int, _ b: F32, _ rowStrideB: Int,
        _ columnStrideB: Int, _ c: MF32, _ rowStrideC: Int, _ accumulate: Bool, _ scratch: MF32
    ) {
        multiply(
            m, n, k, a, rowStrideA, columnStrideA, b, rowStrideB, columnStrideB, c, rowStrideC, plain(accumulate: accumulate),
            scratch)
    }

    func linear(
        _ m: Int, _ n: Int, _ k: Int, _ a: F32, _ rowStrideA: Int, _ columnStrideA: Int, _ b: F32, _ rowStrideB: Int,
        _ columnStrideB: Int, _ c: MF32, _ rowStrideC: Int, _ bias: F32, _ rectifies: Bool, _ scratch: MF32
    ) {
        var finish = plain()
        finish.bias = bias
        finish.floor = rectifies ? 0 : -.infinity
        multiply(m, n, k, a, rowStrideA, columnStrideA, b, rowStrideB, columnStrideB, c, rowStrideC, finish, scratch)
    }

    func sgemmStep(
        _ m: Int, _ n: Int, _ k: Int, _ a: F32, _ rowStrideA: Int, _ columnStrideA: Int, _ b: F32, _ rowStrideB: Int,
        _ columnStrideB: Int, _ w: MF32, _ v: MF32, _ rowStride: Int, _ learningRate: Float, _ momentum: Float,
        _ weightDecay: Float, _ scratch: MF32
    ) {
        var finish = plain()
        finish.steps = true
        finish.velocityBytes = Int(bitPattern: v) &- Int(bitPattern: w)
        (finish.learningRate, finish.momentum, finish.weightDecay) = (learningRate, momentum, weightDecay)
        multiply(m, n, k, a, rowStrideA, columnStrideA, b, rowStrideB, columnStrideB, w, rowStride, finish, scratch)
    }

    func sgemmBatched(
        _ batch: Int, _ m: Int, _ n: Int, _ k: Int, _ a: F32, _ batchStrideA: Int, _ rowStrideA: Int, _ columnStrideA: Int,
        _ b: F32, _ batchStrideB: Int, _ rowStrideB: Int, _ columnStrideB: Int, _ c: MF32, _ batchStrideC: Int,
        _ rowStrideC: Int, _ accumulate: Bool, _ scratch: MF32
    ) {
        for i in 0..<batch {
            sgemm(
                m, n, k, a + i &* batchStrideA, rowStrideA, columnStrideA, b + i &* batchStrideB, rowStrideB, columnStrideB,
                c + i &* batchStrideC, rowStrideC, accumulate, scratch)
        }
    }
}

private func multiply(
    _ m: Int, _ n: Int, _ k: Int, _ a: F32, _ rowStrideA: Int, _ columnStrideA: Int, _ b: F32, _ rowStrideB: Int,
    _ columnStrideB: Int, _ c: MF32, _ rowStrideC: Int, _ finish: Finish, _ scratch: MF32
) {
    guard m > 0 && n > 0 else { return }
    guard k > 0 else { return finishNothing(m, n, c, rowStrideC, finish) }
    let isNarrow = m < W || (dotRows > 1 && n < W)
    if isNarrow && rowStrideB == 1 && columnStrideB != 1 && columnStrideA == 1 && k >= 2 &* W && !finish.steps {
        return multiplyDots(m, n, k, a, rowStrideA, b, columnStrideB, c, rowStrideC, finish)
    }
    let isFlipped = rowStrideB == 1 && columnStrideB != 1 && m >= W && m <= flipRows && n >= W && k >= W
    if isFlipped && !finish.accumulate && !finish.steps {
        multiplyBlocks(
            n, m, k, b, columnStrideB, rowStrideB, a, columnStrideA, rowStrideA, scratch, m, plain(), scratch + n &* m)
        return transposed(scratch, m, n, c, rowStrideC, finish)
    }
    multiplyBlocks(m, n, k, a, rowStrideA, columnStrideA, b, rowStrideB, columnStrideB, c, rowStrideC, finish, scratch)
}

/// What becomes of a product of no depth.
private func finishNothing(_ m: Int, _ n: Int, _ c: MF32, _ rowStrideC: Int, _ finish: Finish) {
    for r in 0..<m {
        let row = c + r &* rowStrideC
        if finish.steps {
            let velocity = floats(row, finish.velocityBytes)
            for j in 0..<n {
                var none: Float = 0
                stepRow(row + j, velocity + j, &none, 1, finish.learningRate, finish.momentum, finish.weightDecay)
            }
        } else if !finish.accumulate {
            for j in 0..<n { row[j] = 0 }
            if let bias = finish.bias { rectifyRow(row, bias, n, finish.floor) }
        }
    }
}

/// C[m,n] from Cᵀ[n,m], n ≥ W, with what finishes it.
private func transposed(_ from: F32, _ m: Int, _ n: Int, _ c: MF32, _ rowStrideC: Int, _ finish: Finish) {
    var j = 0
    while j < n {
        let first = least(j, n &- W)  // the last vector overlaps the one before
        packColumns(from + first &* m, 1, m, m, W, c + first, rowStrideC)
        j &+= W
    }
    guard let bias = finish.bias else { return }
    for r in 0..<m { rectifyRow(c + r &* rowStrideC, bias, n, finish.floor) }
}

/// Goto and van de Geijn, "Anatomy of high-performance matrix multiplication" (ACM TOMS 2008): a block of B stays in the
/// third cache, a block of A in the second, one panel of B in the first.
private func multiplyBlocks(
    _ m: Int, _ n: Int, _ k: Int, _ a: F32, _ rowStrideA: Int, _ columnStrideA: Int, _ b: F32, _ rowStrideB: Int,
    _ columnStrideB: Int, _ c: MF32, _ rowStrideC: Int, _ finish: Finish, _ scratch: MF32
) {
    // Packing costs a pass over the operand; it pays where the operand is read often, or badly. Rows that are whole pages
    // apart fall into the same lines of the cache.
    let readsShallow = k <= shallow && rowStrideB & 255 != 0
    let readB = columnStrideB == 1 && (n >= W || hasParts) && (m <= 8 &* tileRows || rowStrideB <= 128 || readsShallow)
    let readsNarrow = n <= 4 &* tileColumns || m &* k <= 4096 || (rowStrideA == 1 && k <= shallow)
    let readsRows = columnStrideA == 1 && n <= 8 &* tileColumns && rowStrideA & 255 != 0
    let readA = ((rowStrideA == 1 || columnStrideA == 1) && readsNarrow) || readsRows
    // Of Aᵀ in its place, a panel takes a few floats of every line it reads: half the depth leaves the lines in the first
    // cache for the next panel. A step needs the whole sum at once. It goes through few rows at a time, so that weights and velocities are read in
    // the order in which they lie.
    let depth = finish.steps ? k : readA && rowStrideA == 1 ? deepest(k, half: true) : deepest(k)
    let rowsAtOnce = finish.steps ? stepRows : rowBlock
    let tile = scratch
    let packedA = finish.steps ? scratch + tileRows &* tileColumns : scratch
    let packedB = packedA + (depth &* least(m, rowBlock) &+ W)

    var columnsLeft = n
    while columnsLeft > 0 {
        let jc = n &- columnsLeft
        let nc = blockOfColumns(columnsLeft)
        columnsLeft &-= nc
        var pc = 0
        while pc < k {
            let kc = least(depth, k &- pc)
            let isLast = pc &+ kc == k
            let blockB = b + (pc &* rowStrideB &+ jc &* columnStrideB)
            if !readB { packBlock(blockB, rowStrideB, columnStrideB, kc, nc, packedB) }
            var ic = 0
            while ic < m {
                let mc = least(rowsAtOnce, m &- ic)
                let rows = rowPanels(mc)
                let blockA = a + (ic &* rowStrideA &+ pc &* columnStrideA)
                if !readA { packBlock(blockA, rowStrideA, columnStrideA, kc, rows, packedA) }
                var bias: F32?
                if isLast, let start = finish.bias { bias = start + jc }
                let block: TileColumn = (
                    depth: kc, a: readA ? blockA : F32(packedA),
                    panelStrideA: rows.tall &* (readA ? rowStrideA : kc), rowStrideA: readA ? rowStrideA : 1,
                    columnStrideA: readA ? columnStrideA : rows.tall, runs: 1, runStrideA: 0, b: readB ? blockB : F32(packedB),
                    rowStrideB: rowStrideB, secondB: W, c: c + (ic &* rowStrideC &+ jc), rowStrideC: rowStrideC,
                    columns: 0, accumulate: finish.accumulate || pc > 0, tile: tile,
                    bias: bias, finish: finish
                )
                multiplyBlock(rows, block, nc, packedA: !readA, packedB: !readB)
                ic &+= mc
            }
            pc &+= kc
        }
    }
}

/// All the tiles of a block of C.
func multiplyBlock(_ rows: RowPanels, _ block: TileColumn, _ nc: Int, packedA: Bool, packedB: Bool) {
    var left = nc
    var job = block
    while left > 0 {
        let columns = panelOfColumns(left)
        let width = columns > W ? tileColumns : W
        job.columns = columns
        job.secondB = packedB ? W : columns &- W
        if packedB { job.rowStrideB = width }
        multiplyTiles(rows.tall, rows.tallCount, &job)
        if rows.shortCount > 0 {
            var short = job
            short.a += rows.tallCount &* job.panelStrideA
            short.c += rows.tallCount &* rows.tall &* job.rowStrideC
            let height = rows.tall &- 1
            short.panelStrideA = job.panelStrideA / rows.tall &* height
            if packedA { short.columnStrideA = height }
            multiplyTiles(height, rows.shortCount, &short)
        }
        job.c += columns
        if let bias = job.bias { job.bias = bias + columns }
        job.b += packedB ? width &* job.depth : columns
        left &-= columns
    }
}
