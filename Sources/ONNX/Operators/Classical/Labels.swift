internal import Inference

/// The names of classes: whole numbers or texts.
enum Labels: Sendable {
    case ints([Int64])
    case texts([String])

    var count: Int {
        switch self {
        case .ints(let labels): labels.count
        case .texts(let labels): labels.count
        }
    }

    /// Two names for the same list: one of them is there.
    init(_ node: NodeReader, ints: String, texts: String) throws(ONNXError) {
        if let labels = try node.texts(texts), !labels.isEmpty {
            self = .texts(labels)
        } else {
            self = .ints((try node.ints(ints) ?? []).map(Int64.init))
        }
        guard count > 0 else { throw node.refusal("names no classes") }
    }

    /// The labels at these places, all of which are in the list.
    func values(_ places: [Int]) -> Tensor.Values {
        switch self {
        case .ints(let labels): .int64(places.map { labels[$0] })
        case .texts(let labels): .text(places.map { labels[$0] })
        }
    }
}

/// What is done with scores last (`post_transform`). Written like onnxruntime's `write_scores`.
enum PostTransform: String {
    case none = "NONE", logistic = "LOGISTIC", softmax = "SOFTMAX", softmaxZero = "SOFTMAX_ZERO", probit = "PROBIT"

    init(_ node: NodeReader) throws(ONNXError) {
        let name = try node.text("post_transform") ?? "NONE"
        guard let transform = PostTransform(rawValue: name) else { throw node.refusal("has a post_transform that is not known") }
        self = transform
    }

    func apply(_ scores: ArraySlice<Double>) -> [Double] {
        switch self {
        case .none: return Array(scores)
        case .logistic: return scores.map(Mathematics.logistic)
        case .probit: return scores.map(Mathematics.probit)
        case .softmax:
            let most = scores.max() ?? 0
            let powers = scores.map { Mathematics.exponential($0 - most) }
            let sum = powers.reduce(0, +)
            return powers.map { $0 / sum }
        case .softmaxZero:
            // Scores of 0 stay 0.
            let most = scores.max() ?? 0
            let powers = scores.map { abs($0) > 1e-7 ? Mathematics.exponential($0 - most) : $0 * Mathematics.exponential(-most) }
            let sum = powers.filter { abs($0) > 0 }.reduce(0, +)
            return powers.map { $0 / sum }
        }
    }
}

/// Rows of numbers: [rows, columns], and a vector is one row.
func rows(_ inputs: Arguments, _ index: Int) throws(Problem) -> (count: Int, width: Int, values: [Double]) {
    let x = try inputs.numbers(index)
    guard (1...2).contains(x.shape.count) else { throw Problem("takes rows of numbers, not the shape \(x.shape)") }
    return x.shape.count == 1 ? (1, x.shape[0], x.values) : (x.shape[0], x.shape[1], x.values)
}
