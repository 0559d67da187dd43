import KernelTable

// Everything here gives the same bits at every level: one operation order a coordinate, no fused multiply-add.

/// Adding 1.5·2^52 rounds a Double of magnitude below 2^51 to the nearest integer (ties to even) and leaves that
/// integer in the low bits.
private let roundingMagic = 6_755_399_441_055_744.0

func accumulateFixedPoint(_ acc: UnsafeMutablePointer<Int64>, _ x: F32, _ count: Int, _ factor: Double) {
    let magic = roundingMagic
    let magicBits = Int64(bitPattern: magic.bitPattern)
    for j in 0..<count {
        let shifted = Double(x[j]) * factor + magic
        acc[j] = acc[j] &+ (Int64(bitPattern: shifted.bitPattern) &- magicBits)
    }
}

func finishFixedPoint(_ out: MF32, _ acc: UnsafePointer<Int64>, _ count: Int, _ divisor: Double) {
    for j in 0..<count { out[j] = Float(Double(acc[j]) / divisor) }
}

func sortScratchCount(_ n: Int) -> Int { n &* W }

/// Batcher's merge exchange (Knuth, TAOCP 3, algorithm 5.2.2M) sorts any n; here each of the n keys is a vector of W
/// coordinates, so W coordinates are sorted at once without a branch on data.
@inline(__always) private func sortColumns(_ p: MF32, _ n: Int) {
    guard n > 1 else { return }
    var top = 1
    while top &* 2 < n { top &*= 2 }
    var step = top
    while step > 0 {
        var q = top
        var r = 0
        var distance = step
        while true {
            var i = 0
            while i < n &- distance {
                if i & step == r {
                    let low = p + i &* W
                    let high = p + (i &+ distance) &* W
                    let (a, b) = (load(low, 0), load(high, 0))
                    store(low, 0, lower(a, b))
                    store(high, 0, upper(b, a))
                }
                i &+= 1
            }
            if q == step { break }
            distance = q &- step
            q >>= 1
            r = step
        }
        step >>= 1
    }
}

/// Brings coordinates [start, start + width) of all rows into `scratch`, one vector a row, sorted.
@inline(__always) private func sortedBlock(
    _ rows: KernelTable.Rows, _ n: Int, _ start: Int, _ width: Int, _ scratch: MF32
) {
    if width == W {
        for i in 0..<n { store(scratch, i &* W, load(rows[i], start)) }
    } else {
        for i in 0..<n {
            store(scratch, i &* W, V.zero)
            for lane in 0..<width { scratch[i &* W &+ lane] = rows[i][start &+ lane] }
        }
    }
    sortColumns(scratch, n)
}

@inline(__always) private func write(_ v: V, _ out: MF32, _ start: Int, _ width: Int) {
    if width == W { store(out, start, v) } else { for lane in 0..<width { out[start &+ lane] = v[lane] } }
}

func trimmedMean(_ rows: KernelTable.Rows, _ n: Int, _ trim: Int, _ out: MF32, _ count: Int, _ scratch: MF32) {
    let survivors = V(repeating: Float(n &- 2 &* trim))
    var start = 0
    while start < count {
        let width = least(W, count &- start)
        sortedBlock(rows, n, start, width, scratch)
        // Only the survivors are summed: a sum minus the extremes would be destroyed by a single 1e30.
        var sum = V.zero
        for i in trim..<(n &- trim) { sum += load(scratch, i &* W) }
        write(sum / survivors, out, start, width)
        start &+= W
    }
}

func median(_ rows: KernelTable.Rows, _ n: Int, _ out: MF32, _ count: Int, _ scratch: MF32) {
    var start = 0
    while start < count {
        let width = least(W, count &- start)
        sortedBlock(rows, n, start, width, scratch)
        let (low, high) = (load(scratch, ((n &- 1) / 2) &* W), load(scratch, (n / 2) &* W))
        // Halves first: the sum of two large values must not overflow.
        let half = V(repeating: 0.5)
        write(n & 1 == 1 ? low : low * half + high * half, out, start, width)
        start &+= W
    }
}
