package import RobustAggregation
package import Storage

/// The updates of a round, read from the store as an aggregation goes through them. What is in memory is one update, or
/// one window of columns of all of them, whatever their number. Reads wait for the disk: for threads of one's own.
package final class StoredUpdates: UpdateSource {
    /// What an aggregation looks at side by side.
    package enum Shape: Equatable {
        /// One update after the other, as sums do.
        case oneByOne
        /// Some columns of all updates at once, in about this many bytes.
        case columns(bytes: Int)
    }

    private let store: any ContributionStore
    private let keys: [ContributionKey]
    private let shape: Shape
    package let dimension: Int
    /// The part that is in memory: the updates, the columns, and their values row by row.
    private var held: (updates: Range<Int>, columns: Range<Int>, bytes: [UInt8]) = (0..<0, 0..<0, [])
    private var isVerified = false

    package init(_ keys: [ContributionKey], dimension: Int, shape: Shape, store: any ContributionStore) {
        self.keys = keys
        self.dimension = dimension
        self.shape = shape
        self.store = store
    }

    package var count: Int { keys.count }
    package var bytesHeld: Int { held.bytes.count }

    package func name(_ index: Int) -> String { "the update of \(keys[index].client) for round \(keys[index].round)" }

    package func read(_ index: Int, _ range: Range<Int>, into buffer: UnsafeMutablePointer<Float>) throws(AggregationError) {
        try hold(index, range)
        let start = ((index - held.updates.lowerBound) * held.columns.count + range.lowerBound - held.columns.lowerBound) * 4
        held.bytes.withUnsafeBytes { bytes in
            UnsafeMutableRawBufferPointer(start: buffer, count: range.count * 4)
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[start..<(start + range.count * 4)]))
        }
        #if _endian(big)
            for i in 0..<range.count { buffer[i] = Float(bitPattern: UInt32(littleEndian: buffer[i].bitPattern)) }
        #endif
    }

    /// All of them where columns of all are in memory anyway.
    package var sideBySide: Int { shape == .oneByOne ? 1 : count }

    #if _endian(little)
        /// From where they were read to, without a copy.
        package func lend(
            _ indices: Range<Int>, _ range: Range<Int>, _ buffer: UnsafeMutablePointer<Float>, to body: ([UnsafePointer<Float>]) -> Void
        ) throws(AggregationError) {
            guard let first = indices.first else { return body([]) }
            try hold(first, range)
            guard indices.upperBound <= held.updates.upperBound, !range.isEmpty else { return try copy(indices, range, buffer, to: body) }
            held.bytes.withUnsafeBytes { bytes in
                // Arrays begin at sixteen bytes, and floats at four.
                let values = bytes.assumingMemoryBound(to: Float.self)
                guard let start = values.baseAddress else { return }
                body(indices.map { start + (($0 - held.updates.lowerBound) * held.columns.count + range.lowerBound - held.columns.lowerBound) })
            }
        }
    #endif

    /// Reads the part of the store that has these coordinates, if it is not in memory.
    private func hold(_ index: Int, _ range: Range<Int>) throws(AggregationError) {
        guard !held.updates.contains(index) || range.lowerBound < held.columns.lowerBound || range.upperBound > held.columns.upperBound else { return }
        // Before the next part is read the last one goes.
        held = (0..<0, 0..<0, [])
        held = try part(index, range)
    }

    private func part(
        _ index: Int, _ range: Range<Int>
    ) throws(AggregationError) -> (updates: Range<Int>, columns: Range<Int>, bytes: [UInt8]) {
        guard case .columns(let limit) = shape else { return (index..<(index + 1), 0..<dimension, try whole(index)) }
        // Whole multiples of what is asked for: no column is read twice.
        let asked = max(1, range.count)
        let most = limit / (4 * max(1, count))
        let width = most >= dimension ? dimension : max(asked, most / asked * asked)
        let columns = range.lowerBound..<min(dimension, range.lowerBound + width)
        let isAll = columns.count == dimension
        // Parts of a body cannot be checked against its digest, so the whole is first.
        if !isAll && !isVerified { for index in 0..<count { _ = try whole(index) } }
        isVerified = true
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count * columns.count * 4)
        for index in 0..<count { bytes += isAll ? try whole(index) : try some(index, columns) }
        return (0..<count, columns, bytes)
    }

    private func whole(_ index: Int) throws(AggregationError) -> [UInt8] {
        try checked(index, dimension) { () throws(StorageError) in try store.contributionBody(keys[index]) }
    }

    private func some(_ index: Int, _ columns: Range<Int>) throws(AggregationError) -> [UInt8] {
        try checked(index, columns.count) { () throws(StorageError) in
            try store.contributionPart(keys[index], (columns.lowerBound * 4)..<(columns.upperBound * 4))
        }
    }

    private func checked(
        _ index: Int, _ values: Int, _ read: () throws(StorageError) -> [UInt8]?
    ) throws(AggregationError) -> [UInt8] {
        let name = self.name(index)
        let bytes: [UInt8]?
        do { bytes = try read() } catch {
            // Clients are told the reason, so no path of the host is in it.
            guard case .corrupt(let path, let problem) = error else { throw .source("\(name) cannot be read") }
            throw .source("\(name) is damaged (\(path.split(separator: "/").last ?? "")): \(problem)")
        }
        guard let bytes else { throw .source("\(name) is not in the store") }
        guard bytes.count == values * 4 else { throw .dimension(index: index, has: bytes.count / 4, needs: values) }
        return bytes
    }
}
