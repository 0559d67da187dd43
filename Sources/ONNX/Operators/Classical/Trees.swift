internal import Inference

struct TreeRegressor: Operator {
    private enum Aggregate: String { case sum = "SUM", average = "AVERAGE", min = "MIN", max = "MAX" }
    private let ensemble: TreeEnsemble
    private let targets: Int
    private let aggregate: Aggregate
    private let base: [Double]
    private let transform: PostTransform

    init(_ node: NodeReader) throws(ONNXError) {
        targets = try node.int("n_targets", default: 1)
        guard (1...1 << 20).contains(targets) else { throw node.refusal("has \(targets) targets") }
        ensemble = try TreeEnsemble(node, prefix: "target", targets: targets)
        guard let aggregate = Aggregate(rawValue: try node.text("aggregate_function") ?? "SUM") else {
            throw node.refusal("puts trees together in an unknown way")
        }
        (self.aggregate, base, transform) = (aggregate, try node.numbers("base_values") ?? [], try PostTransform(node))
        guard base.isEmpty || base.count == targets else { throw node.refusal("has \(base.count) base values for \(targets) targets") }
    }

    func run(_ inputs: Arguments, _ workspace: inout Workspace) throws(Problem) -> [Tensor] {
        let x = try rows(inputs, 0)
        try ensemble.check(x, &workspace)
        let count = try workspace.count([x.count, targets], .float)
        var results: [Float] = []
        results.reserveCapacity(count)
        for row in 0..<x.count {
            var scores = [Double](repeating: 0, count: targets)
            var isScored = [Bool](repeating: false, count: targets)
            ensemble.visit(x.values[row * x.width..<(row + 1) * x.width]) { weights in
                for weight in weights {
                    let known = scores[weight.target]
                    switch aggregate {
                    case .sum, .average: scores[weight.target] = known + weight.value
                    case .min: scores[weight.target] = isScored[weight.target] ? Swift.min(known, weight.value) : weight.value
                    case .max: scores[weight.target] = isScored[weight.target] ? Swift.max(known, weight.value) : weight.value
                    }
                    isScored[weight.target] = true
                }
            }
            if aggregate == .average { scores = scores.map { $0 / Double(ensemble.trees) } }
            for index in base.indices { scores[index] += base[index] }
            if targets > 1 || transform == .probit { scores = transform.apply(scores[...]) }
            results += scores.map { Float($0) }
        }
        return [try tensor([x.count, targets], .float(results))]
    }
}

/// Labels and scores.
struct TreeClassifier: Operator {
    private let ensemble: TreeEnsemble
    private let labels: Labels
    private let base: [Double]
    private let transform: PostTransform
    /// Two classes, and all weights are one class's: its score decides.
    private let isBinary: Bool
    private let isPositive: Bool
    /// The file has its weights as doubles.
    private let isDouble: Bool

    init(_ node: NodeReader) throws(ONNXError) {
        labels = try Labels(node, ints: "classlabels_int64s", texts: "classlabels_strings")
        guard labels.count > 1 else { throw node.refusal("knows one class alone") }
        ensemble = try TreeEnsemble(node, prefix: "class", targets: labels.count)
        (base, transform) = (try node.numbers("base_values") ?? [], try PostTransform(node))
        isBinary = labels.count == 2 && Set(ensemble.weights.map(\.target)).count == 1
        isDouble = node.has("class_weights_as_tensor")
        isPositive = ensemble.weights.allSatisfy { $0.value >= 0 }
        guard base.isEmpty || base.count == labels.count || (isBinary && base.count == 1) else {
            throw node.refusal("has \(base.count) base values for \(labels.count) classes")
        }
    }

    func run(_ inputs: Arguments, _ workspace: inout Workspace) throws(Problem) -> [Tensor] {
        let x = try rows(inputs, 0)
        try ensemble.check(x, &workspace)
        let count = try workspace.count([x.count, labels.count], .float)
        var places: [Int] = []
        var results: [Float] = []
        results.reserveCapacity(count)
        for row in 0..<x.count {
            var scores = [Double](repeating: 0, count: labels.count)
            // Sums round after every tree as the reference's do: forests that vote half and half would get other labels.
            ensemble.visit(x.values[row * x.width..<(row + 1) * x.width]) { weights in
                for weight in weights { scores[weight.target] = rounded(scores[weight.target] + weight.value) }
            }
            if isBinary {
                // One of the two is 0: the sum is the score, whichever class it was written for.
                let score = rounded(scores[0] + scores[1] + (base.last ?? 0))
                places.append(score > (isPositive ? 0.5 : 0) ? 1 : 0)
                results += binary(score).map { Float($0) }
            } else {
                for index in base.indices { scores[index] += base[index] }
                var best = 0
                for index in scores.indices where scores[index] > scores[best] { best = index }
                places.append(best)
                results += transform.apply(scores[...]).map { Float($0) }
            }
        }
        return [try tensor([x.count], labels.values(places)), try tensor([x.count, labels.count], .float(results))]
    }

    private func rounded(_ score: Double) -> Double { isDouble ? score : Double(Float(score)) }

    private func binary(_ score: Double) -> [Double] {
        if isPositive { return [1 - score, score] }
        return transform == .logistic ? [Mathematics.logistic(-score), Mathematics.logistic(score)] : [-score, score]
    }
}
