/// The files of MNIST and its kin (yann.lecun.com/exdb/mnist): type and number of dimensions, big-endian sides, numbers.
package enum IDX {
    package static func decode(_ bytes: [UInt8]) throws(ArrayFileError) -> NumericArray {
        guard looksLike(bytes), let type = types[bytes[2]] else { throw .header("it does not begin as an IDX file") }
        let dimensions = Int(bytes[3])
        let start = 4 + 4 * dimensions
        guard dimensions <= Limits.dimensions, start <= bytes.count else {
            throw .truncated(what: "the header", bytes: bytes.count, needed: start)
        }
        let shape = (0..<dimensions).map { axis in (0..<4).reduce(0) { $0 << 8 | Int(bytes[4 + 4 * axis + $1]) } }
        let count = try elementCount(shape)
        guard bytes.count == start + count * type.bytes else {
            throw .truncated(what: "the array", bytes: bytes.count - start, needed: count * type.bytes)
        }
        return NumericArray(shape: shape, values: try type.read(bytes, at: start, count: count))
    }

    static func looksLike(_ bytes: [UInt8]) -> Bool {
        bytes.count >= 8 && bytes[0] == 0 && bytes[1] == 0 && types[bytes[2]] != nil && (1...Limits.dimensions).contains(Int(bytes[3]))
    }

    private static let types: [UInt8: ElementType] = [
        0x08: ElementType(kind: .unsigned, bytes: 1, isBigEndian: true), 0x09: ElementType(kind: .signed, bytes: 1, isBigEndian: true),
        0x0B: ElementType(kind: .signed, bytes: 2, isBigEndian: true), 0x0C: ElementType(kind: .signed, bytes: 4, isBigEndian: true),
        0x0D: ElementType(kind: .float, bytes: 4, isBigEndian: true), 0x0E: ElementType(kind: .float, bytes: 8, isBigEndian: true),
    ]
}
