internal import Inference
internal import StrictJSON

// Models of other people's servers, beside those in memory.

extension ModelRuntime {
    /// What its server says of its inputs is held against them first.
    func infer(_ upstream: Upstream, _ model: UpstreamModel, tenant: String, _ inputs: [NamedTensor]) async throws(RuntimeError) -> InferenceAnswer {
        let begin = Self.now
        do throws(InferenceError) {
            if let specs = upstream.metadata(model.id)?.inputs, !specs.isEmpty { try specs.check(inputs) }
            guard inputs.reduce(0, { $0 + $1.tensor.count }) <= RuntimeLimits.elements else {
                throw .unsupported("At most \(RuntimeLimits.elements) values are taken at a time")
            }
        } catch { throw .inference(error) }
        let outputs: [NamedTensor]
        do throws(UpstreamFailure) {
            try await upstream.expectAnswers(model.id)
            outputs = try await upstream.infer(model, inputs)
        } catch {
            if error.kind == .cancelled { throw .cancelled }
            throw .upstream(error)
        }
        let seconds = Self.now - begin
        return InferenceAnswer(
            outputs: outputs, model: upstream.record(of: model, tenant: tenant), seconds: seconds, runSeconds: seconds, runRows: inputs.rows ?? 1)
    }
}

extension Upstreams {
    /// As of the last look.
    func statuses(tenant: String) -> [ModelRuntime.Status] { tensorModels.map { $0.upstream.status($0.model, tenant: tenant) } }
}

extension Upstream {
    /// It has no file here, and so no hash.
    func record(of model: UpstreamModel, tenant: String) -> ServableModel {
        let capability =
            switch model.task {
            case .text: "text_generation"
            case .tensors: "inference"
            case .classes: "image_classification"
            case .objects: "object_detection"
            }
        return ServableModel(
            id: model.id, tenant: tenant, name: model.id, version: model.version ?? "unknown", format: .upstream, sha256: "", bytes: 0,
            card: ["type": "upstream", "backend": .string(server.backend), "capabilities": [.string(capability)]])
    }

    /// As of the last look.
    func status(_ model: UpstreamModel, tenant: String) -> ModelRuntime.Status {
        let state: ModelRuntime.Status.State =
            switch known(model.id) {
            case .available: .ready
            case .loading: .loading
            case .unavailable(let why): .failed("The upstream '\(server.name)' does not answer for it: \(why).")
            }
        var status = ModelRuntime.Status(record: record(of: model, tenant: tenant), state: state, use: use(model.id))
        if let metadata = metadata(model.id) {
            (status.inputs, status.outputs) = (metadata.inputs, metadata.outputs)
            status.isBatched = !metadata.inputs.isEmpty && metadata.inputs.allSatisfy { $0.shape.first == -1 }
        }
        return status
    }
}
