package import Learning

extension ByteTransformer {
    /// What a session has trained.
    ///
    /// - Throws: `file` for a model of another kind.
    package init(_ file: ModelFile) throws(ByteLanguageError) {
        guard let shape = file.spec.transformer else { throw .file("it is of kind \(file.spec.kind.rawValue)") }
        if let problem = shape.problem { throw .file(problem.description) }
        guard file.parameters.count == shape.parameterCount else { throw .file("it has another number of weights than its sizes say") }
        guard file.parameters.allSatisfy(\.isFinite) else { throw .file("a weight is no finite number") }
        self.init(configuration: shape, parameters: file.parameters)
    }

    /// A file of this room, or the model of a session.
    package init(reading bytes: [UInt8]) throws(ByteLanguageError) {
        let file: Safetensors.File
        do { file = try Safetensors.decode(bytes) } catch { throw .file(error.description) }
        guard file.metadata.contains(where: { $0.name == ModelFile.metadataName }) else { try self.init(decoding: bytes); return }
        let model: ModelFile
        do { model = try ModelFile(decoding: bytes) } catch { throw .file(error.description) }
        try self.init(model)
    }
}
