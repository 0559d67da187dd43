internal import CKernelIntrinsics
import KernelTable

// Trimmed mean and median, coordinate by coordinate. Two ranks of the rows' values decide both: the lowest and the
// highest value that survives. The result does not depend on the order of the rows, and only what survives is summed: a
// sum minus the extremes would be destroyed by a single 1e30.

extension Level {
    /// Room for what is sorted of one block, and to begin at a line of the cache.
    func sortScratchCount(_ n: Int) -> Int { most(workOfSelection, paddedRows(n)) &* W &+ 16 }
}

private let rowsInRegisters = 16

private func paddedRows(_ n: Int) -> Int { (n &+ sortBlock &- 1) / sortBlock &* sortBlock }

extension Level {
    func trimmedMean(_ rows: F32Rows, _ n: Int, _ trim: Int, _ out: MF32, _ count: Int, _ scratch: MF32) {
        if n <= rowsInRegisters { return fewRows(rows, n, out, count, scratch, .trimmedMean(trim)) }
        overRanks(rows, n, trim, out, count, scratch) { start, low, high in
            clampedMean(rows, start, count, n, trim, value(low), value(high))
        }
    }
}

extension Level {
    func median(_ rows: F32Rows, _ n: Int, _ out: MF32, _ count: Int, _ scratch: MF32) {
        if n <= rowsInRegisters { return fewRows(rows, n, out, count, scratch, .median) }
        overRanks(rows, n, (n &- 1) / 2, out, count, scratch) { _, low, high in
            n & 1 == 1 ? value(low) : middle(value(low), value(high))
        }
    }
}

// MARK: Blocks of coordinates

/// Calls `body` with the start of each block of W of at least W coordinates. The last block ends at `count` and may overlap
/// the one before, which computes the same values twice.
@inline(__always) private func forEachBlock(_ count: Int, _ body: (_ start: Int) -> Void) {
    var start = 0
    while true {
        body(start)
        if start &+ W >= count { return }
        start = least(start &+ W, count &- W)
    }
}

/// Adding 0 turns −0 into 0: which of the two zeros comes first in a sort depends on the order of the rows.
@inline(__always) private func unsigned(_ v: V) -> V { v + V.zero }

/// Halves first: the sum of two large values must not overflow.
@inline(__always) private func middle(_ low: V, _ high: V) -> V {
    low * V(repeating: 0.5) + high * V(repeating: 0.5)
}

// MARK: Up to sixteen rows

private enum Statistic {
    case trimmedMean(Int), median
}

private func fewRows(
    _ rows: F32Rows, _ n: Int, _ out: MF32, _ count: Int, _ scratch: MF32, _ statistic: Statistic
) {
    guard count >= W else { return partOfBlock(rows, n, out, count, scratch, statistic) }
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
    default: inRegisters(rows, InlineArray<16, V> { _ in V.zero }, out, count, statistic)
    }
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
        forEachBlock(count) { start in
            var v = InlineArray<N, Key> { key(load(rows[$0], start)) }
            sort(&v)
            var kept = zero
            for i in 0..<N { kept[i] = masked(value(v[i]), keep[i]) }
            // The last onto the first, again and again: few additions have to wait for others.
            var left = N
            while left > 1 {
                for i in 0..<(left / 2) { kept[i] += kept[left &- 1 &- i] }
                left = (left &+ 1) / 2
            }
            store(out, start, unsigned(kept[0] / survivors))
        }
    case .median:
        forEachBlock(count) { start in
            var v = InlineArray<N, Key> { key(load(rows[$0], start)) }
            sort(&v)
            store(out, start, unsigned(N & 1 == 1 ? value(v[N / 2]) : middle(value(v[N / 2 &- 1]), value(v[N / 2]))))
        }
    }
}

