import KernelTable

extension Level {
    func layerNorm(
        _ x: F32, _ gain: F32, _ bias: F32, _ rows: Int, _ columns: Int, _ epsilon: Float, _ y: MF32, _ means: MF32, _ inverses: MF32
    ) {
        guard columns > 0 else { return }
        let share = 1 / Float(columns)
        for r in 0..<rows {
            let (from, to) = (x + r &* columns, y + r &* columns)
            let mean = sumOfRow(from, columns) * share
            // The squares of what is left after the mean: a sum of squares minus the squared mean would cancel.
            let inverse = 1 / (squaresAround(from, columns, mean) * share + epsilon).squareRoot()
            let (meanv, inversev) = (V(repeating: mean), V(repeating: inverse))
            var j = 0
            while j &+ W <= columns {
                store(to, j, multiplyAdd(load(bias, j), (load(from, j) - meanv) * inversev, load(gain, j)))
                j &+= W
            }
            while j < columns {
                to[j] = multiplyAdd(bias[j], (from[j] - mean) * inverse, gain[j])
                j &+= 1
            }
            (means[r], inverses[r]) = (mean, inverse)
        }
    }

    /// With h = (x − mean)·inverse and u = dy·gain: dx = inverse·(u − mean(u) − h·mean(u·h)).
    func layerNormBackward(
        _ dy: F32, _ x: F32, _ gain: F32, _ means: F32, _ inverses: F32, _ rows: Int, _ columns: Int, _ dx: MF32, _ dGain: MF32, _ dBias: MF32
    ) {
        guard columns > 0 else { return }
        let share = 1 / Float(columns)
        for r in 0..<rows {
            let (d, from, to) = (dy + r &* columns, x + r &* columns, dx + r &* columns)
            let (mean, inverse) = (means[r], inverses[r])
            let (meanv, inversev) = (V(repeating: mean), V(repeating: inverse))
            var (sums, products) = (V.zero, V.zero)
            var j = 0
            while j &+ W <= columns {
                let (g, h) = (load(d, j), (load(from, j) - meanv) * inversev)
                let u = g * load(gain, j)
                sums += u
                products = multiplyAdd(products, u, h)
                store(dGain, j, multiplyAdd(load(dGain, j), g, h))
                store(dBias, j, load(dBias, j) + g)
                j &+= W
            }
            var (sum, product) = (total(sums), total(products))
            while j < columns {
                let h = (from[j] - mean) * inverse
                let u = d[j] * gain[j]
                sum += u
                product = multiplyAdd(product, u, h)
                dGain[j] = multiplyAdd(dGain[j], d[j], h)
                dBias[j] += d[j]
                j &+= 1
            }
            (sum, product) = (sum * share, product * share)
            let (sumv, productv) = (V(repeating: sum), V(repeating: -product))
            j = 0
            while j &+ W <= columns {
                let h = (load(from, j) - meanv) * inversev
                store(to, j, multiplyAdd(load(d, j) * load(gain, j) - sumv, h, productv) * inversev)
                j &+= W
            }
            while j < columns {
                let h = (from[j] - mean) * inverse
                to[j] = multiplyAdd(d[j] * gain[j] - sum, h, -product) * inverse
                j &+= 1
            }
        }
    }

    func embeddingGather(_ table: F32, _ indices: Indices, _ count: Int, _ columns: Int, _ out: MF32) {
        for i in 0..<count { copyRun(out + i &* columns, table + Int(indices[i]) &* columns, columns) }
    }

    func embeddingScatterAdd(_ rows: F32, _ indices: Indices, _ count: Int, _ columns: Int, _ table: MF32) {
        for i in 0..<count { addRun(table + Int(indices[i]) &* columns, rows + i &* columns, columns) }
    }

    func causalSoftmax(_ x: MF32, _ batch: Int, _ rows: Int, _ columns: Int, _ factor: Float) {
        for matrix in 0..<batch {
            for r in 0..<rows {
                let row = x + (matrix &* rows &+ r) &* columns
                let seen = columns &- rows &+ r &+ 1
                scale(row, factor, seen)
                softmax(row, 1, seen)
                zeroRun(row + seen, columns &- seen)
            }
        }
    }

    func softmaxBackward(_ dy: MF32, _ y: F32, _ rows: Int, _ columns: Int, _ factor: Float) {
        let factorv = V(repeating: factor)
        for r in 0..<rows {
            let (d, p) = (dy + r &* columns, y + r &* columns)
            var sums = V.zero
            var j = 0
            while j &+ W <= columns {
                sums = multiplyAdd(sums, load(d, j), load(p, j))
                j &+= W
            }
            var sum = total(sums)
            while j < columns {
                sum = multiplyAdd(sum, d[j], p[j])
                j &+= 1
            }
            let sumv = V(repeating: sum)
            j = 0
            while j &+ W <= columns {
                store(d, j, (load(d, j) - sumv) * load(p, j) * factorv)
                j &+= W
            }
            while j < columns {
                d[j] = (d[j] - sum) * p[j] * factor
                j &+= 1
            }
        }
    }
}

private func sumOfRow(_ x: F32, _ count: Int) -> Float {
    var (a, b) = (V.zero, V.zero)
    var j = 0
    while j &+ 2 &* W <= count {
        a += load(x, j)
        b += load(x, j &+ W)
        j &+= 2 &* W
    }
    var sum = total(a + b)
    while j < count {
        sum += x[j]
        j &+= 1
    }
    return sum
}

/// Σ (x − centre)²
private func squaresAround(_ x: F32, _ count: Int, _ centre: Float) -> Float {
    let centrev = V(repeating: centre)
    var (a, b) = (V.zero, V.zero)
    var j = 0
    while j &+ 2 &* W <= count {
        let (d, e) = (load(x, j) - centrev, load(x, j &+ W) - centrev)
        a = multiplyAdd(a, d, d)
        b = multiplyAdd(b, e, e)
        j &+= 2 &* W
    }
    var sum = total(a + b)
    while j < count {
        sum = multiplyAdd(sum, x[j] - centre, x[j] - centre)
        j &+= 1
    }
    return sum
}
