/// A block of points as it is kept.
///
///     version: 1 byte (1)
///     present: 8 bytes, little-endian; bit i: step i has a point
///     for each point, by step:
///       flags: 1 byte; 1: the same as the point before, and nothing follows; 2: one value; 4: with buckets
///       one value: the value. Otherwise: count (varint), sum, smallest, largest
///       buckets: how many (varint); of each the number's distance to the one before, and the count (varints)
///
/// A double is the exclusive or with the one of the same place in the point before: a byte that says how many bytes from the
/// front are zero (high four bits) and how many follow, and these. Values that stay, or are small whole numbers, take 1 to 4 bytes.
package enum SeriesBytes {
    package static let version: UInt8 = 1
    private static let isSame: UInt8 = 1
    private static let isSingle: UInt8 = 2
    private static let hasBuckets: UInt8 = 4

    /// - Parameter points: `Limits.blockPoints` of them, by step; nil: none.
    package static func encode(_ points: [Point?]) -> [UInt8] {
        var bytes = [version]
        var present: UInt64 = 0
        for (step, point) in points.enumerated() where point != nil { present |= 1 << UInt64(step) }
        for shift in stride(from: 0, to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: present >> UInt64(shift))) }
        var last: Point?
        for case let point? in points {
            if point == last {
                bytes.append(isSame)
                continue
            }
            let single = point.count == 1 && point.sum == point.min && point.min == point.max
            bytes.append((single ? isSingle : 0) | (point.buckets == nil ? 0 : hasBuckets))
            if single {
                append(point.sum, last?.sum, to: &bytes)
            } else {
                append(UInt64(point.count), to: &bytes)
                append(point.sum, last?.sum, to: &bytes)
                append(point.min, last?.min, to: &bytes)
                append(point.max, last?.max, to: &bytes)
            }
            if let buckets = point.buckets {
                append(UInt64(buckets.numbers.count), to: &bytes)
                var before: UInt16 = 0
                for (number, count) in zip(buckets.numbers, buckets.counts) {
                    append(UInt64(number - before), to: &bytes)
                    append(UInt64(count), to: &bytes)
                    before = number
                }
            }
            last = point
        }
        return bytes
    }

    private static func append(_ value: UInt64, to bytes: inout [UInt8]) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    private static func append(_ value: Double, _ before: Double?, to bytes: inout [UInt8]) {
        let bits = value.bitPattern ^ (before ?? 0).bitPattern
        guard bits != 0 else { return bytes.append(0) }
        let front = bits.leadingZeroBitCount / 8
        let back = bits.trailingZeroBitCount / 8
        bytes.append(UInt8(front << 4 | (8 - front - back)))
        for place in stride(from: 7 - front, through: back, by: -1) { bytes.append(UInt8(truncatingIfNeeded: bits >> UInt64(place * 8))) }
    }

    /// - Returns: nil: this is no block.
    package static func decode(_ bytes: [UInt8]) -> [Point?]? {
        var rest = bytes[...]
        guard rest.popFirst() == version, rest.count >= 8 else { return nil }
        var present: UInt64 = 0
        for shift in stride(from: 0, to: 64, by: 8) { present |= UInt64(rest.popFirst() ?? 0) << UInt64(shift) }
        guard present >> UInt64(Limits.blockPoints) == 0 else { return nil }
        var points = [Point?](repeating: nil, count: Limits.blockPoints)
        var last: Point?
        for step in 0..<Limits.blockPoints where present >> UInt64(step) & 1 == 1 {
            guard let point = point(&rest, last) else { return nil }
            points[step] = point
            last = point
        }
        return rest.isEmpty ? points : nil
    }

    private static func point(_ rest: inout ArraySlice<UInt8>, _ last: Point?) -> Point? {
        guard let flags = rest.popFirst() else { return nil }
        if flags == isSame { return last }
        guard flags & ~(isSingle | hasBuckets) == 0 else { return nil }
        var (count, sum, min, max) = (Int64(1), 0.0, 0.0, 0.0)
        if flags & isSingle != 0 {
            guard let value = double(&rest, last?.sum) else { return nil }
            (sum, min, max) = (value, value, value)
        } else {
            guard let many = varint(&rest).flatMap({ Int64(exactly: $0) }), let total = double(&rest, last?.sum) else { return nil }
            guard let smallest = double(&rest, last?.min), let largest = double(&rest, last?.max) else { return nil }
            (count, sum, min, max) = (many, total, smallest, largest)
        }
        guard flags & hasBuckets != 0 else { return Point(count: count, sum: sum, min: min, max: max, buckets: nil) }
        guard let buckets = buckets(&rest) else { return nil }
        return Point(count: count, sum: sum, min: min, max: max, buckets: buckets)
    }

    private static func buckets(_ rest: inout ArraySlice<UInt8>) -> Buckets? {
        guard let length = varint(&rest), length <= UInt64(Buckets.count) else { return nil }
        var (numbers, counts) = ([UInt16](), [Int64]())
        var before: UInt64 = 0
        for _ in 0..<length {
            guard let distance = varint(&rest), distance <= UInt64(Buckets.count) else { return nil }
            before += distance
            guard let number = UInt16(exactly: before), let count = varint(&rest).flatMap({ Int64(exactly: $0) }) else { return nil }
            numbers.append(number)
            counts.append(count)
        }
        return Buckets(numbers: numbers, counts: counts)
    }

    private static func varint(_ rest: inout ArraySlice<UInt8>) -> UInt64? {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard let byte = rest.popFirst(), shift < 63 || byte <= 1 else { return nil }
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return value }
        }
        return nil
    }

    private static func double(_ rest: inout ArraySlice<UInt8>, _ before: Double?) -> Double? {
        guard let shape = rest.popFirst() else { return nil }
        let (front, length) = (Int(shape >> 4), Int(shape & 15))
        guard front + length <= 8, rest.count >= length else { return nil }
        var bits: UInt64 = 0
        for place in 0..<length { bits |= UInt64(rest.popFirst() ?? 0) << UInt64((7 - front - place) * 8) }
        return Double(bitPattern: bits ^ (before ?? 0).bitPattern)
    }
}
