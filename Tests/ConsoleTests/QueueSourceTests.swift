import APIKit
import Console
import CryptoSuite
import Federation
import Logging
import Platform
import Storage
import StrictJSON
import Testing
import Trust

/// The pages' view of a queue that is there.
struct QueueSourceTests {
    /// Makes a result of what it is given.
    private struct Echo: JobRunner {
        let type = JobType.report
        func run(_ job: JobRecord, _ context: JobContext) async throws -> JobResult {
            context.log(.info, "at work")
            try await context.progress(completed: 1, total: 2)
            return JobResult(content: Array(job.parameters.utf8), figures: ["rows": 3, "mean": ["of": 0.5], "name": "x", "none": .null, "list": [1, 2]])
        }
    }

    private static let now = Instant(milliseconds: Samples.start)

    private func queue(_ runners: [any JobRunner]) async throws -> JobQueue {
        let store = MemoryStore(suite: .system)
        let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let queue = JobQueue(
            store: store, artifacts: Artifacts(store: store, suite: .system, log: log), runners: runners, clock: .system { Self.now }, random: .system, log: log
        )
        try await queue.open()
        return queue
    }

    @Test func waitingJobsAreListedAndCancelledByWhoeverIsSignedIn() async throws {
        let queue = try await queue([])
        let source = QueueSource(queue)
        var ids: [String] = []
        for number in 0..<(Limits.jobsShown + 2) {
            ids.append(try await queue.submit(JobRequest(name: "n\(number)", type: .annealing), tenant: "one", actor: "k1").job.record.id)
        }
        let first = try await source.jobs(tenant: "one", only: nil, page: 1)
        #expect(first.jobs.count == Limits.jobsShown && first.hasOlder && first.counts == [.queued: Limits.jobsShown + 2])
        let second = try await source.jobs(tenant: "one", only: .queued, page: 2)
        #expect(second.jobs.count == 2 && !second.hasOlder && Set((first.jobs + second.jobs).map(\.id)) == Set(ids))
        #expect(try await source.jobs(tenant: "one", only: .failed, page: Limits.jobPages).jobs.isEmpty)
        // Another tenant's is not there.
        #expect(try await source.jobs(tenant: "two", only: nil, page: 1).jobs.isEmpty)
        for tenant in ["two", "one"] {
            await #expect(throws: ServiceError.self) { try await source.job(tenant == "two" ? ids[0] : "job_other", tenant: tenant) }
        }
        await #expect(throws: ServiceError.self) { try await source.cancel(ids[0], tenant: "two", by: "k2") }
        try await source.cancel(ids[0], tenant: "one", by: "k2")
        let job = try await source.job(ids[0], tenant: "one")
        #expect(job.standing.stage == .cancelled && !job.standing.mayBeCancelled && job.standing.createdBy == "k1" && job.standing.type == "annealing")
        await #expect(throws: ServiceError.self) { try await source.cancel(ids[0], tenant: "one", by: "k2") }
        await #expect(throws: ServiceError.self) { try await source.result(ids[0], tenant: "one") }
    }

    @Test func aCompletedJobHasItsFiguresAndItsFile() async throws {
        let queue = try await queue([Echo()])
        let source = QueueSource(queue)
        let id = try await queue.submit(JobRequest(name: "r", type: .report, parameters: ["a": 1]), tenant: "one", actor: "k1").job.record.id
        let running = Task { await queue.run() }
        var job = try await source.job(id, tenant: "one")
        for _ in 0..<6000 where job.standing.stage.rawValue != "completed" {
            try await Task.sleep(for: .milliseconds(10))
            job = try await source.job(id, tenant: "one")
        }
        await queue.drain()
        await running.value
        #expect(job.standing.stage == .completed && job.runs == 1 && job.log.contains { $0.message == "at work" && $0.at == Samples.start })
        #expect(
            job.figures == [.init("rows", "3"), .init("mean.of", "0.5"), .init("name", "x"), .init("none", "–"), .init("list", "[1,2]")], "\(job.figures)")
        #expect(job.result?.bytes == 7 && job.result?.mediaType == "application/json")
        let file = try await source.result(id, tenant: "one")
        #expect(file == ConsoleFile(name: id + ".json", mediaType: "application/json", content: Array(#"{"a":1}"#.utf8)))
    }
}
