import Compute
import Foundation
import Inference
import Learning
import ModelServing
import Platform
import Storage
import StrictJSON
import Synchronization
import Testing

/// Batches: every thing of an input is answered once, in its order, whatever happens in between.
@Suite struct BatchTests {
    private let file = model(ModelSpec(kind: .mlp, layers: [4, 6, 3]), seed: 3, labels: ["ash", "birch", "cedar"])

    private func csv(_ features: [Float]) -> String {
        "a,b,c,d\n" + stride(from: 0, to: features.count, by: 4).map { features[$0..<($0 + 4)].map { "\($0)" }.joined(separator: ",") }.joined(separator: "\n")
    }

    @Test func aTableGivesWhatTheModelSays() async throws {
        let world = JobWorld()
        world.shelf.put("m", file.encode())
        let rows = features(700, 4, seed: 5)
        try await world.upload(csv(rows), "rows.csv")
        let (job, content) = try await world.done(.batchProcessing, "fl", ["input_source": "rows.csv", "model": "m"])
        #expect(job.state == .completed && job.progress == JobProgress(completed: 700, total: 700), "\(String(describing: job.error))")
        let result = try JSON(parsing: content)
        #expect(result["model_sha256"] == "ab" && result["items"] == 700 && result["failed"] == 0 && result["model"] == "m")
        let answers = result["results"]?.elements ?? []
        let expected = try LearningModel(file).run(tensor(rows, inputs: 4))
        guard case .float(let probabilities) = expected[0].tensor.values, case .text(let labels) = expected[1].tensor.values else {
            Issue.record("the model gives something else")
            return
        }
        #expect(answers.count == 700)
        for (place, answer) in answers.enumerated() {
            #expect(answer["index"]?.whole == Int64(place) && answer["output"]?["label"]?.text == labels[place])
            let said = (answer["output"]?["probabilities"]?.elements ?? []).compactMap(\.double).map { Float($0) }
            #expect(zip(said, probabilities[(place * 3)..<(place * 3 + 3)]).allSatisfy { abs($0 - $1) < 1e-6 } && said.count == 3)
        }
        // Nothing but the result is left.
        #expect(try await world.names() == ["jobs/\(job.id)/result"])
    }

    @Test func aBadItemIsToldAndTheOthersAreAnswered() async throws {
        let world = JobWorld()
        world.shelf.put("m", file.encode())
        try await world.upload("{\"id\": \"x\", \"features\": [1, 2, 3, 4]}\n{\"id\": \"y\", \"features\": [1, 2]}\nno json\n[4, 3, 2, 1]\n", "rows.ndjson")
        let (job, content) = try await world.done(
            .batchProcessing, "fl", ["input_source": "files/rows.ndjson", "model": "m", "output_format": "ndjson"])
        #expect(job.state == .completed, "\(String(describing: job.error))")
        let lines = try content.split(separator: 0x0A).map { try JSON(parsing: Array($0)) }
        #expect(lines.map { $0["index"]?.whole } == [0, 1, 2, 3] && lines[0]["id"] == "x" && lines[1]["id"] == "y")
        #expect(lines.map { $0["output"] != nil } == [true, false, false, true])
        #expect(lines[1]["error"]?.text?.contains("features") == true && lines[2]["error"]?.text?.isEmpty == false)
        #expect(try JSON(parsing: job.figures ?? "")["failed"] == 2)
    }

    @Test func textsAreRead() async throws {
        let world = JobWorld()
        try await world.upload("The food was excellent, and I loved it.\nIt was a terrible, horrible day.\n", "texts.txt")
        let (job, content) = try await world.done(
            .batchProcessing, "nlp", ["input_source": "texts.txt", "analysis_type": "sentiment", "output_format": "csv"])
        #expect(job.state == .completed, "\(String(describing: job.error))")
        let lines = String(decoding: content, as: UTF8.self).split(separator: "\r\n")
        #expect(lines.count == 3 && lines[0] == "index,text_length,sentiment.polarity,sentiment.subjectivity,sentiment.label,sentiment.confidence")
        #expect(lines[1].hasPrefix("0,39,") && lines[1].contains("positive") && lines[2].contains("negative"), "\(lines)")
    }

