package import KernelTable
internal import TensorKernels
package import WorkSharing

/// How the updates of a round become one.
package enum AggregationRule: Sendable, Equatable {
    /// Weighted mean (federated averaging, McMahan et al. 2017). Nothing in it withstands a client that lies.
    case mean
    /// Coordinate by coordinate, the mean of what is left when the `trim` smallest and largest values are cut off
    /// (Yin et al. 2018, arXiv 1803.01498). Withstands `trim` liars.
    case trimmedMean(trim: Int)
    /// Coordinate-wise median (same paper). Withstands just under half.
    case median
    /// Whole updates are judged by their distances.
    case vector(VectorRule)
}

/// Combines the updates of a round. The result does not depend on the order of arrival, the tile size, or the kernel
/// level: every level gives the same bits. Every value is checked as it is read, whatever was checked before.
///
/// - Parameters:
///   - weights: one for each update, at least 1; the robust rules do not use them.
///   - maxAbs: a bound on the magnitude of each update, normally the largest |value| itself; the robust rules do not use it.
///   - reference: what a rule goes on from that `keepsReference`; empty: zero. Other rules do not use it.
///   - crew: shares the sorting of trimmed mean and median; the others are done by the caller alone.
/// - Returns: `source.dimension` finite numbers.
package func aggregate(
    _ rule: AggregationRule, _ source: some UpdateSource, weights: [Int64], maxAbs: [Float], reference: [Float] = [],
    kernels: KernelTable? = nil, tile: Int = Limits.tile, crew: Crew = .alone
) throws(AggregationError) -> [Float] {
    guard source.count > 0 else { throw .noUpdates }
    guard source.count <= Limits.updates else { throw .tooManyUpdates(source.count) }
    guard source.dimension <= Limits.dimension else { throw .tooLong(source.dimension) }
    guard weights.count == source.count, maxAbs.count == source.count else {
        throw .counts(updates: source.count, weights: weights.count, magnitudes: maxAbs.count)
    }
    let table = kernels ?? Kernels.active
    let n = source.count
    switch rule {
    case .mean:
        return try mean(source, weights, maxAbs, table, tile)
    case .trimmedMean(let trim):
        guard trim >= 0, trim <= (source.count - 1) / 2 else { throw .trim(trim, updates: source.count) }
        return try sorted(source, table, tile, crew) { table, rows, out, count, scratch in
            table.trimmedMean(rows, n, trim, out, count, scratch)
        } repair: { column in
            let survivors = column.sorted()[trim..<(column.count - trim)]
            return Float(survivors.reduce(0.0) { $0 + Double($1) } / Double(survivors.count))
        }
    case .median:
        return try sorted(source, table, tile, crew) { table, rows, out, count, scratch in
            table.median(rows, n, out, count, scratch)
        } repair: {
            $0.sorted()[$0.count / 2]
        }
    case .vector(let rule):
        return try combine(rule, source, reference: reference, kernels: table).values
    }
}

/// `count` floats that are written once, all of them by `fill`.
func filled(
    _ count: Int, _ fill: (UnsafeMutablePointer<Float>) throws(AggregationError) -> Void
) throws(AggregationError) -> [Float] {
    var failure: AggregationError?
    let out = [Float](unsafeUninitializedCapacity: count) { buffer, initialised in
        guard count > 0, let base = buffer.baseAddress else { return }
        Kernels.preferLargePages(UnsafeMutableRawPointer(base), count * 4)
        do throws(AggregationError) {
            try fill(base)
            initialised = count
        } catch { failure = error }
    }
    if let failure { throw failure }
    return out
}

