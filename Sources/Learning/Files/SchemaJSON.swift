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
        var members: [JSON.Member] = [
            .init("kind", .string(kind.rawValue)), .init("layers", .array(layers.map { .integer(Int64($0)) })),
        ]
        if let transformer { return .object([members[0], .init("transformer", transformer.json)]) }
        if let image { members.append(.init("image", .array([image.channels, image.height, image.width].map { .integer(Int64($0)) }))) }
        if !convolutions.isEmpty {
            members.append(
                .init(
                    "convolutions",
                    .array(convolutions.map { ["channels": JSON($0.channels), "kernel": JSON($0.kernel), "pool": JSON($0.pool)] })))
        }
        return .object(members)
    }

    package init(json: JSON, field: String = "model") throws(FieldError) {
        guard let name = json["kind"]?.text, let kind = Kind(rawValue: name) else {
            let kinds = Kind.allCases.map(\.rawValue).joined(separator: ", ")
            throw FieldError(field: "\(field).kind", issue: "must be one of \(kinds)")
        }
        if kind == .byteTransformer {
            for stray in ["layers", "image", "convolutions"] where json[stray].map({ $0 != .null }) ?? false {
                throw FieldError(field: "\(field).\(stray)", issue: "does not belong to kind byte_transformer: its sizes stand in transformer")
            }
            self.init(transformer: try TransformerShape(json: json["transformer"] ?? .null, field: "\(field).transformer"))
            return
        }
        if let stray = json["transformer"], stray != .null {
            throw FieldError(field: "\(field).transformer", issue: "belongs to kind byte_transformer")
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
        self.init(
            kind: kind, layers: layers, image: try Self.image(json["image"], "\(field).image"),
            convolutions: try Self.convolutions(json["convolutions"], "\(field).convolutions"))
        if let fault { throw FieldError(field: "\(field).\(fault.field)", issue: fault.issue) }
    }

    private static func image(_ json: JSON?, _ field: String) throws(FieldError) -> ImageShape? {
        guard let json, json != .null else { return nil }
        let sides = (json.elements ?? []).compactMap(\.whole)
        guard sides.count == 3, json.elements?.count == 3, sides.allSatisfy({ (1...Int64(Limits.imageSide)).contains($0) }) else {
            throw FieldError(field: field, issue: "must be [channels, height, width], each 1 to \(Limits.imageSide)")
        }
        return ImageShape(height: Int(sides[1]), width: Int(sides[2]), channels: Int(sides[0]))
    }

    private static func convolutions(_ json: JSON?, _ field: String) throws(FieldError) -> [ConvolutionSpec] {
        guard let json, json != .null else { return [] }
        guard let elements = json.elements, elements.count <= Limits.convolutions else {
            throw FieldError(field: field, issue: "must be a list of at most \(Limits.convolutions) objects")
        }
        var found: [ConvolutionSpec] = []
        for element in elements {
            func side(_ name: String, _ most: Int, otherwise: Int?) throws(FieldError) -> Int {
                if element[name] == nil, let otherwise { return otherwise }
                guard let value = element[name]?.whole, value >= 1, value <= Int64(most) else {
                    throw FieldError(field: "\(field).\(name)", issue: "must be a whole number from 1 to \(most)")
                }
                return Int(value)
            }
            found.append(
                ConvolutionSpec(
                    channels: try side("channels", Limits.channels, otherwise: nil), kernel: try side("kernel", Limits.kernel, otherwise: 3),
                    pool: try side("pool", Limits.imageSide, otherwise: 1)))
        }
        return found
    }
}

extension TransformerShape {
    package var json: JSON {
        [
            "layers": JSON(layers), "width": JSON(width), "heads": JSON(heads), "hidden": JSON(hidden), "context": JSON(context),
            "positions": .string(positions.rawValue), "longest_gram": JSON(longestGram), "gram_rows": JSON(gramRows),
        ]
    }

    /// What is left out has its usual value.
    package init(json: JSON, field: String) throws(FieldError) {
        self.init()
        guard json != .null else { return }
        guard json.members != nil else { throw FieldError(field: field, issue: "must be an object, such as \(self.json.encodedText)") }
        func whole(_ name: String, _ usual: Int) throws(FieldError) -> Int {
            guard let value = json[name], value != .null else { return usual }
            guard let number = value.whole, let number = Int(exactly: number) else {
                throw FieldError(field: "\(field).\(name)", issue: "must be a whole number")
            }
            return number
        }
        (layers, width) = (try whole("layers", layers), try whole("width", width))
        (heads, hidden, context) = (try whole("heads", heads), try whole("hidden", 4 * width.clamped(to: Limits.blockWidth)), try whole("context", context))
        if let stated = json["positions"], stated != .null {
            guard let known = stated.text.flatMap(Positions.init) else {
                throw FieldError(field: "\(field).positions", issue: "must be one of \(Positions.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            positions = known
        }
        (longestGram, gramRows) = (try whole("longest_gram", longestGram), try whole("gram_rows", gramRows))
        if let fault { throw FieldError(field: "\(field).\(fault.field)", issue: fault.issue) }
    }
}

extension Int {
    /// Before it is multiplied.
    fileprivate func clamped(to most: Int) -> Int { Swift.max(0, Swift.min(self, most)) }
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
        var task = LearningTask.classification
        if let stated = json["task"] {
            guard let known = stated.text.flatMap(LearningTask.init) else {
                throw FieldError(field: "\(field).task", issue: "must be one of \(LearningTask.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            task = known
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
            labels: labels, task: task)
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
