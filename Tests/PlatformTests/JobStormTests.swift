import CryptoSuite
import Federation
import Foundation
import Platform
import Storage
import StrictJSON
import Testing
import Trust

/// How many writes a process still lives, and what it does to the world.
private final class Life: @unchecked Sendable {
    private let lock = NSLock()
    private var left: Int
    init(_ writes: Int) { left = writes }
    var isOver: Bool { lock.withLock { left <= 0 } }
    func end() { lock.withLock { left = 0 } }
    /// - Throws: once it is over, like everything a dead process tries.
    func step() throws(StorageError) {
        let isOver = lock.withLock {
            left -= 1
            return left < 0
        }
        if isOver { throw .io(path: "", problem: "the process is dead") }
    }
    func alive() throws(StorageError) { if isOver { throw .io(path: "", problem: "the process is dead") } }
}

/// The store as a process sees it that may die before or after any write.
private struct MortalStore: JobStore, ArtifactStore {
    let base: MemoryStore
    let life: Life

    private func write<Value>(_ change: () async throws(StorageError) -> Value) async throws(StorageError) -> Value {
        try life.step()
        let value = try await change()
        try life.step()
        return value
    }
    private func read<Value>(_ query: () async throws(StorageError) -> Value) async throws(StorageError) -> Value {
        try life.alive()
        return try await query()
    }

    func beginJobEpoch() async throws(StorageError) -> Int64 { try await write { () async throws(StorageError) in try await base.beginJobEpoch() } }
    func submit(_ job: JobRecord, audit: AuditRecord, openMax: Int, remembered: Instant) async throws(StorageError) -> JobSubmission {
        try await write { () async throws(StorageError) in try await base.submit(job, audit: audit, openMax: openMax, remembered: remembered) }
    }
    func job(_ id: String, tenant: String) async throws(StorageError) -> JobRecord? {
        try await read { () async throws(StorageError) in try await base.job(id, tenant: tenant) }
    }
    func jobs(tenant: String, state: JobState?, offset: Int, limit: Int) async throws(StorageError) -> JobPage {
        try await read { () async throws(StorageError) in try await base.jobs(tenant: tenant, state: state, offset: offset, limit: limit) }
    }
    func jobCounts(tenant: String?, finishedSince: Instant?) async throws(StorageError) -> [JobState: Int] {
        try await read { () async throws(StorageError) in try await base.jobCounts(tenant: tenant, finishedSince: finishedSince) }
    }
    func openJobs(after: String, limit: Int) async throws(StorageError) -> [JobRecord] {
        try await read { () async throws(StorageError) in try await base.openJobs(after: after, limit: limit) }
    }
    func completedJobs(_ type: JobType, limit: Int) async throws(StorageError) -> [JobRecord] {
        try await read { () async throws(StorageError) in try await base.completedJobs(type, limit: limit) }
    }
    func changeJob(_ id: String, epoch: Int64, _ change: @escaping @Sendable (JobRecord) -> JobChange?) async throws(StorageError) -> JobChanged {
        try await write { () async throws(StorageError) in try await base.changeJob(id, epoch: epoch, change) }
    }
    func jobCheckpoint(_ id: String) async throws(StorageError) -> [UInt8]? {
        try await read { () async throws(StorageError) in try await base.jobCheckpoint(id) }
    }
    func forgetJobs(finishedBefore: Instant, limit: Int) async throws(StorageError) -> Int {
        try await read { () async throws(StorageError) in try await base.forgetJobs(finishedBefore: finishedBefore, limit: limit) }
    }
    func putArtifact(
        _ artifact: ArtifactRecord, content: [UInt8], replaces: Bool, bytesMax: Int64, countMax: Int, audit: AuditRecord?
    ) async throws(StorageError) -> StoredArtifact {
        try await write { () async throws(StorageError) in
            try await base.putArtifact(artifact, content: content, replaces: replaces, bytesMax: bytesMax, countMax: countMax, audit: audit)
        }
    }
    func artifact(_ name: String, tenant: String) async throws(StorageError) -> ArtifactRecord? {
        try await read { () async throws(StorageError) in try await base.artifact(name, tenant: tenant) }
    }
    func artifactContent(_ name: String, tenant: String) async throws(StorageError) -> [UInt8]? {
        try await read { () async throws(StorageError) in try await base.artifactContent(name, tenant: tenant) }
    }
    func artifacts(tenant: String, prefix: String, after: String, limit: Int) async throws(StorageError) -> [ArtifactRecord] {
        try await read { () async throws(StorageError) in try await base.artifacts(tenant: tenant, prefix: prefix, after: after, limit: limit) }
    }
    func deleteArtifact(_ name: String, tenant: String, audit: AuditRecord) async throws(StorageError) -> Bool {
        try await write { () async throws(StorageError) in try await base.deleteArtifact(name, tenant: tenant, audit: audit) }
    }
    func expireArtifacts(now: Instant, limit: Int) async throws(StorageError) -> [ArtifactRecord] {
        try await read { () async throws(StorageError) in try await base.expireArtifacts(now: now, limit: limit) }
    }
}

