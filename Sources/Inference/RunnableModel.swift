/// What goes into a model, or comes out of it.
package struct TensorSpec: Sendable, Equatable {
    package var name: String
    package var element: Tensor.Element
    /// -1: any extent, as the rows of a batch are.
    package var shape: [Int]

    package init(name: String, element: Tensor.Element, shape: [Int]) {
        (self.name, self.element, self.shape) = (name, element, shape)
    }
}

/// A tensor by the name under which a model knows it.
package struct NamedTensor: Sendable, Equatable {
    package var name: String
    package var tensor: Tensor

    package init(_ name: String, _ tensor: Tensor) { (self.name, self.tensor) = (name, tensor) }
}

/// Why a model gave no answer. Nothing of what was asked is repeated in it.
package enum InferenceError: Error, Sendable, Equatable, CustomStringConvertible {
    /// An input that the model has is not there, or has another shape or kind of elements, or does not exist in the model.
    case input(name: String, problem: String)
    /// What the model would have to compute is larger than it may be, or is not computed here.
    case unsupported(String)

    package var description: String {
        switch self {
        case .input(let name, let problem): "The input '\(name)' \(problem)."
        case .unsupported(let what): "\(what)."
        }
    }
}

/// A model that lies in memory and answers. Pure: the same inputs, the same outputs. It may be called by several threads at once.
package protocol RunnableModel: Sendable {
    var inputs: [TensorSpec] { get }
    var outputs: [TensorSpec] { get }
    /// Of its weights.
    var memoryBytes: Int { get }
    /// Whether the first extent of every input and output is the rows of a batch, so that calls may be put together.
    var isBatched: Bool { get }

    func run(_ inputs: [NamedTensor]) throws(InferenceError) -> [NamedTensor]
}
