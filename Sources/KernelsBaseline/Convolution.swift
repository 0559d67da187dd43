import KernelTable

// Images are [batch, height, width, channels]: what a kernel window covers of one image row is one run of floats.

extension Level {
    /// Row after row of windows: of what they read of one image row, all that lies inside is copied alike.
    func im2col(_ x: F32, _ batch: Int, _ height: Int, _ width: Int, _ channels: Int, _ kernel: Int, _ patches: MF32) {
        let (reach, rowCount) = (kernel / 2, kernel &* channels)
        let window = kernel &* rowCount
        let lastRead = x + (batch &* height &* width &* channels &- W)
        let (first, end) = (least(reach, width), most(least(reach, width), width &- reach))
        for place in 0..<(batch &* height) {
            let (image, py) = (place / height, place % height)
            for ky in 0..<kernel {
                let y = py &+ ky &- reach
                var to = patches + (place &* width &* window &+ ky &* rowCount)
                guard y >= 0 && y < height else {
                    for _ in 0..<width {
                        zeroRun(to, rowCount)
                        to += window
                    }
                    continue
                }
                let row = x + (image &* height &+ y) &* width &* channels
                for px in 0..<first { edgeRow(to + px &* window, row, px &- reach, width, channels, kernel) }
                to += first &* window
                // What a vector writes too much belongs to the window's next rows, which come later.
                let spills = rowCount < W && (kernel &- ky) &* rowCount >= W
                insideRows(to, row + (first &- reach) &* channels, end &- first, channels, rowCount, window, spills, lastRead)
                to += (end &- first) &* window
                for px in end..<width {
                    edgeRow(to, row, px &- reach, width, channels, kernel)
                    to += window
                }
            }
        }
    }

    func col2im(_ patches: F32, _ batch: Int, _ height: Int, _ width: Int, _ channels: Int, _ kernel: Int, _ x: MF32) {
        let (reach, rowCount) = (kernel / 2, kernel &* channels)
        var from = patches
        for image in 0..<batch {
            let base = x + image &* height &* width &* channels
            zeroRun(base, height &* width &* channels)
            for py in 0..<height {
                for px in 0..<width {
                    for ky in 0..<kernel {
                        let y = py &+ ky &- reach
                        if y >= 0 && y < height {
                            let left = px &- reach
                            let first = most(0, 0 &- left) &* channels
                            let end = least(kernel, width &- left) &* channels
                            let start = (y &* width &+ left) &* channels &+ first
                            addRun(base + start, from + first, end &- first)
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
                    var c = 0
                    while c &+ W <= channels {
                        poolVector(x, corner &+ c, width, channels, size, out + c, index + c)
                        c &+= W
                    }
                    for c in c..<channels {
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
        zeroRun(dx, dxCount)
        // Windows do not overlap: every place is chosen at most once.
        for i in 0..<count { dx[Int(chosen[i])] = dy[i] }
    }
}

/// One row of `count` windows side by side, none of which hangs over an edge.
@inline(__always) private func insideRows(
    _ out: MF32, _ from: F32, _ count: Int, _ channels: Int, _ rowCount: Int, _ window: Int, _ spills: Bool, _ lastRead: F32
) {
    var (to, at) = (out, from)
    var left = count
    if spills {
        while left > 0 && at <= lastRead {
            store(to, 0, load(at, 0))
            to += window
            at += channels
            left &-= 1
        }
    }
    while left > 0 {
        copyRun(to, at, rowCount)
        to += window
        at += channels
        left &-= 1
    }
}

/// One row of one window that hangs over the left or the right edge: zeros there.
@inline(__always) private func edgeRow(_ out: MF32, _ row: F32, _ left: Int, _ width: Int, _ channels: Int, _ kernel: Int) {
    let first = most(0, 0 &- left) &* channels
    let end = least(kernel, width &- left) &* channels
    for j in 0..<first { out[j] = 0 }
    copyRun(out + first, row + (left &* channels &+ first), end &- first)
    for j in end..<(kernel &* channels) { out[j] = 0 }
}

/// The largest of a window in each of W channels.
@inline(__always) private func poolVector(
    _ x: F32, _ corner: Int, _ width: Int, _ channels: Int, _ size: Int, _ out: MF32, _ chosen: UnsafeMutablePointer<Int32>
) {
    var places = Bits.zero
    for lane in 0..<W { places[lane] = Int32(truncatingIfNeeded: corner &+ lane) }
    var (best, at) = (load(x, corner), places)
    for dy in 0..<size {
        for dx in 0..<size {
            let offset = (dy &* width &+ dx) &* channels
            let other = load(x, corner &+ offset)
            let isLarger = other .> best
            best.replace(with: other, where: isLarger)
            at.replace(with: places &+ Bits(repeating: Int32(truncatingIfNeeded: offset)), where: isLarger)
        }
    }
    store(out, 0, best)
    UnsafeMutableRawPointer(chosen).storeBytes(of: at, as: Bits.self)
}
