internal import KernelTable

// GELU in its tanh form (Hendrycks and Gimpel 2016, arXiv 1606.08415): x·(1 + tanh(√(2/π)·(x + 0.044715·x³)))/2, which is x·σ(2u).
// Plain arithmetic in a fixed order: the same bits whatever the processor.

private typealias Lanes = SIMD8<Float>

/// eˣ for x from −87 to 87, beyond which it is that of the bound; relative error below 2e-7. By 2ⁿ·e^r with |r| ≤ ln 2 / 2 (Cephes, `expf`).
@inline(__always) private func exponential(_ x: Lanes) -> Lanes {
    let x = pointwiseMin(pointwiseMax(x, Lanes(repeating: -87)), Lanes(repeating: 87))
    var n = (x * 1.442_695_04).rounded(.toNearestOrEven)
    // What is no number becomes no whole number; it stays what it is by way of r.
    n.replace(with: 0, where: n .!= n)
    let r = x - n * 0.693_359_375 + n * 2.121_944_4e-4
    var p = Lanes(repeating: 1.987_569_15e-4)
    p = p * r + 1.398_199_95e-3
    p = p * r + 8.333_451_9e-3
    p = p * r + 4.166_579_6e-2
    p = p * r + 1.666_666_55e-1
    p = p * r + 5.000_000_1e-1
    let e = p * r * r + r + 1
    let bits = SIMD8<Int32>(n) &+ 127
    return e * unsafeBitCast(bits &<< 23, to: Lanes.self)
}

/// σ(2u)
@inline(__always) private func gate(_ x: Lanes) -> Lanes {
    let u = (x + x * x * x * 0.044_715) * 0.797_884_56
    return 1 / (1 + exponential(u * -2))
}

@inline(__always) private func slope(_ x: Lanes) -> Lanes {
    let g = gate(x)
    let inner = (1 + x * x * (3 * 0.044_715)) * 0.797_884_56
    return g + x * g * (1 - g) * 2 * inner
}

@inline(__always) private func eachLanes(_ count: Int, _ from: F32, _ body: (Int, Int, Lanes) -> Void) {
    var i = 0
    while i + 8 <= count {
        body(i, 8, UnsafeRawPointer(from + i).loadUnaligned(as: Lanes.self))
        i += 8
    }
    guard i < count else { return }
    var rest = Lanes.zero
    for j in 0..<(count - i) { rest[j] = from[i + j] }
    body(i, count - i, rest)
}

@inline(__always) private func put(_ value: Lanes, _ to: MF32, _ i: Int, _ count: Int) {
    if count == 8 { return UnsafeMutableRawPointer(to + i).storeBytes(of: value, as: Lanes.self) }
    for j in 0..<count { to[i + j] = value[j] }
}

/// out = GELU(x)
func gelu(_ out: MF32, _ x: F32, _ count: Int) {
    eachLanes(count, x) { i, lanes, value in put(value * gate(value), out, i, lanes) }
}

/// dy *= GELU′(x)
func geluBackward(_ dy: MF32, _ x: F32, _ count: Int) {
    eachLanes(count, x) { i, lanes, value in
        var d = Lanes.zero
        if lanes == 8 { d = UnsafeRawPointer(dy + i).loadUnaligned(as: Lanes.self) } else { for j in 0..<lanes { d[j] = dy[i + j] } }
        put(d * slope(value), dy, i, lanes)
    }
}
