internal import Inference
internal import ModelServing

/// Tensors of the protocol's extension "binary tensor data": values row by row, least significant byte first, a text after its length in four bytes
/// (`extension_binary_data.md` of triton-inference-server/server).
extension Tensor {
    private static let lengthBytes = 4

    /// - Returns: nil, and `problem` says why, where the bytes are not as many as the shape says, or no values of this kind.
    static func read(_ bytes: ArraySlice<UInt8>, _ element: Element, shape: [Int], problem: inout String) -> Tensor? {
        guard let count = count(of: shape), count <= RuntimeLimits.elements else {
            problem = "has a shape of more than \(RuntimeLimits.elements) values"
            return nil
        }
        if let width = element.width, bytes.count != count * width {
            problem = "has \(bytes.count) bytes, and its shape says \(count * width)"
            return nil
        }
        let values: Values?
        switch element {
        case .float:
            let numbers = words(bytes, UInt32.self).map(Float.init(bitPattern:))
            values = numbers.allSatisfy(\.isFinite) ? .float(numbers) : nil
        case .double:
            let numbers = words(bytes, UInt64.self).map(Double.init(bitPattern:))
            values = numbers.allSatisfy(\.isFinite) ? .double(numbers) : nil
        case .int64: values = .int64(words(bytes, UInt64.self).map(Int64.init(bitPattern:)))
        case .int32: values = .int32(words(bytes, UInt32.self).map(Int32.init(bitPattern:)))
        case .uint8: values = .uint8(Array(bytes))
        case .bool: values = bytes.allSatisfy { $0 <= 1 } ? .bool(bytes.map { $0 == 1 }) : nil
        case .text: values = texts(bytes, count).map { .text($0) }
        }
        guard let values, let tensor = Tensor(shape: shape, values) else {
            problem = "has something that is no \(element.rawValue)"
            return nil
        }
        return tensor
    }

    /// As `read` takes them.
    var bytes: [UInt8] {
        switch values {
        case .float(let values): values.flatMap { Self.bytes($0.bitPattern) }
        case .double(let values): values.flatMap { Self.bytes($0.bitPattern) }
        case .int64(let values): values.flatMap { Self.bytes(UInt64(bitPattern: $0)) }
        case .int32(let values): values.flatMap { Self.bytes(UInt32(bitPattern: $0)) }
        case .uint8(let values): values
        case .bool(let values): values.map { $0 ? 1 : 0 }
        case .text(let values): values.flatMap { Self.bytes(UInt32(clamping: $0.utf8.count)) + Array($0.utf8) }
        }
    }

    private static func bytes<Word: FixedWidthInteger>(_ word: Word) -> [UInt8] {
        (0..<MemoryLayout<Word>.size).map { UInt8(truncatingIfNeeded: word >> Word(8 * $0)) }
    }

    private static func words<Word: FixedWidthInteger>(_ bytes: ArraySlice<UInt8>, _: Word.Type) -> [Word] {
        let width = MemoryLayout<Word>.size
        return stride(from: bytes.startIndex, to: bytes.endIndex, by: width).map { start in
            (0..<width).reduce(0) { $0 | Word(truncatingIfNeeded: bytes[start + $1]) << Word(8 * $1) }
        }
    }

    /// nil where they are not so many, or no UTF-8.
    private static func texts(_ bytes: ArraySlice<UInt8>, _ count: Int) -> [String]? {
        var (texts, rest): ([String], ArraySlice<UInt8>) = ([], bytes)
        while !rest.isEmpty {
            guard texts.count < count, rest.count >= lengthBytes else { return nil }
            let length = Int(words(rest.prefix(lengthBytes), UInt32.self)[0])
            rest = rest.dropFirst(lengthBytes)
            guard length <= rest.count, let text = String(validating: rest.prefix(length), as: UTF8.self) else { return nil }
            texts.append(text)
            rest = rest.dropFirst(length)
        }
        return texts.count == count ? texts : nil
    }
}

extension Tensor.Element {
    /// Bytes of one; nil: texts have their own.
    fileprivate var width: Int? {
        switch self {
        case .float, .int32: 4
        case .double, .int64: 8
        case .uint8, .bool: 1
        case .text: nil
        }
    }
}
