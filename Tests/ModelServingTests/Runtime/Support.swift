import Inference
import Learning
import ModelServing
import Synchronization

/// Models in a dictionary.
final class Shelf: ModelSource {
    private let files = Mutex<[String: (record: ServableModel, bytes: [UInt8])]>([:])
    private let held = Mutex<Set<String>>([])

    func put(_ id: String, _ bytes: [UInt8], tenant: String = "t", format: ModelFormat = .safetensors, sha256: String = "ab") {
        let record = ServableModel(
            id: id, tenant: tenant, name: "name-\(id)", version: "1", format: format, sha256: sha256, bytes: bytes.count)
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

func model(_ kind: ModelSpec, seed: UInt64, labels: [String] = []) -> ModelFile {
    var generator = SeededGenerator(seed: seed)
    let parameters = (0..<kind.parameterCount).map { _ in Float(generator.normal()) * 0.2 }
    let scale = Scaling.standardize(
        means: (0..<kind.inputs).map { Float($0) * 0.01 }, deviations: (0..<kind.inputs).map { Float($0 % 5) * 0.5 })
    let schema = DataSchema(inputs: kind.inputs, outputs: kind.outputs, scale: scale, labels: labels, task: kind.task)
    return ModelFile(spec: kind, schema: schema, parameters: parameters)
}

let mlp = ModelSpec(kind: .mlp, layers: [64, 48, 10])
let kinds: [ModelSpec] = [
    mlp, ModelSpec(kind: .softmaxRegression, layers: [37, 7]), ModelSpec(kind: .linear, layers: [65, 1]),
    ModelSpec(kind: .mlp, layers: [200, 130, 70, 3]), ModelSpec(kind: .mlp, layers: [3, 5, 2]),
    ModelSpec(
        image: ImageShape(height: 12, width: 12, channels: 1),
        convolutions: [ConvolutionSpec(channels: 4, kernel: 3, pool: 2), ConvolutionSpec(channels: 6, kernel: 3, pool: 1)], layers: [20, 4]),
]

func features(_ rows: Int, _ inputs: Int, seed: UInt64) -> [Float] {
    var generator = SeededGenerator(seed: seed)
    return (0..<(rows * inputs)).map { _ in Float(generator.normal()) }
}

func tensor(_ values: [Float], inputs: Int) -> [NamedTensor] {
    [NamedTensor("features", Tensor(shape: [values.count / inputs, inputs], .float(values)) ?? Tensor(shape: [0], .float([]))!)]
}

extension [NamedTensor] {
    func floats(_ name: String) -> [Float] {
        guard case .float(let values)? = first(where: { $0.name == name })?.tensor.values else { return [] }
        return values
    }
    var bits: [[UInt32]] { map { if case .float(let values) = $0.tensor.values { values.map(\.bitPattern) } else { [] } } }
}

/// Waits for something that must come.
func until(_ isSo: () async -> Bool) async {
    for _ in 0..<60_000 {
        if await isSo() { return }
        try? await Task.sleep(for: .milliseconds(2))
    }
}

/// A model that computes when it is told to.
final class Gate: RunnableModel, Sendable {
    let inputs = [TensorSpec(name: "x", element: .float, shape: [-1])]
    let outputs = [TensorSpec(name: "y", element: .float, shape: [-1])]
    let memoryBytes: Int
    let isBatched: Bool
    private struct State {
        var open = false
        var runs: [[Float]] = []
    }
    private let state: Mutex<State>
    let add: Float

    init(open: Bool = false, isBatched: Bool = true, memoryBytes: Int = 4, add: Float = 1) {
        (self.memoryBytes, self.isBatched, self.add) = (memoryBytes, isBatched, add)
        state = Mutex(State(open: open))
    }

    func open() { state.withLock { $0.open = true } }
    /// What it was given, run by run; also the one that it holds.
    var runs: [[Float]] { state.withLock { $0.runs } }

    func run(_ inputs: [NamedTensor]) throws(InferenceError) -> [NamedTensor] {
        let x = inputs.floats("x")
        state.withLock { $0.runs.append(x) }
        while !state.withLock({ $0.open }) {}
        if x.contains(-1) { throw .input(name: "x", problem: "is -1") }
        guard let y = Tensor(shape: [x.count], .float(x.map { $0 + add })) else { return [] }
        return [NamedTensor("y", y)]
    }

    static func input(_ values: [Float]) -> [NamedTensor] { [NamedTensor("x", Tensor(shape: [values.count], .float(values))!)] }
}
