internal import APIKit
internal import Federation
internal import Foundation
internal import ModelServing
internal import Storage
internal import StrictJSON

struct RegisterBody: DescribedRequest {
    static let name = "NewModel"
    var modelName = ""
    var framework = ""
    var version = ""
    var source = ""
    var sha256: String?
    var card: JSON?
    var features: JSON?
    var background: JSON?
    var signature: String?
    var publicKey: String?

    static let fields = [
        FieldOf<RegisterBody>("model_name", \.modelName, isRequired: true, Bounds(count: 1...128)),
        FieldOf(
            "framework", \.framework, isRequired: true, Bounds(count: 1...64),
            note: "TensorFlow, PyTorch, ONNX, safetensors, scikit-learn or other, in any case; what the file is, its bytes say"),
        FieldOf(
            "version", \.version, isRequired: true, Bounds(count: 1...64),
            note: "the same name and version with another file: conflict"),
        FieldOf(
            "storage_url", \.source, isRequired: true, Bounds(count: 1...2048), note: "https://, upload:// a file put here, file:// in folders of models.roots"),
        FieldOf("sha256", \.sha256, Bounds(count: 64...64), note: "what the file must have"),
        FieldOf("model_card", \.card, note: "an object: what is known of the model"),
        FieldOf("feature_schema", \.features, note: "a list of {name, type, categories, immutable, protected}; type: number, integer, category, boolean"),
        FieldOf("background_data", \.background, note: "rows to compare with, for explanations"),
        FieldOf("signature", \.signature, Bounds(count: 1...8192), note: "base64, over the 32 bytes of the file's SHA-256"),
        FieldOf("public_key", \.publicKey, Bounds(count: 1...8192), note: "of Ed25519, ML-DSA-65 or ML-DSA-87, as SubjectPublicKeyInfo in PEM"),
    ]

    private static let frameworks = ["tensorflow", "pytorch", "onnx", "safetensors", "scikit-learn", "other"]

    func model() throws(ServiceError) -> NewModel {
        guard Self.frameworks.contains(framework.lowercased()) else {
            throw .invalid(
                field: "framework", issue: "must be one of TensorFlow, PyTorch, ONNX, safetensors, scikit-learn, other", provided: .string(framework))
        }
        if let card, card.members == nil { throw .invalid(field: "model_card", issue: "must be an object", provided: nil) }
        var new = NewModel(name: modelName, version: version, framework: framework, source: source)
        (new.sha256, new.card, new.background) = (sha256, card, background)
        do throws(RegistryFailure) {
            new.features = try features.map { json throws(RegistryFailure) in try FeatureSchema(json) }
            switch (signature, publicKey) {
            case (nil, nil): break
            case (let signature?, let key?): new.signature = try ModelSignature(publicKey: key, signature: signature)
            case (nil, _?): throw .invalid(field: "signature", issue: "is missing: public_key alone says nothing")
            case (_?, nil): throw .invalid(field: "public_key", issue: "is missing: a signature needs the key that it is by")
            }
        } catch { throw ServiceError(error, provided: nil) }
        return new
    }
}

/// As the document calls success, and what it does not know.
enum ModelWord: String, ChoiceValue { case success, pending, failed, archived }
enum ModelStateWord: String, ChoiceValue { case pending, ready, failed, archived }

struct RegisteredView: Described {
    static let name = "RegisteredModel"
    var model: ModelRecord
    var message: String

    static let fields = [
        FieldOf<RegisteredView>(
            "status", \.status, .rule("success: the file is here and was looked into; pending: it is being fetched; failed: it is not taken")),
        FieldOf("model_id", \.model.id, .generated), FieldOf("message", \.message, .rule("one for each status")),
        FieldOf("sha256", \.model.sha256, .stored, "null: the file is not here"), FieldOf("bytes", \.model.bytes, .stored, unit: "B"),
        FieldOf("format_detected", \.model.kind, .rule("by the file's bytes"), "null: the file is not here"),
        FieldOf("runnable_by", \.model.runnableBy, .rule("by the file's bytes"), "what here computes it; nothing: it is kept"),
        FieldOf("blocked_by", \.blockers, .rule("what the file waits for and is not there")),
    ]

    var blockers: [BlockerBody] {
        guard model.waits else { return [] }
        return [
            BlockerBody(
                what: "object_store", field: "storage_url", asked: String(model.source.prefix { $0 != "?" }), have: model.reason ?? "none",
                fix: "have the operator name the bucket there and restart; or delete this model, put the file here and register upload://, or give https://")
        ]
    }

