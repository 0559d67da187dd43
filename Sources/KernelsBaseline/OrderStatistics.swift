internal import CKernelIntrinsics
import KernelTable

// Trimmed mean and median, coordinate by coordinate. Two ranks of the rows' values decide both: the lowest and the
// highest value that survives. The result does not depend on the order of the rows, and only what survives is summed: a
// sum minus the extremes would be destroyed by a single 1e30.

extension Level {
    /// Room for a strip of all rows, for what is sorted of one block, and to begin at a line of the cache.
    func sortScratchCount(_ n: Int) -> Int {
        (n &* blocksOfStrip(n) &+ most(workOfSelection, paddedRows(n))) &* W &+ 16
    }
}

private let rowsInRegisters = 16

private func paddedRows(_ n: Int) -> Int { (n &+ sortBlock &- 1) / sortBlock &* sortBlock }

extension Level {
    func trimmedMean(_ rows: F32Rows, _ n: Int, _ trim: Int, _ out: MF32, _ count: Int, _ scratch: MF32) -> UInt32 {
        if n <= rowsInRegisters { return fewRows(rows, n, out, count, scratch, .trimmedMean(trim)) }
        return overRanks(rows, n, trim, out, count, scratch) { block, low, high in
            clampedMean(block, n, trim, value(low), value(high))
        }
    }
}

extension Level {
    func median(_ rows: F32Rows, _ n: Int, _ out: MF32, _ count: Int, _ scratch: MF32) -> UInt32 {
        if n <= rowsInRegisters { return fewRows(rows, n, out, count, scratch, .median) }
        return overRanks(rows, n, (n &- 1) / 2, out, count, scratch) { _, low, high in
            n & 1 == 1 ? value(low) : middle(value(low), value(high))
        }
    }
}

// MARK: Blocks of coordinates

/// Calls `body` with the start of each block of W of at least W coordinates. The first block begins at 0 and the last one ends
/// at `count`; both may overlap their neighbour, which computes the same values twice. Between them blocks begin where the
/// first row is aligned, as the others often are too: then no vector lies across two lines of the cache.
@inline(__always) private func forEachBlock(_ rows: F32Rows, _ count: Int, _ body: (_ start: Int) -> Void) {
    let lead = (0 &- Int(bitPattern: rows[0]) / 4) & (W &- 1)
    body(0)
    var start = lead == 0 ? W : lead
    while start &+ W <= count {
        body(start)
        start &+= W
    }
    if start < count { body(count &- W) }
}

/// Adding 0 turns −0 into 0: which of the two zeros comes first in a sort depends on the order of the rows.
@inline(__always) private func unsigned(_ v: V) -> V { v + V.zero }

/// Halves first: the sum of two large values must not overflow.
@inline(__always) private func middle(_ low: V, _ high: V) -> V {
    low * V(repeating: 0.5) + high * V(repeating: 0.5)
}

/// `peak` raised to the bits of |x|: whoever reads a value anyway finds out on the way whether it is finite.
@inline(__always) private func raise(_ peak: inout Bits, _ x: V) {
    let bits = unsafeBitCast(x, to: Bits.self) & Bits(repeating: 0x7FFF_FFFF)
    peak = peak.replacing(with: bits, where: bits .> peak)
}

@inline(never) private func largestLane(_ peak: Bits) -> UInt32 {
    var largest: Int32 = 0
    for lane in 0..<W where peak[lane] > largest { largest = peak[lane] }
    return UInt32(bitPattern: largest)
}

// MARK: Up to sixteen rows

private enum Statistic {
    case trimmedMean(Int), median
}

