package import KernelTable
internal import TensorKernels

/// How the updates of a round become one.
package enum AggregationRule: Sendable, Equatable {
    /// Weighted mean (federated averaging, McMahan et al. 2017). Nothing in it withstands a client that lies.
    case mean
    /// Coordinate by coordinate, the mean of what is left when the `trim` smallest and largest values are cut off
    /// (Yin et al. 2018, arXiv 1803.01498). Withstands `trim` liars.
    case trimmedMean(trim: Int)
    /// Coordinate-wise median (same paper). Withstands just under half.
    case median
}

/// The updates of one round, in client order. A source reads any part of any of them, so that a rule that needs all of
/// them at once can work in tiles and memory stays O(model).
package protocol UpdateSource {
    var count: Int { get }
    var dimension: Int { get }
    /// Coordinates `range` of update `index` into `buffer`, which holds `range.count` floats.
    func read(_ index: Int, _ range: Range<Int>, into buffer: UnsafeMutablePointer<Float>) throws(AggregationError)
}

/// Updates that are in memory.
package struct MemoryUpdates: UpdateSource {
    private let updates: [[Float]]
    package let dimension: Int

    package init(_ updates: [[Float]]) throws(AggregationError) {
        guard let first = updates.first else { throw .noUpdates }
        if let bad = updates.firstIndex(where: { $0.count != first.count }) {
            throw .dimension(index: bad, has: updates[bad].count, needs: first.count)
        }
        self.updates = updates
        dimension = first.count
    }

    package var count: Int { updates.count }

    package func read(_ index: Int, _ range: Range<Int>, into buffer: UnsafeMutablePointer<Float>) {
        updates[index].withUnsafeBufferPointer { buffer.update(from: $0.baseAddress! + range.lowerBound, count: range.count) }
    }
}

package enum AggregationError: Error, Sendable, Equatable, CustomStringConvertible {
    case noUpdates
    case dimension(index: Int, has: Int, needs: Int)
    case counts(updates: Int, weights: Int, magnitudes: Int)
    case weight(index: Int, Int64)
    case totalWeight
    case magnitude(index: Int)
    case trim(Int, updates: Int)
    /// A source could not give an update back.
    case source(String)

    package var description: String {
        switch self {
        case .noUpdates: "there are no updates to aggregate"
        case .dimension(let index, let has, let needs): "update \(index) has \(has) values; \(needs) are needed"
        case .counts(let updates, let weights, let magnitudes):
            "\(updates) updates come with \(weights) weights and \(magnitudes) magnitudes"
        case .weight(let index, let weight): "the weight of update \(index) is \(weight); it must be at least 1"
        case .totalWeight: "the weights add up to more than 2^62"
        case .magnitude(let index): "update \(index) is not finite"
        case .trim(let trim, let updates):
            "cutting \(trim) values off each side leaves nothing of \(updates); \(2 * trim + 1) updates are needed"
        case .source(let problem): problem
        }
    }
}

/// Combines the updates of a round. The result does not depend on the order of arrival, the tile size, or the kernel
/// level: every level gives the same bits.
///
/// - Parameters:
///   - weights: one for each update, at least 1; the robust rules do not use them.
///   - maxAbs: a bound on the magnitude of each update, normally the largest |value| itself.
package func aggregate(
    _ rule: AggregationRule, _ source: some UpdateSource, weights: [Int64], maxAbs: [Float],
    kernels: KernelTable? = nil, tile: Int = 4096
) throws(AggregationError) -> [Float] {
    guard source.count > 0 else { throw .noUpdates }
    guard weights.count == source.count, maxAbs.count == source.count else {
        throw .counts(updates: source.count, weights: weights.count, magnitudes: maxAbs.count)
    }
    switch rule {
    case .mean:
        var mean = try ExactMean(dimension: source.dimension, weights: weights, maxAbs: maxAbs, kernels: kernels)
        try forEachTile(source.dimension, tile) { range, buffer throws(AggregationError) in
            for index in 0..<source.count {
                try source.read(index, range, into: buffer)
                mean.absorb(index, range, buffer)
            }
        }
        return mean.finish()
    case .trimmedMean(let trim):
        guard trim >= 0, 2 * trim < source.count else { throw .trim(trim, updates: source.count) }
        return try sorted(source, kernels ?? Kernels.active, tile) { table, rows, out, count, scratch in
            table.trimmedMean(rows, source.count, trim, out, count, scratch)
        }
    case .median:
        return try sorted(source, kernels ?? Kernels.active, tile) { table, rows, out, count, scratch in
            table.median(rows, source.count, out, count, scratch)
        }
    }
}

private func forEachTile(
    _ dimension: Int, _ tile: Int, _ body: (Range<Int>, UnsafeMutablePointer<Float>) throws(AggregationError) -> Void
) throws(AggregationError) {
    let width = max(1, min(tile, dimension))
    let buffer = UnsafeMutablePointer<Float>.allocate(capacity: width)
    defer { buffer.deallocate() }
    var start = 0
    while start < dimension {
        let end = min(start + width, dimension)
        try body(start..<end, buffer)
        start = end
    }
}

/// All updates' values of one tile side by side, then a kernel over them. Copying the tile first keeps the kernel in
/// the cache: n streams from n pages at once would defeat the prefetcher.
private func sorted(
    _ source: some UpdateSource, _ table: KernelTable, _ tile: Int,
    _ kernel: (KernelTable, KernelTable.Rows, MF32, Int, MF32) -> Void
) throws(AggregationError) -> [Float] {
    let n = source.count
    let width = max(1, min(tile, source.dimension, max(64, (1 << 17) / n)))
    let values = UnsafeMutablePointer<Float>.allocate(capacity: n * width)
    let scratch = UnsafeMutablePointer<Float>.allocate(capacity: table.sortScratchCount(n))
    let rows = UnsafeMutablePointer<F32>.allocate(capacity: n)
    defer {
        values.deallocate()
        scratch.deallocate()
        rows.deallocate()
    }
    for index in 0..<n { (rows + index).initialize(to: values + index * width) }
    var out = [Float](repeating: 0, count: source.dimension)
    var start = 0
    while start < source.dimension {
        let end = min(start + width, source.dimension)
        for index in 0..<n { try source.read(index, start..<end, into: values + index * width) }
        out.withUnsafeMutableBufferPointer { kernel(table, rows, $0.baseAddress! + start, end - start, scratch) }
        start = end
    }
    return out
}
