import KernelTable

// Sums of floats do not vectorise by themselves, because their order would change: the accumulators are written out.

extension Level {
    func columnSums(_ x: F32, _ rows: Int, _ columns: Int, _ out: MF32) {
        var j = 0
        while j &+ 4 &* W <= columns {
            var (a, b, c, d) = (V.zero, V.zero, V.zero, V.zero)
            var p = x + j
            for _ in 0..<rows {
                a += load(p, 0)
                b += load(p, W)
                c += load(p, 2 &* W)
                d += load(p, 3 &* W)
                p += columns
            }
            store(out, j, a)
            store(out, j &+ W, b)
            store(out, j &+ 2 &* W, c)
            store(out, j &+ 3 &* W, d)
            j &+= 4 &* W
        }
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
}

// The others go through the four quarters of the buffer side by side: from memory, a single stream does not keep
// enough cache lines on their way.

extension Level {
    /// Sixteen sums at every level, whatever the width of its vectors, so that every level gives the same bits. A square of
    /// a Float is exact in a Double, and cannot overflow it.
    func sumOfSquares(_ x: F32, _ count: Int) -> Double {
        var sums = InlineArray<16, Double> { _ in 0 }
        let quarter = count / 16 &* 4
        var j = 0
        while j < quarter {
            for lane in 0..<16 {
                let v = Double(x[lane / 4 &* quarter &+ j &+ lane % 4])
                sums[lane] += v * v
            }
            j &+= 4
        }
        var rest = 4 &* quarter
        while rest < count {
            let v = Double(x[rest])
            sums[rest & 15] += v * v
            rest &+= 1
        }
        var half = 8
        while half > 0 {
            for lane in 0..<half { sums[lane] += sums[lane &+ half] }
            half /= 2
        }
        return sums[0]
    }

    func maxAbs(_ x: F32, _ count: Int) -> Float {
        let magnitude = Bits(repeating: 0x7FFF_FFFF)
        @inline(__always) func absolute(_ offset: Int) -> V {
            unsafeBitCast(unsafeBitCast(load(x, offset), to: Bits.self) & magnitude, to: V.self)
        }
        let quarter = count / (4 &* W) &* W
        var (a, b, c, d) = (V.zero, V.zero, V.zero, V.zero)
        var j = 0
        while j < quarter {
            a = upper(a, absolute(j))
            b = upper(b, absolute(quarter &+ j))
            c = upper(c, absolute(2 &* quarter &+ j))
            d = upper(d, absolute(3 &* quarter &+ j))
            j &+= W
        }
        var result = largest(upper(upper(a, b), upper(c, d)))
        var rest = 4 &* quarter
        while rest < count {
            let v = Float(bitPattern: x[rest].bitPattern & 0x7FFF_FFFF)
            if v > result { result = v }
            rest &+= 1
        }
        return result
    }

    /// x − x is 0 for every finite x, and NaN for NaN and infinity; a sum with a NaN in it is NaN.
    func allFinite(_ x: F32, _ count: Int) -> Bool {
        @inline(__always) func check(_ offset: Int) -> V {
            let v = load(x, offset)
            return v - v
        }
        let quarter = count / (4 &* W) &* W
        var (a, b, c, d) = (V.zero, V.zero, V.zero, V.zero)
        var j = 0
        while j < quarter {
            a += check(j)
            b += check(quarter &+ j)
            c += check(2 &* quarter &+ j)
            d += check(3 &* quarter &+ j)
            j &+= W
        }
        var result = total((a + b) + (c + d))
        var rest = 4 &* quarter
        while rest < count {
            result += x[rest] - x[rest]
            rest &+= 1
        }
        return result == 0
    }
}