private func fewRows(
    _ rows: F32Rows, _ n: Int, _ out: MF32, _ count: Int, _ scratch: MF32, _ statistic: Statistic
) -> UInt32 {
    guard count >= W else { return partOfBlock(rows, n, out, count, scratch, statistic) }
    switch n {
    case 1: return inRegisters(rows, InlineArray<1, V> { _ in V.zero }, out, count, statistic)
    case 2: return inRegisters(rows, InlineArray<2, V> { _ in V.zero }, out, count, statistic)
    case 3: return inRegisters(rows, InlineArray<3, V> { _ in V.zero }, out, count, statistic)
    case 4: return inRegisters(rows, InlineArray<4, V> { _ in V.zero }, out, count, statistic)
    case 5: return inRegisters(rows, InlineArray<5, V> { _ in V.zero }, out, count, statistic)
    case 6: return inRegisters(rows, InlineArray<6, V> { _ in V.zero }, out, count, statistic)
    case 7: return inRegisters(rows, InlineArray<7, V> { _ in V.zero }, out, count, statistic)
    case 8: return inRegisters(rows, InlineArray<8, V> { _ in V.zero }, out, count, statistic)
    case 9: return inRegisters(rows, InlineArray<9, V> { _ in V.zero }, out, count, statistic)
    case 10: return inRegisters(rows, InlineArray<10, V> { _ in V.zero }, out, count, statistic)
    case 11: return inRegisters(rows, InlineArray<11, V> { _ in V.zero }, out, count, statistic)
    case 12: return inRegisters(rows, InlineArray<12, V> { _ in V.zero }, out, count, statistic)
    case 13: return inRegisters(rows, InlineArray<13, V> { _ in V.zero }, out, count, statistic)
    case 14: return inRegisters(rows, InlineArray<14, V> { _ in V.zero }, out, count, statistic)
    case 15: return inRegisters(rows, InlineArray<15, V> { _ in V.zero }, out, count, statistic)
    default: return inRegisters(rows, InlineArray<16, V> { _ in V.zero }, out, count, statistic)
    }
}

