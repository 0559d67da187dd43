internal import Inference

/// Numbers of one kind as another. Numbers with a fraction lose it, those beyond the other kind become its nearest, NaN becomes 0.
struct Cast: Operator {
    private let target: Tensor.Element

    init(_ node: NodeReader) throws(ONNXError) {
        let code = Int64(try node.int("to", default: 0))
        guard let target = ElementCode.element(code) else { throw .type(of: node.place, type: ElementCode.name(code)) }
        self.target = target
    }

    func run(_ inputs: Arguments, _ workspace: inout Workspace) throws(Problem) -> [Tensor] {
        let input = try inputs.tensor(0)
        _ = try workspace.count(input.shape, target)
        return [try Self.cast(input, to: target)]
    }

    static func cast(_ input: Tensor, to target: Tensor.Element) throws(Problem) -> Tensor {
        let values: Tensor.Values
        switch input.values {
        case let same where same.element == target: return input
        case .float(let x): values = try fractions(x.map(Double.init), target)
        case .double(let x): values = try fractions(x, target)
        case .int64(let x): values = try whole(x, target)
        case .int32(let x): values = try whole(x, target)
        case .uint8(let x): values = try whole(x, target)
        case .bool(let x): values = try whole(x.map { $0 ? 1 : 0 } as [UInt8], target)
        case .text(let x): values = try texts(x, target)
        }
        return try tensor(input.shape, values)
    }

    /// Towards 0.
    static func whole(_ x: Double) -> Int64 {
        if x.isNaN { return 0 }
        return Int64(exactly: x.rounded(.towardZero)) ?? (x > 0 ? .max : .min)
    }

    private static func fractions(_ x: [Double], _ target: Tensor.Element) throws(Problem) -> Tensor.Values {
        switch target {
        case .float: return .float(x.map { Float($0) })
        case .double: return .double(x)
        case .int64: return .int64(x.map(whole))
        case .int32: return .int32(x.map { Int32(clamping: whole($0)) })
        case .uint8: return .uint8(x.map { UInt8(clamping: whole($0)) })
        case .bool: return .bool(x.map { $0 != 0 })
        case .text: throw Problem("writes numbers with a fraction as texts, which is not computed here")
        }
    }

    private static func whole<Number: FixedWidthInteger>(_ x: [Number], _ target: Tensor.Element) throws(Problem) -> Tensor.Values {
        switch target {
        case .float: return .float(x.map { Float($0) })
        case .double: return .double(x.map { Double($0) })
        case .int64: return .int64(x.map { Int64($0) })
        case .int32: return .int32(x.map { Int32(truncatingIfNeeded: $0) })
        case .uint8: return .uint8(x.map { UInt8(truncatingIfNeeded: $0) })
        case .bool: return .bool(x.map { $0 != 0 })
        case .text: return .text(x.map { "\($0)" })
        }
    }

    private static func texts(_ x: [String], _ target: Tensor.Element) throws(Problem) -> Tensor.Values {
        func all<Number>(_ parse: (String) -> Number?) throws(Problem) -> [Number] {
            var numbers: [Number] = []
            for text in x {
                guard let number = parse(text) else { throw Problem("was given a text that is no number") }
                numbers.append(number)
            }
            return numbers
        }
        switch target {
        case .float: return .float(try all { Float($0) })
        case .double: return .double(try all { Double($0) })
        case .int64: return .int64(try all { Int64($0) })
        case .int32: return .int32(try all { Int32($0) })
        case .uint8, .bool, .text: throw Problem("reads texts as \(target.rawValue), which is not computed here")
        }
    }
}