    @Test func promptsAreContinuedAsTheirSeedsSay() async throws {
        let world = JobWorld()
        try await world.upload(#"["A job", {"id": 7, "prompt": "A model"}]"#, "prompts.json")
        let parameters: JSON = ["input_source": "prompts.json", "max_tokens": 12, "seed": 5]
        let (first, one) = try await world.done(.batchProcessing, "llm", parameters)
        let (_, two) = try await world.done(.batchProcessing, "llm", parameters)
        #expect(first.state == .completed, "\(String(describing: first.error))")
        let (a, b) = (try JSON(parsing: one)["results"], try JSON(parsing: two)["results"])
        #expect(a == b && a?.elements?.count == 2 && a?.elements?[1]["id"] == 7 && a?.elements?[1]["output"]?["seed"] == 6)
        #expect(a?.elements?[0]["output"]?["generated_text"]?.text?.isEmpty == false)
    }

    @Test func whatIsMissingIsNamedAndSupplied() async throws {
        let world = JobWorld()
        try await world.working { queue in
            let id = try await world.submit(queue, .batchProcessing, "fl", ["input_source": "later.csv", "model": "m"])
            var blockers: [String] = []
            for _ in 0..<30_000 where blockers.isEmpty {
                blockers = try await world.store.job(id, tenant: "t")?.blockedBy.map(\.what) ?? []
                try await Task.sleep(for: .milliseconds(1))
            }
            #expect(blockers == ["input", "model"])
            world.shelf.put("m", file.encode())
            try await world.upload(csv([1, 2, 3, 4]), "later.csv")
            await queue.look()
            #expect(try await world.ended(id).state == .completed)
        }
    }

    /// Counts what it is asked, and waits at a place until a test lets it go.
    private struct Counted: BatchWork {
        let service = BatchTask.Service.nlp
        let kind = BatchItems.Kind.texts
        let asked: Mutex2<[Int]>
        let stopsAt: Int
        let isOpen: Mutex2<Bool>
        func blockers(_ task: BatchTask, tenant: String) async -> [JobBlocker] { [] }
        func open(_ task: BatchTask, _ job: JobRecord) async throws -> BatchModel {
            BatchModel(id: "counted", atOnce: 1) { items, first in
                while first == stopsAt, !isOpen.value { try await Task.sleep(for: .milliseconds(1)) }
                asked.change { $0.append(first) }
                return items.map { .success($0.value) }
            }
        }
    }

    @Test func aRunAfterACrashGoesOnBehindTheLastPart() async throws {
        let world = JobWorld()
        let count = 1300
        try await world.upload((0..<count).map { "text \($0)" }.joined(separator: "\n"), "texts.txt")
        func runner(_ asked: Mutex2<[Int]>, stopsAt: Int, _ isOpen: Mutex2<Bool>) -> BatchRunner {
            BatchRunner(
                Counted(asked: asked, stopsAt: stopsAt, isOpen: isOpen), artifacts: world.artifacts, sources: world.sources,
                pool: ComputePool(threads: 1, name: "tests"), now: { JobWorld.now })
        }
        let (before, after, gate) = (Mutex2([Int]()), Mutex2([Int]()), Mutex2(false))
        // The first process hangs in its third part, and never comes back.
        let first = try await world.queue([runner(before, stopsAt: 1100, gate)])
        let hanging = Task { await first.run() }
        let id = try await world.submit(first, .batchProcessing, "nlp", ["input_source": "texts.txt", "output_format": "ndjson"])
        for _ in 0..<30_000 where before.value.count < 1100 { try await Task.sleep(for: .milliseconds(2)) }
        #expect(before.value.count == 1100)
        let second = try await world.queue([runner(after, stopsAt: -1, gate)])
        let running = Task { await second.run() }
        let job = try await world.ended(id)
        #expect(job.state == .completed && job.attempts == 2, "\(String(describing: job.error))")
        #expect(after.value == Array(1024..<count))
        let lines = try await world.result(job).split(separator: 0x0A).map { try JSON(parsing: Array($0)) }
        #expect(lines.compactMap { $0["output"]?.text } == (0..<count).map { "text \($0)" })
        #expect(try await world.names() == ["jobs/\(id)/result"])
        gate.change { $0 = true }
        await second.drain()
        await first.drain()
        await running.value
        await hanging.value
    }

    @Test func aCancelledBatchLeavesNothing() async throws {
        let world = JobWorld()
        try await world.upload((0..<1300).map { "text \($0)" }.joined(separator: "\n"), "texts.txt")
        let (asked, gate) = (Mutex2([Int]()), Mutex2(false))
        let runner = BatchRunner(
            Counted(asked: asked, stopsAt: 600, isOpen: gate), artifacts: world.artifacts, sources: world.sources,
            pool: ComputePool(threads: 1, name: "tests"), now: { JobWorld.now })
        try await world.working([runner]) { queue in
            let id = try await world.submit(queue, .batchProcessing, "nlp", ["input_source": "texts.txt"])
            for _ in 0..<30_000 where asked.value.count < 600 { try await Task.sleep(for: .milliseconds(2)) }
            _ = try await queue.cancel(id, tenant: "t", actor: "somebody")
            gate.change { $0 = true }
            #expect(try await world.ended(id).state == .cancelled)
            #expect(asked.value.count < 1300)
            for _ in 0..<30_000 where try await !world.names().isEmpty { try await Task.sleep(for: .milliseconds(2)) }
            #expect(try await world.names().isEmpty)
        }
    }

    @Test func filesOfTheMachineLieBelowTheirRoots() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("batch-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data("good\nbad\n".utf8).write(to: folder.appendingPathComponent("texts.txt"))
        let world = JobWorld(roots: [folder.path])
        let (job, _) = try await world.done(
            .batchProcessing, "nlp", ["input_source": .string("file://\(folder.path)/texts.txt"), "analysis_type": "language"])
        #expect(job.state == .completed && job.progress.completed == 2, "\(String(describing: job.error))")
        let (refused, _) = try await world.done(.batchProcessing, "nlp", ["input_source": "file:///etc/passwd"])
        #expect(refused.state == .failed && refused.error?.code == "input")
        #expect(try await world.names() == ["jobs/\(job.id)/result"])
    }

    @Test func parametersAreChecked() throws {
        #expect(throws: JobFailure.self) { try BatchTask(["input_source": "x"], .fl) }
        #expect(throws: JobFailure.self) { try BatchTask(["analysis_type": "colours"], .nlp) }
        #expect(throws: JobFailure.self) { try BatchTask(["analysis_type": ["classification", "scene_analysis"]], .vision) }
        #expect(throws: JobFailure.self) { try BatchTask(["max_tokens": 1.5], .llm) }
        #expect(throws: JobFailure.self) { try BatchTask(["temperature": 3], .llm) }
        #expect(try BatchTask(["analysis_type": "classification"], .vision).look == .classification)
        #expect(try BatchTask([:], .vision).look == .analysis(Set(VisionQuestion.allCases)))
    }

    @Test func itemsAreToldByHowTheFileBegins() throws {
        func values(_ text: String, _ kind: BatchItems.Kind) throws -> [JSON] {
            let items = try BatchItems(Array(text.utf8), kind)
            return try (0..<items.count).map { try items.item($0).value }
        }
        #expect(try values("[1, 2]\n[3, 4]\n", .rows) == [[1, 2], [3, 4]])
        #expect(try values("[[1, 2], [3, 4]]", .rows) == [[1, 2], [3, 4]])
        #expect(try values("[1, 2]", .rows) == [[1, 2]])
        #expect(try values("{\"id\": 1, \"input\": [1]}", .rows) == [[1]])
        #expect(try values("{\n \"id\": 1,\n \"text\": \"a\"\n}", .texts) == [["text": "a"]])
        #expect(try values("one\r\n\r\n two", .texts) == ["one", " two"])
        #expect(try values("1,2\n3,4\n", .rows) == [[1.0, 2.0], [3.0, 4.0]])
        #expect(throws: BatchProblem.self) { try BatchItems([], .texts) }
        #expect(throws: BatchProblem.self) { try BatchItems(Array("[".utf8), .rows) }
        #expect(throws: BatchProblem.self) { try BatchItems(Array("GIF89a".utf8), .pictures) }
    }

    @Test func tablesQuoteWhatTheyMust() throws {
        var lines: [UInt8] = []
        lines += BatchLines.line(0, "a,b", .success(["x": ["y": 1.5], "l": [1, 2]]))
        lines += BatchLines.line(1, nil, .failure(BatchProblem(why: "it is \"no\" row")))
        let table = try BatchLines.rendered(lines, head: [:], mediaType: "text/csv; charset=utf-8")
        #expect(String(decoding: table, as: UTF8.self) == "index,id,x.y,l,error\r\n0,\"a,b\",1.5,\"[1,2]\",\r\n1,,,,\"it is \"\"no\"\" row\"\r\n")
        let json = try JSON(parsing: BatchLines.rendered(lines, head: ["items": 2], mediaType: "application/json"))
        #expect(json["items"] == 2 && json["results"]?.elements?.count == 2)
    }
}

/// A value that closures share.
final class Mutex2<Value: Sendable>: Sendable {
    private let held: Mutex<Value>
    init(_ value: Value) { held = Mutex(value) }
    var value: Value { held.withLock { $0 } }
    func change(_ body: (inout sending Value) -> Void) { held.withLock { body(&$0) } }
}
