/// What this room takes from outside, at most.
package enum Limits {
    /// A file: weights are in it, for external data are refused.
    package static let fileBytes = 2 << 30
    package static let nodes = 1 << 16
    package static let initializers = 1 << 16
    /// Inputs and outputs of the graph together.
    package static let graphValues = 1024
    package static let nodeInputs = 4096
    package static let nodeOutputs = 256
    package static let attributes = 256
    package static let opsetImports = 16
    package static let dimensions = 8
    /// Elements of one tensor: 2 GiB of Float32.
    package static let elements = 1 << 29
    package static let nameBytes = 1024
    /// Of texts in tensors and attributes, each.
    package static let textBytes = 1 << 16
    /// Types within types, as sequences of maps have them.
    package static let typeDepth = 8
    /// Names of operators that one error lists; it counts the others.
    package static let listedOperators = 64
    /// Of a name from a file, in an error.
    package static let shownCharacters = 64
    /// What is computed once, while a file is read: larger constants wait for the first run.
    package static let folding = RunLimits(bytes: 8 << 20, work: 1 << 26)
    /// The runs that find out whether rows of a batch know nothing of each other.
    package static let probing = RunLimits(bytes: 1 << 30, work: 1 << 35)
    /// Extents of what is not the batch, in those runs.
    package static let probedElements = 1 << 22
}

/// What one run of a model may take.
package struct RunLimits: Sendable, Equatable {
    /// Of all tensors that live at one time, weights apart.
    package var bytes: Int
    /// Multiplications with additions, comparisons, copies of elements.
    package var work: Int

    package init(bytes: Int = 1 << 30, work: Int = 1 << 38) { (self.bytes, self.work) = (bytes, work) }

    func atMost(_ other: RunLimits) -> RunLimits { RunLimits(bytes: min(bytes, other.bytes), work: min(work, other.work)) }
}
