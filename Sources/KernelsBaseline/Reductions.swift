import KernelTable

// Float reductions do not vectorise by themselves: the accumulators are written out.

func columnSums(_ x: F32, _ rows: Int, _ columns: Int, _ out: MF32) {
    var j = 0
    while j &+ W <= columns {
        var sum = V.zero
        for r in 0..<rows { sum += load(x, r &* columns &+ j) }
        store(out, j, sum)
        j &+= W
    }
    while j < columns {
        var sum: Float = 0
        for r in 0..<rows { sum += x[r &* columns &+ j] }
        out[j] = sum
        j &+= 1
    }
}

func sumOfSquares(_ x: F32, _ count: Int) -> Double {
    // Blocks short enough for Float, added up in Double.
    let block = 4096
    var total = 0.0
    var start = 0
    while start < count {
        let end = least(count, start &+ block)
        var (a, b, c, d) = (V.zero, V.zero, V.zero, V.zero)
        var j = start
        while j &+ 4 &* W <= end {
            let (x0, x1, x2, x3) = (load(x, j), load(x, j &+ W), load(x, j &+ 2 &* W), load(x, j &+ 3 &* W))
            a = multiplyAdd(a, x0, x0)
            b = multiplyAdd(b, x1, x1)
            c = multiplyAdd(c, x2, x2)
            d = multiplyAdd(d, x3, x3)
            j &+= 4 &* W
        }
        var tail = 0.0
        while j < end {
            tail += Double(x[j]) * Double(x[j])
            j &+= 1
        }
        total += Double(((a + b) + (c + d)).sum()) + tail
        start = end
    }
    return total
}

func maxAbs(_ x: F32, _ count: Int) -> Float {
    var high = V.zero
    var low = V.zero
    var j = 0
    while j &+ W <= count {
        let v = load(x, j)
        high = upper(high, v)
        low = lower(low, v)
        j &+= W
    }
    var result: Float = 0
    for lane in 0..<W {
        if high[lane] > result { result = high[lane] }
        if -low[lane] > result { result = -low[lane] }
    }
    while j < count {
        if x[j] > result { result = x[j] }
        if -x[j] > result { result = -x[j] }
        j &+= 1
    }
    return result
}

func allFinite(_ x: F32, _ count: Int) -> Bool {
    // x − x is 0 for every finite x, and NaN for NaN and infinity.
    var sum = V.zero
    var j = 0
    while j &+ W <= count {
        let v = load(x, j)
        sum += v - v
        j &+= W
    }
    var tail = sum.sum()
    while j < count {
        tail += x[j] - x[j]
        j &+= 1
    }
    return tail == 0
}

func readSum(_ x: F32, _ count: Int) -> Float {
    var (a, b, c, d) = (V.zero, V.zero, V.zero, V.zero)
    var j = 0
    while j &+ 4 &* W <= count {
        a += load(x, j)
        b += load(x, j &+ W)
        c += load(x, j &+ 2 &* W)
        d += load(x, j &+ 3 &* W)
        j &+= 4 &* W
    }
    var tail = ((a + b) + (c + d)).sum()
    while j < count {
        tail += x[j]
        j &+= 1
    }
    return tail
}

/// Twelve independent chains hide the latency of four or five cycles on two units.
func peakMultiplyAdd(_ iterations: Int, _ sink: MF32) -> Int {
    var acc = InlineArray<12, V>(repeating: V(repeating: 1))
    let (x, y) = (V(repeating: sink[0] * 0 + 0.999999), V(repeating: 1e-7))
    var i = 0
    while i < iterations {
        for c in 0..<12 { acc[c] = multiplyAdd(y, acc[c], x) }
        i &+= 1
    }
    var sum = V.zero
    for c in 0..<12 { sum += acc[c] }
    sink[0] = sum.sum()
    return iterations &* 12 &* W &* 2
}
