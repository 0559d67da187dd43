import KernelTable

/// Passes over all updates in their canonical order, a window of columns of one update at a time. Sums are taken in Double, in
/// one order and in windows of one width: the same bits on every machine.
struct Passes<Source: UpdateSource> {
    let updates: CanonicalOrder<Source>
    let table: KernelTable

    private func forEachWindow(_ body: (Int, Range<Int>, UnsafePointer<Float>) -> Void) throws(AggregationError) {
        let buffer = UnsafeMutablePointer<Float>.allocate(capacity: Limits.passTile)
        defer { buffer.deallocate() }
        for start in stride(from: 0, to: updates.dimension, by: Limits.passTile) {
            let range = start..<min(start + Limits.passTile, updates.dimension)
            for index in 0..<updates.count {
                try readFinite(updates, index, range, into: buffer, table)
                body(index, range, UnsafePointer(buffer))
            }
        }
    }

    /// The Euclidean distance of every update to `centre`.
    func distances(to centre: [Double]) throws(AggregationError) -> [Double] {
        var squares = [Double](repeating: 0, count: updates.count)
        try centre.withUnsafeBufferPointer { centre throws(AggregationError) in
            guard let centre = centre.baseAddress else { return }
            try forEachWindow { index, range, values in
                squares[index] += squaredDistance(values, centre + range.lowerBound, range.count)
            }
        }
        return squares.map { $0.squareRoot() }
    }

    /// centre ← (1 − Σ shares)·centre + Σ shareᵢ·xᵢ, as centre + Σ shareᵢ·(xᵢ − centre).
    func move(_ centre: inout [Double], shares: [Double]) throws(AggregationError) {
        var sums = [Double](repeating: 0, count: min(Limits.passTile, updates.dimension))
        try centre.withUnsafeMutableBufferPointer { centre throws(AggregationError) in
            try sums.withUnsafeMutableBufferPointer { sums throws(AggregationError) in
                guard let centre = centre.baseAddress, let sums = sums.baseAddress else { return }
                try forEachWindow { index, range, values in
                    let at = centre + range.lowerBound
                    let share = shares[index]
                    for j in 0..<range.count { sums[j] += share * (Double(values[j]) - at[j]) }
                    guard index == updates.count - 1 else { return }
                    for j in 0..<range.count {
                        at[j] += sums[j]
                        sums[j] = 0
                    }
                }
            }
        }
    }

    /// Σ xᵢ / count over the chosen positions.
    func mean(of chosen: [Bool]) throws(AggregationError) -> [Double] {
        var sums = [Double](repeating: 0, count: updates.dimension)
        let count = Double(max(1, chosen.count { $0 }))
        try sums.withUnsafeMutableBufferPointer { sums throws(AggregationError) in
            guard let sums = sums.baseAddress else { return }
            try forEachWindow { index, range, values in
                guard chosen[index] else { return }
                for j in 0..<range.count { sums[range.lowerBound + j] += Double(values[j]) }
            }
        }
        for j in sums.indices { sums[j] /= count }
        return sums
    }
}

/// Eight sums side by side, whatever the processor has.
private func squaredDistance(_ x: UnsafePointer<Float>, _ centre: UnsafePointer<Double>, _ count: Int) -> Double {
    var sums = SIMD8<Double>.zero
    var j = 0
    while j + 8 <= count {
        var difference = SIMD8<Double>.zero
        for lane in 0..<8 { difference[lane] = Double(x[j + lane]) - centre[j + lane] }
        sums += difference * difference
        j += 8
    }
    while j < count {
        let difference = Double(x[j]) - centre[j]
        sums[j & 7] += difference * difference
        j += 1
    }
    let four = sums.lowHalf + sums.highHalf
    let two = four.lowHalf + four.highHalf
    return two[0] + two[1]
}
