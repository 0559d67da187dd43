import KernelTable

/// What is done with a product besides storing it.
///
/// - accumulate: it is added to what C holds.
/// - bias, floor: C = max(product + bias, floor); −∞ leaves the sum as it is.
/// - steps: it is the gradient of C, and the velocity of an element of C lies `velocityBytes` after it.
typealias Finish = (
    accumulate: Bool, bias: F32?, floor: Float, steps: Bool, velocityBytes: Int, learningRate: Float, momentum: Float,
    weightDecay: Float
)

@inline(__always) func floats(_ p: MF32, _ bytes: Int) -> MF32 {
    (UnsafeMutableRawPointer(p) + bytes).assumingMemoryBound(to: Float.self)
}

/// A step with the gradient that has just been stored in the tile, which is still in the first cache.
@inline(never) func stepTile(_ job: inout TileColumn, _ c: MF32, _ rows: Int) {
    let (rate, momentum, decay) = (job.finish.learningRate, job.finish.momentum, job.finish.weightDecay)
    for r in 0..<rows {
        let row = c + r &* job.rowStrideC
        stepRow(row, floats(row, job.finish.velocityBytes), job.tile + r &* tileColumns, job.columns, rate, momentum, decay)
    }
}

/// y = max(y + bias, floor); NaN stays NaN.
@inline(__always) func rectifyRow(_ y: MF32, _ bias: F32, _ count: Int, _ floor: Float) {
    let floorv = V(repeating: floor)
    var j = 0
    while j &+ W <= count {
        store(y, j, upper(load(y, j) + load(bias, j), floorv))
        j &+= W
    }
    if j < count {
        let left = count &- j
        storePart(y + j, left, upper(loadPart(y + j, left) + loadPart(bias + j, left), floorv))
    }
}

/// `sgdStep` of one run of weights.
@inline(__always) func stepRow(
    _ w: MF32, _ v: MF32, _ g: F32, _ count: Int, _ learningRate: Float, _ momentum: Float, _ weightDecay: Float
) {
    let (step, keep, decay) = (V(repeating: -learningRate), V(repeating: momentum), V(repeating: weightDecay))
    var j = 0
    if momentum == 0 {
        while j &+ W <= count {
            let weight = load(w, j)
            store(w, j, multiplyAdd(weight, multiplyAdd(load(g, j), weight, decay), step))
            j &+= W
        }
        while j < count {
            w[j] = multiplyAdd(w[j], multiplyAdd(g[j], w[j], weightDecay), -learningRate)
            j &+= 1
        }
        return
    }
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
