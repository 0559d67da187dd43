import KernelTable

// Goto and van de Geijn, "Anatomy of high-performance matrix multiplication" (ACM TOMS 2008): a block of B stays in the
// third cache, a block of A in the second, one panel of B in the first.
private let depthBlock = 256
private let rowBlock = 16 &* tileRows
private let columnBlock = 64 &* tileColumns

extension Level {
    func sgemmScratchCount(_ m: Int, _ n: Int, _ k: Int) -> Int {
        let depth = least(k, depthBlock)
        return depth &* (least(m, rowBlock) &+ least(n, columnBlock) &+ W) &+ W
    }

    func sgemm(
        _ m: Int, _ n: Int, _ k: Int, _ a: F32, _ rowStrideA: Int, _ columnStrideA: Int, _ b: F32, _ rowStrideB: Int,
        _ columnStrideB: Int, _ c: MF32, _ rowStrideC: Int, _ accumulate: Bool, _ scratch: MF32
    ) {
        guard m > 0 && n > 0 else { return }
        guard k > 0 else {
            if !accumulate { for r in 0..<m { for j in 0..<n { c[r &* rowStrideC &+ j] = 0 } } }
            return
        }
        // Packing costs a pass over the operand; it pays where the operand is read often, or badly.
        let readB = columnStrideB == 1 && n >= W && (m <= 8 &* tileRows || rowStrideB <= 128)
        let readA = (rowStrideA == 1 || columnStrideA == 1) && (n <= 4 &* tileColumns || m &* k <= 4096)
        let depth = least(k, depthBlock)
        let packedB = scratch + (depth &* least(m, rowBlock) &+ W)

        var columnsLeft = n
        while columnsLeft > 0 {
            let jc = n &- columnsLeft
            let nc = blockOfColumns(columnsLeft)
            columnsLeft &-= nc
            var pc = 0
            while pc < k {
                let kc = least(depthBlock, k &- pc)
                let add = accumulate || pc > 0
                let blockB = b + (pc &* rowStrideB &+ jc &* columnStrideB)
                if !readB { packBlock(blockB, rowStrideB, columnStrideB, kc, nc, packedB) }
                var ic = 0
                while ic < m {
                    let mc = least(rowBlock, m &- ic)
                    let rows = RowPanels(mc)
                    let blockA = a + (ic &* rowStrideA &+ pc &* columnStrideA)
                    if !readA { packBlock(blockA, rowStrideA, columnStrideA, kc, rows, scratch) }
                    let tall: TileColumn = (
                        depth: kc, a: readA ? blockA : F32(scratch),
                        panelStrideA: rows.tall &* (readA ? rowStrideA : kc), rowStrideA: readA ? rowStrideA : 1,
                        columnStrideA: readA ? columnStrideA : rows.tall, b: readB ? blockB : F32(packedB),
                        rowStrideB: rowStrideB, secondB: W, c: c + (ic &* rowStrideC &+ jc), rowStrideC: rowStrideC,
                        columns: 0, accumulate: add
                    )
                    multiplyBlock(rows, tall, nc, packedA: !readA, packedB: !readB)
                    ic &+= mc
                }
                pc &+= kc
            }
        }
    }
}

/// mc rows as panels of nearly the same height: the first `tallCount` have `tall` rows, the others one less.
private struct RowPanels {
    var tall, tallCount, shortCount: Int

    init(_ mc: Int) {
        let count = (mc &+ tileRows &- 1) / tileRows
        tall = (mc &+ count &- 1) / count
        tallCount = mc &- (tall &- 1) &* count
        shortCount = count &- tallCount
    }
}

/// The next columns to go through together. What is left afterwards is nothing, or no less than a vector.
private func blockOfColumns(_ left: Int) -> Int {
    if left <= columnBlock { return left }
    return left &- columnBlock < W ? columnBlock &- tileColumns : columnBlock
}

/// The next columns for one tile. Two vectors overlap rather than leave less than one vector for the next tile.
private func panelOfColumns(_ left: Int) -> Int {
    if left >= 3 &* W || left == 2 &* W { return 2 &* W }
    return left > 2 &* W ? W : left
}

/// All the tiles of a block of C.
private func multiplyBlock(_ rows: RowPanels, _ block: TileColumn, _ nc: Int, packedA: Bool, packedB: Bool) {
    var left = nc
    var job = block
    while left > 0 {
        let columns = panelOfColumns(left)
        let width = columns > W ? tileColumns : W
        job.columns = columns
        job.secondB = packedB ? W : columns &- W
        if packedB { job.rowStrideB = width }
        let c = job.c
        multiplyTiles(rows.tall, rows.tallCount, job)
        if rows.shortCount > 0 {
            var short = job
            short.a += rows.tallCount &* job.panelStrideA
            short.c += rows.tallCount &* rows.tall &* job.rowStrideC
            let height = rows.tall &- 1
            short.panelStrideA = job.panelStrideA / rows.tall &* height
            if packedA { short.columnStrideA = height }
            multiplyTiles(height, rows.shortCount, short)
        }
        job.c = c + columns
        job.b += packedB ? width &* job.depth : columns
        left &-= columns
    }
}

private func packBlock(
    _ b: F32, _ rowStride: Int, _ columnStride: Int, _ kc: Int, _ nc: Int, _ packed: MF32
) {
    var (left, from, to) = (nc, b, packed)
    while left > 0 {
        let columns = panelOfColumns(left)
        if columns > W {
            packColumns(from, rowStride, columnStride, kc, W, to, tileColumns)
            packColumns(from + (columns &- W) &* columnStride, rowStride, columnStride, kc, W, to + W, tileColumns)
            to += tileColumns &* kc
        } else {
            packColumns(from, rowStride, columnStride, kc, columns, to, W)
            to += W &* kc
        }
        from += columns &* columnStride
        left &-= columns
    }
}

private func packBlock(
    _ a: F32, _ rowStride: Int, _ columnStride: Int, _ kc: Int, _ rows: RowPanels, _ packed: MF32
) {
    var (from, to) = (a, packed)
    for panel in 0..<(rows.tallCount &+ rows.shortCount) {
        let height = panel < rows.tallCount ? rows.tall : rows.tall &- 1
        packRows(from, rowStride, columnStride, kc, height, to)
        from += height &* rowStride
        to += height &* kc
    }
}
