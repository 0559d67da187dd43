/// The updates of one round, in client order. A source reads any part of any of them, so that a rule that needs all of
/// them at once can work in tiles and memory stays O(model).
package protocol UpdateSource {
    var count: Int { get }
    var dimension: Int { get }
    /// Coordinates `range` of update `index` into `buffer`, which holds `range.count` floats.
    func read(_ index: Int, _ range: Range<Int>, into buffer: UnsafeMutablePointer<Float>) throws(AggregationError)
    /// What to call update `index` in an error: its client.
    func name(_ index: Int) -> String
}

extension UpdateSource {
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

    package func name(_ index: Int) -> String { names.indices.contains(index) ? "the update of \(names[index])" : "update \(index)" }
}
