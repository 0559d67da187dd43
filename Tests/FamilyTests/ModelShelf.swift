import Inference
import Learning
import ModelServing
import StrictJSON
import Synchronization

/// Models in a dictionary.
final class ModelShelf: ModelSource {
    private let files = Mutex<[String: (record: ServableModel, bytes: [UInt8])]>([:])
    private let held = Mutex<Set<String>>([])
    static let digest = String(repeating: "ab", count: 32)
    static let spec = ModelSpec(kind: .mlp, layers: [4, 6, 3])

    /// A small classifier whose numbers are always the same.
    static func classifier() -> ModelFile {
        var generator = SeededGenerator(seed: 11)
        let schema = DataSchema(inputs: 4, outputs: 3, scale: .constant(2), labels: ["ash", "birch", "cedar"])
        return ModelFile(spec: spec, schema: schema, parameters: (0..<spec.parameterCount).map { _ in Float(generator.normal()) })
    }

    func put(
        _ id: String, tenant: String = "default", name: String = "trees", version: String = "1.0", format: ModelFormat = .safetensors, bytes: [UInt8]? = nil
    ) {
        let bytes = bytes ?? Self.classifier().encode()
        let card: JSON = ["type": "classifier", "capabilities": ["classification"]]
        let record = ServableModel(
            id: id, tenant: tenant, name: name, version: version, format: format, sha256: Self.digest, bytes: bytes.count, card: card)
        files.withLock { $0["\(tenant)/\(id)"] = (record, bytes) }
    }

    /// Its file is on its way.
    func hold(_ id: String, _ isHeld: Bool) { held.withLock { if isHeld { $0.insert(id) } else { $0.remove(id) } } }

    func models(tenant: String) async throws(ModelFailure) -> [ServableModel] {
        files.withLock { $0.values.map(\.record).filter { $0.tenant == tenant }.sorted { $0.id < $1.id } }
    }

    func model(_ id: String, tenant: String) async throws(ModelFailure) -> ServableModel {
        guard let found = files.withLock({ $0["\(tenant)/\(id)"] }) else { throw .notFound(id) }
        if held.withLock({ $0.contains(id) }) { throw .notReady(id: id, why: "its file is being fetched") }
        return found.record
    }

    func bytes(of model: ServableModel) async throws(ModelFailure) -> [UInt8] {
        guard let found = files.withLock({ $0["\(model.tenant)/\(model.id)"] }) else { throw .notFound(model.id) }
        return found.bytes
    }
}

/// Waits for something that must come.
func until(_ isSo: () async -> Bool) async {
    for _ in 0..<30_000 {
        if await isSo() { return }
        try? await Task.sleep(for: .milliseconds(2))
    }
}
