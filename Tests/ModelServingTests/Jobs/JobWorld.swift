import Compute
import CryptoSuite
import Federation
import Foundation
import Learning
import Logging
import ModelServing
import Platform
import Storage
import StrictJSON
import Synchronization
import Telemetry
import Testing
import Trust

/// Jobs of models over stores in memory, with the queue at work until the body ends.
struct JobWorld {
    let store = MemoryStore(suite: .system)
    let shelf = Shelf()
    let runtime: ModelRuntime
    let artifacts: Artifacts
    let sources: ContentSources
    static let log = Logger(label: "tests") { _ in SwiftLogNoOpLogHandler() }
    static var now: Instant { Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }

    init(roots: [String] = []) {
        runtime = ModelRuntime(source: shelf, settings: RuntimeSettings(memoryBytes: 1 << 24), metrics: Metrics(help: [:]))
        artifacts = Artifacts(store: store, suite: .system, log: Self.log)
        sources = ContentSources(store: store, roots: roots, client: nil, pool: ComputePool(threads: 1, name: "tests"), now: { Self.now })
    }

    var runners: [any JobRunner] {
        let runners: [any JobRunner] = BatchRunner.all(
            runtime: runtime, language: LanguageModels(), texts: TextService(), vision: VisionService(reader: nil), artifacts: artifacts, sources: sources,
            now: { Self.now })
        return runners + [
            EvaluationRunner(source: shelf, runtime: runtime, artifacts: artifacts, sources: sources, now: { Self.now })
        ]
    }

    func upload(_ bytes: [UInt8], _ name: String) async throws {
        _ = try await artifacts.put(
            bytes, name: "files/\(name)", mediaType: "application/octet-stream", tenant: "t", actor: "somebody", replaces: true, now: Self.now)
    }

    func upload(_ text: String, _ name: String) async throws { try await upload(Array(text.utf8), name) }

    func queue(_ runners: [any JobRunner]) async throws -> JobQueue {
        let queue = JobQueue(store: store, artifacts: artifacts, runners: runners, clock: .system { Self.now }, random: .system, log: Self.log)
        try await queue.open()
        return queue
    }

    func working(_ runners: [any JobRunner]? = nil, _ body: (JobQueue) async throws -> Void) async throws {
        let queue = try await queue(runners ?? self.runners)
        let running = Task { await queue.run() }
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await body(queue)) } catch { outcome = .failure(error) }
        await queue.drain()
        await running.value
        try outcome.get()
    }

    func submit(_ queue: JobQueue, _ type: JobType, _ service: String?, _ parameters: JSON) async throws -> String {
        try await queue.submit(JobRequest(name: "j", type: type, service: service, parameters: parameters), tenant: "t", actor: "somebody").job.record.id
    }

    func ended(_ id: String) async throws -> JobRecord {
        for _ in 0..<30_000 {
            if let job = try await store.job(id, tenant: "t"), job.state.isFinal { return job }
            try await Task.sleep(for: .milliseconds(2))
        }
        return try #require(try await store.job(id, tenant: "t"))
    }

    /// A job from its beginning to its end.
    func done(_ type: JobType, _ service: String?, _ parameters: JSON) async throws -> (job: JobRecord, content: [UInt8]) {
        var made: JobRecord?
        try await working { queue in made = try await ended(try await submit(queue, type, service, parameters)) }
        let job = try #require(made)
        return (job, try await result(job))
    }

    func result(_ job: JobRecord) async throws -> [UInt8] {
        guard let result = job.result else { return [] }
        return try await artifacts.get(result.artifact, tenant: "t", now: Self.now).content
    }

    func names() async throws -> [String] { try await artifacts.list(tenant: "t", prefix: "jobs/", limit: 1000, now: Self.now).map(\.name) }
}
