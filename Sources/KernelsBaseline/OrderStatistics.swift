import KernelTable

// Trimmed mean and median, coordinate by coordinate. The rows are sorted, so the result does not even depend on their
// order, and only the survivors are summed: a sum minus the extremes would be destroyed by a single 1e30.

extension Level {
    func sortScratchCount(_ n: Int) -> Int { blocksOfStrip(paddedRows(n)) &* paddedRows(n) &* W }
}

private func paddedRows(_ n: Int) -> Int { (n &+ sortBlock &- 1) / sortBlock &* sortBlock }

extension Level {
    func trimmedMean(_ rows: F32Rows, _ n: Int, _ trim: Int, _ out: MF32, _ count: Int, _ scratch: MF32) {
        statistic(rows, n, out, count, scratch, .trimmedMean(trim))
    }

    func median(_ rows: F32Rows, _ n: Int, _ out: MF32, _ count: Int, _ scratch: MF32) {
        statistic(rows, n, out, count, scratch, .median)
    }
}

private enum Statistic {
    case trimmedMean(Int), median
}

@inline(__always) private func statistic(
    _ rows: F32Rows, _ n: Int, _ out: MF32, _ count: Int, _ scratch: MF32, _ statistic: Statistic
) {
    switch n {
    case 1: inRegisters(rows, InlineArray<1, V> { _ in V.zero }, out, count, statistic)
    case 2: inRegisters(rows, InlineArray<2, V> { _ in V.zero }, out, count, statistic)
    case 3: inRegisters(rows, InlineArray<3, V> { _ in V.zero }, out, count, statistic)
    case 4: inRegisters(rows, InlineArray<4, V> { _ in V.zero }, out, count, statistic)
    case 5: inRegisters(rows, InlineArray<5, V> { _ in V.zero }, out, count, statistic)
    case 6: inRegisters(rows, InlineArray<6, V> { _ in V.zero }, out, count, statistic)
    case 7: inRegisters(rows, InlineArray<7, V> { _ in V.zero }, out, count, statistic)
    case 8: inRegisters(rows, InlineArray<8, V> { _ in V.zero }, out, count, statistic)
    case 9: inRegisters(rows, InlineArray<9, V> { _ in V.zero }, out, count, statistic)
    case 10: inRegisters(rows, InlineArray<10, V> { _ in V.zero }, out, count, statistic)
    case 11: inRegisters(rows, InlineArray<11, V> { _ in V.zero }, out, count, statistic)
    case 12: inRegisters(rows, InlineArray<12, V> { _ in V.zero }, out, count, statistic)
    case 13: inRegisters(rows, InlineArray<13, V> { _ in V.zero }, out, count, statistic)
    case 14: inRegisters(rows, InlineArray<14, V> { _ in V.zero }, out, count, statistic)
    case 15: inRegisters(rows, InlineArray<15, V> { _ in V.zero }, out, count, statistic)
    case 16: inRegisters(rows, InlineArray<16, V> { _ in V.zero }, out, count, statistic)
    default: inMemory(rows, n, out, count, scratch, statistic)
    }
}

/// Calls `body` with runs of up to `most` blocks of W coordinates. The last block ends at `count` and may overlap the one
/// before, which computes the same values twice. Fewer than W coordinates make one block of `width` < W.
@inline(__always) private func forEachBlock(
    _ count: Int, _ most: Int, _ body: (_ start: Int, _ width: Int, _ blocks: Int) -> Void
) {
    guard count > 0 else { return }
    guard count >= W else { return body(0, count, 1) }
    var start = 0
    while start &+ W <= count {
        let blocks = least(most, (count &- start) / W)
        body(start, W, blocks)
        start &+= blocks &* W
    }
    if start < count { body(count &- W, W, 1) }
}

@inline(__always) private func loadBlock(_ row: F32, _ start: Int, _ width: Int) -> V {
    width == W ? load(row, start) : loadPart(row + start, width)
}

@inline(__always) private func storeBlock(_ out: MF32, _ start: Int, _ width: Int, _ v: V) {
    // Adding 0 turns −0 into 0: which of the two zeros comes first in a sort depends on the order of the rows.
    if width == W { store(out, start, v + V.zero) } else { storePart(out + start, width, v + V.zero) }
}

