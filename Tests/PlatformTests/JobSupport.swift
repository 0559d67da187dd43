import CryptoSuite
import Federation
import Foundation
import Logging
import Platform
import Storage
import StrictJSON
import Testing
import Trust

/// Time that a test moves.
final class TestClock: @unchecked Sendable {
    private let lock = NSLock()
    private var instant: Instant
    private var sleepers: [Int: (until: Instant, wake: CheckedContinuation<Void, Never>)] = [:]
    private var next = 0

    init(_ milliseconds: Int64 = 1_000_000) { instant = Instant(milliseconds: milliseconds) }

    var now: Instant { lock.withLock { instant } }
    var clock: JobClock { JobClock(now: { self.now }, sleep: { await self.sleep($0) }) }

    func advance(_ seconds: Double) { set(now.adding(seconds: seconds)) }

    func set(_ to: Instant) {
        let due = lock.withLock {
            instant = to
            let due = sleepers.filter { $0.value.until <= to }
            for key in due.keys { sleepers[key] = nil }
            return due.values.map(\.wake)
        }
        for wake in due { wake.resume() }
    }

    private func sleep(_ until: Instant) async {
        let number = lock.withLock {
            next += 1
            return next
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = lock.withLock {
                    if Task.isCancelled || until <= instant { return true }
                    sleepers[number] = (until, continuation)
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            lock.withLock { sleepers.removeValue(forKey: number) }?.wake.resume()
        }
    }
}

let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// SplitMix64: the same seed, the same coins.
struct Coins {
    private var state: UInt64
    init(_ seed: Int) { state = UInt64(truncatingIfNeeded: seed) }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }
    mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }
    mutating func one<Value>(of values: [Value]) -> Value { values[below(values.count)] }
}

/// A runner made of closures.
struct TestRunner: JobRunner {
    var type: JobType
    var service: String?
    var lacks: @Sendable (JobRecord) -> [JobBlocker] = { _ in [] }
    var abandoned: @Sendable (JobRecord, [UInt8]?) -> Void = { _, _ in }
    var work: @Sendable (JobRecord, JobContext) async throws -> JobResult

    init(_ type: JobType = .report, work: @escaping @Sendable (JobRecord, JobContext) async throws -> JobResult) {
        self.type = type
        self.work = work
    }

    func requirements(_ job: JobRecord) async -> [JobBlocker] { lacks(job) }
    func run(_ job: JobRecord, _ context: JobContext) async throws -> JobResult { try await work(job, context) }
    func abandon(_ job: JobRecord, checkpoint: [UInt8]?) async { abandoned(job, checkpoint) }
}

/// Values that runs leave for the test.
final class Notes<Value: Sendable>: @unchecked Sendable {
    private let lock = NSLock()
    private var values: [Value] = []
    func add(_ value: Value) { lock.withLock { values.append(value) } }
    var all: [Value] { lock.withLock { values } }
}

/// Something that a test opens.
final class Gate: @unchecked Sendable {
    private let lock = NSLock()
    private var isSet = false
    var isOpen: Bool { lock.withLock { isSet } }
    func open() { lock.withLock { isSet = true } }
}

typealias JobsAndArtifacts = JobStore & ArtifactStore

/// One queue on a store, at work until the body ends.
struct Shop {
    let store: any JobsAndArtifacts
    let clock: TestClock
    let queue: JobQueue
    let ended: Notes<JobRecord>

    static func settings(_ change: (inout JobSettings) -> Void = { _ in }) -> JobSettings {
        var settings = JobSettings()
        settings.policy.retrySeconds = 1
        change(&settings)
        return settings
    }

    init(store: any JobsAndArtifacts, clock: TestClock, runners: [any JobRunner], settings: JobSettings = Self.settings()) {
        let ended = Notes<JobRecord>()
        self.store = store
        self.clock = clock
        self.ended = ended
        queue = JobQueue(
            store: store, artifacts: Artifacts(store: store, suite: .system, log: quiet), runners: runners, clock: clock.clock, random: .system,
            log: quiet, settings: settings, ended: { ended.add($0) })
    }

    static func with(
        _ runners: [any JobRunner], store: (any JobsAndArtifacts)? = nil, clock: TestClock = TestClock(), settings: JobSettings = Self.settings(),
        _ body: (Shop) async throws -> Void
    ) async throws {
        let shop = Shop(store: store ?? MemoryStore(suite: .system), clock: clock, runners: runners, settings: settings)
        try await shop.queue.open()
        let running = Task { await shop.queue.run() }
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await body(shop)) } catch { outcome = .failure(error) }
        await shop.queue.drain()
        // What naps in the queue is woken until it has ended.
        let pushing = Task { while !Task.isCancelled { clock.advance(1); try? await Task.sleep(for: .milliseconds(1)) } }
        await running.value
        pushing.cancel()
        try outcome.get()
    }

    func submit(_ request: JobRequest, tenant: String = "one") async throws -> String {
        try await queue.submit(request, tenant: tenant, actor: "tester").job.record.id
    }

    func record(_ id: String, tenant: String = "one") async throws -> JobRecord { try await queue.job(id, tenant: tenant).record }

    /// Waits, moving the clock between looks.
    /// - Parameter step: seconds; 0: time stands.
    func wait(step: Double = 0.25, for what: String, _ condition: () async throws -> Bool) async throws {
        for _ in 0..<60_000 {
            if try await condition() { return }
            if step > 0 { clock.advance(step) }
            try await Task.sleep(for: .milliseconds(1))
        }
        Issue.record("waited in vain for \(what)")
    }

    func waitFor(_ id: String, _ state: JobState, step: Double = 0.25) async throws {
        try await wait(step: step, for: "\(id) to be \(state)") { try await record(id).state == state }
    }
}

func ask(_ type: JobType = .report, name: String = "a job", priority: JobPriority = .normal, _ parameters: JSON = .object([])) -> JobRequest {
    JobRequest(name: name, type: type, priority: priority, parameters: parameters)
}
