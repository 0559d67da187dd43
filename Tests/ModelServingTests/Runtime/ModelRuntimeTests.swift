import Inference
import Learning
import ModelServing
import Synchronization
import Telemetry
import Testing

@Suite struct ModelRuntimeTests {
    private func runtime(
        _ shelf: Shelf, memory: Int = 1 << 20, threads: Int = 2, waiting: Int = 1024, _ gates: [UInt8: Gate] = [:], facts: Facts = Facts()
    ) -> ModelRuntime {
        var settings = RuntimeSettings(memoryBytes: memory)
        (settings.threads, settings.waiting, settings.fetchPollSeconds) = (threads, waiting, 0.01)
        let decoders = ModelDecoders().adding(.onnx) { bytes in
            guard let gate = gates[bytes.first ?? 0] else { throw InferenceError.unsupported("Such an operator is not computed") }
            return gate
        }
        return ModelRuntime(source: shelf, settings: settings, decoders: decoders, metrics: Metrics(help: [:])) { fact, actor in facts.add(fact, actor) }
    }

    @Test func aModelIsLoadedAnswersAndIsMeasured() async throws {
        let (shelf, facts) = (Shelf(), Facts())
        let file = model(mlp, seed: 2)
        shelf.put("m", file.encode(), sha256: "cd")
        let runtime = runtime(shelf, facts: facts)
        let question = tensor(features(3, 64, seed: 4), inputs: 64)
        await #expect(throws: RuntimeError.notLoaded("m")) { _ = try await runtime.infer("m", tenant: "t", question) }
        try await runtime.loadNow("m", tenant: "t", actor: "me")
        #expect(try await runtime.load("m", tenant: "t", actor: "me") == .ready)
        let answer = try await runtime.infer("m", tenant: "t", question)
        #expect(answer.outputs.bits == (try LearningModel(file).run(question)).bits && answer.model.sha256 == "cd" && answer.runRows == 3)
        await #expect(throws: RuntimeError.self) { _ = try await runtime.infer("m", tenant: "t", []) }
        await #expect(throws: RuntimeError.notLoaded("m")) { _ = try await runtime.infer("m", tenant: "u", question) }
        let status = try await runtime.status("m", tenant: "t")
        #expect(status.state == .ready && status.use?.succeeded == 1 && status.use?.failed == 1 && status.use?.successPercent == 50)
        #expect(status.use?.answers.count == 1 && status.use?.runRows.max == 3 && status.memoryBytes == mlp.parameterCount * 4)
        #expect(status.use?.lastHour(at: ModelRuntime.now) == 2)
        let counted = runtime.metrics.snapshot()
        #expect(counted.counters.first { $0.key.name == ModelMetric.rows }?.value == 3)
        #expect(counted.timings.first { $0.key.name == ModelMetric.answers }?.value.count == 1)
        #expect(try await runtime.unload("m", tenant: "t", actor: "me"))
        #expect(try await runtime.unload("m", tenant: "t", actor: "me") == false)
        await #expect(throws: RuntimeError.model(.notFound("x"))) { _ = try await runtime.unload("x", tenant: "t", actor: "me") }
        #expect(facts.list == ["loaded m me", "unloaded m me"] && runtime.load.usedBytes == 0)
    }