private func inRegisters<let N: Int>(
    _ rows: F32Rows, _ zero: InlineArray<N, V>, _ out: MF32, _ count: Int, _ statistic: Statistic
) -> UInt32 {
    var peak = Bits.zero
    switch statistic {
    case .trimmedMean(let trim):
        let survivors = V(repeating: Float(N &- 2 &* trim))
        // All bits of a survivor stay, none of the others: no branch, and an infinity that was cut off leaves no trace.
        var keep = zero
        for i in 0..<N { keep[i] = laneMask(i >= trim && i < N &- trim ? 0 : W) }
        forEachBlock(rows, count) { start in
            var v = loadKeys(rows, zero, start, &peak)
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
        forEachBlock(rows, count) { start in
            var v = loadKeys(rows, zero, start, &peak)
            sort(&v)
            store(out, start, unsigned(N & 1 == 1 ? value(v[N / 2]) : middle(value(v[N / 2 &- 1]), value(v[N / 2]))))
        }
    }
    return largestLane(peak)
}

@inline(__always) private func loadKeys<let N: Int>(
    _ rows: F32Rows, _ zero: InlineArray<N, V>, _ start: Int, _ peak: inout Bits
) -> InlineArray<N, Key> {
    var highest = peak
    let keys = InlineArray<N, Key> { i in
        let x = load(rows[i], start)
        raise(&highest, x)
        return key(x)
    }
    peak = highest
    return keys
}

/// The same for fewer than W coordinates, in memory. The survivors are added up in the same order.
private func partOfBlock(
    _ rows: F32Rows, _ n: Int, _ out: MF32, _ count: Int, _ scratch: MF32, _ statistic: Statistic
) -> UInt32 {
    guard count > 0 else { return 0 }
    let (values, sorted) = (scratch, scratch + n &* W)
    var peak = Bits.zero
    for i in 0..<n {
        let x = loadPart(rows[i], count)
        raise(&peak, x)
        store(values, i &* W, x)
    }
    sortSomeRows(values, n, sorted)
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
    return largestLane(peak)
}

// MARK: More rows

/// Coordinates of all rows that are brought into the first cache at a time, so that each row is read in whole lines, and
/// rows that lie a power of two apart do not drive each other out.
private func blocksOfStrip(_ n: Int) -> Int { (n <= 96 ? 64 : n <= 192 ? 32 : 16) / W }

/// Stores what `result` makes of every block of all rows, one vector after the other, and its vectors of rank `rank` and
/// n − 1 − `rank`.
@inline(__always) private func overRanks(
    _ rows: F32Rows, _ n: Int, _ rank: Int, _ out: MF32, _ count: Int, _ scratch: MF32,
    _ result: (_ block: F32, _ low: Key, _ high: Key) -> V
) -> UInt32 {
    guard count > 0 else { return 0 }
    // A vector that lies across two lines of the cache takes twice as long to store.
    let work = scratch + (64 &- Int(bitPattern: scratch) & 63) / 4
    let strip = work + most(workOfSelection, paddedRows(n)) &* W
    var peak = Bits.zero
    if count < W {
        for i in 0..<n {
            let x = loadPart(rows[i], count)
            raise(&peak, x)
            store(strip, i &* W, x)
        }
        ranks(strip, n, rank, work)
        storePart(out, count, unsigned(result(strip, loadKey(work, 0), loadKey(work, 1))))
        return largestLane(peak)
    }
    let width = blocksOfStrip(n) &* W
    // A window of all rows fills a part of the second cache.
    let window = most(1, least(1024, 40_960 / n) / width) &* width
    var (start, row, column) = (0, 0, 0)
    while start < count {
        if start % window == 0 { (row, column) = (0, 0) }
        let ahead = (start / window &+ 1) &* window
        gather(rows, n, start, count, strip, &peak)
        var block = 0
        while block &* W < least(width, count &- start) {
            // The next window is asked for while this one is sorted, a long part of one row after the other: the processor
            // cannot follow so many streams by itself, and memory must not stand still.
            var lines = (n &* W &+ 15) / 16
            while lines > 0 && row < n {
                let place = rows[row] + (ahead &+ column)
                let run = least(lines, (window &- column) / 16)
                for line in 0..<run { tutti_prefetch(place + line &* 16) }
                lines &-= run
                column &+= run &* 16
                if column == window { (row, column) = (row &+ 1, 0) }
            }
            let values = strip + block &* n &* W
            ranks(values, n, rank, work)
            store(out, least(start &+ block &* W, count &- W), unsigned(result(values, loadKey(work, 0), loadKey(work, 1))))
            block &+= 1
        }
        start &+= width
    }
    return largestLane(peak)
}

/// The blocks of the strip from `start`, one after the other, each with its vectors of all rows. The last block ends at
/// `count` and may overlap the one before, which is computed twice.
@inline(never) private func gather(
    _ rows: F32Rows, _ n: Int, _ start: Int, _ count: Int, _ strip: MF32, _ peak: inout Bits
) {
    let blocks = (least(blocksOfStrip(n) &* W, count &- start) &+ W &- 1) / W
    let last = least(start &+ (blocks &- 1) &* W, count &- W)
    var highest = peak
    for i in 0..<n {
        let row = rows[i]
        var (at, to) = (start, strip + i &* W)
        for _ in 1..<blocks {
            let x = load(row, at)
            raise(&highest, x)
            store(to, 0, x)
            at &+= W
            to += n &* W
        }
        let x = load(row, last)
        raise(&highest, x)
        store(to, 0, x)
    }
    peak = highest
}

/// Leaves the vectors of rank `rank` and n − 1 − `rank` of a block in the first two places of `work`.
@inline(__always) private func ranks(_ block: F32, _ n: Int, _ rank: Int, _ work: MF32) {
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
private let workOfSelection = 16 &+ 16 &+ 16 &+ 16

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
private func sortSomeRows(_ rows: F32, _ n: Int, _ to: MF32) {
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
