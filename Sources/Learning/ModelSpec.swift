/// The shape of a model. Parameters are one flat array of Float in the order of `parameterLayout`.
package struct ModelSpec: Sendable, Equatable, Codable {
    package enum Kind: String, Sendable, Codable {
        /// One linear layer and a softmax (multinomial logistic regression).
        case softmaxRegression = "softmax_regression"
        /// Linear layers with ReLU between them and a softmax at the end.
        case mlp
    }

    package var kind: Kind
    /// Widths from the inputs to the outputs: [64, 128, 10].
    package var layers: [Int]

    package init(kind: Kind, layers: [Int]) {
        self.kind = kind
        self.layers = layers
    }

    package var inputs: Int { layers.first ?? 0 }
    package var outputs: Int { layers.last ?? 0 }

    /// nil when the model can be built.
    package var problem: String? {
        if kind == .softmaxRegression && layers.count != 2 { return "a softmax regression has two widths: inputs, outputs" }
        if layers.count < 2 || layers.count > Limits.layers + 1 { return "layers must be 2 to \(Limits.layers + 1) widths" }
        if let bad = layers.first(where: { $0 < 1 || $0 > Limits.width }) {
            return "a width must be 1 to \(Limits.width), not \(bad)"
        }
        if outputs < 2 || outputs > Limits.labels { return "outputs must be 2 to \(Limits.labels), not \(outputs)" }
        var total = 0
        for (a, b) in zip(layers, layers.dropFirst()) {
            total += (a + 1) * b  // widths are at most 2^20: no overflow before the check
            if total > Limits.parameters { return "more than \(Limits.parameters) parameters" }
        }
        return nil
    }

    /// `layers.N.weight` [outputs, inputs] and `layers.N.bias` [outputs], layer by layer: y = x·Wᵀ + b, as in PyTorch's
    /// `nn.Linear`, whose `state_dict` tensors can be used as they are.
    package var parameterLayout: [TensorShape] {
        var shapes: [TensorShape] = []
        for (index, (inputs, outputs)) in zip(layers, layers.dropFirst()).enumerated() {
            shapes.append(TensorShape(name: "layers.\(index).weight", dimensions: [outputs, inputs]))
            shapes.append(TensorShape(name: "layers.\(index).bias", dimensions: [outputs]))
        }
        return shapes
    }

    package var parameterCount: Int { zip(layers, layers.dropFirst()).reduce(0) { $0 + ($1.0 + 1) * $1.1 } }

    /// Weights uniform in ±√(6/fan-in) before a ReLU (He et al. 2015, arXiv 1502.01852) and ±√(6/(fan-in + fan-out))
    /// before the softmax (Glorot and Bengio 2010); biases 0.
    package func initialParameters(seed: UInt64) -> [Float] {
        var generator = SeededGenerator(seed: derivedSeed(seed, "initial parameters"))
        var parameters: [Float] = []
        parameters.reserveCapacity(parameterCount)
        for (index, (inputs, outputs)) in zip(layers, layers.dropFirst()).enumerated() {
            let isLast = index == layers.count - 2
            let bound = (6 / Double(isLast ? inputs + outputs : inputs)).squareRoot()
            for _ in 0..<(inputs * outputs) { parameters.append(Float((2 * generator.uniform() - 1) * bound)) }
            parameters += [Float](repeating: 0, count: outputs)
        }
        return parameters
    }
}

package struct TensorShape: Sendable, Equatable {
    package var name: String
    package var dimensions: [Int]

    package init(name: String, dimensions: [Int]) {
        self.name = name
        self.dimensions = dimensions
    }

    package var count: Int { dimensions.reduce(1, *) }
}
