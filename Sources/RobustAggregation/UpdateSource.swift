/// The updates of one round, in client order. A source reads any part of any of them, so that a rule that needs all of
/// them at once can work in tiles and memory stays O(model).
package protocol UpdateSource {
    var count: Int { get }
    var dimension: Int { get }
    /// Coordinates `range` of update `index` into `buffer`, which holds `range.count` floats.
    func read(_ index: Int, _ range: Range<Int>, into buffer: UnsafeMutablePointer<Float>) throws(AggregationError)
    /// Lends coordinates `range` of the updates `indices`. `buffer` has room for all their values, and a source may leave
    /// them where they are. `body` is called once.
    func lend(
        _ indices: Range<Int>, _ range: Range<Int>, _ buffer: UnsafeMutablePointer<Float>, to body: ([UnsafePointer<Float>]) -> Void
    ) throws(AggregationError)
    /// How many updates to ask for side by side where one after the other would do too; at least 1. As many as it has, where
    /// it lends them all at once without reading them anew.
    var sideBySide: Int { get }
    /// What to call update `index` in an error: its client.
    func name(_ index: Int) -> String
}

extension UpdateSource {
    package var sideBySide: Int { 1 }

    package func lend(
        _ indices: Range<Int>, _ range: Range<Int>, _ buffer: UnsafeMutablePointer<Float>, to body: ([UnsafePointer<Float>]) -> Void
    ) throws(AggregationError) { try copy(indices, range, buffer, to: body) }

    /// Lends copies, one behind the other in `buffer`.
    package func copy(
        _ indices: Range<Int>, _ range: Range<Int>, _ buffer: UnsafeMutablePointer<Float>, to body: ([UnsafePointer<Float>]) -> Void
    ) throws(AggregationError) {
        var rows: [UnsafePointer<Float>] = []
        for index in indices {
            let row = buffer + rows.count * range.count
            try read(index, range, into: row)
            rows.append(UnsafePointer(row))
        }
        body(rows)
    }

    package func name(_ index: Int) -> String { "update \(index)" }
}

/// Updates that are in memory.
package struct MemoryUpdates: UpdateSource {
    private let updates: [[Float]]
    private let names: [String]
    package let dimension: Int

    /// - Parameter names: of the clients, in the order of the updates; may be left out.
    package init(_ updates: [[Float]], names: [String] = []) throws(AggregationError) {
        guard let first = updates.first else { throw .noUpdates }
        if let bad = updates.firstIndex(where: { $0.count != first.count }) {
            throw .dimension(index: bad, has: updates[bad].count, needs: first.count)
        }
        self.updates = updates
        self.names = names
        dimension = first.count
    }

    package var count: Int { updates.count }

    package func read(_ index: Int, _ range: Range<Int>, into buffer: UnsafeMutablePointer<Float>) {
        updates[index][range].withUnsafeBufferPointer { part in
            if let start = part.baseAddress { buffer.update(from: start, count: part.count) }
        }
    }

    package var sideBySide: Int { Limits.lent }

    package func lend(
        _ indices: Range<Int>, _ range: Range<Int>, _ buffer: UnsafeMutablePointer<Float>, to body: ([UnsafePointer<Float>]) -> Void
    ) {
        var rows: [UnsafePointer<Float>] = []
        rows.reserveCapacity(indices.count)
        lend(indices, range, buffer, &rows, body)
    }

    /// As deep as there are updates to lend; those beyond `Limits.lent` are copied.
    private func lend(
        _ indices: Range<Int>, _ range: Range<Int>, _ buffer: UnsafeMutablePointer<Float>, _ rows: inout [UnsafePointer<Float>],
        _ body: ([UnsafePointer<Float>]) -> Void
    ) {
        guard let index = indices.first, rows.count < Limits.lent else {
            for (place, index) in indices.enumerated() {
                let row = buffer + place * range.count
                read(index, range, into: row)
                rows.append(UnsafePointer(row))
            }
            return body(rows)
        }
        updates[index].withUnsafeBufferPointer { update in
            // An update without numbers has no place, and nobody reads any.
            rows.append(update.baseAddress.map { $0 + range.lowerBound } ?? UnsafePointer(buffer))
            lend(indices.dropFirst(), range, buffer, &rows, body)
        }
    }

    package func name(_ index: Int) -> String { names.indices.contains(index) ? "the update of \(names[index])" : "update \(index)" }
}
