import KernelTable

// Two ranks of a block of many rows, by sorting all of them or by keeping the lowest and the highest.

/// Leaves the vectors of rank `rank` and n − 1 − `rank` of a block in the first two places of `work`.
@inline(__always) func ranks(_ block: F32, _ n: Int, _ rank: Int, _ work: MF32) {
    let blockOf8 = InlineArray<8, Key> { _ in Key.zero }
    let blockOf16 = InlineArray<16, Key> { _ in Key.zero }
    if n <= 2 &* sortBlock { return sortedRanks(block, n, rank, work) }
    switch rank {
    case 0..<2: selectedRanks(blockOf8, InlineArray<2, Key> { _ in Key.zero }, block, n, rank, work)
    case 2..<4: selectedRanks(blockOf8, InlineArray<4, Key> { _ in Key.zero }, block, n, rank, work)
    case 4..<7: selectedRanks(blockOf16, InlineArray<7, Key> { _ in Key.zero }, block, n, rank, work)
    case 7..<11: selectedRanks(blockOf16, InlineArray<11, Key> { _ in Key.zero }, block, n, rank, work)
    case 11..<16: selectedRanks(blockOf16, blockOf16, block, n, rank, work)
    default: sortedRanks(block, n, rank, work)
    }
}

/// The rows in two sorted halves; a rank of their union needs no further merge.
private func sortedRanks(_ block: F32, _ n: Int, _ rank: Int, _ work: MF32) {
    let padded = paddedRows(n)
    var first = 0
    while first &+ sortBlock <= n {
        sortRows(InlineArray<16, Key> { _ in Key.zero }, block + first &* W, work + first &* W)
        first &+= sortBlock
    }
    if first < n { sortSomeRows(block + first &* W, n &- first, work + first &* W) }
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
let workOfSelection = 16 &+ 16 &+ 16 &+ 16

/// Keeps only the K lowest and the K highest of the rows so far, rank < K ≤ B ≤ n, while blocks of B are sorted.
private func selectedRanks<let B: Int, let K: Int>(
    _ size: InlineArray<B, Key>, _ list: InlineArray<K, Key>, _ block: F32, _ n: Int, _ rank: Int, _ work: MF32
) {
    let (lows, highs, sorted) = (work, work + 16 &* W, work + 48 &* W)
    sortRows(size, block, sorted)
    for i in 0..<K {
        storeKey(lows, i, loadKey(sorted, K &- 1 &- i))
        storeKey(highs, i, loadKey(sorted, B &- K &+ i))
    }
    // What stands below a last block that is shorter than the lists.
    for i in 1...16 { storeKey(sorted, -i, belowAll()) }
    var first = B
    while first &+ B < n {
        sortRows(size, block + first &* W, sorted)
        mergeLowest(lows, sorted, list)
        mergeHighest(highs, sorted + B &* W, list)
        first &+= B
    }
    // Of the last merge only one vector is wanted.
    let last = n &- first
    if last == B {
        sortRows(size, block + first &* W, sorted)
    } else {
        sortSomeRows(block + first &* W, last, sorted)
    }
    var (low, high) = (belowAll(), aboveAll())
    for i in 0..<(rank &+ 1) {
        low = highest(low, lowest(loadKey(lows, K &- 1 &- i), loadKey(sorted, rank &- i)))
        high = lowest(high, highest(loadKey(highs, K &- 1 &- i), loadKey(sorted, last &- 1 &- rank &+ i)))
    }
    storeKey(work, 0, low)
    storeKey(work, 1, high)
}

/// N sorted vectors of floats, as keys.
@inline(never) private func sortRows<let N: Int>(_ zero: InlineArray<N, Key>, _ rows: F32, _ to: MF32) {
    var v = InlineArray<N, Key> { key(load(rows, $0 &* W)) }
    sort(&v)
    for i in 0..<N { storeKey(to, i, v[i]) }
}

/// The same of n ≤ 16: above them stands +∞, up to a whole block.
func sortSomeRows(_ rows: F32, _ n: Int, _ to: MF32) {
    for i in 0..<n { store(to, i &* W, load(rows, i &* W)) }
    let size = n <= 4 ? 4 : n <= 8 ? 8 : sortBlock
    for i in n..<size { store(to, i &* W, V(repeating: .infinity)) }
    for i in size..<sortBlock { storeKey(to, i, aboveAll()) }
    switch size {
    case 4: sortRows(InlineArray<4, Key> { _ in Key.zero }, to, to)
    case 8: sortRows(InlineArray<8, Key> { _ in Key.zero }, to, to)
    default: sortRows(InlineArray<16, Key> { _ in Key.zero }, to, to)
    }
}
