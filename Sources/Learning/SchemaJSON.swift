package import StrictJSON

/// A field of a schema or model in JSON that cannot be used: which one, and why.
package struct FieldError: Error, Sendable, Equatable, CustomStringConvertible {
    package var field: String
    package var issue: String
    package init(field: String, issue: String) {
        self.field = field
        self.issue = issue
    }
    package var description: String { "\(field): \(issue)" }
}

extension ModelSpec {
    package var json: JSON {
        ["kind": .string(kind.rawValue), "layers": .array(layers.map { .integer(Int64($0)) })]
    }

    package init(json: JSON, field: String = "model") throws(FieldError) {
        let kinds = Kind.allNames
        guard let name = json["kind"]?.text, let kind = Kind(rawValue: name) else {
            throw FieldError(field: "\(field).kind", issue: "must be one of \(kinds)")
        }
        guard let widths = json["layers"]?.elements, widths.count <= Limits.layers + 1 else {
            throw FieldError(field: "\(field).layers", issue: "must be 2 to \(Limits.layers + 1) widths, such as [64, 128, 10]")
        }
        var layers: [Int] = []
        for width in widths {
            guard let w = width.whole, w >= 1, w <= Int64(Limits.width) else {
                throw FieldError(field: "\(field).layers", issue: "a width must be 1 to \(Limits.width)")
            }
            layers.append(Int(w))
        }
        self.init(kind: kind, layers: layers)
        if let problem { throw FieldError(field: "\(field).layers", issue: problem) }
    }
}

extension ModelSpec.Kind {
    static var allNames: String { "softmax_regression, mlp" }
}

extension DataSchema {
    package var json: JSON {
        [
            "inputs": .integer(Int64(inputs)), "outputs": .integer(Int64(outputs)), "task": .string(task.rawValue),
            "scale": scale.json, "labels": .array(labels.map(JSON.string)),
        ]
    }

    package init(json: JSON, field: String = "data_schema") throws(FieldError) {
        guard json.members != nil else { throw FieldError(field: field, issue: "must be an object") }
        func whole(_ name: String) throws(FieldError) -> Int {
            guard let value = json[name]?.whole, value >= 1, value <= Int64(Limits.width) else {
                throw FieldError(field: "\(field).\(name)", issue: "must be a whole number from 1 to \(Limits.width)")
            }
            return Int(value)
        }
        let (inputs, outputs) = (try whole("inputs"), try whole("outputs"))
        if let task = json["task"], task.text.flatMap(LearningTask.init) == nil {
            throw FieldError(field: "\(field).task", issue: "must be 'classification'")
        }
        var labels: [String] = []
        for label in json["labels"]?.elements ?? [] {
            guard let text = label.text, text.utf8.count <= 256 else {
                throw FieldError(field: "\(field).labels", issue: "must be strings of at most 256 bytes")
            }
            labels.append(text)
        }
        self.init(
            inputs: inputs, outputs: outputs, scale: try Scaling(json: json["scale"] ?? .null, field: "\(field).scale"),
            labels: labels)
        if let problem { throw FieldError(field: field, issue: problem) }
    }
}

extension Scaling {
    package var json: JSON {
        func numbers(_ values: [Float]) -> JSON { .array(values.map { .number(Double($0)) }) }
        switch self {
        case .none: return ["kind": "none"]
        case .constant(let c): return ["kind": "constant", "constant": .number(Double(c))]
        case .minMax(let mins, let maxs): return ["kind": "min_max", "mins": numbers(mins), "maxs": numbers(maxs)]
        case .standardize(let means, let deviations):
            return ["kind": "standardize", "means": numbers(means), "deviations": numbers(deviations)]
        }
    }

    init(json: JSON, field: String) throws(FieldError) {
        func numbers(_ name: String) throws(FieldError) -> [Float] {
            guard let elements = json[name]?.elements, elements.count <= Limits.width else {
                throw FieldError(field: "\(field).\(name)", issue: "must be a list of numbers")
            }
            var values: [Float] = []
            for element in elements {
                guard let value = element.double else {
                    throw FieldError(field: "\(field).\(name)", issue: "must be a list of numbers")
                }
                values.append(Float(value))
            }
            return values
        }
        switch json["kind"]?.text ?? (json == .null ? "none" : "") {
        case "none": self = .none
        case "constant":
            guard let value = json["constant"]?.double else {
                throw FieldError(field: "\(field).constant", issue: "must be a number")
            }
            self = .constant(Float(value))
        case "min_max": self = .minMax(mins: try numbers("mins"), maxs: try numbers("maxs"))
        case "standardize": self = .standardize(means: try numbers("means"), deviations: try numbers("deviations"))
        default:
            throw FieldError(field: "\(field).kind", issue: "must be one of none, constant, min_max, standardize")
        }
    }
}
