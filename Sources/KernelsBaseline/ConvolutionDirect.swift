import KernelTable

// Convolutions that read every window from a padded image, which stays in the first cache, where its windows laid out
// side by side would fill the second.

extension Level {
    func pad(_ x: F32, _ batch: Int, _ height: Int, _ width: Int, _ channels: Int, _ reach: Int, _ out: MF32) {
        let (row, side) = (width &* channels, reach &* channels)
        let edge = reach &* (row &+ 2 &* side)
        var (from, to) = (x, out)
        for _ in 0..<batch {
            zeroRun(to, edge)
            to += edge
            for _ in 0..<height {
                zeroRun(to, side)
                copyRun(to + side, from, row)
                zeroRun(to + (side &+ row), side)
                from += row
                to += row &+ 2 &* side
            }
            zeroRun(to, edge)
            to += edge
        }
    }

    func canConvolve(_ outputs: Int) -> Bool { outputs >= W || hasParts }

    /// The places of an image row are the rows of A, one channel count apart; what a window reads of one image row is one
    /// run of A's columns.
    func convolve(
        _ padded: F32, _ batch: Int, _ height: Int, _ width: Int, _ channels: Int, _ kernel: Int, _ weight: F32, _ outputs: Int,
        _ bias: F32, _ rectifies: Bool, _ y: MF32
    ) {
        guard width > 0 && outputs > 0 else { return }
        let (reach, panels) = (kernel / 2, rowPanels(width))
        let paddedRow = (width &+ 2 &* reach) &* channels
        var finish = plain()
        finish.bias = bias
        finish.floor = rectifies ? 0 : -.infinity
        var (from, to) = (padded, y)
        for _ in 0..<batch {
            for _ in 0..<height {
                let block: TileColumn = (
                    depth: kernel &* channels, a: from, panelStrideA: panels.tall &* channels, rowStrideA: channels,
                    columnStrideA: 1, runs: kernel, runStrideA: paddedRow, b: weight, rowStrideB: outputs, secondB: W, c: to,
                    rowStrideC: outputs, columns: 0, accumulate: false, tile: to, bias: bias, finish: finish
                )
                multiplyBlock(panels, block, outputs, packedA: false, packedB: false)
                from += paddedRow
                to += width &* outputs
            }
            from += 2 &* reach &* paddedRow
        }
    }

    func windowStarts(
        _ chosen: Indices, _ count: Int, _ outputs: Int, _ first: Int, _ width: Int, _ channels: Int, _ kernel: Int,
        _ starts: UnsafeMutablePointer<Int32>
    ) {
        // Exact: half of one is far more than the product with a reciprocal is off.
        let (perPlace, perRow) = (1 / Double(outputs), 1 / Double(width))
        let (base, margin) = (Int32(truncatingIfNeeded: first), Int32(truncatingIfNeeded: kernel &- 1))
        let step = Int32(truncatingIfNeeded: channels)
        for i in 0..<(count &* outputs) {
            let place = whole((Double(chosen[i] &- base) + 0.5) * perPlace)
            let row = whole((Double(place) + 0.5) * perRow)
            starts[i] = (place &+ row &* margin) &* step
        }
    }

    func canScatter(_ channels: Int, _ kernel: Int) -> Bool {
        guard channels & (W &- 1) == 0 else { return false }
        switch (kernel, channels / W) {
        #if LEVEL_AVX512
            case (5, 1), (3, 1), (3, 2): return true
        #elseif LEVEL_AVX2
            case (5, 2), (3, 2), (3, 4): return true
        #endif
        default: return false
        }
    }

    func chosenWeightGradient(
        _ padded: F32, _ paddedWidth: Int, _ channels: Int, _ kernel: Int, _ dy: F32, _ starts: Indices, _ count: Int,
        _ outputs: Int, _ dw: MF32
    ) {
        let lead = paddedWidth &* channels
        switch (kernel, channels / W) {
        #if LEVEL_AVX512
            case (5, 1): gatherWindows(InlineArray<25, V> { _ in V.zero }, 5, 5, padded, lead, dy, starts, count, outputs, dw)
            case (3, 1): gatherWindows(InlineArray<9, V> { _ in V.zero }, 3, 3, padded, lead, dy, starts, count, outputs, dw)
            case (3, 2): gatherWindows(InlineArray<18, V> { _ in V.zero }, 6, 3, padded, lead, dy, starts, count, outputs, dw)
        #elseif LEVEL_AVX2
            case (5, 2): gatherWindows(InlineArray<10, V> { _ in V.zero }, 10, 5, padded, lead, dy, starts, count, outputs, dw)
            case (3, 2): gatherWindows(InlineArray<6, V> { _ in V.zero }, 6, 3, padded, lead, dy, starts, count, outputs, dw)
            case (3, 4): gatherWindows(InlineArray<12, V> { _ in V.zero }, 12, 3, padded, lead, dy, starts, count, outputs, dw)
        #endif
        default: break
        }
    }

