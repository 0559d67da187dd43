internal import Inference
internal import Platform
internal import Storage
internal import StrictJSON

/// Numbers through models of the registry: behind everybody who waits for an answer.
struct TensorBatch: BatchWork {
    let service = BatchTask.Service.fl
    let kind = BatchItems.Kind.rows
    let runtime: ModelRuntime

    func blockers(_ task: BatchTask, tenant: String) async -> [JobBlocker] {
        let id = task.model ?? ""
        do throws(RuntimeError) {
            let status = try await runtime.status(id, tenant: tenant)
            guard status.state == .unsupported else { return [] }
            return [.model(id, have: "a file that nothing here computes", fix: "register safetensors or ONNX")]
        } catch {
            guard case .model(let failure) = error else { return [] }
            return JobBlocker.model(id, failure).map { [$0] } ?? []
        }
    }

    func open(_ task: BatchTask, _ job: JobRecord) async throws -> BatchModel {
        let (id, tenant) = (task.model ?? "", job.tenant)
        do throws(RuntimeError) { try await runtime.loadNow(id, tenant: tenant, actor: "job \(job.id)") } catch {
            switch error {
            case .noRoom, .tooManyModels, .busy, .unwanted, .model(.notReady): throw JobRunError("model_not_loaded", error.description, mayRetry: true)
            default: throw JobRunError("model_not_loaded", error.description, mayRetry: false)
            }
        }
        guard let status = runtime.answering(id, tenant: tenant) else {
            throw JobRunError("model_not_loaded", "The model '\(id)' was unloaded.", mayRetry: true)
        }
        let sha256 = status.record.sha256
        return BatchModel(id: id, sha256: sha256, atOnce: status.isBatched ? ModelJobLimits.rowsAtOnce : 1) { items, _ in
            let read = await runtime.aside { items.map { Self.inputs($0.value, status) } }
            let good = read.indices.filter { if case .success = read[$0] { true } else { false } }
            var answers: [BatchAnswer] = read.map { $0.map { _ in .null } }
            let inputs = good.compactMap { try? read[$0].get() }
            for (place, answer) in zip(good, try await run(inputs, id, tenant, sha256, isBatched: status.isBatched)) { answers[place] = answer }
            return answers
        }
    }

    private static func inputs(_ value: JSON, _ status: ModelRuntime.Status) -> Result<[NamedTensor], BatchProblem> {
        do throws(InferenceError) {
            let inputs = try modelInputs(value, status.inputs, isBatched: status.isBatched)
            if status.isBatched, inputs.rows != 1 {
                return .failure(BatchProblem(why: "has \(inputs.rows.map(String.init) ?? "several") rows; an item is one"))
            }
            return .success(inputs)
        } catch { return .failure(BatchProblem(why: error.description)) }
    }

    private func run(
        _ inputs: [[NamedTensor]], _ id: String, _ tenant: String, _ sha256: String, isBatched: Bool
    ) async throws -> [BatchAnswer] {
        if inputs.count > 1, let all = joined(inputs), case .success(let outputs) = try await infer(all, id, tenant, sha256),
            let parts = parted(outputs, rows: inputs.map { _ in 1 })
        {
            return parts.map { .success(Self.json($0, isBatched: true)) }
        }
        // What fails together is tried alone: nothing fails because of another's numbers.
        var answers: [BatchAnswer] = []
        for one in inputs { answers.append(try await infer(one, id, tenant, sha256).map { Self.json($0, isBatched: isBatched) }) }
        return answers
    }

    private func infer(_ inputs: [NamedTensor], _ id: String, _ tenant: String, _ sha256: String) async throws -> Result<[NamedTensor], BatchProblem> {
        var options = InferenceOptions()
        options.priority = .low
        options.deadlineSeconds = RuntimeLimits.deadlineSeconds
        do throws(RuntimeError) {
            let answer = try await runtime.infer(id, tenant: tenant, inputs, options)
            guard answer.model.sha256 == sha256 else { throw .unwanted(id) }
            return .success(answer.outputs)
        } catch {
            switch error {
            case .inference(let problem): return .failure(BatchProblem(why: problem.description))
            case .busy, .late: throw BatchBusy(why: error.description)
            case .cancelled: throw CancellationError()
            default: throw JobRunError("model_not_loaded", error.description, mayRetry: true)
            }
        }
    }

    private static func json(_ outputs: [NamedTensor], isBatched: Bool) -> JSON {
        .object(
            outputs.map { output in
                let values = output.tensor.nestedJSON
                return JSON.Member(output.name, isBatched ? values.elements?.first ?? values : values)
            })
    }
}
