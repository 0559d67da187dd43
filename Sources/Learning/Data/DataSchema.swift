internal import StrictJSON

/// What a model expects of the data and a data set declares of itself. It travels with the model, so that whoever
/// predicts scales as those who trained.
package struct DataSchema: Sendable, Equatable, Codable {
    package enum LearningTask: String, Sendable, Codable, CaseIterable {
        /// Which of several classes a row belongs to.
        case classification
        /// A real number for each row, in its own unit.
        case regression
        /// The next byte of a text, which has no rows but pieces.
        case language
    }

    package var inputs: Int
    /// Classes; 1 in a regression.
    package var outputs: Int
    package var task: LearningTask
    package var scale: Scaling
    /// Names of the classes, in order of their numbers; empty where classes are plain numbers.
    package var labels: [String]

    package init(inputs: Int, outputs: Int, scale: Scaling, labels: [String] = [], task: LearningTask = .classification) {
        self.inputs = inputs
        self.outputs = outputs
        self.task = task
        self.scale = scale
        self.labels = labels
    }

    /// Names the first field in which two schemas cannot work together, with both values; nil when they can.
    package func disagreement(with other: DataSchema) -> (field: String, ours: String, theirs: String)? {
        if task != other.task { return ("data_schema.task", task.rawValue, other.task.rawValue) }
        if inputs != other.inputs { return ("data_schema.inputs", "\(inputs)", "\(other.inputs)") }
        if outputs != other.outputs { return ("data_schema.outputs", "\(outputs)", "\(other.outputs)") }
        if scale != other.scale { return ("data_schema.scale", scale.summary, other.scale.summary) }
        if labels != other.labels {
            return ("data_schema.labels", labels.joined(separator: ","), other.labels.joined(separator: ","))
        }
        return nil
    }

    /// nil when the schema can be used.
    package var problem: String? {
        if inputs < 1 || inputs > Limits.width { return "inputs must be 1 to \(Limits.width), not \(inputs)" }
        switch task {
        case .classification:
            if outputs < 2 || outputs > Limits.labels { return "outputs must be 2 to \(Limits.labels), not \(outputs)" }
        case .regression:
            if outputs != 1 { return "a regression has 1 output, the number it predicts, not \(outputs)" }
            if !labels.isEmpty { return "labels name classes, and a regression has none; leave them out" }
        case .language:
            guard self == .text else { return "a text has 1 input, \(Self.text.outputs) outputs, no scaling and no labels" }
        }
        if !labels.isEmpty && labels.count != outputs {
            return "\(labels.count) labels are given for \(outputs) outputs; give one for each, or none"
        }
        if Set(labels).count != labels.count { return "two labels are the same; give each class its own name" }
        if let problem = scale.problem(inputs: inputs) { return problem }
        // It travels inside the header of the model's file, as a string in JSON.
        if scale.isByColumn || !labels.isEmpty {
            let length = JSON.string(json.encodedText).encoded().count
            if length > Limits.schemaBytes {
                return
                    "the scaling and the labels take \(length) bytes, at most \(Limits.schemaBytes) fit a model's header; scale by a constant, or shorten the labels"
            }
        }
        return nil
    }
}

/// How raw features become the numbers a model sees.
package enum Scaling: Sendable, Equatable, Codable {
    case none
    /// x / c
    case constant(Float)
    /// (x − min) / (max − min), column by column; a constant column becomes 0.
    case minMax(mins: [Float], maxs: [Float])
    /// (x − mean) / deviation, column by column; a constant column becomes 0.
    case standardize(means: [Float], deviations: [Float])

    package var summary: String {
        switch self {
        case .none: "none"
        case .constant(let c): "constant=\(c)"
        case .minMax: "minmax"
        case .standardize: "standardize"
        }
    }

    var isByColumn: Bool {
        switch self {
        case .none, .constant: false
        case .minMax, .standardize: true
        }
    }

    func problem(inputs: Int) -> String? {
        switch self {
        case .none: return nil
        case .constant(let c): return c.isFinite && c != 0 ? nil : "the scaling constant must be a number other than 0"
        case .minMax(let mins, let maxs):
            return pairProblem(mins, maxs, inputs) ?? (zip(mins, maxs).allSatisfy(<=) ? nil : "a minimum of the scaling exceeds its maximum")
        case .standardize(let means, let deviations):
            return pairProblem(means, deviations, inputs) ?? (deviations.allSatisfy { $0 >= 0 } ? nil : "a deviation of the scaling is negative")
        }
    }

    private func pairProblem(_ a: [Float], _ b: [Float], _ inputs: Int) -> String? {
        if a.count != inputs || b.count != inputs {
            return "the scaling has \(a.count) and \(b.count) numbers; it needs one pair for each of \(inputs) inputs"
        }
        return a.allSatisfy(\.isFinite) && b.allSatisfy(\.isFinite) ? nil : "the scaling has a number that is not finite"
    }

    /// Scales rows in place. `features` is rows × inputs, and the scaling has no `problem` with `inputs`.
    package func apply(to features: inout [Float], inputs: Int) {
        guard inputs > 0 else { return }
        switch self {
        case .none: break
        case .constant(let c):
            for i in features.indices { features[i] /= c }
        case .minMax(let mins, let maxs):
            scaleColumns(&features, shifts: mins, widths: zip(mins, maxs).map { $1 - $0 })
        case .standardize(let means, let deviations):
            scaleColumns(&features, shifts: means, widths: deviations)
        }
    }

    private func scaleColumns(_ features: inout [Float], shifts: [Float], widths: [Float]) {
        let inputs = shifts.count
        for first in stride(from: 0, to: features.count - inputs + 1, by: inputs) {
            for column in 0..<inputs {
                let width = widths[column]
                features[first + column] = width == 0 ? 0 : (features[first + column] - shifts[column]) / width
            }
        }
    }
}
