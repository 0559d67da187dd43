internal import StrictJSON

/// Numbers of a file with their shape, row-major.
package struct NumericArray: Sendable, Equatable {
    package var shape: [Int]
    package var values: [Float]

    package init(shape: [Int], values: [Float]) {
        self.shape = shape
        self.values = values
    }
}

/// What is wrong with a file of arrays, and what to do.
package enum ArrayFileError: Error, Sendable, Equatable, CustomStringConvertible {
    case truncated(what: String, bytes: Int, needed: Int)
    case header(String)
    case type(String)
    case tooLarge(String)
    case notFinite(index: Int)
    case archive(String)
    case missing(String, have: [String])

    package var description: String {
        switch self {
        case .truncated(let what, let bytes, let needed):
            "\(what) ends after \(bytes) bytes, \(needed) are needed; fetch the file again, it may be cut off"
        case .header(let problem): "its header cannot be read (\(problem)); save it again with numpy.save"
        case .type(let name): "numbers of type \(name) are not read; save them as float32, float64, or whole numbers of 1 to 8 bytes"
        case .tooLarge(let what): "\(what); give a smaller file"
        case .notFinite(let index): "value \(index) (from 0) is NaN or infinite; fill it in or leave its row out"
        case .archive(let problem): "the archive cannot be read (\(problem)); save it again with numpy.savez"
        case .missing(let what, let have):
            "there is no array for the \(what) among \(Self.list(have)); name the arrays x and y"
        }
    }

    private static func list(_ names: [String]) -> String {
        guard !names.isEmpty else { return "none" }
        return names.prefix(8).map { $0.clipped(40) }.joined(separator: ", ") + (names.count > 8 ? ", …" : "")
    }
}

/// How one number lies in a file.
struct ElementType: Sendable {
    enum Kind: Sendable { case float, signed, unsigned }
    var kind: Kind
    var bytes: Int
    var isBigEndian: Bool

    /// Reads `count` numbers that begin at `start`; the caller has checked that they are there.
    func read(_ bytes: [UInt8], at start: Int, count: Int) throws(ArrayFileError) -> [Float] {
        var values: [Float] = []
        values.reserveCapacity(count)
        for i in 0..<count {
            var word: UInt64 = 0
            let first = start + i * self.bytes
            for k in 0..<self.bytes { word |= UInt64(bytes[first + (isBigEndian ? self.bytes - 1 - k : k)]) << UInt64(8 * k) }
            let value = number(word)
            guard value.isFinite else { throw .notFinite(index: i) }
            values.append(value)
        }
        return values
    }

    private func number(_ word: UInt64) -> Float {
        switch (kind, bytes) {
        case (.float, 8): return Float(Double(bitPattern: word))
        case (.float, 4): return Float(bitPattern: UInt32(truncatingIfNeeded: word))
        case (.float, _): return .nan
        case (.unsigned, _): return Float(word)
        case (.signed, _):
            let shift = UInt64(64 - 8 * bytes)
            return Float(Int64(bitPattern: word << shift) >> Int64(shift))
        }
    }
}

/// The number of elements of a shape, when it is within bounds.
func elementCount(_ shape: [Int]) throws(ArrayFileError) -> Int {
    guard shape.count <= Limits.dimensions else { throw .tooLarge("\(shape.count) dimensions are more than \(Limits.dimensions)") }
    var count = 1
    for side in shape {
        let (product, overflows) = count.multipliedReportingOverflow(by: side)
        guard side >= 0, !overflows, product <= Limits.arrayElements else {
            throw .tooLarge("an array of more than \(Limits.arrayElements) numbers is not read")
        }
        count = product
    }
    return count
}
