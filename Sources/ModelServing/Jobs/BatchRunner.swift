package import Compute
package import Federation
package import Platform
package import Storage
package import StrictJSON

/// `batch_processing`: a model answers every thing of an input, behind whoever waits for an answer of it. What was answered is kept in parts; a
/// run after a crash goes on after the last one. The same input and the same model throughout: where one of them is another one meanwhile the
/// job fails.
package struct BatchRunner: JobRunner {
    package let type = JobType.batchProcessing
    package var service: String? { work.service.rawValue }
    private let work: any BatchWork
    private let input: JobInput
    private let pool: ComputePool
    private let now: @Sendable () -> Instant

    /// One for each service.
    package static func all(
        runtime: ModelRuntime, language: LanguageModels, texts: TextService, vision: VisionService, artifacts: Artifacts, sources: ContentSources,
        now: @escaping @Sendable () -> Instant
    ) -> [BatchRunner] {
        let pool = ComputePool(threads: 1, name: "batches")
        let works: [any BatchWork] = [
            TensorBatch(runtime: runtime), PromptBatch(language: language), TextBatch(texts: texts),
            PictureBatch(vision: vision, artifacts: artifacts, now: now),
        ]
        return works.map { BatchRunner($0, artifacts: artifacts, sources: sources, pool: pool, now: now) }
    }

    package init(
        _ work: any BatchWork, artifacts: Artifacts, sources: ContentSources, pool: ComputePool, now: @escaping @Sendable () -> Instant
    ) { (self.work, input, self.pool, self.now) = (work, JobInput(artifacts: artifacts, sources: sources), pool, now) }

    package func check(_ parameters: JSON) throws(JobFailure) { _ = try BatchTask(parameters, work.service) }
    package func reading(_ parameters: JSON) -> ParameterReading { .fields(BatchTask.names(work.service)) }

    package func requirements(_ job: JobRecord) async -> [JobBlocker] {
        var blockers = await input.blockers(job, now: now())
        if let parameters = try? JSON(parsing: job.parameters), let task = try? BatchTask(parameters, work.service) {
            blockers += await work.blockers(task, tenant: job.tenant)
        }
        return blockers
    }

    package func abandon(_ job: JobRecord, checkpoint: [UInt8]?) async { await input.discard(job, now: now()) }

    package func run(_ job: JobRecord, _ context: JobContext) async throws -> JobResult {
        let task = try BatchTask(try JSON(parsing: job.parameters), work.service)
        let (content, sha256) = try await input.content(job, context)
        let kind = work.kind
        let read = await pool.run { Result { () throws(BatchProblem) in try BatchItems(content, kind) } }
        let items: BatchItems
        do { items = try read.get() } catch { throw JobRunError("input", "The input cannot be used: \(error.why).", mayRetry: false) }
        let model = try await work.open(task, job)
        var place = try await self.place(job, context, BatchPlace(input: sha256, model: model.sha256 ?? model.id ?? ""))
        context.log(.info, "\(items.count) items\(model.id.map { ", by \($0)" } ?? "")\(place.done > 0 ? ", from \(place.done) on" : "")")
        while place.done < items.count {
            let (part, failed, count) = try await self.part(items, from: place.done, model, context)
            guard count > 0 else { break }
            guard place.bytes + part.count <= ModelJobLimits.resultBytes else {
                throw JobRunError("result_too_large", "The answers have more than \(ModelJobLimits.resultBytes) bytes; make more jobs of it.", mayRetry: false)
            }
            try await keep(part, number: place.parts, job, context)
            place.add(items: count, failed: failed, bytes: part.count)
            try await context.save(place.encoded, completed: Int64(place.done), total: Int64(items.count))
        }
        try context.go()
        return try await result(job, context, task, model, place)
    }

    /// Where to go on: behind the last part, where all of them are still there.
    private func place(_ job: JobRecord, _ context: JobContext, _ fresh: BatchPlace) async throws -> BatchPlace {
        guard let checkpoint = context.checkpoint, let place = BatchPlace(decoding: checkpoint) else { return fresh }
        guard place.input == fresh.input else {
            throw JobRunError("input_changed", "The input is another one than the one that was begun with.", mayRetry: false)
        }
        guard place.model == fresh.model else {
            throw JobRunError("model_changed", "The model is another one than the one that was begun with.", mayRetry: false)
        }
        for part in 0..<place.parts where try await self.content(part, job, context) == nil { return fresh }
        return place
    }

    /// Answers until a part is full, or the run is to stop.
    private func part(
        _ items: BatchItems, from start: Int, _ model: BatchModel, _ context: JobContext
    ) async throws -> (lines: [UInt8], failed: Int, count: Int) {
        var (lines, failed, next): ([UInt8], Int, Int) = ([], 0, start)
        let began = context.now
        while next < items.count, next - start < ModelJobLimits.partItems, lines.count < ModelJobLimits.partBytes, !context.isStopping,
            context.now.seconds(since: began) < ModelJobLimits.partSeconds
        {
            let end = min(next + model.atOnce, items.count, start + ModelJobLimits.partItems)
            let range = next..<end
            let read = await pool.run { range.map { index in Result { () throws(BatchProblem) in try items.item(index) } } }
            var answers: [BatchAnswer] = read.map { $0.map { _ in .null } }
            let good = read.indices.filter { if case .success = read[$0] { true } else { false } }
            let asked = good.compactMap { try? read[$0].get() }
            if !asked.isEmpty {
                for (place, answer) in zip(good, try await patiently(context) { try await model.answer(asked, next) }) { answers[place] = answer }
            }
            for (place, answer) in answers.enumerated() {
                if case .failure = answer { failed += 1 }
                lines += BatchLines.line(next + place, (try? read[place].get())?.id, answer)
            }
            next = end
        }
        return (lines, failed, next - start)
    }

    /// What has no place now is tried again.
    private func patiently(_ context: JobContext, _ work: () async throws -> [BatchAnswer]) async throws -> [BatchAnswer] {
        for _ in 0..<ModelJobLimits.busyTries {
            do { return try await work() } catch is BatchBusy { try await context.wait(seconds: ModelJobLimits.busySeconds) }
        }
        throw JobRunError("busy", "There was no place for it in \(ModelJobLimits.busyTries) tries.", mayRetry: true)
    }

    // MARK: Parts

    private static func name(_ part: Int, _ job: JobRecord) -> String {
        let digits = String(part)
        return JobInput.parts(job.id) + String(repeating: "0", count: max(0, 8 - digits.count)) + digits
    }

    /// A part that a crash came after and its checkpoint before is written again.
    private func keep(_ lines: [UInt8], number: Int, _ job: JobRecord, _ context: JobContext) async throws {
        do throws(ArtifactFailure) {
            _ = try await input.artifacts.put(
                lines, name: Self.name(number, job), mediaType: "application/x-ndjson", tenant: job.tenant, actor: AuditActor("job \(job.id)"),
                lifetimeSeconds: ModelJobLimits.keptSeconds, replaces: true, now: context.now)
        } catch { throw JobRunError("part_not_stored", "A part could not be kept: \(error.reason)", mayRetry: true) }
    }

    /// nil: it is not there.
    private func content(_ part: Int, _ job: JobRecord, _ context: JobContext) async throws -> [UInt8]? {
        do throws(ArtifactFailure) { return try await input.artifacts.get(Self.name(part, job), tenant: job.tenant, now: context.now).content } catch {
            if case .notFound = error { return nil }
            throw JobRunError("part_not_read", "A part could not be read: \(error.reason)", mayRetry: true)
        }
    }

    private func result(_ job: JobRecord, _ context: JobContext, _ task: BatchTask, _ model: BatchModel, _ place: BatchPlace) async throws -> JobResult {
        var lines: [UInt8] = []
        for part in 0..<place.parts { lines += try await content(part, job, context) ?? [] }
        let head: JSON = [
            "job_id": .string(job.id), "service": .string(task.service.rawValue), "model": JSON(model.id), "model_sha256": JSON(model.sha256),
            "input_sha256": .string(place.input), "items": JSON(place.done), "failed": JSON(place.failed),
        ]
        let (all, type) = (lines, job.output)
        let rendered = await pool.run { Result { () throws(BatchProblem) in try BatchLines.rendered(all, head: head, mediaType: type) } }
        let content: [UInt8]
        do { content = try rendered.get() } catch { throw JobRunError("result", "The result cannot be made: \(error.why).", mayRetry: false) }
        // Before the result is stored: a crash in between makes the parts anew, and none is left behind.
        await input.discard(job, now: context.now)
        return JobResult(content: content, mediaType: type, figures: head, model: model.sha256)
    }
}

