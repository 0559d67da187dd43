import KernelTable

// Images are [batch, height, width, channels]: what a kernel window covers of one image row is one run of floats.

extension Level {
    func im2col(_ x: F32, _ batch: Int, _ height: Int, _ width: Int, _ channels: Int, _ kernel: Int, _ patches: MF32) {
        let (reach, rowCount) = (kernel / 2, kernel &* channels)
        var out = patches
        for image in 0..<batch {
            let base = x + image &* height &* width &* channels
            for py in 0..<height {
                for px in 0..<width {
                    for ky in 0..<kernel {
                        windowRow(out, base, py &+ ky &- reach, px &- reach, height, width, channels, kernel)
                        out += rowCount
                    }
                }
            }
        }
    }
}

/// One row of one window: zeros where it hangs over the edge.
@inline(__always) private func windowRow(
    _ out: MF32, _ image: F32, _ y: Int, _ left: Int, _ height: Int, _ width: Int, _ channels: Int, _ kernel: Int
) {
    let count = kernel &* channels
    guard y >= 0, y < height else { return zero(out, count) }
    let row = image + y &* width &* channels
    if left >= 0 && left &+ kernel <= width { return copy(out, row + left &* channels, count) }
    let first = most(0, 0 &- left) &* channels
    let end = least(kernel, width &- left) &* channels
    zero(out, first)
    copy(out + first, row + (left &* channels &+ first), end &- first)
    zero(out + end, count &- end)
}

extension Level {
    func col2im(_ patches: F32, _ batch: Int, _ height: Int, _ width: Int, _ channels: Int, _ kernel: Int, _ x: MF32) {
        let (reach, rowCount) = (kernel / 2, kernel &* channels)
        var from = patches
        for image in 0..<batch {
            let base = x + image &* height &* width &* channels
            zero(base, height &* width &* channels)
            for py in 0..<height {
                for px in 0..<width {
                    for ky in 0..<kernel {
                        let y = py &+ ky &- reach
                        if y >= 0 && y < height {
                            let left = px &- reach
                            let first = most(0, 0 &- left) &* channels
                            let end = least(kernel, width &- left) &* channels
                            let start = (y &* width &+ left) &* channels &+ first
                            add(base + start, from + first, end &- first)
                        }
                        from += rowCount
                    }
                }
            }
        }
    }

    func maxPool(
        _ x: F32, _ batch: Int, _ height: Int, _ width: Int, _ channels: Int, _ size: Int, _ y: MF32,
        _ chosen: UnsafeMutablePointer<Int32>
    ) {
        let (rows, columns) = (height / size, width / size)
        var (out, index) = (y, chosen)
        for image in 0..<batch {
            for row in 0..<rows {
                for column in 0..<columns {
                    let corner = ((image &* height &+ row &* size) &* width &+ column &* size) &* channels
                    for c in 0..<channels {
                        var at = corner &+ c
                        var best = x[at]
                        for dy in 0..<size {
                            for dx in 0..<size {
                                let other = corner &+ (dy &* width &+ dx) &* channels &+ c
                                if x[other] > best { (best, at) = (x[other], other) }
                            }
                        }
                        out[c] = best
                        index[c] = Int32(truncatingIfNeeded: at)
                    }
                    out += channels
                    index += channels
                }
            }
        }
    }

    func maxPoolBackward(_ dy: F32, _ chosen: UnsafePointer<Int32>, _ count: Int, _ dx: MF32, _ dxCount: Int) {
        zero(dx, dxCount)
        // Windows do not overlap: every place is chosen at most once.
        for i in 0..<count { dx[Int(chosen[i])] = dy[i] }
    }
}

@inline(__always) private func zero(_ out: MF32, _ count: Int) {
    var j = 0
    while j &+ W <= count {
        store(out, j, V.zero)
        j &+= W
    }
    while j < count {
        out[j] = 0
        j &+= 1
    }
}

@inline(__always) private func copy(_ out: MF32, _ from: F32, _ count: Int) {
    var j = 0
    while j &+ W <= count {
        store(out, j, load(from, j))
        j &+= W
    }
    while j < count {
        out[j] = from[j]
        j &+= 1
    }
}

@inline(__always) private func add(_ out: MF32, _ from: F32, _ count: Int) {
    var j = 0
    while j &+ W <= count {
        store(out, j, load(out, j) + load(from, j))
        j &+= W
    }
    while j < count {
        out[j] += from[j]
        j &+= 1
    }
}
