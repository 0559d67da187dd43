package import Inference

extension [TensorSpec] {
    /// Whether the tensors are what a model takes: each input once, by its name, of its kind and shape. Batched inputs agree in their rows.
    package func check(_ tensors: [NamedTensor]) throws(InferenceError) {
        for (i, tensor) in tensors.enumerated() {
            guard let spec = first(where: { $0.name == tensor.name }) else {
                let names = map(\.name).joined(separator: ", ")
                throw .input(name: tensor.name.clippedName, problem: "is not one of this model's, which are: \(names)")
            }
            guard !tensors[..<i].contains(where: { $0.name == tensor.name }) else { throw .input(name: spec.name, problem: "is there twice") }
            guard tensor.tensor.element == spec.element else {
                throw .input(name: spec.name, problem: "must be \(spec.element.rawValue), not \(tensor.tensor.element.rawValue)")
            }
            let shape = tensor.tensor.shape
            guard shape.count == spec.shape.count, zip(shape, spec.shape).allSatisfy({ $1 < 0 || $0 == $1 }) else {
                throw .input(name: spec.name, problem: "must have the shape \(spec.shape), where -1 is any number; it has \(shape)")
            }
        }
        for spec in self where !tensors.contains(where: { $0.name == spec.name }) { throw .input(name: spec.name, problem: "is missing") }
    }
}

extension [NamedTensor] {
    /// The rows of a batch: the first extent of all tensors; nil where they differ, or one has none.
    package var rows: Int? {
        guard let rows = first?.tensor.shape.first else { return nil }
        return allSatisfy { $0.tensor.shape.first == rows } ? rows : nil
    }
}

extension String {
    /// A name from outside, as far as an error repeats it.
    var clippedName: String { utf8.count <= 64 ? self : String(decoding: utf8.prefix(61), as: UTF8.self) + "..." }
}