/// How far a batch is: what a checkpoint keeps.
struct BatchPlace: Sendable, Equatable {
    var done = 0
    var failed = 0
    var parts = 0
    var bytes = 0
    /// SHA-256.
    var input: String
    /// SHA-256, or the name of what has no file.
    var model: String

    init(input: String, model: String) { (self.input, self.model) = (input, model) }

    mutating func add(items: Int, failed: Int, bytes: Int) {
        done += items
        self.failed += failed
        self.bytes += bytes
        parts += 1
    }

    var encoded: [UInt8] {
        let json: JSON = [
            "done": JSON(done), "failed": JSON(failed), "parts": JSON(parts), "bytes": JSON(bytes), "input": .string(input), "model": .string(model),
        ]
        return json.encoded()
    }

    /// nil: it is no place.
    init?(decoding bytes: [UInt8]) {
        guard let json = try? JSON(parsing: bytes), let input = json["input"]?.text, let model = json["model"]?.text else { return nil }
        func count(_ name: String) -> Int? { json[name]?.whole.flatMap { (0...Int64(Int32.max)).contains($0) ? Int($0) : nil } }
        guard let done = count("done"), let failed = count("failed"), let parts = count("parts"), let size = count("bytes") else { return nil }
        (self.done, self.failed, self.parts, self.bytes, self.input, self.model) = (done, failed, parts, size, input, model)
    }
}