/// Halves first: the sum of two large values must not overflow.
@inline(__always) private func middle(_ low: V, _ high: V) -> V {
    low * V(repeating: 0.5) + high * V(repeating: 0.5)
}

private func inRegisters<let N: Int>(
    _ rows: F32Rows, _ zero: InlineArray<N, V>, _ out: MF32, _ count: Int, _ statistic: Statistic
) {
    switch statistic {
    case .trimmedMean(let trim):
        let survivors = V(repeating: Float(N &- 2 &* trim))
        // All bits of a survivor stay, none of the others: no branch, and an infinity that was cut off leaves no trace.
        var keep = zero
        for i in 0..<N { keep[i] = laneMask(i >= trim && i < N &- trim ? 0 : W) }
        forEachBlock(count, 1) { start, width, _ in
            var v = InlineArray<N, V> { loadBlock(rows[$0], start, width) }
            sort(&v)
            // From both ends inwards, in two chains of additions: half as long to wait for.
            var (low, high) = (V.zero, V.zero)
            for i in 0..<(N / 2) {
                low += masked(v[i], keep[i])
                high += masked(v[N &- 1 &- i], keep[N &- 1 &- i])
            }
            if N & 1 == 1 { low += masked(v[N / 2], keep[N / 2]) }
            storeBlock(out, start, width, (low + high) / survivors)
        }
    case .median:
        forEachBlock(count, 1) { start, width, _ in
            var v = InlineArray<N, V> { loadBlock(rows[$0], start, width) }
            sort(&v)
            storeBlock(out, start, width, N & 1 == 1 ? v[N / 2] : middle(v[N / 2 &- 1], v[N / 2]))
        }
    }
}

/// How many vectors to take from a row at a time. With many rows each visit to one costs a cache miss, and only a longer
/// run of them lets the processor fetch ahead; but what was taken has to stay in the second cache.
private func blocksOfStrip(_ padded: Int) -> Int { most(1, least(16, 32_768 / (padded &* W))) }

private func inMemory(
    _ rows: F32Rows, _ n: Int, _ out: MF32, _ count: Int, _ scratch: MF32, _ statistic: Statistic
) {
    let padded = paddedRows(n)
    forEachBlock(count, blocksOfStrip(padded)) { start, width, blocks in
        var first = 0
        while first < padded {
            for block in 0..<blocks {
                let to = scratch + (block &* padded &+ first) &* W
                let from = start &+ block &* W
                if width == W && first &+ sortBlock <= n {
                    sortRows(rows + first, from, to)
                } else {
                    sortPartOfRows(rows, first, n, from, width, to)
                }
            }
            first &+= sortBlock
        }
        for block in 0..<blocks {
            let column = scratch + block &* padded &* W
            mergeBlocks(column, padded)
            storeBlock(out, start &+ block &* W, width, summary(column, n, statistic))
        }
    }
}

/// The statistic of n sorted vectors.
@inline(__always) private func summary(_ sorted: MF32, _ n: Int, _ statistic: Statistic) -> V {
    switch statistic {
    case .trimmedMean(let trim):
        var sum = V.zero
        for i in trim..<(n &- trim) { sum += load(sorted, i &* W) }
        return sum / V(repeating: Float(n &- 2 &* trim))
    case .median:
        let low = load(sorted, (n &- 1) / 2 &* W)
        return n & 1 == 1 ? low : middle(low, load(sorted, n / 2 &* W))
    }
}

/// One sorted block of W coordinates of `sortBlock` rows.
@inline(never) private func sortRows(_ rows: F32Rows, _ start: Int, _ to: MF32) {
    var v = InlineArray<16, V> { load(rows[$0], start) }
    sort(&v)
    for i in 0..<16 { store(to, i &* W, v[i]) }
}

/// The same where rows or coordinates are missing: above the last row stands +∞.
@inline(never) private func sortPartOfRows(
    _ rows: F32Rows, _ first: Int, _ n: Int, _ start: Int, _ width: Int, _ to: MF32
) {
    for i in 0..<16 {
        let row = first &+ i < n ? loadBlock(rows[first &+ i], start, width) : V(repeating: .infinity)
        store(to, i &* W, row)
    }
    sortColumn(to)
}

@inline(never) private func sortColumn(_ p: MF32) {
    var v = InlineArray<16, V> { load(p, $0 &* W) }
    sort(&v)
    for i in 0..<16 { store(p, i &* W, v[i]) }
}
