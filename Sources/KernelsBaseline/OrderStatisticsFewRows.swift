import KernelTable

// Up to sixteen rows: all of a block are sorted in registers.

enum Statistic {
    case trimmedMean(Int), median
}

func fewRows(
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
