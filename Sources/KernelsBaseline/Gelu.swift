import KernelTable

extension Level {
    func gelu(_ out: MF32, _ x: F32, _ count: Int) {
        var j = 0
        while j &+ W <= count {
            let value = load(x, j)
            store(out, j, value * gate(value))
            j &+= W
        }
        if j < count {
            let value = loadPart(x + j, count &- j)
            storePart(out + j, count &- j, value * gate(value))
        }
    }

    func geluBackward(_ dy: MF32, _ x: F32, _ count: Int) {
        var j = 0
        while j &+ W <= count {
            store(dy, j, load(dy, j) * slope(load(x, j)))
            j &+= W
        }
        if j < count { storePart(dy + j, count &- j, loadPart(dy + j, count &- j) * slope(loadPart(x + j, count &- j))) }
    }
}

/// σ(2u), of which less than e^−44 is 0: a product with it is lost beside any other, and on the way back would be a subnormal number, over
/// which a processor takes a hundred times as long. NaN stays NaN.
@inline(__always) private func gate(_ x: V) -> V {
    let u = multiplyAdd(x, x * x * x, V(repeating: 0.044_715)) * V(repeating: -2 * 0.797_884_56)
    let most = V(repeating: 44)
    return (V(repeating: 1) / (V(repeating: 1) + exponential(lower(u, most)))).replacing(with: V.zero, where: u .> most)
}

@inline(__always) private func slope(_ x: V) -> V {
    let g = gate(x)
    let inner = multiplyAdd(V(repeating: 2 * 0.797_884_56), x * x, V(repeating: 6 * 0.044_715 * 0.797_884_56))
    return multiplyAdd(g, x * g * (V(repeating: 1) - g), inner)
}