/// What jobs do to others, who tell by the key that it is the same again.
private final class World: @unchecked Sendable {
    private let lock = NSLock()
    private var asked: [String: Int] = [:]
    private var lives: [String: ObjectIdentifier] = [:]
    private(set) var problems: [String] = []

    /// - Throws: when the process is dead: it does nothing more.
    func act(_ key: String, of job: String, in life: Life) throws(StorageError) {
        try life.alive()
        lock.withLock {
            asked[key, default: 0] += 1
            if asked[key] ?? 0 > 1, lives[key] == ObjectIdentifier(life) { problems.append("\(key) was asked for twice by one process") }
            lives[key] = ObjectIdentifier(life)
        }
    }
    var effects: Set<String> { lock.withLock { Set(asked.keys) } }
    var repeated: Int { lock.withLock { asked.values.reduce(0) { $0 + $1 - 1 } } }
}

/// A thousand jobs, and processes that end at any moment.
@Suite(.serialized) struct JobStormTests {
    private static func stepper(_ type: JobType, _ world: World, _ life: Life) -> TestRunner {
        TestRunner(type) { job, context in
            let steps = Int(try JSON(parsing: job.parameters)["steps"]?.whole ?? 0)
            let first = context.checkpoint?.first.map(Int.init) ?? 0
            for step in first..<steps {
                try world.act(context.key("\(step)"), of: job.id, in: life)
                if step % 2 == 0 { await Task.yield() }
                try await context.save([UInt8(step + 1)], completed: Int64(step + 1), total: Int64(steps))
            }
            return JobResult(content: Array(job.id.utf8))
        }
    }

