/// The points of one series at one tier. One block is open; the others lie as bytes, a few to a few hundred for each point.
struct TierBlocks: Sendable {
    private var closed: [Int64: [UInt8]] = [:]
    private var open: (number: Int64, points: [Point?])?
    /// Blocks that are not as they lie in the store.
    private(set) var changed: Set<Int64> = []

    var isEmpty: Bool { closed.isEmpty && open == nil }
    var oldest: Int64? { isEmpty ? nil : min(closed.keys.min() ?? .max, open?.number ?? .max) }
    var newest: Int64? { isEmpty ? nil : max(closed.keys.max() ?? .min, open?.number ?? .min) }

    /// Those that there are, rising.
    func numbers(in range: ClosedRange<Int64>) -> [Int64] {
        if range.upperBound - range.lowerBound < 16 { return range.filter { closed[$0] != nil || open?.number == $0 } }
        var numbers = closed.keys.filter(range.contains)
        if let open, range.contains(open.number) { numbers.append(open.number) }
        return numbers.sorted()
    }

    mutating func merge(_ point: Point, _ block: Int64, _ place: Int, max: Int) {
        bringOpen(block, max)
        if var present = open?.points[place] {
            present.merge(point)
            open?.points[place] = present
        } else {
            open?.points[place] = point
        }
        changed.insert(block)
    }

    /// In the place of a point that has fewer values.
    mutating func replace(_ point: Point, _ block: Int64, _ place: Int, max: Int) {
        bringOpen(block, max)
        if let present = open?.points[place], present.count >= point.count { return }
        open?.points[place] = point
        changed.insert(block)
    }

    private mutating func bringOpen(_ block: Int64, _ max: Int) {
        if open?.number == block { return }
        if let old = open { closed[old.number] = SeriesBytes.encode(old.points) }
        let points = closed.removeValue(forKey: block).flatMap(SeriesBytes.decode) ?? Array(repeating: nil, count: Limits.blockPoints)
        open = (block, points)
        if closed.count >= max, let oldest = closed.keys.min() { remove(oldest) }
    }

    func points(_ block: Int64) -> [Point?]? {
        if let open, open.number == block { return open.points }
        return closed[block].flatMap(SeriesBytes.decode)
    }

    func bytes(_ block: Int64) -> [UInt8]? {
        if let open, open.number == block { return SeriesBytes.encode(open.points) }
        return closed[block]
    }

    /// A block from the store. false: it is none.
    mutating func restore(_ block: Int64, _ bytes: [UInt8]) -> Bool {
        guard SeriesBytes.decode(bytes) != nil, open?.number != block else { return false }
        closed[block] = bytes
        return true
    }

    mutating func remove(before horizon: Int64) {
        for block in closed.keys.filter({ $0 < horizon }) { remove(block) }
        if let open, open.number < horizon { remove(open.number) }
    }

    private mutating func remove(_ block: Int64) {
        if open?.number == block { open = nil }
        closed[block] = nil
        changed.remove(block)
    }

    mutating func takeChanged() -> [(number: Int64, bytes: [UInt8])] {
        let taken = changed.sorted().compactMap { number in bytes(number).map { (number, $0) } }
        changed = []
        return taken
    }

    mutating func markChanged(_ block: Int64) { if bytes(block) != nil { changed.insert(block) } }
}
