/// The shape of a model. Parameters are one flat array of Float in the order of `parameterLayout`.
package struct ModelSpec: Sendable, Equatable, Codable {
    package enum Kind: String, Sendable, Codable, CaseIterable {
        /// One linear layer and a softmax (multinomial logistic regression).
        case softmaxRegression = "softmax_regression"
        /// One linear layer with one output and nothing after it, trained for the least mean squared error.
        case linear
        /// Linear layers with ReLU between them and a softmax at the end.
        case mlp
        /// Convolutions with ReLU and pooling, then linear layers as in an MLP.
        case cnn
        /// A transformer over bytes, trained on text: `ByteLanguage` has its network.
        case byteTransformer = "byte_transformer"
    }

    package var kind: Kind
    /// Widths from the inputs to the outputs: [64, 128, 10]. In a CNN the first is the number of values of an image. A transformer has none.
    package var layers: [Int]
    /// What a row of inputs is; nil unless `kind` is `cnn`.
    package var image: ImageShape?
    /// Empty unless `kind` is `cnn`.
    package var convolutions: [ConvolutionSpec]
    /// nil unless `kind` is `byteTransformer`.
    package var transformer: TransformerShape?

    package init(kind: Kind, layers: [Int], image: ImageShape? = nil, convolutions: [ConvolutionSpec] = []) {
        self.kind = kind
        self.layers = layers
        self.image = image
        self.convolutions = convolutions
    }

    /// A CNN: `layers` are the widths of the linear layers after the convolutions, the outputs last.
    package init(image: ImageShape, convolutions: [ConvolutionSpec], layers: [Int]) {
        self.init(kind: .cnn, layers: [image.count] + layers, image: image, convolutions: convolutions)
    }

    /// What the model is for; it decides the loss.
    package var task: DataSchema.LearningTask {
        switch kind {
        case .linear: .regression
        case .softmaxRegression, .mlp, .cnn: .classification
        case .byteTransformer: .language
        }
    }

    package var inputs: Int { kind == .byteTransformer ? DataSchema.text.inputs : layers.first ?? 0 }
    package var outputs: Int { kind == .byteTransformer ? DataSchema.text.outputs : layers.last ?? 0 }

    /// The image after each convolution and its pooling, the input first.
    package var images: [ImageShape] {
        guard let image else { return [] }
        return convolutions.reduce(into: [image]) { images, convolution in
            if let last = images.last { images.append(convolution.output(of: last)) }
        }
    }

    /// Widths of the linear layers, what they read first.
    package var dense: [Int] {
        guard let features = images.last else { return layers }
        return [features.count] + layers.dropFirst()
    }

    /// `layers.N.weight` [outputs, inputs] and `layers.N.bias` [outputs], layer by layer: y = x·Wᵀ + b, as in PyTorch's
    /// `nn.Linear`, whose `state_dict` tensors can be used as they are. Before them, in a CNN, `convolutions.N.weight`
    /// [outputs, inputs, kernel, kernel] and `convolutions.N.bias`, as in `nn.Conv2d`; rows of inputs are images
    /// [channels, height, width], and the linear layers read the last one in that order.
    package var parameterLayout: [TensorShape] {
        if let transformer { return transformer.parameterLayout }
        var shapes: [TensorShape] = []
        for (index, (image, convolution)) in zip(images, convolutions).enumerated() {
            shapes.append(
                TensorShape(
                    name: "convolutions.\(index).weight",
                    dimensions: [convolution.channels, image.channels, convolution.kernel, convolution.kernel]))
            shapes.append(TensorShape(name: "convolutions.\(index).bias", dimensions: [convolution.channels]))
        }
        let widths = dense
        for (index, (inputs, outputs)) in zip(widths, widths.dropFirst()).enumerated() {
            let names = index < Self.firstNames.count ? Self.firstNames[index] : Self.names(index)
            shapes.append(TensorShape(name: names.weight, dimensions: [outputs, inputs]))
            shapes.append(TensorShape(name: names.bias, dimensions: [outputs]))
        }
        return shapes
    }

    /// Made once: a layout is asked for with every update.
    private static let firstNames = (0..<8).map { names($0) }
    private static func names(_ index: Int) -> (weight: String, bias: String) { ("layers.\(index).weight", "layers.\(index).bias") }

    package var parameterCount: Int {
        if let transformer { return transformer.parameterCount }
        var count = 0
        for (image, convolution) in zip(images, convolutions) {
            count += convolution.channels * (image.channels * convolution.kernel * convolution.kernel + 1)
        }
        let widths = dense
        for (inputs, outputs) in zip(widths, widths.dropFirst()) { count += (inputs + 1) * outputs }
        return count
    }

    /// Weights uniform in ±√(6/fan-in) before a ReLU (He et al. 2015, arXiv 1502.01852) and ±√(6/(fan-in + fan-out))
    /// before the softmax (Glorot and Bengio 2010); biases 0. A linear regression has one minimum and begins at 0.
    package func initialParameters(seed: UInt64) -> [Float] {
        if let transformer { return transformer.initialParameters(seed: seed) }
        if kind == .linear { return [Float](repeating: 0, count: parameterCount) }
        var generator = SeededGenerator(seed: derivedSeed(seed, "initial parameters"))
        var parameters: [Float] = []
        let layout = parameterLayout
        parameters.reserveCapacity(layout.reduce(0) { $0 + $1.count })
        for (index, shape) in layout.enumerated() {
            guard let fanOut = shape.dimensions.first, shape.dimensions.count > 1 else {
                parameters += [Float](repeating: 0, count: shape.count)
                continue
            }
            let fanIn = shape.count / max(1, fanOut)
            let isLast = index == layout.count - 2
            let bound = (6 / Double(isLast ? fanIn + fanOut : fanIn)).squareRoot()
            for _ in 0..<shape.count { parameters.append(Float((2 * generator.uniform() - 1) * bound)) }
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
