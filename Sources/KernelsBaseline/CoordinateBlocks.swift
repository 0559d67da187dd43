import KernelTable

// What the statistics of all rows, coordinate by coordinate, have in common.

/// Calls `body` with the start of each block of W of at least W coordinates. The first block begins at 0 and the last one ends
/// at `count`; both may overlap their neighbour, which computes the same values twice. Between them blocks begin where the
/// first row is aligned, as the others often are too: then no vector lies across two lines of the cache.
@inline(__always) func forEachBlock(_ rows: F32Rows, _ count: Int, _ body: (_ start: Int) -> Void) {
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
@inline(__always) func unsigned(_ v: V) -> V { v + V.zero }

/// Halves first: the sum of two large values must not overflow.
@inline(__always) func middle(_ low: V, _ high: V) -> V {
    low * V(repeating: 0.5) + high * V(repeating: 0.5)
}

/// `peak` raised to the bits of |x|: whoever reads a value anyway finds out on the way whether it is finite.
@inline(__always) func raise(_ peak: inout Bits, _ x: V) {
    let bits = unsafeBitCast(x, to: Bits.self) & Bits(repeating: 0x7FFF_FFFF)
    peak = peak.replacing(with: bits, where: bits .> peak)
}

@inline(never) func largestLane(_ peak: Bits) -> UInt32 {
    var largest: Int32 = 0
    for lane in 0..<W where peak[lane] > largest { largest = peak[lane] }
    return UInt32(bitPattern: largest)
}
