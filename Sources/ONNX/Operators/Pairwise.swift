internal import Inference

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Functions of two numbers with broadcasting; Sum, Min, Max and Mean take any count of inputs.
enum BinaryFunction: String, CaseIterable {
    case add = "Add", sub = "Sub", mul = "Mul", div = "Div", pow = "Pow", mod = "Mod"
    case sum = "Sum", min = "Min", max = "Max", mean = "Mean"
}

struct Binary: Operator {
    private let function: BinaryFunction
    /// Of Mod: the sign is the dividend's, as C has it.
    private let fmod: Bool

    init(_ node: NodeReader) throws(ONNXError) {
        guard let function = BinaryFunction(rawValue: node.type) else { throw node.refusal("is no function of two numbers") }
        self.function = function
        fmod = try node.flag("fmod")
    }

    func run(_ inputs: Arguments, _ workspace: inout Workspace) throws(Problem) -> [Tensor] {
        switch function {
        case .add, .sub, .mul, .div, .pow, .mod: return [try pair(try inputs.tensor(0), try inputs.tensor(1), function, workspace)]
        case .sum, .min, .max, .mean:
            var result = try inputs.tensor(0)
            for index in 1..<max(inputs.tensors.count, 1) {
                result = try pair(result, try inputs.tensor(index), function == .mean ? .sum : function, workspace)
            }
            guard function == .mean else { return [result] }
            guard case .float(let sums) = result.values else { throw Problem("computes with FP32, not \(result.element.rawValue)") }
            let count = Float(inputs.tensors.count)
            return [try tensor(result.shape, .float(sums.map { $0 / count }))]
        }
    }

    private func pair(_ a: Tensor, _ b: Tensor, _ function: BinaryFunction, _ workspace: borrowing Workspace) throws(Problem) -> Tensor {
        let broadcast = try Broadcast(a.shape, b.shape)
        _ = try workspace.count(broadcast.shape, a.element)
        var b = b
        // The exponent alone may be of another kind.
        if function == .pow, a.element != b.element { b = try Cast.cast(b, to: a.element) }
        switch (a.values, b.values) {
        case (.float(let a), .float(let b)): return try tensor(broadcast.shape, .float(floats(broadcast, a, b, function)))
        case (.double(let a), .double(let b)): return try tensor(broadcast.shape, .double(doubles(broadcast, a, b, function)))
        case (.int64(let a), .int64(let b)): return try tensor(broadcast.shape, .int64(try ints(broadcast, a, b, function)))
        case (.int32(let a), .int32(let b)): return try tensor(broadcast.shape, .int32(try ints(broadcast, a, b, function)))
        default: throw Problem("does not compute with \(a.element.rawValue) and \(b.element.rawValue)")
        }
    }

    private func floats(_ broadcast: Broadcast, _ a: [Float], _ b: [Float], _ function: BinaryFunction) -> [Float] {
        switch function {
        case .add, .sum: broadcast.map(a, b) { $0 + $1 }
        case .sub: broadcast.map(a, b) { $0 - $1 }
        case .mul: broadcast.map(a, b) { $0 * $1 }
        case .div: broadcast.map(a, b) { $0 / $1 }
        case .pow: broadcast.map(a, b) { $1 == 2 ? $0 * $0 : powf($0, $1) }
        case .mod: broadcast.map(a, b) { fmodf($0, $1) }
        case .min: broadcast.map(a, b) { $0.isNaN || $0 < $1 ? $0 : $1 }
        case .max, .mean: broadcast.map(a, b) { $0.isNaN || $0 > $1 ? $0 : $1 }
        }
    }

    private func doubles(_ broadcast: Broadcast, _ a: [Double], _ b: [Double], _ function: BinaryFunction) -> [Double] {
        switch function {
        case .add, .sum: broadcast.map(a, b) { $0 + $1 }
        case .sub: broadcast.map(a, b) { $0 - $1 }
        case .mul: broadcast.map(a, b) { $0 * $1 }
        case .div: broadcast.map(a, b) { $0 / $1 }
        case .pow: broadcast.map(a, b) { Self.power($0, $1) }
        case .mod: broadcast.map(a, b) { $0.truncatingRemainder(dividingBy: $1) }
        case .min: broadcast.map(a, b) { $0.isNaN || $0 < $1 ? $0 : $1 }
        case .max, .mean: broadcast.map(a, b) { $0.isNaN || $0 > $1 ? $0 : $1 }
        }
    }

    private static func power(_ x: Double, _ exponent: Double) -> Double { pow(x, exponent) }

    /// Whole numbers wrap around, as they do in every other runtime; only a division by 0 has no answer.
    private func ints<Number: FixedWidthInteger>(
        _ broadcast: Broadcast, _ a: [Number], _ b: [Number], _ function: BinaryFunction
    ) throws(Problem) -> [Number] {
        let truncates = fmod
        switch function {
        case .add, .sum: return broadcast.map(a, b) { $0 &+ $1 }
        case .sub: return broadcast.map(a, b) { $0 &- $1 }
        case .mul: return broadcast.map(a, b) { $0 &* $1 }
        case .pow: return broadcast.map(a, b) { Number(clamping: Cast.whole(Self.power(Double($0), Double($1)))) }
        case .min: return broadcast.map(a, b) { Swift.min($0, $1) }
        case .max, .mean: return broadcast.map(a, b) { Swift.max($0, $1) }
        case .div, .mod:
            guard !b.contains(0) else { throw Problem("divides a whole number by 0") }
            if function == .div { return broadcast.map(a, b) { $0.dividedReportingOverflow(by: $1).partialValue } }
            return broadcast.map(a, b) {
                let rest = $0.remainderReportingOverflow(dividingBy: $1).partialValue
                return truncates || rest == 0 || (rest < 0) == ($1 < 0) ? rest : rest &+ $1
            }
        }
    }
}

