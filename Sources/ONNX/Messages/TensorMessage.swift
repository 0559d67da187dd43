internal import Inference

/// `TensorProto`: a name, and numbers that are all there.
struct TensorMessage {
    var name = ""
    var tensor: Tensor

    init(_ reader: ProtobufReader) throws(ONNXError) {
        var reader = reader
        let start = reader.at
        var parts = Parts()
        while let field = try reader.next() {
            switch field.number {
            case 1: try reader.append(field, to: &parts.dims, atMost: Limits.dimensions)
            case 2: parts.type = try reader.int64(field)
            case 3: throw .feature("Tensors in segments")
            case 4: try reader.append(field, to: &parts.floats)
            case 5: try reader.append(field, to: &parts.words)
            case 6: parts.texts.append(try reader.text(field, atMost: Limits.textBytes))
            case 7: try reader.append(field, to: &parts.longs)
            case 8: name = try reader.text(field)
            case 9: parts.raw = try reader.range(field)
            case 10: try reader.append(field, to: &parts.doubles)
            case 13:
                _ = try reader.range(field)
                parts.isExternal = true
            case 14: parts.isExternal = try reader.int64(field) != 0 || parts.isExternal
            default: try reader.skip(field)
            }
        }
        // Before anything else is looked at: a path in a file from outside is never followed.
        if parts.isExternal { throw .externalData(tensor: shown(name)) }
        if parts.dims.count > Limits.dimensions { throw .tooLarge(what: "dimensions of '\(shown(name))'", limit: Limits.dimensions) }
        let shape = parts.dims.map { Int($0) }
        if shape.contains(where: { $0 < 0 }) { throw .malformed(at: start, what: "the tensor '\(shown(name))'", problem: "has an extent below 0") }
        guard let count = boundedCount(shape) else { throw .tooLarge(what: "elements in '\(shown(name))'", limit: Limits.elements) }
        let values = try parts.values(count: count, in: reader.bytes, name: name, at: start)
        guard let tensor = Tensor(shape: shape, values) else {
            throw .malformed(at: start, what: "the tensor '\(shown(name))'", problem: "has \(values.count) elements where its shape says \(count)")
        }
        self.tensor = tensor
    }

    private struct Parts {
        var dims: [Int64] = []
        var type: Int64 = 0
        var floats: [Float] = []
        var doubles: [Double] = []
        var words: [Int64] = []
        var longs: [Int64] = []
        var texts: [String] = []
        var raw: Range<Int>?
        var isExternal = false

        func values(count: Int, in bytes: [UInt8], name: String, at: Int) throws(ONNXError) -> Tensor.Values {
            guard let element = ElementCode.element(type) else { throw .type(of: shown(name), type: ElementCode.name(type)) }
            let what = "the tensor '\(shown(name))'"
            guard let raw else {
                switch element {
                case .float: return .float(floats)
                case .double: return .double(doubles)
                case .int64: return .int64(longs)
                case .text: return .text(texts)
                case .int32: return .int32(try narrow(what, at))
                case .uint8: return .uint8(try narrow(what, at))
                case .bool: return .bool(words.map { $0 != 0 })
                }
            }
            let (length, overflows) = count.multipliedReportingOverflow(by: element.bytes)
            guard element != .text, !overflows, length == raw.count else {
                throw .malformed(at: at, what: what, problem: "has \(raw.count) bytes where its shape says \(count) elements")
            }
            switch element {
            case .float: return .float(ProtobufReader.words(bytes, raw) { Float(bitPattern: UInt32(littleEndian: $0)) })
            case .double: return .double(ProtobufReader.words(bytes, raw) { Double(bitPattern: UInt64(littleEndian: $0)) })
            case .int64: return .int64(ProtobufReader.words(bytes, raw) { Int64(littleEndian: $0) })
            case .int32: return .int32(ProtobufReader.words(bytes, raw) { Int32(littleEndian: $0) })
            case .uint8: return .uint8(Array(bytes[raw]))
            case .bool: return .bool(bytes[raw].map { $0 != 0 })
            case .text: return .text([])
            }
        }

        private func narrow<Number: FixedWidthInteger>(_ what: String, _ at: Int) throws(ONNXError) -> [Number] {
            var numbers: [Number] = []
            numbers.reserveCapacity(words.count)
            for word in words {
                guard let number = Number(exactly: word) else { throw .malformed(at: at, what: what, problem: "has an element beyond its type") }
                numbers.append(number)
            }
            return numbers
        }
    }
}

/// `TensorProto.DataType`.
enum ElementCode {
    static func element(_ code: Int64) -> Tensor.Element? {
        switch code {
        case 1: .float
        case 2: .uint8
        case 6: .int32
        case 7: .int64
        case 8: .text
        case 9: .bool
        case 11: .double
        default: nil
        }
    }

    static func name(_ code: Int64) -> String {
        let names: [Int64: String] = [
            0: "undefined", 1: "float32", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64", 8: "string", 9: "bool", 10: "float16",
            11: "float64", 12: "uint32", 13: "uint64", 14: "complex64", 15: "complex128", 16: "bfloat16",
        ]
        return names[code] ?? "number \(code)"
    }
}

extension Tensor.Element {
    /// Of one element in memory; a text's own bytes not counted.
    var bytes: Int {
        switch self {
        case .float, .int32: 4
        case .double, .int64: 8
        case .uint8, .bool: 1
        case .text: 16
        }
    }
}