    var status: ModelWord {
        switch model.status {
        case .ready: .success
        case .pending: .pending
        case .failed: .failed
        case .archived: .archived
        }
    }

    init(_ model: ModelRecord) {
        self.model = model
        message =
            switch model.status {
            case .ready: "Model registered successfully."
            case .pending: model.waits ? "Registered; the file waits: \(model.reason ?? "")." : "Registered; the file is being fetched."
            case .failed: "Registered, and the file is not taken: \(model.reason ?? "unknown")."
            case .archived: "The model was deleted; what is deployed of it goes on."
            }
    }
}

extension ModelRecord {
    var runnableBy: [String] {
        switch format.flatMap(ModelFormat.init) {
        case .safetensors?, .byteLanguage?: ["built-in"]
        case .onnx?: ["built-in ONNX subset"]
        case .stored?, .upstream?, nil: []
        }
    }
}

struct ModelView: Described {
    static let name = "Model"
    var model: ModelRecord

    static let fields = [
        FieldOf<ModelView>("status", \.status, .stored), FieldOf("model_id", \.model.id, .generated), FieldOf("model_name", \.model.name, .request),
        FieldOf("version", \.model.version, .request), FieldOf("framework", \.model.framework, .request),
        FieldOf("storage_url", \.source, .request, "without what follows a question mark"),
        FieldOf("reason", \.model.reason, .stored, "why it failed, or still waits; null: neither"), FieldOf("sha256", \.model.sha256, .stored),
        FieldOf("bytes", \.model.bytes, .stored, unit: "B"), FieldOf("format_detected", \.model.kind, .rule("by the file's bytes")),
        FieldOf("runnable_by", \.model.runnableBy, .rule("by the file's bytes")), FieldOf("signed_by", \.signedBy, .stored, "null: no signature was given"),
        FieldOf("session_id", \.model.session, .stored, "the federated session that made it"), FieldOf("model_card", \.card, .stored),
        FieldOf("feature_schema", \.features, .request), FieldOf("has_background_data", \.hasBackground, .stored),
        FieldOf("created_at", \.createdAt, .clock), FieldOf("created_by", \.model.createdBy, .stored),
        FieldOf("ready_at", \.endedAt, .clock, "when the file was taken or refused; null: not yet"),
    ]

    var status: ModelStateWord { ModelStateWord(rawValue: model.status.rawValue) ?? .failed }
    var source: String { String(model.source.prefix { $0 != "?" }) }
    var signedBy: String? { model.signature?.algorithm }
    var card: JSON { model.card.flatMap { try? JSON(parsing: $0) } ?? .object([]) }
    var features: JSON { model.features.flatMap { try? JSON(parsing: $0) } ?? .array([]) }
    var hasBackground: Bool { model.background != nil }
    var createdAt: Timestamp { Timestamp(milliseconds: model.createdAt.milliseconds) }
    var endedAt: Timestamp? { model.endedAt.map { Timestamp(milliseconds: $0.milliseconds) } }
}

struct RemovedView: Described {
    static let name = "RemovedModel"
    enum Word: String, ChoiceValue { case deleted, archived }
    var id: String
    var status: Word
    var message: String
    static let fields = [
        FieldOf<RemovedView>("status", \.status, .rule("archived where something still needs it")), FieldOf("model_id", \.id, .request),
        FieldOf("message", \.message, .rule("one for each status")),
    ]
}

extension ServiceError {
    init(_ failure: RegistryFailure, provided: JSON?) {
        switch failure {
        case .invalid(let field, let issue): self = .invalid(field: field, issue: issue, provided: provided)
        case .unprocessable(let field, let issue): self = .unprocessable(field: field, issue: issue, provided: provided)
        case .notFound(let what): self = .notFound(what)
        case .conflict(let field, let issue): self = .disagreement(field: field, issue: issue, provided: provided)
        case .tooMany(let what, let limit):
            self = .conflict("there are \(limit) \(what), the most there may be; delete those that are not needed", retryAfterSeconds: nil)
        case .storage(let error): self = ServiceError(error)
        }
    }
}

func registering<Value: Sendable>(_ call: () async throws(RegistryFailure) -> Value) async throws(ServiceError) -> Value {
    do { return try await call() } catch { throw ServiceError(error, provided: nil) }
}
