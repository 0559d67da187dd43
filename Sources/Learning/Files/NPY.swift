internal import StrictJSON

/// NumPy's array files (`numpy.save`, format 1 to 3): a header with type, order and shape, then the numbers.
/// Only numbers are read; a file of objects would be a pickle, which can run code.
package enum NPY {
    static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

    package static func decode(_ bytes: [UInt8]) throws(ArrayFileError) -> NumericArray { try decode(bytes, 0..<bytes.count) }

    static func decode(_ bytes: [UInt8], _ range: Range<Int>) throws(ArrayFileError) -> NumericArray {
        guard range.count >= 12, bytes[range.lowerBound...].starts(with: magic) else { throw .header("it does not begin as an array file") }
        let version = bytes[range.lowerBound + 6]
        guard (1...3).contains(version) else { throw .header("its format is \(version), not 1 to 3") }
        let lengthBytes = version == 1 ? 2 : 4
        var length = 0
        for k in 0..<lengthBytes { length |= Int(bytes[range.lowerBound + 8 + k]) << (8 * k) }
        let start = range.lowerBound + 8 + lengthBytes + length
        guard length <= Limits.arrayHeaderBytes else { throw .header("it is \(length) bytes long") }
        guard start <= range.upperBound else { throw .truncated(what: "the header", bytes: range.count, needed: start - range.lowerBound) }
        guard let text = String(validating: bytes[(start - length)..<start], as: UTF8.self) else { throw .header("it is no text") }
        let (type, isFortran, shape) = try fields(text)
        let count = try elementCount(shape)
        guard start + count * type.bytes <= range.upperBound else {
            throw .truncated(what: "the array", bytes: range.upperBound - start, needed: count * type.bytes)
        }
        let values = try type.read(bytes, at: start, count: count)
        return NumericArray(shape: shape, values: isFortran && shape.count > 1 ? rowMajor(values, shape) : values)
    }

    /// `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`
    private static func fields(_ text: String) throws(ArrayFileError) -> (ElementType, isFortran: Bool, shape: [Int]) {
        func value(_ name: String) throws(ArrayFileError) -> Substring {
            guard let at = text.firstRange(of: "'\(name)':") else { throw .header("'\(name)' is missing") }
            return text[at.upperBound...].drop { $0 == " " }
        }
        let descr = try value("descr")
        guard descr.first == "'" else { throw .type("records") }
        let type = try elementType(descr.dropFirst().prefix { $0 != "'" })
        let order = try value("fortran_order")
        guard order.hasPrefix("True") || order.hasPrefix("False") else { throw .header("'fortran_order' is neither True nor False") }
        let tuple = try value("shape")
        guard tuple.first == "(", let end = tuple.firstIndex(of: ")") else { throw .header("'shape' is no tuple") }
        var shape: [Int] = []
        for side in tuple[tuple.index(after: tuple.startIndex)..<end].split(separator: ",") {
            let digits = side.drop { $0 == " " }
            if digits.isEmpty { continue }
            guard let side = Int(digits), side >= 0 else { throw .header("'shape' has a side that is no number") }
            shape.append(side)
        }
        return (type, order.hasPrefix("True"), shape)
    }

    private static func elementType(_ descr: Substring) throws(ArrayFileError) -> ElementType {
        let kinds: [Character: ElementType.Kind] = ["f": .float, "i": .signed, "u": .unsigned, "b": .unsigned]
        guard descr.count >= 3, let order = descr.first, let kind = kinds[descr[descr.index(after: descr.startIndex)]],
            let bytes = Int(descr.dropFirst(2)), [1, 2, 4, 8].contains(bytes), kind != .float || bytes >= 4, "<>|=".contains(order)
        else { throw .type("'\(descr.clipped(20))'") }
        return ElementType(kind: kind, bytes: bytes, isBigEndian: order == ">")
    }

    private static func rowMajor(_ values: [Float], _ shape: [Int]) -> [Float] {
        var steps: [Int] = []
        var step = 1
        for side in shape {
            steps.append(step)
            step *= side
        }
        var index = [Int](repeating: 0, count: shape.count)
        return values.indices.map { _ in
            let value = values[zip(index, steps).reduce(0) { $0 + $1.0 * $1.1 }]
            for axis in shape.indices.reversed() {
                index[axis] += 1
                if index[axis] < shape[axis] { break }
                index[axis] = 0
            }
            return value
        }
    }
}
