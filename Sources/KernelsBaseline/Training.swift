import KernelTable

extension Level {
    func sgdStep(
        _ w: MF32, _ v: MF32, _ g: F32, _ count: Int, _ learningRate: Float, _ momentum: Float, _ weightDecay: Float
    ) {
        stepRow(w, v, g, count, learningRate, momentum, weightDecay)
    }

    func adamStep(
        _ w: MF32, _ m: MF32, _ v: MF32, _ g: F32, _ count: Int, _ learningRate: Float, _ beta1: Float, _ beta2: Float,
        _ epsilon: Float, _ weightDecay: Float, _ correction1: Double, _ correction2: Double
    ) {
        // learningRate·(m/c1) / (√(v/c2) + ε) = (learningRate/c1)·m / (√v·√(1/c2) + ε)
        let step = Float(Double(learningRate) / correction1)
        let spread = Float((1 / correction2).squareRoot())
        let (keep1, keep2, decay) = (V(repeating: beta1), V(repeating: beta2), V(repeating: weightDecay))
        let (gain1, gain2) = (V(repeating: 1 - beta1), V(repeating: 1 - beta2))
        let (stepv, spreadv, floor) = (V(repeating: step), V(repeating: spread), V(repeating: epsilon))
        var j = 0
        while j &+ W <= count {
            let weight = load(w, j)
            let gradient = multiplyAdd(load(g, j), weight, decay)
            let mean = multiplyAdd(gain1 * gradient, load(m, j), keep1)
            let square = multiplyAdd(gain2 * gradient * gradient, load(v, j), keep2)
            store(m, j, mean)
            store(v, j, square)
            store(w, j, weight - stepv * mean / multiplyAdd(floor, square.squareRoot(), spreadv))
            j &+= W
        }
        while j < count {
            let gradient = multiplyAdd(g[j], w[j], weightDecay)
            m[j] = multiplyAdd((1 - beta1) * gradient, m[j], beta1)
            v[j] = multiplyAdd((1 - beta2) * gradient * gradient, v[j], beta2)
            w[j] -= step * m[j] / multiplyAdd(epsilon, v[j].squareRoot(), spread)
            j &+= 1
        }
    }

    func proximal(_ g: MF32, _ w: F32, _ anchor: F32, _ mu: Float, _ count: Int) {
        let muv = V(repeating: mu)
        var j = 0
        while j &+ W <= count {
            store(g, j, multiplyAdd(load(g, j), load(w, j) - load(anchor, j), muv))
            j &+= W
        }
        while j < count {
            g[j] = multiplyAdd(g[j], w[j] - anchor[j], mu)
            j &+= 1
        }
    }
}