enum ComparisonFunction: String, CaseIterable {
    case equal = "Equal", less = "Less", greater = "Greater", lessOrEqual = "LessOrEqual", greaterOrEqual = "GreaterOrEqual"
    case and = "And", or = "Or", xor = "Xor"
}

struct Comparison: Operator {
    private let function: ComparisonFunction

    init(_ node: NodeReader) throws(ONNXError) {
        guard let function = ComparisonFunction(rawValue: node.type) else { throw node.refusal("is no comparison") }
        self.function = function
    }

    func run(_ inputs: Arguments, _ workspace: inout Workspace) throws(Problem) -> [Tensor] {
        let (a, b) = (try inputs.tensor(0), try inputs.tensor(1))
        let broadcast = try Broadcast(a.shape, b.shape)
        _ = try workspace.count(broadcast.shape, .bool)
        let result: [Bool]?
        switch (a.values, b.values) {
        case (.float(let a), .float(let b)): result = compare(broadcast, a, b)
        case (.double(let a), .double(let b)): result = compare(broadcast, a, b)
        case (.int64(let a), .int64(let b)): result = compare(broadcast, a, b)
        case (.int32(let a), .int32(let b)): result = compare(broadcast, a, b)
        case (.text(let a), .text(let b)): result = function == .equal ? broadcast.map(a, b) { $0 == $1 } : nil
        case (.bool(let a), .bool(let b)):
            switch function {
            case .equal: result = broadcast.map(a, b) { $0 == $1 }
            case .and: result = broadcast.map(a, b) { $0 && $1 }
            case .or: result = broadcast.map(a, b) { $0 || $1 }
            case .xor: result = broadcast.map(a, b) { $0 != $1 }
            case .less, .greater, .lessOrEqual, .greaterOrEqual: result = nil
            }
        default: result = nil
        }
        guard let result else { throw Problem("does not compare \(a.element.rawValue) with \(b.element.rawValue)") }
        return [try tensor(broadcast.shape, .bool(result))]
    }

    private func compare<Number: TensorNumber>(_ broadcast: Broadcast, _ a: [Number], _ b: [Number]) -> [Bool]? {
        switch function {
        case .equal: broadcast.map(a, b) { $0 == $1 }
        case .less: broadcast.map(a, b) { $0 < $1 }
        case .greater: broadcast.map(a, b) { $0 > $1 }
        case .lessOrEqual: broadcast.map(a, b) { $0 <= $1 }
        case .greaterOrEqual: broadcast.map(a, b) { $0 >= $1 }
        case .and, .or, .xor: nil
        }
    }
}

/// Of each pair the one that a condition names.
struct Where: Operator {
    init(_ node: NodeReader) throws(ONNXError) {}

    func run(_ inputs: Arguments, _ workspace: inout Workspace) throws(Problem) -> [Tensor] {
        let (condition, a, b) = (try inputs.tensor(0), try inputs.tensor(1), try inputs.tensor(2))
        guard case .bool(let conditions) = condition.values else { throw Problem("takes BOOL as input 0, not \(condition.element.rawValue)") }
        let shape = try Broadcast(try Broadcast(condition.shape, a.shape).shape, b.shape).shape
        _ = try workspace.count(shape, a.element)
        let chosen = Broadcast.view(of: condition.shape, as: shape).copy(conditions)
        let (viewA, viewB) = (Broadcast.view(of: a.shape, as: shape), Broadcast.view(of: b.shape, as: shape))
        switch (viewA.copy(a.values), viewB.copy(b.values)) {
        case (.float(let a), .float(let b)): return [try tensor(shape, .float(choose(chosen, a, b)))]
        case (.double(let a), .double(let b)): return [try tensor(shape, .double(choose(chosen, a, b)))]
        case (.int64(let a), .int64(let b)): return [try tensor(shape, .int64(choose(chosen, a, b)))]
        case (.int32(let a), .int32(let b)): return [try tensor(shape, .int32(choose(chosen, a, b)))]
        case (.uint8(let a), .uint8(let b)): return [try tensor(shape, .uint8(choose(chosen, a, b)))]
        case (.bool(let a), .bool(let b)): return [try tensor(shape, .bool(choose(chosen, a, b)))]
        case (.text(let a), .text(let b)): return [try tensor(shape, .text(choose(chosen, a, b)))]
        default: throw Problem("chooses between \(a.element.rawValue) and \(b.element.rawValue)")
        }
    }

    private func choose<Value>(_ chosen: [Bool], _ a: [Value], _ b: [Value]) -> [Value] { chosen.indices.map { chosen[$0] ? a[$0] : b[$0] } }
}
