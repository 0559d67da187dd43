/// A dense array of numbers or texts, rows last: the element at [i, j] of shape [m, n] lies at i·n + j.
package struct Tensor: Sendable, Equatable {
    package enum Values: Sendable, Equatable {
        case float([Float])
        case double([Double])
        case int64([Int64])
        case int32([Int32])
        case uint8([UInt8])
        case bool([Bool])
        case text([String])
    }
    /// The kinds of elements, by the names of the Open Inference Protocol.
    package enum Element: String, Sendable, CaseIterable {
        case float = "FP32"
        case double = "FP64"
        case int64 = "INT64"
        case int32 = "INT32"
        case uint8 = "UINT8"
        case bool = "BOOL"
        case text = "BYTES"
    }

    /// Every number is at least 0; no numbers: one element.
    package let shape: [Int]
    package let values: Values

    /// nil where the shape does not say as many elements as there are.
    package init?(shape: [Int], _ values: Values) {
        guard Self.count(of: shape) == values.count else { return nil }
        self.shape = shape
        self.values = values
    }

    /// How many elements a shape says; nil where that is no number.
    package static func count(of shape: [Int]) -> Int? {
        var count = 1
        for extent in shape {
            let (product, overflows) = count.multipliedReportingOverflow(by: extent)
            guard extent >= 0, !overflows else { return nil }
            count = product
        }
        return count
    }

    package var count: Int { values.count }
    package var element: Element { values.element }
}

extension Tensor.Values {
    package var count: Int {
        switch self {
        case .float(let values): values.count
        case .double(let values): values.count
        case .int64(let values): values.count
        case .int32(let values): values.count
        case .uint8(let values): values.count
        case .bool(let values): values.count
        case .text(let values): values.count
        }
    }

    package var element: Tensor.Element {
        switch self {
        case .float: .float
        case .double: .double
        case .int64: .int64
        case .int32: .int32
        case .uint8: .uint8
        case .bool: .bool
        case .text: .text
        }
    }
}