/// The same for fewer than W coordinates, in memory. The survivors are added up in the same order.
private func partOfBlock(
    _ rows: F32Rows, _ n: Int, _ out: MF32, _ count: Int, _ scratch: MF32, _ statistic: Statistic
) {
    guard count > 0 else { return }
    let sorted = scratch
    sortSomeRows(rows, 0, count, n, sorted)
    switch statistic {
    case .trimmedMean(let trim):
        for i in 0..<n { store(sorted, i &* W, i >= trim && i < n &- trim ? value(loadKey(sorted, i)) : V.zero) }
        var left = n
        while left > 1 {
            for i in 0..<(left / 2) { store(sorted, i &* W, load(sorted, i &* W) + load(sorted, (left &- 1 &- i) &* W)) }
            left = (left &+ 1) / 2
        }
        storePart(out, count, unsigned(load(sorted, 0) / V(repeating: Float(n &- 2 &* trim))))
    case .median:
        let (low, high) = (value(loadKey(sorted, (n &- 1) / 2)), value(loadKey(sorted, n / 2)))
        storePart(out, count, unsigned(n & 1 == 1 ? low : middle(low, high)))
    }
}

// MARK: More rows

/// How far ahead of the block that is sorted its rows are asked for, in floats: the processor cannot follow so many
/// streams by itself.
private let prefetchDistance = 64

/// Stores what `result` makes of the start of every block and its vectors of rank `rank` and n − 1 − `rank`.
@inline(__always) private func overRanks(
    _ rows: F32Rows, _ n: Int, _ rank: Int, _ out: MF32, _ count: Int, _ scratch: MF32,
    _ result: (_ start: Int, _ low: Key, _ high: Key) -> V
) {
    guard count > 0 else { return }
    // A vector that lies across two lines of the cache takes twice as long to store.
    let work = scratch + (64 &- Int(bitPattern: scratch) & 63) / 4
    if count < W {
        sortedRanks(rows, 0, count, n, rank, work)
        return storePart(out, count, unsigned(result(0, loadKey(work, 0), loadKey(work, 1))))
    }
    forEachBlock(count) { start in
        ranks(rows, start, n, rank, work)
        store(out, start, unsigned(result(start, loadKey(work, 0), loadKey(work, 1))))
    }
}

/// Leaves the vectors of rank `rank` and n − 1 − `rank` of the block from `start` in the first two places of `work`.
@inline(__always) private func ranks(_ rows: F32Rows, _ start: Int, _ n: Int, _ rank: Int, _ work: MF32) {
    let blockOf8 = InlineArray<8, Key> { _ in Key.zero }
    let blockOf16 = InlineArray<16, Key> { _ in Key.zero }
    if n <= 2 &* sortBlock { return sortedRanks(rows, start, W, n, rank, work) }
    switch rank {
    case 0..<2: selectedRanks(blockOf8, InlineArray<2, Key> { _ in Key.zero }, rows, start, n, rank, work)
    case 2..<4: selectedRanks(blockOf8, InlineArray<4, Key> { _ in Key.zero }, rows, start, n, rank, work)
    case 4..<7: selectedRanks(blockOf16, InlineArray<7, Key> { _ in Key.zero }, rows, start, n, rank, work)
    case 7..<11: selectedRanks(blockOf16, InlineArray<11, Key> { _ in Key.zero }, rows, start, n, rank, work)
    case 11..<16: selectedRanks(blockOf16, blockOf16, rows, start, n, rank, work)
    default: sortedRanks(rows, start, W, n, rank, work)
    }
}

/// The rows in two sorted halves; a rank of their union needs no further merge. Only `count` ≤ W coordinates are there.
private func sortedRanks(_ rows: F32Rows, _ start: Int, _ count: Int, _ n: Int, _ rank: Int, _ work: MF32) {
    let padded = paddedRows(n)
    var first = 0
    while first &+ sortBlock <= n {
        if count < W {
            sortSomeRows(rows + first, start, count, sortBlock, work + first &* W)
        } else {
            sortRows(InlineArray<16, Key> { _ in Key.zero }, rows + first, start, work + first &* W)
        }
        first &+= sortBlock
    }
    if first < n { sortSomeRows(rows + first, start, count, n &- first, work + first &* W) }
    var half = sortBlock
    while 2 &* half < padded { half &*= 2 }
    let second = work + half &* W
    mergeBlocks(work, half)
    mergeBlocks(second, padded &- half)
    let low = rankOfTwo(rank, work, half, second, padded &- half)
    let high = rankOfTwo(n &- 1 &- rank, work, half, second, padded &- half)
    storeKey(work, 0, low)
    storeKey(work, 1, high)
}

