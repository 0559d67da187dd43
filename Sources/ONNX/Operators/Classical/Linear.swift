internal import Inference

/// (x − offset)·scale for each column, or one for all.
struct Scaler: Operator {
    private let (offset, scale): ([Float], [Float])

    init(_ node: NodeReader) throws(ONNXError) {
        (offset, scale) = (try node.floats("offset") ?? [0], try node.floats("scale") ?? [1])
        guard !offset.isEmpty, !scale.isEmpty else { throw node.refusal("has an empty offset or scale") }
    }

    func run(_ inputs: Arguments, _ workspace: inout Workspace) throws(Problem) -> [Tensor] {
        let x = try inputs.numbers(0)
        let width = x.shape.last ?? 1
        guard [1, width].contains(offset.count), [1, width].contains(scale.count) else {
            throw Problem("has \(offset.count) offsets and \(scale.count) scales for rows of \(width)")
        }
        _ = try workspace.count(x.shape, .float)
        let values = x.values.indices.map { index in
            let column = index % max(width, 1)
            return (Float(x.values[index]) - offset[offset.count == 1 ? 0 : column]) * scale[scale.count == 1 ? 0 : column]
        }
        return [try tensor(x.shape, .float(values))]
    }
}

/// Every row divided by its norm; a row of zeros stays.
struct Normalizer: Operator {
    private enum Norm: String { case max = "MAX", l1 = "L1", l2 = "L2" }
    private let norm: Norm

    init(_ node: NodeReader) throws(ONNXError) {
        guard let norm = Norm(rawValue: try node.text("norm") ?? "MAX") else { throw node.refusal("has a norm that is not known") }
        self.norm = norm
    }

    func run(_ inputs: Arguments, _ workspace: inout Workspace) throws(Problem) -> [Tensor] {
        let shape = try inputs.tensor(0).shape
        let x = try rows(inputs, 0)
        _ = try workspace.count(shape, .float)
        var values: [Float] = []
        for row in 0..<x.count {
            let row = x.values[row * x.width..<(row + 1) * x.width]
            let length =
                switch norm {
                case .max: row.max() ?? 1
                case .l1: row.reduce(0) { $0 + abs($1) }
                case .l2: row.reduce(0) { $0 + $1 * $1 }.squareRoot()
                }
            values += row.map { Float(length == 0 ? $0 : $0 / length) }
        }
        return [try tensor(shape, .float(values))]
    }
}

/// X·coefficientsᵀ + intercepts.
private struct LinearScores: Sendable {
    let coefficients: [Float]
    let intercepts: [Float]
    let targets: Int

    init(_ node: NodeReader, targets: Int) throws(ONNXError) {
        (coefficients, intercepts) = (try node.floats("coefficients") ?? [], try node.floats("intercepts") ?? [])
        self.targets = targets
        guard targets > 0, !coefficients.isEmpty, coefficients.count % targets == 0, intercepts.isEmpty || intercepts.count == targets else {
            throw node.refusal("has \(coefficients.count) coefficients and \(intercepts.count) intercepts for \(targets) targets")
        }
    }

    func of(_ x: (count: Int, width: Int, values: [Double]), _ workspace: inout Workspace) throws(Problem) -> [Float] {
        guard coefficients.count == x.width * targets else { throw Problem("has \(coefficients.count) coefficients for rows of \(x.width)") }
        var scores = try Product.floats(
            x.count, targets, x.width, x.values.map { Float($0) }, (row: x.width, column: 1), coefficients, (row: 1, column: x.width), &workspace)
        if !intercepts.isEmpty { for index in scores.indices { scores[index] += intercepts[index % targets] } }
        return scores
    }
}

struct LinearRegressor: Operator {
    private let scores: LinearScores
    private let transform: PostTransform

    init(_ node: NodeReader) throws(ONNXError) {
        scores = try LinearScores(node, targets: try node.int("targets", default: 1))
        transform = try PostTransform(node)
    }

    func run(_ inputs: Arguments, _ workspace: inout Workspace) throws(Problem) -> [Tensor] {
        let x = try rows(inputs, 0)
        var values = try scores.of(x, &workspace)
        // Of one target alone, the reference runtime transforms nothing but a probit.
        if transform != .none, scores.targets > 1 || transform == .probit {
            values = stride(from: 0, to: values.count, by: scores.targets).flatMap { start in
                transform.apply(values[start..<start + scores.targets].map(Double.init)[...]).map { Float($0) }
            }
        }
        return [try tensor([x.count, scores.targets], .float(values))]
    }
}

/// Labels and scores. With two classes and one row of coefficients, the scores are those of both classes.
struct LinearClassifier: Operator {
    private let labels: Labels
    private let scores: LinearScores
    private let transform: PostTransform

    init(_ node: NodeReader) throws(ONNXError) {
        labels = try Labels(node, ints: "classlabels_ints", texts: "classlabels_strings")
        let intercepts = try node.floats("intercepts") ?? []
        scores = try LinearScores(node, targets: intercepts.isEmpty ? labels.count : intercepts.count)
        transform = try PostTransform(node)
        guard labels.count == scores.targets || (labels.count == 2 && scores.targets == 1) else {
            throw node.refusal("names \(labels.count) classes for \(scores.targets) scores")
        }
        guard labels.count > 1 else { throw node.refusal("knows one class alone") }
    }

    func run(_ inputs: Arguments, _ workspace: inout Workspace) throws(Problem) -> [Tensor] {
        let x = try rows(inputs, 0)
        let (values, width) = (try scores.of(x, &workspace), scores.targets)
        _ = try workspace.count([x.count, labels.count], .float)
        var places: [Int] = []
        var results: [Float] = []
        for row in 0..<x.count {
            let own = values[row * width..<(row + 1) * width]
            if width == 1 {
                let score = Double(own[own.startIndex])
                places.append(score > 0 ? 1 : 0)
                switch transform {
                case .logistic: results += [Float(1 - Mathematics.logistic(score)), Float(Mathematics.logistic(score))]
                case .probit: results += [Float(1 - Mathematics.probit(score)), Float(Mathematics.probit(score))]
                default: results += [Float(1 - score), Float(score)]
                }
            } else {
                var best = own.startIndex
                for index in own.indices where own[index] > own[best] { best = index }
                places.append(best - own.startIndex)
                results += transform == .none ? Array(own) : transform.apply(own.map(Double.init)[...]).map { Float($0) }
            }
        }
        return [try tensor([x.count], labels.values(places)), try tensor([x.count, labels.count], .float(results))]
    }
}
