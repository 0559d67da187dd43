internal import Foundation
internal import Inference
internal import Learning

/// Rows with what a model should say of them, and what it said.
struct LabelledRows: Sendable {
    var task: DataSchema.LearningTask
    /// rows × inputs, in the units of the file.
    var features: [Float]
    var inputs: Int
    var labels: [Int32] = []
    var targets: [Float] = []
    var classes: Int
    var names: [String]
    var rows: Int { inputs > 0 ? features.count / inputs : 0 }

    /// - Parameter schema: of the model; nil: whole numbers from 0 are its classes.
    init(_ bytes: [UInt8], _ schema: DataSchema?, classes: Int, label: LabelColumn) throws(DatasetError) {
        var options = schema.map { CSVOptions(schema: $0) } ?? CSVOptions()
        options.label = label
        if schema == nil { options.outputs = classes }
        let table = try DataFile.parse(bytes, options: options)
        let dataset = try table.dataset(for: schema ?? table.schema)
        (task, features, inputs, labels, targets) = (dataset.task, table.features, table.inputs, dataset.labels, dataset.targets)
        (self.classes, names) = (dataset.outputs, schema?.labels ?? [])
    }

    /// What a model says of each class, a row for each of its.
    /// - Returns: nil where it is not that.
    static func predictions(_ tensor: Tensor, classes: Int) -> [Prediction]? {
        guard case .float(let values) = tensor.values, tensor.shape.count == 2, tensor.shape[1] == classes, classes > 1 else { return nil }
        return stride(from: 0, to: values.count, by: classes).map { at in
            let row = Array(values[at..<(at + classes)])
            let best = row.indices.reduce(0) { row[$1] > row[$0] ? $1 : $0 }
            return Prediction(label: best, probabilities: probabilities(row))
        }
    }

    /// Rows that are no probabilities are taken for logits.
    private static func probabilities(_ row: [Float]) -> [Float] {
        let sum = row.reduce(0) { $0 + Double($1) }
        if row.allSatisfy({ $0 >= 0 && $0 <= 1 }), abs(sum - 1) < 1e-3 { return row }
        guard let most = row.max(), most.isFinite else { return row.map { _ in 1 / Float(row.count) } }
        let powers = row.map { exp(Double($0 - most)) }
        let total = powers.reduce(0, +)
        return powers.map { Float($0 / total) }
    }
}
