internal import Learning
internal import Platform
internal import StrictJSON

/// What a model is to be measured on, as the parameters say.
struct EvaluationTask: Sendable {
    static let names = ["model", "label_column", "output"]
    var model: String
    var label = LabelColumn.last
    /// Of an ONNX model: the one with what it says of each class; nil: the first that may be that.
    var output: String?

    init(_ parameters: JSON) throws(JobFailure) {
        guard let model = parameters["model"]?.text, (1...256).contains(model.utf8.count) else {
            throw .invalid(field: "parameters.model", issue: "is needed: the id of a model of GET /models", provided: nil)
        }
        self.model = model
        guard let input = parameters["input_source"], input != .null else {
            throw .invalid(field: "parameters.input_source", issue: "is needed: rows with their labels, or a text", provided: nil)
        }
        if let column = parameters["label_column"], column != .null {
            if let index = column.whole, (0...Int64(1 << 20)).contains(index) {
                label = .index(Int(index))
            } else if let name = column.text, (1...256).contains(name.utf8.count) {
                label = .name(name)
            } else {
                throw .invalid(field: "parameters.label_column", issue: "must be a column's name, or its number from 0", provided: nil)
            }
        }
        if let output = parameters["output"], output != .null {
            guard let name = output.text, (1...256).contains(name.utf8.count) else {
                throw .invalid(field: "parameters.output", issue: "must be the name of one of the model's outputs", provided: nil)
            }
            self.output = name
        }
        // A figure is no table.
        guard ["json", nil].contains(parameters["output_format"]?.text) else {
            throw .invalid(field: "parameters.output_format", issue: "must be json for type model_evaluation", provided: parameters["output_format"])
        }
    }
}
