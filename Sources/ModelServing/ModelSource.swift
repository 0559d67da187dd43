package import StrictJSON

/// What a file of weights is, by its bytes and not by its name.
package enum ModelFormat: String, Sendable, CaseIterable, Codable {
    /// Safetensors of a model of `Learning`, with its spec and schema in the metadata.
    case safetensors
    /// Safetensors of a byte-level language model, with its configuration in the metadata.
    case byteLanguage = "byte_language"
    case onnx
    /// It is kept and handed out, and nothing here computes it.
    case stored
    /// It is on another server, which computes it; there is no file here.
    case upstream
}

/// One version of a model whose bytes are here, were checked and may be loaded.
package struct ServableModel: Sendable, Equatable {
    /// Unique among the tenant's models: what callers name.
    package var id: String
    package var tenant: String
    package var name: String
    package var version: String
    package var format: ModelFormat
    /// Of the file, 64 hexadecimal digits. Compared with the bytes whenever they are loaded.
    package var sha256: String
    package var bytes: Int
    /// What is known of it: data, rounds, ε, contributors, measures.
    package var card: JSON

    package init(
        id: String, tenant: String, name: String, version: String, format: ModelFormat, sha256: String, bytes: Int, card: JSON = .object([])
    ) {
        (self.id, self.tenant, self.name, self.version) = (id, tenant, name, version)
        (self.format, self.sha256, self.bytes, self.card) = (format, sha256, bytes, card)
    }
}

extension ServableModel {
    /// nil: it is on another server, and nobody here has seen its weights.
    package var verifiedSHA256: String? { format == .upstream ? nil : sha256 }
    /// `oip:lab`; nil: it is computed here.
    package var upstream: String? { format == .upstream ? card["backend"]?.text : nil }
}

/// Why there is no model to load.
package enum ModelFailure: Error, Sendable, Equatable, CustomStringConvertible {
    /// There is no model of this name, or it is another tenant's.
    case notFound(String)
    /// It is known and cannot be loaded yet: its bytes are still on their way.
    case notReady(id: String, why: String)
    /// Its bytes were not taken: waiting does not help.
    case refused(id: String, why: String)
    /// A deployment that was ended: it answers never again.
    case stopped(deployment: String)
    /// The bytes on disk are not those that were registered.
    case damaged(id: String)
    /// Known bytes of a kind that nothing here computes.
    case unsupported(id: String, why: String)
    case internalError(cause: String)

    package var description: String {
        switch self {
        case .notFound(let id): "There is no model '\(id)'."
        case .notReady(let id, let why): "The model '\(id)' is not ready: \(why)."
        case .refused(let id, let why): "The model '\(id)' has no file: \(why). Register it again."
        case .stopped(let deployment): "The deployment '\(deployment)' was stopped; deploy its model again."
        case .damaged(let id): "The file of the model '\(id)' is not the one that was registered; register it again."
        case .unsupported(let id, let why): "The model '\(id)' is not computed here: \(why)."
        case .internalError(let cause): cause
        }
    }
}

/// Where models come from that are to answer: the registry in production, a dictionary in tests.
package protocol ModelSource: Sendable {
    /// The tenant's models that may be loaded, by id.
    func models(tenant: String) async throws(ModelFailure) -> [ServableModel]
    func model(_ id: String, tenant: String) async throws(ModelFailure) -> ServableModel
    /// The file. Its SHA-256 has been compared with the record's.
    func bytes(of model: ServableModel) async throws(ModelFailure) -> [UInt8]
}
