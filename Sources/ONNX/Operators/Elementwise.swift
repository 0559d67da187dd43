internal import Inference

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Functions of one number, by their names in ONNX.
enum UnaryFunction: String, CaseIterable {
    case relu = "Relu", leakyRelu = "LeakyRelu", elu = "Elu", sigmoid = "Sigmoid", hardSigmoid = "HardSigmoid", tanh = "Tanh", softplus = "Softplus"
    case exp = "Exp", log = "Log", sqrt = "Sqrt", neg = "Neg", abs = "Abs", reciprocal = "Reciprocal", floor = "Floor", ceil = "Ceil", round = "Round"
    case sign = "Sign", erf = "Erf", gelu = "Gelu", sin = "Sin", cos = "Cos"
}

struct Unary: Operator {
    private let function: UnaryFunction
    private let (alpha, beta): (Float, Float)
    /// Of Gelu: the approximation by tanh.
    private let approximates: Bool

    init(_ node: NodeReader) throws(ONNXError) {
        guard let function = UnaryFunction(rawValue: node.type) else { throw node.refusal("is no function of one number") }
        self.function = function
        switch function {
        case .leakyRelu: alpha = try node.float("alpha", default: 0.01)
        case .elu: alpha = try node.float("alpha", default: 1)
        case .hardSigmoid: alpha = try node.float("alpha", default: 0.2)
        default: alpha = 0
        }
        beta = try node.float("beta", default: 0.5)
        approximates = try node.text("approximate") == "tanh"
    }

    func run(_ inputs: Arguments, _ workspace: inout Workspace) throws(Problem) -> [Tensor] {
        let input = try inputs.tensor(0)
        _ = try workspace.count(input.shape, input.element)
        let values: Tensor.Values
        switch input.values {
        case .float(let x): values = .float(map(x))
        case .double(let x): values = .double(x.map(value))
        case .int64(let x):
            switch function {
            case .neg: values = .int64(x.map { 0 &- $0 })
            case .abs: values = .int64(x.map { $0 < 0 ? 0 &- $0 : $0 })
            case .sign: values = .int64(x.map { $0.signum() })
            case .relu: values = .int64(x.map { max($0, 0) })
            default: throw unfit(input)
            }
        case .int32(let x):
            switch function {
            case .neg: values = .int32(x.map { 0 &- $0 })
            case .abs: values = .int32(x.map { $0 < 0 ? 0 &- $0 : $0 })
            case .sign: values = .int32(x.map { $0.signum() })
            case .relu: values = .int32(x.map { max($0, 0) })
            default: throw unfit(input)
            }
        case .uint8, .bool, .text: throw unfit(input)
        }
        return [try tensor(input.shape, values)]
    }

    private func unfit(_ input: Tensor) -> Problem { Problem("does not take \(input.element.rawValue)") }

    /// One loop for each function that is called often; the others through `value`.
    private func map(_ x: [Float]) -> [Float] {
        let alpha = alpha
        switch function {
        // A comparison that is false for NaN, so that NaN stays.
        case .relu: return x.map { $0 < 0 ? 0 : $0 }
        case .leakyRelu: return x.map { $0 < 0 ? alpha * $0 : $0 }
        case .sigmoid: return x.map { 1 / (1 + expf(-$0)) }
        case .tanh: return x.map { tanhf($0) }
        case .exp: return x.map { expf($0) }
        case .sqrt: return x.map { $0.squareRoot() }
        case .neg: return x.map { -$0 }
        case .abs: return x.map { Swift.abs($0) }
        default: return x.map { Float(value(Double($0))) }
        }
    }

    private func value(_ x: Double) -> Double {
        let (alpha, beta) = (Double(alpha), Double(beta))
        switch function {
        case .relu: return x < 0 ? 0 : x
        case .leakyRelu: return x < 0 ? alpha * x : x
        case .elu: return x < 0 ? alpha * expm1(x) : x
        case .sigmoid: return 1 / (1 + exp(-x))
        case .hardSigmoid: return x.isNaN ? x : max(0, min(1, alpha * x + beta))
        case .tanh: return tanh(x)
        case .softplus: return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x))
        case .exp: return exp(x)
        case .log: return log(x)
        case .sqrt: return x.squareRoot()
        case .neg: return -x
        case .abs: return Swift.abs(x)
        case .reciprocal: return 1 / x
        case .floor: return x.rounded(.down)
        case .ceil: return x.rounded(.up)
        case .round: return x.rounded(.toNearestOrEven)
        case .sign: return x > 0 ? 1 : x < 0 ? -1 : x
        case .erf: return erf(x)
        case .gelu:
            if approximates { return 0.5 * x * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x))) }
            return 0.5 * x * (1 + erf(x / 2.0.squareRoot()))
        case .sin: return sin(x)
        case .cos: return cos(x)
        }
    }
}

