package import Inference
internal import Learning

/// What makes models of files, by their format.
package struct ModelDecoders: Sendable {
    package typealias Decode = @Sendable ([UInt8]) throws -> any RunnableModel
    private var decoders: [ModelFormat: Decode] = [:]

    /// Models of `Learning`; others are added.
    package init() {
        decoders[.safetensors] = { bytes in
            let file = try ModelFile(decoding: bytes)
            guard file.spec.task != .language else { throw InferenceError.unsupported("A model of text takes no tensors; it answers in llm/generate") }
            return LearningModel(file)
        }
    }

    package func adding(_ format: ModelFormat, _ decode: @escaping Decode) -> ModelDecoders {
        var all = self
        all.decoders[format] = decode
        return all
    }

    package func isRunnable(_ format: ModelFormat) -> Bool { decoders[format] != nil }

    func decoder(of model: ServableModel) throws(RuntimeError) -> Decode {
        if let decode = decoders[model.format] { return decode }
        throw .model(.unsupported(id: model.id, why: "files of the format \(model.format.rawValue) are kept here and not computed"))
    }
}