/// Updates that a source lends all at once are added up tile by tile, and the sums stay in the cache. Of another the mean
/// takes in one after the other: a source that reads from disk then has one in memory.
private func mean(
    _ source: some UpdateSource, _ weights: [Int64], _ maxAbs: [Float], _ table: KernelTable, _ tile: Int
) throws(AggregationError) -> [Float] {
    let together = max(1, min(source.sideBySide, source.count))
    let isWhole = together == source.count
    let width = max(1, min(tile, source.dimension, isWhole ? Limits.meanTile : Limits.copiedTile))
    var mean = try ExactMean(columns: isWhole ? width : source.dimension, weights: weights, maxAbs: maxAbs, kernels: table)
    let buffer = UnsafeMutablePointer<Float>.allocate(capacity: width * together)
    defer { buffer.deallocate() }
    var peaks = [UInt32](repeating: 0, count: together)
    return try filled(source.dimension) { (out) throws(AggregationError) in
        for first in stride(from: 0, to: source.count, by: together) {
            let indices = first..<min(first + together, source.count)
            for start in stride(from: 0, to: source.dimension, by: width) {
                let range = start..<min(start + width, source.dimension)
                for i in 0..<indices.count { peaks[i] = 0 }
                try source.lend(indices, range, buffer) { mean.absorb(first, $0, range.count, at: isWhole ? 0 : start, &peaks) }
                for (index, peak) in zip(indices, peaks) where peak > maxAbs[index].bitPattern & 0x7FFF_FFFF {
                    throw try fault(source, index, range, buffer, above: maxAbs[index])
                }
                if isWhole { mean.finish(out + start, range.count) }
            }
        }
        if !isWhole { mean.finish(out, source.dimension) }
    }
}

/// What is wrong with coordinates `range` of update `index`.
private func fault(
    _ source: some UpdateSource, _ index: Int, _ range: Range<Int>, _ buffer: UnsafeMutablePointer<Float>, above: Float
) throws(AggregationError) -> AggregationError {
    try source.read(index, range, into: buffer)
    let name = source.name(index)
    if let bad = (0..<range.count).first(where: { !buffer[$0].isFinite }) {
        return .notFinite(update: name, coordinate: range.lowerBound + bad)
    }
    let bad = (0..<range.count).first { abs(buffer[$0]) > above } ?? 0
    return .aboveMagnitude(update: name, coordinate: range.lowerBound + bad)
}

func readFinite(
    _ source: some UpdateSource, _ index: Int, _ range: Range<Int>, into buffer: UnsafeMutablePointer<Float>, _ table: KernelTable
) throws(AggregationError) {
    try source.read(index, range, into: buffer)
    guard table.largestMagnitude(buffer, range.count) < Float.infinity.bitPattern else {
        throw try fault(source, index, range, buffer, above: .infinity)
    }
}

/// A kernel over all updates, tile by tile, where they lie or copied side by side. Every value is looked at by the kernel
/// itself, which reads it anyway.
/// - Parameter repair: one coordinate in Double, where the kernel's sum of finite values has overflowed.
private func sorted(
    _ source: some UpdateSource, _ table: KernelTable, _ tile: Int, _ crew: Crew, _ kernel: @escaping SortingKernel, repair: ([Float]) -> Float
) throws(AggregationError) -> [Float] {
    let n = source.count
    let values = source.sideBySide >= n ? Limits.lentValues : Limits.sortedValues
    // Whole lines of the cache.
    let width = max(1, min(tile, source.dimension, max(Limits.sortedTileMin, values / n / 16 * 16)))
    let buffer = UnsafeMutablePointer<Float>.allocate(capacity: n * width)
    let sorting = SortingCrew(crew, table, updates: n, kernel)
    defer {
        buffer.deallocate()
        sorting.dismiss()
    }
    return try filled(source.dimension) { (out) throws(AggregationError) in
        for start in stride(from: 0, to: source.dimension, by: width) {
            let range = start..<min(start + width, source.dimension)
            var peak: UInt32 = 0
            let place = out + start
            try source.lend(0..<n, range, buffer) { rows in
                peak = sorting.run(rows, place, range.count)
                guard peak < Float.infinity.bitPattern, !table.allFinite(place, range.count) else { return }
                for i in 0..<range.count where !place[i].isFinite { place[i] = repair(rows.map { $0[i] }) }
            }
            guard peak < Float.infinity.bitPattern else { throw try notFinite(source, range, buffer, table) }
        }
    }
}

/// The first update that is not finite in coordinates `range`.
private func notFinite(
    _ source: some UpdateSource, _ range: Range<Int>, _ buffer: UnsafeMutablePointer<Float>, _ table: KernelTable
) throws(AggregationError) -> AggregationError {
    for index in 0..<source.count { try readFinite(source, index, range, into: buffer, table) }
    return .source("an update changed while it was read")
}
