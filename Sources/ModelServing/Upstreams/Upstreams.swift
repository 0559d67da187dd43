internal import Compute
internal import Inference
package import Telemetry
internal import Vision

/// All servers of others whose models answer beside our own. An id is of one model alone.
package final class Upstreams: Sendable {
    package let all: [Upstream]
    private let models: [String: (upstream: Upstream, model: UpstreamModel)]

    /// - Parameter servers: no two of their models have the same id: the first keeps it.
    package init(_ servers: [(server: UpstreamServer, transport: any UpstreamTransport)], metrics: Metrics) {
        let pool = ComputePool(threads: 1, name: "upstreams")
        all = servers.map { Upstream($0.server, $0.transport, pool, metrics) }
        var models: [String: (upstream: Upstream, model: UpstreamModel)] = [:]
        for upstream in all { for model in upstream.server.models where models[model.id] == nil { models[model.id] = (upstream, model) } }
        self.models = models
    }

    package func find(_ id: String) -> (upstream: Upstream, model: UpstreamModel)? { models[id] }

    /// Looks at every server now and then, until the task is cancelled.
    package func run() async {
        guard !all.isEmpty else { return }
        while !Task.isCancelled {
            await probe()
            try? await Task.sleep(for: .seconds(UpstreamLimits.probeSeconds))
        }
    }

    /// Unless that was done a moment ago.
    package func probe() async {
        await withTaskGroup(of: Void.self) { group in for upstream in all { group.addTask { await upstream.probe() } } }
    }

    // MARK: Tensors

    /// Models that are asked with tensors, by id.
    var tensorModels: [(upstream: Upstream, model: UpstreamModel)] {
        all.flatMap { upstream in upstream.server.models.map { (upstream, $0) } }.filter { $0.1.isTensors }.sorted { $0.1.id < $1.1.id }
    }

    func tensorModel(_ id: String) -> (upstream: Upstream, model: UpstreamModel)? { models[id].flatMap { $0.model.isTensors ? $0 : nil } }

    // MARK: Pictures

    package var detectors: [any ObjectDetector] {
        all.flatMap { upstream in
            upstream.server.models.compactMap { model in
                guard case .objects(let input, let outputs) = model.task else { return nil }
                return UpstreamDetector(upstream: upstream, model: model, input: input, outputs: outputs)
            }
        }
    }

    package var classifiers: [UpstreamClassifier] {
        all.flatMap { upstream in
            upstream.server.models.compactMap { model in
                guard case .classes(let input, let output) = model.task else { return nil }
                return UpstreamClassifier(upstream: upstream, model: model, input: input, output: output)
            }
        }
    }
}

extension UpstreamModel {
    var isTensors: Bool { if case .text = task { false } else { true } }
}

extension Upstream {
    /// - Returns: the model's outputs.
    func infer(_ model: UpstreamModel, _ inputs: [NamedTensor]) async throws(UpstreamFailure) -> [NamedTensor] {
        try await ask(model.id, InferenceCalls.infer(model.name, version: model.version, inputs)) { [name = model.name] bytes throws(UpstreamReplyError) in
            try InferenceReply(parsing: bytes, model: name).outputs
        }
    }
}

/// A detector behind another server, whose tensors the operator has described.
struct UpstreamDetector: ObjectDetector {
    let upstream: Upstream
    let model: UpstreamModel
    let input: PictureInput
    let outputs: ObjectOutputs
    var id: String { model.id }

    func objects(on picture: Picture) async throws(DetectorFailure) -> [DetectedObject] {
        guard let tensor = input.tensor(of: picture) else { throw DetectorFailure("the detector's input is described wrongly in the settings") }
        do throws(UpstreamFailure) {
            return try outputs.named(upstream, try await upstream.infer(model, [tensor]), picture, input)
        } catch { throw DetectorFailure(error.description) }
    }
}

extension ObjectOutputs {
    fileprivate func named(
        _ upstream: Upstream, _ tensors: [NamedTensor], _ picture: Picture, _ input: PictureInput
    ) throws(UpstreamFailure) -> [DetectedObject] {
        do throws(UpstreamReplyError) { return try objects(tensors, picture: (picture.width, picture.height), input: input) } catch {
            throw UpstreamFailure(upstream.server.name, .reply(problem: error.problem))
        }
    }
}

/// A classifier behind another server, whose tensors the operator has described.
package struct UpstreamClassifier: Sendable {
    let upstream: Upstream
    let model: UpstreamModel
    let input: PictureInput
    let output: ClassOutput
    package var id: String { model.id }
    package var backend: String { upstream.server.backend }

    /// The picture as the model takes it. It takes its time: not for a cooperative thread.
    func tensor(of picture: Picture) -> NamedTensor? { input.tensor(of: picture) }

    /// The most likely class first.
    func predictions(_ tensor: NamedTensor) async throws(UpstreamFailure) -> [ClassPrediction] {
        let outputs = try await upstream.infer(model, [tensor])
        let confidences: [Double]
        do throws(UpstreamReplyError) { confidences = try output.probabilities(outputs) } catch {
            throw UpstreamFailure(upstream.server.name, .reply(problem: error.problem))
        }
        return ClassPrediction.sorted(confidences, label: output.label)
    }
}
