internal import StrictJSON

/// A model as it travels and lies on disk: shape, schema (with its scaling) and parameters in one safetensors file.
/// Equal models give equal bytes, so the file's SHA-256 names the model.
package struct ModelFile: Sendable, Equatable {
    package var spec: ModelSpec
    package var schema: DataSchema
    package var parameters: [Float]

    package init(spec: ModelSpec, schema: DataSchema, parameters: [Float]) {
        precondition(parameters.count == spec.parameterCount)
        self.spec = spec
        self.schema = schema
        self.parameters = parameters
    }

    /// The entry of the metadata that says what the model is.
    package static let metadataName = "tutti"

    package func encode() -> [UInt8] {
        let card: JSON = ["format": 1, "model": spec.json, "schema": schema.json]
        return Safetensors.encode(
            slices(of: parameters, spec.parameterLayout), metadata: [(Self.metadataName, card.encodedText)])
    }

    package init(decoding bytes: [UInt8]) throws(SafetensorsError) {
        let file = try Safetensors.decode(bytes)
        guard let text = file.metadata.first(where: { $0.name == Self.metadataName })?.value else {
            throw .model("its metadata has no 'tutti' entry")
        }
        let card: JSON
        do { card = try JSON(parsing: text, maximumDepth: 8) } catch { throw .model("its 'tutti' entry is \(error)") }
        guard card["format"]?.whole == 1 else { throw .model("its format is not 1; a newer version may read it") }
        guard let model = card["model"], let schema = card["schema"] else { throw .model("model or schema is missing") }
        do {
            spec = try ModelSpec(json: model)
            self.schema = try DataSchema(json: schema)
        } catch { throw .model(error.description) }
        guard spec.inputs == self.schema.inputs, spec.outputs == self.schema.outputs else {
            throw .model("the model's widths are not the schema's")
        }
        guard spec.task == self.schema.task else {
            throw .model("a model of kind \(spec.kind.rawValue) is for \(spec.task.rawValue), its schema says \(self.schema.task.rawValue)")
        }
        parameters = try flatParameters(of: file, in: bytes, layout: spec.parameterLayout)
    }
}

/// The tensors of a flat parameter vector.
package func slices(of values: [Float], _ layout: [TensorShape]) -> [(shape: TensorShape, values: ArraySlice<Float>)] {
    var offset = 0
    return layout.map { shape in
        defer { offset += shape.count }
        return (shape, values[offset..<(offset + shape.count)])
    }
}

/// The flat vector of a file whose tensors have exactly the names, types and shapes of `layout`.
package func flatParameters(
    of file: Safetensors.File, in bytes: [UInt8], layout: [TensorShape]
) throws(SafetensorsError) -> [Float] {
    guard file.tensors.count == layout.count else {
        throw .model("it has \(file.tensors.count) tensors; \(layout.count) are needed")
    }
    var values: [Float] = []
    values.reserveCapacity(bytes.count / 4)
    for shape in layout {
        guard let tensor = file.tensors.first(where: { $0.name == shape.name }) else {
            throw .tensor(shape.name, "it is missing")
        }
        guard tensor.shape == shape.dimensions else {
            throw .tensor(shape.name, "its shape is \(tensor.shape); \(shape.dimensions) is needed")
        }
        try Safetensors.append(tensor, in: bytes, to: &values)
    }
    return values
}
