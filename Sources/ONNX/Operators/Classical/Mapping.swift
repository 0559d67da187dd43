internal import Inference

/// Scores with the names of their classes. What ONNX calls a sequence of maps are two tensors of [rows, classes] here: the numbers, and
/// beside them the labels, under the same name with `.keys` at its end.
struct ZipMap: Operator {
    static let keySuffix = ".keys"
    let labels: Labels

    init(_ node: NodeReader) throws(ONNXError) { labels = try Labels(node, ints: "classlabels_int64s", texts: "classlabels_strings") }

    func run(_ inputs: Arguments, _ workspace: inout Workspace) throws(Problem) -> [Tensor] {
        let x = try inputs.floats(0)
        guard (1...2).contains(x.shape.count), x.shape.last == labels.count else { throw Problem("names \(labels.count) classes for the shape \(x.shape)") }
        let count = x.shape.count == 1 ? 1 : x.shape[0]
        let shape = [count, labels.count]
        _ = try workspace.count(shape, .text)
        let places = (0..<count).flatMap { _ in 0..<labels.count }
        return [try tensor(shape, .float(x.values)), try tensor(shape, labels.values(places))]
    }
}

/// Columns by their numbers.
struct FeatureExtractor: Operator {
    init(_ node: NodeReader) throws(ONNXError) {}

    func run(_ inputs: Arguments, _ workspace: inout Workspace) throws(Problem) -> [Tensor] {
        let input = try inputs.tensor(0)
        guard let columns = try inputs.ints(1), let width = input.shape.last else { throw Problem("takes rows and the numbers of columns") }
        if columns.contains(where: { $0 < 0 || $0 >= width }) { throw Problem("takes a column that is not there, of \(width)") }
        let outer = input.shape.dropLast().reduce(1, *)
        let shape = (input.shape.count == 1 ? [1] : Array(input.shape.dropLast())) + [columns.count]
        let count = try workspace.count(shape, input.element)
        _ = try workspace.count([count], .int64)
        var starts: [Int] = []
        if count > 0 { for row in 0..<outer { starts += columns.map { row * width + $0 } } }
        return [try tensor(shape, Runs(starts: starts, length: 1).copy(input.values))]
    }
}

/// Values for keys: each of whole numbers, texts or floats.
struct LabelEncoder: Operator {
    private enum Key: Hashable, Sendable {
        case int(Int64)
        case text(String)
        /// By its bits, so that NaN is a key as well: from version 4 on it is one.
        case float(UInt32)

        static func of(_ number: Float) -> Key { .float(number.isNaN ? Float.nan.bitPattern : (number == 0 ? 0 : number.bitPattern)) }
    }
    private let places: [Key: Int]
    private let values: Tensor.Values
    private let fallback: Tensor.Values
    private let findsNaN: Bool

    init(_ node: NodeReader) throws(ONNXError) {
        findsNaN = node.opset >= 4
        var keys: [Key] = []
        var values: Tensor.Values?
        var fallback: Tensor.Values?
        if let classes = try node.texts("classes_strings") {
            // Version 1: texts to their places, or back; the input decides. Only the first is known to be used.
            keys = classes.map { .text($0) }
            values = .int64(classes.indices.map(Int64.init))
        } else {
            keys = try Self.keys(node)
            if let texts = try node.texts("values_strings") { values = .text(texts) }
            if let ints = try node.ints("values_int64s") { values = .int64(ints.map(Int64.init)) }
            if let floats = try node.floats("values_floats") { values = .float(floats) }
            if let tensor = try node.tensor("values_tensor") { values = tensor.values }
            fallback = try node.tensor("default_tensor")?.values
        }
        guard let values, !keys.isEmpty, values.count == keys.count else { throw node.refusal("has keys and values that do not fit") }
        switch values {
        case .text: if fallback == nil { fallback = .text([try node.text("default_string") ?? "_Unused"]) }
        case .int64: if fallback == nil { fallback = .int64([Int64(try node.int("default_int64", default: -1))]) }
        case .float: if fallback == nil { fallback = .float([try node.float("default_float", default: -0.0)]) }
        default: throw node.refusal("has values of \(values.element.rawValue), which are not computed here")
        }
        guard let fallback, fallback.count == 1, fallback.element == values.element else { throw node.refusal("has a default of another kind than its values") }
        (self.values, self.fallback) = (values, fallback)
        // Of several equal keys the first counts.
        places = Dictionary(zip(keys, keys.indices), uniquingKeysWith: { first, _ in first })
    }

    private static func keys(_ node: NodeReader) throws(ONNXError) -> [Key] {
        if let texts = try node.texts("keys_strings") { return texts.map { .text($0) } }
        if let ints = try node.ints("keys_int64s") { return ints.map { .int(Int64($0)) } }
        if let floats = try node.floats("keys_floats") { return floats.map { .of($0) } }
        guard let tensor = try node.tensor("keys_tensor"), let keys = keys(tensor.values) else { throw node.refusal("has no keys that are kept here") }
        return keys
    }

    private static func keys(_ values: Tensor.Values) -> [Key]? {
        switch values {
        case .text(let texts): texts.map { .text($0) }
        case .int64(let ints): ints.map { .int($0) }
        case .float(let floats): floats.map { .of($0) }
        default: nil
        }
    }

    func run(_ inputs: Arguments, _ workspace: inout Workspace) throws(Problem) -> [Tensor] {
        let input = try inputs.tensor(0)
        guard let keys = Self.keys(input.values) else { throw Problem("does not take \(input.element.rawValue)") }
        _ = try workspace.count(input.shape, values.element)
        let found = keys.map { findsNaN || $0 != .of(.nan) ? places[$0] : nil }
        switch (values, fallback) {
        case (.text(let values), .text(let fallback)): return [try tensor(input.shape, .text(found.map { $0.map { values[$0] } ?? fallback[0] }))]
        case (.int64(let values), .int64(let fallback)): return [try tensor(input.shape, .int64(found.map { $0.map { values[$0] } ?? fallback[0] }))]
        case (.float(let values), .float(let fallback)): return [try tensor(input.shape, .float(found.map { $0.map { values[$0] } ?? fallback[0] }))]
        default: throw Problem("has values of another kind than its default")
        }
    }
}
