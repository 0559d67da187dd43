import KernelTable

// Squared distances between rows, summed in Double. Eight lanes at every level, whatever the width of its vectors, so that
// every level gives the same bits; for the same reason no multiplication is fused with its addition.

private typealias Lanes = SIMD8<Double>

/// Coordinates that are taken at a time: so many of each row, as Doubles, lie in the first cache while they are compared.
private let distanceTile = 256

extension Level {
    func distanceScratchCount(_ n: Int) -> Int { n &* distanceTile &* 2 }

    func addSquaredDistances(_ distances: UnsafeMutablePointer<Double>, _ rows: F32Rows, _ n: Int, _ count: Int, _ scratch: MF32) {
        var start = 0
        while start < count {
            let width = least(distanceTile, count &- start)
            let groups = (width &+ 7) / 8
            let wide = UnsafeMutableRawPointer(scratch)
            for i in 0..<n { widen(rows[i] + start, width, wide + i &* groups &* 64) }
            var i = 0
            while i < n {
                // Two rows with two: each value that is loaded serves twice.
                var j = i
                while j < n {
                    if i &+ 1 < n && j &+ 1 < n {
                        fourPairs(distances, n, i, j, wide, groups)
                    } else {
                        for a in i..<least(i &+ 2, n) { for b in j..<least(j &+ 2, n) { onePair(distances, n, a, b, wide, groups) } }
                    }
                    j &+= 2
                }
                i &+= 2
            }
            start &+= width
        }
    }
}

/// `count` floats as Doubles, filled up to a multiple of eight with zeros, which add nothing.
private func widen(_ x: F32, _ count: Int, _ to: UnsafeMutableRawPointer) {
    for group in 0..<((count &+ 7) / 8) {
        let at = group &* 8
        var v = Lanes.zero
        if at &+ 8 <= count {
            for lane in 0..<8 { v[lane] = Double(x[at &+ lane]) }
        } else {
            for lane in 0..<(count &- at) { v[lane] = Double(x[at &+ lane]) }
        }
        to.storeBytes(of: v, toByteOffset: group &* 64, as: Lanes.self)
    }
}

@inline(__always) private func loadLanes(_ wide: UnsafeMutableRawPointer, _ row: Int, _ groups: Int, _ group: Int) -> Lanes {
    wide.loadUnaligned(fromByteOffset: (row &* groups &+ group) &* 64, as: Lanes.self)
}

@inline(never) private func fourPairs(
    _ distances: UnsafeMutablePointer<Double>, _ n: Int, _ i: Int, _ j: Int, _ wide: UnsafeMutableRawPointer, _ groups: Int
) {
    var (a, b, c, d) = (Lanes.zero, Lanes.zero, Lanes.zero, Lanes.zero)
    for group in 0..<groups {
        let (x, y) = (loadLanes(wide, i, groups, group), loadLanes(wide, i &+ 1, groups, group))
        let (u, v) = (loadLanes(wide, j, groups, group), loadLanes(wide, j &+ 1, groups, group))
        a += (x - u) * (x - u)
        b += (x - v) * (x - v)
        c += (y - u) * (y - u)
        d += (y - v) * (y - v)
    }
    distances[i &* n &+ j] += folded(a)
    distances[i &* n &+ j &+ 1] += folded(b)
    // On the diagonal this pair is the one above, the other way round.
    if j > i { distances[(i &+ 1) &* n &+ j] += folded(c) }
    distances[(i &+ 1) &* n &+ j &+ 1] += folded(d)
}

private func onePair(
    _ distances: UnsafeMutablePointer<Double>, _ n: Int, _ i: Int, _ j: Int, _ wide: UnsafeMutableRawPointer, _ groups: Int
) {
    guard i < j else { return }
    var sum = Lanes.zero
    for group in 0..<groups {
        let difference = loadLanes(wide, i, groups, group) - loadLanes(wide, j, groups, group)
        sum += difference * difference
    }
    distances[i &* n &+ j] += folded(sum)
}

@inline(__always) private func folded(_ v: Lanes) -> Double {
    let four = v.lowHalf + v.highHalf
    let two = four.lowHalf + four.highHalf
    return two[0] + two[1]
}
