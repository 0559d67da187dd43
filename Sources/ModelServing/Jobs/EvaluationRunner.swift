internal import ByteLanguage
internal import Compute
package import Federation
internal import Foundation
internal import Inference
internal import Learning
package import Platform
package import Storage
package import StrictJSON

/// `model_evaluation`: a registered model measured on labelled rows, or a language model on a text. Rows go through the runtime behind whoever
/// waits for an answer, and after a crash from the beginning; a text goes on where it was.
package struct EvaluationRunner: JobRunner {
    package let type = JobType.modelEvaluation
    private let source: any ModelSource
    private let runtime: ModelRuntime
    private let input: JobInput
    private let pool = ComputePool(threads: 1, name: "evaluation")
    private let now: @Sendable () -> Instant

    package init(
        source: any ModelSource, runtime: ModelRuntime, artifacts: Artifacts, sources: ContentSources, now: @escaping @Sendable () -> Instant
    ) {
        (self.source, self.runtime, self.now) = (source, runtime, now)
        input = JobInput(artifacts: artifacts, sources: sources)
    }

    package func check(_ parameters: JSON) throws(JobFailure) { _ = try EvaluationTask(parameters) }
    package func reading(_ parameters: JSON) -> ParameterReading { .fields(EvaluationTask.names) }
    package func abandon(_ job: JobRecord, checkpoint: [UInt8]?) async { await input.discard(job, now: now()) }

    package func requirements(_ job: JobRecord) async -> [JobBlocker] {
        var blockers = await input.blockers(job, now: now())
        guard let task = try? EvaluationTask((try? JSON(parsing: job.parameters)) ?? .null) else { return blockers }
        do throws(ModelFailure) {
            if try await source.model(task.model, tenant: job.tenant).format == .stored {
                blockers.append(.model(task.model, have: "a file that nothing here computes", fix: "register safetensors or ONNX"))
            }
        } catch { blockers += JobBlocker.model(task.model, error).map { [$0] } ?? [] }
        return blockers
    }

    package func run(_ job: JobRecord, _ context: JobContext) async throws -> JobResult {
        let task = try EvaluationTask(try JSON(parsing: job.parameters))
        let model: ServableModel
        do throws(ModelFailure) { model = try await source.model(task.model, tenant: job.tenant) } catch {
            throw JobRunError("model_not_loaded", error.description, mayRetry: false)
        }
        let (content, sha256) = try await input.content(job, context)
        let start = context.now
        let measures: JSON
        switch model.format {
        case .byteLanguage: measures = try await text(content, sha256, model, context)
        case .safetensors: measures = try await rows(content, model, try await schema(model), task, job, context)
        case .onnx: measures = try await rows(content, model, nil, task, job, context)
        case .stored, .upstream: throw JobRunError("model_not_loaded", "Nothing here computes the model '\(model.id)'.", mayRetry: false)
        }
        let report: JSON = [
            "job_id": .string(job.id), "model": .string(model.id), "model_name": .string(model.name), "model_version": .string(model.version),
            "model_sha256": .string(model.sha256), "input_sha256": .string(sha256), "seconds": JSON(context.now.seconds(since: start)), "measures": measures,
        ]
        await input.discard(job, now: context.now)
        let small = report.encoded().count <= 8192 ? report : .object((report.members ?? []).filter { $0.name != "measures" })
        return JobResult(content: report.encoded(), figures: small, model: model.sha256)
    }

    private func bytes(_ model: ServableModel) async throws -> [UInt8] {
        do throws(ModelFailure) { return try await source.bytes(of: model) } catch {
            if case .internalError = error { throw JobRunError("model_not_loaded", "The model's file could not be read.", mayRetry: true) }
            throw JobRunError("model_not_loaded", error.description, mayRetry: false)
        }
    }

    private func schema(_ model: ServableModel) async throws -> DataSchema {
        let file = try await bytes(model)
        guard let schema = await pool.run({ try? ModelFile(decoding: file).schema }) else {
            throw JobRunError("model_not_loaded", "The file of the model '\(model.id)' is no model of rows.", mayRetry: false)
        }
        return schema
    }

    // MARK: Rows

    private func rows(
        _ content: [UInt8], _ model: ServableModel, _ schema: DataSchema?, _ task: EvaluationTask, _ job: JobRecord, _ context: JobContext
    ) async throws -> JSON {
        let status = try await ready(model, job)
        let (name, classes) =
            if let schema { (schema.task == .regression ? "value" : "probabilities", schema.outputs) } else { try classes(status, task) }
        guard let only = status.inputs.first, status.inputs.count == 1, only.element == .float, status.isBatched else {
            throw JobRunError("model", "Models with one input of FP32 and rows that may be many are measured on tables; this is none.", mayRetry: false)
        }
        let read = await pool.run { Result { () throws(DatasetError) in try LabelledRows(content, schema, classes: classes, label: task.label) } }
        let rows: LabelledRows
        do { rows = try read.get() } catch { throw JobRunError("input", "The input cannot be used: \(error)", mayRetry: false) }
        let tail = Array(only.shape.dropFirst())
        let width = tail.contains { $0 < 0 } ? nil : Tensor.count(of: tail)
        guard tail.count == 1 && tail[0] < 0 || width == rows.inputs else {
            throw JobRunError("input", "The rows have \(rows.inputs) columns beside the label; the model takes \(only.shape).", mayRetry: false)
        }
        let shape = width == nil ? [rows.inputs] : tail
        var (predictions, values): ([Prediction], [Float]) = ([], [])
        for start in stride(from: 0, to: rows.rows, by: ModelJobLimits.rowsAtOnce) {
            let end = min(rows.rows, start + ModelJobLimits.rowsAtOnce)
            guard let tensor = Tensor(shape: [end - start] + shape, .float(Array(rows.features[(start * rows.inputs)..<(end * rows.inputs)]))) else { break }
            let outputs = try await answers([NamedTensor(only.name, tensor)], model, context)
            guard let output = outputs.first(where: { $0.name == name })?.tensor else {
                throw JobRunError("model", "The model gave no output '\(name)'.", mayRetry: false)
            }
            if rows.task == .regression, case .float(let some) = output.values {
                values += some
            } else if rows.task == .classification,
                let some = LabelledRows.predictions(output, classes: rows.classes)
            {
                predictions += some
            }
            try await context.progress(completed: Int64(end), total: Int64(rows.rows))
        }
        guard max(predictions.count, values.count) == rows.rows else {
            throw JobRunError("model", "The output '\(name)' is not one of \(rows.classes) numbers for each row.", mayRetry: false)
        }
        let (said, numbers) = (predictions, values)
        return await pool.run {
            switch rows.task {
            case .classification:
                let measures = ClassificationMeasures(predictions: said, labels: rows.labels, classes: rows.classes)
                return ModelMeasures.classification(measures).json(names: rows.names)
            // Of text there are no rows.
            case .regression, .language: return ModelMeasures.regression(RegressionEvaluation(predictions: numbers, targets: rows.targets)).json(names: [])
            }
        }
    }

    /// The output with a number for each class, of a model that does not say which it is.
    private func classes(_ status: ModelRuntime.Status, _ task: EvaluationTask) throws -> (name: String, count: Int) {
        let fitting = status.outputs.filter { $0.element == .float && $0.shape.count == 2 && $0.shape[1] > 1 }
        guard let output = task.output.map({ name in fitting.first { $0.name == name } }) ?? fitting.first else {
            let names = fitting.isEmpty ? "it has none" : "they are \(fitting.map(\.name).joined(separator: ", "))"
            throw JobRunError("model", "A classifier's output is FP32 with a number for each of several classes; \(names).", mayRetry: false)
        }
        return (output.name, output.shape[1])
    }

    private func ready(_ model: ServableModel, _ job: JobRecord) async throws -> ModelRuntime.Status {
        do throws(RuntimeError) { try await runtime.loadNow(model.id, tenant: model.tenant, actor: "job \(job.id)") } catch {
            let mayRetry =
                switch error {
                case .noRoom, .tooManyModels, .unwanted, .busy: true
                default: false
                }
            throw JobRunError("model_not_loaded", error.description, mayRetry: mayRetry)
        }
        guard let status = runtime.answering(model.id, tenant: model.tenant) else {
            throw JobRunError("model_not_loaded", "The model '\(model.id)' was unloaded.", mayRetry: true)
        }
        return status
    }

    private func answers(_ inputs: [NamedTensor], _ model: ServableModel, _ context: JobContext) async throws -> [NamedTensor] {
        var options = InferenceOptions()
        options.priority = .low
        options.deadlineSeconds = RuntimeLimits.deadlineSeconds
        for _ in 0..<ModelJobLimits.busyTries {
            do throws(RuntimeError) {
                let answer = try await runtime.infer(model.id, tenant: model.tenant, inputs, options)
                guard answer.model.sha256 == model.sha256 else { throw .unwanted(model.id) }
                return answer.outputs
            } catch {
                switch error {
                case .busy, .late: break
                case .cancelled: throw CancellationError()
                case .inference: throw JobRunError("model", error.description, mayRetry: false)
                default: throw JobRunError("model_not_loaded", error.description, mayRetry: true)
                }
            }
            try await context.wait(seconds: ModelJobLimits.busySeconds)
        }
        throw JobRunError("busy", "There was no place for it in \(ModelJobLimits.busyTries) tries.", mayRetry: true)
    }

    // MARK: Texts

    private func text(_ content: [UInt8], _ sha256: String, _ model: ServableModel, _ context: JobContext) async throws -> JSON {
        guard !content.isEmpty else { throw JobRunError("input", "The text is empty.", mayRetry: false) }
        let file = try await bytes(model)
        guard let transformer = await pool.run({ try? ByteTransformer(decoding: file) }) else {
            throw JobRunError("model_not_loaded", "The file of the model '\(model.id)' is no language model.", mayRetry: false)
        }
        let begun = context.checkpoint.flatMap { try? JSON(parsing: $0) }
        var (done, bits) = (0, 0.0)
        if let begun, begun["input"]?.text == sha256, begun["model"]?.text == model.sha256, let at = begun["done"]?.whole,
            (0...Int64(content.count)).contains(at),
            let before = begun["bits"]?.double
        {
            (done, bits) = (Int(at), before)
        }
        // Windows of the context stand for themselves: parts of whole windows add up to the whole.
        let window = transformer.contextBytes + 1
        let step = max(1, ModelJobLimits.windowBytes / window) * window
        while done < content.count {
            let end = min(content.count, done + step)
            let part = Array(content[done..<end])
            bits += await pool.run { transformer.bitsPerByte(part) } * Double(part.count)
            done = end
            let place: JSON = ["done": JSON(done), "bits": JSON(bits), "input": .string(sha256), "model": .string(model.sha256)]
            try await context.save(place.encoded(), completed: Int64(done), total: Int64(content.count))
        }
        let perByte = bits / Double(content.count)
        return [
            "bytes": JSON(content.count), "bits_per_byte": JSON(perByte), "perplexity_per_byte": JSON(pow(2, perByte)),
            "context_bytes": JSON(transformer.contextBytes),
        ]
    }
}
