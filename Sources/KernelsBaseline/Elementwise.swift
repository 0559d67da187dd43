import KernelTable

extension Level {
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
        for r in 0..<rows { rectifyRow(y + r &* columns, bias, columns, 0) }
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
}