    func chosenInputGradient(
        _ dy: F32, _ starts: Indices, _ count: Int, _ outputs: Int, _ weight: F32, _ paddedWidth: Int, _ channels: Int,
        _ kernel: Int, _ dx: MF32
    ) {
        let lead = paddedWidth &* channels
        switch (kernel, channels / W) {
        #if LEVEL_AVX512
            case (5, 1): scatterWindows(InlineArray<25, V> { _ in V.zero }, 5, 5, weight, lead, dy, starts, count, outputs, dx)
            case (3, 1): scatterWindows(InlineArray<9, V> { _ in V.zero }, 3, 3, weight, lead, dy, starts, count, outputs, dx)
            case (3, 2): scatterWindows(InlineArray<18, V> { _ in V.zero }, 6, 3, weight, lead, dy, starts, count, outputs, dx)
        #elseif LEVEL_AVX2
            case (5, 2): scatterWindows(InlineArray<10, V> { _ in V.zero }, 10, 5, weight, lead, dy, starts, count, outputs, dx)
            case (3, 2): scatterWindows(InlineArray<6, V> { _ in V.zero }, 6, 3, weight, lead, dy, starts, count, outputs, dx)
            case (3, 4): scatterWindows(InlineArray<12, V> { _ in V.zero }, 12, 3, weight, lead, dy, starts, count, outputs, dx)
        #endif
        default: break
        }
    }
}

/// Towards zero; 0 ≤ x < 2^31.
@inline(__always) private func whole(_ x: Double) -> Int32 { Int32(x) }

#if LEVEL_AVX512 || LEVEL_AVX2
    /// Of one channel after the other the sum of its windows, as many rows of them at a time as the registers hold.
    /// - rowVectors: vectors in a row of a window. rows: of a window.
    @inline(__always) private func gatherWindows<let N: Int>(
        _ zero: InlineArray<N, V>, _ rowVectors: Int, _ rows: Int, _ padded: F32, _ lead: Int, _ dy: F32, _ starts: Indices,
        _ count: Int, _ outputs: Int, _ dw: MF32
    ) {
        let atOnce = N / rowVectors
        for output in 0..<outputs {
            var ky = 0
            while ky < rows {
                let to = dw + (output &* rows &+ ky) &* rowVectors &* W
                var sums = zero
                for i in 0..<N { sums[i] = load(to, i &* W) }
                var at = output
                for _ in 0..<count {
                    let (window, factor) = (padded + (Int(starts[at]) &+ ky &* lead), V(repeating: dy[at]))
                    for i in 0..<N {
                        sums[i] = multiplyAdd(sums[i], factor, load(window, i / rowVectors &* lead &+ i % rowVectors &* W))
                    }
                    at &+= outputs
                }
                for i in 0..<N { store(to, i &* W, sums[i]) }
                ky &+= atOnce
            }
        }
    }

    /// Of one channel after the other the weights in the registers, added to the windows that chose it.
    @inline(__always) private func scatterWindows<let N: Int>(
        _ zero: InlineArray<N, V>, _ rowVectors: Int, _ rows: Int, _ weight: F32, _ lead: Int, _ dy: F32, _ starts: Indices,
        _ count: Int, _ outputs: Int, _ dx: MF32
    ) {
        let atOnce = N / rowVectors
        for output in 0..<outputs {
            var ky = 0
            while ky < rows {
                let from = weight + (output &* rows &+ ky) &* rowVectors &* W
                var weights = zero
                for i in 0..<N { weights[i] = load(from, i &* W) }
                var at = output
                for _ in 0..<count {
                    let (window, factor) = (dx + (Int(starts[at]) &+ ky &* lead), V(repeating: dy[at]))
                    for i in 0..<N {
                        let place = i / rowVectors &* lead &+ i % rowVectors &* W
                        store(window, place, multiplyAdd(load(window, place), factor, weights[i]))
                    }
                    at &+= outputs
                }
                ky &+= atOnce
            }
        }
    }
#endif
