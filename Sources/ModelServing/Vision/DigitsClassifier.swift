package import Inference
package import Learning

/// Says which digit the rows of the UCI set show: the one thing that a runtime has to give for `ai/vision/classify`.
package protocol DigitsClassifier: Sendable {
    /// Names of the ten classes, in order of their numbers.
    var labels: [String] { get }
    /// - Parameter counts: 64 numbers 0...16, as `DigitImage` makes them.
    /// - Returns: ten probabilities that add up to 1, before any calibration.
    func probabilities(_ counts: [UInt8]) throws(InferenceError) -> [Float]
}

/// A model of `Learning`, computed by its own forward pass: the same that evaluates it.
package struct LearningDigits: DigitsClassifier {
    package static let inputs = 64
    package static let classes = 10
    private let model: ModelFile
    package let labels: [String]

    /// nil where it is no classifier of the set's rows: they have 64 numbers 0...16, scaled by what fits those, and ten classes that are called
    /// as the digits are or not at all.
    package init?(_ model: ModelFile) {
        let digits = (0..<Self.classes).map(String.init)
        guard model.spec.task == .classification, model.schema.inputs == Self.inputs, model.schema.outputs == Self.classes,
            model.schema.labels.isEmpty || model.schema.labels == digits, Self.fits(model.schema.scale), model.parameters.allSatisfy(\.isFinite)
        else { return nil }
        (self.model, labels) = (model, digits)
    }

    private static func fits(_ scale: Scaling) -> Bool {
        let range: ClosedRange<Float> = 0...16
        switch scale {
        case .none: return true
        case .constant(let c): return c == 16
        case .minMax(let least, let most): return (least + most).allSatisfy(range.contains)
        case .standardize(let means, let deviations): return (means + deviations).allSatisfy(range.contains)
        }
    }

    package func probabilities(_ counts: [UInt8]) throws(InferenceError) -> [Float] {
        guard counts.count == Self.inputs else { throw .input(name: "counts", problem: "has \(counts.count) numbers instead of \(Self.inputs)") }
        var features = counts.map(Float.init)
        model.schema.scale.apply(to: &features, inputs: Self.inputs)
        guard let first = predict(spec: model.spec, parameters: model.parameters, features: features).first else {
            throw .unsupported("The model gave no answer")
        }
        return first.probabilities
    }
}
