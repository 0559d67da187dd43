import KernelTable

// Sorting without a branch on data: W coordinates are sorted at once, each in its lane. The order of the comparisons
// depends on the number of rows alone, never on W, so every level gives the same bits.

/// Sorts N vectors lane by lane with Batcher's merge exchange (Knuth, TAOCP 3, algorithm 5.2.2M), which works for any N.
/// Unrolled, it is a straight line of minima and maxima in registers; those whose result nobody reads fall away.
@inline(__always) func sort<let N: Int>(_ v: inout InlineArray<N, Key>) {
    var step = 1
    while step &* 2 < N { step &*= 2 }
    let top = step
    while step > 0 {
        var (q, r, distance) = (top, 0, step)
        while true {
            for i in 0..<(N &- distance) where i & step == r { exchange(&v, i, i &+ distance) }
            if q == step { break }
            distance = q &- step
            q /= 2
            r = step
        }
        step /= 2
    }
}

@inline(__always) private func exchange<let N: Int>(_ v: inout InlineArray<N, Key>, _ i: Int, _ j: Int) {
    let (a, b) = (v[i], v[j])
    v[i] = lowest(a, b)
    v[j] = highest(b, a)
}

/// Vectors that are sorted in registers; longer columns are merged from such blocks.
let sortBlock = 16

/// Sorts `count` vectors in memory, where each block of `sortBlock` is sorted already and `count` is a multiple of it:
/// bitonic merges of runs of doubling length (Batcher 1968). Above `count` one imagines +∞, which no exchange moves.
func mergeBlocks(_ p: MF32, _ count: Int) {
    var run = sortBlock
    while run < count {
        var start = 0
        while start &+ run < count {
            let end = least(start &+ 2 &* run, count)
            var half = run / 2
            // The second run read backwards makes the two bitonic: one step separates the low half from the high one.
            let mirror = 2 &* (start &+ run) &- 1
            if half >= sortBlock && end == start &+ 2 &* run {
                // Two steps at a time need half the loads and stores.
                for i in start..<(start &+ half) { exchangeFour(p, i, i &+ half, mirror &- i &- half, mirror &- i) }
                half /= 2
            } else {
                for i in most(start, mirror &+ 1 &- count)..<(start &+ run) { exchange(p, i, mirror &- i) }
            }
            while half >= sortBlock {
                var low = start
                while low &+ half < end {
                    for i in low..<least(low &+ half, count &- half) { exchange(p, i, i &+ half) }
                    low &+= 2 &* half
                }
                half /= 2
            }
            var block = start
            while block < end {
                finishMerge(p + block &* W)
                block &+= sortBlock
            }
            start &+= 2 &* run
        }
        run &*= 2
    }
}

@inline(__always) private func exchange(_ p: MF32, _ i: Int, _ j: Int) {
    let (a, b) = (loadKey(p, i), loadKey(p, j))
    storeKey(p, i, lowest(a, b))
    storeKey(p, j, highest(b, a))
}

/// The first step of a merge, outermost with outermost and innermost with innermost, and the second.
@inline(__always) private func exchangeFour(_ p: MF32, _ i: Int, _ j: Int, _ k: Int, _ l: Int) {
    let (a, b, c, d) = (loadKey(p, i), loadKey(p, j), loadKey(p, k), loadKey(p, l))
    let (a1, d1, b1, c1) = (lowest(a, d), highest(d, a), lowest(b, c), highest(c, b))
    storeKey(p, i, lowest(a1, b1))
    storeKey(p, j, highest(b1, a1))
    storeKey(p, k, lowest(c1, d1))
    storeKey(p, l, highest(d1, c1))
}

/// The last four steps of a bitonic merge, in registers.
@inline(never) private func finishMerge(_ p: MF32) {
    var v = InlineArray<16, Key> { loadKey(p, $0) }
    var half = 8
    while half > 0 {
        for i in 0..<16 where i & half == 0 { exchange(&v, i, i &+ half) }
        half /= 2
    }
    for i in 0..<16 { storeKey(p, i, v[i]) }
}

// MARK: Lists of the lowest and the highest

/// `list`, K vectors from the highest down, becomes the K lowest of itself and of `other`, which is sorted upwards.
@inline(never) func mergeLowest<let K: Int>(_ list: MF32, _ other: MF32, _ zero: InlineArray<K, Key>) {
    // First rising, then falling: bitonic also with −∞ imagined behind it, up to a power of two.
    var v = zero
    for i in 0..<K { v[i] = lowest(loadKey(list, i), loadKey(other, i)) }
    var half = 1
    while half &* 2 < K { half &*= 2 }
    while half > 0 {
        for i in 0..<(K &- half) where i & half == 0 { exchange(&v, i &+ half, i) }
        half /= 2
    }
    for i in 0..<K { storeKey(list, i, v[i]) }
}

/// `list`, K vectors from the lowest up, becomes the K highest of itself and of those before `end`, which are sorted upwards.
@inline(never) func mergeHighest<let K: Int>(_ list: MF32, _ end: MF32, _ zero: InlineArray<K, Key>) {
    // First falling, then rising: bitonic also with +∞ imagined behind it.
    var v = zero
    for i in 0..<K { v[i] = highest(loadKey(list, i), loadKey(end, -1 &- i)) }
    var half = 1
    while half &* 2 < K { half &*= 2 }
    while half > 0 {
        for i in 0..<(K &- half) where i & half == 0 { exchange(&v, i, i &+ half) }
        half /= 2
    }
    for i in 0..<K { storeKey(list, i, v[i]) }
}

/// The vector of rank `rank`, from 0, in the union of the sorted `a` and `b`: the highest of the rank + 1 lowest.
func rankOfTwo(_ rank: Int, _ a: MF32, _ countA: Int, _ b: MF32, _ countB: Int) -> Key {
    var result = belowAll()
    if rank >= countB { result = loadKey(a, rank &- countB) }
    if rank >= countA { result = highest(result, loadKey(b, rank &- countA)) }
    var i = most(0, rank &- countB &+ 1)
    while i < least(rank &+ 1, countA) {
        result = highest(result, lowest(loadKey(a, i), loadKey(b, rank &- i)))
        i &+= 1
    }
    return result
}
