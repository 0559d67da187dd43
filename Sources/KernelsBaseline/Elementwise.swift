import KernelTable

func addBias(_ y: MF32, _ bias: F32, _ rows: Int, _ columns: Int) {
    for r in 0..<rows {
        let p = y + r &* columns
        var j = 0
        while j &+ W <= columns {
            store(p, j, load(p, j) + load(bias, j))
            j &+= W
        }
        while j < columns {
            p[j] += bias[j]
            j &+= 1
        }
    }
}

func addBiasReLU(_ y: MF32, _ bias: F32, _ rows: Int, _ columns: Int) {
    for r in 0..<rows {
        let p = y + r &* columns
        var j = 0
        while j &+ W <= columns {
            store(p, j, upper(load(p, j) + load(bias, j), V.zero))
            j &+= W
        }
        while j < columns {
            let v = p[j] + bias[j]
            p[j] = v > 0 ? v : 0
            j &+= 1
        }
    }
}

func reluBackward(_ dy: MF32, _ y: F32, _ count: Int) {
    var j = 0
    while j &+ W <= count {
        store(dy, j, load(dy, j).replacing(with: V.zero, where: load(y, j) .<= V.zero))
        j &+= W
    }
    while j < count {
        if y[j] <= 0 { dy[j] = 0 }
        j &+= 1
    }
}

func axpy(_ y: MF32, _ x: F32, _ a: Float, _ count: Int) {
    let av = V(repeating: a)
    var j = 0
    while j &+ W <= count {
        store(y, j, multiplyAdd(load(y, j), load(x, j), av))
        j &+= W
    }
    while j < count {
        y[j] = multiplyAdd(y[j], x[j], a)
        j &+= 1
    }
}

func scale(_ y: MF32, _ a: Float, _ count: Int) {
    let av = V(repeating: a)
    var j = 0
    while j &+ W <= count {
        store(y, j, load(y, j) * av)
        j &+= W
    }
    while j < count {
        y[j] *= a
        j &+= 1
    }
}

func subtract(_ out: MF32, _ a: F32, _ b: F32, _ count: Int) {
    var j = 0
    while j &+ W <= count {
        store(out, j, load(a, j) - load(b, j))
        j &+= W
    }
    while j < count {
        out[j] = a[j] - b[j]
        j &+= 1
    }
}

func sgdStep(
    _ w: MF32, _ v: MF32, _ g: F32, _ count: Int, _ learningRate: Float, _ momentum: Float, _ weightDecay: Float
) {
    let (step, keep, decay) = (V(repeating: -learningRate), V(repeating: momentum), V(repeating: weightDecay))
    var j = 0
    while j &+ W <= count {
        let weight = load(w, j)
        let velocity = multiplyAdd(multiplyAdd(load(g, j), weight, decay), load(v, j), keep)
        store(v, j, velocity)
        store(w, j, multiplyAdd(weight, velocity, step))
        j &+= W
    }
    while j < count {
        let velocity = multiplyAdd(multiplyAdd(g[j], w[j], weightDecay), v[j], momentum)
        v[j] = velocity
        w[j] = multiplyAdd(w[j], velocity, -learningRate)
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