/// Two lists of up to sixteen, and a sorted block with room below it.
private let workOfSelection = 16 &+ 16 &+ 16 &+ 16

/// Keeps only the K lowest and the K highest of the rows so far, rank < K ≤ B ≤ n, while blocks of B are sorted.
private func selectedRanks<let B: Int, let K: Int>(
    _ block: InlineArray<B, Key>, _ list: InlineArray<K, Key>,
    _ rows: F32Rows, _ start: Int, _ n: Int, _ rank: Int, _ work: MF32
) {
    let (lows, highs, sorted) = (work, work + 16 &* W, work + 48 &* W)
    sortRows(block, rows, start, sorted)
    for i in 0..<K {
        storeKey(lows, i, loadKey(sorted, K &- 1 &- i))
        storeKey(highs, i, loadKey(sorted, B &- K &+ i))
    }
    // What stands below a last block that is shorter than the lists.
    for i in 1...16 { storeKey(sorted, -i, belowAll()) }
    var first = B
    while first &+ B < n {
        sortRows(block, rows + first, start, sorted)
        mergeLowest(lows, sorted, list)
        mergeHighest(highs, sorted + B &* W, list)
        first &+= B
    }
    // Of the last merge only one vector is wanted.
    let last = n &- first
    if last == B {
        sortRows(block, rows + first, start, sorted)
    } else {
        sortSomeRows(rows + first, start, W, last, sorted)
    }
    var (low, high) = (belowAll(), aboveAll())
    for i in 0..<(rank &+ 1) {
        low = highest(low, lowest(loadKey(lows, K &- 1 &- i), loadKey(sorted, rank &- i)))
        high = lowest(high, highest(loadKey(highs, K &- 1 &- i), loadKey(sorted, last &- 1 &- rank &+ i)))
    }
    storeKey(work, 0, low)
    storeKey(work, 1, high)
}

/// One sorted block of N rows.
@inline(never) private func sortRows<let N: Int>(
    _ zero: InlineArray<N, Key>, _ rows: F32Rows, _ start: Int, _ to: MF32
) {
    var v = InlineArray<N, Key> { i in
        let place = rows[i] + start
        tutti_prefetch(place + prefetchDistance)
        return key(load(place, 0))
    }
    sort(&v)
    for i in 0..<N { storeKey(to, i, v[i]) }
}

/// The same of n ≤ 16 rows, of which perhaps only `count` < W coordinates are there: above the rows stands +∞, up to a
/// whole block.
private func sortSomeRows(_ rows: F32Rows, _ start: Int, _ count: Int, _ n: Int, _ to: MF32) {
    for i in 0..<n { store(to, i &* W, count < W ? loadPart(rows[i] + start, count) : load(rows[i], start)) }
    let size = n <= 4 ? 4 : n <= 8 ? 8 : sortBlock
    for i in n..<size { store(to, i &* W, V(repeating: .infinity)) }
    for i in size..<sortBlock { storeKey(to, i, aboveAll()) }
    switch size {
    case 4: sortColumn(to, InlineArray<4, Key> { _ in Key.zero })
    case 8: sortColumn(to, InlineArray<8, Key> { _ in Key.zero })
    default: sortColumn(to, InlineArray<16, Key> { _ in Key.zero })
    }
}

/// N vectors of floats become sorted keys.
@inline(never) private func sortColumn<let N: Int>(_ p: MF32, _ zero: InlineArray<N, Key>) {
    var v = InlineArray<N, Key> { key(load(p, $0 &* W)) }
    sort(&v)
    for i in 0..<N { storeKey(p, i, v[i]) }
}