    @Test func whatCannotBeLoadedSaysWhy() async throws {
        let shelf = Shelf()
        shelf.put("pickle", [1], format: .stored)
        shelf.put("operator", [9], format: .onnx)
        shelf.put("broken", [1, 2, 3])
        shelf.put("large", model(mlp, seed: 1).encode())
        let runtime = runtime(shelf, memory: 1000)
        await #expect(throws: RuntimeError.model(.notFound("none"))) { _ = try await runtime.load("none", tenant: "t", actor: "me") }
        await #expect(throws: RuntimeError.self) { _ = try await runtime.load("pickle", tenant: "t", actor: "me") }
        do {
            try await runtime.loadNow("operator", tenant: "t", actor: "me")
            Issue.record("loaded")
        } catch { #expect(error == .model(.unsupported(id: "operator", why: "Such an operator is not computed"))) }
        do {
            try await runtime.loadNow("broken", tenant: "t", actor: "me")
            Issue.record("loaded")
        } catch { if case .unreadable = error {} else { Issue.record("\(error)") } }
        guard case .failed = try await runtime.status("broken", tenant: "t").state else {
            Issue.record("it has no reason")
            return
        }
        do {
            try await runtime.loadNow("large", tenant: "t", actor: "me")
            Issue.record("loaded")
        } catch { if case .noRoom = error {} else { Issue.record("\(error)") } }
        #expect(try await runtime.models(tenant: "t").map(\.record.id) == ["broken", "large", "operator", "pickle"])
        #expect(try await runtime.status("pickle", tenant: "t").state == .unsupported)
    }

    @Test func aFileOnItsWayIsWaitedFor() async throws {
        let shelf = Shelf()
        shelf.put("m", model(mlp, seed: 2).encode())
        shelf.hold("m", true)
        let runtime = runtime(shelf)
        #expect(try await runtime.load("m", tenant: "t", actor: "me") == .awaiting(why: "its file is being fetched"))
        shelf.hold("m", false)
        await until { (try? await runtime.status("m", tenant: "t").state) == .ready }
        #expect(try await runtime.status("m", tenant: "t").state == .ready)
    }

    /// Requests that wait together run together, and each gets what it would have got alone.
    @Test func sharedRunsAnswerAsSingleOnes() async throws {
        let shelf = Shelf()
        let file = model(mlp, seed: 2)
        shelf.put("m", file.encode())
        shelf.put("gate", [1], format: .onnx)
        let gate = Gate()
        let runtime = runtime(shelf, threads: 1, [1: gate])
        for id in ["m", "gate"] { try await runtime.loadNow(id, tenant: "t", actor: "me") }
        let alone = LearningModel(file)
        let holding = Task { try await runtime.infer("gate", tenant: "t", Gate.input([0])) }
        await until { gate.runs.count == 1 }
        try await withThrowingTaskGroup(of: (Bool, Int).self) { group in
            for number in 0..<40 {
                let question = tensor(features(1 + number % 4, 64, seed: UInt64(number)), inputs: 64)
                let right = try alone.run(question).bits
                group.addTask {
                    var options = InferenceOptions()
                    options.batchRows = 32
                    let answer = try await runtime.infer("m", tenant: "t", question, options)
                    return (answer.outputs.bits == right, answer.runRows)
                }
            }
            await until { runtime.load.waiting == 40 }
            gate.open()
            var largest = 0
            for try await (isRight, rows) in group {
                #expect(isRight)
                largest = max(largest, rows)
            }
            #expect(largest > 4 && largest <= 32)
        }
        _ = try await holding.value
        // A hundred rows in at most 32 at a time are four runs at least, and forty requests were not forty runs.
        let runs = try #require(try await runtime.status("m", tenant: "t").use?.runs.count)
        #expect((4..<40).contains(runs))
    }

    @Test func nobodyFailsBecauseOfAnothersInput() async throws {
        let shelf = Shelf()
        shelf.put("gate", [1], format: .onnx)
        shelf.put("two", [2], format: .onnx)
        let (gate, two) = (Gate(), Gate(open: true))
        let runtime = runtime(shelf, threads: 1, [1: gate, 2: two])
        for id in ["gate", "two"] { try await runtime.loadNow(id, tenant: "t", actor: "me") }
        let holding = Task { try await runtime.infer("gate", tenant: "t", Gate.input([0])) }
        await until { gate.runs.count == 1 }
        var options = InferenceOptions()
        options.batchRows = 8
        let asked = options
        let tasks = [1, -1, 3].map { value in Task { try await runtime.infer("two", tenant: "t", Gate.input([Float(value)]), asked).outputs.floats("y") } }
        await until { runtime.load.waiting == 3 }
        gate.open()
        _ = try await holding.value
        let (first, third) = (try await tasks[0].value, try await tasks[2].value)
        #expect(first == [2] && third == [4])
        await #expect(throws: RuntimeError.inference(.input(name: "x", problem: "is -1"))) { _ = try await tasks[1].value }
        #expect(two.runs.first?.count == 3)
    }

    @Test func aFullQueueShedsAndAnOldRequestIsGivenUp() async throws {
        let shelf = Shelf()
        shelf.put("gate", [1], format: .onnx)
        let gate = Gate()
        let runtime = runtime(shelf, threads: 1, waiting: 2, [1: gate])
        try await runtime.loadNow("gate", tenant: "t", actor: "me")
        let holding = Task { try await runtime.infer("gate", tenant: "t", Gate.input([0])) }
        await until { gate.runs.count == 1 }
        func ask(_ priority: RequestPriority, seconds: Double = 60) -> Task<Result<InferenceAnswer, RuntimeError>, Never> {
            var options = InferenceOptions()
            (options.priority, options.deadlineSeconds) = (priority, seconds)
            let asked = options
            return Task {
                do throws(RuntimeError) { return .success(try await runtime.infer("gate", tenant: "t", Gate.input([7]), asked)) } catch {
                    return .failure(error)
                }
            }
        }
        let first = ask(.low)
        await until { runtime.load.waiting == 1 }
        let second = ask(.normal)
        await until { runtime.load.waiting == 2 }
        guard case .failure(.busy(waiting: 2)) = await ask(.low).value else { throw Surprise(what: "it was let in") }
        let urgent = ask(.high)
        // The least urgent gives way.
        guard case .failure(.busy) = await first.value else { throw Surprise(what: "it stayed") }
        // A call that is given up leaves the queue.
        second.cancel()
        guard case .failure(.cancelled) = await second.value else { throw Surprise(what: "it was answered") }
        guard case .failure(.late) = await ask(.normal, seconds: 0.02).value else { throw Surprise(what: "it was answered") }
        gate.open()
        guard case .success = await urgent.value else { throw Surprise(what: "it was not answered") }
        _ = try await holding.value
        #expect(gate.runs == [[0], [7]])
        let use = try #require(try await runtime.status("gate", tenant: "t").use)
        #expect(use.succeeded == 2 && use.failed == 4)
    }

    /// A model is replaced again and again while callers ask: none of them notices.
    @Test func aModelIsReplacedUnderLoadWithoutAFailure() async throws {
        let shelf = Shelf()
        let file = model(mlp, seed: 2)
        shelf.put("m", file.encode())
        let runtime = runtime(shelf)
        try await runtime.loadNow("m", tenant: "t", actor: "me")
        let question = tensor(features(2, 64, seed: 4), inputs: 64)
        let right = try LearningModel(file).run(question).bits
        let isOver = Flag()
        try await withThrowingTaskGroup(of: Int.self) { group in
            for caller in 0..<8 {
                group.addTask {
                    var options = InferenceOptions()
                    options.batchRows = caller % 2 == 0 ? 1 : 16
                    var answers = 0
                    while !isOver.isSet || answers < 20 {
                        let answer = try await runtime.infer("m", tenant: "t", question, options)
                        #expect(answer.outputs.bits == right)
                        answers += 1
                    }
                    return answers
                }
            }
            for _ in 0..<25 { try await runtime.loadNow("m", tenant: "t", again: true, actor: "me") }
            isOver.set()
            for try await answers in group { #expect(answers >= 20) }
        }
        // What was replaced is gone with its last call.
        #expect(runtime.load.models == 1 && runtime.load.usedBytes == mlp.parameterCount * 4)
    }

    @Test func aModelThatIsUnloadedAnswersWhoHasIt() async throws {
        let shelf = Shelf()
        shelf.put("gate", [1], format: .onnx)
        let gate = Gate()
        let runtime = runtime(shelf, threads: 1, [1: gate])
        try await runtime.loadNow("gate", tenant: "t", actor: "me")
        let holding = Task { try await runtime.infer("gate", tenant: "t", Gate.input([5])) }
        await until { gate.runs.count == 1 }
        #expect(try await runtime.unload("gate", tenant: "t", actor: "me"))
        #expect(try await runtime.status("gate", tenant: "t").state == .unloading)
        await #expect(throws: RuntimeError.notLoaded("gate")) { _ = try await runtime.infer("gate", tenant: "t", Gate.input([1])) }
        gate.open()
        #expect(try await holding.value.outputs.floats("y") == [6])
        await until { runtime.load.models == 0 }
        #expect(runtime.load.models == 0 && runtime.load.usedBytes == 0)
    }

    @Test func aProfileIsMeasuredNow() async throws {
        let shelf = Shelf()
        shelf.put("m", model(mlp, seed: 2).encode())
        let runtime = runtime(shelf)
        await #expect(throws: RuntimeError.notLoaded("m")) { _ = try await runtime.profile("m", tenant: "t", inputs: nil, runs: 5, batches: [1]) }
        try await runtime.loadNow("m", tenant: "t", actor: "me")
        let (profile, _) = try await runtime.profile("m", tenant: "t", inputs: nil, runs: 5, batches: [1, 16, 64])
        #expect(profile.batches.map(\.rows) == [1, 16, 64])
        #expect(profile.batches.allSatisfy { (1...5).contains($0.runs) && $0.mean > 0 && $0.median <= $0.p99 })
        let sample = tensor(features(3, 64, seed: 1), inputs: 64)
        let other = try await runtime.profile("m", tenant: "t", inputs: sample, runs: 2, batches: [7]).profile
        #expect(other.batches.map(\.rows) == [7] && other.suggestions.isEmpty)
        let made = ModelProfile(
            batches: [
                try #require(ModelProfile.batch(rows: 1, seconds: [0.001, 0.002, 0.003])), try #require(ModelProfile.batch(rows: 16, seconds: [0.008])),
            ])
        #expect(made.suggestions == ["batch 16 gives 4.0x the rows/s of batch 1"] && made.single?.median == 0.002 && made.single?.p99 == 0.003)
    }

    @Test func theLastHourIsCountedByTheMinute() {
        var use = ModelUse(loadedAt: 0)
        for minute in 0..<90 { use.answered(seconds: 1, at: Double(minute) * 60 + 1) }
        #expect(use.lastHour(at: 90 * 60 - 1) == 60 && use.lastHour(at: 120 * 60 - 1) == 30 && use.lastHour(at: 1e6) == 0 && use.total == 90)
        use.ran(rows: 1, seconds: 1, processorSeconds: 3)
        #expect(use.processorPercent(at: 6) == 50 && use.processorPercent(at: 0) == nil)
    }
}

final class Flag: Sendable {
    private let value = Mutex(false)
    var isSet: Bool { value.withLock { $0 } }
    func set() { value.withLock { $0 = true } }
}

struct Surprise: Error { var what: String }

final class Facts: Sendable {
    private let told = Mutex<[String]>([])
    var list: [String] { told.withLock { $0 } }
    func add(_ fact: ModelFact, _ actor: String) {
        let text =
            switch fact {
            case .loaded(let record, _, _): "loaded \(record.id) \(actor)"
            case .unloaded(let record): "unloaded \(record.id) \(actor)"
            }
        told.withLock { $0.append(text) }
    }
}
