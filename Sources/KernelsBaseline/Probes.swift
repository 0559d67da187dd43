import KernelTable

// What the benchmarks measure the other kernels against.

extension Level {
    /// Twelve independent chains hide the latency of four or five cycles on two units.
    func peakMultiplyAdd(_ iterations: Int, _ sink: MF32) -> Int {
        var acc = InlineArray<12, V> { _ in V(repeating: 1) }
        let (x, y) = (V(repeating: sink[0] * 0 + 0.999999), V(repeating: 1e-7))
        for _ in 0..<iterations {
            for chain in 0..<12 { acc[chain] = multiplyAdd(y, acc[chain], x) }
        }
        var sum = V.zero
        for chain in 0..<12 { sum += acc[chain] }
        sink[0] = total(sum)
        return iterations &* 12 &* W &* 2
    }

    /// Eight streams side by side: one alone does not keep enough cache lines on their way.
    func readSum(_ x: F32, _ count: Int) -> Float {
        let streams = 8
        let length = count / (streams &* W) &* W
        var acc = InlineArray<8, V> { _ in V.zero }
        var j = 0
        while j < length {
            for s in 0..<streams { acc[s] += load(x, s &* length &+ j) }
            j &+= W
        }
        var sum = V.zero
        for s in 0..<streams { sum += acc[s] }
        var result = total(sum)
        for i in (streams &* length)..<most(count, streams &* length) { result += x[i] }
        return result
    }
}
