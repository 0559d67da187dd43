import KernelTable

// Sorting without a branch on data: W coordinates are sorted at once, each in its lane. The order of the comparisons
// depends on the number of rows alone, never on W, so every level gives the same bits.

/// Sorts N vectors lane by lane with Batcher's merge exchange (Knuth, TAOCP 3, algorithm 5.2.2M), which works for any N.
/// Unrolled, it is a straight line of minima and maxima in registers; those whose result nobody reads fall away.
@inline(__always) func sort<let N: Int>(_ v: inout InlineArray<N, V>) {
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

@inline(__always) private func exchange<let N: Int>(_ v: inout InlineArray<N, V>, _ i: Int, _ j: Int) {
    let (a, b) = (v[i], v[j])
    v[i] = lower(a, b)
    v[j] = upper(b, a)
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
            // The second run read backwards makes the two bitonic: one step separates the low half from the high one.
            let mirror = 2 &* (start &+ run) &- 1
            for i in most(start, mirror &+ 1 &- count)..<(start &+ run) { exchange(p, i, mirror &- i) }
            var half = run / 2
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
    let (a, b) = (load(p, i &* W), load(p, j &* W))
    store(p, i &* W, lower(a, b))
    store(p, j &* W, upper(b, a))
}

/// The last four steps of a bitonic merge, in registers.
@inline(never) private func finishMerge(_ p: MF32) {
    var v = InlineArray<16, V> { load(p, $0 &* W) }
    var half = 8
    while half > 0 {
        for i in 0..<16 where i & half == 0 { exchange(&v, i, i &+ half) }
        half /= 2
    }
    for i in 0..<16 { store(p, i &* W, v[i]) }
}