    @Test(arguments: [1, 2])
    func everySideEffectIsThereOnceHoweverOftenTheProcessEnds(_ seed: Int) async throws {
        let (base, clock, world) = (MemoryStore(suite: .system), TestClock(), World())
        var coins = Coins(seed)
        let types = [JobType.report, .annealing, .modelEvaluation]
        let settings = Shop.settings {
            $0.runningMax = 12
            // Ended by chance, and not by a job.
            $0.policy.crashesMax = 1000
        }
        var wanted: Set<String> = []
        let first = Shop(store: base, clock: clock, runners: [], settings: settings)
        try await first.queue.open()
        for index in 0..<1000 {
            let steps = 1 + coins.below(6)
            var request = ask(coins.one(of: types), name: "\(index)", priority: coins.one(of: JobPriority.allCases), ["steps": JSON(steps)])
            request.scheduledAt = coins.below(10) == 0 ? clock.now.adding(seconds: Double(coins.below(20))) : nil
            let id = try await first.submit(request, tenant: coins.one(of: ["one", "two", "three"]))
            for step in 0..<steps { wanted.insert("\(id)/\(step)") }
        }
        var (lives, old) = (0, [Task<Void, Never>]())
        while try await base.jobCounts(tenant: nil, finishedSince: nil)[.completed, default: 0] < 1000 {
            lives += 1
            guard lives < 500 else { break }
            // Twenty writes at least, so that one life after the other gets a little further.
            let life = Life(20 + coins.below(600))
            let shop = Shop(
                store: MortalStore(base: base, life: life), clock: clock, runners: types.map { Self.stepper($0, world, life) }, settings: settings)
            guard (try? await shop.queue.open()) != nil else { continue }
            old.append(Task { await shop.queue.run() })
            try await shop.wait(for: "the end of a life, or of all jobs") {
                let all = try await base.jobCounts(tenant: nil, finishedSince: nil)
                return life.isOver || all[.completed, default: 0] == 1000
            }
            // Killed: nothing of it reaches the store or the world any more.
            life.end()
            await shop.queue.drain()
        }
        let counts = try await base.jobCounts(tenant: nil, finishedSince: nil)
        #expect(counts == [.completed: 1000], "after \(lives) lives")
        #expect(lives > 10, "\(lives) lives are no storm")
        #expect(world.effects == wanted)
        #expect(world.problems.isEmpty, "\(world.problems.prefix(3))")
        // Only what came after a checkpoint is done again: at most one step of each run that was under way.
        #expect(world.repeated > 0 && world.repeated <= lives * settings.runningMax, "\(world.repeated) in \(lives) lives")
        for tenant in ["one", "two", "three"] {
            for job in try await base.jobs(tenant: tenant, state: nil, offset: 0, limit: 1000).jobs {
                #expect(JobMachineTests.problem(job) == nil)
                #expect(try await base.artifactContent("jobs/\(job.id)/result", tenant: tenant) == Array(job.id.utf8))
            }
            let ends = try await base.audit(tenant: tenant, after: 0, limit: 100_000).filter { $0.entry.action == .jobCompleted }.map(\.entry.subject)
            #expect(Set(ends).count == ends.count, "an end was written twice")
        }
        let pushing = Task { while !Task.isCancelled { clock.advance(1); try? await Task.sleep(for: .milliseconds(1)) } }
        for one in old { await one.value }
        pushing.cancel()
    }

    /// One job ends the process whenever it runs: it is given up after three times, and the others are done.
    @Test func poisonIsGivenUpAndTakesNobodyAlong() async throws {
        let (base, clock, world) = (MemoryStore(suite: .system), TestClock(), World())
        let runs = Notes<String>()
        let settings = Shop.settings { $0.runningMax = 4 }
        let first = Shop(store: base, clock: clock, runners: [], settings: settings)
        try await first.queue.open()
        var bad = ""
        for index in 0..<20 {
            let id = try await first.submit(ask(name: index == 7 ? "bad" : "good", ["steps": 3]))
            if index == 7 { bad = id }
        }
        var old: [Task<Void, Never>] = []
        for _ in 0..<12 {
            let life = Life(.max)
            let good = Self.stepper(.report, world, life)
            let runner = TestRunner { job, context in
                if job.name == "bad" {
                    runs.add(job.id)
                    try await context.wait(seconds: 1)
                    life.end()
                } else {
                    // Nothing is done yet when the process ends: only who ran beside whom tells them from the bad one.
                    try await context.wait(seconds: 5)
                }
                return try await good.run(job, context)
            }
            let shop = Shop(store: MortalStore(base: base, life: life), clock: clock, runners: [runner], settings: settings)
            try await shop.queue.open()
            old.append(Task { await shop.queue.run() })
            try await shop.wait(for: "the end of a life, or of all jobs") {
                let counts = try await base.jobCounts(tenant: nil, finishedSince: nil)
                return life.isOver || counts[.queued, default: 0] + counts[.running, default: 0] == 0
            }
            life.end()
            await shop.queue.drain()
        }
        #expect(runs.all.count == 3)
        let record = try #require(try await base.job(bad, tenant: "one"))
        #expect(record.state == .failed && record.error?.code == "poison" && record.attempts == 3)
        #expect(try await base.jobCounts(tenant: nil, finishedSince: nil) == [.completed: 19, .failed: 1])
        let pushing = Task { while !Task.isCancelled { clock.advance(1); try? await Task.sleep(for: .milliseconds(1)) } }
        for one in old { await one.value }
        pushing.cancel()
    }
}