/// Limits as attributes (before opset 11) or as inputs.
struct Clip: Operator {
    private let low: Float?
    private let high: Float?

    init(_ node: NodeReader) throws(ONNXError) { (low, high) = (try node.float("min"), try node.float("max")) }

    func run(_ inputs: Arguments, _ workspace: inout Workspace) throws(Problem) -> [Tensor] {
        let input = try inputs.tensor(0)
        _ = try workspace.count(input.shape, input.element)
        let (least, most) = (try inputs.optional(1).map(bound), try inputs.optional(2).map(bound))
        switch input.values {
        case .float(let x):
            let (least, most) = (try number(least, low, -.infinity), try number(most, high, .infinity))
            return [try tensor(input.shape, .float(x.map { $0 < least ? least : $0 }.map { $0 > most ? most : $0 }))]
        case .double(let x):
            let (least, most) = (try number(least, low.map(Double.init), -.infinity), try number(most, high.map(Double.init), .infinity))
            return [try tensor(input.shape, .double(x.map { $0 < least ? least : $0 }.map { $0 > most ? most : $0 }))]
        case .int64(let x):
            let (least, most) = (try number(least, nil, Int64.min), try number(most, nil, Int64.max))
            return [try tensor(input.shape, .int64(x.map { min(max($0, least), most) }))]
        case .int32(let x):
            let (least, most) = (try number(least, nil, Int32.min), try number(most, nil, Int32.max))
            return [try tensor(input.shape, .int32(x.map { min(max($0, least), most) }))]
        default: throw Problem("does not take \(input.element.rawValue)")
        }
    }

    private func bound(_ tensor: Tensor) throws(Problem) -> Tensor {
        guard tensor.count == 1 else { throw Problem("takes one number as a limit") }
        return tensor
    }

    private func number<Number: TensorNumber>(_ given: Tensor?, _ attribute: Number?, _ fallback: Number) throws(Problem) -> Number {
        guard let given else { return attribute ?? fallback }
        guard let numbers = Number.array(given.values), let first = numbers.first else { throw Problem("has a limit of another kind than its input") }
        return first
    }
}

struct Not: Operator {
    init(_ node: NodeReader) throws(ONNXError) {}
    func run(_ inputs: Arguments, _ workspace: inout Workspace) throws(Problem) -> [Tensor] {
        let input = try inputs.tensor(0)
        guard case .bool(let values) = input.values else { throw Problem("takes BOOL, not \(input.element.rawValue)") }
        return [try tensor(input.shape, .bool(values.map { !$0 }))]
    }
}

/// Kinds of numbers that are computed with.
protocol TensorNumber: Comparable, Numeric, Sendable {
    static func array(_ values: Tensor.Values) -> [Self]?
    static func values(_ array: [Self]) -> Tensor.Values
}
extension Float: TensorNumber {
    static func array(_ values: Tensor.Values) -> [Float]? { if case .float(let array) = values { array } else { nil } }
    static func values(_ array: [Float]) -> Tensor.Values { .float(array) }
}
extension Double: TensorNumber {
    static func array(_ values: Tensor.Values) -> [Double]? { if case .double(let array) = values { array } else { nil } }
    static func values(_ array: [Double]) -> Tensor.Values { .double(array) }
}
extension Int64: TensorNumber {
    static func array(_ values: Tensor.Values) -> [Int64]? { if case .int64(let array) = values { array } else { nil } }
    static func values(_ array: [Int64]) -> Tensor.Values { .int64(array) }
}
extension Int32: TensorNumber {
    static func array(_ values: Tensor.Values) -> [Int32]? { if case .int32(let array) = values { array } else { nil } }
    static func values(_ array: [Int32]) -> Tensor.Values { .int32(array) }
}
