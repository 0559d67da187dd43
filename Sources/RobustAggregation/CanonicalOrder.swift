internal import KernelTable

/// The updates in an order that their values alone decide, so that sums in Double, and choices between equals, do not depend on
/// who came first. Only updates that are equal bit for bit stand in the order of arrival, and they are interchangeable.
struct CanonicalOrder<Source: UpdateSource>: UpdateSource {
    let source: Source
    /// Position here → index in the source.
    let order: [Int]

    /// Reads the beginnings of all updates, and more only of those that begin alike.
    init(_ source: Source, _ table: KernelTable) throws(AggregationError) {
        var order = Array(0..<source.count)
        var tied = [0..<source.count].filter { $0.count > 1 }
        var start = 0
        while start < source.dimension, !tied.isEmpty {
            let together = tied.reduce(0) { max($0, $1.count) }
            let width = min(max(Limits.sortedTileMin, Limits.sortedValues / together), source.dimension - start)
            var next: [Range<Int>] = []
            for range in tied {
                next += try Self.sort(&order, range, source, start..<start + width, table)
            }
            tied = next
            start += width
        }
        self.source = source
        self.order = order
    }

    /// Sorts those that agree before `columns` by the bits in them.
    /// - Returns: the ranges that still agree.
    private static func sort(
        _ order: inout [Int], _ range: Range<Int>, _ source: Source, _ columns: Range<Int>, _ table: KernelTable
    ) throws(AggregationError) -> [Range<Int>] {
        let width = columns.count
        let values = UnsafeMutablePointer<Float>.allocate(capacity: range.count * width)
        defer { values.deallocate() }
        for (row, index) in order[range].enumerated() { try readFinite(source, index, columns, into: values + row * width, table) }
        /// The first column where the rows differ; nil where they agree.
        func difference(_ a: Int, _ b: Int) -> Int? {
            (0..<width).first { values[a * width + $0].bitPattern != values[b * width + $0].bitPattern }
        }
        let rows = (0..<range.count).sorted { a, b in
            difference(a, b).map { values[a * width + $0].bitPattern < values[b * width + $0].bitPattern } ?? false
        }
        let indices = Array(order[range])
        var tied: [Range<Int>] = []
        var first = 0
        for (position, row) in rows.enumerated() {
            order[range.lowerBound + position] = indices[row]
            let isLast = position + 1 == rows.count
            guard isLast || difference(row, rows[position + 1]) != nil else { continue }
            if position > first { tied.append(range.lowerBound + first..<range.lowerBound + position + 1) }
            first = position + 1
        }
        return tied
    }

    var count: Int { source.count }
    var dimension: Int { source.dimension }
    func read(_ index: Int, _ range: Range<Int>, into buffer: UnsafeMutablePointer<Float>) throws(AggregationError) {
        try source.read(order[index], range, into: buffer)
    }
    func name(_ index: Int) -> String { source.name(order[index]) }
}
